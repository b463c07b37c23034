//! Diagnostics with file, line and a marked span, drawn by miette.

use super::escape::{harmless_source, printable};
use super::style::{Role, paint};
use crate::model::{self, Sources};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// Draws diagnostics, each with a blank line behind it.
pub fn diagnostics<'d>(
    found: impl IntoIterator<Item = &'d model::Diagnostic>,
    sources: &Sources,
) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode())
        .with_width(100)
        .with_links(false)
        .with_context_lines(1)
        .without_syntax_highlighting();
    let mut out = String::new();
    let mut hidden = Hidden::default();
    for diagnostic in found {
        let drawn = Drawn::new(diagnostic, sources, &mut hidden);
        // Drawing into a string fails only where a label does not fit its source.
        if handler.render_report(&mut out, &drawn).is_err() {
            let _ = writeln!(out, "{}", drawn.message);
        }
        out.push('\n');
    }
    out
}

/// The secrets of the files that were drawn from, which are looked for once.
#[derive(Default)]
struct Hidden<'s>(BTreeMap<&'s str, Vec<model::Secret>>);

impl<'s> Hidden<'s> {
    fn of(&mut self, file: &'s model::SourceFile) -> &[model::Secret] {
        let find = || model::secrets(&file.text);
        self.0.entry(&file.path).or_insert_with(find)
    }
}

/// Longer lines are not drawn, in bytes.
const LONGEST_LINE: usize = 1_000;

/// The first label's line and column, from 1, where a line that would be drawn is too long for that.
fn too_long(text: &str, labels: &[LabeledSpan]) -> Option<(usize, usize)> {
    let first = labels.first()?;
    if !labels.iter().any(|label| is_long(text, label)) {
        return None;
    }
    let before = text.get(..first.offset())?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next()?.chars().count() + 1;
    Some((line, column))
}

/// Whether one of a label's lines is too long, or the line above or below, which are drawn with it.
fn is_long(text: &str, label: &LabeledSpan) -> bool {
    let (start, end) = (label.offset(), label.offset() + label.len());
    let above = text.get(..start).unwrap_or_default();
    let below = text.get(end..).unwrap_or_default();
    let above: usize = above.rsplit('\n').take(2).map(|line| line.len() + 1).sum();
    let below: usize = below.split_inclusive('\n').take(2).map(str::len).sum();
    let drawn = text
        .get(start.saturating_sub(above)..end + below)
        .unwrap_or_default();
    drawn.lines().any(|line| line.len() > LONGEST_LINE)
}

/// The lines of a file around some labels: a file with many findings is not read from its beginning for each of them.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    /// How many lines stand before it.
    above: usize,
}

impl Excerpt {
    /// The lines that are drawn for these labels, whose places are moved into it; nothing without labels. Secrets are
    /// covered.
    fn of<'s>(
        file: &'s model::SourceFile,
        labels: &mut [LabeledSpan],
        hidden: &mut Hidden<'s>,
    ) -> Option<Self> {
        let start = labels.iter().map(LabeledSpan::offset).min()?;
        let ends = labels.iter().map(|label| label.offset() + label.len());
        let end = ends.max()?;
        let text = file.text.as_ref();
        let before = text.get(..start)?;
        let mut lines = before.rmatch_indices('\n').map(|(at, _)| at + 1);
        let from = lines.nth(1).unwrap_or(0);
        let mut lines = text.get(end..)?.match_indices('\n');
        let to = lines.nth(1).map_or(text.len(), |(at, _)| end + at + 1);
        for label in labels.iter_mut() {
            let span = SourceSpan::from((label.offset() - from, label.len()));
            *label = LabeledSpan::new_with_span(label.label().map(str::to_owned), span);
        }
        Some(Self {
            name: printable(&file.path),
            text: harmless_source(&model::masked_piece(
                text.get(from..to)?,
                from,
                hidden.of(file),
            )),
            above: text.get(..from)?.matches('\n').count(),
        })
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.above,
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[derive(Debug)]
struct Drawn {
    message: String,
    severity: miette::Severity,
    help: Option<String>,
    source: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl Drawn {
    fn new<'s>(
        diagnostic: &model::Diagnostic,
        sources: &'s Sources,
        hidden: &mut Hidden<'s>,
    ) -> Self {
        let file = diagnostic
            .path
            .as_deref()
            .and_then(|path| sources.get(path));
        let mut labels = Vec::new();
        if let Some(file) = file {
            for label in &diagnostic.labels {
                let start = label.span.start.min(file.text.len());
                let len = label.span.len.min(file.text.len() - start);
                let fits =
                    file.text.is_char_boundary(start) && file.text.is_char_boundary(start + len);
                let text = (!label.text.is_empty()).then(|| printable(&label.text));
                let span = if fits {
                    SourceSpan::from((start, len))
                } else {
                    SourceSpan::from((0, 0))
                };
                labels.push(LabeledSpan::new_with_span(text, span));
            }
        }
        let mut message = printable(&diagnostic.message);
        let long = file.and_then(|file| too_long(&file.text, &labels));
        if let (Some(path), Some((line, column))) = (&diagnostic.path, long) {
            message = format!("{}:{line}:{column}: {message}", printable(path));
            labels.clear();
        } else if labels.is_empty()
            && let Some(path) = &diagnostic.path
        {
            message = format!("{}: {message}", printable(path));
        }
        let source = file.and_then(|file| Excerpt::of(file, &mut labels, hidden));
        Self {
            message,
            severity: match diagnostic.severity {
                model::Severity::Error => miette::Severity::Error,
                model::Severity::Warning => miette::Severity::Warning,
                model::Severity::Info => miette::Severity::Advice,
            },
            help: diagnostic.help.as_deref().map(printable),
            source,
            labels,
        }
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl miette::Diagnostic for Drawn {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source
            .as_ref()
            .map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self.labels.is_empty() {
            true => None,
            false => Some(Box::new(self.labels.iter().cloned())),
        }
    }
}

/// `2 errors, 1 warning`, in the colour of the worst.
pub(super) fn summary(errors: usize, warnings: usize) -> String {
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(paint(Role::Bad, super::count(errors as u64, "error")));
    }
    if warnings > 0 {
        parts.push(paint(
            Role::Warning,
            super::count(warnings as u64, "warning"),
        ));
    }
    if parts.is_empty() {
        return paint(Role::Good, "no faults");
    }
    parts.join(", ")
}
