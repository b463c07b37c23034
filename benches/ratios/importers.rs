//! Importers: how fast each reads its format, on one thread, beside serde_json reading the same bytes into values; and what
//! is done with recordings on the way into a file: looking for secrets, building a corpus.

use crate::binary::{agentauthz, record, run};
use crate::data::logs::{self, Count};
use crate::data::{Data, Spec};
use crate::measure::{Goal, Report, better, interleaved};
use agentauthz::model::{Importer, RecordedAction};
use agentauthz::recording::{Item, Redaction, lines, parse};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What is read.
struct Input {
    name: String,
    importer: Importer,
    what: String,
    files: Vec<Vec<u8>>,
    /// How many actions all files hold together, where that is known from elsewhere.
    actions: Option<usize>,
}

/// So many bytes are read, at least.
const BYTES: usize = 50_000_000;

/// The importers that are to reach half the speed of serde_json.
const PROMISED: [Importer; 2] = [Importer::Openai, Importer::Otel];

/// Megabytes a second of each importer, and of what is done with what they read.
pub fn measure(report: &mut Report) {
    let bytes = if report.quick { BYTES / 10 } else { BYTES };
    for importer in Importer::ALL {
        let name = format!("importer_{}", importer.name().replace('-', "_"));
        let promised = PROMISED.contains(importer);
        let made = match promised {
            true => format!("{name}_made"),
            false => name.clone(),
        };
        if report.wants(&["importers", &name]) {
            match real(*importer, &name) {
                Some(input) => importer_line(report, &input, bytes, promised),
                None if promised => report.skipped(&name, "there is no ../shared/recordings"),
                None => {}
            }
        }
        let is_real = real_paths(*importer).iter().all(|path| path.exists())
            && !real_paths(*importer).is_empty();
        if report.wants(&["importers", &made]) && (promised || !is_real) {
            let log = logs::log(*importer, bytes);
            let input = Input {
                name: made,
                importer: *importer,
                what: "made for this".to_owned(),
                files: vec![log.bytes],
                actions: Some(log.actions),
            };
            importer_line(report, &input, bytes, promised);
        }
    }
    secrets(report, bytes);
    corpus(report);
}

/// The real recordings of a format.
fn real_paths(importer: Importer) -> Vec<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let files: &[&str] = match importer {
        Importer::Openai => &["livemcpbench/sessions.json"],
        Importer::Agentdojo => &["agentdojo/banking.jsonl.zst", "agentdojo/slack.jsonl.zst"],
        Importer::Tau2 => &[
            "tau2/gpt-4.1.airline.json",
            "tau2/gpt-4.1.retail.json",
            "tau2/toolorchestra.retail.json",
        ],
        Importer::Otel => &["otel/hand", "otel/kagent/v1.0.0-alpha9", "otel/samples"],
        _ => &[],
    };
    files.iter().map(|file| shared.join(file)).collect()
}

fn real(importer: Importer, name: &str) -> Option<Input> {
    let paths = real_paths(importer);
    if paths.is_empty() || !paths.iter().all(|path| path.exists()) {
        return None;
    }
    let (files, what, actions) = match importer {
        Importer::Otel => {
            let (lines, count) = otlp_lines(&paths);
            let what = format!("{count} real exports, one a line");
            (vec![lines], what, None)
        }
        _ => {
            let files: Vec<_> = paths.iter().map(|path| unpacked(path)).collect();
            let (what, actions) = match importer {
                Importer::Openai => ("LiveMCPBench's sessions", Some(814)),
                Importer::Tau2 => ("tau2's results", Some(148 + 299 + 873)),
                _ => ("AgentDojo's runs", None),
            };
            (files, what.to_owned(), actions)
        }
    };
    Some(Input {
        name: name.to_owned(),
        importer,
        what,
        files,
        actions,
    })
}

fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("a readable file");
    match path.extension().is_some_and(|extension| extension == "zst") {
        true => zstd::decode_all(&bytes[..]).expect("zstd"),
        false => bytes,
    }
}

/// The exports in these folders that are OTLP JSON, one a line; how many there are.
fn otlp_lines(folders: &[PathBuf]) -> (Vec<u8>, usize) {
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    let (mut out, mut count) = (Vec::new(), 0);
    for path in paths {
        // Laid out on one line, and otherwise as it is: keys keep their order.
        let text = unpacked(&path);
        let raw: Value = serde_json::from_slice(&text).expect("JSON");
        if raw.get("resourceSpans").is_some() {
            compact(&text, &mut out);
            out.push(b'\n');
            count += 1;
        }
    }
    (out, count)
}

/// JSON without the blanks between its parts.
fn compact(text: &[u8], out: &mut Vec<u8>) {
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(*byte);
        }
        match (byte, escaped) {
            (b'"', false) => quoted = !quoted,
            (b'\\', false) if quoted => {
                escaped = true;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
}

/// What the files hold as JSON values; the count keeps the work from being left out.
fn values(bytes: &[u8]) -> usize {
    let values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    values.inspect(|value| assert!(value.is_ok())).count()
}

fn importer_line(report: &mut Report, input: &Input, bytes: usize, promised: bool) {
    let size: usize = input.files.iter().map(Vec::len).sum();
    let passes = bytes.div_ceil(size);
    let read = || {
        let mut count = Count::default();
        for file in &input.files {
            let of_file = logs::read(input.importer, file);
            count.actions += of_file.actions;
            count.malformed += of_file.malformed;
        }
        count
    };
    let first = read();
    let right = input.actions.is_none_or(|actions| actions == first.actions);
    assert!(
        right && first.malformed == 0 && first.actions > 0,
        "{}: {first:?}, and {:?} actions were expected",
        input.name,
        input.actions
    );
    let megabytes = (size * passes) as f64 / 1e6;
    let is_json = input.importer != Importer::Csv;
    let (ours, theirs) = interleaved(
        3,
        || (0..passes).for_each(|_| assert_eq!(read(), first)),
        || {
            for file in (0..passes).flat_map(|_| &input.files).filter(|_| is_json) {
                assert!(std::hint::black_box(values(file)) > 0);
            }
        },
    );
    let speed = megabytes / ours.wall;
    let mut figures = vec![format!(
        "{}: {megabytes:.0} MB, {} actions in {:.3} s ({:.2} s of processor time), {speed:.0} MB/s",
        input.what,
        first.actions * passes,
        ours.wall,
        ours.cpu
    )];
    if !is_json {
        return report.line(&input.name, speed, Goal::Shown(" MB/s"), &figures);
    }
    figures.push(format!(
        "serde_json::Value of the same: {:.3} s ({:.2} s of processor time), {:.0} MB/s",
        theirs.wall,
        theirs.cpu,
        megabytes / theirs.wall
    ));
    let goal = match promised {
        true => Goal::AtLeast(0.5, "x"),
        false => Goal::Shown("x"),
    };
    report.line(&input.name, theirs.wall / ours.wall, goal, &figures);
}

/// Every text of actions is looked at for secrets, of which there are none.
fn secrets(report: &mut Report, bytes: usize) {
    let name = "importers_secrets";
    if !report.wants(&[name]) {
        return;
    }
    let log = logs::log(Importer::Native, bytes / 5);
    let mut actions: Vec<RecordedAction> = lines(1, &log.bytes)
        .flat_map(|(line, bytes)| {
            let bytes = bytes.to_vec();
            parse(Importer::Native, &Item { bytes, line }, "log.jsonl").actions
        })
        .map(|action| action.expect("an action"))
        .collect();
    let redaction = Redaction {
        paths: Vec::new(),
        secrets: true,
    };
    let mut look = || {
        for action in &mut actions {
            let found = redaction.apply(action).expect("it is kept");
            assert!(found.values.is_empty());
        }
    };
    let (spent, _) = interleaved(3, || (0..5).for_each(|_| look()), || {});
    let megabytes = (log.bytes.len() * 5) as f64 / 1e6;
    let figures = [format!(
        "{megabytes:.0} MB of native records, {} actions, already read, in {:.3} s ({:.2} s of processor time)",
        log.actions * 5,
        spent.wall,
        spent.cpu
    )];
    report.line(name, megabytes / spent.wall, Goal::Shown(" MB/s"), &figures);
}

/// A corpus of many actions under few policies.
fn corpus(report: &mut Report) {
    let name = "importers_corpus_build";
    if !report.wants(&[name]) {
        return;
    }
    let actions = if report.quick { 3_000 } else { 30_000 };
    // Not below the target directory, which git ignores, as the files of a working tree in there would be.
    let directory = tempfile::tempdir().expect("the system has a directory for temporary files");
    let root = directory.path();
    let data = Data::new(Spec::new(10));
    data.write_repositories(root)
        .expect("repositories are written");
    let recording = root.join("recording.jsonl");
    record(&data, actions, &recording);
    let mut best = None;
    for _ in 0..3 {
        let mut command = agentauthz(&root.join("base"));
        command.args([
            "corpus",
            "build",
            "../recording.jsonl",
            "-o",
            "../corpus.jsonl",
        ]);
        best = Some(better(best, run(&mut command, &[0]).0));
    }
    let Some(spent) = best else {
        return;
    };
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len()) as f64 / 1e6;
    let megabytes = size(&recording);
    let figures = [format!(
        "{megabytes:.0} MB, {actions} actions, 10 policies, the whole process on all cores in {:.3} s ({:.2} s of processor time); the corpus has {:.1} MB",
        spent.wall,
        spent.cpu,
        size(&root.join("corpus.jsonl"))
    )];
    report.line(name, megabytes / spent.wall, Goal::Shown(" MB/s"), &figures);
}
