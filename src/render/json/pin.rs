//! `pin` as JSON.

use super::versions;
use crate::pin::{Held, PinReport};
use crate::render::Header;
use serde_json::{Value, json};

/// `pin` as `agentauthz.pin/1`.
pub fn pin(header: &Header, report: &PinReport) -> Value {
    let held = |held: &Held| match held {
        Held::Passed => json!({ "result": "passed" }),
        Held::Failed(message) => json!({ "result": "failed", "message": message }),
        Held::Broken(message) => json!({ "result": "broken", "message": message }),
    };
    let tests = report.tests.iter().map(|test| {
        json!({
            "name": test.name, "action": test.at, "decision": test.decision.name(),
            "base": held(&test.base), "head": held(&test.head),
        })
    });
    let left_out = report.left_out.iter();
    let left_out = left_out.map(|(at, why)| json!({ "action": at, "reason": why }));
    json!({
        "format": "agentauthz.pin/1",
        "versions": versions(header),
        "group": { "number": report.number, "fingerprint": report.fingerprint },
        "path": report.path,
        "tests": tests.collect::<Vec<Value>>(),
        "left_out": left_out.collect::<Vec<Value>>(),
    })
}
