//! The lines of a file, looked up often.

use crate::model::SourceFile;

/// Where the lines of a file begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(file: &SourceFile) -> Self {
        let breaks = memchr::memchr_iter(b'\n', file.text.as_bytes());
        Self(breaks.collect())
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|at| *at < offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_file() {
        let file = SourceFile::new("a", "one\ntwo\n\nfour");
        let lines = Lines::of(&file);
        for offset in 0..=file.text.len() {
            assert_eq!(lines.line(offset), file.line_column(offset).0, "{offset}");
        }
    }
}
