//! Bytes → recorded actions: what format a recording has, its items, and what each item holds. No I/O of its own.
//!
//! A recording is opened as [`Items`], which cuts it into pieces with bounded memory; [`parse`] reads one piece and
//! needs nothing else, so pieces may be parsed in parallel. A recording of one item a line is better cut into [`Chunks`]
//! or [`Chunks`] of many lines, which cost less. One file a format:
//!
//! | module | format |
//! | --- | --- |
//! | `native` | our own, one [`RecordedAction`] a line; the only one that is also written |
//! | `agentdojo` | AgentDojo run files |
//! | `tau2` | tau2 result files |
//! | `tau_bench` | tau-bench result files |
//! | `claude_code` | Claude Code transcripts |
//! | `claude_hooks` | logs of Claude Code's hooks |
//! | `mcp` | logs of MCP's JSON-RPC messages |
//! | `openai` | OpenAI chat messages and response items |
//! | `verified_permissions` | Amazon Verified Permissions events of CloudTrail |
//! | `opa`, `cerbos` | decision logs of OPA and Cerbos |
//! | `authzen` | AuthZEN evaluations |
//! | `own` | CSV and JSON lines of one's own, by a [`crate::model::LogLayout`] |
//! | `otel` | OpenTelemetry spans: OTLP JSON, exports of Jaeger and Tempo |
//! | `openai_agents` | traces of the OpenAI Agents SDK |
//! | `agentcore` | spans and logs of AWS AgentCore's gateways and policy engines |

mod agentcore;
mod agentdojo;
mod args;
mod authzen;
mod cerbos;
mod chunks;
mod claude_code;
mod claude_hooks;
mod detect;
mod fingerprint;
mod format;
mod frames;
mod items;
mod joined;
mod malformed;
mod mcp;
mod name;
mod native;
mod opa;
mod openai;
mod openai_agents;
mod otel;
mod outline;
mod own;
mod records;
mod redact;
mod repeats;
mod rows;
mod successive;
mod tau2;
mod tau_bench;
mod time;
#[cfg(test)]
mod variations;
mod verified_permissions;

pub use chunks::{CHUNK, Chunks, Lines, lines};
pub use detect::{PREFIX, detect};
pub use items::{Item, ItemError, Items, Limits, OpenError, Peeked, Unread};
pub use malformed::Malformed;
pub use native::{MOST, native_schema, write, write_lost};
pub use own::{missing_columns, parse_line, parse_row};
pub use redact::{NAMED, RedactPath, Redacted, Redaction};
pub use repeats::{Confirm, Repeats, Sightings};
pub use rows::{Row, RowChunks, Rows};

use crate::model::{Importer, RecordedAction};
use std::collections::BTreeMap;

/// What one item of a recording holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// The actions in the order in which they stand there, and what could not be read as one.
    pub actions: Vec<Result<RecordedAction, Malformed>>,
    /// What was left out on purpose, by a stable reason.
    pub dropped: BTreeMap<&'static str, u64>,
}

impl Parsed {
    /// An item of which nothing can be read.
    fn malformed(malformed: Malformed) -> Self {
        Self {
            actions: vec![Err(malformed)],
            dropped: BTreeMap::new(),
        }
    }
}

/// Reads the actions of one item. `name` is the recording's path or file name; formats that do not name their sessions
/// name them after its stem. Never panics, whatever the bytes are.
pub fn parse(importer: Importer, item: &Item, name: &str) -> Parsed {
    let parsed = (format::format(importer).parse)(item, name::stem(name));
    parsed.unwrap_or_else(Parsed::malformed)
}
