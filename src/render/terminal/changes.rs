//! What changed in the repository itself, for a terminal.

use crate::diff::{Edit, PolicyChange, PolicyChangeKind, RepositoryChanges};
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
    for (name, set) in [
        ("entities changed", &repository.entities),
        ("control changes", &repository.control),
    ] {
        if set.is_empty() {
            continue;
        }
        let shown: Vec<String> = set.iter().take(limit).map(|item| printable(item)).collect();
        let rest = set.len().saturating_sub(limit);
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
    let (sign, what) = match &change.kind {
        PolicyChangeKind::Added => ("+", "added".to_owned()),
        PolicyChangeKind::Removed => ("-", "removed".to_owned()),
        PolicyChangeKind::Moved => (">", "moved".to_owned()),
        PolicyChangeKind::Edited(edits) => {
            let words: Vec<&str> = edits
                .iter()
                .map(|edit| match edit {
                    Edit::Effect => "effect",
                    Edit::Logic => "scope or condition",
                    Edit::Annotations => "annotations only",
                    Edit::Link => "link",
                    Edit::Moved => "moved",
                })
                .filter(|word| *word != "annotations only" || edits.len() == 1)
                .collect();
            ("~", format!("edited: {}", words.join(", ")))
        }
    };
    let at = |place: &Option<(std::sync::Arc<str>, usize)>| {
        place
            .as_ref()
            .map(|(file, line)| format!("{}:{line}", printable(file)))
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
