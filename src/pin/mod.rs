//! `pin`: recorded actions as unit tests with the decision that is meant.

use crate::cedar::Schema;
use crate::model::Request;
use crate::repository::{ExpectedDecision, spell};
use crate::yaml::scalar;
use std::fmt::Write as _;

/// One recorded action that becomes a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The name of the test.
    pub name: String,
    /// The request.
    pub request: Request,
    /// The decision that is meant.
    pub decision: ExpectedDecision,
    /// The policies that raise an error, where that is meant too.
    pub errors: Vec<String>,
}

/// A file of unit tests, beginning with these lines as comments.
pub fn suite_text(
    suite: &str,
    comments: &[String],
    pins: &[Pin],
    schema: Option<&Schema>,
) -> String {
    let mut out = String::new();
    for comment in comments {
        // Quoted like any text, without the quotes: nothing of it can end the comment.
        let quoted = scalar(&format!("{comment} "));
        let inner = quoted.trim_matches('"').trim_end();
        let _ = writeln!(out, "# {inner}");
    }
    let _ = writeln!(out, "version: 1\nsuite: {}\ntests:", scalar(suite));
    for pin in pins {
        write_pin(&mut out, pin, schema);
    }
    out
}

fn write_pin(out: &mut String, pin: &Pin, schema: Option<&Schema>) {
    let request = &pin.request;
    let _ = writeln!(out, "  - name: {}\n    request:", scalar(&pin.name));
    let parts = [
        ("principal", &request.principal),
        ("action", &request.action),
        ("resource", &request.resource),
    ];
    for (key, entity) in parts {
        let _ = writeln!(out, "      {key}: {}", scalar(&spell::reference(entity)));
    }
    let info = schema.and_then(|schema| schema.action(&request.action));
    let ty = info.and_then(|info| info.context.as_ref());
    let members = spell::context(&request.context, ty);
    if !members.is_empty() {
        out.push_str("      context:\n");
        spell::write_members(out, &members, 8);
    }
    let _ = write!(out, "    expect: {{ decision: {}", pin.decision.name());
    if !pin.errors.is_empty() {
        let names: Vec<String> = pin.errors.iter().map(|name| scalar(name)).collect();
        let _ = write!(out, ", errors: [{}]", names.join(", "));
    }
    out.push_str(" }\n");
}

/// What became of one version's run of a pinned test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It holds.
    Passed,
    /// It does not; this came out.
    Failed(String),
    /// The version cannot read its request.
    Broken(String),
}

/// A test that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Its name.
    pub name: String,
    /// The recorded action, `RECORDING#ID`.
    pub at: String,
    /// The decision that is meant.
    pub decision: ExpectedDecision,
    /// What became of it on base.
    pub base: Held,
    /// What became of it on head.
    pub head: Held,
}

/// What was pinned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PinReport {
    /// The group's number.
    pub number: u64,
    /// The group's fingerprint.
    pub fingerprint: String,
    /// The file, as the command line names it.
    pub path: String,
    /// The tests in it.
    pub tests: Vec<Pinned>,
    /// Examples that cannot be tests, and why.
    pub left_out: Vec<(String, String)>,
}
