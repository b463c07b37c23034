//! Comments of policies, schemas and YAML, with their places.

use crate::model::{SourceFile, Span};

/// A comment on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment<'t> {
    /// From the sign to the end of the line.
    pub(super) span: Span,
    /// The text behind the sign.
    pub(super) text: &'t str,
    /// Whether nothing but spaces stands before it on its line.
    pub(super) alone: bool,
}

/// The comments of a file, in order; none of a JSON file.
pub(super) fn comments(file: &SourceFile) -> Vec<Comment<'_>> {
    let path = file.path.as_ref();
    if path.ends_with(".cedar") || path.ends_with(".cedarschema") {
        of_cedar(&file.text)
    } else if path.ends_with(".yaml") || path.ends_with(".yml") {
        of_yaml(&file.text)
    } else {
        Vec::new()
    }
}

pub(super) fn of_cedar(text: &str) -> Vec<Comment<'_>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => (at, line) = (at + 1, at + 1),
            b'"' => {
                at += 1;
                while let Some(inner) = bytes.get(at) {
                    at += match inner {
                        b'\\' => 2,
                        _ => 1,
                    };
                    if *inner == b'"' {
                        break;
                    }
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let rest = text.get(at..).unwrap_or_default();
                let length = rest.find('\n').unwrap_or(rest.len());
                let whole = rest.get(..length).unwrap_or_default().trim_end();
                found.push(Comment {
                    span: Span::new(at, whole.len()),
                    text: whole.trim_start_matches('/'),
                    alone: text
                        .get(line..at)
                        .is_some_and(|before| before.trim().is_empty()),
                });
                at += length;
            }
            _ => at += 1,
        }
    }
    found
}

/// Comments that have their line for themselves: where others begin, only a YAML parser knows.
fn of_yaml(text: &str) -> Vec<Comment<'_>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let whole = line.trim();
        if let Some(text) = whole.strip_prefix('#') {
            found.push(Comment {
                span: Span::new(at + indent, whole.len()),
                text,
                alone: true,
            });
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_no_comment() {
        let file = SourceFile::new(
            "a.cedar",
            "@a(\"// no \\\" //\") x // yes\n  // alone\n\"open",
        );
        let found: Vec<(&str, bool)> = comments(&file)
            .iter()
            .map(|comment| (comment.text, comment.alone))
            .collect();
        assert_eq!(found, [(" yes", false), (" alone", true)]);
        let file = SourceFile::new("a.yaml", "a: \"# no\"\n  # yes\nb: c # not known\n");
        let found: Vec<&str> = comments(&file).iter().map(|comment| comment.text).collect();
        assert_eq!(found, [" yes"]);
    }
}
