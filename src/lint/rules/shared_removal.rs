//! What goes with a policy that is taken away.

use crate::model::{SourceFile, Span};

/// A span with the rest of its last line, and one empty line behind it.
pub(super) fn lines(file: &SourceFile, span: Span) -> Span {
    let mut end = span.end();
    for _ in 0..2 {
        let rest = file.text.get(end..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        if !line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    Span::new(span.start, end - span.start)
}
