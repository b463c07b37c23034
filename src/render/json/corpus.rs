//! `corpus` as JSON.

use crate::corpus::CorpusInfo;
use crate::engine::Counts;
use crate::render::CorpusSummary;
use serde_json::{Map, Value, json};

/// `corpus build` as `agentauthz.corpus-build/1`.
pub fn corpus_built(summary: &CorpusSummary) -> Value {
    let named = |rows: &[(String, u64)]| -> Map<String, Value> {
        let rows = rows.iter();
        rows.map(|(name, number)| (name.clone(), json!(number)))
            .collect()
    };
    let sides = |[base, head]: [u64; 2]| json!({ "base": base, "head": head });
    json!({
        "format": "agentauthz.corpus-build/1",
        "output": summary.output,
        "actions": summary.actions,
        "records": summary.records,
        "bytes": summary.bytes,
        "malformed": summary.malformed,
        "dropped": named(&summary.dropped),
        "redacted": named(&summary.redacted),
        "redacted_nothing": summary.redacted_nothing,
        "requests_dropped": summary.requests_dropped,
        "undecided": sides(summary.undecided),
        "nonconforming": sides(summary.nonconforming),
        "nonconforming_kept": sides(summary.nonconforming_kept),
    })
}

/// `corpus info` as `agentauthz.corpus-info/1`.
pub fn corpus_info(info: &CorpusInfo, asked: bool) -> Value {
    let named = |counts: &Counts| -> Map<String, Value> {
        let mut named: Map<String, Value> = counts
            .iter()
            .map(|(name, number)| (name.to_owned(), json!(number)))
            .collect();
        if counts.others() > 0 {
            named.insert("…".to_owned(), json!(counts.others()));
        }
        named
    };
    let made_by = info.made_by.iter().map(|((mapping, schema), actions)| {
        json!({ "mapping": mapping, "schema": schema, "actions": actions })
    });
    json!({
        "format": "agentauthz.corpus-info/1",
        "actions": info.volume.actions,
        "records": info.records,
        "single_actions": info.others,
        "by_action": named(&info.by_action),
        "agents": named(&info.volume.agents),
        "no_request": named(&info.reasons),
        "not_kept_fields": named(&info.unknown),
        "dropped": named(&info.dropped),
        "made_by": made_by.collect::<Vec<Value>>(),
        "malformed": info.volume.malformed.count,
        "not_kept_for_this_version": asked.then_some(info.not_kept),
    })
}
