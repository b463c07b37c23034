//! Every format of the decision-diff report: complete, bounded, inert and the same from run to run.

#[path = "support/documents.rs"]
mod documents;

use agentauthz::diff::document::{Document, GateVerdict};
use agentauthz::model::ChangeClass;
use agentauthz::render::{self, Detail, Shown};
use serde_json::Value;

fn samples() -> Vec<(&'static str, Document)> {
    vec![
        ("realistic", documents::realistic()),
        ("hidden", documents::realistic().without_values()),
        ("clean", documents::clean()),
        ("empty", documents::empty()),
        ("many", documents::many_groups()),
        ("extreme", documents::extreme()),
        ("hostile", documents::hostile()),
    ]
}

fn terminal(document: &Document, detail: Detail) -> String {
    let shown = Shown {
        detail,
        plan: Some(documents::HOSTILE.to_owned()),
    };
    plain(&render::document(document, &shown))
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn all(document: &Document) -> Vec<(&'static str, String)> {
    vec![
        ("terminal", terminal(document, Detail::Screen)),
        ("terminal -v", terminal(document, Detail::Everything)),
        ("terminal -q", terminal(document, Detail::Result)),
        ("markdown", render::markdown::diff(document)),
        ("sarif", render::sarif::diff(document)),
        ("github", render::github::diff(document)),
        ("junit", render::junit::diff(document)),
        ("json", render::json_text(&render::document_json(document))),
    ]
}

#[test]
fn the_samples_add_up() {
    let document = documents::realistic();
    let traffic = document.traffic.as_ref().unwrap();
    let flow: u64 = document.flow.iter().map(|cell| cell.actions).sum();
    assert_eq!(flow, traffic.actions);
    let classes: u64 = document.classes.iter().map(|class| class.actions).sum();
    assert_eq!(classes, traffic.actions);
    for class in &document.classes {
        let groups = document.groups.iter();
        let grouped: u64 = groups
            .filter(|group| group.class == class.class)
            .map(|group| group.actions)
            .sum();
        if class.class != ChangeClass::Unchanged {
            assert_eq!(grouped, class.actions, "{}", class.class);
        }
    }
    assert_eq!(document.groups.len(), 12);
    assert_eq!(documents::many_groups().groups.len(), 500);
    let hostile = serde_json::to_string(&documents::hostile()).unwrap();
    assert!(hostile.len() > 8 << 20, "{}", hostile.len());
}

/// `AGENTAUTHZ_REPORTS=DIR` writes every sample in every format, to be looked at.
#[test]
fn every_sample_can_be_looked_at() {
    let directory = std::env::var_os("AGENTAUTHZ_REPORTS").map(std::path::PathBuf::from);
    for (sample, document) in samples() {
        for (format, text) in all(&document) {
            assert!(
                !text.is_empty() || (sample, format) == ("clean", "github") || sample == "empty"
            );
            if let Some(directory) = &directory {
                std::fs::write(directory.join(format!("{sample}.{format}")), text).unwrap();
            }
        }
    }
}

/// Neither a terminal, nor a browser, nor GitHub, nor a CI runner acts on anything of the data.
#[test]
fn nothing_of_the_data_acts_on_a_reader() {
    for (sample, document) in samples() {
        for (format, text) in all(&document) {
            let at = format!("{sample} as {format}");
            let bad = text.chars().find(|c| {
                let bidi = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                    | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{e0000}'..='\u{e007f}');
                (c.is_control() && *c != '\n') || bidi
            });
            assert_eq!(bad, None, "{at}");
            let lower = text.to_lowercase();
            for tag in ["<script", "<img", "</script", "<style", "</details></table"] {
                assert!(!lower.contains(tag), "{at}: {tag}");
            }
            assert!(!text.contains("##[error]"), "{at}");
            if format != "json" {
                assert!(!lower.contains("](javascript:"), "{at}");
            }
            let commands: Vec<&str> = text
                .lines()
                .filter(|line| line.trim_start().starts_with("::"))
                .collect();
            if format == "github" {
                assert_eq!(commands.len(), text.lines().count(), "{at}");
                assert!(commands.len() <= 10, "{at}");
            } else {
                assert_eq!(commands, Vec::<&str>::new(), "{at}");
            }
        }
    }
}

#[test]
fn every_format_is_the_same_from_run_to_run_and_bounded() {
    for (sample, document) in samples() {
        for ((format, text), (_, again)) in all(&document).into_iter().zip(all(&document)) {
            assert!(text == again, "{sample} as {format}");
            assert!(
                text.ends_with('\n') || text.is_empty(),
                "{sample} as {format}"
            );
        }
        let screen = terminal(&document, Detail::Screen);
        assert!(
            screen.lines().count() < 40,
            "{sample}: {}\n{screen}",
            screen.lines().count()
        );
        let widest = screen.lines().map(|line| line.chars().count()).max();
        assert!(
            widest <= Some(160) || sample == "extreme",
            "{sample}: {widest:?}
{screen}"
        );
        assert_eq!(
            terminal(&document, Detail::Result).lines().count(),
            1,
            "{sample}"
        );
        let markdown = render::markdown::diff(&document);
        assert!(markdown.len() < 65_536, "{sample}: {}", markdown.len());
        assert!(
            markdown.starts_with("<!-- agentauthz:diff -->\n"),
            "{sample}"
        );
    }
}

#[test]
fn the_screen_answers_in_the_order_of_the_questions() {
    let screen = terminal(&documents::realistic(), Detail::Screen);
    let order = [
        "agentauthz diff  main (4fd2a1c) → working tree",
        "policies 60 → 61 (4 edited, 1 added, 1 removed, 1 moved) · schema changed",
        "traffic  4,663 actions · 8 agents · 620 sessions · 2026-09-01 … 2026-10-31",
        "trust    decided 98.54 % · fidelity 99.74 % (12 mismatches) · 21 → 45 undecidable · 0 → 9 decided despite unknowns · 20 without request · 2 days old",
        "GATE  FAIL",
        "FAIL  error_opened: 14 actions in 1 group (limit 0 actions, default) · group 1",
        "FAIL  newly_allowed: 145 actions in 1 group (limit 0 actions, base) · group 2",
        "INCONCLUSIVE  newly_undecidable",
        "control  WEAKER  newly_allowed.max 0 → 10",
        "ERROR OPENED",
        "forbid `no-refund-over-ceiling` now raises an error",
        "NEWLY ALLOWED",
        "policies/payments.cedar:14",
        "✔ approved until 2026-12-01",
        "newly denied",
        "and 1 group more (-v)",
        "next  agentauthz explain 1",
        "FAIL  168 actions widened, 109 narrowed; failed: error_opened, newly_allowed (exit 1)",
    ];
    let mut rest = screen.as_str();
    for part in order {
        let Some(at) = rest.find(part) else {
            panic!("`{part}` is not there, or not in its place:\n{screen}");
        };
        rest = &rest[at..];
    }
    let everything = terminal(&documents::realistic(), Detail::Everything);
    for part in [
        "when      not (context.input.amount_cents <= 10000) && context.input.amount_cents <= 50000 (precision 1.00",
        "10000 … 20000  flipped 61",
        "+   context.input.amount_cents <= 50000 &&",
        "recorded deny, base decides allow",
        "pass  fidelity: 99.74 %",
        "trial of the new mailer",
        "no recorded action reaches `mail-to-partners`; nor does a unit test",
    ] {
        assert!(everything.contains(part), "{part}\n{everything}");
    }
}

#[test]
fn no_flips_is_only_said_where_everything_was_compared() {
    let said = |document: &Document| {
        all(document)
            .iter()
            .any(|(_, text)| text.to_lowercase().contains("no flip"))
    };
    assert!(said(&documents::clean()));
    let mut partly = documents::clean();
    partly.trust.compared -= 1;
    assert!(!said(&partly));
    let mut broken = documents::clean();
    broken.traffic.as_mut().unwrap().malformed = 1;
    assert!(!said(&broken));
    for (sample, document) in samples() {
        assert_eq!(said(&document), sample == "clean", "{sample}");
    }
    let mut nothing = documents::clean();
    nothing.traffic = None;
    assert!(!said(&nothing));
    for text in [
        terminal(&nothing, Detail::Screen),
        terminal(&nothing, Detail::Result),
        render::markdown::diff(&nothing),
    ] {
        assert!(
            text.contains("nothing was replayed: no recording was given"),
            "{text}"
        );
    }
}

#[test]
fn hidden_values_are_in_no_format() {
    // The amounts of examples; the thresholds of the policies are no secrets.
    let secret = ["26666", "p-738000", "10150", "49900", "9223372036854775807"];
    let shown = all(&documents::realistic());
    assert!(
        secret
            .iter()
            .all(|value| shown.iter().any(|(_, text)| text.contains(value)))
    );
    for (format, text) in all(&documents::realistic().without_values()) {
        for value in secret {
            assert!(!text.contains(value), "{format}: {value}");
        }
    }
}

#[test]
fn the_comment_reads_well() {
    let text = render::markdown::diff(&documents::realistic());
    assert!(text.lines().count() <= 145, "{}", text.lines().count());
    insta::assert_snapshot!(
        "markdown",
        render::markdown::diff(&documents::realistic().without_values())
    );
    let many = render::markdown::diff(&documents::many_groups());
    assert!(
        many.contains("groups more") && many.contains("which the other reports have"),
        "{many}"
    );
    let hostile = render::markdown::diff(&documents::hostile());
    // What is not in code is ours: no mention, reference or address of the data is left.
    let mut outside = String::new();
    let mut fenced: Option<String> = None;
    for line in hostile.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fenced {
            Some(open) if line == open => fenced = None,
            Some(_) => {}
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fenced = Some(ticks),
            None => outside.push_str(&(outside_of_code(line) + "\n")),
        }
    }
    assert_eq!(fenced, None);
    for data in ["@", "#1", "http", "www.", "](", "alert", "owned", "{{"] {
        assert!(!outside.contains(data), "{data}: {outside}");
    }
}

/// A line without its code spans, as CommonMark reads them.
fn outside_of_code(line: &str) -> String {
    let run = |text: &str| text.chars().take_while(|c| *c == '`').count();
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let ticks = run(rest);
        let (mut from, mut end) = (ticks, None);
        while let Some(next) = rest[from..].find('`') {
            let closing = run(&rest[from + next..]);
            from += next + closing;
            if closing == ticks {
                end = Some(from);
                break;
            }
        }
        match end {
            Some(end) => rest = &rest[end..],
            None => {
                out.push_str(&rest[..ticks]);
                rest = &rest[ticks..];
            }
        }
    }
    out + rest
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    for (sample, document) in samples() {
        let log: Value = serde_json::from_str(&render::sarif::diff(&document)).unwrap();
        assert_eq!(log["version"], "2.1.0", "{sample}");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), ChangeClass::ALL.len());
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(
                    rule[text]["text"]
                        .as_str()
                        .is_some_and(|text| text.len() > 10),
                    "{rule}"
                );
            }
        }
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), document.groups.len(), "{sample}");
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            assert!(result["partialFingerprints"]["agentauthzGroup/v1"].is_string());
            for location in result["locations"].as_array().into_iter().flatten() {
                let place = &location["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(
                    !uri.contains([' ', '<', ':', '\\']) && !uri.starts_with('/'),
                    "{uri}"
                );
                assert!(place["region"]["startLine"].as_u64() >= Some(1));
            }
        }
    }
    let log: Value = serde_json::from_str(&render::sarif::diff(&documents::realistic())).unwrap();
    let results = &log["runs"][0]["results"];
    let line = |at: usize| &results[at]["locations"][0]["physicalLocation"];
    assert_eq!(
        line(1)["artifactLocation"]["uri"],
        "example/policies/payments.cedar"
    );
    assert_eq!(line(1)["region"]["startLine"], 14);
    let levels: Vec<&str> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels[..3], ["error", "error", "note"]);
    assert_eq!(levels[7..9], ["warning", "warning"]);
    assert_eq!(results[2]["suppressions"][0]["status"], "accepted");
    // No changed policy says that the file of the removed policy is still there.
    assert_eq!(results[5].get("locations"), None);
    let gates = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap();
    assert_eq!(gates.len(), 7);
    assert_eq!(gates[0]["level"], "error");
}

#[test]
fn annotations_name_the_riskiest_first_and_count_the_rest() {
    let text = render::github::diff(&documents::realistic());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10);
    assert!(
        lines[0].starts_with("::error file=example/policies/payments.cedar,line=44,title=ERROR OPENED%3A 14 recorded actions::"),
        "{text}"
    );
    assert!(
        lines[1].starts_with(
            "::error file=example/policies/payments.cedar,line=14,title=NEWLY ALLOWED%3A 145"
        ),
        "{text}"
    );
    assert!(lines[2].starts_with("::warning file="), "{text}");
    assert!(lines[9].contains("title=4 more::4 findings more"), "{text}");
    let many = render::github::diff(&documents::many_groups());
    assert_eq!(many.lines().count(), 10);
    assert_eq!(render::github::diff(&documents::clean()), "");
}

#[test]
fn junit_has_a_case_for_each_gate() {
    let text = render::junit::diff(&documents::realistic());
    assert!(
        text.contains(r#"<testsuite name="gates" tests="7" skipped="0" errors="1" failures="2">"#),
        "{text}"
    );
    assert!(
        text.contains(r#"message="145 actions in 1 group, limit 0 actions (base)""#),
        "{text}"
    );
    assert!(text.contains(r#"type="inconclusive""#), "{text}");
    assert!(
        !text.contains("timestamp") && !text.contains("uuid"),
        "{text}"
    );
    let hostile = render::junit::diff(&documents::hostile());
    assert_eq!(hostile.matches("<testcase ").count(), 7);
    assert!(!hostile.contains("]]>"), "{hostile}");
    let mut unjudged = documents::realistic();
    unjudged.verdict = None;
    assert!(render::junit::diff(&unjudged).contains("<skipped"));
}

#[test]
fn json_is_the_document_as_its_schema_says() {
    let schema = agentauthz::diff::document::json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (sample, document) in samples() {
        let text = render::json_text(&render::document_json(&document));
        let value: Value = serde_json::from_str(&text).unwrap();
        if sample == "extreme" {
            continue; // A number that is none is null.
        }
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|fault| fault.to_string())
            .collect();
        assert_eq!(
            faults.len(),
            0,
            "{sample}: {}",
            faults.join("\n").chars().take(2_000).collect::<String>()
        );
        let read: Document = serde_json::from_value(value).unwrap();
        assert!(read == document, "{sample}");
    }
}

/// What is not judged is neither passed nor failed.
#[test]
fn the_verdict_is_that_of_the_document() {
    let ends = |document: &Document| terminal(document, Detail::Result);
    assert!(ends(&documents::clean()).starts_with("PASS  no flips, of 4,663 actions (exit 0)"));
    let mut document = documents::realistic();
    document.verdict = None;
    assert!(
        ends(&document).starts_with("NOT JUDGED"),
        "{}",
        ends(&document)
    );
    let mut document = documents::clean();
    let verdict = document.verdict.as_mut().unwrap();
    verdict.result = "inconclusive".to_owned();
    verdict.gates[4].verdict = GateVerdict::Inconclusive;
    assert!(
        ends(&document).starts_with("INCONCLUSIVE"),
        "{}",
        ends(&document)
    );
    assert!(
        ends(&document).ends_with("; fidelity (exit 3)\n"),
        "{}",
        ends(&document)
    );
}
