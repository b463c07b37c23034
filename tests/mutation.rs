//! Mutation testing is honest: what it says of each mutant is what a run of the whole suite by Cedar's authorizer says, on a
//! policy set that is put together anew from the mutant's text; and every proposed test kills its mutant.

mod support;

use agentauthz::cedar::{Link, Operator, ParsedPolicy, PolicySetBuilder, Reason, parse_policies};
use agentauthz::engine::{Case, Engine, Side, cases, decide};
use agentauthz::model::SourceFile;
use agentauthz::repository::{
    Explained, Percent, PolicyVersion, Suite, SuiteFile, parse_reference,
};
use agentauthz::testing::mutate::{
    Fate, Judged, MutationReport, Options, Proposal, Unsound, document, mutate,
};
use agentauthz::yaml::{self, Spanned};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::play::Play;
use support::repository::load_directory;

const WEAK: &str = "fixtures/mutation-weak";
const NOW: &str = "2026-11-01";

fn options() -> Options<'static> {
    Options {
        now: NOW,
        ..Options::default()
    }
}

fn report(version: &PolicyVersion) -> MutationReport {
    mutate(version, &options()).expect("the tests hold for the original")
}

/// A link as this text has it, a part a line.
fn link_of(link: &Link, text: &str) -> Link {
    let parts = text.lines().map(|line| line.split_once(": ").unwrap());
    let parts: BTreeMap<&str, &str> = parts.collect();
    let entity = |slot: &str| {
        let text = parts.get(slot);
        text.map(|text| parse_reference(text).unwrap())
    };
    assert_eq!(
        (parts["id"], parts["template"]),
        (&*link.id, &*link.template)
    );
    Link {
        principal: entity("principal"),
        resource: entity("resource"),
        ..link.clone()
    }
}

/// The version with one policy, template or link as this text has it; without it, where the text is empty. Links fill the
/// slots that are left; where none is left, each link is a policy of its own.
fn with_text(version: &PolicyVersion, policy: &str, text: &str) -> PolicyVersion {
    let mut builder = PolicySetBuilder::default();
    let mut links: Vec<Link> = version.links.clone();
    if text.is_empty() {
        links.retain(|link| *link.id != *policy);
    }
    for link in links.iter_mut().filter(|link| *link.id == *policy) {
        *link = link_of(link, text);
    }
    for parsed in &version.parsed {
        if *parsed.display_id() != *policy {
            builder.add(parsed);
            continue;
        }
        if text.is_empty() {
            links.retain(|link| *link.template != *policy);
            continue;
        }
        let read = |text: &str| -> ParsedPolicy {
            let (mut found, faults) = parse_policies(&SourceFile::new("mutant.cedar", text));
            assert_eq!(faults, [], "{text}");
            assert_eq!(found.len(), 1, "{text}");
            found.remove(0)
        };
        let mut mutated = read(text);
        if parsed.is_template && !mutated.is_template {
            for link in links.iter().filter(|link| *link.template == *policy) {
                let renamed = text.replace(
                    &format!("@id(\"{policy}\")"),
                    &format!("@id(\"{}\")", link.id),
                );
                assert_ne!(renamed, text);
                builder.add(&read(&renamed));
            }
            links.retain(|link| *link.template != *policy);
            continue;
        }
        // Cedar's JSON form names its policies by their keys, which its text does not have.
        if mutated.id.is_none() {
            mutated = read(&format!("@id(\"{policy}\")\n{text}"));
        }
        builder.add(&mutated);
        for link in links.iter_mut().filter(|link| *link.template == *policy) {
            link.principal = link
                .principal
                .take()
                .filter(|_| text.contains("?principal"));
            link.resource = link.resource.take().filter(|_| text.contains("?resource"));
        }
    }
    for link in &links {
        builder.link(link);
    }
    let (policies, faults) = builder.finish();
    assert_eq!(faults, [], "{text}");
    let mut mutated = version.clone();
    mutated.policies = policies;
    mutated
}

/// The cases that do not hold, by Cedar's authorizer on the whole set.
fn failing<'c>(version: &PolicyVersion, cases: &'c [Case]) -> Vec<&'c Case> {
    let side = Side::head(version).with_engine(Engine::Reference);
    let fails = |case: &&Case| {
        let input = case.input.as_ref().expect("the case is not broken");
        let decided = decide(&side, input);
        !case.expected.holds(&decided.answer, decided.forbidden)
    };
    cases.iter().filter(fails).collect()
}

fn survives(judged: &Judged) -> bool {
    matches!(judged.fate, Fate::Survived { .. })
}

fn what(judged: &Judged) -> String {
    let mutant = &judged.mutant;
    format!(
        "{} {}\n{}",
        mutant.policy,
        mutant.operator.name(),
        mutant.text()
    )
}

/// Holds a report to a run of all tests for each mutant.
fn hold_to_brute_force(version: &PolicyVersion) -> MutationReport {
    let all = cases(version);
    let report = report(version);
    assert_eq!(report.cases, all.len());
    report.mutants.par_iter().for_each(|judged| {
        let mutant = &judged.mutant;
        let mutated = with_text(version, &mutant.policy, &mutant.text());
        let failing = failing(&mutated, &all);
        assert_eq!(survives(judged), failing.is_empty(), "{}", what(judged));
        assert!(failing.len() <= judged.affected, "{}", what(judged));
        if let Fate::Killed(killer) = &judged.fate {
            let first = failing[0];
            assert_eq!((&killer.file, killer.line), (&first.file, first.line));
            assert_eq!((&killer.test, &killer.row), (&first.test, &first.row));
        }
    });
    // What was left out as equal is told from the original by no test.
    report.left_out.par_iter().for_each(|left| {
        if matches!(left.reason, Reason::Equivalent(_)) {
            let mutated = with_text(version, &left.policy, &left.text);
            assert!(failing(&mutated, &all).is_empty(), "{}", left.text);
        }
    });
    report
}

/// Reads every proposed suite and runs its test for the original and for the mutant, by Cedar's authorizer. How many there
/// are.
fn hold_proposals(version: &PolicyVersion, report: &MutationReport) -> usize {
    let proposed: Vec<(&Judged, &String)> = report
        .survivors()
        .filter_map(|(judged, _, proposal)| match proposal {
            Proposal::Test(text) => Some((judged, text)),
            Proposal::NotFound | Proposal::NotSearched => None,
        })
        .collect();
    proposed.par_iter().for_each(|(judged, text)| {
        let file = SourceFile::new("tests/proposed.test.yaml", text.as_str());
        let spec: SuiteFile = yaml::parse(&file).unwrap();
        let mut version = version.clone();
        version.suites = vec![Suite::new(file, spec)];
        let cases = cases(&version);
        assert_eq!(cases.len(), 1, "{text}");
        assert!(cases[0].input.is_ok(), "{:?}\n{text}", cases[0].input);
        assert!(failing(&version, &cases).is_empty(), "{text}");
        let mutant = &judged.mutant;
        let mutated = with_text(&version, &mutant.policy, &mutant.text());
        assert_eq!(
            failing(&mutated, &cases).len(),
            1,
            "{}\n{text}",
            what(judged)
        );
    });
    proposed.len()
}

#[test]
fn the_survivors_of_weak_tests_are_those_of_a_run_of_the_whole_suite() {
    let version = load_directory(WEAK);
    // One policy is meant not to type-check.
    let codes: Vec<&str> = version.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["unexpected_type"]);
    let report = hold_to_brute_force(&version);
    let survivors = report.survivors().count();
    assert!(survivors > 20 && report.killed() > 20, "{survivors}");
    // Every operator makes a mutant that is run, and some mutant of each kind of fate.
    let seen: BTreeSet<Operator> = report
        .mutants
        .iter()
        .map(|judged| judged.mutant.operator)
        .collect();
    let missing = Operator::ALL.iter().filter(|op| !seen.contains(op));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&Operator>::new());
    // A list of one action, whether it is written once or twice, is made once.
    let narrowed = report.mutants.iter().filter(|judged| {
        let mutant = &judged.mutant;
        *mutant.policy == *"no-big-batch" && !mutant.text().contains("Action::\"change\"")
    });
    let narrowed: Vec<String> = narrowed
        .filter(|judged| judged.mutant.text().contains("in [Action::\"erase\""))
        .map(what)
        .collect();
    assert_eq!(narrowed.len(), 1, "{narrowed:?}");
    // Every edit is a policy, whether it type-checks or not.
    assert_eq!(report.left_out(|reason| reason == Reason::Invalid), 0);
    assert!(report.equivalent() > 0);
    // A link is left out, and fills each of its slots with another entity; the only one of a template is left out with it.
    let of_link = |id: &str| -> Vec<(&str, String)> {
        let mutants = report.mutants.iter().map(|judged| &judged.mutant);
        let of = mutants.filter(|mutant| *mutant.policy == *id);
        of.map(|mutant| (mutant.operator.name(), mutant.with.clone()))
            .collect()
    };
    let (dropped, sibling) = ("link-dropped", "sibling-replaced");
    let shelf = r#"Shelf::"open""#.to_owned();
    assert_eq!(
        of_link("clerk-reads-archive"),
        [
            (dropped, String::new()),
            (sibling, r#"Agent::"janitor""#.to_owned()),
            (sibling, shelf.clone())
        ]
    );
    assert_eq!(
        of_link("scout-probes"),
        [(sibling, r#"Agent::"clerk""#.to_owned()), (sibling, shelf)]
    );
    // A template without a link decides nothing; one with links is mutated once.
    assert!(
        report
            .mutants
            .iter()
            .all(|judged| *judged.mutant.policy != *"nobody-links-me")
    );
    let dropped = report.mutants.iter().find(|judged| {
        judged.mutant.operator == Operator::PolicyDropped
            && *judged.mutant.policy == *"shelf-reader"
    });
    assert_eq!(dropped.unwrap().mutant.replaced.len(), 2);
}

#[test]
fn every_proposed_test_kills_its_mutant() {
    let version = load_directory(WEAK);
    let report = report(&version);
    let proposed = hold_proposals(&version, &report);
    let survivors = report.survivors().count();
    // Nearly all of these mutants can be killed; the search must not give up easily.
    let found = proposed * 100 / survivors;
    assert!(found >= 90, "{proposed} of {survivors}");
}

#[test]
fn searches_share_one_number_of_tries_and_say_what_they_left() {
    let version = load_directory(WEAK);
    let with = |tries: usize| {
        let options = Options {
            tries: Some(tries),
            ..options()
        };
        mutate(&version, &options).unwrap()
    };
    let proposals = |report: &MutationReport| -> Vec<Proposal> {
        report
            .survivors()
            .map(|(.., found)| found.clone())
            .collect()
    };
    let all = report(&version);
    assert_eq!(all.not_searched(), 0);
    let none = with(0);
    assert_eq!(none.not_searched(), none.survivors().count());
    // The first sixteen searches take the only try; what they find is what they find with more.
    let few = with(1);
    let survivors = few.survivors().count();
    assert_eq!(few.not_searched(), survivors - 16);
    assert_eq!(proposals(&few)[..16], proposals(&all)[..16]);
    assert_eq!(proposals(&few), proposals(&with(1)));
    let document = document::Document::of(&few, None, Vec::new(), &version.sources);
    assert_eq!(document.not_searched, survivors - 16);
    assert_eq!(document.survivors.iter().filter(|s| s.searched).count(), 16);
    // A policy that is dropped is told by all its lines, without what an empty text would add.
    let dropped = document
        .survivors
        .iter()
        .find(|s| s.operator == "policy-dropped");
    let diff = &dropped.unwrap().diff;
    assert!(diff.iter().all(|line| line.starts_with('-')), "{diff:?}");
    assert!(
        diff.iter()
            .any(|line| line.starts_with("-permit") || line.starts_with("-forbid"))
    );
}

#[test]
fn a_proposed_test_has_no_entity_that_it_does_not_need() {
    let version = load_directory(WEAK);
    let report = report(&version);
    let mut entities = 0;
    for (judged, _, proposal) in report.survivors() {
        let Proposal::Test(text) = proposal else {
            continue;
        };
        let file = SourceFile::new("tests/proposed.test.yaml", text.as_str());
        let spec: SuiteFile = yaml::parse(&file).unwrap();
        let mutated = with_text(&version, &judged.mutant.policy, &judged.mutant.text());
        // Whether the test without one of its entities still tells them apart.
        let names: Vec<_> = spec.tests[0].value.entities.keys().cloned().collect();
        entities += names.len();
        for name in names {
            let mut spec = spec.clone();
            spec.tests[0].value.entities.remove(&name);
            let mut version = version.clone();
            version.suites = vec![Suite::new(file.clone(), spec)];
            let cases = cases(&version);
            let Ok(input) = &cases[0].input else {
                continue;
            };
            let answer = |version: &PolicyVersion| {
                let side = Side::head(version).with_engine(Engine::Reference);
                decide(&side, input).answer
            };
            assert_eq!(answer(&version), answer(&mutated), "{text}");
        }
    }
    assert!(entities > 0);
}

#[test]
fn the_score_of_the_example_is_high_and_every_survivor_is_explained() {
    let version = load_directory("policies");
    let report = hold_to_brute_force(&version);
    let unexplained: Vec<String> = report
        .survivors()
        .filter(|(_, explained, _)| explained.is_none())
        .map(|(judged, _, proposal)| format!("{}\n{proposal:?}", what(judged)))
        .collect();
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n\n"));
    assert_eq!(report.findings, []);
    assert_eq!(report.left_out(|reason| reason == Reason::Invalid), 0);
    assert_eq!(report.min, Some(Percent(9_500)));
    assert!(
        report.reaches_min(),
        "{} of {}",
        report.killed(),
        report.mutants.len()
    );
    hold_proposals(&version, &report);
}

#[test]
fn tests_that_do_not_hold_say_nothing_of_mutants() {
    let mut version = load_directory(WEAK);
    let suite = &mut version.suites[0];
    let text = suite
        .file
        .text
        .replacen("decision: allow", "decision: deny", 1);
    suite.file = SourceFile::new(suite.file.path.clone(), text);
    suite.spec = yaml::parse(&suite.file).unwrap();
    let broken = suite.spec.tests[1].value.clone();
    let mut broken = Spanned::nowhere(broken);
    broken.value.name.value = "broken".to_owned();
    let request = broken.value.request.as_mut().unwrap();
    request.value.action = Some(Spanned::nowhere("fly".to_owned()));
    Arc::make_mut(&mut suite.spec).tests.push(broken);
    assert_eq!(
        mutate(&version, &options()).err(),
        Some(Unsound {
            failed: 1,
            broken: 1
        })
    );
}

#[test]
fn a_fingerprint_does_not_depend_on_the_layout_of_the_file() {
    let fingerprints = |version: &PolicyVersion| -> Vec<(String, String)> {
        let report = report(version);
        let all = report.mutants.iter().map(|judged| &judged.mutant);
        let mut all: Vec<_> = all
            .map(|mutant| {
                (
                    mutant.fingerprint.to_string(),
                    mutant.operator.name().to_owned(),
                )
            })
            .collect();
        all.sort();
        all
    };
    let version = load_directory(WEAK);
    let mut other = version.clone();
    other.parsed = version
        .parsed
        .iter()
        .map(|policy| {
            let Some(file) = version
                .sources
                .get(&policy.file)
                .filter(|_| policy.span.len > 0)
            else {
                return policy.clone();
            };
            let text = &file.text[policy.span.start..policy.span.end()];
            let text = text
                .lines()
                .map(|line| line.split("//").next().unwrap().trim());
            let text = text.collect::<Vec<_>>().join("\n\n   ");
            let file = SourceFile::new(
                format!("{}/{}", policy.file, policy.ordinal),
                format!("// Moved.\n{text}"),
            );
            let (mut found, faults) = parse_policies(&file);
            assert_eq!(faults, []);
            other.sources.insert(file);
            found.remove(0)
        })
        .collect();
    let (ours, theirs) = (fingerprints(&version), fingerprints(&other));
    assert_eq!(ours, theirs);
    let unique: BTreeSet<&(String, String)> = ours.iter().collect();
    assert_eq!(
        unique.len(),
        ours.len(),
        "no two mutants have the same fingerprint"
    );
}

#[test]
fn explanations_are_held_to_the_survivors() {
    let mut version = load_directory(WEAK);
    let plain = report(&version);
    let digits = |judged: &Judged| {
        let text = judged.mutant.fingerprint.to_string();
        text["sha256:".len()..][..12].to_owned()
    };
    let survivors: Vec<String> = plain
        .survivors()
        .map(|(judged, ..)| digits(judged))
        .collect();
    let killed = plain
        .mutants
        .iter()
        .find(|judged| !survives(judged))
        .map(digits)
        .unwrap();
    let explained = |mutant: &str, reason: &str, until: Option<&str>| {
        Spanned::nowhere(Explained {
            mutant: Spanned::nowhere(mutant.to_owned()),
            reason: Spanned::nowhere(reason.to_owned()),
            until: until.map(|until| Spanned::nowhere(until.to_owned())),
        })
    };
    version.manifest.mutation.explained = vec![
        explained(&survivors[0], "it is meant", None),
        explained(&survivors[1], "it is meant until then", Some(NOW)),
        explained(&survivors[2], "it was meant", Some("2026-10-31")),
        explained(&killed, "nobody tests it", None),
        explained("0123456789ab", "who knows", None),
        explained("012345", "who knows", None),
        explained(&survivors[3], " ", None),
        explained(&survivors[4], "it is meant", Some("soon")),
    ];
    let report = report(&version);
    let reasons: Vec<Option<&str>> = report.survivors().take(5).map(|(_, why, _)| why).collect();
    assert_eq!(
        reasons,
        [
            Some("it is meant"),
            Some("it is meant until then"),
            None,
            None,
            None
        ]
    );
    let messages: Vec<&str> = report
        .findings
        .iter()
        .map(|found| &*found.message)
        .collect();
    assert_eq!(
        messages,
        [
            "the explanation expired after 2026-10-31",
            &format!("a test kills the mutant `{killed}`, so there is nothing to explain"),
            "there is no mutant `0123456789ab`",
            "`012345` is no fingerprint of a mutant",
            &format!(
                "the mutant `{}` is explained without a reason",
                survivors[3]
            ),
            "`soon` is no day",
        ]
    );
    assert!(report.findings.iter().all(|found| found.help.is_some()));
}

#[test]
fn the_command_judges_by_the_score_and_says_the_same_as_json() {
    let play = Play::init();
    let ran = play.run(&["test", "--mutate"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("score "), "{}", ran.out);
    let ran = play.run(&["test", "--mutate", "--min-mutation-score", "100"]);
    let json = play.run(&[
        "test",
        "--mutate",
        "--min-mutation-score",
        "100",
        "--format",
        "json",
    ]);
    let document: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let schema = jsonschema::validator_for(&document::json_schema()).unwrap();
    if let Err(error) = schema.validate(&document) {
        panic!("{error}");
    }
    assert_eq!(document["format"], document::FORMAT);
    let survived = document["survived"].as_u64().unwrap();
    let expected = i32::from(survived > 0);
    assert_eq!((ran.code, json.code), (expected, expected), "{}", ran.out);
    assert_eq!(ran.out.matches("SURVIVED").count() as u64, survived);
    let reports = document["survivors"].as_array().unwrap().len() as u64;
    assert_eq!(reports, survived);
    // A survivor is a failure where the score is not reached, as the exit code has it.
    let reached = play.run(&[
        "test",
        "--mutate",
        "--min-mutation-score",
        "0",
        "--format",
        "junit",
    ]);
    let kinds = |out: &str| ["<failure ", "<skipped "].map(|kind| out.matches(kind).count() as u64);
    assert_eq!((reached.code, kinds(&reached.out)), (0, [0, survived]));
    let junit = play.run(&[
        "test",
        "--mutate",
        "--min-mutation-score",
        "100",
        "--format",
        "junit",
    ]);
    assert_eq!(
        junit.out.matches("<testcase ").count() as u64,
        document["mutants"].as_u64().unwrap()
    );
    assert_eq!(
        junit.out.matches("<failure ").count() as u64,
        survived,
        "{}",
        junit.out
    );
    let github = play.run(&["test", "--mutate", "--format", "github"]);
    let lines = github
        .out
        .lines()
        .filter(|line| line.starts_with("::warning "));
    assert_eq!(lines.count() as u64, survived.min(10), "{}", github.out);
    assert!(!ran.out.contains("1 test reach it"), "{}", ran.out);
    // What `--quiet` does not show is not looked for.
    let quiet = play.run(&["test", "--mutate", "--quiet"]);
    assert!(!quiet.out.contains("SURVIVED"), "{}", quiet.out);
    let ran = play.run(&["test", "--mutate", "--min-mutation-score", "101"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no percentage"), "{}", ran.err);
}

#[test]
fn tests_that_fail_and_stale_explanations_have_their_exit_codes() {
    let play = Play::init();
    let manifest = play.text("agentauthz.yaml");
    play.write(
        "agentauthz.yaml",
        format!(
            "{manifest}\nmutation:\n  explained:\n    - {{ mutant: 0123456789ab, reason: gone }}\n"
        ),
    );
    let ran = play.run(&["test", "--mutate"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.out.contains("there is no mutant `0123456789ab`"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("agentauthz.yaml:"), "{}", ran.out);
    let line = 1 + play
        .text("agentauthz.yaml")
        .lines()
        .position(|line| line.contains("0123456789ab"))
        .unwrap();
    let github = play.run(&["test", "--mutate", "--format", "github"]);
    let place = format!("agentauthz.yaml,line={line},");
    assert!(github.out.contains(&place), "{}", github.out);
    let names = play.names("tests");
    let suite = names
        .iter()
        .find(|name| name.ends_with(".test.yaml"))
        .unwrap();
    let path = format!("tests/{suite}");
    let text = play
        .text(&path)
        .replacen("decision: allow", "decision: deny", 1);
    play.write(&path, text);
    let ran = play.run(&["test", "--mutate"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(
        ran.err.contains("the tests do not hold as they are"),
        "{}",
        ran.err
    );
}

#[test]
fn only_policies_that_changed_are_mutated_where_that_is_asked() {
    let (base, head) = (Play::init(), Play::init());
    let at = format!("dir:{}", base.path("").display());
    let policies = |at: &str| -> BTreeSet<String> {
        let ran = head.run(&["test", "--mutate", "--changed", at, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let lists = [&document["dead"], &document["survivors"]];
        let all = lists.into_iter().flat_map(|list| list.as_array().unwrap());
        all.map(|mutant| mutant["policy"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(policies(&at), BTreeSet::new());
    let file = "policies/support.cedar";
    // A comment changes no tree, and an effect does.
    let text = base.text(file);
    base.write(file, format!("// New.\n{text}"));
    assert_eq!(policies(&at), BTreeSet::new());
    let flipped = text.replacen("permit (", "forbid (", 1);
    assert_ne!(flipped, text);
    base.write(file, flipped);
    assert_eq!(policies(&at).len(), 1);
}

#[test]
fn a_template_is_mutated_where_one_of_its_links_changed() {
    let directory = tempfile::tempdir().unwrap();
    copy(std::path::Path::new(WEAK), directory.path());
    let links = directory.path().join("links.yaml");
    let text = std::fs::read_to_string(&links).unwrap();
    let other = text.replace("principal: Agent::janitor", "principal: Agent::scout");
    assert_ne!(text, other);
    std::fs::write(&links, other).unwrap();
    let base = format!("dir:{}", directory.path().display());
    let run = |at: &str, more: &[&str]| {
        let mut args = vec!["test", "--mutate", "--changed", at, "--format", "json"];
        args.extend(more);
        support::play::run(std::path::Path::new(WEAK), &args)
    };
    let ran = run(&base, &["--min-mutation-score", "95"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let lists = [&document["dead"], &document["survivors"]];
    let all = lists.into_iter().flat_map(|list| list.as_array().unwrap());
    let policies: BTreeSet<&str> = all.map(|one| one["policy"].as_str().unwrap()).collect();
    let with_links = [
        "shelf-reader",
        "clerk-reads-archive",
        "janitor-reads-archive",
    ];
    assert_eq!(policies, BTreeSet::from(with_links));
    assert!(document["mutants"].as_u64().unwrap() > 1);
    assert_eq!(ran.code, 1, "{}", ran.out);
    // Where nothing changed there is no mutant, and every score is reached.
    std::fs::write(&links, text).unwrap();
    let ran = run(&base, &["--min-mutation-score", "95"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &document["mutants"]), (0, &0.into()));
    assert_eq!(document["score"], serde_json::Value::Null);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), &to).unwrap();
        }
    }
}
