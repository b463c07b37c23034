//! What `-v` shows below the groups: classes, decisions, the policies' changes, and what trust rests on.

use super::super::table::{Align, Table};
use super::details::counts;
use crate::diff::document::{Document, PolicyChangeNote, SideTrust};
use crate::render::escape::inert;
use crate::render::{Role, count, grouped, paint, words};

/// How much of a text is shown.
const LONG: usize = 300;

/// All of it.
pub(super) fn everything(document: &Document) -> String {
    let parts = [
        ("classes", classes(document)),
        ("decisions", flow(document)),
        ("agents and actions", matrix(document)),
        (
            "policy changes",
            document.repository.policies.iter().map(policy).collect(),
        ),
        ("entities changed", lines(&document.repository.entities)),
        ("trust", trust(document)),
        ("approvals", approvals(document)),
        ("faults", lines(&document.diagnostics)),
        ("provenance", provenance(document)),
    ];
    let engine = &document.engine;
    let reasons: Vec<(&str, u64)> = engine
        .read_in_full_because
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect();
    let mut out = super::further(document);
    if let Some(traffic) = &document.traffic {
        out.push_str(&super::super::recordings::engine(
            traffic.actions,
            (engine.interpreted, &reasons),
            Some(traffic.actions.saturating_sub(traffic.evaluated)),
            usize::try_from(engine.verified).unwrap_or(usize::MAX),
        ));
        if traffic.malformed > 0 {
            out.push_str(
                "         `agentauthz check --recordings` names the records that cannot be read\n",
            );
        }
    }
    for (name, text) in parts {
        if !text.is_empty() {
            out.push_str(&format!("\n{}\n{text}", paint(Role::Heading, name)));
        }
    }
    out.push('\n');
    out
}

fn lines(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| format!("  {}\n", inert(text, LONG)))
        .collect()
}

fn classes(document: &Document) -> String {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right, Align::Right]);
    table.row(["class", "actions", "agents", "sessions"].map(|text| paint(Role::Quiet, text)));
    for class in document.classes.iter().filter(|class| class.actions > 0) {
        table.row([
            class.class.name().replace('-', " "),
            grouped(class.actions),
            grouped(class.agents),
            grouped(class.sessions),
        ]);
    }
    match document.classes.is_empty() {
        true => String::new(),
        false => table.draw("  "),
    }
}

fn flow(document: &Document) -> String {
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Right]);
    for cell in &document.flow {
        table.row([
            words::said(cell.base).to_owned(),
            format!("→ {}", words::said(cell.head)),
            grouped(cell.actions),
        ]);
    }
    table.draw("  ")
}

fn matrix(document: &Document) -> String {
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]);
    for cell in &document.matrix {
        let parts = [
            ("gained", cell.gained),
            ("lost", cell.lost),
            ("other", cell.other),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .map(|(word, number)| format!("{word} {}", grouped(number)))
            .collect();
        table.row([
            inert(&cell.agent, 40),
            inert(words::plain_action(&cell.action), 40),
            parts.join(", "),
        ]);
    }
    table.draw("  ")
}

fn policy(change: &PolicyChangeNote) -> String {
    let place = match (&change.base, &change.head) {
        (Some(base), Some(head)) if base.path != head.path => {
            format!(
                "{}:{} → {}:{}",
                inert(&base.path, 120),
                base.line,
                inert(&head.path, 120),
                head.line
            )
        }
        (_, Some(place)) | (Some(place), None) => {
            format!("{}:{}", inert(&place.path, 120), place.line)
        }
        (None, None) => String::new(),
    };
    let mut out = format!(
        "  {}  {}  {}\n",
        paint(Role::Name, inert(&change.policy, 120)),
        words::change(change.kind),
        paint(Role::Quiet, place)
    );
    for edit in &change.edits {
        out.push_str(&format!("      {}\n", inert(edit, LONG)));
    }
    for line in change.hunks.iter().flat_map(|hunk| &hunk.lines) {
        let role = match line.chars().next() {
            Some('-') => Role::Bad,
            Some('+') => Role::Good,
            _ => Role::Quiet,
        };
        let (sign, text) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        let indent = text.len() - text.trim_start_matches(' ').len();
        let text = format!(
            "{} {}{}",
            inert(sign, 8),
            " ".repeat(indent.min(40)),
            inert(text, LONG)
        );
        out.push_str(&format!("      {}\n", paint(role, text)));
    }
    out
}

fn trust(document: &Document) -> String {
    let trust = &document.trust;
    let mut out = String::new();
    for (name, side) in [("base", &trust.base), ("head", &trust.head)] {
        out.push_str(&side_lines(name, side));
    }
    for mismatch in &trust.fidelity.mismatches {
        let by: Vec<String> = mismatch
            .determining
            .iter()
            .chain(&mismatch.errors)
            .map(|name| inert(name, 80))
            .collect();
        let example = mismatch
            .example
            .as_ref()
            .map(|at| format!("  {}", inert(at, 160)));
        out.push_str(&format!(
            "  mismatch {}  recorded {}, base decides {}  {}{}\n",
            grouped(mismatch.actions),
            inert(&mismatch.recorded, 20),
            inert(&mismatch.decided, 20),
            words::few(&by, 5),
            example.unwrap_or_default()
        ));
    }
    if trust.fidelity.others > 0 {
        out.push_str(&format!(
            "  mismatch {}  of other kinds\n",
            grouped(trust.fidelity.others)
        ));
    }
    for untried in &trust.untried {
        let tested = if untried.tested {
            "a unit test does"
        } else {
            "nor does a unit test"
        };
        out.push_str(&format!(
            "  no recorded action reaches `{}`; {tested}\n",
            inert(&untried.policy, 120)
        ));
    }
    for (policy, number) in &trust.undecided_changes {
        out.push_str(&format!(
            "  `{}` changed, and {} rest on it\n",
            inert(policy, 120),
            count(*number, "undecided action")
        ));
    }
    for (id, times) in document.repeated_ids.iter().take(20) {
        out.push_str(&format!("  id {} stands {times} times\n", inert(id, 80)));
    }
    out
}

fn side_lines(name: &str, side: &SideTrust) -> String {
    let rows = [
        ("undecidable for want of", &side.wanting),
        ("without request", &side.reasons),
        ("tools without request", &side.unmapped_tools),
        ("policies that raise errors", &side.errors),
    ];
    let mut out = String::new();
    for (what, numbers) in rows {
        if !numbers.is_empty() {
            out.push_str(&format!("  {name} {what}  {}\n", counts(numbers)));
        }
    }
    if side.rescued > 0 {
        let rescued = grouped(side.rescued);
        out.push_str(&format!("  {name} {}  {rescued}\n", words::DESPITE));
    }
    if side.nonconforming > 0 {
        out.push_str(&format!(
            "  {name} requests that do not conform to the schema  {}\n",
            grouped(side.nonconforming)
        ));
    }
    out
}

fn approvals(document: &Document) -> String {
    let approvals = document
        .verdict
        .iter()
        .flat_map(|verdict| &verdict.approvals);
    approvals
        .map(|approval| {
            format!(
                "  {}  {} until {} · {}\n",
                inert(&approval.group, 64),
                words::approval(approval.state),
                inert(&approval.expires, 10),
                inert(&approval.reason, LONG)
            )
        })
        .collect()
}

fn provenance(document: &Document) -> String {
    let mut out = String::new();
    for (name, version) in [("base", &document.base), ("head", &document.head)] {
        if !version.digest.is_empty() {
            out.push_str(&format!(
                "  {name}  {}  {}\n",
                inert(&version.label, 80),
                inert(&version.digest, 80)
            ));
        }
    }
    if let Some(traffic) = &document.traffic {
        let names: Vec<String> = traffic
            .recordings
            .iter()
            .map(|name| inert(name, 160))
            .collect();
        out.push_str(&format!("  recordings  {}\n", words::few(&names, 20)));
        out.push_str(&format!(
            "  evaluated  {} of {}\n",
            grouped(traffic.evaluated),
            count(traffic.actions, "action")
        ));
    }
    out.push_str(&format!(
        "  agentauthz {} · judged by {}\n",
        inert(&document.tool, 20),
        inert(&document.now, 10)
    ));
    out
}
