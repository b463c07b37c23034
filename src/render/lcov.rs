//! Coverage in LCOV's tracefile format, which editors and `genhtml` read.
//!
//! A policy or template link is a function, which is hit by every case for whose request its scope holds; an atom is a block of
//! branches: true, false, and, where it can be, error. A line is hit by the cases that reached an atom on it.

use crate::testing::coverage::{AtomCoverage, Coverage, PolicyCoverage};
use std::collections::BTreeMap;

/// The tracefile. Files are named relative to the repository's root.
pub fn coverage(coverage: &Coverage) -> String {
    let mut files: BTreeMap<&str, Vec<&PolicyCoverage>> = BTreeMap::new();
    for policy in &coverage.policies {
        files.entry(&policy.file).or_default().push(policy);
    }
    let mut out = String::from("TN:\n");
    for (file, policies) in files {
        record(&mut out, file, &policies);
    }
    out
}

fn record(out: &mut String, file: &str, policies: &[&PolicyCoverage]) {
    out.push_str(&format!("SF:{}\n", name(file)));
    for policy in policies {
        out.push_str(&format!("FN:{},{}\n", policy.place.line, function(policy)));
    }
    for policy in policies {
        out.push_str(&format!(
            "FNDA:{},{}\n",
            policy.scope_reached.cases,
            function(policy)
        ));
    }
    let hit = policies
        .iter()
        .filter(|policy| policy.scope_reached.cases > 0);
    out.push_str(&format!("FNF:{}\nFNH:{}\n", policies.len(), hit.count()));
    let (mut found, mut hit) = (0, 0);
    let mut branches: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
    let mut block = 0;
    for policy in policies {
        let first = lines.entry(policy.place.line).or_default();
        *first = (*first).max(policy.scope_reached.cases);
        for atom in &policy.atoms {
            // A policy in JSON has no places of its own: its atoms are counted where it begins.
            let place = atom.place.unwrap_or(policy.place);
            let last = atom.place.map_or(place.line, |place| place.end_line);
            let reached = reached(atom);
            for line in place.line..=last.max(place.line) {
                let hits = lines.entry(line).or_default();
                *hits = (*hits).max(reached);
            }
            let values = [
                (atom.can.hold, &atom.hold),
                (atom.can.fail, &atom.fail),
                (atom.can.raise, &atom.raise),
            ];
            for (branch, (_, seen)) in values
                .into_iter()
                .filter(|(can, seen)| *can || seen.cases > 0)
                .enumerate()
            {
                let taken = match reached {
                    0 => "-".to_owned(),
                    _ => seen.cases.to_string(),
                };
                found += 1;
                hit += u64::from(seen.cases > 0);
                let of_line = branches.entry(place.line).or_default();
                of_line.push(format!("BRDA:{},{block},{branch},{taken}\n", place.line));
            }
            block += 1;
        }
    }
    out.extend(branches.into_values().flatten());
    out.push_str(&format!("BRF:{found}\nBRH:{hit}\n"));
    let covered = lines.values().filter(|hits| **hits > 0).count();
    for (line, hits) in &lines {
        out.push_str(&format!("DA:{line},{hits}\n"));
    }
    out.push_str(&format!(
        "LF:{}\nLH:{covered}\nend_of_record\n",
        lines.len()
    ));
}

/// Cases that evaluated an atom.
fn reached(atom: &AtomCoverage) -> u64 {
    atom.hold.cases + atom.fail.cases + atom.raise.cases
}

/// A link is named with its template, which stands at the same place.
fn function(policy: &PolicyCoverage) -> String {
    match &policy.template {
        Some(template) => name(&format!("{template}/{}", policy.id)),
        None => name(&policy.id),
    }
}

/// A name on one line: the format has no escapes.
fn name(text: &str) -> String {
    super::printable(text)
}
