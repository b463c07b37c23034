//! `replay` for a terminal.

use super::recordings;
use super::table::{Align, Table};
use crate::engine::{Decisions, Fidelity, Named, SideTally};
use crate::model::{Severity, Sources};
use crate::render::style::aside;
use crate::render::{Header, Role, count, diagnostics, grouped, paint, percent, printable};
use crate::replay::ReplayReport;

/// Counts by decision, action and agent; what could not be decided and why; fidelity.
pub fn replay(header: &Header, report: &ReplayReport, sources: &Sources) -> String {
    let errors = report
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error);
    let faults = diagnostics(errors, sources);
    let tally = &report.tally;
    let label = header
        .versions
        .first()
        .map(|version| version.label.as_str())
        .unwrap_or_default();
    let mut out = format!(
        "{faults}{}  {}\n",
        paint(Role::Heading, "agentauthz replay"),
        printable(label)
    );
    out.push_str(&format!(
        "traffic  {}\n",
        recordings::volume(&report.volume)
    ));
    out.push_str(&format!("decided  {}\n", decided(&tally.decisions)));
    out.push_str(&lacking(tally));
    out.push_str(&format!("fidelity {}\n", fidelity(&tally.fidelity)));
    if header.verbose || !report.sample.is_empty() {
        let (actions, verified) = (report.volume.actions, report.sample.len());
        out.push_str(&recordings::engine(
            actions,
            (report.interpreted, &report.left.iter().collect::<Vec<_>>()),
            None,
            verified,
        ));
    }
    if header.quiet {
        return out;
    }
    out.push('\n');
    out.push_str(&table("action", &tally.by_action, header.verbose));
    out.push('\n');
    out.push_str(&table("agent", &tally.by_agent, header.verbose));
    if let Some(denied) = &report.denied {
        out.push_str(&super::denied::denied(denied, header.verbose));
    }
    let problems = format!(
        "{}{}",
        problems(tally, header.verbose),
        mismatches(tally, header.verbose)
    );
    let unreadable = recordings::unreadable(&report.volume, header.verbose);
    let repeated = recordings::repeated(&report.repeated);
    if !(problems.is_empty() && unreadable.is_empty() && repeated.is_empty()) {
        out.push_str(&format!(
            "\n{}\n{unreadable}{problems}{repeated}",
            paint(Role::Heading, "to look at")
        ));
    }
    out
}

fn decided(decisions: &Decisions) -> String {
    let total = decisions.total();
    let part = |number: u64, name: &str| {
        format!("{name} {} ({})", grouped(number), percent(number, total))
    };
    let mut parts = vec![part(decisions.allow, "allow"), part(decisions.deny, "deny")];
    if decisions.undecidable > 0 {
        parts.push(part(decisions.undecidable, "undecidable"));
    }
    if decisions.not_replayable > 0 {
        parts.push(part(decisions.not_replayable, "no request"));
    }
    parts.join(" · ")
}

/// The actions that lack a fact, and how many of them it does not matter for.
fn lacking(tally: &SideTally) -> String {
    let (rescued, open) = (tally.rescued, tally.decisions.undecidable);
    match rescued + open {
        0 => String::new(),
        all => format!(
            "unknown  {} {} a fact that policies read: {} decided all the same · {} undecidable\n",
            count(all, "action"),
            if all == 1 { "lacks" } else { "lack" },
            grouped(rescued),
            grouped(open)
        ),
    }
}

pub(super) fn fidelity(fidelity: &Fidelity) -> String {
    if fidelity.compared == 0 {
        return "– the recordings hold no decisions".to_owned();
    }
    let mut text = percent(fidelity.same, fidelity.compared);
    let others = fidelity.compared - fidelity.same;
    if others > 0 {
        let others = if others == 1 {
            "1 mismatch".to_owned()
        } else {
            format!("{} mismatches", grouped(others))
        };
        text.push_str(&format!(" ({others})"));
    }
    text.push_str(&format!(
        " of {}",
        count(fidelity.compared, "recorded decision")
    ));
    text
}

fn table(what: &str, rows: &Named<Decisions>, verbose: bool) -> String {
    let mut table = Table::new(&[
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    let heading = |text: &str| paint(Role::Quiet, text);
    table.row([
        heading(what),
        heading("allow"),
        heading("deny"),
        heading("undecidable"),
        heading("no request"),
    ]);
    let others = (rows.rest().total() > 0).then(|| ("…", rows.rest()));
    let mut ranked: Vec<_> = rows.entries().chain(others).collect();
    ranked.sort_by(|a, b| b.1.total().cmp(&a.1.total()).then_with(|| a.0.cmp(b.0)));
    let limit = if verbose { usize::MAX } else { 12 };
    for (name, decisions) in ranked.iter().take(limit) {
        let cell = |number: u64| {
            if number == 0 {
                "·".to_owned()
            } else {
                grouped(number)
            }
        };
        table.row([
            crate::render::escape::shortened(&printable(name), 60),
            cell(decisions.allow),
            cell(decisions.deny),
            cell(decisions.undecidable),
            cell(decisions.not_replayable),
        ]);
    }
    let mut out = table.draw("  ");
    if ranked.len() > limit {
        let rest = (ranked.len() - limit) as u64;
        out.push_str(&aside(format!("  and {} more (-v)", grouped(rest))));
    }
    out
}

/// What a reader must know before trusting the numbers.
pub(super) fn problems(tally: &SideTally, verbose: bool) -> String {
    let mut out = String::new();
    for (name, counts) in [
        ("no request", &tally.not_replayable),
        ("their tools", &tally.unmapped_tools),
        ("undecidable for want of", &tally.unknown_fields),
        ("policies that raise errors", &tally.errors),
        ("arguments the schema does not know", &tally.left_out),
    ] {
        if !counts.is_empty() {
            let limit = if verbose { 50 } else { 5 };
            let ranked = recordings::ranked(counts, limit);
            out.push_str(&format!("  {}  {ranked}\n", paint(Role::Warning, name)));
        }
    }
    if tally.nonconforming.count > 0 {
        out.push_str(&recordings::notes(
            "nonconforming requests",
            &tally.nonconforming,
            verbose,
        ));
    }
    out
}

/// Where a version does not decide as was recorded.
pub(super) fn mismatches(tally: &SideTally, verbose: bool) -> String {
    let limit = if verbose { 50 } else { 3 };
    let mut out = String::new();
    for ((recorded, answer), notes) in tally.fidelity.mismatches.iter().take(limit) {
        let said = super::outcome::outcome(&crate::model::Outcome::Decided(answer.clone()));
        let ids: Vec<String> = notes
            .first
            .iter()
            .take(if verbose { 10 } else { 1 })
            .filter_map(|note| note.id.as_deref())
            .map(|id| format!("#{}", printable(id)))
            .collect();
        out.push_str(&format!(
            "  {}  recorded {recorded}, decided {said}  {}\n",
            paint(Role::Warning, format!("mismatch {}", grouped(notes.count))),
            paint(Role::Quiet, ids.join(" "))
        ));
    }
    let rest = tally.fidelity.mismatches.len().saturating_sub(limit);
    if rest > 0 {
        out.push_str(&aside(format!("  and {rest} more kinds of mismatch (-v)")));
    }
    if tally.fidelity.others > 0 {
        let others = grouped(tally.fidelity.others);
        out.push_str(&aside(format!(
            "  and {others} mismatches of kinds that are not kept apart"
        )));
    }
    out
}
