//! `pin` for a terminal.

use crate::pin::{Held, PinReport};
use crate::render::escape::shortened;
use crate::render::{Header, Role, count, paint, printable};

/// What was written, and what becomes of it on both sides.
pub fn pin(header: &Header, report: &PinReport) -> String {
    let tests = count(report.tests.len() as u64, "test");
    let mut out = format!(
        "pinned   {tests} of group {} ({}) in {}\n",
        report.number,
        printable(&report.fingerprint),
        paint(Role::Name, printable(&report.path))
    );
    for test in &report.tests {
        let name = shortened(&printable(&test.name), 160);
        out.push_str(&format!("  {name}  {}\n", test.decision.name()));
    }
    let label = |at: usize| {
        let version = header.versions.get(at);
        version
            .map(|version| printable(&version.label))
            .unwrap_or_default()
    };
    let base = held(report.tests.iter().map(|test| &test.base));
    let head = held(report.tests.iter().map(|test| &test.head));
    out.push_str(&format!("base     {}: {base}\n", label(0)));
    out.push_str(&format!("head     {}: {head}\n", label(1)));
    for (at, why) in &report.left_out {
        let text = format!("{}: {}", printable(at), shortened(&printable(why), 200));
        out.push_str(&format!("left out {}\n", paint(Role::Warning, text)));
    }
    out.push_str("next     agentauthz test\n");
    out
}

/// How many passed, failed and are broken, and with what the first of them did.
fn held<'h>(tests: impl Iterator<Item = &'h Held> + Clone) -> String {
    let passed = tests
        .clone()
        .filter(|held| matches!(held, Held::Passed))
        .count();
    let failed: Vec<&String> = tests
        .clone()
        .filter_map(|held| match held {
            Held::Failed(message) => Some(message),
            Held::Passed | Held::Broken(_) => None,
        })
        .collect();
    let broken: Vec<&String> = tests
        .filter_map(|held| match held {
            Held::Broken(message) => Some(message),
            Held::Passed | Held::Failed(_) => None,
        })
        .collect();
    let mut parts = Vec::new();
    if passed > 0 {
        parts.push(paint(Role::Good, format!("{passed} passed")));
    }
    for (role, word, found) in [
        (Role::Bad, "failed", failed),
        (Role::Warning, "broken", broken),
    ] {
        if let Some(first) = found.first() {
            let text = shortened(&printable(first), 200);
            parts.push(format!(
                "{} ({text})",
                paint(role, format!("{} {word}", found.len()))
            ));
        }
    }
    parts.join(", ")
}
