//! AZ405: an annotation whose name is nearly one that is known.

use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::repository::{LintLevel, nearest};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ405",
    slug: "unknown-annotation",
    title: "an annotation whose name looks like a slip",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unknown-annotation.md"),
};

/// Annotations of policies that something reads.
const KNOWN: &[&str] = &[
    "doc",
    "exception",
    "expires",
    "id",
    "owner",
    "reason",
    "ticket",
];

/// Annotations of a schema that something reads.
const OF_SCHEMAS: &[&str] = &["clock", "doc", "inventory", "risk", "tool", "trust"];

/// What so many policies have is meant.
const SEVERAL: usize = 3;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for policy in &repository.policies {
        for said in &policy.syntax.annotations {
            *counts.entry(&said.key).or_default() += 1;
        }
    }
    let own = repository
        .context
        .options
        .annotations
        .iter()
        .map(String::as_str);
    let known: BTreeSet<&str> = KNOWN.iter().copied().chain(own.clone()).collect();
    let used = counts
        .iter()
        .filter(|(_, count)| **count >= SEVERAL)
        .map(|(key, _)| *key);
    let meant: BTreeSet<&str> = known.iter().copied().chain(used).collect();
    for policy in &repository.policies {
        in_policy(policy, &meant, found);
    }
    let known: BTreeSet<&str> = OF_SCHEMAS.iter().copied().chain(own).collect();
    in_schema(repository, &known, found);
}

fn in_policy(policy: &Policy<'_>, meant: &BTreeSet<&str>, found: &mut Found<'_>) {
    for said in &policy.syntax.annotations {
        let key = said.key.as_ref();
        let Some(other) = slip_of(key, meant) else {
            continue;
        };
        let finding = found
            .policy(
                policy,
                said.span,
                format!("nothing reads `@{key}`; did you mean `@{other}`?"),
            )
            .help(format!(
                "write `@{other}`, or list `{key}` under `lint.options.annotations`"
            ));
        // Another id is another name in tests and logs; and no annotation may be there twice.
        let taken = policy
            .syntax
            .annotations
            .iter()
            .any(|said| *said.key == *other);
        let text = policy.text(said.span);
        if other != "id" && !taken && policy.has_places() && text.contains(key) {
            finding.fix(
                format!("write `@{other}`"),
                [(said.span, text.replacen(key, other, 1))],
            );
        }
    }
}

fn in_schema(repository: &Repository<'_>, known: &BTreeSet<&str>, found: &mut Found<'_>) {
    let context = repository.context;
    for declared in context.declared() {
        let Some(file) = context.file(&declared.file) else {
            continue;
        };
        let own = declared.annotations.keys().map(|key| (key, declared.span));
        let of_attributes = declared.attributes.iter().flat_map(|attribute| {
            attribute
                .annotations
                .keys()
                .map(|key| (key, attribute.span))
        });
        for (key, span) in own.chain(of_attributes) {
            if let Some(other) = slip_of(key, known) {
                found
                    .file(
                        file,
                        span,
                        format!("nothing reads `@{key}` here; did you mean `@{other}`?"),
                    )
                    .key(format!("{}@{key}", file.slice(span)))
                    .help(format!(
                        "write `@{other}`, or list `{key}` under `lint.options.annotations`"
                    ));
            }
        }
    }
}

/// The known name that a name is a slip of; nothing for one that is known, or like none.
fn slip_of<'k>(key: &str, known: &BTreeSet<&'k str>) -> Option<&'k str> {
    if known.contains(key) {
        return None;
    }
    let plain = key.to_ascii_lowercase().replace('-', "_");
    let alike = known
        .iter()
        .copied()
        .find(|other| *other == plain || is_swapped(&plain, other));
    // Of short names every one is near another.
    let long = known.iter().copied().filter(|other| other.len() > 2);
    alike.or_else(|| nearest(&plain, long).filter(|_| plain.len() > 3))
}

/// Whether two names differ in the order of two neighbouring letters alone.
fn is_swapped(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let differ = one.iter().zip(other).position(|(a, b)| a != b);
    let Some((at, lengths)) = differ.map(|at| (at, one.len() == other.len())) else {
        return false;
    };
    let swapped = (one.get(at), one.get(at + 1)) == (other.get(at + 1), other.get(at));
    lengths && swapped && one.get(at + 2..) == other.get(at + 2..)
}
