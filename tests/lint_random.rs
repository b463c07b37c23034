//! Lints on random repositories: no panic, every place inside its file, and no fix that does more than its kind allows.
//!
//! `AGENTAUTHZ_CASES` is how many policies are linted, `AGENTAUTHZ_SEED` where the generator begins. A hundred thousand:
//! `AGENTAUTHZ_CASES=100000 cargo test --release --test lint_random -- --nocapture`

#![allow(dead_code, reason = "the generators serve other tests, too")]
#![allow(
    clippy::result_large_err,
    reason = "Cedar's errors are large, and here the first one ends everything"
)]

#[path = "support/differential/mod.rs"]
mod support;

use agentauthz::cedar::{parse_policies, trials};
use agentauthz::lint::{Finding, FixKind, Levels, Settings, apply, catalogue, lint};
use agentauthz::model::SourceFile;
use agentauthz::repository::{LintLevel, PolicyVersion};
use std::collections::BTreeMap;
use support::random::Random;
use support::versions::Version;

/// So many requests a fix is tried on.
const TRIES: usize = 400;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[test]
fn no_panic_and_no_fix_beyond_its_kind() {
    let wanted = number("AGENTAUTHZ_CASES", 300);
    let seed = number("AGENTAUTHZ_SEED", 20_261_124);
    let (mut linted, mut world) = (0, 0);
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fixed: BTreeMap<&str, usize> = BTreeMap::new();
    // The first fix of each lint that does more than it may.
    let mut wrong = BTreeMap::new();
    while linted < wanted {
        let mut random = Random::of(seed, world);
        let Ok(version) = Version::random(&mut random, 100).load() else {
            world += 1;
            continue;
        };
        linted += version.parsed.len() as u64;
        // Those that are off where nothing else is said are tried, too.
        let given = catalogue()
            .iter()
            .filter(|lint| !lint.is_on())
            .map(|lint| (lint.code.to_owned(), LintLevel::Info));
        let settings = Settings {
            levels: Levels::new(&version.manifest.lint, given.collect()),
            now: "2026-11-24".to_owned(),
            ..Settings::default()
        };
        let report = lint(&version, &settings);
        for finding in &report.findings {
            *found.entry(finding.lint.code).or_default() += 1;
            let file = version.sources.get(&finding.path).unwrap();
            let spans = finding
                .labels
                .iter()
                .map(|label| label.span)
                .chain([finding.span]);
            for span in spans {
                let text = file.text.get(span.start..span.end());
                assert!(
                    text.is_some(),
                    "world {world}: {} marks what is not there",
                    finding.lint.code
                );
            }
            assert!(
                finding.help.is_some(),
                "{}: `{}` has no help",
                finding.lint.code,
                finding.message
            );
            if try_fix(finding, &version, world, &mut wrong) {
                *fixed.entry(finding.lint.code).or_default() += 1;
            }
        }
        // The same for the same version.
        assert_eq!(
            lint(&version, &settings).findings,
            report.findings,
            "world {world}"
        );
        world += 1;
    }
    assert!(wrong.is_empty(), "{:#?}", wrong);
    println!("{linted} policies in {world} repositories; found {found:?}; fixes tried {fixed:?}");
    assert!(
        found.len() > 20 && fixed.len() > 5,
        "the generator reaches little: {found:?}"
    );
}

/// Applies a fix and tries what it touches before and after; whether there is one.
fn try_fix(
    finding: &Finding,
    version: &PolicyVersion,
    world: u64,
    wrong: &mut BTreeMap<&'static str, String>,
) -> bool {
    let Some(fix) = &finding.fix else {
        return false;
    };
    let applied = apply(&[fix], &|path| {
        version.sources.get(path).map(|file| file.text.as_ref())
    });
    let what = format!(
        "world {world}: {} {}: {fix:?}",
        finding.lint.code, finding.message
    );
    assert_eq!(applied.done, [0], "{what}");
    for (path, text) in &applied.texts {
        let old = version.sources.get(path).unwrap();
        if !path.ends_with(".cedar") {
            continue;
        }
        let (before, _) = parse_policies(old);
        let (after, faults) = parse_policies(&SourceFile::new(path.clone(), text.as_str()));
        assert!(faults.is_empty(), "{what}: {faults:?}\n{text}");
        if fix.kind == FixKind::Suggested {
            continue;
        }
        assert_eq!(before.len(), after.len(), "{what}");
        for (before, after) in before.iter().zip(&after) {
            if before.same_tree(after) {
                continue;
            }
            let found = trials(before, after, version.schema.as_ref(), TRIES, world);
            let holds = match fix.kind {
                FixKind::Equivalent => found.are_equal(),
                FixKind::Repair => found.only_repair(),
                FixKind::Suggested => true,
            };
            if !holds {
                let of = |text: Option<&str>| text.unwrap_or_default().to_owned();
                wrong.entry(finding.lint.code).or_insert(format!(
                    "{what}: {found:?}\n{}\n→\n{}",
                    old.slice(before.span),
                    of(text.get(after.span.start..after.span.end()))
                ));
            }
        }
    }
    true
}
