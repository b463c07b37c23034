//! What unit tests did, for the lints that read it.

use crate::engine::{Side, cases, decide};
use crate::lint::{CaseFacts, Exercised, TestFacts};
use crate::repository::PolicyVersion;
use rayon::prelude::*;

/// Runs the unit tests of a version, but for those that are skipped on a day; what is broken shows nothing.
pub fn test_facts(version: &PolicyVersion, today: &str) -> TestFacts {
    let side = Side::head(version);
    let facts = cases(version)
        .into_par_iter()
        .filter(|case| !case.is_skipped(today))
        .filter_map(|case| {
            let input = case.input.as_ref().ok()?;
            let decided = decide(&side, input);
            let request = input.request.clone();
            let (_, statuses) = side.explain_request(request, &input.store).ok()?;
            Some(CaseFacts {
                name: case.name(),
                file: case.file.clone(),
                span: case.span,
                action: input.request.request.action.clone(),
                expected: case.expected.decision.value,
                asks_reasons: case.expected.reasons.is_some(),
                takes_errors: case.expected.errors.is_some(),
                passed: case.expected.holds(&decided.answer, decided.forbidden),
                policies: statuses
                    .into_iter()
                    .map(|status| Exercised {
                        policy: status.policy,
                        effect: status.effect,
                        status: status.status,
                    })
                    .collect(),
                determining: decided.answer.determining,
                errors: decided.answer.errors,
            })
        })
        .collect();
    TestFacts {
        cases: facts,
        survivors: None,
    }
}
