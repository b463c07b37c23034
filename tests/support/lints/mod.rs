//! The pages of lints as tests: their code blocks are repositories, and lines of carets say what is found there.

use agentauthz::lint::{Edit, Finding, Fix, Levels, Lint, LintReport, Need, Settings, apply, lint};
use agentauthz::model::Span;
use agentauthz::repository::{Files, LintLevel, PolicyVersion, load};
use std::collections::BTreeMap;

/// The day of the pages.
pub const NOW: &str = "2026-11-24";

const SCHEMA: &str = include_str!("main.cedarschema");
const AGENTS: &str = include_str!("agents.yaml");
const MANIFEST: &str = "version: 1\nname: page\ntools: [\"tools/*.json\"]\n";

/// A block of code of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// What stands behind the fence.
    pub info: Vec<String>,
    /// The text without marks.
    pub text: String,
    /// What is to be found in it.
    pub marks: Vec<Mark>,
    /// Its line on the page.
    pub line: usize,
}

/// A line of carets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The line above, from 1, in the text without marks.
    pub line: usize,
    /// The first and the last column, from 0; the first may be hidden behind the sign of a comment.
    pub columns: (usize, usize),
    /// The code behind it.
    pub code: String,
}

/// A part of a page that is a repository of its own.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Whether it shows what is to be avoided.
    pub avoid: bool,
    /// Its blocks.
    pub blocks: Vec<Block>,
    /// What is to be found where a block cannot hold carets: code, file, line.
    pub noted: Vec<(String, String, usize)>,
}

/// The sections of a page: `## Avoid` and `## Prefer`, each split at `###`.
pub fn sections(page: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    let mut open: Option<(Vec<String>, Vec<String>, usize)> = None;
    let mut within = None;
    for (at, line) in page.lines().enumerate() {
        if let Some((info, lines, start)) = &mut open {
            if line.starts_with("```") {
                let block = block(std::mem::take(info), lines, *start);
                if let (Some(_), Some(section)) = (within, found.last_mut()) {
                    section.blocks.push(block);
                }
                open = None;
            } else {
                lines.push(line.to_owned());
            }
            continue;
        }
        if let Some(info) = line.strip_prefix("```") {
            let info = info.split_whitespace().map(str::to_owned).collect();
            open = Some((info, Vec::new(), at + 1));
        } else if let Some(title) = line.strip_prefix("## ") {
            within = match title {
                "Avoid" => Some(true),
                "Prefer" => Some(false),
                _ => None,
            };
            found.extend(within.map(|avoid| Section {
                avoid,
                ..Section::default()
            }));
        } else if line.starts_with("### ") {
            found.extend(within.map(|avoid| Section {
                avoid,
                ..Section::default()
            }));
        } else if let Some(note) = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"))
            && let Some((code, place)) = note.split_once(' ')
            && let Some((path, line)) = place.rsplit_once(':')
            && let Some(section) = found.last_mut()
        {
            section
                .noted
                .push((code.to_owned(), path.to_owned(), line.parse().unwrap()));
        }
    }
    found.retain(|section| !section.blocks.is_empty());
    found
}

fn block(info: Vec<String>, lines: &[String], line: usize) -> Block {
    let mut text = String::new();
    let mut marks = Vec::new();
    let mut count = 0;
    for line in lines {
        if let Some((columns, code)) = mark(line) {
            marks.push(Mark {
                line: count,
                columns,
                code,
            });
        } else {
            count += 1;
            text.push_str(line);
            text.push('\n');
        }
    }
    Block {
        info,
        text,
        marks,
        line,
    }
}

fn mark(line: &str) -> Option<((usize, usize), String)> {
    let trimmed = line.trim_start();
    let body = trimmed
        .strip_prefix("//")
        .or_else(|| trimmed.strip_prefix('#'))?;
    let (carets, code) = body.trim().split_once(' ')?;
    let is_code = code.len() == 5 && code.starts_with("AZ");
    if carets.is_empty() || !carets.bytes().all(|byte| byte == b'^') || !is_code {
        return None;
    }
    let first = line.find('^')?;
    Some(((first, first + carets.len()), code.to_owned()))
}

/// A repository in memory.
#[derive(Debug, Clone)]
pub struct Repo(pub BTreeMap<String, String>);

impl Repo {
    /// That of a section: its blocks over what is usual.
    pub fn of(blocks: &[&Block]) -> (Self, Vec<String>) {
        let mut files = BTreeMap::from([
            ("agentauthz.yaml".to_owned(), MANIFEST.to_owned()),
            ("schema/main.cedarschema".to_owned(), SCHEMA.to_owned()),
            ("agents.yaml".to_owned(), AGENTS.to_owned()),
        ]);
        let mut paths = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            let named = block.info.iter().skip(1).find(|word| word.contains('.'));
            let path = match (named, block.info.first().map(String::as_str)) {
                (Some(path), _) => path.clone(),
                (None, Some("cedarschema")) => "schema/main.cedarschema".to_owned(),
                (None, _) => format!("policies/{}.cedar", at + 1),
            };
            files.insert(path.clone(), block.text.clone());
            paths.push(path);
        }
        (Self(files), paths)
    }

    /// The version that it is.
    pub fn load(&self) -> PolicyVersion {
        load(&Files {
            paths: self.0.keys().cloned().collect(),
            read: &|path| {
                let text = self.0.get(path).ok_or("there is no such file")?;
                Ok(text.as_bytes().to_vec())
            },
            refused: Vec::new(),
        })
    }

    /// What one lint finds, whatever its level.
    pub fn lint(&self, version: &PolicyVersion, one: &Lint) -> LintReport {
        let facts = version
            .suites
            .first()
            .map(|_| match one.needs.contains(&Need::Mutants) {
                true => agentauthz::cli::test_facts_with_mutants(version, NOW).unwrap(),
                false => agentauthz::cli::test_facts(version, NOW),
            });
        // What is off where nothing else is said is on here.
        let given = match one.is_on() {
            true => Vec::new(),
            false => vec![(one.code.to_owned(), LintLevel::Info)],
        };
        let settings = Settings {
            levels: Levels::new(&version.manifest.lint, given),
            now: NOW.to_owned(),
            tests: facts.as_ref(),
            only: needed(one),
            ignore_baseline: false,
        };
        lint(version, &settings)
    }

    /// The text of a file after the fixes of these findings.
    pub fn fixed(&self, findings: &[Finding], path: &str) -> String {
        let fixes: Vec<&Fix> = findings
            .iter()
            .filter_map(|found| found.fix.as_ref())
            .collect();
        let applied = apply(&fixes, &|path| self.0.get(path).map(String::as_str));
        match applied.texts.get(path) {
            Some(text) => text.clone(),
            None => self.0[path].clone(),
        }
    }
}

/// Suppressions are about other lints, which then have to run.
fn needed(one: &Lint) -> Vec<&'static str> {
    match one.code {
        "AZ412" | "AZ413" => Vec::new(),
        code => agentauthz::lint::catalogue()
            .iter()
            .filter(|lint| lint.code == code)
            .map(|lint| lint.code)
            .collect(),
    }
}

/// The line and the columns of a finding, cut at the end of its first line.
pub fn place(text: &str, span: Span) -> (usize, (usize, usize)) {
    let before = &text[..span.start];
    let line = before.matches('\n').count() + 1;
    let from = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[span.start..];
    let length = rest.find('\n').unwrap_or(rest.len()).min(span.len);
    let first = text[from..span.start].chars().count();
    let count = text[span.start..span.start + length]
        .trim_end()
        .chars()
        .count();
    (line, (first, first + count))
}

/// An edit in words, for messages.
pub fn say(edit: &Edit) -> String {
    format!(
        "{}:{}+{} → {:?}",
        edit.path, edit.span.start, edit.span.len, edit.text
    )
}
