//! `lint` as a person meets it: what is known to be bad is found, fixes keep their promise, and what is accepted is
//! accepted for a reason.

mod support;

use agentauthz::lint::{Levels, LintReport, Settings, lint};
use agentauthz::model::Effect;
use agentauthz::repository::LintLevel;
use serde_json::Value;
use std::path::{Path, PathBuf};
use support::play::{Play, Ran, fed, run};
use support::repository::load_directory;

const NOW: &str = "2026-11-24";

/// A copy of the fixture in a directory of its own.
fn known_bad() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/known-bad");
    for file in [
        "agentauthz.yaml",
        "agents.yaml",
        "schema/main.cedarschema",
        "policies/guardrails.cedar",
        "policies/filters.cedar",
    ] {
        let to = copy.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from.join(file), to).unwrap();
    }
    copy
}

fn linted(directory: &str) -> LintReport {
    let version = load_directory(directory);
    lint(
        &version,
        &Settings {
            levels: Levels::new(&version.manifest.lint, Vec::new()),
            now: NOW.to_owned(),
            ..Settings::default()
        },
    )
}

fn json(directory: &Path, args: &[&str]) -> (Ran, Value) {
    let mut all = vec!["lint", "--format", "json", "--now", NOW];
    all.extend(args);
    let ran = run(directory, &all);
    let value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.all()));
    (ran, value)
}

/// Code and policy of every finding.
fn found(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            let policy = one["policy"].as_str().unwrap_or_default();
            (one["code"].as_str().unwrap().to_owned(), policy.to_owned())
        })
        .collect()
}

#[test]
fn what_is_known_to_be_bad_is_found() {
    let report = linted("fixtures/known-bad");
    let has = |code: &str, policy: &str| {
        report
            .findings
            .iter()
            .any(|one| one.lint.code == code && one.policy.as_deref() == Some(policy))
    };
    for (code, policy) in [
        ("AZ201", "everything"),
        ("AZ101", "no-root"),
        ("AZ101", "no-prod-host"),
        ("AZ101", "no-odd-mode"),
        ("AZ101", "no-writing-methods"),
        ("AZ101", "no-prod-drop"),
        ("AZ108", "no-tainted-command"),
        ("AZ111", "no-tainted-session"),
        ("AZ206", "no-rm"),
        ("AZ210", "only-our-hosts"),
        ("AZ211", "only-the-workspace"),
    ] {
        assert!(has(code, policy), "{code} of `{policy}` is not found");
    }
    // The type checker's words about the same place are not repeated.
    let twice = report.findings.iter().filter(|one| {
        one.lint.code == "AZ109"
            && report
                .findings
                .iter()
                .any(|own| own.lint.code == "AZ101" && own.policy == one.policy)
    });
    assert_eq!(twice.count(), 0);
}

#[test]
fn repaired_guardrails_fire() {
    use agentauthz::cedar::authorize;
    let copy = known_bad();
    let before = load(copy.path());
    let ran = run(
        copy.path(),
        &["lint", "--fix", "--repair", "--diff", "--now", NOW],
    );
    assert!(ran.out.contains("would apply"), "{}", ran.all());
    assert_eq!(
        load(copy.path()).sources.get("policies/guardrails.cedar"),
        before.sources.get("policies/guardrails.cedar")
    );
    let ran = run(copy.path(), &["lint", "--fix", "--repair", "--now", NOW]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let after = load(copy.path());
    let text = after
        .sources
        .get("policies/guardrails.cedar")
        .unwrap()
        .text
        .to_string();
    assert_eq!(
        text.matches(".contains(context.input.").count(),
        4,
        "{text}"
    );
    assert!(
        text.contains(r#"["prod", "staging"].contains(resource.environment)"#),
        "{text}"
    );
    assert!(text.starts_with("// Five guardrails"), "comments stay");
    for (action, context, forbid) in [
        (
            "run_command",
            r#"{"input": {"command": "ls", "host": "db-1", "user": "me"}, "session": {"tainted": false}}"#,
            "no-prod-host",
        ),
        (
            "run_command",
            r#"{"input": {"command": "ls", "host": "a", "user": "root"}, "session": {"tainted": false}}"#,
            "no-root",
        ),
        (
            "write_file",
            r#"{"input": {"mode": "0777", "path": "/workspace/a"}, "session": {"tainted": false}}"#,
            "no-odd-mode",
        ),
        (
            "fetch_url",
            r#"{"input": {"host": "www.example.com", "method": "POST"}, "session": {"tainted": false}}"#,
            "no-writing-methods",
        ),
    ] {
        let decide = |version: &agentauthz::repository::PolicyVersion| {
            let request = request(action, context);
            let built = agentauthz::cedar::BuiltRequest::build(&request).unwrap();
            let prepared = agentauthz::cedar::PreparedRequest {
                request: &built,
                entities: &version.store,
            };
            authorize(&version.policies, prepared)
        };
        let (old, new) = (decide(&before), decide(&after));
        assert!(
            old.errors.iter().any(|id| id.as_ref() == forbid),
            "{forbid} raised an error before"
        );
        assert!(
            new.determining.iter().any(|id| id.as_ref() == forbid),
            "{forbid} fires"
        );
    }
    assert!(
        after
            .parsed
            .iter()
            .filter(|policy| policy.effect == Effect::Forbid)
            .count()
            >= 5
    );
}

fn request(action: &str, context: &str) -> agentauthz::model::Request {
    use agentauthz::model::EntityRef;
    serde_json::from_value(serde_json::json!({
        "principal": EntityRef::new("Agent", "ops-bot"),
        "action": EntityRef::new("Action", action),
        "resource": EntityRef::new("Server", "s"),
        "context": serde_json::from_str::<Value>(context).unwrap(),
    }))
    .unwrap()
}

fn load(root: &Path) -> agentauthz::repository::PolicyVersion {
    let tree = agentauthz::source::Tree::directory(root, false).unwrap();
    agentauthz::repository::load(&agentauthz::repository::Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    })
}

#[test]
fn a_baseline_holds_what_was_there_and_nothing_else() {
    let copy = known_bad();
    let manifest = copy.path().join("agentauthz.yaml");
    std::fs::write(
        &manifest,
        "version: 1\nname: known-bad\nlint: { baseline: lint-baseline.yaml }\n",
    )
    .unwrap();
    let (_, before) = json(copy.path(), &["--ignore-baseline"]);
    let all = found(&before).len();
    let ran = run(copy.path(), &["lint", "--update-baseline", "--now", NOW]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let (ran, after) = json(copy.path(), &[]);
    assert_eq!(
        (ran.code, found(&after).len(), &after["in_baseline"]),
        (0, 0, &Value::from(all)),
        "{after}"
    );
    // Layout does not count, nor does what stands before.
    let path = copy.path().join("policies/guardrails.cedar");
    let text = std::fs::read_to_string(&path).unwrap();
    let moved = text.replace(
        "when { context.input.user in",
        "// why\n\n  when {\n    context.input.user  in",
    );
    std::fs::write(&path, format!("// more\n\n{moved}")).unwrap();
    let (_, after) = json(copy.path(), &[]);
    assert_eq!(found(&after), []);
    // What is new is found, and what is repaired has to leave the list.
    let repaired = text.replace(
        r#"context.input.user in ["root", "admin"]"#,
        r#"context.input.user == "root""#,
    );
    let more = "\n@id(\"more\")\npermit (principal, action, resource);\n";
    std::fs::write(&path, format!("{repaired}{more}")).unwrap();
    let (_, after) = json(copy.path(), &[]);
    let codes: Vec<(String, String)> = found(&after);
    assert!(
        codes.contains(&("AZ201".to_owned(), "more".to_owned())),
        "{codes:?}"
    );
    assert!(codes.iter().any(|(code, _)| code == "AZ412"), "{codes:?}");
    let (_, after) = json(copy.path(), &["--ignore-baseline"]);
    assert!(found(&after).len() + 1 >= all);
}

#[test]
fn levels_come_from_manifest_files_and_command_line() {
    let copy = known_bad();
    let manifest = copy.path().join("agentauthz.yaml");
    let level = |args: &[&str]| -> Option<String> {
        let (_, report) = json(copy.path(), args);
        let all = report["findings"].as_array().unwrap().clone();
        let one = all.iter().find(|one| one["code"] == "AZ201")?;
        Some(one["level"].as_str().unwrap().to_owned())
    };
    assert_eq!(level(&[]).as_deref(), Some("error"));
    std::fs::write(
        &manifest,
        "version: 1\nlint:\n  levels: { AZ201: info }\n  overrides:\n    - paths: [\"policies/guard*\"]\n      levels: { security: warning }\n",
    )
    .unwrap();
    assert_eq!(level(&[]).as_deref(), Some("warning"));
    assert_eq!(level(&["-A", "permit-everything"]), None);
    assert_eq!(level(&["-D", "warnings"]).as_deref(), Some("error"));
    assert_eq!(
        level(&["-A", "all", "-D", "AZ201"]).as_deref(),
        Some("error")
    );
    let ran = run(copy.path(), &["lint", "-A", "AZ999"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("there is no lint `AZ999`"), "{}", ran.err);
    std::fs::write(
        &manifest,
        "version: 1\nlint:\n  levels: { permit-everthing: off }\n",
    )
    .unwrap();
    let ran = run(copy.path(), &["lint"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`permit-everything` may be meant"),
        "{}",
        ran.err
    );
}

#[test]
fn only_what_a_change_brought_is_shown() {
    let copy = known_bad();
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(args)
            .current_dir(copy.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "base"]);
    let (ran, report) = json(copy.path(), &["--changed", "HEAD"]);
    assert_eq!((ran.code, found(&report).len()), (0, 0));
    assert!(report["before"].as_u64().unwrap() > 5);
    let path = copy.path().join("policies/guardrails.cedar");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        format!("{text}\n@id(\"more\")\npermit (principal, action, resource);\n"),
    )
    .unwrap();
    let (ran, report) = json(copy.path(), &["--changed", "HEAD"]);
    let codes = found(&report);
    assert_eq!(ran.code, 1);
    assert!(
        codes
            .iter()
            .all(|(_, policy)| policy == "more" || policy.is_empty() || policy == "everything"),
        "{codes:?}"
    );
    assert!(
        codes.contains(&("AZ201".to_owned(), "more".to_owned())),
        "{codes:?}"
    );
}

#[test]
fn a_broken_file_hides_no_other_and_is_no_clean_run() {
    let copy = known_bad();
    std::fs::write(
        copy.path().join("policies/broken.cedar"),
        "permit (principal",
    )
    .unwrap();
    let (ran, report) = json(copy.path(), &[]);
    assert_eq!((ran.code, &report["unread"]), (2, &Value::from(1)));
    assert!(found(&report).contains(&("AZ201".to_owned(), "everything".to_owned())));
}

#[test]
fn paths_narrow_what_is_shown() {
    let copy = known_bad();
    let (_, report) = json(copy.path(), &["policies/filters.cedar"]);
    let all = report["findings"].as_array().unwrap();
    assert!(
        !all.is_empty()
            && all
                .iter()
                .all(|one| one["path"] == "policies/filters.cedar")
    );
    let ran = run(copy.path(), &["lint", "policies/none.cedar"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
}

#[test]
fn paths_are_named_from_where_one_is() {
    let copy = known_bad();
    let below = copy.path().join("policies");
    let (_, report) = json(&below, &["filters.cedar"]);
    let (_, whole) = json(
        copy.path(),
        &[below.join("filters.cedar").to_str().unwrap()],
    );
    assert!(!found(&report).is_empty());
    assert_eq!(found(&report), found(&whole));
    let (_, up) = json(&below, &["../policies"]);
    assert!(found(&up).len() > found(&report).len());
    run(&below, &["lint", "policies/filters.cedar"]).says(2, &["the repository has no file"]);
    run(&below, &["lint", "/elsewhere/a.cedar"]).says(2, &["does not lie in the repository"]);
    let ran = run(
        &below,
        &["fmt", "--check", "--format", "json", "filters.cedar"],
    );
    assert!(ran.code < 2, "{}", ran.all());
}

#[test]
fn no_report_holds_a_secret() {
    // Put together here, so that no file of the project looks as if it held one.
    let body = "Zt5Qw8Er1Ty7Ui3Op9As2Df6Gh4Jk0LxCvBn";
    let copy = known_bad();
    let file = copy.path().join("policies/tokens.cedar");
    let condition = format!("context.input.command == \"ghp_{body}\"");
    let key =
        format!("-----BEGIN PRIVATE KEY-----\n// {body}\n// {body}\n// -----END PRIVATE KEY-----");
    let text = format!(
        "// {key}\n@id(\"token\")\nforbid (principal, action == Action::\"run_command\", resource)\nwhen {{ {condition} && {condition} && true == ({condition}) }};\n"
    );
    std::fs::write(&file, text).unwrap();
    let baseline = "version: 1\nname: known-bad\nlint: { baseline: lint-baseline.yaml }\n";
    std::fs::write(copy.path().join("agentauthz.yaml"), baseline).unwrap();
    let secret = &body[..8];
    let mut told = 0;
    for format in ["terminal", "json", "sarif", "github", "junit"] {
        let all = run(copy.path(), &["lint", "--format", format, "--now", NOW]);
        assert!(!all.all().contains(secret), "{format}: {}", all.all());
        let args = [
            "lint",
            "--format",
            format,
            "--now",
            NOW,
            "policies/tokens.cedar",
        ];
        let ran = run(copy.path(), &args);
        assert!(!ran.all().contains(secret), "{format}: {}", ran.all());
        told += usize::from(ran.all().contains("AZ214"));
    }
    assert_eq!(told, 5);
    // Neither does a message that quotes a condition, nor the difference that a fix makes, nor a baseline.
    let (_, report) = json(copy.path(), &[]);
    let of_policy = found(&report)
        .into_iter()
        .filter(|(_, policy)| policy == "token");
    assert!(of_policy.count() > 1, "{report}");
    for more in [&["--fix", "--diff"][..], &["--update-baseline"]] {
        let mut args = vec!["lint", "--now", NOW];
        args.extend(more);
        let ran = run(copy.path(), &args);
        assert!(!ran.all().contains(secret), "{more:?}: {}", ran.all());
    }
    let written = std::fs::read_to_string(copy.path().join("lint-baseline.yaml")).unwrap();
    assert!(
        written.contains("AZ214") && !written.contains(secret),
        "{written}"
    );
}

/// What is said of one condition, by code, but for what is not about it.
fn said_of(condition: &str) -> Vec<String> {
    let copy = known_bad();
    let text = format!(
        "@id(\"probe\")\n@owner(\"security\")\n@reason(\"a probe\")\nforbid (principal == Agent::\"build-bot\", action == Action::\"run_command\", resource)\n{condition};\n"
    );
    std::fs::write(copy.path().join("policies/probe.cedar"), text).unwrap();
    let (_, report) = json(copy.path(), &[]);
    let all = report["findings"].as_array().unwrap().iter();
    let own = all.filter(|one| one["policy"] == "probe" && one["place"]["line"] == 5);
    own.map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn one_tautology_is_one_finding() {
    let command = "context.input.command";
    for (condition, expected) in [
        (format!("when {{ {command} == {command} }}"), "AZ112"),
        (format!("when {{ true || {command} == \"a\" }}"), "AZ112"),
        (
            format!("when {{ {command} == \"a\" || {command} != \"a\" }}"),
            "AZ112",
        ),
        ("when { if true then true else false }".to_owned(), "AZ112"),
        ("when { true == (1 < 2) }".to_owned(), "AZ112"),
        ("when { !!(1 < 2) }".to_owned(), "AZ112"),
        (format!("unless {{ !({command} == {command}) }}"), "AZ112"),
        (
            format!("when {{ {command} like \"*\" || {command} == \"a\" }}"),
            "AZ205",
        ),
        (format!("when {{ true == ({command} == \"a\") }}"), "AZ503"),
    ] {
        assert_eq!(said_of(&condition), [expected], "{condition}");
    }
    // What is said of another expression stays.
    let two = format!("when {{ 1 < 2 && true == ({command} == \"a\") }}");
    assert_eq!(said_of(&two), ["AZ112", "AZ503"]);
}

#[test]
fn a_code_that_is_none_is_told_with_those_near_it() {
    let copy = known_bad();
    let explain = |name: &str| run(copy.path(), &["explain", name]);
    explain("AZ9999").says(
        2,
        &["there is no lint `AZ9999`", "`agentauthz explain lints`"],
    );
    explain("az219").says(2, &["near it are", "AZ218 command-prefix"]);
    explain("AZ2111").says(2, &["AZ211 path-prefix-traversal"]);
}

#[test]
fn suggestions_are_asked_for_one_by_one() {
    let play = Play::init();
    play.write("policies/more.cedar", "@id(\"more\")\n@owner(\"o\")\n@reason(\"r\")\nforbid (principal, action, resource)\nunless { context has x && context.input.host like \"*example.com\" };\n");
    let mut command = support::repository::agentauthz();
    command
        .current_dir(play.path("."))
        .args(["lint", "--fix", "--suggested", "--now", NOW]);
    let ran = Ran::of(&fed(&mut command, "n\n".repeat(200).as_bytes()));
    assert!(ran.err.contains("apply it?"), "{}", ran.all());
    assert!(
        play.text("policies/more.cedar")
            .contains("\"*example.com\"")
    );
}

/// The official schema, as the crate `serde-sarif` carries it.
fn sarif_schema() -> Value {
    let host = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let listed = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            host,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let package = listed["packages"].as_array().unwrap().iter();
    let mut package = package.filter(|package| package["name"] == "serde-sarif");
    let manifest = PathBuf::from(package.next().unwrap()["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(manifest.parent().unwrap().join("src/schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // The pattern that it gives for languages is no regular expression: a bracket is never opened.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert_eq!(
            language["pattern"],
            "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"
        );
        language.as_object_mut().unwrap().remove("pattern");
    }
    schema
}

#[test]
fn sarif_is_what_the_official_schema_says() {
    let copy = known_bad();
    let ran = run(copy.path(), &["lint", "--format", "sarif", "--now", NOW]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let schema = sarif_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&log)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let typed: serde_sarif::sarif::Sarif = serde_json::from_str(&ran.out).unwrap();
    let run_of = &typed.runs[0];
    assert_eq!(
        run_of.tool.driver.rules.as_ref().unwrap().len(),
        agentauthz::lint::catalogue().len()
    );
    let results = run_of.results.as_ref().unwrap();
    assert!(results.iter().any(|one| one.fixes.is_some()));
    assert!(results.iter().all(|one| one.partial_fingerprints.is_some()));
    // The schema refuses what is none.
    let mut broken = log.clone();
    broken["runs"][0]["results"][0]["level"] = "bad".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn reports_conform_to_their_schema_and_are_read_by_others() {
    let copy = known_bad();
    let (_, report) = json(copy.path(), &[]);
    let schema = agentauthz::render::lint_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&report)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let ran = run(copy.path(), &["lint", "--format", "junit", "--now", NOW]);
    let suites = junit_parser::from_reader(ran.out.as_bytes()).unwrap();
    assert_eq!(suites.suites.len(), 1);
    assert!(
        suites.suites[0]
            .cases
            .iter()
            .any(|case| case.status.is_failure() && case.name.contains("AZ101"))
    );
    let ran = run(copy.path(), &["lint", "--format", "github", "--now", NOW]);
    assert!(
        ran.out.lines().count() <= 10 && ran.out.lines().all(|line| line.starts_with("::")),
        "{}",
        ran.out
    );
    assert!(ran.out.starts_with("::error file="), "{}", ran.out);
}

#[test]
fn every_lint_can_be_explained() {
    let here = std::env::temp_dir();
    let list = run(&here, &["explain", "lints"]);
    assert_eq!(list.code, 0);
    let mut off = Vec::new();
    for lint in agentauthz::lint::catalogue() {
        assert!(list.out.contains(lint.code) && list.out.contains(lint.slug));
        if lint.level == LintLevel::Off {
            off.push(lint.code);
        }
    }
    assert_eq!(
        off,
        ["AZ217", "AZ505"],
        "what is off where nothing else is said"
    );
    let page = run(&here, &["explain", "string-in"]);
    assert!(
        page.out.contains("AZ101 string-in") && !page.out.contains("```"),
        "{}",
        page.out
    );
    assert_eq!(page.out, run(&here, &["explain", "AZ101"]).out);
}

const OPEN: &str = "permit (\n  principal,\n  action,\n  resource\n);\n";

#[test]
fn what_cannot_be_read_is_no_reason_to_remove_a_suppression() {
    let copy = known_bad();
    let file = copy.path().join("policies/a.cedar");
    let text =
        format!("// agentauthz: allow(AZ309) -- a retired agent is meant\n@id(\"a\")\n{OPEN}");
    std::fs::write(&file, &text).unwrap();
    let unused = |report: &Value| found(report).iter().any(|(code, _)| code == "AZ412");
    let (_, report) = json(copy.path(), &[]);
    assert!(unused(&report));
    let agents = copy.path().join("agents.yaml");
    std::fs::write(&agents, "junk: [").unwrap();
    let (ran, report) = json(copy.path(), &[]);
    assert!(ran.code == 2 && !unused(&report), "{report}");
    let ran = run(copy.path(), &["lint", "--fix", "--now", NOW]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_policy_that_is_left_out_is_not_accepted_away() {
    let copy = known_bad();
    let twice = format!("@id(\"a\")\n{OPEN}\n@id(\"a\")\n{OPEN}");
    let file = copy.path().join("policies/a.cedar");
    std::fs::write(&file, &twice).unwrap();
    let told = |report: &Value| found(report).iter().any(|(code, _)| code == "AZ120");
    let (ran, report) = json(copy.path(), &[]);
    assert!(told(&report) && ran.code == 1, "{report}");
    let accepted = format!("// agentauthz: allow(AZ120) -- for now\n\n{twice}");
    std::fs::write(&file, accepted).unwrap();
    let (ran, report) = json(copy.path(), &[]);
    assert!(
        !told(&report) && ran.code == 2 && report["unread"] == 1,
        "{report}"
    );
    std::fs::write(&file, &twice).unwrap();
    let manifest =
        "version: 1\nlint: { overrides: [{ paths: [\"policies/**\"], levels: { AZ120: off } }] }\n";
    std::fs::write(copy.path().join("agentauthz.yaml"), manifest).unwrap();
    let (ran, _) = json(copy.path(), &[]);
    assert_eq!(ran.code, 2);
}

#[test]
fn no_fix_makes_a_suppression_reach_further() {
    let copy = known_bad();
    let file = copy.path().join("policies/a.cedar");
    let text = format!(
        "// agentauthz: allow(AZ213) -- old\n\n// agentauthz: allow(AZ201) -- for break-glass only\n\n@id(\"glass\")\n{OPEN}\n@id(\"other\")\n{OPEN}"
    );
    std::fs::write(&file, &text).unwrap();
    let opened = |report: &Value| found(report).contains(&("AZ201".to_owned(), "other".to_owned()));
    let (_, report) = json(copy.path(), &[]);
    assert!(opened(&report), "{report}");
    let ran = run(copy.path(), &["lint", "--fix", "--now", NOW]);
    assert!(
        ran.out.contains("a suppression would reach further"),
        "{}",
        ran.all()
    );
    let (_, report) = json(copy.path(), &[]);
    assert!(opened(&report), "{report}");
    // Nor does layout.
    std::fs::write(&file, format!("\n\n\n{text}")).unwrap();
    assert_eq!(run(copy.path(), &["fmt", "policies/a.cedar"]).code, 0);
    let (_, report) = json(copy.path(), &[]);
    assert!(opened(&report), "{report}");
}

#[test]
fn each_code_of_a_suppression_has_to_be_of_use() {
    let copy = known_bad();
    let file = copy.path().join("policies/a.cedar");
    let text = format!("// agentauthz: allow(AZ201, AZ205) -- a sandbox\n@id(\"a\")\n{OPEN}");
    std::fs::write(&file, text).unwrap();
    let (_, report) = json(copy.path(), &[]);
    let all = report["findings"].as_array().unwrap();
    let told: Vec<&Value> = all.iter().filter(|one| one["code"] == "AZ412").collect();
    assert_eq!(told.len(), 1, "{report}");
    assert_eq!(
        told[0]["message"],
        "this suppression of AZ205 accepts nothing"
    );
    assert!(told[0]["fix"].is_null());
}

#[test]
fn a_worse_text_is_a_new_finding() {
    let copy = known_bad();
    std::fs::write(
        copy.path().join("agentauthz.yaml"),
        "version: 1\nlint: { baseline: b.yaml }\n",
    )
    .unwrap();
    let (_, report) = json(copy.path(), &[]);
    let missing = found(&report)
        .into_iter()
        .filter(|(code, _)| code == "AZ412");
    assert_eq!(missing.count(), 1, "{report}");
    let file = copy.path().join("policies/a.cedar");
    let forbid = |host: &str| {
        format!(
            "@id(\"a\")\nforbid (principal, action == Action::\"fetch_url\", resource)\nwhen {{ context.input.host in [\"{host}\"] }};\n"
        )
    };
    std::fs::write(&file, forbid("https://api.example.com/v1")).unwrap();
    assert_eq!(
        run(copy.path(), &["lint", "--update-baseline", "--now", NOW]).code,
        0
    );
    let of = |report: &Value| {
        found(report)
            .iter()
            .filter(|(_, policy)| policy == "a")
            .count()
    };
    let (_, report) = json(copy.path(), &[]);
    assert_eq!(of(&report), 0);
    std::fs::write(&file, forbid("https://other.example.com")).unwrap();
    let (_, report) = json(copy.path(), &[]);
    assert!(of(&report) > 0, "{report}");
}

#[test]
fn a_baseline_takes_no_other_file_s_place() {
    let copy = known_bad();
    let manifest = copy.path().join("agentauthz.yaml");
    for path in [
        "agentauthz.yaml",
        "../outside.yaml",
        "policies/filters.cedar",
    ] {
        let text = format!("version: 1\nlint: {{ baseline: {path} }}\n");
        std::fs::write(&manifest, &text).unwrap();
        let ran = run(copy.path(), &["lint", "--update-baseline", "--now", NOW]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.all());
        assert_eq!(std::fs::read_to_string(&manifest).unwrap(), text);
    }
    assert!(!copy.path().join("../outside.yaml").exists());
}

#[test]
fn what_is_only_shown_is_not_repaired() {
    let copy = known_bad();
    let args = [
        "lint", "--fix", "--repair", "--diff", "-A", "all", "-D", "AZ101", "--now", NOW,
    ];
    let ran = run(copy.path(), &args);
    assert!(
        ran.code == 1 && ran.out.contains("would apply"),
        "{}",
        ran.all()
    );
    let ran = run(copy.path(), &["lint", "--fix", "--changed", "HEAD"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
}
