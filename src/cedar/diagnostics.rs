//! Cedar's errors as our diagnostics: Cedar's messages carry their source text but no file name.

use crate::model::{Diagnostic, Severity, SourceFile, Span, Stage};

/// Converts one of Cedar's errors about this file, with what Cedar relates to it.
pub(super) fn convert(
    error: &dyn miette::Diagnostic,
    stage: Stage,
    code: &'static str,
    file: &SourceFile,
) -> Vec<Diagnostic> {
    let mut out = vec![convert_one(error, stage, code, file)];
    for related in error.related().into_iter().flatten() {
        out.extend(convert(related, stage, code, file));
    }
    out
}

fn convert_one(
    error: &dyn miette::Diagnostic,
    stage: Stage,
    code: &'static str,
    file: &SourceFile,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(stage, code, message(error)).in_file(file.path.clone());
    if error.severity() == Some(miette::Severity::Warning) {
        diagnostic.severity = Severity::Warning;
    }
    for label in error.labels().into_iter().flatten() {
        let span = Span::new(label.offset(), label.len());
        diagnostic = diagnostic.with_label(span, label.label().unwrap_or_default());
    }
    if let Some(help) = error.help() {
        diagnostic = diagnostic.with_help(help.to_string());
    }
    diagnostic
}

/// The message with its causes, which Cedar keeps apart where the outer error only says what was tried.
pub(super) fn message(error: &dyn miette::Diagnostic) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        cause = error.source();
    }
    text
}

/// The file whose text the first label of this error points into. Cedar merges schema fragments before it
/// resolves names, so the error itself does not say which file it came from.
pub(super) fn file_of<'f>(
    error: &dyn miette::Diagnostic,
    files: &'f [SourceFile],
) -> Option<&'f SourceFile> {
    let label = error.labels()?.next()?;
    let source = error.source_code()?;
    let contents = source
        .read_span(label.inner(), usize::MAX, usize::MAX)
        .ok()?;
    files
        .iter()
        .find(|file| file.text.as_bytes() == contents.data())
        .or_else(|| {
            let marked = source.read_span(label.inner(), 0, 0).ok()?;
            let start = marked.span().offset();
            files.iter().find(|file| {
                file.text.as_bytes().get(start..start + marked.data().len()) == Some(marked.data())
            })
        })
}
