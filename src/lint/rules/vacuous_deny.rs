//! AZ605: a test of a guardrail that is denied without it.

use super::shared_tests::{instances, some};
use crate::engine::Form;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::facts::CaseFacts;
use crate::lint::found::Found;
use crate::model::{SourceFile, Status, Variable};
use crate::repository::{ExpectedDecision, LintLevel};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ605",
    slug: "vacuous-deny",
    title: "a `deny` that no forbid decides stays green when the forbid breaks",
    level: LintLevel::Warning,
    evidence: &[Evidence::Tests],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Suites, Need::TestRun],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("vacuous-deny.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let Some(facts) = repository.context.tests else {
        return;
    };
    let forbids = forbids(repository);
    for case in facts.cases.iter().filter(|case| is_vacuous(case)) {
        let Some(file) = repository.context.file(&case.file) else {
            continue;
        };
        // Those whose scope holds are the ones that the test may be about.
        let mut near = Vec::new();
        for exercised in &case.policies {
            let forbid = forbids.get(&exercised.policy).copied();
            if exercised.status == Status::NotSatisfied && forbid.is_some_and(names_action) {
                near.push(exercised.policy.as_ref());
            }
        }
        // Others speak of the same action, of other agents or resources.
        let far = forbids
            .iter()
            .filter(|(_, policy)| names_action(policy) && policy.actions().contains(&case.action));
        let far: Vec<&str> = far.map(|(id, _)| id.as_ref()).collect();
        let (names, level) = match (near.is_empty(), far.is_empty()) {
            (false, _) => (near, LINT.level),
            (true, false) => (far, LintLevel::Info),
            (true, true) => continue,
        };
        let message = format!(
            "nothing permits this, so it is denied without {}: the test stays green whatever becomes of that forbid",
            some(names)
        );
        let decision = &case.expected.decision;
        let finding = found.file(file, decision.span, message);
        finding.level(level).key(case.name.as_str()).help(
            "say `forbid`, and give the request what the forbid asks for; or, where nothing is meant to match, say `no-match`",
        );
        if level == LINT.level && is_written(file, case) {
            finding.fix(
                "expect a forbid; the test fails until one is satisfied",
                [(decision.span, ExpectedDecision::Forbid.name().to_owned())],
            );
        }
    }
}

/// Whether a case of its own expects some deny, and nothing matches.
fn is_vacuous(case: &CaseFacts) -> bool {
    // A matrix and a list speak of many requests at once: there, `deny` is the word.
    let alone = match case.form {
        Form::Alone | Form::Row => true,
        Form::Cell | Form::Member | Form::RunTest => false,
    };
    alone
        && case.passed
        && case.expected.decision.value == ExpectedDecision::Deny
        && case.decided == ExpectedDecision::NoMatch
        && case.expected.reasons.is_none()
}

/// Whether the word stands there as it is, and for this case alone.
fn is_written(file: &SourceFile, case: &CaseFacts) -> bool {
    let place = case.expected.decision.span;
    let row = file.widen(case.span);
    let own = case.form == Form::Alone || (row.start <= place.start && place.end() <= row.end());
    own && file.slice(place) == ExpectedDecision::Deny.name()
}

/// The forbids by the ids that they have in decisions.
fn forbids<'r>(repository: &'r Repository<'r>) -> BTreeMap<Arc<str>, &'r Policy<'r>> {
    let instances = instances(repository);
    let mut all = BTreeMap::new();
    for policy in repository
        .policies
        .iter()
        .filter(|policy| policy.is_forbid())
    {
        for id in instances.get(&policy.id()).into_iter().flatten() {
            all.insert(id.clone(), policy);
        }
    }
    all
}

/// Whether a policy says of which actions it speaks.
fn names_action(policy: &Policy<'_>) -> bool {
    let scope = policy.syntax.scope_of(Variable::Action);
    scope.is_some_and(|part| !part.is_free())
}
