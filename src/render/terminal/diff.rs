//! `diff` for a terminal.

use super::changes;
use super::outcome;
use super::recordings;
use super::replay::{fidelity, mismatches, problems};
use super::table::{Align, Table};
use crate::diff::{
    DecisionChanges, DiffReport, Ending, Group, GroupKey, PolicyChangeKind, RepositoryChanges,
    SideName,
};
use crate::engine::Counts;
use crate::model::{ChangeClass, Severity, Sources};
use crate::render::escape::shortened;
use crate::render::style::aside;
use crate::render::{
    Header, Judgement, Role, count, diagnostics, grouped, paint, percent, printable,
};

/// What changed in the policies and in the decisions, the risky first, and how it was judged.
pub fn diff(
    header: &Header,
    report: &DiffReport,
    judgement: &Judgement,
    sources: (&Sources, &Sources),
) -> String {
    let mut out = title(header, &report.repository);
    for (side, diagnostic) in &report.diagnostics {
        if diagnostic.severity == Severity::Error {
            let (name, sources) = match side {
                SideName::Base => ("base", sources.0),
                SideName::Head => ("head", sources.1),
            };
            out.push_str(&format!("\n{} in {name}\n", paint(Role::Bad, "fault")));
            out.push_str(&diagnostics([diagnostic], sources));
        }
    }
    match &report.decisions {
        None => out.push_str(&format!(
            "traffic  {}\n",
            paint(
                Role::Warning,
                "nothing was replayed: no recording was given (`--recordings PATH`)"
            )
        )),
        Some(changes) => {
            out.push_str(&trust(changes));
            if header.verbose || !changes.sample.is_empty() {
                out.push_str(&recordings::engine(
                    changes.volume.actions,
                    (changes.interpreted, &changes.left),
                    Some(changes.unaffected),
                    changes.sample.len(),
                ));
            }
        }
    }
    if !header.quiet {
        if let Some(changes) = &report.decisions {
            out.push_str(&classes(changes));
            out.push_str(&groups(changes, header.verbose));
        }
        out.push_str(&changes::policies(&report.repository, header.verbose));
        if let Some(changes) = &report.decisions {
            out.push_str(&to_look_at(report, changes, header.verbose));
        }
    }
    out.push_str(&result(report, judgement));
    if !header.quiet {
        out.push_str(&next(header, report));
    }
    out
}

fn title(header: &Header, repository: &RepositoryChanges) -> String {
    let labels: Vec<String> = header
        .versions
        .iter()
        .map(|version| printable(&version.label))
        .collect();
    let (base, head) = repository.counts;
    let mut kinds: Vec<String> = Vec::new();
    for (word, matches) in [
        (
            "edited",
            (|kind| matches!(kind, PolicyChangeKind::Edited(_))) as fn(&PolicyChangeKind) -> bool,
        ),
        ("added", |kind| matches!(kind, PolicyChangeKind::Added)),
        ("removed", |kind| matches!(kind, PolicyChangeKind::Removed)),
        ("moved", |kind| matches!(kind, PolicyChangeKind::Moved)),
    ] {
        let number = repository
            .policies
            .iter()
            .filter(|change| matches(&change.kind))
            .count();
        if number > 0 {
            kinds.push(format!("{number} {word}"));
        }
    }
    let changed = if kinds.is_empty() {
        "no policy changed".to_owned()
    } else {
        kinds.join(", ")
    };
    let yes = |changed: bool| if changed { "changed" } else { "unchanged" };
    let entities = match repository.entities.len() {
        0 => "entities unchanged".to_owned(),
        number => format!("{} changed", count(number as u64, "entity")),
    };
    format!(
        "{}  {}\npolicies {base} → {head} ({changed}) · schema {} · mapping {} · {entities}\n",
        paint(Role::Heading, "agentauthz diff"),
        labels.join(" → "),
        yes(repository.schema),
        yes(repository.mapping),
    )
}

fn trust(changes: &DecisionChanges) -> String {
    let actions = changes.volume.actions;
    let side = |name: &str, decisions: &crate::engine::Decisions| {
        let mut parts = Vec::new();
        if decisions.undecidable > 0 {
            parts.push(format!("{} undecidable", grouped(decisions.undecidable)));
        }
        if decisions.not_replayable > 0 {
            parts.push(format!(
                "{} without request",
                grouped(decisions.not_replayable)
            ));
        }
        if parts.is_empty() {
            String::new()
        } else {
            format!(" · {name}: {}", parts.join(", "))
        }
    };
    format!(
        "traffic  {}\ntrust    decided on both sides {}{}{} · base reproduces {}\n",
        recordings::volume(&changes.volume),
        percent(changes.compared, actions),
        side("base", &changes.base.decisions),
        side("head", &changes.head.decisions),
        fidelity(&changes.base.fidelity),
    )
}

fn classes(changes: &DecisionChanges) -> String {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Right]);
    let heading = |text: &str| paint(Role::Quiet, text);
    table.row([
        heading("class"),
        heading("actions"),
        heading("agents"),
        heading("sessions"),
    ]);
    for class in ChangeClass::ALL {
        let Some(tally) = changes.classes.get(&class) else {
            continue;
        };
        table.row([
            class_name(class),
            grouped(tally.actions),
            grouped(tally.agents.len() as u64),
            recordings::sessions_in_table(&tally.sessions),
        ]);
    }
    format!("\n{}", table.draw("  "))
}

fn class_name(class: ChangeClass) -> String {
    let loud = match class {
        ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => class.name().to_uppercase(),
        ChangeClass::ErrorClosed
        | ChangeClass::NewlyDenied
        | ChangeClass::NewlyUndecidable
        | ChangeClass::NewlyDecidable
        | ChangeClass::ErrorChanged
        | ChangeClass::ReasonChanged
        | ChangeClass::Unchanged => class.name().to_owned(),
    };
    paint(Role::of_class(class), loud.replace('-', " "))
}

/// How many groups are shown without `-v`.
const GROUPS: usize = 8;

fn groups(changes: &DecisionChanges, verbose: bool) -> String {
    let ranked = ranked(changes, verbose);
    let limit = if verbose { usize::MAX } else { GROUPS };
    let mut out = String::new();
    for (at, (key, group)) in ranked.iter().take(limit).enumerate() {
        out.push_str(&one_group(at + 1, key, group, verbose));
    }
    if ranked.len() > limit {
        let rest = count((ranked.len() - limit) as u64, "group");
        out.push_str(&format!("\n{}", aside(format!("  and {rest} more (-v)"))));
    }
    if changes.ungrouped > 0 {
        let rest = count(changes.ungrouped, "change");
        out.push_str(&format!(
            "\n  {rest} more in groups that are not kept apart\n"
        ));
    }
    let reasons = changes.actions_in(ChangeClass::ReasonChanged);
    if reasons > 0 && !verbose {
        let text = format!(
            "  reason changed {}: the same decision by other policies (-v lists them)",
            grouped(reasons)
        );
        out.push_str(&format!("\n{}", aside(text)));
    }
    out
}

/// The groups in the order in which they are shown: by class, then the larger first.
fn ranked(changes: &DecisionChanges, verbose: bool) -> Vec<(&GroupKey, &Group)> {
    let mut ranked: Vec<(&GroupKey, &Group)> = changes
        .groups
        .iter()
        .filter(|(key, _)| verbose || key.class != ChangeClass::ReasonChanged)
        .collect();
    ranked.sort_by(|(a, x), (b, y)| {
        a.class
            .cmp(&b.class)
            .then(y.tally.actions.cmp(&x.tally.actions))
            .then(a.cmp(b))
    });
    ranked
}

fn one_group(number: usize, key: &GroupKey, group: &Group, verbose: bool) -> String {
    let tally = &group.tally;
    let named = if verbose { 10 } else { 2 };
    let mut out = format!(
        "\n{number:>3}  {}  {} · {} · {} · {}\n",
        class_name(key.class),
        count(tally.actions, "action"),
        names(&group.actions, named),
        names(&tally.agents, named),
        recordings::sessions(&tally.sessions),
    );
    out.push_str(&format!("     base  {}\n", outcome::outcome(&key.base)));
    out.push_str(&format!("     head  {}\n", outcome::outcome(&key.head)));
    let shown = if verbose { group.examples.len() } else { 1 };
    for example in group.examples.iter().take(shown) {
        let request = example
            .request
            .as_ref()
            .map(|request| outcome::brief(request, group.actions.len() > 1, 200))
            .unwrap_or_default();
        let id = shortened(&printable(&example.id), 60);
        out.push_str(&format!(
            "     {}  {request}\n",
            paint(Role::Quiet, format!("#{id}"))
        ));
    }
    out
}

fn to_look_at(report: &DiffReport, changes: &DecisionChanges, verbose: bool) -> String {
    let unreadable = recordings::unreadable(&changes.volume, verbose);
    let repeated = recordings::repeated(&report.repeated);
    let base = problems(&changes.base, verbose);
    let head = problems(&changes.head, verbose);
    // Head is meant to decide otherwise; base is what the recorded decisions are held against.
    let infidelity = mismatches(&changes.base, verbose);
    let mut out = String::new();
    let all = [&unreadable, &repeated, &base, &head, &infidelity];
    if all.iter().all(|text| text.is_empty()) {
        return out;
    }
    out.push_str(&format!(
        "\n{}\n{unreadable}{repeated}",
        paint(Role::Heading, "to look at")
    ));
    // What holds of both sides is said once.
    let common: Vec<&str> = base
        .lines()
        .filter(|line| head.lines().any(|h| h == *line))
        .collect();
    common
        .iter()
        .for_each(|line| out.push_str(&format!("{line}\n")));
    for (name, text) in [("base", &base), ("head", &head)] {
        for line in text.lines().filter(|line| !common.contains(line)) {
            out.push_str(&format!(
                "  {} {}\n",
                paint(Role::Quiet, name),
                line.trim_start()
            ));
        }
    }
    out.push_str(&infidelity);
    out
}

/// The most frequent names, and how many there are besides: `refund_payment, pay_supplier and 3 more`.
fn names(counts: &Counts, limit: usize) -> String {
    let ranked = counts.ranked();
    let shown: Vec<String> = ranked
        .iter()
        .take(limit)
        .map(|(name, _)| shortened(&printable(plain_action(name)), 40))
        .collect();
    let rest = ranked.len().saturating_sub(limit);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

/// The id of an action without Cedar's quotes, where it reads the same.
fn plain_action(name: &str) -> &str {
    name.strip_prefix("Action::\"")
        .and_then(|id| id.strip_suffix('"'))
        .unwrap_or(name)
}

/// The command that explains the first example.
fn next(header: &Header, report: &DiffReport) -> String {
    let groups = report
        .decisions
        .iter()
        .flat_map(|changes| ranked(changes, false));
    let example = groups.flat_map(|(_, group)| &group.examples).next();
    let (Some(example), [base, head]) = (example, header.versions.as_slice()) else {
        return String::new();
    };
    if example.place.recording.as_ref() == "-" {
        return String::new();
    }
    let at = head
        .name
        .as_ref()
        .map(|name| format!(" --at {name}"))
        .unwrap_or_default();
    let base = base
        .name
        .as_ref()
        .map(|name| format!(" --base {name}"))
        .unwrap_or_default();
    let place = format!("{}#{}", example.place.recording, example.id);
    let quoted = if place
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "./#-_@".contains(c))
    {
        place
    } else {
        format!("'{}'", place.replace('\'', "'\\''"))
    };
    let command = format!("agentauthz explain {quoted}{base}{at}");
    format!("next  {}\n", printable(&command))
}

fn result(report: &DiffReport, judgement: &Judgement) -> String {
    let fail_on = judgement.fail_on.join(", ");
    let (role, word, why) = match (judgement.ending, &report.decisions) {
        (Ending::Failed, Some(changes)) => (
            Role::Bad,
            "FAIL",
            format!(
                "{} widened, {} narrowed (fails on: {fail_on})",
                count(changes.widened(), "action"),
                grouped(changes.narrowed()),
            ),
        ),
        (Ending::Failed, None) => (Role::Bad, "FAIL", String::new()),
        (Ending::Inconclusive, None) => (
            Role::Warning,
            "INCONCLUSIVE",
            "the repository changed, and nothing was replayed".to_owned(),
        ),
        (Ending::Inconclusive, Some(changes)) if changes.compared == 0 => (
            Role::Warning,
            "INCONCLUSIVE",
            "no recorded action could be decided on both sides".to_owned(),
        ),
        (Ending::Inconclusive, Some(changes)) => {
            (Role::Warning, "INCONCLUSIVE", lost(report, changes))
        }
        (Ending::Clean, None) => (
            Role::Good,
            "OK",
            "the two versions are the same; nothing was replayed".to_owned(),
        ),
        (Ending::Clean, Some(changes)) => (Role::Good, "OK", clean(changes)),
    };
    format!("\n{}  {why}\n", paint(role, word))
}

/// What base decides and head does not, and what could not even be read.
fn lost(report: &DiffReport, changes: &DecisionChanges) -> String {
    let mut parts = Vec::new();
    let undecidable = changes.actions_in(ChangeClass::NewlyUndecidable);
    if undecidable > 0 {
        let actions = count(undecidable, "action");
        parts.push(format!(
            "{actions} that base decides cannot be decided on head"
        ));
    }
    let malformed = changes.volume.malformed.count;
    if malformed > 0 {
        parts.push(format!("{} could not be read", count(malformed, "record")));
    }
    if report.undecided_change() > 0 {
        parts.push("neither side can decide some actions that a changed policy reads".to_owned());
    }
    if !report.repeated.is_empty() {
        parts.push("some ids stand twice, so some actions count twice".to_owned());
    }
    parts.join("; ")
}

/// Never says "no flips" of what was not decided.
fn clean(changes: &DecisionChanges) -> String {
    if changes.compared == 0 {
        return "nothing was decided on both sides".to_owned();
    }
    let (widened, narrowed) = (changes.widened(), changes.narrowed());
    let what = if changes.flips() + widened + narrowed == 0 {
        "no flip".to_owned()
    } else {
        format!(
            "{} widened, {} narrowed",
            grouped(widened),
            grouped(narrowed)
        )
    };
    let undecided = changes.volume.actions - changes.compared;
    let rest = if undecided > 0 {
        format!("; {} not decided on both sides", grouped(undecided))
    } else {
        String::new()
    };
    format!(
        "{what}, of {} decided on both sides{rest}",
        count(changes.compared, "action")
    )
}
