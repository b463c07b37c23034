//! `fmt` for a terminal.

use crate::format::FormatReport;
use crate::render::{Role, count, paint, printable, text_diff};

/// What was laid out otherwise, with the difference where it is asked for.
pub fn formatted(report: &FormatReport, quiet: bool, diff: bool, dry: bool) -> String {
    let mut out = String::new();
    for one in report.changed.iter().filter(|_| !quiet) {
        match diff {
            true => out.push_str(&text_diff(&one.file.path, &one.file.text, &one.text)),
            false => out.push_str(&format!("{}\n", printable(&one.file.path))),
        }
    }
    for (path, why) in &report.refused {
        out.push_str(&format!(
            "{}  {}: {}\n",
            paint(Role::Bad, "left as it is"),
            printable(path),
            printable(why)
        ));
    }
    let files = count(report.changed.len() as u64, "file");
    let (role, said) = match (report.changed.is_empty(), dry) {
        (true, _) => (Role::Good, "nothing to format".to_owned()),
        (false, true) => (Role::Bad, format!("{files} would be formatted")),
        (false, false) => (Role::Good, format!("{files} formatted")),
    };
    let well = count(report.well as u64, "file");
    out.push_str(&format!(
        "fmt  {}, {well} well laid out\n",
        paint(role, said)
    ));
    out
}
