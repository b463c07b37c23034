//! Suites → cases, in the order of files: tables, matrices and lists are opened out.

use super::choices::Offer;
use super::draft::{Draft, defaults};
use super::faults::{Known, fault, repeated_names};
use super::fixtures::{Entities, laid_over, patched};
use super::input::{typed_request, unknown_facts};
use super::lines::Lines;
use super::{Case, Fixtures, Form, Input, Skip, list, matrix, run_tests, table, wanted};
use crate::cedar::EntityStore;
use crate::model::{Diagnostic, SourceFile};
use crate::repository::{Defaults, PolicyVersion, Suite, TestSpec, is_day};
use crate::yaml::Spanned;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The cases of one suite.
#[derive(Debug, Clone)]
pub struct CaseSuite {
    /// What it is called.
    pub name: Arc<str>,
    /// Its file.
    pub file: Arc<str>,
    /// Faults of the suite itself, such as an entity that does not conform: all its cases are broken then.
    pub faults: Vec<Diagnostic>,
    /// The cases, in the file's order.
    pub cases: Vec<Case>,
    /// How many cells of matrices are no request, because their action does not take their principal or resource.
    pub left_out: usize,
}

/// Every case of every suite, in the order of files; what has rows is opened out.
pub fn cases(version: &PolicyVersion) -> Vec<Case> {
    let suites = case_suites(version, Fixtures::Strict).into_iter();
    suites.flat_map(|suite| suite.cases).collect()
}

/// Every suite with its cases, in the order of files.
pub fn case_suites(version: &PolicyVersion, fixtures: Fixtures) -> Vec<CaseSuite> {
    let known = Known::of(version);
    let under = Arc::new(version.store.clone());
    let suites = version.suites.par_iter();
    suites
        .map(|suite| case_suite(version, suite, &known, &under, fixtures))
        .collect()
}

/// What the cases of a suite are made from.
struct Opening<'v> {
    version: &'v PolicyVersion,
    file: &'v SourceFile,
    known: &'v Known<'v>,
    fixtures: Fixtures,
    name: Arc<str>,
    lines: Lines,
    tags: BTreeSet<Arc<str>>,
    defaults: Defaults,
    /// The suite's entities; nothing where they are at fault.
    store: Option<Arc<EntityStore>>,
}

fn case_suite(
    version: &PolicyVersion,
    suite: &Suite,
    known: &Known<'_>,
    under: &Arc<EntityStore>,
    fixtures: Fixtures,
) -> CaseSuite {
    let file = &suite.file;
    let name: Arc<str> = match &suite.spec.suite {
        Some(name) => name.as_str().into(),
        None => file.path.clone(),
    };
    let included = suite.included.iter();
    let mut entities: Vec<Entities<'_>> = included
        .map(|included| (&included.file, &included.spec.entities))
        .collect();
    entities.push((file, &suite.spec.entities));
    let (store, mut faults) = match laid_over(version, under, &entities, fixtures) {
        Ok(store) => (Some(store), Vec::new()),
        Err(faults) => (None, faults),
    };
    let defaults = defaults(suite);
    let all: Vec<_> = version
        .schema
        .iter()
        .flat_map(|schema| schema.actions().keys().cloned())
        .collect();
    faults.extend(unknown_facts(version, file, &defaults.context, &all));
    let opening = Opening {
        version,
        file,
        known,
        fixtures,
        name: name.clone(),
        lines: Lines::of(file),
        tags: words(&suite.spec.tags),
        defaults,
        store,
    };
    let repeated = repeated_names(suite);
    let tests = suite.spec.tests.par_iter().zip(repeated);
    let opened: Vec<(Vec<Case>, usize)> = tests
        .map(|(test, repeated)| opening.open(test, repeated))
        .collect();
    let left_out = opened.iter().map(|(_, left_out)| left_out).sum();
    let mut cases: Vec<Case> = opened.into_iter().flat_map(|(cases, _)| cases).collect();
    let stores = run_tests::stores(version, &suite.run_tests, fixtures);
    let run_tests: Vec<Case> = suite
        .run_tests
        .par_iter()
        .map(|test| Case {
            suite: name.clone(),
            line: opening.lines.line(test.span.start),
            ..run_tests::run_test(version, file, test, known, fixtures, &stores)
        })
        .collect();
    cases.extend(run_tests);
    CaseSuite {
        name,
        file: file.path.clone(),
        faults,
        cases,
        left_out,
    }
}

fn words(words: &[Spanned<String>]) -> BTreeSet<Arc<str>> {
    words
        .iter()
        .map(|word| word.value.as_str().into())
        .collect()
}

impl Opening<'_> {
    /// The cases of a test, and how many cells of its matrix are left out.
    fn open(&self, test: &Spanned<TestSpec>, repeated: Option<Diagnostic>) -> (Vec<Case>, usize) {
        let base = Draft::of(test, &self.defaults);
        let spec = &test.value;
        let mut faults: Vec<Diagnostic> = repeated.into_iter().collect();
        faults.extend(self.shape(spec));
        let skip = self.skip(spec, &mut faults);
        let own = [(self.file, &spec.entities)];
        let store = match &self.store {
            None => None,
            Some(store) => match laid_over(self.version, store, &own, self.fixtures) {
                Ok(store) => Some(store),
                Err(found) => {
                    faults.extend(found);
                    None
                }
            },
        };
        let drafts = match (&store, faults.is_empty()) {
            (Some(store), true) => self.drafts(spec, &base, store),
            _ => Err(faults),
        };
        let (drafts, left_out) = match drafts {
            Ok(drafts) => drafts,
            // One broken case stands for the test.
            Err(faults) => {
                let draft = Draft { faults, ..base };
                let case = self.case(spec, &skip, draft, None);
                return (vec![case], 0);
            }
        };
        let cases = drafts
            .into_par_iter()
            .map(|draft| self.case(spec, &skip, draft, store.as_ref()));
        (cases.collect(), left_out)
    }

    /// What does not go together.
    fn shape(&self, spec: &TestSpec) -> Vec<Diagnostic> {
        let mut faults = Vec::new();
        let mut wrong =
            |span, message: &str| faults.push(fault(self.file, span, message.to_owned()));
        let forms = [
            spec.table.as_ref().map(|table| table.span),
            spec.matrix.as_ref().map(|matrix| matrix.span),
            spec.list.as_ref().map(|list| list.span),
        ];
        let mut forms = forms.into_iter().flatten();
        if let (Some(_), Some(second)) = (forms.next(), forms.next()) {
            wrong(second, "a test has one of `table`, `matrix` and `list`");
        }
        if let (Some(except), None) = (spec.except.first(), &spec.matrix) {
            wrong(except.span, "`except` belongs to a `matrix`");
        }
        if let (Some(request), true) = (&spec.request, spec.matrix.is_some() || spec.list.is_some())
        {
            let message =
                "a matrix and a list say themselves what is asked; `context` stands inside them";
            wrong(request.span, message);
        }
        if let Some(table) = &spec.table {
            for span in table::idle_placeholders(table, &spec.entities) {
                let message = "cells are put into the request, not into `entities`; write a column such as \
                     `entities.REFERENCE.attrs.PATH`";
                wrong(span, message);
            }
        }
        if let Some(expect) = &spec.expect {
            let expect = &expect.value;
            let listed = [&expect.exactly, &expect.includes, &expect.excludes];
            if let (Some(listed), None) = (listed.into_iter().flatten().next(), &spec.list) {
                wrong(
                    listed.span,
                    "`exactly`, `includes` and `excludes` belong to a `list`",
                );
            }
            let decided = [
                expect.decision.as_ref().map(|decision| decision.span),
                expect.reasons.as_ref().map(|names| names.span),
                expect.errors.as_ref().map(|names| names.span),
            ];
            if let (Some(decided), Some(_)) = (decided.into_iter().flatten().next(), &spec.list) {
                wrong(
                    decided,
                    "a list expects `exactly`, `includes` or `excludes`",
                );
            }
        }
        faults
    }

    fn skip(&self, spec: &TestSpec, faults: &mut Vec<Diagnostic>) -> Option<Skip> {
        let skip = &spec.skip.as_ref()?.value;
        if let Some(until) = skip.until.as_ref().filter(|until| !is_day(&until.value)) {
            let message = format!("`{}` is no day; write it as `YYYY-MM-DD`", until.value);
            faults.push(fault(self.file, until.span, message));
            return None;
        }
        Some(Skip {
            reason: skip.reason.as_str().into(),
            until: skip.until.as_ref().map(|until| until.value.as_str().into()),
        })
    }

    fn drafts(
        &self,
        spec: &TestSpec,
        base: &Draft,
        store: &EntityStore,
    ) -> Result<(Vec<Draft>, usize), Vec<Diagnostic>> {
        let offer = Offer {
            version: self.version,
            store,
            file: self.file,
        };
        match (&spec.table, &spec.matrix, &spec.list) {
            (Some(table), _, _) => Ok((table::rows(self.file, base, table)?, 0)),
            (None, Some(matrix), _) => matrix::cells(&offer, base, matrix, &spec.except),
            (None, None, Some(list)) => Ok((list::members(&offer, base, list)?, 0)),
            (None, None, None) => Ok((vec![base.clone()], 0)),
        }
    }

    fn case(
        &self,
        spec: &TestSpec,
        skip: &Option<Skip>,
        mut draft: Draft,
        store: Option<&Arc<EntityStore>>,
    ) -> Case {
        let file = self.file;
        let mut faults = std::mem::take(&mut draft.faults);
        // A test that is at fault as a whole is not blamed for what follows from that.
        let whole = store.is_none();
        let (expected, found) = wanted::expected(file, self.known, &draft.expect, draft.expected);
        if !whole {
            faults.extend(found);
        }
        let input = store.and_then(|store| {
            let request = typed_request(self.version, file, &draft, self.fixtures)
                .map_err(|found| faults.extend(found))
                .ok();
            let store = match draft.patches.is_empty() {
                true => Some(store.clone()),
                false => patched(self.version, file, store, &draft.patches, self.fixtures)
                    .map_err(|found| faults.extend(found))
                    .ok(),
            };
            Input::new(request?, store?)
                .map_err(|message| faults.push(fault(file, draft.asked, message)))
                .ok()
        });
        let tags = self.tags.union(&words(&spec.tags)).cloned().collect();
        Case {
            suite: self.name.clone(),
            file: file.path.clone(),
            test: spec.name.value.as_str().into(),
            row: draft.row,
            form: match (&spec.table, &spec.matrix, &spec.list) {
                (Some(_), _, _) => Form::Row,
                (None, Some(_), _) => Form::Cell,
                (None, None, Some(_)) => Form::Member,
                (None, None, None) => Form::Alone,
            },
            span: draft.span,
            line: self.lines.line(draft.span.start),
            tags,
            skip: skip.clone(),
            only: spec.only,
            input: match input {
                Some(input) if faults.is_empty() => Ok(input),
                Some(_) | None => Err(faults),
            },
            expected,
        }
    }
}
