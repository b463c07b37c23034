//! What `replay --denied` lists, for a terminal.

use super::table::{Align, Table};
use crate::render::style::aside;
use crate::render::{Role, grouped, paint, printable};
use crate::replay::{Denied, DeniedAction};
use std::sync::Arc;

/// How often each policy denies, then the actions.
pub(super) fn denied(denied: &Denied, verbose: bool) -> String {
    if denied.by_policy.is_empty() {
        return String::new();
    }
    let heading = |text: &str| paint(Role::Quiet, text);
    // Most recordings do not say what came of a call.
    let failed = denied.by_policy.values().any(|denials| denials.failed > 0);
    let columns = if failed { 3 } else { 2 };
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right]);
    let headings = ["denied by", "actions", "failed anyway"].map(heading);
    table.row(headings.into_iter().take(columns));
    let mut ranked: Vec<_> = denied.by_policy.iter().collect();
    ranked.sort_by(|a, b| b.1.actions.cmp(&a.1.actions).then_with(|| a.0.cmp(b.0)));
    for (policy, denials) in ranked {
        let cell = |number: u64| match number {
            0 => "·".to_owned(),
            number => grouped(number),
        };
        let cells = [
            name(policy.as_ref()),
            cell(denials.actions),
            cell(denials.failed),
        ];
        table.row(cells.into_iter().take(columns));
    }
    let mut out = format!("\n{}\n", table.draw("  "));
    let limit = if verbose { usize::MAX } else { 50 };
    let mut list = Table::new(&[Align::Left; 3]);
    for action in denied.actions.iter().take(limit) {
        list.row(row(action));
    }
    out.push_str(&list.draw("  "));
    let kept = denied.actions.len();
    if kept > limit {
        let rest = grouped((kept - limit) as u64);
        out.push_str(&aside(format!("  and {rest} more (-v)")));
    }
    if denied.others > 0 {
        let others = grouped(denied.others);
        out.push_str(&aside(format!("  and {others} more, which are not listed")));
    }
    out
}

fn row(action: &DeniedAction) -> [String; 3] {
    let mut by: Vec<String> = action
        .determining
        .iter()
        .map(|policy| name(Some(policy)))
        .collect();
    if by.is_empty() {
        by.push(name(None));
    }
    by.extend(
        action
            .errors
            .iter()
            .map(|policy| format!("`{}` raises an error", printable(policy))),
    );
    if action.failed == Some(true) {
        by.push(paint(Role::Quiet, "failed anyway"));
    }
    [
        paint(Role::Quiet, format!("#{}", printable(&action.id))),
        printable(&action.action),
        by.join(" · "),
    ]
}

fn name(policy: Option<&Arc<str>>) -> String {
    match policy {
        Some(policy) => format!("`{}`", printable(policy)),
        None => "no policy permits it".to_owned(),
    }
}
