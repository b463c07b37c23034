//! AZ128: an entity that the repository does not have, and that is written almost like one that it has.

use crate::cedar::Schema;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span};
use crate::repository::{LintLevel, parse_plain_reference};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ128",
    slug: "unknown-entity",
    title: "an entity that is in no file, and is written almost like one that is",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unknown-entity.md"),
};

/// The ids of entities by their types.
type Ids = BTreeMap<Arc<str>, BTreeSet<Arc<str>>>;

/// In longer lists names that are almost the same are usual, and to compare with all takes long.
const MOST: usize = 1_000;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let listed = listed(context);
    let mut slips: BTreeMap<EntityRef, Option<&str>> = BTreeMap::new();
    for policy in &repository.policies {
        let mut times: BTreeMap<EntityRef, usize> = BTreeMap::new();
        for (uid, span) in literals(policy) {
            let Some(ids) = listed.get(&uid.ty) else {
                continue;
            };
            let found_before = slips.get(&uid).copied();
            let meant = found_before.unwrap_or_else(|| meant(&uid.id, ids));
            if found_before.is_none() {
                slips.insert(uid.clone(), meant);
            }
            let Some(meant) = meant else { continue };
            let count = times.entry(uid.clone()).or_default();
            *count += 1;
            let key = format!("{uid} {count}");
            let finding = found
                .policy(
                    policy,
                    span,
                    format!("no file of this repository has `{uid}`"),
                )
                .help(format!(
                    "is `{meant}` meant? Else add `{}` to the entities",
                    uid.id
                ))
                .key(key);
            let text = policy.text(span);
            if text.matches(uid.id.as_ref()).count() == 1 {
                let fixed = text.replacen(uid.id.as_ref(), meant, 1);
                finding.fix(format!("name `{meant}`"), [(span, fixed)]);
            }
        }
    }
}

/// The entities of the repository: of its entity files, as their parents, and of tests. Agents are AZ308's where there is an
/// inventory, and of actions and enumerated types Cedar knows all.
fn listed(context: &Context<'_>) -> Ids {
    let version = context.version;
    // A list that is too long already need not be whole.
    let mut all: HashMap<&str, HashSet<&EntityRef>> = HashMap::new();
    for entity in context.entities() {
        for uid in entity.ancestors.iter().chain([&entity.uid]) {
            let of_type = all.entry(&uid.ty).or_default();
            if of_type.len() <= MOST {
                of_type.insert(uid);
            }
        }
    }
    let short = all.into_values().filter(|of_type| of_type.len() <= MOST);
    let mut ids = Ids::new();
    for uid in short.flatten() {
        ids.entry(uid.ty.clone())
            .or_default()
            .insert(uid.id.clone());
    }
    // What tests alone have makes no list, and is known nevertheless.
    for suite in &version.suites {
        let tests = suite.spec.tests.iter().map(|test| &test.value.entities);
        let shared = suite.included.iter().map(|file| &file.spec.entities);
        let names = [&suite.spec.entities]
            .into_iter()
            .chain(tests)
            .chain(shared);
        for uid in names
            .flat_map(BTreeMap::keys)
            .filter_map(|name| parse_plain_reference(name).ok())
        {
            if let Some(ids) = ids.get_mut(&uid.ty) {
                ids.insert(uid.id.clone());
            }
        }
    }
    let agents = &version.manifest.agent_type;
    ids.retain(|ty, ids| {
        let is_agent = ty.as_ref() == agents.as_str() && !version.agents.is_empty();
        let of_schema = context
            .schema()
            .is_some_and(|schema| is_of_schema(schema, ty));
        let of_actions = ty.as_ref() == "Action" || ty.ends_with("::Action");
        ids.len() <= MOST && !is_agent && !of_schema && !of_actions
    });
    ids
}

fn is_of_schema(schema: &Schema, ty: &str) -> bool {
    schema.is_enumerated(ty)
}

/// The entities that a policy names, in order of their places.
fn literals(policy: &Policy<'_>) -> Vec<(EntityRef, Span)> {
    let scope = policy
        .syntax
        .scope
        .iter()
        .filter_map(|part| part.test.as_ref());
    let mut found: Vec<(EntityRef, Span)> = scope.flat_map(|test| test.entities.clone()).collect();
    let terms = policy.syntax.terms();
    found.extend(terms.filter_map(|term| Some((term.as_entity()?.clone(), term.span))));
    found.sort_by_key(|(_, span)| *span);
    found
}

/// The id that is meant by one that is not there, if it is surely a slip.
fn meant<'i>(id: &str, ids: &'i BTreeSet<Arc<str>>) -> Option<&'i str> {
    if ids.contains(id) {
        return None;
    }
    let near = ids.iter().filter(|other| is_slip(id, other));
    let near = near.min_by_key(|other| distance(&letters(id), &letters(other)));
    near.map(AsRef::as_ref)
}

/// Whether one name is surely a slip for another: few letters differ, and no number or short part does, by which names of a
/// row are told apart (`db-1` and `db-2`, `team-a` and `team-b`).
fn is_slip(one: &str, other: &str) -> bool {
    let ascii = one.is_ascii() && other.is_ascii();
    if ascii && one.len().abs_diff(other.len()) > 2 {
        return false;
    }
    if one.to_lowercase() == other.to_lowercase() {
        return true;
    }
    let digits = |text: &str| -> Vec<char> { text.chars().filter(char::is_ascii_digit).collect() };
    let (a, b) = (letters(one), letters(other));
    let shorter = a.len().min(b.len());
    let close = match distance(&a, &b) {
        1 => shorter >= 4,
        // `internal` and `external` are both meant.
        2 => shorter >= 8 && a.first() == b.first(),
        _ => false,
    };
    close && digits(one) == digits(other) && !differ_in_short(one, other)
}

/// Whether two names of as many parts differ in a part of a few letters.
fn differ_in_short(one: &str, other: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        parts.map(str::to_owned).collect()
    };
    let (a, b) = (parts(one), parts(other));
    a.len() == b.len()
        && a.iter()
            .zip(&b)
            .any(|(a, b)| a != b && a.chars().count().min(b.chars().count()) < 4)
}

fn letters(text: &str) -> Vec<char> {
    text.to_lowercase().chars().collect()
}

/// How many letters are to be put in, taken out, replaced or turned round with the next one, up to 3.
fn distance(a: &[char], b: &[char]) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return 3;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(3);
            let replaced = at(&row, j) + usize::from(x != y);
            let mut least = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let turned = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if turned {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(3).min(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_names_of_a_row() {
        for (one, other, expected) in [
            ("paymnts", "payments", true),
            ("payemnts", "payments", true),
            ("Payments", "payments", true),
            ("handbok-internl", "handbook-internal", true),
            ("buildbot", "build-bot", true),
            ("customer-suport", "customer-support", true),
            ("db-1", "db-2", false),
            ("customers1", "customers2", false),
            ("team-a", "team-b", false),
            ("region-eu-data", "region-us-data", false),
            ("internal-notes", "external-notes", false),
            ("web", "wep", false),
            ("mail", "main", true),
            ("support", "reports", false),
            ("crm", "payments", false),
        ] {
            assert_eq!(is_slip(one, other), expected, "{one} {other}");
            assert_eq!(is_slip(other, one), expected, "{other} {one}");
        }
    }
}
