//! What unit tests did, for the lints that read it.

use crate::cedar::{Evaluation, PreparedRequest};
use crate::engine::{Case, Decided, Expected, Side, cases, decide};
use crate::lint::{CaseFacts, Exercised, MutantFacts, Survivor, TestFacts, Undecided};
use crate::model::{Effect, Span, Status};
use crate::repository::{ExpectedDecision, PolicyVersion};
use crate::testing::mutate::{Fate, Judged, Options, Proposal, Unsound, mutate};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one case shows.
enum Shown {
    Decided(Box<CaseFacts>, BTreeSet<Arc<str>>),
    Undecided(Undecided),
}

/// Runs the unit tests of a version, but for those that are skipped on a day; what is broken shows nothing.
pub fn test_facts(version: &PolicyVersion, today: &str) -> TestFacts {
    let side = Side::head(version);
    let shown: Vec<Shown> = cases(version)
        .into_par_iter()
        .filter(|case| !case.is_skipped(today))
        .filter_map(|case| show(version, &side, &case))
        .collect();
    let mut facts = TestFacts::default();
    for shown in shown {
        match shown {
            Shown::Decided(case, kept_out) => {
                facts.cases.push(*case);
                facts.kept_out.extend(kept_out);
            }
            Shown::Undecided(undecided) => facts.undecided.push(undecided),
        }
    }
    facts
}

/// The same, with what became of the mutants of the policies. The error says why they could not be judged.
pub fn test_facts_with_mutants(version: &PolicyVersion, today: &str) -> Result<TestFacts, Unsound> {
    let options = Options {
        now: today,
        ..Options::default()
    };
    let report = mutate(version, &options)?;
    let mut mutants: BTreeMap<Arc<str>, MutantFacts> = BTreeMap::new();
    for judged in &report.mutants {
        let facts = mutants.entry(judged.mutant.policy.clone()).or_default();
        facts.all += 1;
        match &judged.fate {
            Fate::Killed(_) => {}
            Fate::Survived {
                explained: Some(_), ..
            } => facts.explained += 1,
            Fate::Survived {
                explained: None,
                proposal,
            } => facts.survivors.push(survivor(version, judged, proposal)),
        }
    }
    Ok(TestFacts {
        mutants: Some(mutants),
        ..test_facts(version, today)
    })
}

fn survivor(version: &PolicyVersion, judged: &Judged, proposal: &Proposal) -> Survivor {
    let mutant = &judged.mutant;
    let parsed = version.parsed.iter();
    let mut placed = parsed.filter(|policy| {
        policy.file == mutant.file && policy.span.len > 0 && policy.display_id() == mutant.policy
    });
    let start = placed.next().map(|policy| policy.span.start);
    let before = mutant.original.get(mutant.span.start..mutant.span.end());
    Survivor {
        operator: mutant.operator.name(),
        fingerprint: mutant.fingerprint.to_string(),
        file: mutant.file.clone(),
        span: start.map(|start| Span::new(start + mutant.span.start, mutant.span.len)),
        before: before.unwrap_or_default().to_owned(),
        after: mutant.with.clone(),
        killable: matches!(proposal, Proposal::Test(_)),
    }
}

fn show(version: &PolicyVersion, side: &Side<'_>, case: &Case) -> Option<Shown> {
    let input = case.input.as_ref().ok()?;
    let decided = decide(side, input);
    let Some(word) = decided.in_words() else {
        let unknown = decided.unknown.iter().map(ToString::to_string);
        return Some(Shown::Undecided(Undecided {
            file: case.file.clone(),
            span: case.span,
            unknown: unknown.collect(),
        }));
    };
    let passed = case.expected.holds(&decided.answer, decided.forbidden);
    let evaluation = Evaluation::new(&version.policies);
    let prepared = PreparedRequest {
        request: &input.built,
        entities: &input.store,
    };
    let policies = version.policies.policies();
    let watches = |policy: &Arc<str>| passed && watches(&case.expected, &decided, policy);
    let exercised = evaluation
        .evaluate(prepared)
        .into_iter()
        .filter_map(|found| {
            let policy = policies.get(found.policy)?;
            let idle = policy.effect == Effect::Permit && found.status == Status::NotSatisfied;
            Some(Exercised {
                policy: policy.id.clone(),
                effect: policy.effect,
                status: found.status,
                watched: idle && watches(&policy.id),
            })
        });
    let exercised: Vec<Exercised> = exercised.collect();
    let permits = policies
        .iter()
        .enumerate()
        .filter(|(_, policy)| policy.effect == Effect::Permit);
    let kept_out = permits
        .filter(|(at, _)| passed && evaluation.nearly_reaches(*at, prepared))
        .filter(|(_, policy)| watches(&policy.id))
        .map(|(_, policy)| policy.id.clone());
    let kept_out = kept_out.collect();
    let facts = CaseFacts {
        file: case.file.clone(),
        name: case.name(),
        test: case.test.clone(),
        form: case.form,
        span: case.span,
        action: input.request.request.action.clone(),
        expected: case.expected.clone(),
        decided: word,
        passed,
        policies: exercised,
        determining: decided.answer.determining,
        errors: decided.answer.errors,
    };
    Some(Shown::Decided(Box::new(facts), kept_out))
}

/// Whether a case that passes would fail if one more permit were satisfied.
fn watches(expected: &Expected, decided: &Decided, permit: &Arc<str>) -> bool {
    match decided.in_words() {
        // Nothing would come of it.
        None | Some(ExpectedDecision::Forbid | ExpectedDecision::Deny) => false,
        // It would be allowed, and that is not what is expected.
        Some(ExpectedDecision::NoMatch) => true,
        Some(ExpectedDecision::Allow) => expected.reasons.as_ref().is_some_and(|reasons| {
            let mut with = decided.answer.determining.clone();
            with.insert(permit.clone());
            !reasons.value.hold(&with)
        }),
    }
}
