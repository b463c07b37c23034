//! What recordings show of a mapping.

use crate::engine::{By, Counts, Incoming, Merge, Named, Side, Usage, Volume, usage};
use crate::model::{NotReplayable, RecordedAction};
use std::collections::BTreeMap;

/// What was seen in recordings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Their volume, with what is malformed.
    pub volume: Volume,
    /// Tool calls.
    pub calls: u64,
    /// Tools, as the mapping sees them.
    pub(super) tools: Named<Tool>,
    /// Actions of requests, mapped or recorded.
    pub(super) actions: Counts,
    /// Lines of the mapping, by number: in how many calls they said something.
    pub(super) lines: BTreeMap<usize, u64>,
    /// Arguments that were not taken, by tool and argument with a line break between.
    pub(super) not_taken: Counts,
}

/// What was seen of a tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tool {
    /// How often it was called.
    pub calls: u64,
    /// How often no action could be found.
    pub without_action: u64,
}

impl Merge for Tool {
    fn merge(&mut self, other: Self) {
        self.calls += other.calls;
        self.without_action += other.without_action;
    }
}

impl Merge for Seen {
    fn merge(&mut self, other: Self) {
        self.volume.merge(other.volume);
        self.calls += other.calls;
        self.tools.merge(other.tools);
        self.actions.merge(other.actions);
        for (line, count) in other.lines {
            *self.lines.entry(line).or_default() += count;
        }
        self.not_taken.merge(other.not_taken);
    }
}

/// Looks at one thing read from a recording.
pub fn see(side: &Side<'_>, seen: &mut Seen, incoming: Incoming) {
    let Some((_, action)) = seen.volume.read(incoming) else {
        return;
    };
    // A corpus holds no call that a mapping could read: the tool at most, and requests that are made already.
    if action.corpus.is_some() {
        return;
    }
    let version = side.version();
    let (Some(mapping), Some(schema), Some(call)) =
        (&version.mapping, &version.schema, &action.call)
    else {
        see_request(seen, &action);
        return;
    };
    let Usage {
        tool,
        action: mapped,
        lines,
        not_taken,
    } = usage(
        &action,
        call,
        By {
            mapping,
            schema,
            store: Some(&version.store),
            patches: None,
        },
    );
    seen.calls += 1;
    for line in lines {
        *seen.lines.entry(line).or_default() += 1;
    }
    let name = tool.as_deref().unwrap_or(&call.tool);
    let without_action = u64::from(mapped == Err(NotReplayable::UnknownAction));
    let one = Tool {
        calls: 1,
        without_action,
    };
    seen.tools.add(name, one);
    for argument in not_taken {
        seen.not_taken.add(&format!("{name}\n{argument}"), 1);
    }
    match mapped {
        Ok(action) => seen.actions.add(&action.to_string(), 1),
        Err(_) => see_request(seen, &action),
    }
}

/// A request that was recorded has an action, too.
fn see_request(seen: &mut Seen, action: &RecordedAction) {
    if let Some(request) = &action.request {
        seen.actions.add(&request.cedar.action.to_string(), 1);
    }
}
