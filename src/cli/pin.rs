//! `agentauthz pin`

use super::args::{Meant, PinArgs};
use super::error::CliError;
use super::find::find_recorded;
use super::group::{Grouped, group_named};
use super::output::{Output, Report, write_file};
use super::versions::{relative, root};
use crate::engine::{Engine, Pairing, Side, Verdict, cases, classify};
use crate::model::{Decision, Outcome, RecordedAction, SourceFile};
use crate::pin::{Held, Pin, PinReport, Pinned, suite_text};
use crate::render::{self, Header};
use crate::repository::{ExpectedDecision, PolicyVersion, Suite, SuiteFile, is_suite};
use crate::testing::{TestOutcome, test_with};
use crate::yaml;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

struct PinnedGroup {
    header: Header,
    report: PinReport,
}

impl Report for PinnedGroup {
    fn terminal(&self) -> String {
        render::pin(&self.header, &self.report)
    }

    fn json(&self) -> serde_json::Value {
        render::pin_json(&self.header, &self.report)
    }
}

/// An example on its way to a test.
struct Candidate {
    at: String,
    pin: Pin,
    /// Whether the test holds on head, by what head decides of the recorded action.
    holds: bool,
}

pub fn run(args: &PinArgs, output: &Output) -> Result<u8, CliError> {
    let grouped = group_named(&args.group, &args.looked_up, output)?;
    let place = Place::of(args, &grouped)?;
    let mut report = PinReport {
        number: grouped.group.number,
        fingerprint: grouped.group.fingerprint.clone(),
        path: place.path.display().to_string(),
        ..PinReport::default()
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for at in grouped.examples()? {
        let action = find_recorded(at, &[&grouped.base.version, &grouped.head.version], output)?;
        let names: BTreeSet<&str> = candidates
            .iter()
            .map(|found| found.pin.name.as_str())
            .collect();
        match candidate(&grouped, args.expect, at, &action, &names)? {
            Ok(found) => candidates.push(found),
            Err(why) => report.left_out.push((at.to_owned(), why)),
        }
    }
    grouped.look_ups.end()?;
    // A request that head cannot read as a test is no test.
    let outcomes = match candidates.is_empty() {
        true => Vec::new(),
        false => {
            let text = place.text(&grouped, args, &candidates);
            results(&grouped.head.version, &place.inside, &text, &candidates)?
        }
    };
    let mut kept = Vec::new();
    for (found, outcome) in candidates.into_iter().zip(outcomes) {
        match outcome {
            Held::Broken(why) => report.left_out.push((found.at, why)),
            Held::Passed | Held::Failed(_) => kept.push(found),
        }
    }
    if kept.is_empty() {
        let reasons = report.left_out.iter();
        let reasons = reasons.map(|(at, why)| format!("{at}: {why}"));
        return Err(CliError::new(format!(
            "no example of group {} can be a unit test, so nothing was written",
            grouped.group.number
        ))
        .with_notes(reasons.collect())
        .with_help("write a test by hand, with the facts that are wanting"));
    }
    let text = place.text(&grouped, args, &kept);
    let head = results(&grouped.head.version, &place.inside, &text, &kept)?;
    let base = results(&grouped.base.version, &place.inside, &text, &kept)?;
    for ((found, head), base) in kept.into_iter().zip(head).zip(base) {
        if (head == Held::Passed) != found.holds {
            return Err(CliError::new(format!(
                "as a unit test, `{}` is not decided as it was recorded, so nothing was written",
                found.at
            ))
            .with_help("this is a fault in agentauthz: please report it"));
        }
        report.tests.push(Pinned {
            name: found.pin.name,
            at: found.at,
            decision: found.pin.decision,
            base,
            head,
        });
    }
    if let Some(directory) = place
        .path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty())
    {
        std::fs::create_dir_all(directory)
            .map_err(|error| CliError::file("write", &place.path, &error))?;
    }
    write_file(&place.path, text.as_bytes())?;
    let versions = vec![grouped.base.header.clone(), grouped.head.header.clone()];
    let name = grouped.head.version.manifest.name.as_ref();
    output.write(&PinnedGroup {
        header: output.header(name, versions),
        report,
    })?;
    Ok(0)
}

/// Where the tests are written.
struct Place {
    path: PathBuf,
    /// The same, from the root of the repository.
    inside: String,
}

impl Place {
    fn of(args: &PinArgs, grouped: &Grouped) -> Result<Self, CliError> {
        let fingerprint = &grouped.group.fingerprint;
        // It becomes the name of a file, and a plan may come from anywhere.
        if fingerprint.is_empty() || !fingerprint.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(
                CliError::new(format!("`{fingerprint}` is no fingerprint of a group"))
                    .with_help("the plan was not written by agentauthz, or was changed since"),
            );
        }
        let root = root()?;
        let path = match &args.output {
            Some(path) => path.clone(),
            None => relative(&root)
                .join("tests")
                .join("pinned")
                .join(format!("{fingerprint}.test.yaml")),
        };
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|error| CliError::file("write", path, &error))
        };
        let (whole, above) = (absolute(&path)?, absolute(&root)?);
        let patterns = grouped.head.version.manifest.tests.join("`, `");
        let inside = whole.strip_prefix(&above).ok().map(|inside| {
            let parts: Vec<String> = inside
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            parts.join("/")
        });
        let inside = inside
            .filter(|inside| is_suite(&grouped.head.version.manifest, inside))
            .ok_or_else(|| {
                CliError::new(format!("`agentauthz test` would not read `{}`", path.display())).with_help(
                    format!("name a file of the repository that the manifest takes for a test (`{patterns}`): `--output PATH`"),
                )
            })?;
        if !args.force && path.symlink_metadata().is_ok() {
            return Err(
                CliError::new(format!("`{}` exists already", path.display()))
                    .with_help("`--force` writes over it; `--output PATH` writes elsewhere"),
            );
        }
        Ok(Self { path, inside })
    }

    fn text(&self, grouped: &Grouped, args: &PinArgs, candidates: &[Candidate]) -> String {
        let group = &grouped.group;
        let meant = match args.expect {
            Meant::Base => "what base decides is meant",
            Meant::Head => "what head decides is meant",
            Meant::Allow => "allow is meant",
            Meant::Deny => "deny is meant",
        };
        let comments = [
            format!(
                "Written by `agentauthz pin`: examples of a change that is {}; {meant}.",
                group.class
            ),
            group.title.clone(),
        ];
        let pins: Vec<Pin> = candidates.iter().map(|found| found.pin.clone()).collect();
        let suite = format!("pinned {}", group.fingerprint);
        suite_text(
            &suite,
            &comments,
            &pins,
            grouped.head.version.schema.as_ref(),
        )
    }
}

/// The test of one example, or why it cannot be one.
fn candidate(
    grouped: &Grouped,
    meant: Meant,
    at: &str,
    action: &RecordedAction,
    names: &BTreeSet<&str>,
) -> Result<Result<Candidate, String>, CliError> {
    let pairing = Pairing::of(&grouped.base.version, &grouped.head.version);
    let base = Side::base(&grouped.base.version, &pairing).decide(action);
    let head = Side::head(&grouped.head.version).decide(action);
    grouped.look_ups.wanting()?;
    if classify(&base, &head) != grouped.group.class {
        return Err(CliError::new(format!(
            "`{at}` is no longer an example of group {}",
            grouped.group.number
        ))
        .with_help("the recording is not the one that was compared: compute the plan again"));
    }
    Ok(pin(meant, &base, &head, action, names).map(|pin| {
        let holds = match &head.outcome {
            Outcome::Decided(answer) => {
                let errors: Vec<&str> = answer.errors.iter().map(AsRef::as_ref).collect();
                expected(answer.decision) == Some(pin.decision) && errors == pin.errors
            }
            Outcome::Undecidable(..) | Outcome::NotReplayable(_) => false,
        };
        Candidate {
            at: at.to_owned(),
            pin,
            holds,
        }
    }))
}

fn pin(
    meant: Meant,
    base: &Verdict,
    head: &Verdict,
    action: &RecordedAction,
    names: &BTreeSet<&str>,
) -> Result<Pin, String> {
    if action.corpus.is_some() {
        return Err("it is of a corpus, which does not hold all of it: name the recording that the corpus was built from".to_owned());
    }
    let recorded = action.request.as_ref();
    if recorded.is_some_and(|recorded| !recorded.entities.is_empty()) {
        return Err("its recorded request brings entities of its own, which a suite would lay over all its tests".to_owned());
    }
    if head.has_entities || action.has_entities() {
        return Err("it needs entities that are looked up in data sets, or that earlier calls of its session changed, and a suite would lay them over all its tests".to_owned());
    }
    let request = match (&head.request, &head.outcome) {
        (Some(request), _) => request.clone(),
        (None, Outcome::NotReplayable(reason)) => {
            return Err(format!("head has no request for it: {reason}"));
        }
        (None, Outcome::Decided(_) | Outcome::Undecidable(..)) => {
            return Err("head has no request for it".to_owned());
        }
    };
    if let Some(path) = request.unknown.first() {
        return Err(format!(
            "`{path}` is not known, and facts are never made up"
        ));
    }
    let of = |side: &str, verdict: &Verdict| match &verdict.outcome {
        Outcome::Decided(answer) => expected(answer.decision)
            .map(|decision| {
                (
                    decision,
                    answer.errors.iter().map(ToString::to_string).collect(),
                )
            })
            .ok_or_else(|| format!("{side} does not decide it")),
        Outcome::Undecidable(..) | Outcome::NotReplayable(_) => {
            Err(format!("{side} does not decide it"))
        }
    };
    let (decision, errors): (ExpectedDecision, Vec<String>) = match meant {
        Meant::Base => of("base", base)?,
        Meant::Head => of("head", head)?,
        Meant::Allow => (ExpectedDecision::Allow, Vec::new()),
        Meant::Deny => (ExpectedDecision::Deny, Vec::new()),
    };
    let may = match decision {
        ExpectedDecision::Allow => "may",
        ExpectedDecision::Deny | ExpectedDecision::Forbid | ExpectedDecision::NoMatch => "may not",
    };
    let short = |text: &str| text.chars().take(60).collect::<String>();
    let (who, what, id) = (
        short(&request.principal.id),
        short(&request.action.id),
        short(&action.id),
    );
    let plain = format!("{who} {may} {what}, as in {id}");
    let mut name = plain.clone();
    let mut again = 2;
    while names.contains(name.as_str()) {
        name = format!("{plain} ({again})");
        again += 1;
    }
    Ok(Pin {
        name,
        request,
        decision,
        errors,
    })
}

fn expected(decision: Option<Decision>) -> Option<ExpectedDecision> {
    decision.map(|decision| match decision {
        Decision::Allow => ExpectedDecision::Allow,
        Decision::Deny => ExpectedDecision::Deny,
    })
}

/// What becomes of the tests on one version, in order. Each must ask what the recorded action asked.
fn results(
    version: &PolicyVersion,
    path: &str,
    text: &str,
    candidates: &[Candidate],
) -> Result<Vec<Held>, CliError> {
    let unreadable = |what: &str| {
        CliError::new(format!(
            "the tests cannot be read back, so nothing was written: {what}"
        ))
        .with_help("this is a fault in agentauthz: please report it")
    };
    let file = SourceFile::new(path, text);
    let spec: SuiteFile = yaml::parse(&file).map_err(|found| unreadable(&found.message))?;
    let suite = Suite::new(file, spec);
    let mut version = version.clone();
    version.suites = vec![suite];
    version.diagnostics = Vec::new();
    for (case, found) in cases(&version).iter().zip(candidates) {
        if let Ok(input) = &case.input
            && input.request.request != found.pin.request
        {
            return Err(unreadable(&found.at));
        }
    }
    let report = test_with(&version, Engine::default());
    let results = report.suites.into_iter().flat_map(|suite| {
        let general = suite
            .faults
            .first()
            .map(|fault| fault.message.clone())
            .unwrap_or_default();
        suite.tests.into_iter().map(move |test| match test.outcome {
            // A pinned test says nothing of skipping.
            TestOutcome::Passed | TestOutcome::Skipped(..) => Held::Passed,
            TestOutcome::Failed(failure) => Held::Failed(
                failure
                    .diagnostics
                    .first()
                    .map(|found| found.message.clone())
                    .unwrap_or_default(),
            ),
            TestOutcome::Broken(faults) => Held::Broken(
                faults
                    .first()
                    .map_or_else(|| general.clone(), |found| found.message.clone()),
            ),
        })
    });
    Ok(results.collect())
}
