//! Every group of the example's report: explained, and pinned, from a plan and by computing the diff again.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::play::{Ran, run};

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

/// The example, the version before it, its recordings, and a plan.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (from, to) in [
            ("policies", "repo"),
            ("fixtures/previous", "previous"),
            ("fixtures/recordings", "recordings"),
        ] {
            copy(&project.join(from), &place.path(to));
        }
        let ran = place.run(&[
            "diff",
            "dir:../previous",
            "--recordings",
            "../recordings",
            "-o",
            "../plan.json",
        ]);
        ran.says(1, &[]);
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(&self.path("repo"), args)
    }

    /// Number, fingerprint and class of each group that has an example.
    fn groups(&self) -> Vec<(String, String, String)> {
        let text = fs::read_to_string(self.path("plan.json")).unwrap();
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        let groups = plan["groups"].as_array().unwrap().iter();
        groups
            .filter(|group| !group["exemplars"].as_array().unwrap().is_empty())
            .map(|group| {
                (
                    group["number"].to_string(),
                    group["fingerprint"].as_str().unwrap().to_owned(),
                    group["class"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }
}

const PLAN: [&str; 2] = ["--plan", "../plan.json"];

#[test]
fn every_group_is_explained() {
    let place = Place::new();
    let groups = place.groups();
    assert!(groups.len() > 10, "{groups:?}");
    for (number, fingerprint, class) in &groups {
        let ran = place.run(&[&["explain", fingerprint], &PLAN[..]].concat());
        let class = class.replace('_', "-");
        ran.says(
            0,
            &[
                &format!("group    {number}  {class}"),
                &format!("change   {class}"),
            ],
        );
    }
}

#[test]
fn what_head_decides_can_be_kept_for_every_flip() {
    let place = Place::new();
    let mut flips = 0;
    for (number, _, class) in place.groups() {
        if ![
            "error_opened",
            "newly_allowed",
            "error_closed",
            "newly_denied",
        ]
        .contains(&class.as_str())
        {
            continue;
        }
        let ran = place.run(&[&["pin", &number, "--expect", "head"], &PLAN[..]].concat());
        ran.says(0, &["head     working tree: ", " passed"]);
        assert!(!ran.out.contains("head     working tree: 0"), "{}", ran.out);
        flips += 1;
    }
    assert!(flips > 5);
    place.run(&["test"]).says(0, &["passed"]);
}

#[test]
fn what_cannot_be_decided_is_never_pinned() {
    let place = Place::new();
    for (number, _, class) in place.groups() {
        if class == "newly_undecidable" {
            let ran = place.run(&[&["pin", &number, "--expect", "deny"], &PLAN[..]].concat());
            ran.says(2, &["facts are never made up"]);
        }
    }
    assert!(!place.path("repo/tests/pinned").exists());
}

#[test]
fn without_a_plan_the_diff_is_computed_again() {
    let place = Place::new();
    let again = ["--base", "dir:../previous", "--recordings", "../recordings"];
    let planned = place.run(&[&["explain", "2"], &PLAN[..]].concat());
    let computed = place.run(&[&["explain", "2"], &again[..]].concat());
    assert_eq!(planned.out, computed.out);
    assert_eq!(computed.code, 0, "{}", computed.all());
    let ran = place.run(&[&["pin", "2", "--expect", "base"], &again[..]].concat());
    ran.says(0, &["of group 2 (", "head     working tree: "]);
    place.run(&["test"]).says(1, &["expected deny, got allow"]);
    place
        .run(&[
            "explain",
            "999",
            "--base",
            "dir:../previous",
            "--recordings",
            "../recordings",
        ])
        .says(2, &["there is no group `999`", "the groups are 1 ("]);
    place
        .run(&["pin", "1", "--expect", "base", "--at", "dir:../previous"])
        .says(2, &["`--at` names one", "--base VERSION"]);
}

/// What leaves the machine has no argument values, and is a plan all the same.
#[test]
fn a_json_report_is_a_plan() {
    let place = Place::new();
    place
        .run(&[
            "diff",
            "dir:../previous",
            "--recordings",
            "../recordings",
            "--report",
            "json=../plan.json",
        ])
        .says(1, &[]);
    place
        .run(&[&["pin", "1", "--expect", "head"], &PLAN[..]].concat())
        .says(0, &["head     working tree: "]);
}

/// More paths than are watched: nothing is said to be known of the others, so that no approval covers what nobody looked at.
#[test]
fn of_paths_that_are_not_watched_nothing_is_said_to_be_known() {
    const FIELDS: usize = 70;
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let each = |of: &dyn Fn(usize) -> String, between: &str| {
        (0..FIELDS).map(of).collect::<Vec<_>>().join(between)
    };
    for (side, limit) in [("base", 5), ("head", 50)] {
        write(
            &format!("{side}/agentauthz.yaml"),
            "version: 1\nname: wide\nschema: [s.cedarschema]\npolicies: [p.cedar]\nreports: { values: true }\n".to_owned(),
        );
        let fields = each(&|at| format!("f{at:02}: Long"), ", ");
        write(
            &format!("{side}/s.cedarschema"),
            format!(
                "entity Agent;\naction go appliesTo {{ principal: Agent, resource: Agent, context: {{ {fields} }} }};\n"
            ),
        );
        let atoms = each(&|at| format!("context.f{at:02} < {limit}"), " && ");
        write(
            &format!("{side}/p.cedar"),
            format!(
                "@id(\"all\")\npermit (principal, action == Action::\"go\", resource) when {{ {atoms} }};\n"
            ),
        );
    }
    let context = each(&|at| format!("\"f{at:02}\":{}", at / 10), ",");
    let uid = |ty: &str, id: &str| format!(r#"{{"type":"{ty}","id":"{id}"}}"#);
    let line = format!(
        r#"{{"version":1,"id":"a1","agent":"bot","request":{{"cedar":{{"principal":{},"action":{},"resource":{},"context":{{{context}}}}}}}}}"#,
        uid("Agent", "bot"),
        uid("Action", "go"),
        uid("Agent", "bot"),
    );
    write("recording.jsonl", line + "\n");
    let arguments = [
        "diff",
        "dir:../base",
        "--recordings",
        "../recording.jsonl",
        "-o",
        "../plan.json",
    ];
    run(&dir.path().join("head"), &arguments).says(1, &["newly_allowed"]);
    let plan = fs::read_to_string(dir.path().join("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let values = plan["groups"][0]["values"].as_array().unwrap();
    assert_eq!(values.len(), FIELDS);
    for (at, value) in values.iter().enumerate() {
        assert_eq!(value["path"], format!("context.f{at:02}"));
        let number = (at / 10).to_string();
        match at {
            ..64 => assert_eq!(value["range"], serde_json::json!([number, number])),
            _ => assert!(value["range"].is_null()),
        }
        assert_eq!(value["more"], at >= 64, "{value}");
    }
}
