//! Source files and the spans that point into them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A range of bytes in one source file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Length in bytes.
    pub len: usize,
}

impl Span {
    /// The span of `len` bytes from `start`.
    pub fn new(start: usize, len: usize) -> Self {
        Self { start, len }
    }

    /// The offset just behind the span.
    pub fn end(&self) -> usize {
        self.start + self.len
    }

    /// Whether two places overlap.
    pub fn overlaps(&self, other: Self) -> bool {
        self.start < other.end() && other.start < self.end()
    }
}

/// One text file of a policy repository. Paths are relative to the repository's root and use `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the repository's root, with `/` on every system.
    pub path: Arc<str>,
    /// The whole text, as UTF-8.
    pub text: Arc<str>,
}

impl SourceFile {
    /// A source file from its path and text.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    /// The 1-based line and column (in characters) of a byte offset; offsets behind the end count as the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// A span that marks at least something: one that covers no more than one byte is stretched to its closing
    /// bracket or the end of its line, because the start of a YAML collection is all that the parser tells of it. A null
    /// that is written `~` is whole.
    pub fn widen(&self, span: Span) -> Span {
        if span.len > 1 || self.slice(span) == "~" {
            return span;
        }
        let rest = self.text.get(span.start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let closed = closing_bracket(line);
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        let len = closed.unwrap_or(line.len());
        Span::new(span.start, len.max(span.len))
    }

    /// The text under a span, or nothing where the span does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end()).unwrap_or_default()
    }
}

/// The length of a bracketed text up to its closing bracket; brackets in quotes do not count.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            (None, _) if depth == 0 => return None,
            (None, _) => {}
        }
    }
    None
}

/// The texts that diagnostics point into, by path.
#[derive(Debug, Clone, Default)]
pub struct Sources(BTreeMap<Arc<str>, SourceFile>);

impl Sources {
    /// Adds a file; a later file of the same path replaces the earlier one.
    pub fn insert(&mut self, file: SourceFile) {
        self.0.insert(file.path.clone(), file);
    }

    /// The file of this path.
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        self.0.get(path)
    }

    /// All files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_is_marked_alone() {
        let file = SourceFile::new("a", "[~, b, c]");
        assert_eq!(file.widen(Span::new(1, 1)), Span::new(1, 1));
        assert_eq!(file.widen(Span::new(0, 1)), Span::new(0, 9));
    }
}
