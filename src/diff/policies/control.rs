//! Changes of what controls the tool: tests, the manifest, the mapping.

use crate::diff::document::{ControlChange, ControlKind};
use crate::repository::{Manifest, PolicyVersion, Suite, accepting_comments};
use std::collections::{BTreeMap, BTreeSet};

const MANIFEST: &str = "agentauthz.yaml";

/// The key of the manifest whose changes are judged one by one, and not here.
const GATES: &str = "gates";

pub(super) fn control_changes(
    base: &PolicyVersion,
    head: &PolicyVersion,
) -> BTreeSet<ControlChange> {
    let mut changes = test_changes(&base.suites, &head.suites);
    let there = |version: &PolicyVersion| version.sources.get(MANIFEST).is_some();
    let manifest = match (there(base), there(head)) {
        (true, false) => Some((format!("{MANIFEST} deleted"), true)),
        (false, true) => Some((format!("{MANIFEST} added"), false)),
        (true, true) => manifest_change(&base.manifest, &head.manifest),
        (false, false) => None,
    };
    changes.extend(manifest.map(|(what, weakens)| ControlChange {
        kind: ControlKind::Manifest,
        what,
        weakens,
    }));
    let digest = |version: &PolicyVersion| {
        let mapping = version.mapping.as_ref();
        mapping.map(|mapping| mapping.digest.clone())
    };
    let mapping = match (digest(base), digest(head)) {
        (Some(base), Some(head)) => (base != head).then_some("mapping changed"),
        (Some(_), None) => Some("mapping deleted"),
        (None, Some(_)) => Some("mapping added"),
        (None, None) => None,
    };
    changes.extend(mapping.map(|what| ControlChange {
        kind: ControlKind::Mapping,
        what: what.to_owned(),
        weakens: false,
    }));
    changes.extend(accepted_findings(base, head));
    changes
}

/// Comments that accept findings of lints, and the list of those that were there before.
fn accepted_findings(base: &PolicyVersion, head: &PolicyVersion) -> Vec<ControlChange> {
    let comments = |version: &PolicyVersion| {
        let mut all: BTreeMap<(String, String), i64> = BTreeMap::new();
        let files = version.sources.iter();
        for file in files.filter(|file| file.text.contains("agentauthz:")) {
            for (comment, next) in accepting_comments(&file.text) {
                let key = (format!("{}: {comment}", file.path), next);
                *all.entry(key).or_default() += 1;
            }
        }
        all
    };
    let change = |what: String, weakens: bool| ControlChange {
        kind: ControlKind::Lint,
        what,
        weakens,
    };
    let (was, is) = (comments(base), comments(head));
    let mut changes = Vec::new();
    for comment in was
        .keys()
        .chain(is.keys().filter(|key| !was.contains_key(*key)))
    {
        let count =
            |all: &BTreeMap<(String, String), i64>| all.get(comment).copied().unwrap_or_default();
        match count(&is) - count(&was) {
            0 => {}
            more if more > 0 => {
                changes.push(change(format!("suppression added: {}", comment.0), true))
            }
            _ => changes.push(change(format!("suppression removed: {}", comment.0), false)),
        }
    }
    if let Some(path) = &head.manifest.lint.baseline
        && let Some(is) = head.sources.get(path)
    {
        let was = base.sources.get(path).map(|file| file.text.as_ref());
        if was != Some(is.text.as_ref()) {
            // Lines that only go away accept less; anything else has to be looked at.
            let mut left = was.unwrap_or_default().lines();
            let fewer = is.text.lines().all(|line| left.any(|other| other == line));
            let accepts = is.text.contains("code");
            changes.push(change(format!("{path} changed"), accepts && !fewer));
        }
    }
    changes
}

/// Which keys of the manifest say something else, the gates left out, and whether that loosens control: a change must not
/// choose the traffic and the tests by which it is judged, ask for less coverage or fewer killed mutants, nor show argument values that were hidden.
fn manifest_change(base: &Manifest, head: &Manifest) -> Option<(String, bool)> {
    let weakens = base.recordings != head.recordings
        || base.tests != head.tests
        || head.coverage.loosens(&base.coverage)
        || head.mutation.loosens(&base.mutation)
        || head.lint.loosens(&base.lint)
        || (head.reports.values && !base.reports.values);
    let keys = |manifest: &Manifest| match serde_json::to_value(manifest) {
        Ok(serde_json::Value::Object(keys)) => keys,
        // A manifest is a record.
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (base, head) = (keys(base), keys(head));
    let all: BTreeSet<&String> = base.keys().chain(head.keys()).collect();
    let changed: Vec<&str> = all
        .into_iter()
        .filter(|key| key.as_str() != GATES && base.get(*key) != head.get(*key))
        .map(String::as_str)
        .collect();
    let what = format!("{MANIFEST} changed: {}", changed.join(", "));
    (!changed.is_empty()).then_some((what, weakens))
}

fn test_changes(base: &[Suite], head: &[Suite]) -> BTreeSet<ControlChange> {
    fn by_path(suites: &[Suite]) -> BTreeMap<&str, &Suite> {
        let paths = suites.iter().map(|suite| (suite.file.path.as_ref(), suite));
        paths.collect()
    }
    let (base, head) = (by_path(base), by_path(head));
    let mut changes = BTreeSet::new();
    let mut add = |what: String, weakens: bool| {
        changes.insert(ControlChange {
            kind: ControlKind::Test,
            what,
            weakens,
        });
    };
    let mut came: BTreeMap<&str, &Suite> = head.clone();
    came.retain(|path, _| !base.contains_key(path));
    for (path, suite) in &base {
        if let Some(now) = head.get(path) {
            if suite.file != now.file {
                let (what, weakens) = suite_change(path, suite, now);
                add(what, weakens);
            }
            continue;
        }
        let same = |now: &&Suite| now.file.text == suite.file.text;
        let moved = came
            .iter()
            .find(|(_, now)| same(now))
            .map(|(path, _)| *path);
        match moved {
            Some(to) => {
                came.remove(to);
                add(format!("{path} moved to {to}"), false);
            }
            None => {
                let lost = cases(suite.written_cases());
                add(format!("{path} deleted, with {lost}"), true);
            }
        }
    }
    for path in came.keys() {
        add(format!("{path} added"), false);
    }
    changes
}

/// What happened to a suite whose text changed, and whether it holds the policies to less.
fn suite_change(path: &str, base: &Suite, head: &Suite) -> (String, bool) {
    let (was, is) = (base.written_cases(), head.written_cases());
    match was.checked_sub(is) {
        Some(lost) if lost > 0 => (
            format!("{path} changed: {lost} of {} lost", cases(was)),
            true,
        ),
        Some(_) | None => (format!("{path} changed"), false),
    }
}

fn cases(number: usize) -> String {
    match number {
        1 => "1 case".to_owned(),
        number => format!("{number} cases"),
    }
}
