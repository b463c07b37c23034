//! `mapping` for a terminal.

use crate::mapping::{Finding, Kind, MappingReport};
use crate::render::{Header, Role, count, grouped, paint, printable};

/// So many findings of a kind are shown without `--verbose`.
const SHOWN: usize = 20;

/// What was found, by kind, then what was looked at.
pub fn mapping(header: &Header, report: &MappingReport) -> String {
    let mut out = String::new();
    if !header.quiet {
        for kind in Kind::ALL {
            let found: Vec<&Finding> = report
                .findings
                .iter()
                .filter(|found| found.kind == kind)
                .collect();
            if found.is_empty() {
                continue;
            }
            let role = if kind.is_note() {
                Role::Quiet
            } else {
                Role::Warning
            };
            let number = grouped(found.len() as u64);
            out.push_str(&format!("{}  {number}\n", paint(role, kind.title())));
            let shown = if header.verbose { usize::MAX } else { SHOWN };
            for one in found.iter().take(shown) {
                out.push_str(&line(one));
            }
            if let Some(more) = found.len().checked_sub(shown).filter(|more| *more > 0) {
                out.push_str(&format!("  and {more} more; `-v` shows them\n"));
            }
            out.push('\n');
        }
        let looked = &report.looked_at;
        let mut parts = vec![
            count(looked.lines, "line"),
            count(looked.actions, "action"),
            count(looked.listed_tools, "listed tool"),
        ];
        if looked.calls > 0 {
            let tools = count(looked.called_tools, "tool");
            parts.push(format!("{} of {tools}", count(looked.calls, "call")));
        }
        if looked.malformed > 0 {
            parts.push(format!("{} malformed", grouped(looked.malformed)));
        }
        out.push_str(&format!("looked at {}\n", parts.join(", ")));
    }
    let notes = report.findings.len() - report.faults();
    let result = match (report.is_inconclusive(), report.faults()) {
        (true, _) => paint(
            Role::Warning,
            "nothing to judge by: there are neither recorded calls nor `tools:` lists",
        ),
        (false, 0) => paint(Role::Good, "nothing found"),
        (false, faults) => paint(Role::Bad, count(faults as u64, "finding")),
    };
    let notes = match notes {
        0 => String::new(),
        notes => format!(", {}", count(notes as u64, "note")),
    };
    out.push_str(&format!("mapping  {result}{notes}\n"));
    out
}

fn line(found: &Finding) -> String {
    let place = match (&found.file, found.line) {
        (Some(file), Some(line)) => format!("{}:{line}  ", printable(file)),
        _ => String::new(),
    };
    let calls = match found.calls {
        Some(calls) => format!(" ({})", count(calls, "call")),
        None => String::new(),
    };
    format!("  {place}{}{calls}\n", printable(&found.message))
}
