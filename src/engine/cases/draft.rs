//! One case before its parts are typed: what a test says, with what its suite says for all tests.

use crate::model::{Diagnostic, Json, SourceFile, Span};
use crate::repository::{Defaults, Expectation, Suite, TestSpec};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One case before its parts are typed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Which row of the test it is.
    pub row: Option<Arc<str>>,
    /// The place of the test or of the row.
    pub span: Span,
    /// The place of the request, where what is missing is reported.
    pub asked: Span,
    pub principal: Option<Spanned<String>>,
    pub action: Option<Spanned<String>>,
    pub resource: Option<Spanned<String>>,
    /// The facts that the test itself gives.
    pub context: BTreeMap<String, Spanned<Json>>,
    /// Facts that a request takes where its action knows them.
    pub offered: BTreeMap<String, Spanned<Json>>,
    /// The names of those that defaults offer, and not the test.
    pub by_default: BTreeSet<String>,
    pub now: Option<Spanned<String>>,
    /// Whether the test or its row says the time, and not the defaults.
    pub own_now: bool,
    /// Changes of entities, for this case alone.
    pub patches: Vec<Patch>,
    pub expect: Expectation,
    pub expected: Span,
    pub faults: Vec<Diagnostic>,
}

/// One changed part of an entity.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    /// The entity, as it is written.
    pub entity: String,
    pub part: Part,
    pub value: Spanned<Json>,
}

/// A part of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Attribute(Vec<String>),
    Tag(String),
    Parents,
}

impl Draft {
    /// What a test says by itself.
    pub(super) fn of(test: &Spanned<TestSpec>, defaults: &Defaults) -> Self {
        let spec = &test.value;
        let request = spec.request.as_ref();
        let asked = request.map_or(spec.name.span, |request| request.span);
        let request = request.map(|request| &request.value);
        let part = |own: Option<&Option<Spanned<String>>>, default: &Option<Spanned<String>>| {
            own.cloned().flatten().or_else(|| default.clone())
        };
        Self {
            row: None,
            span: test.span,
            asked,
            principal: part(request.map(|r| &r.principal), &defaults.principal),
            action: part(request.map(|r| &r.action), &defaults.action),
            resource: part(request.map(|r| &r.resource), &defaults.resource),
            context: request.map(|r| r.context.clone()).unwrap_or_default(),
            offered: defaults.context.clone(),
            by_default: defaults.context.keys().cloned().collect(),
            own_now: spec.now.is_some(),
            now: spec.now.clone().or_else(|| defaults.now.clone()),
            patches: Vec::new(),
            expect: spec
                .expect
                .as_ref()
                .map(|expect| expect.value.clone())
                .unwrap_or_default(),
            expected: spec
                .expect
                .as_ref()
                .map_or(spec.name.span, |expect| expect.span),
            faults: Vec::new(),
        }
    }

    /// Notes what is wrong with the case.
    pub(super) fn fault(&mut self, file: &SourceFile, span: Span, message: impl Into<String>) {
        self.faults
            .push(super::faults::fault(file, span, message.into()));
    }
}

/// What all tests of a suite ask where they say nothing else: what the suite says goes before what it includes, and a
/// later included file before an earlier one. What stands in an included file is marked where it is included.
pub(super) fn defaults(suite: &Suite) -> Defaults {
    let mut out = Defaults::default();
    let spans = suite.spec.include.iter().map(|path| path.span);
    for (included, span) in suite.included.iter().zip(spans) {
        lay(&mut out, &included.spec.defaults, Some(span));
    }
    lay(&mut out, &suite.spec.defaults, None);
    out
}

fn lay(out: &mut Defaults, over: &Defaults, at: Option<Span>) {
    fn placed<T: Clone>(value: &Spanned<T>, at: Option<Span>) -> Spanned<T> {
        Spanned {
            value: value.value.clone(),
            span: at.unwrap_or(value.span),
        }
    }
    let parts = [
        (&mut out.now, &over.now),
        (&mut out.principal, &over.principal),
        (&mut out.action, &over.action),
        (&mut out.resource, &over.resource),
    ];
    for (under, over) in parts {
        if let Some(over) = over {
            *under = Some(placed(over, at));
        }
    }
    for (name, json) in &over.context {
        out.context.insert(name.clone(), placed(json, at));
    }
}
