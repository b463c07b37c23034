//! `check` for a terminal.

use super::recordings;
use crate::check::{CheckReport, Counted};
use crate::model::Sources;
use crate::render::diagnostics::summary;
use crate::render::{Header, Role, count, diagnostics, paint};

/// Every fault with its place, then what was checked.
pub fn check(header: &Header, report: &CheckReport, sources: &Sources) -> String {
    let mut out = String::new();
    if !header.quiet {
        out.push_str(&diagnostics(&report.diagnostics, sources));
        if let Some(found) = &report.recordings {
            out.push_str(&format!(
                "recordings  {}\n",
                recordings::volume(&found.volume)
            ));
            out.push_str(&recordings::unreadable(&found.volume, header.verbose));
            for (name, counts) in [
                ("no request", &found.not_replayable),
                ("their tools", &found.unmapped_tools),
                ("unknown fields", &found.unknown),
                ("not in the schema, left out", &found.left_out),
            ] {
                if !counts.is_empty() {
                    let ranked = recordings::ranked(counts, 6);
                    out.push_str(&format!("  {}  {ranked}\n", paint(Role::Warning, name)));
                }
            }
            if found.nonconforming.count > 0 {
                out.push_str(&recordings::notes(
                    "nonconforming",
                    &found.nonconforming,
                    header.verbose,
                ));
            }
            out.push_str(&recordings::repeated(&found.repeated));
        }
        out.push_str(&counted(&report.counted));
    }
    out.push_str(&format!(
        "check  {}\n",
        summary(report.errors(), report.warnings())
    ));
    out
}

fn counted(counted: &Counted) -> String {
    let parts = [
        (counted.files, "file"),
        (counted.policies, "policy"),
        (counted.templates, "template"),
        (counted.actions, "action"),
        (counted.agents, "agent"),
        (counted.entities, "entity"),
        (counted.tests, "test"),
    ];
    let parts: Vec<String> = parts
        .map(|(number, noun)| count(number as u64, noun))
        .to_vec();
    format!("checked  {}\n", parts.join(" · "))
}
