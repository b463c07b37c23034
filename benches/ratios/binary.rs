//! The binary: end to end in time and memory (measure 4), on two cores and compressed (5).

use crate::data::{Data, Spec};
use crate::measure::{Goal, Report, Spent, better, spend};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Writes both repositories (`base`, `head`) and a recording, and says how to compare them.
pub fn write(directory: &str, policies: usize, actions: usize) {
    let root = Path::new(directory);
    let data = Data::new(Spec::new(policies));
    std::fs::create_dir_all(root).expect("the directory can be made");
    data.write_repositories(root)
        .expect("repositories are written");
    record(&data, actions, &root.join("recording.jsonl"));
    println!(
        "cd {directory} && agentauthz diff dir:base dir:head --recordings recording.jsonl   # {}, {actions} actions",
        data.spec.name()
    );
}

/// A directory for data under `target/`, removed in the end.
pub fn scratch() -> tempfile::TempDir {
    let below = env!("CARGO_TARGET_TMPDIR");
    std::fs::create_dir_all(below).expect("target/ can be written");
    tempfile::Builder::new()
        .prefix("ratios-")
        .tempdir_in(below)
        .expect("target/ can be written")
}

/// A command on the binary.
pub fn agentauthz(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentauthz"));
    command.current_dir(directory).arg("--no-progress");
    command
}

/// Runs a command; what it took, and the most anonymous memory that it had, in MB, where that can be read.
pub fn run(command: &mut Command, codes: &[i32]) -> (Spent, f64) {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let (spent, most) = spend(|| {
        let mut child = command.spawn().expect("it starts");
        let status = format!("/proc/{}/status", child.id());
        let mut most = 0_u64;
        loop {
            if let Some(code) = child.try_wait().expect("it can be waited for") {
                let mut said = String::new();
                child
                    .stderr
                    .take()
                    .map(|mut from| from.read_to_string(&mut said));
                let ended = code.code().is_some_and(|code| codes.contains(&code));
                assert!(ended, "{command:?} ended with {code}: {said}");
                return most;
            }
            let now = std::fs::read_to_string(&status).unwrap_or_default();
            let held = now
                .lines()
                .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB"))
                .and_then(|kilobytes| kilobytes.trim().parse().ok());
            most = most.max(held.unwrap_or(0));
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    (spent, most as f64 / 1_024.0)
}

fn best(rounds: usize, mut command: impl FnMut() -> Command, codes: &[i32]) -> (Spent, f64) {
    let (mut fastest, mut most) = (None, 0.0_f64);
    for _ in 0..rounds {
        let (spent, memory) = run(&mut command(), codes);
        fastest = Some(better(fastest, spent));
        most = most.max(memory);
    }
    (
        fastest.unwrap_or(Spent {
            wall: f64::NAN,
            cpu: f64::NAN,
        }),
        most,
    )
}

fn diff(directory: &Path, recording: &str) -> Command {
    let mut command = agentauthz(directory);
    command.args([
        "diff",
        "dir:base",
        "dir:head",
        "--fail-on",
        "none",
        "--recordings",
        recording,
    ]);
    command
}

/// A diff may prove nothing or find something; it may not fail to work.
const DIFF: &[i32] = &[0, 1, 3];

/// Writes a recording of so many actions.
pub fn record(data: &Data, actions: usize, path: &Path) {
    let file = File::create(path).expect("the recording can be written");
    data.write_recording(actions, &mut BufWriter::with_capacity(1 << 20, file))
        .expect("it is written");
}

/// `what: 0.5 s (0.5 s of processor time)`
pub fn took(what: &str, spent: Spent) -> String {
    format!(
        "{what}: {:.3} s ({:.2} s of processor time)",
        spent.wall, spent.cpu
    )
}

/// Measure 4.
pub fn end_to_end(report: &mut Report, actions: usize, ten_times: bool) {
    let names = [
        "end_to_end_seconds",
        "end_to_end_memory",
        "memory_ten_times",
    ];
    if !report.wants(&names) {
        return;
    }
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
    record(&data, actions, &root.join("recording.jsonl"));
    record(&data, 1, &root.join("one.jsonl"));
    let (whole, memory) = best(rounds, || diff(root, "recording.jsonl"), DIFF);
    let (load, idle) = best(rounds, || diff(root, "one.jsonl"), DIFF);
    let figures = [
        format!(
            "2 × {policies} policies, 24,000 entities, {actions} actions, {}",
            data.spec.name()
        ),
        took("with one action, so mostly loading", load),
        took("all of it", whole),
    ];
    report.line(names[0], whole.wall, Goal::AtMost(4.0, "s"), &figures);
    let figures = [format!(
        "with one action {idle:.0} MB; looked at every 2 ms"
    )];
    report.line(names[1], memory, Goal::AtMost(512.0, "MB"), &figures);
    if !ten_times {
        let why = "6 GB are written for it; ask with AGENTAUTHZ_BENCH_TEN_MILLION=1";
        return report.skipped(names[2], why);
    }
    record(&data, 10 * actions, &root.join("recording.jsonl"));
    let (spent, ten) = run(&mut diff(root, "recording.jsonl"), DIFF);
    let figures = [
        format!(
            "{actions} actions {memory:.0} MB, {} actions {ten:.0} MB",
            10 * actions
        ),
        took("ten times as many", spent),
    ];
    report.line(names[2], ten / memory, Goal::AtMost(1.1, "x"), &figures);
}

/// Measure 5.
pub fn cores_and_compression(report: &mut Report, actions: usize) {
    let names = ["two_cores_binary", "zst_against_plain", "gz_against_plain"];
    if !report.wants(&names) {
        return;
    }
    // As many as of replays.
    let rounds = if report.quick { 1 } else { 7 };
    let data = Data::new(Spec::new(1_000));
    let directory = scratch();
    let root = directory.path();
    data.write_repositories(root)
        .expect("repositories are written");
    let plain = root.join("plain.jsonl");
    record(&data, actions, &plain);
    record(&data, 1, &root.join("one.jsonl"));

    let (mut one, mut two, mut load) = (None, None, [None, None]);
    for _ in 0..rounds {
        for (threads, whole) in [("1", &mut one), ("2", &mut two)] {
            let with = |recording| {
                let mut command = diff(root, recording);
                command.env("RAYON_NUM_THREADS", threads);
                run(&mut command, DIFF).0
            };
            let idle = &mut load[usize::from(threads == "2")];
            *idle = Some(better(*idle, with("one.jsonl")));
            *whole = Some(better(*whole, with("plain.jsonl")));
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if let (Some(one), Some(two), [Some(load_one), Some(load_two)]) = (one, two, load) {
        let figures = [
            took("one thread", one),
            took("of it with one action", load_one),
            took("two threads", two),
            took("of it with one action", load_two),
        ];
        let ratio = (one.wall - load_one.wall) / (two.wall - load_two.wall);
        match cores < 2 {
            true => report.skipped(names[0], "there is one core"),
            false => report.line(names[0], ratio, Goal::AtLeast(1.7, "x"), &figures),
        }
    }
    for (name, file, gzip) in [
        (names[1], "packed.jsonl.zst", false),
        (names[2], "packed.jsonl.gz", true),
    ] {
        if !report.wants(&[name]) {
            continue;
        }
        pack(&plain, &root.join(file), gzip).expect("it is packed");
        let (mut whole, mut packed, mut unpacking) = (None, None, None);
        for _ in 0..rounds {
            whole = Some(better(whole, run(&mut diff(root, "plain.jsonl"), DIFF).0));
            packed = Some(better(packed, run(&mut diff(root, file), DIFF).0));
            let spent = spend(|| unpack(&root.join(file), gzip).expect("it is unpacked")).0;
            unpacking = Some(better(unpacking, spent));
        }
        let (Some(whole), Some(packed), Some(unpacking)) = (whole, packed, unpacking) else {
            continue;
        };
        let figures = [
            took("plain", whole),
            took("decompressing alone", unpacking),
            took("compressed", packed),
        ];
        let larger = whole.wall.max(unpacking.wall);
        report.line(name, packed.wall / larger, Goal::AtMost(1.3, "x"), &figures);
    }
}

fn pack(from: &Path, to: &Path, gzip: bool) -> io::Result<()> {
    let (mut from, to) = (File::open(from)?, BufWriter::new(File::create(to)?));
    match gzip {
        true => {
            let mut encoder = flate2::write::GzEncoder::new(to, flate2::Compression::default());
            io::copy(&mut from, &mut encoder)?;
            encoder.finish()?.flush()
        }
        false => {
            let mut encoder = zstd::stream::write::Encoder::new(to, 0)?;
            io::copy(&mut from, &mut encoder)?;
            encoder.finish()?.flush()
        }
    }
}

fn unpack(from: &Path, gzip: bool) -> io::Result<u64> {
    let file = File::open(from)?;
    let mut from: Box<dyn Read> = match gzip {
        true => Box::new(flate2::bufread::MultiGzDecoder::new(
            io::BufReader::with_capacity(1 << 18, file),
        )),
        false => Box::new(zstd::stream::read::Decoder::new(file)?),
    };
    let mut buffer = vec![0; 1 << 18];
    let mut all = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(all),
            read => all += read as u64,
        }
    }
}
