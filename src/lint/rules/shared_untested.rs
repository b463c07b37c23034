//! Policies that decide no test: what AZ601 says of permits, and AZ602 of forbids.

use super::shared_tests::{Standing, instances, noun, standings, tests, together};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::repository::LintLevel;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reports policies that decide no test, and links of templates of which other links do.
pub(super) fn look(
    repository: &Repository<'_>,
    found: &mut Found<'_>,
    wanted: impl Fn(&Policy<'_>) -> bool,
    help: &str,
) {
    let Some(facts) = repository.context.tests else {
        return;
    };
    let standings = standings(facts);
    let instances = instances(repository);
    let undecided = Standing::default();
    for policy in repository.policies.iter().filter(|policy| wanted(policy)) {
        // What nothing links decides nothing, and has a lint of its own.
        let Some(instances) = instances.get(&policy.id()) else {
            continue;
        };
        let whole = together(&standings, instances);
        if whole.decides == 0 {
            let message = message(policy, &whole);
            found
                .policy(policy, policy.syntax.effect, message)
                .help(help);
            continue;
        }
        if !policy.parsed.is_template {
            continue;
        }
        let idle = instances
            .iter()
            .filter(|link| standings.get(*link).unwrap_or(&undecided).decides == 0);
        let idle: Vec<&Arc<str>> = idle.collect();
        links(repository, found, policy, &idle, &standings, help);
    }
}

fn links(
    repository: &Repository<'_>,
    found: &mut Found<'_>,
    template: &Policy<'_>,
    idle: &[&Arc<str>],
    standings: &BTreeMap<Arc<str>, Standing>,
    help: &str,
) {
    let version = repository.context.version;
    for link in version.links.iter().filter(|link| idle.contains(&&link.id)) {
        let Some(file) = version.sources.get(&link.file) else {
            continue;
        };
        let reached = standings
            .get(&link.id)
            .map_or(0, |standing| standing.reached);
        let why = match reached {
            0 => "no test is in its scope".to_owned(),
            some => format!("{} in its scope, and it decides none", is_or_are(some)),
        };
        let finding = found.file(
            file,
            file.widen(link.span),
            format!(
                "no test shows the link `{}` of `{}`: {why}",
                link.id,
                template.id()
            ),
        );
        // Another link shows the condition; what this one fills in is not shown.
        finding
            .level(LintLevel::Info)
            .help(help)
            .key(link.id.as_ref());
        finding.policy = Some(link.id.clone());
    }
}

fn is_or_are(number: usize) -> String {
    match number {
        1 => "1 test is".to_owned(),
        more => format!("{more} tests are"),
    }
}

fn message(policy: &Policy<'_>, standing: &Standing) -> String {
    let noun = noun(policy);
    let what = match policy.is_forbid() {
        true => format!("this {noun} denies no test"),
        false => format!("this {noun} allows no test"),
    };
    let first = standing.first.as_deref().unwrap_or_default();
    let why = match *standing {
        Standing { reached: 0, .. } => "no test makes a request that is in its scope".to_owned(),
        Standing { satisfied: 1.., .. } => format!(
            "it is satisfied in {}, where a forbid decides",
            tests(standing.satisfied)
        ),
        Standing { failed: 1.., .. } => format!(
            "it raises an error in {}, and is satisfied in none",
            tests(standing.failed)
        ),
        _ => format!(
            "its scope holds in {}, first in `{first}`, and its condition in none",
            tests(standing.reached)
        ),
    };
    format!("{what}: {why}")
}
