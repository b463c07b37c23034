//! A fresh repository to play with, and runs of the binary that are held to what must hold of every run.

use super::repository::agentauthz;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The repository that `init` writes, in a directory of its own.
pub struct Play {
    dir: tempfile::TempDir,
}

/// What became of a run.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Play {
    /// What `init` writes.
    pub fn init() -> Self {
        let play = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        assert_eq!(play.run(&["init"]).code, 0);
        play
    }

    /// A path below the repository's root.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// The text of a file.
    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Runs the binary in the repository.
    pub fn run(&self, args: &[&str]) -> Ran {
        run(self.dir.path(), args)
    }

    /// The names of all files and directories at a place, to see that nothing was left there.
    pub fn names(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(path))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Runs the binary in a directory, and holds the run to what must hold of every one.
pub fn run(directory: &Path, args: &[&str]) -> Ran {
    let output = agentauthz()
        .current_dir(directory)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let ran = Ran::of(&output);
    ran.hold(args);
    ran
}

/// The same with something on standard input.
pub fn run_with(directory: &Path, args: &[&str], input: &str) -> Ran {
    let mut command = agentauthz();
    let ran = Ran::of(&fed(
        command.current_dir(directory).args(args),
        input.as_bytes(),
    ));
    ran.hold(args);
    ran
}

/// What a process leaves that gets something on standard input.
pub fn fed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // More than a pipe holds is read while the process writes.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output
}

impl Ran {
    /// From what a process left.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// No panic, an exit code of ours, and nothing that a terminal acts on.
    pub fn hold(&self, args: &[&str]) {
        assert!((0..=3).contains(&self.code), "{args:?}: {}", self.all());
        for text in [&self.out, &self.err] {
            assert!(!text.contains("panicked"), "{args:?}: {text}");
            let raw = text.chars().find(|&c| acts_on_a_terminal(c));
            assert_eq!(raw, None, "{args:?}: {text:?}");
        }
        if self.code == 2 {
            let all = self.all();
            let usage = all.contains("Usage:");
            assert!(usage || all.contains("error"), "{args:?}: {all}");
        }
    }

    /// Both streams.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Asserts the exit code and that both streams together hold these texts.
    #[track_caller]
    pub fn says(&self, code: i32, texts: &[&str]) {
        let all = self.all();
        assert_eq!(self.code, code, "{all}");
        for text in texts {
            assert!(all.contains(text), "`{text}` is not in\n{all}");
        }
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.all()))
    }
}

/// Control characters, and those that reorder or hide text.
pub fn acts_on_a_terminal(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
