//! `explain GROUP` and `pin GROUP`, from plans.

mod support;

use agentauthz::diff::document::{Document, Exemplar, FORMAT, GroupNote, UnitNote, VersionNote};
use agentauthz::model::ChangeClass;
use agentauthz::repository::{PolicyVersion, deciding_digest};
use std::fs;
use std::path::{Path, PathBuf};
use support::play::{Ran, run};

/// The example, the version before it, and its recordings, in a directory of their own.
struct Place {
    dir: tempfile::TempDir,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
}

fn load(directory: &Path) -> PolicyVersion {
    let tree = agentauthz::source::Tree::directory(directory, false).unwrap();
    agentauthz::repository::load(&agentauthz::repository::Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    })
}

const RECORDING: &str = "../recordings/2026-09.jsonl.zst";

impl Place {
    fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&project.join("policies"), &place.path("repo"));
        copy(&project.join("fixtures/previous"), &place.path("previous"));
        copy(
            &project.join("fixtures/recordings"),
            &place.path("recordings"),
        );
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(&self.path("repo"), args)
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Writes a plan with these groups, of the version before against the example.
    fn plan(&self, groups: Vec<GroupNote>) {
        let side = |directory: &str, label: &str, name: Option<&str>| VersionNote {
            label: label.to_owned(),
            name: name.map(str::to_owned),
            digest: load(&self.path(directory)).digest.unwrap().to_string(),
            deciding: deciding_digest(&load(&self.path(directory))).to_string(),
            policies: 1,
        };
        let document = Document {
            format: FORMAT.to_owned(),
            base: side("previous", "dir:../previous", Some("dir:../previous")),
            head: side("repo", "working tree", None),
            groups,
            ..Document::default()
        };
        let text = serde_json::to_string(&document).unwrap();
        fs::write(self.path("repo/plan.json"), text).unwrap();
    }

    /// The same with one group of these recorded actions.
    fn plan_of(&self, class: ChangeClass, ids: &[&str]) {
        let examples: Vec<String> = ids.iter().map(|id| format!("{RECORDING}#{id}")).collect();
        self.plan(vec![group(1, "8c41d2aa00112233", class, &examples)]);
    }
}

fn group(number: u64, fingerprint: &str, class: ChangeClass, examples: &[String]) -> GroupNote {
    GroupNote {
        number,
        fingerprint: fingerprint.to_owned(),
        class,
        title: "refund-clerk may now refund_payment".to_owned(),
        exemplars: examples
            .iter()
            .map(|at| Exemplar {
                at: at.clone(),
                ..Exemplar::default()
            })
            .collect(),
        ..GroupNote::default()
    }
}

const FILE: &str = "repo/tests/pinned/8c41d2aa00112233.test.yaml";

#[test]
fn a_change_that_was_not_meant_fails_the_tests_until_it_is_taken_back() {
    let place = Place::new();
    place.plan_of(ChangeClass::NewlyAllowed, &["a-00039"]);
    let pin = ["pin", "8c41", "--expect", "base", "--plan", "plan.json"];
    place.run(&pin).says(
        0,
        &[
            "1 test of group 1 (8c41d2aa00112233) in tests/pinned/8c41d2aa00112233.test.yaml",
            "release-captain may not rollback_release, as in a-00039",
            "base     dir:../previous: 1 passed",
            "head     working tree: 1 failed (expected deny, got allow)",
        ],
    );
    let ran = place.run(&["test"]);
    ran.says(1, &["release-captain may not rollback_release", "1 failed"]);
    // The same file is a test of the version before, which it holds for.
    copy(
        &place.path("repo/tests/pinned"),
        &place.path("previous/tests/pinned"),
    );
    run(&place.path("previous"), &["test"]).says(0, &["passed"]);
}

#[test]
fn what_base_cannot_be_asked_is_said() {
    let place = Place::new();
    place.plan_of(ChangeClass::NewlyAllowed, &["a-00008", "a-00039"]);
    place
        .run(&["pin", "1", "--expect", "base", "--plan", "plan.json"])
        .says(
            0,
            &[
                "base     dir:../previous: 1 passed, 1 broken (context.fx_permille: the schema has no attribute",
                "head     working tree: 2 failed (expected deny, got allow)",
            ],
        );
}

/// Working through a plan adds tests, which are files of head.
#[test]
fn one_group_after_the_other_is_pinned_from_one_plan() {
    let place = Place::new();
    let one = [format!("{RECORDING}#a-00039")];
    let two = [format!("{RECORDING}#a-00043")];
    place.plan(vec![
        group(1, "aaaa1111", ChangeClass::NewlyAllowed, &one),
        group(2, "bbbb2222", ChangeClass::ErrorOpened, &two),
    ]);
    for number in ["1", "2"] {
        let pin = ["pin", number, "--expect", "base", "--plan", "plan.json"];
        place.run(&pin).says(0, &["1 test of group"]);
    }
    place.run(&["test"]).says(1, &["2 failed"]);
}

#[test]
fn a_change_that_was_meant_is_kept() {
    let place = Place::new();
    for (class, ids) in [
        (ChangeClass::NewlyAllowed, &["a-00008", "a-00039"][..]),
        (ChangeClass::ErrorOpened, &["a-00043"]),
        (ChangeClass::ErrorClosed, &["a-00024"]),
        (ChangeClass::NewlyDenied, &["a-00001", "a-00077", "a-00577"]),
    ] {
        place.plan_of(class, ids);
        let args = [
            "pin",
            "1",
            "--expect",
            "head",
            "--plan",
            "plan.json",
            "--force",
        ];
        let passed = format!("head     working tree: {} passed", ids.len());
        place.run(&args).says(0, &[&passed]);
        place.run(&["test"]).says(0, &["passed"]);
    }
}

#[test]
fn a_pinned_test_reads_as_one_that_a_person_wrote() {
    let place = Place::new();
    place.plan_of(ChangeClass::NewlyAllowed, &["a-00039"]);
    place
        .run(&["pin", "1", "--expect", "deny", "--plan", "plan.json"])
        .says(0, &[]);
    let text = place.text(FILE);
    let wanted = "\
version: 1
suite: \"pinned 8c41d2aa00112233\"
tests:
  - name: \"release-captain may not rollback_release, as in a-00039\"
    request:
      principal: Agent::release-captain
      action: Action::rollback_release
      resource: Environment::prod-eu
      context:
        approver: User::oskar
        at: \"2026-09-01T09:05:45.000Z\"
        input:
          environment: prod-eu
          service: webshop
    expect: { decision: deny }
";
    assert!(text.ends_with(wanted), "{text}");
}

#[test]
fn errors_are_pinned_only_where_they_are_meant() {
    let place = Place::new();
    place.plan_of(ChangeClass::ErrorOpened, &["a-00043"]);
    let pin = |expect: &str| {
        place.run(&[
            "pin",
            "1",
            "--expect",
            expect,
            "--plan",
            "plan.json",
            "--force",
        ])
    };
    pin("head").says(0, &["head     working tree: 1 passed"]);
    assert!(
        place
            .text(FILE)
            .contains("{ decision: allow, errors: [no-refund-over-ceiling] }")
    );
    // An error is not what is meant by allow.
    pin("allow").says(
        0,
        &["head     working tree: 1 failed (expected none to raise an error"],
    );
    pin("deny").says(
        0,
        &["head     working tree: 1 failed (expected deny, got allow)"],
    );
}

#[test]
fn nothing_is_written_over_and_nothing_outside_the_tests() {
    let place = Place::new();
    place.plan_of(ChangeClass::NewlyAllowed, &["a-00008"]);
    let pin = |more: &[&str]| {
        let args = [
            &["pin", "1", "--expect", "base", "--plan", "plan.json"][..],
            more,
        ];
        place.run(&args.concat())
    };
    pin(&[]).says(0, &[]);
    let before = place.text(FILE);
    let ran = place.run(&["pin", "1", "--expect", "head", "--plan", "plan.json"]);
    ran.says(2, &["exists already", "--force"]);
    assert_eq!(place.text(FILE), before);
    for output in ["pinned.yaml", "../pinned.test.yaml", "/pinned.test.yaml"] {
        pin(&["--output", output]).says(
            2,
            &["`agentauthz test` would not read", "tests/**/*.test.yaml"],
        );
    }
    pin(&["--output", "tests/mine.test.yaml"]).says(0, &["tests/mine.test.yaml"]);
    assert!(place.path("repo/tests/mine.test.yaml").is_file());
}

#[test]
fn a_plan_cannot_choose_the_file() {
    let place = Place::new();
    let examples = [format!("{RECORDING}#a-00008")];
    place.plan(vec![group(
        1,
        "../../../evil",
        ChangeClass::NewlyAllowed,
        &examples,
    )]);
    let ran = place.run(&["pin", "1", "--expect", "base", "--plan", "plan.json"]);
    ran.says(2, &["`../../../evil` is no fingerprint"]);
}

#[test]
fn what_lacks_a_fact_is_no_test() {
    let place = Place::new();
    let report = place.run(&[
        "diff",
        "dir:../previous",
        "--recordings",
        "../recordings",
        "--format",
        "json",
    ]);
    let text = report.out;
    assert!(text.contains("newly_undecidable"));
    let line = r#"{"version":1,"id":"u1","agent":"refund-clerk","time":"2026-09-01T00:00:00Z","call":{"tool":"refund_payment","args":{"account":"eu-shop","amount_cents":"many","currency":"EUR","payment":"p"}}}"#;
    fs::write(place.path("unknown.jsonl"), format!("{line}\n")).unwrap();
    let class = match place
        .run(&[
            "explain",
            "../unknown.jsonl#u1",
            "--base",
            "dir:../previous",
        ])
        .out
    {
        out if out.contains("reason-changed") => ChangeClass::ReasonChanged,
        out if out.contains("error-changed") => ChangeClass::ErrorChanged,
        out if out.contains("newly-undecidable") => ChangeClass::NewlyUndecidable,
        out if out.contains("newly-decidable") => ChangeClass::NewlyDecidable,
        _ => ChangeClass::Unchanged,
    };
    place.plan(vec![group(
        1,
        "8c41d2aa",
        class,
        &["../unknown.jsonl#u1".to_owned()],
    )]);
    let ran = place.run(&["pin", "1", "--expect", "deny", "--plan", "plan.json"]);
    ran.says(
        2,
        &[
            "no example of group 1 can be a unit test",
            "is not known, and facts are never made up",
        ],
    );
    assert!(!place.path("repo/tests/pinned").exists());
}

#[test]
fn a_hostile_record_becomes_an_inert_test() {
    let place = Place::new();
    let nasty = "a\"b\\\n  - name: evil\n\u{1b}[31m\u{202e}: {x}  # \u{85}'🚀";
    let action = serde_json::json!({
        "version": 1, "id": format!("x#1 {nasty}"), "agent": "inbox-triage", "time": "2026-09-01T00:00:00Z",
        "system": "crm",
        "call": { "tool": "add_note", "args": { "customer": "c1004", "text": nasty } },
    });
    fs::write(place.path("hostile.jsonl"), format!("{action}\n")).unwrap();
    let at = format!("../hostile.jsonl#x#1 {nasty}");
    let explained = place.run(&["explain", &at, "--base", "dir:../previous"]);
    let class = ChangeClass::ALL
        .into_iter()
        .find(|class| {
            explained
                .out
                .contains(&format!("change   {}", class.name()))
        })
        .unwrap_or_else(|| panic!("{}", explained.all()));
    let mut hostile = group(1, "8c41d2aa00112233", class, &[at]);
    hostile.title = format!("title {nasty}");
    place.plan(vec![hostile]);
    place
        .run(&["explain", "1", "--plan", "plan.json"])
        .says(0, &["title    title a\"b"]);
    let pinned = place.run(&["pin", "1", "--expect", "head", "--plan", "plan.json"]);
    pinned.says(0, &["head     working tree: 1 passed"]);
    let text = place.text(FILE);
    let raw = text.chars().find(|&c| support::play::acts_on_a_terminal(c));
    assert_eq!(raw, None, "{text:?}");
    assert_eq!(
        text.matches("  - name:").count(),
        1 + text.matches("\\n  - name:").count(),
        "{text}"
    );
    place.run(&["test"]).says(0, &["passed"]);
}

#[test]
fn a_group_is_explained_and_then_its_first_example() {
    let place = Place::new();
    let mut flipped = group(
        2,
        "8c41d2aa",
        ChangeClass::NewlyAllowed,
        &[format!("{RECORDING}#a-00008")],
    );
    flipped.cause.units = vec![UnitNote {
        name: "refund-small".to_owned(),
        effect: "permit".to_owned(),
        edits: vec!["literal 10000 → 50000".to_owned()],
        base_status: "not satisfied".to_owned(),
        head_status: "satisfied".to_owned(),
        base_blocking: Some("context.input.amount_cents <= 10000".to_owned()),
        ..UnitNote::default()
    }];
    place.plan(vec![flipped]);
    let ran = place.run(&["explain", "2", "--plan", "plan.json"]);
    ran.says(
        0,
        &[
            "group    2  newly-allowed  8c41d2aa",
            "title    refund-clerk may now refund_payment",
            "permit refund-small: literal 10000 → 50000",
            "not satisfied  at `context.input.amount_cents <= 10000`",
        ],
    );
    let alone = place.run(&[
        "explain",
        &format!("{RECORDING}#a-00008"),
        "--base",
        "dir:../previous",
    ]);
    assert!(ran.out.ends_with(&alone.out), "{}", ran.out);
    let json = place
        .run(&[
            "explain",
            "8c41d",
            "--plan",
            "plan.json",
            "--format",
            "json",
        ])
        .json();
    assert_eq!(json["group"]["number"], 2);
    assert_eq!(json["format"], "agentauthz.explain/1");
}

#[test]
fn a_plan_of_other_versions_or_recordings_is_refused() {
    let place = Place::new();
    place.plan_of(ChangeClass::NewlyDenied, &["a-00008"]);
    for args in [
        &["explain", "1", "--plan", "plan.json"][..],
        &["pin", "1", "--expect", "base", "--plan", "plan.json"],
    ] {
        place.run(args).says(
            2,
            &[
                "is no longer an example of group 1",
                "compute the plan again",
            ],
        );
    }
    place.plan_of(ChangeClass::NewlyAllowed, &["a-00008"]);
    fs::write(
        place.path("previous/policies/more.cedar"),
        "@id(\"more\")\npermit (principal, action, resource);\n",
    )
    .unwrap();
    for args in [
        &["explain", "1", "--plan", "plan.json"][..],
        &["pin", "1", "--expect", "base", "--plan", "plan.json"],
    ] {
        place.run(args).says(
            2,
            &["base (`dir:../previous`) is no longer what the plan was made of"],
        );
    }
    place
        .run(&["explain", "1", "--plan", "agentauthz.yaml"])
        .says(2, &["is not JSON"]);
    place
        .run(&["explain", "7", "--plan", "plan.json"])
        .says(2, &["there is no group `7`", "1 (8c41d2aa00112233)"]);
}

#[test]
fn an_action_is_found_by_its_id_alone() {
    let play = support::play::Play::init();
    play.run(&["explain", "s1-1"])
        .says(0, &["action   s1-1", "call     refund"]);
    play.run(&["explain", "s9-9"])
        .says(2, &["no action `s9-9`", "RECORDING#ID"]);
    let text = play.text("recordings/example.jsonl");
    play.write("recordings/more.jsonl", text);
    play.run(&["explain", "s1-1"]).says(
        2,
        &[
            "several recordings have an action `s1-1`",
            "recordings/more.jsonl#s1-1",
        ],
    );
}
