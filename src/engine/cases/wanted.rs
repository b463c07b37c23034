//! What a test expects → what must come out, with the policies that it names looked up.

use super::faults::{Known, fault};
use super::{Demand, Expected};
use crate::model::{Diagnostic, SourceFile, Span};
use crate::repository::{Expectation, ExpectedDecision, PolicyNames};
use crate::yaml::Spanned;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What must come out of a case, and what is wrong with what says so.
pub(super) fn expected(
    file: &SourceFile,
    known: &Known<'_>,
    expect: &Expectation,
    span: Span,
) -> (Expected, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut names = |names: &Option<Spanned<PolicyNames>>| {
        names.as_ref().map(|names| {
            let nothing = names.value.asks_nothing().map(str::to_owned);
            faults.extend(nothing.map(|message| fault(file, names.span, message)));
            for name in names.value.named() {
                let wrong = known.wrong(&name.value);
                faults.extend(wrong.map(|message| fault(file, name.span, message)));
            }
            Spanned {
                value: read(&names.value),
                span: names.span,
            }
        })
    };
    let expected = Expected {
        decision: expect.decision.clone().unwrap_or(Spanned {
            value: ExpectedDecision::Deny,
            span,
        }),
        reasons: names(&expect.reasons),
        errors: names(&expect.errors),
        span,
    };
    if expect.decision.is_none() {
        let message = "the test expects no `decision`".to_owned();
        faults.push(fault(file, span, message));
    }
    (expected, faults)
}

fn read(names: &PolicyNames) -> Demand {
    let set = |names: &[Spanned<String>]| -> BTreeSet<Arc<str>> {
        names
            .iter()
            .map(|name| name.value.as_str().into())
            .collect()
    };
    match names {
        PolicyNames::Exactly(names) => Demand::exactly(set(names)),
        PolicyNames::Loosely(spec) => Demand {
            include: set(&spec.include),
            exclude: set(&spec.exclude),
            any: set(spec.any.as_deref().unwrap_or_default()),
            ..Demand::default()
        },
    }
}
