//! Whether a fix leaves a YAML file one: what it was before is read again from the new text.

use super::catalogue::FixKind;
use crate::model::SourceFile;
use crate::repository::{
    AgentsFile, EntitiesFile, IncludeFile, LinksFile, Manifest, MappingFile, SuiteFile,
};
use crate::yaml;
use serde::de::DeserializeOwned;

/// Whether the new text of a file can still be read as what the old one is; else why not. A fix that decides nothing anew also
/// leaves all tests where they are, and changes of them only what they expect.
pub(super) fn holds(kind: FixKind, old: &SourceFile, new: &SourceFile) -> Result<(), String> {
    still::<serde_json::Value>(old, new)?;
    still::<SuiteFile>(old, new)?;
    still::<IncludeFile>(old, new)?;
    still::<LinksFile>(old, new)?;
    still::<AgentsFile>(old, new)?;
    still::<EntitiesFile>(old, new)?;
    still::<MappingFile>(old, new)?;
    still::<Manifest>(old, new)?;
    match kind {
        FixKind::Suggested => Ok(()),
        FixKind::Equivalent | FixKind::Repair => same_tests(old, new),
    }
}

fn still<T: DeserializeOwned + Default>(old: &SourceFile, new: &SourceFile) -> Result<(), String> {
    match (yaml::parse::<T>(old), yaml::parse::<T>(new)) {
        (Ok(_), Err(fault)) => Err(format!(
            "`{}` could not be read any more: {}",
            new.path, fault.message
        )),
        _ => Ok(()),
    }
}

fn same_tests(old: &SourceFile, new: &SourceFile) -> Result<(), String> {
    let (Ok(old), Ok(is)) = (yaml::parse::<SuiteFile>(old), yaml::parse::<SuiteFile>(new)) else {
        return Ok(());
    };
    let asked = |suite: &SuiteFile| -> Vec<(String, String)> {
        let tests = suite.tests.iter().map(|test| &test.value);
        let asked = tests.map(|test| {
            let request = serde_json::to_string(&test.request).unwrap_or_default();
            (test.name.value.clone(), request)
        });
        asked.collect()
    };
    match asked(&old) == asked(&is) {
        true => Ok(()),
        false => Err(format!("`{}` would test something else", new.path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: FixKind, old: &str, new: &str) -> Result<(), String> {
        let file = |text: &str| SourceFile::new("tests/a.test.yaml", text);
        holds(kind, &file(old), &file(new))
    }

    const OLD: &str = "version: 1\ntests:\n  - name: a\n    request: {principal: Agent::a, action: b, resource: System::c}\n    expect: {decision: deny}\n";

    #[test]
    fn what_cannot_be_read_any_more_is_refused() {
        use FixKind::{Equivalent, Suggested};
        let with = |from: &str, to: &str| OLD.replace(from, to);
        let good = with("deny}", "deny, reasons: []}");
        assert_eq!(judged(Equivalent, OLD, &good), Ok(()));
        for bad in [
            with("deny}", "deny, reasons: [}"),
            with("deny}", "deny, decision: deny}"),
            with("deny}", "deny, reason: []}"),
            with("deny}", "deny}\nreasons: []"),
        ] {
            for kind in [Equivalent, Suggested] {
                let why = judged(kind, OLD, &bad).unwrap_err();
                assert!(why.contains("could not be read any more"), "{bad}: {why}");
            }
        }
        let other = with("System::c", "System::d");
        assert_eq!(judged(Suggested, OLD, &other), Ok(()));
        assert!(
            judged(Equivalent, OLD, &other)
                .unwrap_err()
                .contains("something else")
        );
        // What was broken before is not the fault of the fix.
        assert_eq!(judged(Equivalent, "a: [", "b: ["), Ok(()));
    }
}
