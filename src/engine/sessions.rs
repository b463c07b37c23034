//! The calls of sessions that may have changed something: read before anything is decided, so that each action gets those
//! that came before it, in whatever order they stand.
//!
//! What they changed is for the mapping of each side to say, when an action of the session is mapped.

use super::Place;
use super::request::Meant;
use crate::model::{Earlier, EarlierCall, Moment, RecordedAction, hash64};
use crate::repository::Mapping;
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The mappings by which calls may change something.
#[derive(Debug, Clone)]
pub struct Changing {
    mappings: Arc<Vec<Mapping>>,
}

/// So much may be kept of earlier calls, in bytes of their text.
const LIMIT: usize = 256 << 20;

/// So many bytes of what is kept are taken by a session beside its name and its calls.
const SESSION: usize = 128;

/// And so many by a session that is in a recording, where there are several.
const PRESENT: usize = 32;

/// And by a record that cannot be read.
const LOST: usize = 512;

impl Changing {
    /// Of these mappings; nothing where none of them says that a call changes anything.
    pub fn of<'m>(mappings: impl IntoIterator<Item = &'m Mapping>) -> Option<Self> {
        let mappings = mappings.into_iter().filter(|mapping| mapping.has_changes());
        let mappings: Vec<Mapping> = mappings.cloned().collect();
        (!mappings.is_empty()).then(|| Self {
            mappings: Arc::new(mappings),
        })
    }

    /// Begins to read recordings for the calls that change something. `several`: there is more than one recording, so that a
    /// session may go on in another one.
    pub fn begin(&self, several: bool) -> Reading {
        Reading {
            changing: self.clone(),
            several,
            found: Sessions::default(),
            bytes: 0,
            limit: LIMIT,
        }
    }

    /// Whether some mapping reads what a call gave back.
    pub fn reads_result(&self, action: &RecordedAction) -> bool {
        self.any(action, |mapping, tool| {
            let mut changes = mapping.rule(tool).changes.iter();
            changes.any(crate::repository::Change::reads_result)
        })
    }

    /// Whether a call may change something by some mapping.
    fn may_change(&self, action: &RecordedAction) -> bool {
        action.failed() != Some(true)
            && self.any(action, |mapping, tool| {
                !mapping.rule(tool).changes.is_empty()
            })
    }

    fn any(&self, action: &RecordedAction, holds: impl Fn(&Mapping, &str) -> bool) -> bool {
        let Some(call) = &action.call else {
            return false;
        };
        let mut mappings = self.mappings.iter();
        mappings.any(|mapping| match Meant::of(action, call, mapping) {
            Some(meant) => holds(mapping, &meant.tool),
            // It may be any tool.
            None => mapping.has_changes(),
        })
    }
}

/// What was read of sessions so far, in any order.
#[derive(Debug)]
pub struct Reading {
    changing: Changing,
    several: bool,
    found: Sessions,
    bytes: usize,
    limit: usize,
}

/// The calls of all sessions that may have changed something.
#[derive(Debug, Default)]
pub struct Sessions {
    sessions: BTreeMap<String, Session>,
    /// By recordings, the records that could not be read: they may have been calls of any session that is in the recording.
    lost: BTreeMap<u32, BTreeMap<(u64, u32), Arc<RecordedAction>>>,
    /// Where there are several recordings, which sessions are in which of them, by hashes of their names.
    present: FxHashSet<(u64, u32)>,
    /// Sessions with an action that has no time.
    untimed: FxHashSet<u64>,
}

#[derive(Debug, Default)]
struct Session {
    calls: Vec<Call>,
    /// The recordings whose lines do not stand in the order of the session.
    jumbled: BTreeSet<u32>,
}

#[derive(Debug)]
struct Call {
    moment: Moment,
    call: Arc<RecordedAction>,
    /// Whether another recording may tell of the same call, or of another one.
    doubtful: bool,
}

/// Where something stands: the number of its recording, that of the line or document in it, and which one in that it is.
pub type Standing = (u32, u64, u32);

impl Reading {
    /// Takes note of a record that cannot be read.
    pub fn lose(&mut self, at: Standing, place: &Place) {
        let lost = self.found.lost.entry(at.0).or_default();
        let what = RecordedAction::new(format!("{place}, which cannot be read,"));
        if lost.insert((at.1, at.2), Arc::new(what)).is_none() {
            self.bytes += LOST;
        }
    }

    /// Takes note of an action, where it may change something for others of its session.
    pub fn see(&mut self, at: Standing, action: &RecordedAction) {
        let Some(name) = action.session.as_ref() else {
            return;
        };
        if self.bytes > self.limit {
            return;
        }
        if self.several {
            let hash = hash64(0, name.as_bytes());
            if self.found.present.insert((hash, at.0)) {
                self.bytes += PRESENT;
            }
            if action.time.is_none() && self.found.untimed.insert(hash) {
                self.bytes += PRESENT;
            }
        }
        if action.corpus.is_some() || !self.changing.may_change(action) {
            return;
        }
        if !self.found.sessions.contains_key(name) {
            self.bytes += name.len() + SESSION;
        }
        let mut kept = RecordedAction {
            request: None,
            recorded: None,
            earlier: Earlier::default(),
            ..action.clone()
        };
        // Results are long.
        if let Some(call) = &mut kept.call
            && !self.changing.reads_result(action)
        {
            call.result = None;
        }
        self.bytes += serde_json::to_string(&kept).map_or(0, |text| text.len());
        let session = self.found.sessions.entry(name.clone()).or_default();
        session.calls.push(Call {
            moment: moment(action, at),
            call: Arc::new(kept),
            doubtful: false,
        });
    }

    /// Everything was read. The error says that it is too much.
    pub fn finish(self) -> Result<Sessions, String> {
        if self.bytes > self.limit {
            return Err(format!(
                "what calls of sessions may have changed takes more than {} MiB",
                self.limit >> 20
            ));
        }
        let mut found = self.found;
        for session in found.sessions.values_mut() {
            session.calls.sort_by_key(|call| call.moment.at);
            session.mark_jumbled();
            if self.several {
                session.join();
            }
        }
        Ok(found)
    }
}

impl Session {
    /// Notes the recordings whose lines do not stand in the order of places and times.
    fn mark_jumbled(&mut self) {
        let mut last: BTreeMap<u32, (Option<u64>, Option<i128>)> = BTreeMap::new();
        for Call { moment, .. } in &self.calls {
            let last = last.entry(moment.at.0).or_default();
            if is_less(moment.sequence, last.0) || is_less(moment.time, last.1) {
                self.jumbled.insert(moment.at.0);
            }
            *last = (last.0.max(moment.sequence), last.1.max(moment.time));
        }
        for call in &mut self.calls {
            call.moment.within = !self.jumbled.contains(&call.moment.at.0);
        }
    }

    /// Joins what several recordings tell of one call: a transcript, say, and the log of its hooks. Where nobody can tell
    /// whether two are one, both are doubtful.
    fn join(&mut self) {
        let mut joined: Vec<Call> = Vec::new();
        let mut by_id: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for call in std::mem::take(&mut self.calls) {
            let others = by_id.entry(call.call.id.clone()).or_default();
            let mut twin = None;
            let mut doubtful = false;
            for at in others.iter().copied() {
                let Some(other) = joined.get_mut(at) else {
                    continue;
                };
                if other.moment.at.0 == call.moment.at.0 {
                    continue;
                }
                match is_the_same(&other.call, &call.call) {
                    Some(true) if twin.is_none() => twin = Some(at),
                    Some(_) => {}
                    None => {
                        other.doubtful = true;
                        doubtful = true;
                    }
                }
            }
            match twin.and_then(|at| joined.get_mut(at)) {
                Some(other) => {
                    other.moment.twins.push(call.moment);
                    other.doubtful |= doubtful;
                }
                None => {
                    others.push(joined.len());
                    joined.push(Call { doubtful, ..call });
                }
            }
        }
        self.calls = joined;
    }
}

/// Whether two records of two recordings with one id tell of the same call; nothing where nobody knows.
fn is_the_same(one: &RecordedAction, other: &RecordedAction) -> Option<bool> {
    let (one, other) = (one.call.as_ref()?, other.call.as_ref()?);
    if one.tool != other.tool {
        return Some(false);
    }
    match (&one.args, &other.args) {
        (Some(one), Some(other)) if one == other => Some(true),
        (Some(one), Some(other)) if !one.has_unknown() && !other.has_unknown() => Some(false),
        _ => None,
    }
}

fn is_less<T: Ord>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one < other)
}

impl Sessions {
    /// A session whose calls change something, and that stands in several recordings, where not all of it has a time: put
    /// into one recording, nobody could tell any more what came first.
    pub fn mixed(&self) -> Option<&str> {
        let mixed = |name: &String| {
            let hash = hash64(0, name.as_bytes());
            let of = self.present.iter().filter(|(other, _)| *other == hash);
            self.untimed.contains(&hash) && of.count() > 1
        };
        self.sessions
            .keys()
            .find(|name| mixed(name))
            .map(String::as_str)
    }

    /// Gives an action the calls of its session that may have come before it and changed something.
    pub fn give(&self, at: Standing, action: &mut RecordedAction) {
        if action.corpus.is_some() {
            return;
        }
        let Some(name) = action.session.as_ref() else {
            return;
        };
        let session = self.sessions.get(name);
        let calls = || session.iter().flat_map(|session| &session.calls);
        let mut own = moment(action, at);
        let is_own =
            |moment: &Moment| moment.at == at || moment.twins.iter().any(|twin| twin.at == at);
        if let Some(same) = calls().find(|call| is_own(&call.moment)) {
            let all = same.moment.twins.iter().chain([&same.moment]);
            own.twins = all.filter(|twin| twin.at != at).cloned().collect();
        }
        // One that stands before what it came behind tells that lines say nothing of it.
        let is_jumbled = session.is_some_and(|session| session.jumbled.contains(&at.0));
        own.within = !is_jumbled && !calls().any(|call| contradicts(&own, &call.moment));
        let mut earlier = self.lost(name, &own, is_jumbled);
        for Call {
            moment,
            call,
            doubtful,
        } in calls()
        {
            let order = moment.order(&own);
            if is_own(moment) || order == Some(Ordering::Greater) {
                continue;
            }
            earlier.push(EarlierCall {
                call: call.clone(),
                moment: moment.clone(),
                surely: order.is_some() && !doubtful,
            });
        }
        action.earlier = earlier.into_iter().collect();
    }

    /// The records that could not be read and may have been calls of the session before a moment: of each recording the
    /// last one, behind which the others change nothing more.
    fn lost(&self, name: &str, own: &Moment, is_jumbled: bool) -> Vec<EarlierCall> {
        let (recording, line, nth) = own.at;
        let hash = hash64(0, name.as_bytes());
        let mut found = Vec::new();
        for (number, lost) in &self.lost {
            let is_own = *number == recording;
            if !is_own && !self.present.contains(&(hash, *number)) {
                continue;
            }
            let last = match is_own && own.within {
                true => lost.range(..(line, nth)).next_back(),
                false => lost.last_key_value(),
            };
            if let Some(((line, nth), call)) = last {
                let moment = Moment {
                    sequence: None,
                    time: None,
                    at: (*number, *line, *nth),
                    within: is_own && !is_jumbled,
                    across: false,
                    twins: Vec::new(),
                };
                found.push(EarlierCall {
                    call: call.clone(),
                    moment,
                    surely: false,
                });
            }
        }
        found
    }
}

/// Whether places or times say of two moments of one recording that their lines do not stand in order.
fn contradicts(one: &Moment, other: &Moment) -> bool {
    let lines = one.at.cmp(&other.at);
    let against =
        |order: Option<Ordering>| order.is_some_and(|order| order.is_ne() && order != lines);
    one.at.0 == other.at.0
        && (against(one.sequence.zip(other.sequence).map(|(a, b)| a.cmp(&b)))
            || against(one.time.zip(other.time).map(|(a, b)| a.cmp(&b))))
}

/// When an action was.
fn moment(action: &RecordedAction, at: Standing) -> Moment {
    let time: Option<Timestamp> = action.time.as_deref().and_then(|time| time.parse().ok());
    Moment {
        sequence: action.sequence,
        time: time.map(Timestamp::as_nanosecond),
        at,
        within: true,
        across: true,
        twins: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
