//! The decision-diff report as Markdown, for a comment on a pull request: the verdict first, then the groups; what can wait
//! is folded. It stays under GitHub's limit of 65,536 bytes: details are left out from the end, and counted.

mod groups;
mod text;

use crate::diff::document::{Document, GateVerdict};
use crate::model::ChangeClass;
use crate::render::numbers::{count, grouped};
use crate::render::words::{self, Flips};
use text::{cell, code, fence};

/// By this line a comment is found again.
pub const MARKER: &str = "<!-- agentauthz:diff -->";

/// GitHub takes no longer comment; some room is left for what is said of what was left out.
const LIMIT: usize = 65_536 - 512;

/// The groups that are shown in full, and all that are named.
const GROUPS: usize = 5;
const NAMED: usize = 60;

/// The comment.
pub fn diff(document: &Document) -> String {
    let mut page = Page::new();
    page.add(&head(document));
    page.add(&table(document));
    page.add(&gates(document));
    page.add(&control(document));
    let groups: Vec<_> = document
        .groups
        .iter()
        .filter(|group| groups::matters(group))
        .collect();
    for group in groups.iter().take(GROUPS) {
        page.add(&groups::group(document, group));
    }
    // What stands at the end is short, and no reader may miss it.
    let tail = provenance(document);
    page.reserve(tail.len());
    let named = groups.iter().skip(GROUPS).take(NAMED);
    let rest: String = named.map(|group| groups::line(group)).collect();
    if !rest.is_empty() {
        let more = groups.len() - GROUPS;
        let unnamed = match groups.len().saturating_sub(GROUPS + NAMED) {
            0 => String::new(),
            number => format!(
                "- and {} more, which the other reports have\n",
                count(number as u64, "group")
            ),
        };
        page.add(&folded(
            &format!("{} more", count(more as u64, "group")),
            &(rest + &unnamed),
        ));
    }
    page.add(&trust(document));
    page.add(&policies(document));
    page.end(&tail)
}

/// Blocks, as long as there is room.
struct Page {
    out: String,
    reserved: usize,
    left_out: u64,
}

impl Page {
    fn new() -> Self {
        Self {
            out: format!("{MARKER}\n"),
            reserved: 0,
            left_out: 0,
        }
    }

    fn reserve(&mut self, bytes: usize) {
        self.reserved = bytes;
    }

    /// Adds a block, if there is room and nothing was left out before it.
    fn add(&mut self, block: &str) {
        if block.is_empty() {
            return;
        }
        // Room for what comes at the end is kept from the beginning.
        let kept = self.reserved.max(4_096);
        if self.left_out > 0 || self.out.len() + block.len() + kept > LIMIT {
            self.left_out += 1;
            return;
        }
        self.out.push_str(block);
    }

    fn end(mut self, tail: &str) -> String {
        if self.left_out > 0 {
            let text = count(self.left_out, "section");
            self.out.push_str(&format!(
                "\n**{text} left out** for want of room; the other reports have them.\n"
            ));
        }
        self.out.push_str(tail);
        self.out
    }
}

fn folded(summary: &str, body: &str) -> String {
    format!("\n<details><summary>{summary}</summary>\n\n{body}</details>\n")
}

fn head(document: &Document) -> String {
    let (word, _, _) = words::ending(document);
    let (widened, narrowed) = words::moved(document);
    let failed = words::gates(document, GateVerdict::Failed).len() as u64;
    let judged = match word {
        "PASS" => "all gates passed".to_owned(),
        "FAIL" if failed > 0 => format!("{} failed", count(failed, "gate")),
        "FAIL" => "failed".to_owned(),
        "INCONCLUSIVE" => "inconclusive".to_owned(),
        _ => "not judged".to_owned(),
    };
    let sign = match word {
        "PASS" => "✔",
        "FAIL" => "✘",
        _ => "?",
    };
    let effect = match words::flips(document) {
        Flips::Some => {
            let mut parts = Vec::new();
            if widened > 0 {
                parts.push(format!(
                    "agents would gain {}",
                    count(widened, "recorded action")
                ));
            }
            if narrowed > 0 {
                let lose = if widened > 0 {
                    "lose"
                } else {
                    "agents would lose"
                };
                parts.push(format!("{lose} {}", count(narrowed, "recorded action")));
            }
            if parts.is_empty() {
                parts.push("some answers changed, no decision widened or narrowed".to_owned());
            }
            parts.join(" and ")
        }
        Flips::NothingReplayed | Flips::NothingCompared | Flips::NoneCompared(_) | Flips::None => {
            words::outcome(document)
        }
    };
    format!(
        "### agentauthz: {sign} {judged} – {effect}\n\n{} → {} · {}\n",
        code(&document.base.label, 80),
        code(&document.head.label, 80),
        words::repository(document)
    )
}

fn table(document: &Document) -> String {
    let changed = document.classes.iter();
    let changed =
        changed.filter(|class| class.actions > 0 && class.class != ChangeClass::Unchanged);
    let mut rows = String::new();
    for class in changed {
        let name = class.class.name().replace('-', " ");
        let name = if class.widened > 0 {
            format!("**{name}**")
        } else {
            name
        };
        rows.push_str(&format!(
            "| {name} | {} | {} | {} |\n",
            grouped(class.actions),
            grouped(class.agents),
            grouped(class.sessions)
        ));
    }
    match rows.is_empty() {
        true => String::new(),
        false => {
            format!("\n| | recorded actions | agents | sessions |\n|---|---:|---:|---:|\n{rows}")
        }
    }
}

/// The gates that did not pass, and the names of the others.
fn gates(document: &Document) -> String {
    const SHOWN: usize = 12;
    let open = [GateVerdict::Failed, GateVerdict::Inconclusive];
    let open: Vec<_> = open
        .into_iter()
        .flat_map(|verdict| words::gates(document, verdict))
        .collect();
    let mut out = String::new();
    if !open.is_empty() {
        out.push_str("\n| | gate | limit | whose | actual |\n|---|---|---|---|---|\n");
    }
    for gate in open.iter().take(SHOWN) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {}{} |\n",
            words::gate(gate.verdict),
            cell(&gate.gate, 60),
            cell(&gate.limit, 60),
            cell(&gate.from, 20),
            cell(&gate.actual, 80),
            words::numbers(document, gate, 8)
        ));
    }
    if open.len() > SHOWN {
        let rest = count((open.len() - SHOWN) as u64, "gate");
        out.push_str(&format!("| | and {rest} more | | | |\n"));
    }
    let passed = words::gates(document, GateVerdict::Passed);
    if !passed.is_empty() {
        let names: Vec<String> = passed.iter().map(|gate| code(&gate.gate, 60)).collect();
        out.push_str(&format!("\nPassed: {}\n", words::few(&names, SHOWN)));
    }
    out
}

fn control(document: &Document) -> String {
    const SHOWN: usize = 12;
    let mut ranked: Vec<_> = document.repository.control.iter().collect();
    ranked.sort_by_key(|change| !change.weakens);
    if ranked.is_empty() {
        return String::new();
    }
    let mut out = "\n#### What controls this review changed\n\n".to_owned();
    for change in ranked.iter().take(SHOWN) {
        let weaker = if change.weakens { "**weaker:** " } else { "" };
        out.push_str(&format!("- {weaker}{}\n", code(&change.what, 160)));
    }
    if ranked.len() > SHOWN {
        out.push_str(&format!(
            "- and {} more\n",
            count((ranked.len() - SHOWN) as u64, "change")
        ));
    }
    out
}

fn trust(document: &Document) -> String {
    let trust = &document.trust;
    let mut body = String::new();
    for (name, side) in [("base", &trust.base), ("head", &trust.head)] {
        for (what, numbers) in [
            ("undecidable for want of", &side.wanting),
            ("without request", &side.reasons),
            ("policies that raise errors", &side.errors),
        ] {
            if !numbers.is_empty() {
                body.push_str(&format!(
                    "- {name}, {what}: {}\n",
                    groups::counts(numbers, 6)
                ));
            }
        }
        if side.rescued > 0 {
            let rescued = grouped(side.rescued);
            body.push_str(&format!("- {name}, {}: {rescued}\n", words::DESPITE));
        }
    }
    for mismatch in trust.fidelity.mismatches.iter().take(6) {
        body.push_str(&format!(
            "- {}: recorded {}, base decides {}\n",
            count(mismatch.actions, "action"),
            code(&mismatch.recorded, 20),
            code(&mismatch.decided, 20)
        ));
    }
    for untried in trust.untried.iter().take(12) {
        let tested = if untried.tested {
            "a unit test does"
        } else {
            "nor does a unit test"
        };
        body.push_str(&format!(
            "- no recorded action reaches {}; {tested}\n",
            code(&untried.policy, 80)
        ));
    }
    for fault in document.diagnostics.iter().take(6) {
        body.push_str(&format!("- {}\n", code(fault, 200)));
    }
    match body.is_empty() {
        true => String::new(),
        false => folded("What the trust rests on", &body),
    }
}

/// The texts of the policies that may decide otherwise now.
fn policies(document: &Document) -> String {
    const POLICIES: usize = 12;
    const LINES: usize = 12;
    let mut lines: Vec<String> = Vec::new();
    let mut deciding = document
        .repository
        .policies
        .iter()
        .filter(|policy| policy.deciding);
    for policy in deciding.by_ref().take(POLICIES) {
        let name: String = policy.policy.chars().take(120).collect();
        lines.push(format!("@@ {name}: {} @@", words::change(policy.kind)));
        let changed: Vec<&String> = policy.hunks.iter().flat_map(|hunk| &hunk.lines).collect();
        lines.extend(
            changed
                .iter()
                .take(LINES)
                .map(|line| line.chars().take(300).collect()),
        );
        if changed.len() > LINES {
            let rest = count((changed.len() - LINES) as u64, "line");
            lines.push(format!("@@ and {rest} more @@"));
        }
    }
    match deciding.count() {
        0 => {}
        number => lines.push(format!("@@ and {} more @@", count(number as u64, "policy"))),
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    match lines.is_empty() {
        true => String::new(),
        false => folded("What changed in the policies", &fence(&lines, "diff")),
    }
}

/// The lines about trust and origin at the end.
fn provenance(document: &Document) -> String {
    let mut out = format!("\n{}  \n", plain(&words::traffic(document)));
    if document
        .traffic
        .as_ref()
        .is_some_and(|traffic| traffic.actions > 0)
    {
        out.push_str(&format!("trust: {}  \n", words::trust(document)));
    }
    let doubts = words::doubts(document);
    if !doubts.is_empty() {
        out.push_str(&format!("{}  \n", doubts.join(" · ")));
    }
    let digest = |digest: &str| match digest.is_empty() {
        true => "–".to_owned(),
        false => code(&digest.chars().take(16).collect::<String>(), 16),
    };
    out.push_str(&format!(
        "versions {} → {} · agentauthz {} · judged by {}",
        digest(&document.base.digest),
        digest(&document.head.digest),
        code(&document.tool, 20),
        code(&document.now, 10)
    ));
    if !document.values {
        out.push_str(" · argument values are hidden");
    }
    out.push('\n');
    if let (Some(group), true) = (words::worst(document), document.traffic.is_some()) {
        let number = group.number;
        let base = document.base.name.as_deref().unwrap_or_default();
        let safe = !base.is_empty()
            && base
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
        let base = if safe && base.len() <= 80 {
            format!("{base} ")
        } else {
            String::new()
        };
        out.push_str(&format!(
            "\n```sh\nagentauthz diff {base}-o plan.json\nagentauthz explain {number} --plan plan.json\n```\n"
        ));
    }
    out
}

/// Days and numbers of a line as they are, if they are that.
fn plain(text: &str) -> String {
    match text
        .chars()
        .all(|c| c.is_alphanumeric() || " ·…,.:-".contains(c))
        && text.len() < 300
    {
        true => text.to_owned(),
        false => code(text, 200),
    }
}
