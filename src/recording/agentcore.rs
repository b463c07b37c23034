//! AWS AgentCore: calls through a gateway, with what its policy engine decided. Spans as CloudWatch keeps them (one a
//! line) or in OTLP JSON, the gateway's application logs, and what CloudWatch puts around both. Not tried on real files.

mod calls;
mod javatext;
mod logs;
mod records;

use super::args;
use super::detect::document;
use super::format::Format;
use super::outline::Outline;
use super::{Item, Malformed, Parsed};
use crate::model::{Importer, RecordedAction};
use records::Records;
use std::collections::{HashMap, HashSet};

pub(super) static FORMAT: Format = Format {
    importer: Importer::Agentcore,
    marks,
    // The records of one call are several, and stand in any order.
    layout: document,
    parse: |item, _| Ok(parse(item)),
};

fn marks(outline: &Outline) -> bool {
    let log = ["resource_arn", "event_timestamp", "body", "request_id"];
    let span = ["traceId", "spanId", "attributes"];
    let gateway = ["aws.resource.arn", "aws.agentcore.gateway.policy.mode"];
    log.iter().all(|key| outline.has(key))
        || (span.iter().all(|key| outline.has(key))
            && gateway
                .iter()
                .any(|key| outline.has_path(&["attributes", key])))
}

fn parse(item: &Item) -> Parsed {
    let mut parsed = Parsed::default();
    let texts = records::texts(item, &mut parsed);
    let mut records = Records::of(&texts);
    let faults = std::mem::take(&mut records.faults).into_iter();
    let faults = faults.chain(std::mem::take(&mut records.document.faults));
    let malformed = faults.map(|fault| Err(Malformed::new(item, fault)));
    parsed.actions.extend(malformed);
    let mut actions = calls::actions(records, &mut parsed.dropped);
    actions.sort_by_cached_key(|(time, action)| (time.unwrap_or(u64::MAX), action.id.clone()));
    let mut ids = HashSet::new();
    let mut sequences: HashMap<String, u64> = HashMap::new();
    for (_, mut action) in actions {
        let id = std::mem::take(&mut action.id);
        let mut number = 1_u64;
        action.id.clone_from(&id);
        while !ids.insert(action.id.clone()) {
            number += 1;
            action.id = format!("{id}#{number}");
        }
        place(&mut action, &mut sequences);
        parsed.actions.push(Ok(action));
    }
    parsed
}

/// The place of an action in its session.
fn place(action: &mut RecordedAction, sequences: &mut HashMap<String, u64>) {
    if let Some(session) = &action.session {
        let next = sequences.entry(session.clone()).or_default();
        action.sequence = Some(*next);
        *next += 1;
    }
}

#[cfg(test)]
mod tests;
