//! `check` against `cedar validate` (measure 6): the same verdicts on good and bad policies, and then the times.

use crate::binary::{agentauthz, run, scratch, took};
use crate::data::{Data, Spec, Version};
use crate::measure::{Goal, Report, better};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is replaced by what in one place of one file. Some of it does no harm.
const MUTATIONS: [(&str, &str); 24] = [
    ("permit (", "forbid ("),
    ("@id(", "@note(\"x\")\n@id("),
    ("risk < ", "risk <= "),
    ("context.env == ", "context.env != "),
    ("context.input.amount <= ", "1 < "),
    (".containsAny([", ".containsAll(["),
    ("principal.clearance", "context.hour"),
    ("context.started >= ", "context.started != "),
    ("context.session.risk", "context.session.riks"),
    ("context.env == ", "context.evn == "),
    ("context.input has amount && ", ""),
    ("context has approval && ", ""),
    ("context has price && ", ""),
    ("resource.hasTag(\"region\") && ", ""),
    ("principal.clearance", "principal.labels"),
    ("context.hour", "context.env"),
    ("in Team::", "in Teams::"),
    ("in Role::", "in Rool::"),
    ("decimal(\"", "ip(\""),
    ("Action::\"sys", "Action::\"syss"),
    ("resource.owner", "resource.sensitivity"),
    (".contains(\"", ".contains(1 + \""),
    ("when {", "when { 1 &&"),
    ("permit (", "permitt ("),
];

fn validate(cedar: &Path, root: &Path) -> Command {
    let mut command = Command::new(cedar);
    command.current_dir(root).args([
        "validate",
        "--policies",
        "all.cedar",
        "--schema",
        "all.cedarschema",
    ]);
    command
}

fn check(root: &Path) -> Command {
    let mut command = agentauthz(root);
    command.args(["check", "--at", "dir:base"]);
    command
}

/// Whether a command says that all is well, or, by one of these codes, that it is not.
fn passes(mut command: Command, bad: &[i32]) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    match command.status().expect("it starts").code() {
        Some(0) => true,
        Some(code) if bad.contains(&code) => false,
        other => panic!("{command:?} ended with {other:?}"),
    }
}

/// Holds the verdicts on mutated policies against each other, and says how many there were.
fn verdicts(cedar: &Path) -> String {
    let data = Data::new(Spec {
        records: 1_000,
        ..Spec::new(300)
    });
    let directory = scratch();
    let root = directory.path();
    data.write_repositories(root)
        .expect("repositories are written");
    std::fs::write(root.join("all.cedarschema"), data.schema_text()).expect("it is written");
    let mut files = data.files(Version::Base);
    files.retain(|path, _| path.ends_with(".cedar"));
    let (mut good, mut bad) = (0, 0);
    for (from, to) in MUTATIONS {
        let places: Vec<(String, usize)> = files
            .iter()
            // What is linked is judged by its links, too, which `cedar validate` is not given.
            .filter(|(path, _)| !path.ends_with("templates.cedar"))
            .flat_map(|(path, text)| {
                let found = text.match_indices(from);
                found.map(move |(at, _)| (path.clone(), at))
            })
            .collect();
        assert!(places.len() > 1, "`{from}` hardly occurs");
        for place in [0, places.len() / 2] {
            let (path, at) = &places[place];
            let whole = &files[path];
            let text = format!("{}{to}{}", &whole[..*at], &whole[at + from.len()..]);
            let file = root.join("base").join(path);
            std::fs::write(&file, &text).expect("it is written");
            let all: Vec<&str> = files
                .iter()
                .map(|(name, whole)| if name == path { &text } else { whole }.as_str())
                .collect();
            std::fs::write(root.join("all.cedar"), all.join("\n")).expect("it is written");
            let ours = passes(check(root), &[1]);
            let theirs = passes(validate(cedar, root), &[1, 3]);
            assert_eq!(
                ours, theirs,
                "`{from}` replaced by `{to}` in {path}: `check` passes {ours}, `cedar validate` {theirs}"
            );
            std::fs::write(&file, whole).expect("it is written");
            *(if ours { &mut good } else { &mut bad }) += 1;
        }
    }
    assert!(good >= 10 && bad >= 20, "{good} good, {bad} bad");
    format!(
        "the same verdict on {} mutated policies: {good} pass, {bad} fail",
        good + bad
    )
}

/// Cedar's own command line, where it was installed.
fn cedar() -> Option<PathBuf> {
    let named = std::env::var_os("AGENTAUTHZ_CEDAR_CLI").map(PathBuf::from);
    let path = named.unwrap_or_else(|| PathBuf::from("cedar"));
    let version = Command::new(&path).arg("--version").output().ok()?;
    version.status.success().then_some(path)
}

/// Measure 6.
pub fn measure(report: &mut Report) {
    let name = "check_against_cedar_validate";
    if !report.wants(&[name]) {
        return;
    }
    let Some(cedar) = cedar() else {
        let why = "there is no `cedar`; benches/install-peers.sh installs it, AGENTAUTHZ_CEDAR_CLI names it";
        return report.skipped(name, why);
    };
    let (policies, rounds) = if report.quick {
        (1_000, 1)
    } else {
        (10_000, 3)
    };
    let data = Data::new(Spec::new(policies));
    let directory = scratch();
    let root = directory.path();
    data.write_repositories(root)
        .expect("repositories are written");
    std::fs::write(root.join("all.cedar"), data.policies_text(Version::Base))
        .expect("it is written");
    std::fs::write(root.join("all.cedarschema"), data.schema_text()).expect("it is written");
    let verdicts = verdicts(&cedar);
    // Both say that all is well, else their times say nothing.
    let (mut theirs, mut ours) = (None, None);
    for _ in 0..rounds {
        ours = Some(better(ours, run(&mut check(root), &[0]).0));
        theirs = Some(better(theirs, run(&mut validate(&cedar, root), &[0]).0));
    }
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return;
    };
    let figures = [
        format!("{policies} policies, 1,000 actions; ours reads entities, agents and links too"),
        took("cedar validate", theirs),
        took("agentauthz check", ours),
        verdicts,
    ];
    report.line(
        name,
        theirs.wall / ours.wall,
        Goal::AtLeast(15.0, "x"),
        &figures,
    );
}
