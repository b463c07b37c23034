//! `agentauthz.test/2`: what became of the unit tests, for machines.

use crate::engine::{Miss, NearMiss, PolicyStatus};
use crate::model::{Answer, Diagnostic, Effect, Severity, Sources, Status};
use crate::render::Header;
use crate::testing::{
    BudgetOutcome, BudgetResult, Failure, SuiteResult, TestOutcome, TestReport, TestResult,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of the unit tests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz test report (agentauthz.test/2)")]
pub struct TestDocument {
    /// `agentauthz.test/2`.
    pub format: String,
    /// The name of the repository.
    pub repository: Option<String>,
    /// The version that was tested.
    pub versions: Vec<VersionNote>,
    /// How many cases there are in all.
    pub cases: usize,
    /// How many hold.
    pub passed: usize,
    /// How many do not.
    pub failed: usize,
    /// How many have invalid input.
    pub broken: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// How many were not asked for.
    pub deselected: usize,
    /// How many were not run, because one before them failed.
    pub not_run: usize,
    /// Cells of matrices that are no request, because their action does not take their principal or resource.
    pub left_out: usize,
    /// Type errors of the repository.
    pub diagnostics: Vec<FaultNote>,
    /// The suites, by file.
    pub suites: Vec<SuiteNote>,
    /// The budgets of changes.
    pub budgets: Vec<BudgetNote>,
    /// Properties that were read and not run.
    pub not_proved: Vec<PropertyNote>,
}

/// A policy version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct VersionNote {
    /// How it was named.
    pub label: String,
    /// A digest of its files.
    pub digest: String,
}

/// A fault at a place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FaultNote {
    /// `error` or `warning`.
    pub severity: String,
    /// A stable name of the kind of fault.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// The file, from the root of the repository.
    pub path: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
}

/// What became of a suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SuiteNote {
    /// What it is called.
    pub name: String,
    /// Its file.
    pub path: String,
    /// Faults of the suite itself.
    pub faults: Vec<FaultNote>,
    /// The cases that were asked for, in the file's order.
    pub tests: Vec<CaseNote>,
}

/// What became of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultWord {
    /// It holds.
    #[default]
    Passed,
    /// It does not hold.
    Failed,
    /// Its own input is invalid.
    Broken,
    /// It was not run.
    Skipped,
}

/// One case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct CaseNote {
    /// What the test is called.
    pub name: String,
    /// Which row of it the case is.
    pub row: Option<String>,
    /// The line where it begins.
    pub line: usize,
    /// What became of it.
    pub result: ResultWord,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day on which it is skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What is wrong with its input, or which expectations do not hold.
    pub diagnostics: Vec<FaultNote>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureNote>,
}

/// Why a case failed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FailureNote {
    /// The decision that was expected.
    pub expected_decision: String,
    /// The decision that came out: allow, forbid or no-match.
    pub actual_decision: String,
    /// The answer.
    pub answer: AnswerNote,
    /// Every policy whose scope holds, and what became of it.
    pub policies: Vec<StatusNote>,
    /// Why policies that were expected to apply did not.
    pub near_misses: Vec<MissNote>,
    /// The command that runs this case alone.
    pub rerun: String,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AnswerNote {
    /// `allow` or `deny`.
    pub decision: Option<String>,
    /// The determining policies.
    pub determining: Vec<String>,
    /// The policies that raised an error.
    pub errors: Vec<String>,
}

/// What became of a policy whose scope holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StatusNote {
    /// The policy.
    pub policy: String,
    /// `permit` or `forbid`.
    pub effect: String,
    /// `satisfied`, `not_satisfied`, `error` or `unknown`.
    pub status: String,
    /// The first part of its condition that does not hold.
    pub blocking: Option<String>,
    /// Cedar's message, where it raised an error.
    pub error: Option<String>,
    /// The file it stands in.
    pub path: String,
    /// The line where it begins.
    pub line: Option<usize>,
}

/// Why a policy did not apply.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct MissNote {
    /// The policy.
    pub policy: String,
    /// `permit` or `forbid`.
    pub effect: String,
    /// `scope`, `false` or `error`.
    pub miss: String,
    /// What it asks and what did not hold.
    pub text: String,
    /// Cedar's message, where there was an error.
    pub message: Option<String>,
    /// What it read, and the values it saw.
    pub values: Vec<ValueNote>,
    /// The file it stands in.
    pub path: String,
    /// The line of what did not hold.
    pub line: Option<usize>,
}

/// A path and its value, as Cedar writes them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ValueNote {
    /// The path.
    pub path: String,
    /// The value.
    pub value: String,
}

/// What became of a budget of changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct BudgetNote {
    /// The suite.
    pub suite: String,
    /// Its file.
    pub path: String,
    /// The line where it begins.
    pub line: usize,
    /// What it is called.
    pub name: String,
    /// What became of it.
    pub result: ResultWord,
    /// The changes that were counted, by class.
    pub changes: BTreeMap<String, u64>,
    /// The limits that were exceeded, by class.
    pub exceeded: BTreeMap<String, u64>,
    /// Why it could not be judged.
    pub message: Option<String>,
}

/// A property that was read and not run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PropertyNote {
    /// The suite.
    pub suite: String,
    /// Its file.
    pub path: String,
    /// What it is called.
    pub name: String,
}

/// The report as its document.
pub(super) fn document(header: &Header, report: &TestReport, sources: &Sources) -> TestDocument {
    TestDocument {
        format: "agentauthz.test/2".to_owned(),
        repository: header.name.clone(),
        versions: header
            .versions
            .iter()
            .map(|version| VersionNote {
                label: version.label.clone(),
                digest: version.digest.clone(),
            })
            .collect(),
        cases: report.cases,
        passed: report.passed(),
        failed: report.failed(),
        broken: report.broken(),
        skipped: report.skipped(),
        deselected: report.deselected,
        not_run: report.not_run,
        left_out: report.left_out,
        diagnostics: faults(&report.diagnostics, sources),
        suites: report
            .suites
            .iter()
            .map(|suite| suite_note(suite, sources))
            .collect(),
        budgets: report.budgets.iter().map(budget).collect(),
        not_proved: report
            .unproved
            .iter()
            .map(|property| PropertyNote {
                suite: property.suite.clone(),
                path: property.path.to_string(),
                name: property.name.clone(),
            })
            .collect(),
    }
}

fn suite_note(suite: &SuiteResult, sources: &Sources) -> SuiteNote {
    SuiteNote {
        name: suite.name.clone(),
        path: suite.path.to_string(),
        faults: faults(&suite.faults, sources),
        tests: suite.tests.iter().map(|test| case(test, sources)).collect(),
    }
}

fn case(test: &TestResult, sources: &Sources) -> CaseNote {
    let note = CaseNote {
        name: test.name.clone(),
        row: test.row.clone(),
        line: test.line,
        ..CaseNote::default()
    };
    match &test.outcome {
        TestOutcome::Passed => note,
        TestOutcome::Skipped(reason, until) => CaseNote {
            result: ResultWord::Skipped,
            reason: Some(reason.clone()),
            until: until.clone(),
            ..note
        },
        TestOutcome::Broken(found) => CaseNote {
            result: ResultWord::Broken,
            diagnostics: faults(found, sources),
            ..note
        },
        TestOutcome::Failed(found) => CaseNote {
            result: ResultWord::Failed,
            diagnostics: faults(&found.diagnostics, sources),
            failure: Some(failure(found, sources)),
            ..note
        },
    }
}

fn failure(failure: &Failure, sources: &Sources) -> FailureNote {
    FailureNote {
        expected_decision: failure.expected.name().to_owned(),
        actual_decision: failure.actual_decision.name().to_owned(),
        answer: answer(&failure.actual),
        policies: failure
            .policies
            .iter()
            .map(|policy| status(policy, sources))
            .collect(),
        near_misses: failure
            .near_misses
            .iter()
            .map(|miss| near_miss(miss, sources))
            .collect(),
        rerun: failure.rerun.clone(),
    }
}

fn answer(answer: &Answer) -> AnswerNote {
    AnswerNote {
        decision: answer.decision.map(|decision| decision.to_string()),
        determining: answer.determining.iter().map(ToString::to_string).collect(),
        errors: answer.errors.iter().map(ToString::to_string).collect(),
    }
}

fn status(policy: &PolicyStatus, sources: &Sources) -> StatusNote {
    let word = match policy.status {
        Status::Satisfied => "satisfied",
        Status::NotSatisfied => "not_satisfied",
        Status::Error => "error",
        Status::NotSatisfiedOrError => "not_satisfied_or_error",
        Status::Unknown => "unknown",
    };
    StatusNote {
        policy: policy.policy.to_string(),
        effect: effect(policy.effect),
        status: word.to_owned(),
        blocking: policy.blocking.clone(),
        error: policy.error.clone(),
        path: policy.place.0.to_string(),
        line: line(sources, &policy.place.0, policy.place.1),
    }
}

fn near_miss(miss: &NearMiss, sources: &Sources) -> MissNote {
    let word = match miss.missed.miss {
        Miss::Scope => "scope",
        Miss::False => "false",
        Miss::Error => "error",
    };
    let at = miss.missed.span.unwrap_or(miss.span);
    MissNote {
        policy: miss.policy.to_string(),
        effect: effect(miss.effect),
        miss: word.to_owned(),
        text: miss.missed.text.clone(),
        message: miss.missed.message.clone(),
        values: miss
            .missed
            .values
            .iter()
            .map(|(path, value)| ValueNote {
                path: path.clone(),
                value: value.clone(),
            })
            .collect(),
        path: miss.file.to_string(),
        line: line(sources, &miss.file, at.start),
    }
}

fn budget(budget: &BudgetResult) -> BudgetNote {
    let note = BudgetNote {
        suite: budget.suite.clone(),
        path: budget.path.to_string(),
        line: budget.line,
        name: budget.name.clone(),
        ..BudgetNote::default()
    };
    let named = |count: (&crate::model::ChangeClass, u64)| (word(*count.0), count.1);
    match &budget.outcome {
        BudgetOutcome::Kept(changes) => BudgetNote {
            changes: changes
                .iter()
                .map(|(class, n)| named((class, *n)))
                .collect(),
            ..note
        },
        BudgetOutcome::Exceeded(over) => BudgetNote {
            result: ResultWord::Failed,
            changes: over.iter().map(|(class, n)| named((class, n.1))).collect(),
            exceeded: over.iter().map(|(class, n)| named((class, n.0))).collect(),
            ..note
        },
        BudgetOutcome::Broken(message) => BudgetNote {
            result: ResultWord::Broken,
            message: Some(message.clone()),
            ..note
        },
    }
}

fn word(class: crate::model::ChangeClass) -> String {
    class.name().replace('-', "_")
}

fn effect(effect: Effect) -> String {
    effect.to_string()
}

fn line(sources: &Sources, path: &str, offset: usize) -> Option<usize> {
    Some(sources.get(path)?.line_column(offset).0)
}

fn faults(found: &[Diagnostic], sources: &Sources) -> Vec<FaultNote> {
    let note = |fault: &Diagnostic| {
        let file = fault.path.as_deref().and_then(|path| sources.get(path));
        let place = file
            .zip(fault.span())
            .map(|(file, span)| file.line_column(span.start));
        FaultNote {
            severity: match fault.severity {
                Severity::Error => "error".to_owned(),
                Severity::Warning => "warning".to_owned(),
                Severity::Info => "info".to_owned(),
            },
            code: fault.code.to_owned(),
            message: fault.message.clone(),
            help: fault.help.clone(),
            path: fault.path.as_ref().map(ToString::to_string),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
        }
    };
    found.iter().map(note).collect()
}
