//! The report on mutants as plain data: what its JSON form holds.

use super::{Fate, Judged, Killer, MutationReport, Proposal};
use crate::cedar::{Operator, Reason, Sameness};
use crate::model::{Diagnostic, Sources};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;

/// The format that [`Document::format`] names. Keys may be added within a version.
pub const FORMAT: &str = "agentauthz.mutation/1";

/// What became of a version's mutants.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz mutation report")]
pub struct Document {
    /// `agentauthz.mutation/1`.
    pub format: String,
    /// The name of the policy repository.
    pub repository: Option<String>,
    /// The version that was mutated.
    pub versions: Vec<VersionNote>,
    /// How many mutants there are: those that tests are run against.
    pub mutants: usize,
    /// How many of them a test kills.
    pub killed: usize,
    /// How many survive.
    pub survived: usize,
    /// How many of the survivors the manifest explains.
    pub explained: usize,
    /// The share of killed mutants in percent; nothing where there is none.
    pub score: Option<f64>,
    /// The same with the mutants that were left out as equivalent counted as survivors.
    pub score_with_equivalent: Option<f64>,
    /// The score that must be reached, in percent.
    pub min: Option<f64>,
    /// Whether it is.
    pub reaches_min: bool,
    /// How many edits were left out, by reason.
    pub left_out: LeftOutCounts,
    /// How many cases of unit tests were run.
    pub cases: usize,
    /// How many pairs of a mutant and a case could differ from the original, and were looked at.
    pub looked_at: usize,
    /// Mutants by operator.
    pub operators: BTreeMap<String, OperatorNote>,
    /// The survivors, policy by policy in the order of the files.
    pub survivors: Vec<Survivor>,
    /// The mutants that a test kills.
    pub dead: Vec<Dead>,
    /// For how many survivors no test was looked for, as the searches before them took all tries.
    pub not_searched: usize,
    /// The edits that were left out.
    pub edits_left_out: Vec<LeftOutNote>,
    /// Explanations that explain nothing, or are expired.
    pub findings: Vec<FindingNote>,
}

/// A policy version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct VersionNote {
    /// How it was named.
    pub label: String,
    /// The digest of its files.
    pub digest: String,
}

/// How many edits were left out, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LeftOutCounts {
    /// They do not parse, or the template's links do not fit them.
    pub invalid: usize,
    /// Their normalised tree is that of the original.
    pub equal_tree: usize,
    /// The truth table of their atoms is that of the original.
    pub equal_table: usize,
    /// They are the same as another mutant of the policy.
    pub repeated: usize,
}

/// The mutants of one operator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct OperatorNote {
    /// How many there are.
    pub mutants: usize,
    /// How many a test kills.
    pub killed: usize,
}

/// A mutant that no test kills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Survivor {
    /// The policy, template or link.
    pub policy: String,
    /// What was done to it.
    pub operator: String,
    /// Its file.
    pub file: String,
    /// The line of the edit.
    pub line: usize,
    /// The mutant's fingerprint, for an explanation.
    pub fingerprint: String,
    /// How many cases it could affect.
    pub affected: usize,
    /// Why it may survive, as the manifest says.
    pub explained: Option<String>,
    /// The lines that differ, each behind `-` or `+`.
    pub diff: Vec<String>,
    /// A suite in YAML with one test that holds for the original and fails for the mutant; nothing where none was found,
    /// or looked for.
    pub proposed: Option<String>,
    /// Whether such a test was looked for.
    pub searched: bool,
}

/// A mutant that a test kills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Dead {
    /// The policy, template or link.
    pub policy: String,
    /// What was done to it.
    pub operator: String,
    /// Its file.
    pub file: String,
    /// The line of the edit.
    pub line: usize,
    /// The mutant's fingerprint.
    pub fingerprint: String,
    /// The first test that kills it.
    pub by: KillerNote,
}

/// A test that kills a mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct KillerNote {
    /// Its file.
    pub file: String,
    /// The line where it begins.
    pub line: usize,
    /// Its suite.
    pub suite: String,
    /// Its name.
    pub test: String,
    /// Its row, where it has several.
    pub row: Option<String>,
}

/// An edit that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LeftOutNote {
    /// The policy, template or link.
    pub policy: String,
    /// What was done to it.
    pub operator: String,
    /// Why: `invalid`, `equal_tree`, `equal_table` or `repeated`.
    pub reason: String,
    /// The text of the policy with the edit.
    pub text: String,
}

/// What is wrong with an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FindingNote {
    /// The file.
    pub path: Option<String>,
    /// The line, where a place is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// The JSON Schema (draft 2020-12) of a document.
pub fn json_schema() -> serde_json::Value {
    let generator = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

impl Document {
    /// The document of a report on a version with these files.
    pub fn of(
        report: &MutationReport,
        repository: Option<String>,
        versions: Vec<VersionNote>,
        sources: &Sources,
    ) -> Self {
        let (mutants, killed) = (report.mutants.len(), report.killed());
        let mut operators: BTreeMap<String, OperatorNote> = BTreeMap::new();
        for judged in &report.mutants {
            let note = operators
                .entry(judged.mutant.operator.name().to_owned())
                .or_default();
            note.mutants += 1;
            note.killed += usize::from(matches!(judged.fate, Fate::Killed(_)));
        }
        let dead = report
            .mutants
            .iter()
            .filter_map(|judged| match &judged.fate {
                Fate::Killed(killer) => Some(Dead::of(judged, killer)),
                Fate::Survived { .. } => None,
            });
        let survivors: Vec<Survivor> = report
            .survivors()
            .map(|(judged, explained, proposal)| Survivor::of(judged, explained, proposal))
            .collect();
        let left_out = |reason: Reason| report.left_out(|found| found == reason);
        Self {
            format: FORMAT.to_owned(),
            repository,
            versions,
            mutants,
            killed,
            survived: mutants - killed,
            explained: survivors.iter().filter(|s| s.explained.is_some()).count(),
            score: share(killed, mutants),
            score_with_equivalent: share(killed, mutants + report.equivalent()),
            min: report.min.map(|min| f64::from(min.0) / 100.0),
            reaches_min: report.reaches_min(),
            left_out: LeftOutCounts {
                invalid: left_out(Reason::Invalid),
                equal_tree: left_out(Reason::Equivalent(Sameness::Tree)),
                equal_table: left_out(Reason::Equivalent(Sameness::Table)),
                repeated: left_out(Reason::Repeated),
            },
            cases: report.cases,
            looked_at: report.looked_at,
            operators,
            survivors,
            dead: dead.collect(),
            not_searched: report.not_searched(),
            edits_left_out: report
                .left_out
                .iter()
                .map(|left| LeftOutNote {
                    policy: left.policy.to_string(),
                    operator: left.operator.name().to_owned(),
                    reason: reason(left.reason).to_owned(),
                    text: left.text.clone(),
                })
                .collect(),
            findings: report
                .findings
                .iter()
                .map(|found| FindingNote::of(found, sources))
                .collect(),
        }
    }
}

impl Survivor {
    /// Whether the whole policy or link is left out.
    pub fn is_dropped(&self) -> bool {
        let dropped = [Operator::PolicyDropped, Operator::LinkDropped];
        dropped.iter().any(|op| op.name() == self.operator)
    }

    fn of(judged: &Judged, explained: Option<&str>, proposal: &Proposal) -> Self {
        let mutant = &judged.mutant;
        Self {
            policy: mutant.policy.to_string(),
            operator: mutant.operator.name().to_owned(),
            file: mutant.file.to_string(),
            line: mutant.line,
            fingerprint: mutant.fingerprint.to_string(),
            affected: judged.affected,
            explained: explained.map(str::to_owned),
            diff: diff(&mutant.original, &mutant.text(), mutant.operator),
            searched: *proposal != Proposal::NotSearched,
            proposed: match proposal {
                Proposal::Test(text) => Some(text.clone()),
                Proposal::NotFound | Proposal::NotSearched => None,
            },
        }
    }
}

impl Dead {
    fn of(judged: &Judged, killer: &Killer) -> Self {
        let mutant = &judged.mutant;
        Self {
            policy: mutant.policy.to_string(),
            operator: mutant.operator.name().to_owned(),
            file: mutant.file.to_string(),
            line: mutant.line,
            fingerprint: mutant.fingerprint.to_string(),
            by: KillerNote {
                file: killer.file.to_string(),
                line: killer.line,
                suite: killer.suite.to_string(),
                test: killer.test.to_string(),
                row: killer.row.as_deref().map(str::to_owned),
            },
        }
    }
}

impl FindingNote {
    fn of(found: &Diagnostic, sources: &Sources) -> Self {
        let file = found.path.as_deref().and_then(|path| sources.get(path));
        let place = file.zip(found.labels.first());
        Self {
            line: place.map(|(file, label)| file.line_column(label.span.start).0),
            path: found.path.as_deref().map(str::to_owned),
            message: found.message.clone(),
            help: found.help.clone(),
        }
    }
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Invalid => "invalid",
        Reason::Equivalent(Sameness::Tree) => "equal_tree",
        Reason::Equivalent(Sameness::Table) => "equal_table",
        Reason::Repeated => "repeated",
    }
}

/// A share in percent, to two digits; nothing of nothing.
pub fn share(part: usize, whole: usize) -> Option<f64> {
    let hundredths = (part * 10_000).checked_div(whole)?;
    Some(hundredths as f64 / 100.0)
}

/// The lines that differ: of a policy or link that is dropped, all.
pub fn diff(original: &str, mutated: &str, operator: Operator) -> Vec<String> {
    if matches!(operator, Operator::PolicyDropped | Operator::LinkDropped) {
        return original.lines().map(|line| format!("-{line}")).collect();
    }
    let lines = |text: &str| format!("{}\n", text.trim_end_matches('\n'));
    let (original, mutated) = (lines(original), lines(mutated));
    let diff = TextDiff::from_lines(&original, &mutated);
    let groups = diff.grouped_ops(0);
    groups
        .iter()
        .flatten()
        .flat_map(|op| diff.iter_changes(op))
        .map(|line| {
            let sign = match line.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            format!("{sign}{}", line.value().trim_end_matches(['\n', '\r']))
        })
        .collect()
}
