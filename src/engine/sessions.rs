//! The calls of sessions that may have changed something: read before anything is decided, so that each action gets those
//! that came before it, in whatever order they stand.
//!
//! What they changed is for the mapping of each side to say, when an action of the session is mapped.

use super::Place;
use super::request::Meant;
use crate::model::{Earlier, EarlierCall, Lines, Moment, RecordedAction, hash64};
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
        action.failed() != Some(true) && self.would_change(action)
    }

    /// The same, had it not failed.
    fn would_change(&self, action: &RecordedAction) -> bool {
        self.any(action, |mapping, tool| {
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
    /// The sessions of which some action has a place or a time, by hashes of their names.
    placed: FxHashSet<u64>,
}

#[derive(Debug, Default)]
struct Session {
    calls: Vec<Call>,
    /// The recordings whose lines do not stand in the order of the session.
    jumbled: BTreeSet<u32>,
    /// Whether two recordings may tell of the same call, so that none of them was before the other.
    overlaps: bool,
}

#[derive(Debug)]
struct Call {
    moment: Moment,
    call: Arc<RecordedAction>,
    /// Whether another recording may tell of the same call.
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
        let hash = hash64(0, name.as_bytes());
        if self.several && self.found.present.insert((hash, at.0)) {
            self.bytes += PRESENT;
        }
        let is_placed = action.sequence.is_some() || action.time.is_some();
        if is_placed && self.found.placed.insert(hash) {
            self.bytes += PRESENT;
        }
        // What failed may be told otherwise by another recording.
        let changes = match self.several {
            true => self.changing.would_change(action),
            false => self.changing.may_change(action),
        };
        if action.corpus.is_some() || !changes {
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
        let placed = &found.placed;
        for (name, session) in &mut found.sessions {
            session.calls.sort_by_key(|call| call.moment.at);
            if self.several {
                session.doubt_what_is_told_twice();
            }
            let changing = &self.changing;
            session.calls.retain(|call| changing.may_change(&call.call));
            session.mark_jumbled(placed.contains(&hash64(0, name.as_bytes())));
        }
        Ok(found)
    }
}

impl Session {
    /// Notes the recordings whose lines do not stand in the order of places and times.
    fn mark_jumbled(&mut self, is_placed: bool) {
        let mut last: BTreeMap<u32, (Option<u64>, Option<i128>)> = BTreeMap::new();
        for Call { moment, .. } in &self.calls {
            let last = last.entry(moment.at.0).or_default();
            if is_less(moment.sequence, last.0) || is_less(moment.time, last.1) {
                self.jumbled.insert(moment.at.0);
            }
            *last = (last.0.max(moment.sequence), last.1.max(moment.time));
        }
        for call in &mut self.calls {
            let is_jumbled = self.overlaps || self.jumbled.contains(&call.moment.at.0);
            call.moment.lines = lines(is_jumbled, is_placed);
        }
    }

    /// Calls with one id and tool in two recordings may be one: a transcript, say, and the log of its hooks. Ids are unique
    /// within a recording alone, so they may also be two.
    fn doubt_what_is_told_twice(&mut self) {
        let key = |call: &Call| {
            let tool = call.call.call.as_ref().map(|call| call.tool.clone());
            (call.call.id.clone(), tool)
        };
        let mut recordings: BTreeMap<_, BTreeSet<u32>> = BTreeMap::new();
        for call in &self.calls {
            let of_call = recordings.entry(key(call)).or_default();
            of_call.insert(call.moment.at.0);
        }
        for call in &mut self.calls {
            let of_call = recordings.get(&key(call));
            call.doubtful = of_call.is_some_and(|recordings| recordings.len() > 1);
            self.overlaps |= call.doubtful;
        }
    }
}

fn lines(is_jumbled: bool, is_placed: bool) -> Lines {
    match (is_jumbled, is_placed) {
        (true, _) => Lines::Nothing,
        (false, true) => Lines::CountForLost,
        (false, false) => Lines::Count,
    }
}

fn is_less<T: Ord>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one < other)
}

impl Sessions {
    /// A session in several recordings that must not be put into one, since nobody could tell any more what came first: its
    /// calls change something, or one of its recordings has a record that cannot be read.
    pub fn mixed(&self) -> Option<String> {
        let mut seen = FxHashSet::default();
        let mut several = FxHashSet::default();
        for (session, _) in &self.present {
            if !seen.insert(*session) {
                several.insert(*session);
            }
        }
        let is_several = |name: &str| several.contains(&hash64(0, name.as_bytes()));
        let mut changing = self.sessions.iter();
        let changing =
            changing.find(|(name, session)| !session.calls.is_empty() && is_several(name));
        let mut present = self.present.iter();
        let loses = |(session, recording): &(u64, u32)| {
            several.contains(session) && self.lost.contains_key(recording)
        };
        match changing {
            Some((name, _)) => Some(format!("the session `{}`", name.escape_debug())),
            None => present.any(loses).then(|| "a session".to_owned()),
        }
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
        let hash = hash64(0, name.as_bytes());
        let mut own = moment(action, at);
        // One that stands before what it came behind tells that lines say nothing of it.
        let is_jumbled = session
            .is_some_and(|session| session.overlaps || session.jumbled.contains(&at.0))
            || calls().any(|call| own.contradicts_lines(&call.moment));
        own.lines = lines(is_jumbled, self.placed.contains(&hash));
        let mut earlier = self.lost(hash, &own);
        for Call {
            moment,
            call,
            doubtful,
        } in calls()
        {
            let order = moment.order(&own);
            if moment.at == at || order == Some(Ordering::Greater) {
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
    fn lost(&self, hash: u64, own: &Moment) -> Vec<EarlierCall> {
        let (recording, line, nth) = own.at;
        let mut found = Vec::new();
        for (number, lost) in &self.lost {
            let is_own = *number == recording;
            if !is_own && !self.present.contains(&(hash, *number)) {
                continue;
            }
            let last = match is_own && own.lines != Lines::Nothing {
                true => lost.range(..(line, nth)).next_back(),
                false => lost.last_key_value(),
            };
            if let Some(((line, nth), call)) = last {
                // The same for whatever action it is given to.
                let moment = Moment {
                    sequence: None,
                    time: None,
                    at: (*number, *line, *nth),
                    lines: Lines::Count,
                    lost: true,
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

/// When an action was.
fn moment(action: &RecordedAction, at: Standing) -> Moment {
    let time: Option<Timestamp> = action.time.as_deref().and_then(|time| time.parse().ok());
    Moment {
        sequence: action.sequence,
        time: time.map(Timestamp::as_nanosecond),
        at,
        lines: Lines::Count,
        lost: false,
    }
}

#[cfg(test)]
mod tests;
