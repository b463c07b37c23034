//! Running the lints over a version.

use super::baseline::Baseline;
use super::catalogue::{Evidence, Lint, Run, by_name, catalogue};
use super::context::{Context, Repository};
use super::facts::TestFacts;
use super::found::{Finding, Found, FoundAt, mask};
use super::levels::Levels;
use super::quiet::quiet;
use super::read::policies;
use super::report::{LintReport, NotRun};
use super::rules::{self, option_fault, plain};
use super::suppress::{Suppression, suppressions};
use crate::cedar::{ParsedPolicy, Schema};
use crate::model::{Diagnostic, SourceFile, Span};
use crate::repository::{LintLevel, PolicyVersion};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// How a version is linted.
#[derive(Debug, Clone, Default)]
pub struct Settings<'s> {
    /// How much findings weigh.
    pub levels: Levels,
    /// The day by which expiry is judged, as `YYYY-MM-DD`.
    pub now: String,
    /// What the unit tests did.
    pub tests: Option<&'s TestFacts>,
    /// Run these lints alone; all that are on, where it is empty.
    pub only: Vec<&'static str>,
    /// Look past the baseline.
    pub ignore_baseline: bool,
}

/// Lints a version.
pub fn lint(version: &PolicyVersion, settings: &Settings<'_>) -> LintReport {
    let context = Context {
        version,
        options: &version.manifest.lint.options,
        now: &settings.now,
        tests: settings.tests,
        typings: version.schema.as_ref().and_then(Schema::typings),
        declared: OnceLock::new(),
        suites: OnceLock::new(),
        entities: OnceLock::new(),
        inventories: OnceLock::new(),
        requestable: OnceLock::new(),
        sampled: OnceLock::new(),
        approvals: OnceLock::new(),
        kinds: OnceLock::new(),
        givers: super::givers::Givers::of(version),
    };
    let repository = Repository {
        context: &context,
        policies: policies(&context),
        implied: OnceLock::new(),
    };
    let mut report = LintReport {
        policies: repository.policies.len(),
        ..LintReport::default()
    };
    let mut passing: BTreeMap<&'static str, &'static Lint> = BTreeMap::new();
    let mut per_policy = Vec::new();
    let mut per_repository = Vec::new();
    for lint in catalogue().iter().copied() {
        let picked = settings.only.is_empty() || settings.only.contains(&lint.code);
        if !picked || !settings.levels.runs(lint) {
            continue;
        }
        if matches!(lint.run, Run::Solver) {
            report.not_run.push(NotRun {
                lint,
                reason: "only a solver can tell, and there is none yet".to_owned(),
            });
            continue;
        }
        let lacking = lint.needs.iter().find_map(|need| context.lacks(*need));
        if let Some(reason) = lacking {
            report.not_run.push(NotRun {
                lint,
                reason: reason.to_owned(),
            });
            continue;
        }
        report.ran.push(lint);
        passing.extend(lint.passes.iter().map(|code| (*code, lint)));
        match lint.run {
            Run::Policy(look) => per_policy.push((lint, look)),
            Run::Repository(look) => per_repository.push((lint, look)),
            Run::Passed | Run::Solver => {}
        }
    }
    // What several of them share is found before they run side by side: it is found in parallel itself.
    rules::prepare(&repository, &report.ran);
    let of_policies = || -> Vec<Vec<Finding>> {
        let look = |policy| look_at(&per_policy, |look, found| look(policy, found));
        repository.policies.par_iter().map(look).collect()
    };
    // What threads can share among them comes after what they cannot: at the end none is left with nothing to do.
    per_repository.sort_by_key(|(lint, _)| lint.code == "AZ501");
    let of_repository = || -> Vec<Vec<Finding>> {
        let all = per_repository.par_iter();
        all.map(|one| look_at(&[*one], |look, found| look(&repository, found)))
            .collect()
    };
    let (of_policies, of_repository) = rayon::join(of_policies, of_repository);
    let all = of_repository.into_iter().chain(of_policies);
    let mut findings: Vec<Finding> = all.flatten().collect();
    report.unread = blocking(&version.diagnostics, |found| {
        !passing.contains_key(found.code)
    });
    pass_on(&repository, &passing, &mut findings, &mut report.faults);
    weigh(&mut findings, &settings.levels);
    quiet(&mut findings, &version.sources);
    mask(&mut findings, &version.sources);
    sort(&mut findings);
    findings.dedup();
    accept(&repository, settings, &mut findings, &mut report);
    known(&repository, settings, &mut findings, &mut report);
    sort(&mut findings);
    // A part is missing whoever accepts that: what stands in it was not looked at.
    let hidden = blocking(&version.diagnostics, |found| {
        passing
            .get(found.code)
            .is_some_and(|lint| !is_told(&findings, lint, found))
    });
    report.unread.extend(hidden);
    report.findings = findings;
    // To let go of everything that is known of so many policies takes its time.
    repository.policies.into_par_iter().for_each(drop);
    report
}

/// What some lints find.
fn look_at<L: Copy>(
    lints: &[(&'static Lint, L)],
    look: impl Fn(L, &mut Found<'_>),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (lint, own) in lints {
        let findings = &mut findings;
        look(*own, &mut Found { lint, findings });
    }
    findings
}

/// Whether a fault is among the findings under the code of a lint.
fn is_told(findings: &[Finding], lint: &Lint, fault: &Diagnostic) -> bool {
    let span = fault.span().unwrap_or_default();
    findings.iter().any(|found| {
        *found.lint == *lint
            && (stands_for_all(lint.code)
                || (fault.path.as_ref() == Some(&found.path) && found.span.overlaps(span)))
    })
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (&a.path, a.span, a.lint.code, &a.message).cmp(&(&b.path, b.span, b.lint.code, &b.message))
    });
}

/// The faults for which a part is missing, of those that are asked for.
fn blocking(diagnostics: &[Diagnostic], wanted: impl Fn(&Diagnostic) -> bool) -> Vec<Diagnostic> {
    let found = diagnostics.iter().filter(|found| found.is_blocking());
    found.filter(|found| wanted(found)).cloned().collect()
}

/// What Cedar's validator and the checks of a repository found, under the codes of lints. What a lint has found at the same
/// place in its own words is not said twice.
fn pass_on(
    repository: &Repository<'_>,
    passing: &BTreeMap<&'static str, &'static Lint>,
    findings: &mut Vec<Finding>,
    faults: &mut usize,
) {
    let version = repository.context.version;
    let mut passed = Vec::new();
    for diagnostic in &version.diagnostics {
        if diagnostic.is_blocking() && !passing.contains_key(diagnostic.code) {
            continue;
        }
        let place = diagnostic.path.as_deref().zip(diagnostic.span());
        let file = place.and_then(|(path, _)| version.sources.get(path));
        let (Some(lint), Some(file), Some((_, span))) =
            (passing.get(diagnostic.code).copied(), file, place)
        else {
            *faults += usize::from(!is_of_policies(diagnostic.code));
            continue;
        };
        let policy = repository.policies.iter().find(|policy| {
            policy.file.path == file.path
                && policy.parsed.span.start <= span.start
                && span.end() <= policy.parsed.span.end()
        });
        let mut found = Found {
            lint,
            findings: &mut passed,
        };
        let finding = match policy {
            Some(policy) => found.policy(policy, span, plain(&diagnostic.message)),
            None => found.file(file, span, plain(&diagnostic.message)),
        };
        finding.evidence(Evidence::Schema);
        finding.help = diagnostic.help.clone();
        finding
            .labels
            .extend(diagnostic.labels.iter().skip(1).cloned());
    }
    let places = FoundAt::of(findings);
    passed.retain(|passed| {
        let code = passed.lint.code;
        let said = match stands_for_all(code) {
            true => places.has(code),
            false => places.overlap(code, &passed.path, passed.span),
        };
        !said
    });
    findings.extend(passed);
    let places = FoundAt::of(findings);
    let explained: Vec<bool> = findings
        .iter()
        .map(|found| {
            let mut better = explaining(found.lint.code).iter();
            better.any(|code| places.overlap(code, &found.path, found.span))
        })
        .collect();
    let mut explained = explained.into_iter();
    findings.retain(|_| explained.next() != Some(true));
}

/// Whether what a lint finds in its own words stands for everything that it would pass on, wherever that is.
fn stands_for_all(code: &str) -> bool {
    code == "AZ125"
}

/// The lints that say in better words what a lint says at the same place.
fn explaining(code: &str) -> &'static [&'static str] {
    match code {
        "AZ107" => &["AZ124"],
        "AZ109" => &["AZ101", "AZ124"],
        "AZ110" => &["AZ111", "AZ113", "AZ124"],
        _ => &[],
    }
}

/// Whether a kind of finding is of the type check of policies: where its lint is off, it is no fault elsewhere.
fn is_of_policies(code: &str) -> bool {
    let all = catalogue().iter().flat_map(|lint| lint.passes);
    all.into_iter().any(|passed| *passed == code)
}

fn weigh(findings: &mut Vec<Finding>, levels: &Levels) {
    for finding in findings.iter_mut() {
        finding.level = levels.of_finding(finding);
    }
    findings.retain(|finding| finding.level != LintLevel::Off);
}

/// Takes out what suppressions accept; those without effect, or that must not have any, are findings.
fn accept(
    repository: &Repository<'_>,
    settings: &Settings<'_>,
    findings: &mut Vec<Finding>,
    report: &mut LintReport,
) {
    let version = repository.context.version;
    let mut by_file: BTreeMap<&Arc<str>, Vec<&ParsedPolicy>> = BTreeMap::new();
    for policy in &version.parsed {
        by_file.entry(&policy.file).or_default().push(policy);
    }
    let mut all: Vec<Suppression> = Vec::new();
    for file in version.sources.iter() {
        let policies = by_file.get(&file.path).map_or(&[][..], Vec::as_slice);
        all.extend(suppressions(file, policies));
    }
    let mut used: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); all.len()];
    let mut kept = Vec::new();
    for finding in std::mem::take(findings) {
        let mut accepted = false;
        for (at, suppression) in all.iter().enumerate() {
            if suppression.covers(finding.lint.code, &finding.path, finding.span) {
                if let Some(used) = used.get_mut(at) {
                    used.insert(finding.lint.code);
                }
                accepted |= suppression.holds(&settings.now);
            }
        }
        match accepted {
            true => report.suppressed.push(finding),
            false => kept.push(finding),
        }
    }
    *findings = kept;
    let not_run: Vec<&str> = report.not_run.iter().map(|other| other.lint.code).collect();
    let mut own = Vec::new();
    for (suppression, used) in all.iter().zip(used) {
        let Some(file) = version.sources.get(&suppression.path) else {
            continue;
        };
        let expired = suppression
            .until
            .as_deref()
            .filter(|until| settings.now.as_str() > *until);
        if let Some(lint) = running("AZ413", settings) {
            let mut found = Found {
                lint,
                findings: &mut own,
            };
            for fault in &suppression.faults {
                found
                    .file(
                        file,
                        suppression.span,
                        format!("this suppression is refused: {fault}"),
                    )
                    .help("an accepted risk has an owner who says why");
            }
            if let Some(until) = expired {
                found
                    .file(
                        file,
                        suppression.span,
                        format!("this suppression ended on {until}"),
                    )
                    .help("repair what it accepts, or decide anew until when it is accepted");
            }
        }
        // What a file that was not read would have caused is not known.
        let could_run = |code: &&&str| {
            report.unread.is_empty()
                && !not_run.contains(*code)
                && by_name(code).is_some_and(|lint| settings.levels.runs(lint))
                && (settings.only.is_empty() || settings.only.contains(*code))
        };
        let unused = suppression
            .codes
            .iter()
            .filter(|code| !used.contains(**code));
        let unused: Vec<&str> = unused.filter(could_run).copied().collect();
        if !unused.is_empty()
            && suppression.faults.is_empty()
            && let Some(lint) = running("AZ412", settings)
        {
            let mut found = Found {
                lint,
                findings: &mut own,
            };
            let finding = found.file(
                file,
                suppression.span,
                format!("this suppression of {} accepts nothing", unused.join(", ")),
            );
            if unused.len() == suppression.codes.len() {
                let line = whole_line(file, suppression.span);
                finding
                    .help("remove it: what it accepted is repaired, or was never found here")
                    .fix("remove the suppression", [(line, String::new())]);
            } else {
                finding.help(
                    "take the code out: what it accepted is repaired, or was never found here",
                );
            }
        }
    }
    weigh(&mut own, &settings.levels);
    findings.extend(own);
}

/// The line of a comment with its end, where nothing else stands on it; else the comment.
fn whole_line(file: &SourceFile, span: Span) -> Span {
    let before = file.text.get(..span.start).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let after = file.text.get(span.end()..).unwrap_or_default();
    let end = after.find('\n').map_or(after.len(), |at| at + 1);
    let alone = before
        .get(start..)
        .is_some_and(|text| text.trim().is_empty());
    match alone {
        true => Span::new(start, span.end() + end - start),
        false => span,
    }
}

/// Takes out what the baseline lists; what it lists for nothing is a finding.
fn known(
    repository: &Repository<'_>,
    settings: &Settings<'_>,
    findings: &mut Vec<Finding>,
    report: &mut LintReport,
) {
    let version = repository.context.version;
    let Some(path) = &version.manifest.lint.baseline else {
        return;
    };
    if settings.ignore_baseline {
        return;
    }
    let Some(file) = version.sources.get(path) else {
        no_baseline(repository, settings, path, findings);
        return;
    };
    let baseline = match Baseline::read(file) {
        Ok(baseline) => baseline,
        Err(fault) => {
            report.unread.push(fault);
            return;
        }
    };
    let (taken, stale) = baseline.take(findings);
    report.known = taken;
    let Some(lint) = running("AZ412", settings).filter(|_| settings.only.is_empty()) else {
        return;
    };
    let mut own = Vec::new();
    for known in stale.iter().filter_map(|at| baseline.findings.get(*at)) {
        let could_run = by_name(&known.value.code).is_none_or(|lint| {
            settings.levels.runs(lint) && !report.not_run.iter().any(|other| other.lint == lint)
        });
        if could_run && report.unread.is_empty() {
            let known_code = &known.value.code;
            Found {
                lint,
                findings: &mut own,
            }
            .file(
                file,
                file.widen(known.span),
                format!(
                    "the baseline lists {known_code} of `{}`, which is not found",
                    known.value.about
                ),
            )
            .help("take this line out; `agentauthz lint --update-baseline` writes the whole list anew, and accepts whatever is found then");
        }
    }
    weigh(&mut own, &settings.levels);
    findings.extend(own);
}

/// A finding where the manifest names a baseline that is not there.
fn no_baseline(
    repository: &Repository<'_>,
    settings: &Settings<'_>,
    path: &str,
    findings: &mut Vec<Finding>,
) {
    let Some(lint) = running("AZ412", settings) else {
        return;
    };
    let mut own = Vec::new();
    let mut found = Found {
        lint,
        findings: &mut own,
    };
    let message = format!("the manifest names a baseline that is not there, `{path}`");
    if let Some(finding) = option_fault(
        repository.context,
        &mut found,
        (path, Span::new(0, 0)),
        message,
    ) {
        finding.help("`agentauthz lint --update-baseline` writes it, and accepts whatever is found then; else take it out of the manifest");
    }
    weigh(&mut own, &settings.levels);
    findings.extend(own);
}

/// A lint of the machinery, where it is on.
fn running(code: &str, settings: &Settings<'_>) -> Option<&'static Lint> {
    let picked = settings.only.is_empty() || settings.only.contains(&code);
    by_name(code).filter(|lint| picked && settings.levels.runs(lint))
}
