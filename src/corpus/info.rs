//! What is in a corpus.

use crate::engine::{Counts, Incoming, Merge, Side, Volume};
use crate::model::{Digest, DroppedPart};
use std::collections::BTreeMap;

/// What is in a corpus.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CorpusInfo {
    /// What was read; actions are those that the records stand for.
    pub volume: Volume,
    /// Records of a corpus.
    pub records: u64,
    /// Records that are single actions.
    pub others: u64,
    /// Actions by Cedar action.
    pub by_action: Counts,
    /// Actions without a request, by reason.
    pub reasons: Counts,
    /// Actions by the mapping and the schema for which their requests are kept.
    pub made_by: BTreeMap<(Option<Digest>, Option<Digest>), u64>,
    /// Fields of the context that are kept of no such action, or were not known, by path.
    pub unknown: Counts,
    /// Parts of requests and attributes of entities that are not kept.
    pub dropped: Counts,
    /// Actions that this version cannot be asked about.
    pub not_kept: u64,
}

/// So many mappings and schemas are told apart: a corpus has two.
const MAKERS: usize = 100;

/// Looks at one thing read from a corpus. The side says whether it can be asked.
pub fn inspect(side: Option<&Side<'_>>, info: &mut CorpusInfo, incoming: Incoming) {
    let Some((_, action)) = info.volume.read(incoming) else {
        return;
    };
    let Some(corpus) = &action.corpus else {
        info.others += 1;
        return;
    };
    info.records += 1;
    let count = corpus.count;
    let mut names = std::collections::BTreeSet::new();
    for asked in &corpus.asked {
        let maker = (asked.mapping.clone(), asked.schema.clone());
        if info.made_by.len() < MAKERS || info.made_by.contains_key(&maker) {
            *info.made_by.entry(maker).or_default() += count;
        }
        if let Some(reason) = asked.reason {
            info.reasons.add(reason.name(), count);
        }
        if let Some(request) = &asked.request {
            names.insert(request.cedar.action.to_string());
            for path in &request.cedar.unknown {
                info.unknown.add(&path.to_string(), count);
            }
        }
        for part in &asked.dropped {
            let name = match part {
                DroppedPart::Principal => "principal",
                DroppedPart::Resource => "resource",
            };
            info.dropped.add(name, count);
        }
        for name in &asked.dropped_attributes {
            info.dropped.add(&format!("attribute {name}"), count);
        }
    }
    for name in names {
        info.by_action.add(&name, count);
    }
    let kept = side.is_none_or(|side| side.holds(corpus));
    info.not_kept += if kept { 0 } else { count };
}

impl Merge for CorpusInfo {
    fn merge(&mut self, other: Self) {
        self.volume.merge(other.volume);
        self.records += other.records;
        self.others += other.others;
        self.by_action.merge(other.by_action);
        self.reasons.merge(other.reasons);
        for (maker, count) in other.made_by {
            *self.made_by.entry(maker).or_default() += count;
        }
        self.unknown.merge(other.unknown);
        self.dropped.merge(other.dropped);
        self.not_kept += other.not_kept;
    }
}
