//! What `--update` changed, for a terminal.

use crate::render::{Role, count, paint, printable};
use crate::testing::Update;
use similar::{ChangeTag, TextDiff};

/// The lines of a file that differ, with a few around them.
pub fn text_diff(path: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = format!("{}\n", paint(Role::Heading, printable(path)));
    for group in diff.grouped_ops(2) {
        let first = group.first().map_or(0, |op| op.old_range().start) + 1;
        out.push_str(&format!(
            "{}\n",
            paint(Role::Quiet, format!("@@ line {first}"))
        ));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = printable(change.value().trim_end_matches(['\n', '\r']));
            out.push_str(&match change.tag() {
                ChangeTag::Equal => format!("  {line}\n"),
                ChangeTag::Delete => format!("{}\n", paint(Role::Bad, format!("- {line}"))),
                ChangeTag::Insert => format!("{}\n", paint(Role::Good, format!("+ {line}"))),
            });
        }
    }
    out
}

/// How many cases were rewritten, and which were not.
pub fn updated(update: &Update) -> String {
    let mut out = String::new();
    for (case, why) in &update.left {
        let left = paint(Role::Warning, "left as it is");
        out.push_str(&format!("{left}  {}: {why}\n", printable(case)));
    }
    if update.rewritten == 0 && update.left.is_empty() {
        out.push_str("nothing failed, so nothing was rewritten\n");
    } else {
        let cases = count(update.rewritten as u64, "case");
        let files = count(update.files.len() as u64, "file");
        out.push_str(&format!("rewritten  {cases} in {files}\n\n"));
    }
    out
}
