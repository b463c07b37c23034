//! A job of GitHub's runner: its environment, and fakes of the programs that the action's scripts start.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the comment is found again.
pub const MARKER: &str = "<!-- agentauthz:diff -->";

/// Says what it was called with, one call a line, arguments apart by a byte that none of them holds.
const RECORD: &str = r#"{ printf '%s\037' "$@"; printf '\036'; } >>"$CALLS/${0##*/}.calls""#;

const AGENTAUTHZ: &str = r#"
code=0
for argument in "$@"; do
  case "$argument" in
    check) code=${CHECK:-0} ;;
    test) code=${TEST:-0} ;;
    lint) code=${LINT:-0} escaped=1 ;;
    diff) code=${DIFF:-0} escaped=1 ;;
  esac
done
# What stands on standard output with `--format github` is escaped by the real one.
[ -n "${escaped:-}" ] || printf '%s' "${SAYS:-}"
printf '%s' "${COMPLAINS:-}" >&2
exit "$code"
"#;

const GH: &str = r#"
method=GET
for argument in "$@"; do
  case "$argument" in
    POST | PATCH) method=$argument ;;
    body=@*) cp "${argument#body=@}" "$CALLS/comment" ;;
  esac
done
if [ "$method" = "${GH_FAILS:-}" ]; then
  echo '::error::gh says what it was told'
  exit 1
fi
[ "$method" != GET ] || printf '%s\n' "${COMMENTS:-}"
"#;

const CURL: &str = r#"
while [ $# -gt 0 ]; do
  case "$1" in
    --output) cp "$CALLS/release.tar.gz" "$2"; shift ;;
    *.sha256) printf '%s  name\n' "$PUBLISHED" ;;
  esac
  shift
done
"#;

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/actions/agentauthz")
}

/// The action's scripts.
pub fn scripts() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(home())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .collect();
    found.sort();
    found
}

/// What became of a script.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// A job, in a directory of its own.
pub struct Job {
    dir: tempfile::TempDir,
}

impl Job {
    /// A job in which nothing has happened.
    pub fn new() -> Self {
        let job = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for name in ["bin", "temp", "work", "reports"] {
            fs::create_dir(job.path(name)).unwrap();
        }
        for (name, text) in [("agentauthz", AGENTAUTHZ), ("gh", GH), ("curl", CURL)] {
            let path = job.path("bin").join(name);
            fs::write(&path, format!("#!/usr/bin/env bash\n{RECORD}\n{text}")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        job
    }

    /// A path below the job's directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Runs a script of the action with these variables beside those of the runner.
    pub fn run(&self, script: &str, env: &[(&str, &str)]) -> Ran {
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("bash")
            .arg(home().join(script))
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("CALLS", self.path(""))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_PATH", self.path("path"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_REPOSITORY", "acme/policies")
            .env("ACTION_REPOSITORY", "acme/agentauthz")
            .env("REPORTS", self.path("reports"))
            .envs(env.iter().copied())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What a program was called with, call by call.
    pub fn calls(&self, program: &str) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.path(&format!("{program}.calls"))).unwrap_or_default();
        let calls = text.split('\u{1e}').filter(|call| !call.is_empty());
        calls
            .map(|call| {
                call.trim_end_matches('\u{1f}')
                    .split('\u{1f}')
                    .map(str::to_owned)
                    .collect()
            })
            .collect()
    }

    /// The outputs of the step.
    pub fn outputs(&self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.path("output")).unwrap();
        text.lines()
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// One of them.
    pub fn output(&self, name: &str) -> String {
        self.outputs().remove(name).unwrap()
    }

    /// Puts a Markdown report where `run.sh` does.
    pub fn report(&self, text: &str) {
        fs::write(self.path("reports/diff.md"), text).unwrap();
    }

    /// The summary of the job.
    pub fn summary(&self) -> String {
        fs::read_to_string(self.path("summary")).unwrap()
    }

    /// The comment that was written last.
    pub fn comment(&self) -> String {
        fs::read_to_string(self.path("comment")).unwrap()
    }

    /// Makes a release, and returns its SHA-256.
    pub fn release(&self) -> String {
        let archive = self.path("release.tar.gz");
        let made = Command::new("tar")
            .arg("-czf")
            .arg(&archive)
            .arg("-C")
            .arg(self.path("bin"))
            .arg("agentauthz")
            .status()
            .unwrap();
        assert!(made.success());
        sha256(&archive)
    }
}

fn sha256(path: &Path) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(fs::read(path).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lines that the runner would take for workflow commands.
pub fn live_commands(text: &str) -> Vec<String> {
    let mut stopped: Option<String> = None;
    let mut live = Vec::new();
    for line in text.lines().map(str::trim_start) {
        match &stopped {
            Some(token) if line == format!("::{token}::") => stopped = None,
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(token) => stopped = Some(token.to_owned()),
                None if line.starts_with("::") => live.push(line.to_owned()),
                None => {}
            },
        }
    }
    live
}
