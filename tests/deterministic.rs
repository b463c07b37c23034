//! A report is the same to the byte in every format from run to run, on any number of threads, and however the lines of
//! the recordings stand and the recordings are named: nothing in it depends on the place of a line.

mod support;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use support::repository::agentauthz;

/// Numbers that look random and are the same in every run (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut hash = self.0;
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((hash ^ (hash >> 31)) % bound as u64).unwrap()
    }

    /// The lines in another order; broken ones stay in their places, which a report names.
    fn shuffled(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let whole: Vec<usize> = (0..lines.len())
            .filter(|at| lines[*at].ends_with('}'))
            .collect();
        for at in (1..whole.len()).rev() {
            lines.swap(whole[at], whole[self.below(at + 1)]);
        }
        lines.join("\n") + "\n"
    }
}

/// The formats that are written to files; the terminal's is standard output.
const FILES: [&str; 6] = ["json", "markdown", "html", "sarif", "github", "junit"];

/// A place with the two versions `base` and `head`, and recordings.
struct Place {
    directory: tempfile::TempDir,
    recordings: BTreeMap<String, String>,
}

impl Place {
    /// The report in every format, and the plan.
    fn reports(&self, threads: &str, names: &[&String]) -> BTreeMap<String, Vec<u8>> {
        let mut command = agentauthz();
        command
            .current_dir(self.directory.path().join("head"))
            .env("RAYON_NUM_THREADS", threads)
            .args(["diff", "-v", "dir:../base", "--now", "2026-11-24"])
            .args(["-o", "../plan.json"]);
        for format in FILES {
            command.args(["--report", &format!("{format}=../report.{format}")]);
        }
        command.arg("--recordings");
        command.args(names.iter().map(|name| format!("../{name}")));
        let output = command.stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        let mut found = BTreeMap::from([("terminal".to_owned(), output.stdout)]);
        for format in FILES {
            found.insert(format.to_owned(), self.take(&format!("report.{format}")));
        }
        found.insert("plan".to_owned(), self.take("plan.json"));
        found
    }

    fn take(&self, name: &str) -> Vec<u8> {
        let path = self.directory.path().join(name);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(path).unwrap();
        bytes
    }

    /// Writes the recordings, with their lines in another order where there is one.
    fn record(&self, mut random: Option<Random>) {
        for (name, text) in &self.recordings {
            let path = self.directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = match &mut random {
                Some(random) => random.shuffled(text),
                None => text.clone(),
            };
            fs::write(path, text).unwrap();
        }
    }

    /// Holds all reports to those of one run, and gives its plan.
    fn hold(&self) -> Value {
        let names: Vec<&String> = self.recordings.keys().collect();
        let reversed: Vec<&String> = names.iter().rev().copied().collect();
        self.record(None);
        let first = self.reports("2", &names);
        for (format, bytes) in &first {
            assert!(!bytes.is_empty(), "{format}");
        }
        let hold = |what: &str, found: BTreeMap<String, Vec<u8>>| {
            for (format, bytes) in &first {
                assert!(
                    *bytes == found[format],
                    "{what}: {format}: {}",
                    difference(bytes, &found[format])
                );
            }
        };
        hold("another run", self.reports("2", &names));
        hold("one thread", self.reports("1", &names));
        hold("16 threads", self.reports("16", &names));
        hold("named in another order", self.reports("2", &reversed));
        for (seed, threads, names) in [(1, "1", &names), (2, "16", &reversed), (3, "2", &names)] {
            self.record(Some(Random(seed)));
            let what = format!("shuffled {seed}");
            hold(&what, self.reports(threads, names));
        }
        serde_json::from_slice(&first["plan"]).unwrap()
    }
}

/// Where the first lines differ that do.
fn difference(one: &[u8], other: &[u8]) -> String {
    let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let around = |bytes: &[u8]| {
        let shown = &bytes[at.saturating_sub(300)..bytes.len().min(at + 100)];
        String::from_utf8_lossy(shown).into_owned()
    };
    format!("\n  {}\n  {}", around(one), around(other))
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let to = to.join(entry.path().strip_prefix(from).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(to).unwrap(),
            false => {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
}

/// Argument values are shown, so that what depends on them is held as well.
fn with_values(root: &Path) {
    let path = root.join("agentauthz.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, text + "\nreports: { values: true }\n").unwrap();
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap()
}

#[test]
fn the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = tempfile::tempdir().unwrap();
    for (from, to) in [("policies", "head"), ("fixtures/previous", "base")] {
        copy(&root.join(from), &directory.path().join(to));
        with_values(&directory.path().join(to));
    }
    let mut recordings = BTreeMap::new();
    for month in ["2026-09", "2026-10"] {
        let packed = root.join(format!("fixtures/recordings/{month}.jsonl.zst"));
        let text = zstd::decode_all(fs::read(packed).unwrap().as_slice()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.lines().count() > 1_000);
        recordings.insert(format!("recordings/{month}.jsonl"), text);
    }
    let place = Place {
        directory,
        recordings,
    };
    let plan = place.hold();
    assert!(list(&plan, "groups").len() > 10);
    assert_eq!(plan["traffic"]["actions"], 4_663);
    assert!(!list(&plan["trust"]["fidelity"], "mismatches").is_empty());
}

const PERMITS: &str = r#"
@id("refund-third")
permit (principal == Agent::"third-bot", action == Action::"refund", resource)
when { context.amount.lessThan(decimal("LIMIT")) };

@id("mail-others")
permit (principal, action == Action::"send_mail", resource) when { context.to like "*@OTHER" };

@id("no-second")
forbid (principal == Agent::"reply-bot", action == Action::"send_mail", resource) when { context.to like "x*" };

@id("all-reads")
permit (principal, action == Action::"read_order", resource);
"#;

/// Policies that differ in every class of change: wider, narrower, with errors, and by other reasons.
fn versions(root: &Path) {
    for (name, limit, other) in [
        ("base", "40.0", "customers.example"),
        ("head", "90.0", "company.example"),
    ] {
        let repository = root.join(name);
        fs::create_dir(&repository).unwrap();
        let made = agentauthz()
            .current_dir(&repository)
            .arg("init")
            .output()
            .unwrap();
        assert!(made.status.success());
        with_values(&repository);
        let mut permits = PERMITS.replace("LIMIT", limit).replace("OTHER", other);
        if name == "head" {
            permits = permits.replace("\"all-reads\"", "\"any-reads\"");
        }
        fs::write(repository.join("policies/more.cedar"), permits).unwrap();
    }
    // Two of the agents have no entity, so reading its owner is an error.
    let guard = |owner: &str| {
        format!(
            "\n@id(\"owned\")\nforbid (principal, action == Action::\"refund\", resource) when {{ {owner} }};\n"
        )
    };
    for (name, owner) in [
        ("base", "context.amount.lessThan(decimal(\"30.0\"))"),
        (
            "head",
            "principal.owner == \"nobody\" && context.amount.lessThan(decimal(\"30.0\"))",
        ),
    ] {
        let path = root.join(name).join("policies/more.cedar");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text + &guard(owner)).unwrap();
    }
}

/// Calls of many kinds: some have no session, some no time, or the same; an id can stand in both recordings, or twice in
/// one, with other arguments, agents and decisions; some are broken.
fn calls(seed: u64, count: usize) -> String {
    let mut random = Random(seed);
    let mut text = String::new();
    for at in 0..count {
        // Few ids, so that many stand more than once.
        let id = match random.below(3) {
            0 => format!("twice-{}", random.below(count / 8)),
            _ => format!("run-{at}-{seed}"),
        };
        let agent = ["refund-bot", "reply-bot", "third-bot", "stray-bot"][random.below(4)];
        let session = match random.below(4) {
            0 => String::new(),
            _ => format!("\"session\":\"s{}\",", random.below(60)),
        };
        let time = match random.below(4) {
            0 => String::new(),
            1 => "\"time\":\"2026-10-01T10:00:00Z\",".to_owned(),
            2 => "\"time\":\"2026-10-01T12:00:00+02:00\",".to_owned(),
            _ => format!("\"time\":\"2026-10-{:02}T09:00:00Z\",", 1 + random.below(9)),
        };
        let sequence = match random.below(2) {
            0 => String::new(),
            _ => format!("\"sequence\":{},", random.below(4)),
        };
        let amount = match random.below(12) {
            0 => "\"none\"".to_owned(),
            1 => "null".to_owned(),
            _ => format!("{}.{}", random.below(200), random.below(10)),
        };
        let address = format!(
            "{}{}@{}.example",
            ["x", "y"][random.below(2)],
            random.below(50),
            ["customers", "elsewhere", "company"][random.below(3)]
        );
        let call = match random.below(5) {
            0 => "{\"tool\":\"read_order\",\"args\":{\"order\":\"o-1\"}}".to_owned(),
            1 => format!("{{\"tool\":\"send_mail\",\"args\":{{\"to\":\"{address}\"}}}}"),
            2 if random.below(10) == 0 => "{\"tool\":\"unheard\",\"args\":{}}".to_owned(),
            _ => format!(
                "{{\"tool\":\"refund\",\"args\":{{\"order\":\"o-{at}\",\"amount\":{amount}}}}}"
            ),
        };
        let recorded = match random.below(3) {
            0 => String::new(),
            1 => ",\"recorded\":{\"decision\":\"allow\"}".to_owned(),
            _ => ",\"recorded\":{\"decision\":\"deny\"}".to_owned(),
        };
        writeln!(
            text,
            "{{\"version\":1,\"id\":\"{id}\",{session}{sequence}{time}\"agent\":\"{agent}\",\"call\":{call}{recorded}}}"
        )
        .unwrap();
        if random.below(200) == 0 {
            text.push_str("{\"version\":1,\n");
        }
    }
    text
}

/// Two recordings of calls; `imported`: as `import` writes them, with requests, so that the fast lane takes them.
fn made(imported: bool) -> Place {
    let directory = tempfile::tempdir().unwrap();
    versions(directory.path());
    let mut recordings = BTreeMap::new();
    for (name, seed, count) in [("a.jsonl", 7, 1_600), ("b.jsonl", 8, 1_100)] {
        let mut text = calls(seed, count);
        if imported {
            let root = directory.path();
            fs::write(root.join("calls.jsonl"), &text).unwrap();
            let ran = agentauthz()
                .current_dir(root.join("head"))
                .args(["import", "../calls.jsonl", "-o", "../imported.jsonl"])
                .output()
                .unwrap();
            // Ids that stand twice are a finding.
            assert_eq!(ran.status.code(), Some(1));
            text = fs::read_to_string(root.join("imported.jsonl")).unwrap();
            assert!(text.contains("\"mapping\":\""));
        }
        recordings.insert(format!("parts/{name}"), text);
    }
    Place {
        directory,
        recordings,
    }
}

/// What the generated recordings must bring about, or the test would hold less than it says.
fn holds_much(plan: &Value) {
    let groups = list(plan, "groups");
    let classes: Vec<&str> = groups
        .iter()
        .map(|group| group["class"].as_str().unwrap())
        .collect();
    for class in [
        "error_opened",
        "newly_allowed",
        "newly_denied",
        "error_changed",
        "reason_changed",
    ] {
        assert!(classes.contains(&class), "{class} of {classes:?}");
    }
    assert!(plan["repeated_ids"].as_object().unwrap().len() > 100);
    assert!(list(&plan["trust"]["fidelity"], "mismatches").len() > 3);
    assert!(
        plan["downstream"].as_u64() > Some(50),
        "{}",
        plan["downstream"]
    );
    let sampled = groups
        .iter()
        .any(|group| group["predicate"]["complete"] == false);
    assert!(sampled, "some group is larger than what is kept of it");
}

#[test]
fn calls_with_equal_ids_and_times() {
    holds_much(&made(false).hold());
}

#[test]
fn imported_calls_with_equal_ids_and_times() {
    holds_much(&made(true).hold());
}
