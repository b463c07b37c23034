//! Whether a fix keeps its promise: the policies that it touches are tried before and after.

use super::catalogue::FixKind;
use super::fix::Fix;
use super::judge_yaml;
use super::suppress::suppressions;
use crate::cedar::{self, ParsedPolicy, Schema};
use crate::model::SourceFile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many requests are tried for each policy that a fix touches.
const TRIES: usize = 1_500;

/// Whether a fix may be put into effect; else why not. `after` is the new text of each file that it touches.
///
/// # Errors
///
/// Where a file does not parse any more, or tests something else, policies come or go, or a policy changes more than the kind of fix allows.
pub fn judge<'t>(
    fix: &Fix,
    schema: Option<&Schema>,
    before: &dyn Fn(&str) -> Option<&'t SourceFile>,
    after: &BTreeMap<Arc<str>, String>,
) -> Result<(), String> {
    for (path, text) in after {
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        if let Some(old) = before(path).filter(|_| is_yaml) {
            judge_yaml::holds(fix.kind, old, &SourceFile::new(path.clone(), text.as_str()))?;
        }
        let is_policies = path.ends_with(".cedar") || path.ends_with(".cedar.json");
        let Some(old) = before(path).filter(|_| is_policies) else {
            continue;
        };
        let new = SourceFile::new(path.clone(), text.as_str());
        let (new, faults) = cedar::parse_policies(&new);
        if let Some(fault) = faults.first() {
            return Err(format!("`{path}` would not parse: {}", fault.message));
        }
        let file = SourceFile::new(path.clone(), text.as_str());
        let (before, _) = cedar::parse_policies(old);
        if reaches_further(&reached(old, &before), &reached(&file, &new)) {
            return Err("a suppression would reach further".to_owned());
        }
        if fix.kind == FixKind::Suggested {
            continue;
        }
        let old = before;
        if old.len() != new.len() {
            return Err("policies would come or go".to_owned());
        }
        for (old, new) in old.iter().zip(&new) {
            one(fix.kind, schema, old, new)?;
        }
    }
    Ok(())
}

/// Each suppression of a file with the policies that it reaches, by their numbers.
fn reached(file: &SourceFile, policies: &[ParsedPolicy]) -> Vec<(String, BTreeSet<usize>)> {
    let all: Vec<&ParsedPolicy> = policies.iter().collect();
    suppressions(file, &all)
        .into_iter()
        .map(|found| {
            let reached = policies.iter().filter(|policy| {
                found.reach.start <= policy.span.start && policy.span.start < found.reach.end()
            });
            let text = file.slice(found.span).to_owned();
            (text, reached.map(|policy| policy.ordinal).collect())
        })
        .collect()
}

/// Whether some suppression reaches more policies than the one of the same words did. Of several, the one that reached most is
/// compared with the one that reaches most now, and so on.
fn reaches_further(
    before: &[(String, BTreeSet<usize>)],
    after: &[(String, BTreeSet<usize>)],
) -> bool {
    let sizes = |all: &[(String, BTreeSet<usize>)], text: &str| {
        let same = all.iter().filter(|(other, _)| other == text);
        let mut sizes: Vec<usize> = same.map(|(_, reached)| reached.len()).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    };
    after.iter().any(|(text, _)| {
        let was = sizes(before, text);
        let is = sizes(after, text);
        let mut pairs = is.iter().enumerate();
        pairs.any(|(at, size)| was.get(at).is_none_or(|was| size > was))
    })
}

fn one(
    kind: FixKind,
    schema: Option<&Schema>,
    old: &ParsedPolicy,
    new: &ParsedPolicy,
) -> Result<(), String> {
    if old.same_tree(new) {
        return Ok(());
    }
    // The same for the same policy: a fix that was refused is refused again.
    let found = cedar::trials(old, new, schema, TRIES, 0x5EED);
    let holds = match kind {
        FixKind::Equivalent => found.are_equal(),
        FixKind::Repair => found.only_repair(),
        FixKind::Suggested => true,
    };
    let tried = found.same + found.repaired + found.both_failed;
    match (holds, tried > 0 || found.different > 0) {
        (true, true) => Ok(()),
        (true, false) => Err("no request could be made to try it on".to_owned()),
        (false, _) => Err(format!(
            "`{}` would change more than a fix of this kind may: {}",
            old.display_id(),
            found
                .example
                .unwrap_or_else(|| "an error would become a value".to_owned())
        )),
    }
}
