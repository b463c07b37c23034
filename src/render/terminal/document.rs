//! The decision-diff report for a terminal: one screen, in the order of a reviewer's questions. At most 39 lines
//! whatever the input; `-v` shows everything.

mod details;
mod everything;
mod groups;

use crate::diff::document::{ControlChange, Document, GateNote, GateVerdict, PolicyChangeWord};
use crate::render::escape::inert;
use crate::render::style::aside;
use crate::render::{Detail, Role, Shown, count, paint, words};

/// How many groups stand on the screen, and how many lines they and what they leave free may take.
const GROUPS: usize = 10;
const LINES: usize = 20;

/// How long the longest line may be.
const WIDTH: usize = 120;

/// The report, as much of it as is wanted.
pub fn document(document: &Document, shown: &Shown) -> String {
    if shown.detail == Detail::Result {
        return ending(document);
    }
    let listed = groups::listed(document, shown);
    let each = match listed.len() {
        0 => 0,
        number => (LINES / number).min(3),
    };
    let spare = LINES.saturating_sub(listed.len().saturating_mul(each));
    let everything = shown.detail == Detail::Everything;
    let mut out = header(document, everything);
    out.push('\n');
    let gates = gates(
        document,
        if everything {
            usize::MAX
        } else {
            3 + spare / 2
        },
    );
    out.push_str(&gates);
    let limit = if everything {
        usize::MAX
    } else {
        2 + spare / 2
    };
    out.push_str(&control(&document.repository.control, limit));
    out.push_str(&groups::table(document, &listed, each, shown));
    if everything {
        out.push_str(&everything::everything(document));
    } else {
        out.push_str(&further(document));
    }
    out.push_str(&next(document, shown));
    out.push_str(&ending(document));
    out
}

fn header(document: &Document, everything: bool) -> String {
    let label = |label: &str| match label.is_empty() {
        true => "–".to_owned(),
        false => inert(label, 36),
    };
    let name = document.repository_name.as_ref();
    let name = name
        .map(|name| format!("  ({})", inert(name, 16)))
        .unwrap_or_default();
    let mut out = format!(
        "{}  {} → {}{name}\n{}\n",
        paint(Role::Heading, "agentauthz diff"),
        label(&document.base.label),
        label(&document.head.label),
        words::repository(document),
    );
    out.push_str(&changed(document));
    let replayed = document
        .traffic
        .as_ref()
        .is_some_and(|traffic| traffic.actions > 0);
    let traffic = inert(&words::traffic(document), WIDTH);
    if replayed {
        out.push_str(&format!("traffic  {traffic}\n"));
        out.push_str(&format!("trust    {}\n", words::trust(document)));
    } else {
        let text = format!("{traffic} (`--recordings PATH`)");
        out.push_str(&format!("traffic  {}\n", paint(Role::Warning, text)));
    }
    let mut doubts = words::doubts(document);
    if !everything && doubts.len() > 3 {
        let more = doubts.len() - 3;
        doubts.truncate(3);
        doubts.push(format!("and {more} more"));
    }
    if !doubts.is_empty() {
        let more = if everything { "" } else { " (-v)" };
        let text = format!("{}{more}", doubts.join(" · "));
        out.push_str(&format!("         {}\n", paint(Role::Warning, text)));
    }
    out
}

/// The policies that changed, on one line: `+ added  - removed  ~ edited`.
fn changed(document: &Document) -> String {
    let names: Vec<String> = document
        .repository
        .policies
        .iter()
        .map(|change| {
            let sign = match change.kind {
                PolicyChangeWord::Added => '+',
                PolicyChangeWord::Removed => '-',
                PolicyChangeWord::Edited => '~',
                PolicyChangeWord::Moved => '>',
            };
            format!("{sign} {}", inert(&change.policy, 40))
        })
        .collect();
    let mut line = String::new();
    for (at, name) in names.iter().enumerate() {
        let rest = format!("  and {} more", names.len() - at);
        if at > 0 && line.chars().count() + name.chars().count() + rest.len() > WIDTH {
            line.push_str(&rest);
            break;
        }
        line.push_str(if at > 0 { "  " } else { "" });
        line.push_str(name);
    }
    match line.is_empty() {
        true => line,
        false => format!("         {}\n", paint(Role::Quiet, line)),
    }
}

/// The verdict, and the gates that did not pass; all of them where there is room for all.
fn gates(document: &Document, limit: usize) -> String {
    let (word, _, _) = words::ending(document);
    let (role, note) = match (word, &document.verdict) {
        ("PASS", _) => (Role::Good, "all gates passed"),
        ("FAIL", _) => (Role::Bad, ""),
        (_, None) => (Role::Warning, "`agentauthz gate PLAN` judges a plan"),
        (_, Some(_)) => (Role::Warning, ""),
    };
    let mut out = format!(
        "{}  {}  {note}",
        paint(Role::Heading, "GATE"),
        paint(role, word)
    );
    out.truncate(out.trim_end().len());
    out.push('\n');
    let failed = words::gates(document, GateVerdict::Failed);
    let open = words::gates(document, GateVerdict::Inconclusive);
    let passed = words::gates(document, GateVerdict::Passed);
    let wanted: Vec<&GateNote> = match limit {
        usize::MAX => failed.into_iter().chain(open).chain(passed).collect(),
        _ => failed.into_iter().chain(open).collect(),
    };
    let fits = wanted.len() <= limit;
    let shown = if fits {
        wanted.len()
    } else {
        limit.saturating_sub(1)
    };
    for gate in wanted.iter().take(shown) {
        out.push_str(&one_gate(document, gate));
    }
    if !fits {
        let rest = count((wanted.len() - shown) as u64, "gate");
        out.push_str(&aside(format!(
            "      and {rest} more that did not pass (-v)"
        )));
    }
    out
}

fn one_gate(document: &Document, gate: &GateNote) -> String {
    let role = match gate.verdict {
        GateVerdict::Failed => Role::Bad,
        GateVerdict::Inconclusive => Role::Warning,
        GateVerdict::Passed => Role::Good,
    };
    let text = format!(
        "{}: {} (limit {}, {}){}",
        inert(&gate.gate, 30),
        inert(&gate.actual, 40),
        inert(&gate.limit, 30),
        inert(&gate.from, 14),
        words::numbers(document, gate, 6)
    );
    let word = paint(role, words::gate(gate.verdict));
    format!("      {word}  {}\n", inert(&text, 104))
}

fn control(changes: &[ControlChange], limit: usize) -> String {
    let mut ranked: Vec<&ControlChange> = changes.iter().collect();
    ranked.sort_by_key(|change| !change.weakens);
    let fits = ranked.len() <= limit;
    let shown = if fits {
        ranked.len()
    } else {
        limit.saturating_sub(1)
    };
    let mut out = String::new();
    for change in ranked.iter().take(shown) {
        let role = if change.weakens {
            Role::Bad
        } else {
            Role::Warning
        };
        let word = if change.weakens { "WEAKER" } else { "changed" };
        out.push_str(&format!(
            "{}  {}  {}\n",
            paint(Role::Heading, "control"),
            paint(role, word),
            inert(&change.what, 98)
        ));
    }
    if !fits {
        let rest: Vec<&&ControlChange> = ranked.iter().skip(shown).collect();
        let weaker = rest.iter().filter(|change| change.weakens).count();
        let weaker = match weaker {
            0 => String::new(),
            number => format!(", {number} of them weaker"),
        };
        let rest = count(rest.len() as u64, "change");
        out.push_str(&format!(
            "{}  {}\n",
            paint(Role::Heading, "control"),
            paint(Role::Warning, format!("and {rest} more{weaker} (-v)"))
        ));
    }
    out
}

/// What else changed, in a line or two.
fn further(document: &Document) -> String {
    let mut out = String::new();
    if document.changed_sessions > 0 {
        let about = if document.divergences_exact {
            ""
        } else {
            "about "
        };
        out.push_str(&aside(format!(
            "{about}{} changed · {} · {} after the first (hypothetical)",
            count(document.changed_sessions, "session"),
            count(document.first_divergences, "first divergence"),
            count(document.downstream, "flip"),
        )));
    }
    out
}

/// What to do now.
fn next(document: &Document, shown: &Shown) -> String {
    let worst = words::worst(document);
    let Some(group) = worst else {
        return String::new();
    };
    let plan = shown.plan.as_ref().map(|plan| inert(plan, 40));
    let with = plan
        .map(|plan| format!("  (each with --plan {plan})"))
        .unwrap_or_else(|| "  (each with --plan PLAN, which diff -o PLAN writes)".to_owned());
    let number = group.number;
    format!(
        "next  agentauthz explain {number} · pin {number} --expect base · approve {number} --owner NAME{with}\n"
    )
}

/// The last line: the exit code and why.
fn ending(document: &Document) -> String {
    let (word, code, why) = words::ending(document);
    let role = match code {
        0 if word == "PASS" => Role::Good,
        1 => Role::Bad,
        _ => Role::Warning,
    };
    format!(
        "{}  {} (exit {code})\n",
        paint(role, word),
        inert(&why, 100)
    )
}
