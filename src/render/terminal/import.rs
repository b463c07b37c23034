//! `import` for a terminal.

use crate::render::{Header, ImportSummary, Role, count, grouped, paint, percent, printable};

/// What was written, and what was lost on the way.
pub fn import(header: &Header, summary: &ImportSummary) -> String {
    let mut out = format!(
        "imported  {} → {}\n",
        count(summary.written, "action"),
        printable(&summary.output)
    );
    out.push_str(&format!(
        "mapped    {} ({})\n",
        grouped(summary.mapped),
        percent(summary.mapped, summary.written)
    ));
    if header.quiet {
        return out;
    }
    let named = |rows: Vec<(String, u64)>| {
        let shown: Vec<String> = rows
            .iter()
            .take(if header.verbose { 50 } else { 8 })
            .map(|(name, number)| format!("{} {}", printable(name), grouped(*number)))
            .collect();
        shown.join(" · ")
    };
    let listed = |map: &std::collections::BTreeMap<String, u64>| {
        named(
            map.iter()
                .map(|(name, number)| (name.clone(), *number))
                .collect(),
        )
    };
    let lines = [
        ("no request", listed(&summary.not_replayable)),
        ("their tools", named(summary.unmapped_tools.clone())),
        ("unknown fields", named(summary.unknown.clone())),
        (
            "not in the schema, left out",
            named(summary.left_out.clone()),
        ),
        ("redacted", named(summary.redacted.clone())),
        (
            "found nowhere, so nothing redacted",
            summary
                .redacted_nothing
                .iter()
                .map(|path| printable(path))
                .collect::<Vec<_>>()
                .join(" · "),
        ),
        (
            "recorded requests dropped with what they were made from",
            match summary.requests_dropped {
                0 => String::new(),
                dropped => grouped(dropped),
            },
        ),
        ("left out by the importer", listed(&summary.dropped)),
        ("repeated ids", listed(&summary.repeated)),
    ];
    for (name, text) in lines {
        if !text.is_empty() {
            out.push_str(&format!("  {}  {text}\n", paint(Role::Warning, name)));
        }
    }
    if summary.malformed > 0 {
        out.push_str(&format!(
            "  {} {}\n",
            paint(Role::Bad, "malformed"),
            grouped(summary.malformed)
        ));
        for note in &summary.malformed_notes {
            out.push_str(&format!("    {}\n", printable(note)));
        }
    }
    out
}
