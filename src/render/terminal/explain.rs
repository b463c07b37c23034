//! `explain` for a terminal.

use super::outcome;
use super::table::{Align, Table};
use crate::engine::{Names, PolicyStatus, Way};
use crate::explain::ExplainReport;
use crate::model::{RecordedAction, Sources, Status};
use crate::render::escape::shortened;
use crate::render::{Header, Role, paint, printable};

/// The tool that a router's call means, by each version where they differ.
fn meant(report: &ExplainReport) -> Option<String> {
    let tool = |tool: &Option<String>| match tool {
        Some(tool) => shortened(&printable(tool), 80),
        None => "the router's own".to_owned(),
    };
    match report.sides.as_slice() {
        [base, head] if base.meant != head.meant => Some(format!(
            "{} on base, {} on head",
            tool(&base.meant),
            tool(&head.meant)
        )),
        sides => {
            let meant = sides.first().filter(|side| side.meant.is_some())?;
            Some(tool(&meant.meant))
        }
    }
}

/// The request, then each version's decision with the status of every policy whose scope holds.
pub fn explain(header: &Header, report: &ExplainReport, sources: &[&Sources]) -> String {
    let mut out = String::new();
    if let Some(action) = &report.action {
        out.push_str(&format!("action   {}\n", about(action)));
        if let Some(call) = &action.call {
            let args = call
                .args
                .as_ref()
                .and_then(|args| serde_json::to_string(args).ok());
            let text = format!("{} {}", call.tool, args.unwrap_or_default());
            out.push_str(&format!("call     {}\n", shortened(&printable(&text), 200)));
        }
        if let Some(tool) = meant(report) {
            out.push_str(&format!("tool     {tool}\n"));
        }
    }
    let request = report
        .sides
        .iter()
        .rev()
        .find_map(|side| side.verdict.request.as_ref());
    if let Some(request) = request {
        out.push_str(&format!("request  {}\n", outcome::request(request, 400)));
    }
    if let Some(recorded) = &report.recorded {
        let version = recorded.policy_version.as_deref();
        let by = version
            .map(|version| format!("  by {}", printable(version)))
            .unwrap_or_default();
        out.push_str(&format!("recorded {}{by}\n", recorded.decision));
    }
    for (at, side) in report.sides.iter().enumerate() {
        let label = header
            .versions
            .get(at)
            .map(|version| version.label.as_str())
            .unwrap_or_default();
        let name = match (report.sides.len(), at) {
            (1, _) => "version",
            (_, 0) => "base",
            (_, _) => "head",
        };
        out.push_str(&format!(
            "\n{} {}\n  {}\n",
            paint(Role::Heading, name),
            paint(Role::Quiet, printable(label)),
            outcome::outcome(&side.verdict.outcome)
        ));
        if let Some(message) = &side.verdict.nonconforming {
            let text = format!(
                "the request does not conform to the schema: {}",
                printable(message)
            );
            out.push_str(&format!("  {}\n", paint(Role::Warning, text)));
        }
        let empty = Sources::default();
        let sources = sources.get(at).copied().unwrap_or(&empty);
        out.push_str(&statuses(&side.policies, sources, "  ", |_| true));
        if side.policies.is_empty() && side.verdict.request.is_some() {
            out.push_str("  no policy's scope holds for this request\n");
        }
    }
    if let Some(class) = report.class {
        out.push_str(&format!(
            "\nchange   {}\n",
            paint(Role::of_class(class), class)
        ));
    }
    if let Some(cause) = &report.cause {
        let why = ways(&cause.why, "the change of", "the changes of");
        let undo = ways(&cause.undo, "taking back", "taking back");
        out.push_str(&format!("why      {why}\nundo     {undo}\n"));
    }
    out
}

/// So many policies of a way are named.
const NAMED: usize = 10;

/// Sets of policies, each of which is enough.
pub(super) fn ways(ways: &[Way], one: &str, several: &str) -> String {
    let some = |names: &Names| {
        let first: Names = names.iter().take(NAMED).cloned().collect();
        match names.len().checked_sub(NAMED).filter(|more| *more > 0) {
            Some(more) => format!("{} and {more} more", outcome::names(&first)),
            None => outcome::names(&first),
        }
    };
    let way = |way: &Way| {
        let verb = if way.all.len() > 1 { several } else { one };
        match (way.all.is_empty(), way.and_one_of.len()) {
            (_, 0) => format!("{verb} {}", some(&way.all)),
            (true, 1) => format!("{one} {}", some(&way.and_one_of)),
            (true, _) => format!("{one} one of {}", some(&way.and_one_of)),
            (false, 1) => format!("{several} {} and {}", some(&way.all), some(&way.and_one_of)),
            (false, _) => format!(
                "{several} {} and one of {}",
                some(&way.all),
                some(&way.and_one_of)
            ),
        }
    };
    let ways: Vec<String> = ways.iter().map(way).collect();
    ways.join("; or ")
}

fn about(action: &RecordedAction) -> String {
    let mut parts = vec![printable(&action.id)];
    for (name, value) in [
        ("agent", &action.agent),
        ("session", &action.session),
        ("time", &action.time),
    ] {
        if let Some(value) = value {
            parts.push(format!("{name} {}", printable(value)));
        }
    }
    parts.join(" · ")
}

/// A line for each policy: effect, name, status, and what blocked it.
pub(super) fn statuses(
    policies: &[PolicyStatus],
    sources: &Sources,
    indent: &str,
    shown: fn(&PolicyStatus) -> bool,
) -> String {
    let mut table = Table::new(&[
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
    ]);
    for policy in policies.iter().filter(|policy| shown(policy)) {
        let (word, role) = match policy.status {
            Status::Satisfied => ("satisfied", Role::Good),
            Status::NotSatisfied => ("not satisfied", Role::Quiet),
            Status::Error => ("error", Role::Bad),
            Status::NotSatisfiedOrError => ("not satisfied, or error", Role::Quiet),
            Status::Unknown => ("unknown", Role::Warning),
        };
        let line = sources
            .get(&policy.place.0)
            .map(|file| file.line_column(policy.place.1).0);
        let place = line
            .map(|line| format!("{}:{line}", policy.place.0))
            .unwrap_or_default();
        table.row([
            policy.effect.to_string(),
            paint(Role::Name, printable(&policy.policy)),
            paint(role, word),
            paint(Role::Quiet, printable(&place)),
            why(policy),
        ]);
    }
    table.draw(indent)
}

fn why(policy: &PolicyStatus) -> String {
    let at = policy.blocking.as_deref().map(|text| {
        let one_line: Vec<&str> = text.split_whitespace().collect();
        format!("at `{}`", shortened(&printable(&one_line.join(" ")), 90))
    });
    let mut parts: Vec<String> = at.into_iter().collect();
    if let Some(error) = &policy.error {
        parts.push(shortened(&printable(error), 160));
    }
    for field in &policy.unknown {
        parts.push(format!("{} is unknown", printable(&field.to_string())));
    }
    parts.join(": ")
}
