//! `--fix`: fixes are put into effect round by round, each tried before, until nothing is left to do.

use super::args::LintArgs;
use super::{Linted, exit_code, look};
use crate::cli::error::CliError;
use crate::cli::origin::Origin;
use crate::cli::output::{Output, rewrite_file};
use crate::cli::versions::{Loaded, load_edited, load_written_version, root};
use crate::lint::{Finding, Fix, FixKind, LintReport, apply, judge};
use crate::model::{Mask, SourceFile};
use crate::render;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead as _;
use std::sync::Arc;

/// More rounds are not made: every round answers a finding, or is the last one.
const ROUNDS: usize = 100;

/// What becomes of the files.
#[derive(Default)]
struct Work {
    texts: BTreeMap<Arc<str>, String>,
    applied: usize,
    /// What was refused, and why, by the name of the finding.
    refused: BTreeMap<String, String>,
    /// The findings whose fix was asked for and not wanted.
    declined: BTreeSet<String>,
}

pub(super) fn run(args: &LintArgs, output: &Output) -> Result<u8, CliError> {
    let loaded = load_written_version(&Origin::WorkingTree, None)?;
    let mut work = Work::default();
    let mut current = load_edited(&work.texts, &loaded)?;
    let mut report = look(args, &current.version, output)?;
    if !report.unread.is_empty() {
        return Err(CliError {
            diagnostics: Some((
                report.unread.clone(),
                Box::new(current.version.sources.clone()),
            )),
            ..CliError::new("nothing was fixed: not every file could be read")
        });
    }
    let code_before = exit_code(&report);
    for _ in 0..ROUNDS {
        if !work.round(args, &current, &report) {
            break;
        }
        current = load_edited(&work.texts, &current)?;
        report = look(args, &current.version, output)?;
    }
    if args.suggested {
        let mut answers = std::io::stdin().lock().lines();
        while let Some((text, fix)) = work.next_suggestion(&current, &report, output)? {
            output.to_stderr("apply it? [y]es, [n]o, [q]uit: ");
            let answer = answers.next().and_then(Result::ok).unwrap_or_default();
            match answer.trim() {
                "y" | "yes" => {
                    work.take(&[&fix], &current);
                    current = load_edited(&work.texts, &current)?;
                    report = look(args, &current.version, output)?;
                }
                "n" | "no" => {}
                _ => break,
            }
            work.declined.insert(text);
        }
    }
    let mut shown = String::new();
    for (path, text) in &work.texts {
        shown.push_str(&difference(&loaded, path, text));
    }
    for (what, why) in &work.refused {
        let refused = render::paint(render::Role::Warning, "not applied");
        shown.push_str(&format!(
            "{refused}  {}: {}\n",
            render::printable(what),
            render::printable(why)
        ));
    }
    let verb = match args.diff {
        true => "would apply",
        false => "applied",
    };
    shown.push_str(&format!(
        "{verb}  {} in {}\n\n",
        render::count(work.applied as u64, "fix"),
        render::count(work.texts.len() as u64, "file")
    ));
    if !args.diff {
        let root = root()?;
        for (path, text) in &work.texts {
            rewrite_file(&root.join(path.as_ref()), text)?;
        }
    }
    output.aside(&shown)?;
    // What is only shown is not repaired.
    let code = match args.diff {
        true => code_before,
        false => exit_code(&report),
    };
    output.write(&Linted::new(output, &current, report, args.summary))?;
    Ok(code)
}

fn before<'l>(loaded: &'l Loaded, path: &str) -> &'l str {
    let file = loaded.version.sources.get(path);
    file.map(|file| file.text.as_ref()).unwrap_or_default()
}

/// What becomes of a file, without the secrets in it: it may be shown in a pipeline.
fn difference(loaded: &Loaded, path: &str, text: &str) -> String {
    let shown = render::text_diff(path, before(loaded, path), text);
    Mask::of(&loaded.version.sources).masked(&shown)
}

/// The name of a finding among others: lint, place and what it says.
fn name(finding: &Finding, loaded: &Loaded) -> String {
    let file = loaded.version.sources.get(&finding.path);
    let line = file.map_or(0, |file| file.line_column(finding.span.start).0);
    format!("{} {}:{line}", finding.lint.code, finding.path)
}

impl Work {
    /// Puts into effect what may be without asking; whether there was anything.
    fn round(&mut self, args: &LintArgs, current: &Loaded, report: &LintReport) -> bool {
        let wanted = |fix: &Fix| match fix.kind {
            FixKind::Equivalent => true,
            FixKind::Repair => args.repair,
            FixKind::Suggested => false,
        };
        let mut good: Vec<&Fix> = Vec::new();
        for finding in &report.findings {
            let Some(fix) = finding.fix.as_ref().filter(|fix| wanted(fix)) else {
                continue;
            };
            match self.tried(&[fix], current) {
                Ok(_) => good.push(fix),
                Err(why) => {
                    self.refused.insert(name(finding, current), why);
                }
            }
        }
        // Together they must hold as well; else one goes first.
        while !good.is_empty() {
            if self.tried(&good, current).is_ok() {
                self.take(&good, current);
                return true;
            }
            good.truncate(good.len() / 2);
        }
        false
    }

    /// The texts after these fixes, where they hold what they promise.
    fn tried(
        &self,
        fixes: &[&Fix],
        current: &Loaded,
    ) -> Result<BTreeMap<Arc<str>, String>, String> {
        let sources = &current.version.sources;
        let applied = apply(fixes, &|path| {
            sources.get(path).map(|file| file.text.as_ref())
        });
        if applied.done.is_empty() {
            return Err("its edits do not fit the file".to_owned());
        }
        let file = |path: &str| -> Option<&SourceFile> { sources.get(path) };
        let loosest = fixes.iter().max_by_key(|fix| fix.kind);
        if let Some(fix) = loosest {
            let schema = current.version.schema.as_ref();
            judge(fix, schema, &file, &applied.texts)?;
        }
        Ok(applied.texts)
    }

    fn take(&mut self, fixes: &[&Fix], current: &Loaded) {
        let sources = &current.version.sources;
        let applied = apply(fixes, &|path| {
            sources.get(path).map(|file| file.text.as_ref())
        });
        self.applied += applied.done.len();
        self.texts.extend(applied.texts);
    }

    /// The next fix that a person decides on, with its finding shown; nothing where none is left.
    fn next_suggestion(
        &mut self,
        current: &Loaded,
        report: &LintReport,
        output: &Output,
    ) -> Result<Option<(String, Fix)>, CliError> {
        for finding in &report.findings {
            let Some(fix) = finding
                .fix
                .as_ref()
                .filter(|fix| fix.kind == FixKind::Suggested)
            else {
                continue;
            };
            let key = format!(
                "{} {} {}",
                finding.fingerprint(),
                fix.title,
                finding.message
            );
            if self.declined.contains(&key) {
                continue;
            }
            let texts = match self.tried(&[fix], current) {
                Ok(texts) => texts,
                Err(why) => {
                    self.refused.insert(name(finding, current), why);
                    self.declined.insert(key);
                    continue;
                }
            };
            let mut shown = render::diagnostics([&finding.diagnostic()], &current.version.sources);
            for (path, text) in &texts {
                shown.push_str(&difference(current, path, text));
            }
            shown.push_str(&format!("{}\n", render::printable(&fix.title)));
            output.to_stderr(&shown);
            return Ok(Some((key, fix.clone())));
        }
        Ok(None)
    }
}
