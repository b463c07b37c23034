//! Where the parts of a mapping stand, so that what was derived can be shown beside what it was derived by.

use crate::model::{SourceFile, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One line of a mapping: a part of a rule, or the rule of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which one it is in its mapping.
    pub number: usize,
    /// The tool, or the pattern, under which it stands; nothing for what is general.
    pub tool: Option<Arc<str>>,
    /// What it says: `principal`, `context.input`, `skip`; for the entry of a tool or a router as a whole, nothing.
    pub part: Option<Arc<str>>,
    /// Whether it stands under `unwrap`.
    pub router: bool,
    /// What is written there; a value that is no text as JSON.
    pub text: Arc<str>,
    /// The line in the file, from 1.
    pub line: usize,
}

impl Line {
    /// Its name: `resource`, `tools.refund.context.amount`, `unwrap.execute-tool`.
    pub fn name(&self) -> String {
        let under = if self.router { "unwrap" } else { "tools" };
        match (&self.tool, &self.part) {
            (Some(tool), Some(part)) => format!("{under}.{tool}.{part}"),
            (Some(tool), None) => format!("{under}.{tool}"),
            (None, Some(part)) => part.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// The lines that make up the rule of a tool, its own and those it has from the general one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleLines {
    /// The tool's own entry.
    pub own: Option<Line>,
    /// Who acts.
    pub principal: Option<Line>,
    /// What is done.
    pub action: Option<Line>,
    /// To what.
    pub resource: Option<Line>,
    /// The context.
    pub context: BTreeMap<String, Line>,
    /// What calls change.
    pub changes: Vec<Line>,
}

/// Makes lines of a file.
pub(super) struct Lines<'f> {
    file: &'f SourceFile,
    all: Vec<Line>,
}

impl<'f> Lines<'f> {
    pub(super) fn of(file: &'f SourceFile) -> Self {
        Self {
            file,
            all: Vec::new(),
        }
    }

    /// A line more.
    pub(super) fn add(
        &mut self,
        under: Under<'_>,
        part: Option<&str>,
        text: &str,
        span: Span,
    ) -> Line {
        let line = Line {
            number: self.all.len(),
            tool: under.tool.map(Arc::from),
            part: part.map(Arc::from),
            router: under.router,
            text: Arc::from(text),
            line: self.file.line_column(span.start).0,
        };
        self.all.push(line.clone());
        line
    }

    /// The entry of a tool or a router: a value may begin on the line behind its name.
    pub(super) fn entry(&mut self, under: Under<'_>, span: Span) -> Line {
        let before = self.file.text.get(..span.start).unwrap_or_default();
        let name = under.tool.unwrap_or_default();
        let start = before.rfind(name).unwrap_or(span.start);
        self.add(under, None, "", Span::new(start, 0))
    }

    pub(super) fn finish(self) -> Vec<Line> {
        self.all
    }
}

/// Under what a line stands: by default, nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Under<'n> {
    tool: Option<&'n str>,
    router: bool,
}

impl<'n> Under<'n> {
    pub(super) fn tool(name: &'n str) -> Self {
        Self {
            tool: Some(name),
            router: false,
        }
    }

    pub(super) fn router(name: &'n str) -> Self {
        Self {
            tool: Some(name),
            router: true,
        }
    }
}
