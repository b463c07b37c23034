//! What a format is to the rest: how it is known, how it is cut, how a piece of it is read.

use super::joined::Join;
use super::outline::Outline;
use super::{Item, Malformed, Parsed};
use crate::model::Importer;

/// One format, in a file of its own.
pub(super) struct Format {
    /// Its name.
    pub(super) importer: Importer,
    /// Whether a value bears its marks. The first format that says so is it.
    pub(super) marks: fn(&Outline) -> bool,
    /// How a recording is cut, by its first bytes without a byte order mark.
    pub(super) layout: fn(&[u8]) -> Layout,
    /// Reads the actions of one item. The text is the stem of the recording's name.
    pub(super) parse: fn(&Item, &str) -> Result<Parsed, Malformed>,
}

/// How a recording is cut into items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One item a line.
    Lines,
    /// One item in all.
    Document,
    /// Lines with what other lines say of them.
    Joined(Join),
}

/// The formats, those with the surest marks first.
static FORMATS: &[&Format] = &[
    &super::native::FORMAT,
    &super::agentdojo::FORMAT,
    &super::tau2::FORMAT,
    &super::verified_permissions::FORMAT,
    &super::cerbos::FORMAT,
    &super::opa::FORMAT,
    &super::authzen::FORMAT,
    &super::tau_bench::FORMAT,
    &super::mcp::FORMAT,
    &super::claude_hooks::FORMAT,
    &super::claude_code::FORMAT,
    &super::otel::FORMAT,
    &super::agentcore::FORMAT,
    &super::openai_agents::FORMAT,
    &super::openai::FORMAT,
    &super::own::CSV,
    &super::own::JSONL,
];

/// What is known of a format.
pub(super) fn format(importer: Importer) -> &'static Format {
    let mut all = FORMATS.iter().copied();
    all.find(|format| format.importer == importer)
        .unwrap_or(&super::native::FORMAT)
}

/// The format whose marks a value bears.
pub(super) fn format_of(outline: &Outline) -> Option<&'static Format> {
    let mut all = FORMATS.iter().copied();
    all.find(|format| (format.marks)(outline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_importer_is_a_format() {
        for importer in Importer::ALL {
            assert_eq!(format(*importer).importer, *importer);
        }
        assert_eq!(FORMATS.len(), Importer::ALL.len());
    }

    #[test]
    fn a_message_goes_before_words_that_hooks_have_too() {
        let line = br#"{"event":"x","session_id":"s","tool_name":"t","msg":{"jsonrpc":"2.0"}}"#;
        let outline = Outline::of(line).expect("an object");
        let found = format_of(&outline).map(|format| format.importer);
        assert_eq!(found, Some(Importer::Mcp));
    }

    /// Good records of some formats, to be spoilt.
    const GOOD: &[(Importer, &str)] = &[
        (
            Importer::VerifiedPermissions,
            r#"{"Records":[{"eventSource":"verifiedpermissions.amazonaws.com","eventName":"BatchIsAuthorized","eventID":"e",
            "requestParameters":{"policyStoreId":"P","principal":{"entityType":"U","entityId":"a"},"requests":[
            {"action":{"actionType":"A","actionId":"v"},"resource":{"entityType":"R","entityId":"r"},"context":{"contextMap":
            {"n":{"long":1},"s":{"set":[{"record":{"d":{"decimal":"1.0"}}}]},"e":{"entityIdentifier":{"entityType":"U","entityId":"b"}}}}}],
            "entities":{"entityList":[{"identifier":{"entityType":"U","entityId":"a"},"attributes":{"x":{"string":"y"}},
            "parents":[{"entityType":"G","entityId":"g"}]}]}},"additionalEventData":{"results":[{"decision":"ALLOW"}]}}]}"#,
        ),
        (
            Importer::Opa,
            r#"[{"decision_id":"d","path":"a/allow","input":{"a":[1,{"b":2}],"c":"x"},"result":{"allow":true},"bundles":
            {"b":{"revision":"r"}},"erased":["/input/a/0","/input/p"],"masked":["/input/c","/result/allow"],"timestamp":"t"}]"#,
        ),
        (
            Importer::Cerbos,
            r#"{"decisionLogEntry":{"callId":"c","timestamp":"t","checkResources":{"inputs":[{"resource":{"id":"r"},
            "principal":{"id":"a"},"actions":["v"]}],"outputs":[{"resourceId":"r","actions":{"v":{"effect":"EFFECT_DENY"}}}]}}}"#,
        ),
        (
            Importer::Authzen,
            r#"{"request":{"subject":{"type":"identity","id":"a"},"action":{"name":"tools/call"},"context":{"agent":"b"},
            "evaluations":[{"resource":{"type":"tool","id":"t"}}]},"response":{"evaluations":[{"decision":true}]},"time":"t"}"#,
        ),
    ];

    /// The pointers to all values in a value.
    fn pointers(json: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        let inside: Vec<(String, &serde_json::Value)> = match json {
            serde_json::Value::Array(items) => {
                let items = items.iter().enumerate();
                items.map(|(at, item)| (at.to_string(), item)).collect()
            }
            serde_json::Value::Object(members) => {
                let members = members.iter();
                members.map(|(key, json)| (key.clone(), json)).collect()
            }
            _ => return,
        };
        for (key, json) in inside {
            pointers(json, &format!("{at}/{key}"), found);
        }
    }

    #[test]
    fn no_cut_and_no_odd_value_stops_a_reader() {
        let read = |importer: Importer, bytes: &[u8]| {
            let item = Item {
                bytes: bytes.to_vec(),
                line: 3,
            };
            let parsed = super::super::parse(importer, &item, "x");
            let faults = parsed
                .actions
                .iter()
                .filter_map(|action| action.as_ref().err());
            assert!(faults.clone().all(|fault| fault.line >= 3));
            (parsed.actions.len(), faults.count())
        };
        let odd = [
            "null",
            "true",
            "-1",
            "1.5",
            "1e308",
            "\"\"",
            "\"/\"",
            "[]",
            "{}",
            "[[7]]",
            "{\"\":{}}",
        ];
        for (importer, good) in GOOD {
            assert_eq!(read(*importer, good.as_bytes()), (1, 0), "{importer:?}");
            for end in 0..good.len() {
                let bytes = &good.as_bytes()[..end];
                assert_eq!(read(*importer, bytes), (1, 1), "{importer:?} {end}");
            }
            let json: serde_json::Value = serde_json::from_str(good).expect("JSON");
            let mut places = Vec::new();
            pointers(&json, "", &mut places);
            for (place, odd) in places.iter().flat_map(|place| odd.map(|odd| (place, odd))) {
                let mut spoilt = json.clone();
                let value = spoilt.pointer_mut(place).expect("a place");
                *value = serde_json::from_str(odd).expect("JSON");
                read(*importer, spoilt.to_string().as_bytes());
            }
        }
    }
}
