//! What changed in the repository itself, for a terminal.

use crate::diff::{Place, PolicyChange, PolicyChangeKind, RepositoryChanges};
use crate::render::style::aside;
use crate::render::{Role, count, paint, printable};

/// Each changed policy with what changed in its text, then what else changed.
pub(super) fn policies(repository: &RepositoryChanges, verbose: bool) -> String {
    let mut out = String::new();
    if !repository.policies.is_empty() {
        out.push_str(&format!("\n{}\n", paint(Role::Heading, "policy changes")));
    }
    for change in &repository.policies {
        out.push_str(&policy(change, verbose));
    }
    let limit = if verbose { usize::MAX } else { 5 };
    let entities = repository.entities.iter().map(String::as_str);
    let control = repository.control.iter();
    let control = control.map(|change| change.what.as_str());
    for (name, changes) in [
        ("entities changed", entities.collect::<Vec<_>>()),
        ("control changes", control.collect()),
    ] {
        if changes.is_empty() {
            continue;
        }
        let shown: Vec<String> = changes
            .iter()
            .take(limit)
            .map(|item| printable(item))
            .collect();
        let rest = changes.len().saturating_sub(limit);
        let more = if rest > 0 {
            format!(", and {rest} more")
        } else {
            String::new()
        };
        out.push_str(&format!(
            "{}  {}{more}\n",
            paint(Role::Heading, name),
            shown.join(", ")
        ));
    }
    out
}

fn policy(change: &PolicyChange, verbose: bool) -> String {
    let (sign, what) = match change.kind {
        PolicyChangeKind::Added => ("+", "added"),
        PolicyChangeKind::Removed => ("-", "removed"),
        PolicyChangeKind::Moved => (">", "moved"),
        PolicyChangeKind::Edited(_) => ("~", "edited"),
    };
    let at = |place: &Option<Place>| {
        place
            .as_ref()
            .map(|place| format!("{}:{}", printable(&place.file), place.line))
    };
    let place = match (at(&change.base), at(&change.head), &change.kind) {
        (Some(base), Some(head), PolicyChangeKind::Moved) => format!("{base} → {head}"),
        (_, Some(head), _) => head,
        (Some(base), None, _) => base,
        (None, None, _) => String::new(),
    };
    let mut out = format!(
        "  {sign} {}  {}  {}\n",
        paint(Role::Name, printable(&change.name)),
        what,
        paint(Role::Quiet, place)
    );
    let whole = matches!(change.kind, PolicyChangeKind::Edited(_));
    if !(whole || verbose) {
        return out;
    }
    let limit = if verbose { usize::MAX } else { 3 };
    for edit in change.edits.iter().take(limit) {
        out.push_str(&format!("      {}\n", printable(edit)));
    }
    if change.edits.len() > limit {
        let rest = count((change.edits.len() - limit) as u64, "edit");
        out.push_str(&aside(format!("      and {rest} more (-v)")));
    }
    let lines = change.hunks.iter().flat_map(|hunk| &hunk.lines);
    let lines: Vec<_> = lines.filter(|(sign, _)| verbose || *sign != ' ').collect();
    let limit = if verbose { usize::MAX } else { 4 };
    for (sign, text) in lines.iter().take(limit) {
        let role = match sign {
            '-' => Role::Bad,
            '+' => Role::Good,
            _ => Role::Quiet,
        };
        let text = format!("{sign} {}", printable(text).trim_end());
        out.push_str(&format!("      {}\n", paint(role, text)));
    }
    if lines.len() > limit {
        let rest = count((lines.len() - limit) as u64, "line");
        out.push_str(&aside(format!("      and {rest} more (-v)")));
    }
    out
}
