//! AZ611: a policy that could be wrong, and all tests would hold.

use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::facts::{MutantFacts, Survivor};
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::{LintLevel, Percent};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ611",
    slug: "mutant-survived",
    title: "a policy that could say something else, and no test would fail",
    level: LintLevel::Warning,
    evidence: &[Evidence::Tests],
    fix: None,
    needs: &[Need::Suites, Need::TestRun, Need::Mutants],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("mutant-survived.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let version = repository.context.version;
    let mutants = repository
        .context
        .tests
        .and_then(|tests| tests.mutants.as_ref());
    let min = version.manifest.mutation.min;
    let by_id = repository.by_id();
    for (id, facts) in mutants.into_iter().flatten() {
        if is_enough(facts, min) {
            continue;
        }
        // What can be written in several ways at one place is one finding.
        let mut places: BTreeMap<(Option<Span>, &str), Vec<&Survivor>> = BTreeMap::new();
        for survivor in &facts.survivors {
            let before = survivor.before.as_str();
            places
                .entry((survivor.span, before))
                .or_default()
                .push(survivor);
        }
        for survivors in places.values() {
            let Some(first) = survivors.first() else {
                continue;
            };
            let message = message(survivors, id);
            let finding = match by_id.get(id) {
                Some(policy) => found.policy(policy, place(policy, first), message),
                None => {
                    let mut links = version.links.iter().filter(|link| link.id == *id);
                    let link = links.next();
                    let file = version.sources.get(&first.file);
                    let Some((link, file)) = link.zip(file) else {
                        continue;
                    };
                    let finding = found.file(file, file.widen(link.span), message);
                    finding.policy = Some(id.clone());
                    finding
                }
            };
            let fingerprints: Vec<&str> = survivors.iter().map(|one| fingerprint(one)).collect();
            finding
                .help(help(survivors, facts))
                .key(fingerprints.join(" "));
        }
    }
}

/// Whether so many mutants of a policy are killed as the manifest asks; all of them, where it asks for nothing.
fn is_enough(facts: &MutantFacts, min: Option<Percent>) -> bool {
    let open = facts.survivors.len();
    let killed = facts.all.saturating_sub(open);
    match min {
        Some(min) => min.reached(killed as u64, facts.all as u64),
        None => open == 0,
    }
}

fn place(policy: &Policy<'_>, survivor: &Survivor) -> Span {
    let whole = policy.parsed.span;
    // What is left out as a whole is marked by its effect.
    survivor
        .span
        .filter(|span| span.len > 0 && *span != whole)
        .unwrap_or(policy.syntax.effect)
}

fn message(survivors: &[&Survivor], id: &str) -> String {
    let before = survivors
        .first()
        .map(|one| short(&one.before))
        .unwrap_or_default();
    let changes: BTreeSet<String> = survivors
        .iter()
        .map(|survivor| {
            let dropped = matches!(survivor.operator, "policy-dropped" | "link-dropped");
            match (before.as_str(), short(&survivor.after).as_str()) {
                _ if dropped => format!("without `{id}`"),
                (before, "") => format!("without `{before}`"),
                ("", after) => format!("with `{after}` more"),
                (before, after) => format!("with `{after}` for `{before}`"),
            }
        })
        .collect();
    let changes: Vec<String> = changes.into_iter().collect();
    format!("{}, all tests would still pass", changes.join(", or "))
}

fn help(survivors: &[&Survivor], facts: &MutantFacts) -> String {
    let open = facts.survivors.len() + facts.explained;
    let killed = facts.all.saturating_sub(open);
    let way = match survivors.iter().any(|one| one.killable) {
        true => "`agentauthz test --mutate` shows a test that would fail",
        false => {
            "write a test that would fail; where none can, explain the mutant in the manifest (`mutation.explained`)"
        }
    };
    let which: Vec<String> = survivors
        .iter()
        .map(|one| format!("{} {}", one.operator, fingerprint(one)))
        .collect();
    format!(
        "{way}; tests kill {killed} of the {} mutants of this policy, and not {}",
        facts.all,
        which.join(", ")
    )
}

/// As much of a fingerprint as an explanation needs.
fn fingerprint(survivor: &Survivor) -> &str {
    let digits = survivor.fingerprint.strip_prefix("sha256:");
    let digits = digits.unwrap_or(&survivor.fingerprint);
    digits.get(..12).unwrap_or(digits)
}

/// A text on one line, cut where it is long.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
