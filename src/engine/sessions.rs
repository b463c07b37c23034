//! The calls of sessions that may have changed something: read before anything is decided, so that each action gets those
//! that came before it, in whatever order they stand.
//!
//! What they changed is for the mapping of each side to say, when an action of the session is mapped.

use super::Place;
use super::request::Meant;
use crate::model::{Earlier, EarlierCall, Moment, RecordedAction};
use crate::repository::Mapping;
use jiff::Timestamp;
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
}

#[derive(Debug, Default)]
struct Session {
    calls: Vec<(Moment, Arc<RecordedAction>)>,
    /// The recordings that it is in, where there are several.
    recordings: BTreeSet<u32>,
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
        let changes = action.corpus.is_none() && self.changing.may_change(action);
        if !(changes || self.several) || self.bytes > self.limit {
            return;
        }
        if !self.found.sessions.contains_key(name) {
            self.bytes += name.len() + SESSION;
        }
        let session = self.found.sessions.entry(name.clone()).or_default();
        if self.several {
            session.recordings.insert(at.0);
        }
        if changes {
            let kept = RecordedAction {
                request: None,
                recorded: None,
                earlier: Earlier::default(),
                ..action.clone()
            };
            self.bytes += serde_json::to_string(&kept).map_or(0, |text| text.len());
            session.calls.push((moment(action, at), Arc::new(kept)));
        }
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
            session.calls.sort_by_key(|(moment, _)| moment.at);
        }
        if found.lost.is_empty() {
            found
                .sessions
                .retain(|_, session| !session.calls.is_empty());
        }
        Ok(found)
    }
}

impl Sessions {
    /// Gives an action the calls of its session that may have come before it and changed something.
    pub fn give(&self, at: Standing, action: &mut RecordedAction) {
        if action.corpus.is_some() {
            return;
        }
        let Some(name) = action.session.as_ref() else {
            return;
        };
        let session = self.sessions.get(name);
        let own = moment(action, at);
        let mut earlier = self.lost(session, &own);
        for (moment, call) in session.iter().flat_map(|session| &session.calls) {
            let order = moment.order(&own);
            if moment.at == at || order == Some(Ordering::Greater) {
                continue;
            }
            earlier.push(EarlierCall {
                call: call.clone(),
                moment: moment.clone(),
                surely: order.is_some() && !may_be_the_same(at, action, moment, call),
            });
        }
        earlier.sort_by_key(|call| call.moment.at);
        action.earlier = earlier.into_iter().collect();
    }

    /// The records that could not be read and may have been calls of the session before a moment: of each recording the
    /// last one, behind which the others change nothing more.
    fn lost(&self, session: Option<&Session>, own: &Moment) -> Vec<EarlierCall> {
        let (recording, line, nth) = own.at;
        let others = session.iter().flat_map(|session| &session.recordings);
        let others = others.copied().filter(|other| *other != recording);
        let mut found = Vec::new();
        for number in others.chain([recording]) {
            let Some(lost) = self.lost.get(&number) else {
                continue;
            };
            let last = match number == recording {
                true => lost.range(..(line, nth)).next_back(),
                false => lost.last_key_value(),
            };
            let Some(((line, nth), call)) = last else {
                continue;
            };
            let moment = Moment {
                sequence: None,
                time: None,
                at: (number, *line, *nth),
            };
            if moment.order(own) != Some(Ordering::Greater) {
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
    }
}

/// Whether two records may be of one call: two recordings may tell of the same session, such as a transcript and the log of
/// its hooks.
fn may_be_the_same(
    at: Standing,
    action: &RecordedAction,
    moment: &Moment,
    call: &RecordedAction,
) -> bool {
    let tools = |action: &RecordedAction| action.call.as_ref().map(|call| call.tool.clone());
    moment.at.0 != at.0 && call.id == action.id && tools(call) == tools(action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Json, SourceFile, ToolCall};
    use crate::repository::MappingFile;
    use crate::yaml;

    fn changing() -> Changing {
        let text = "tools: { write: { changes: [ { entity: 'D::\"{args.id}\"', attrs: { a: '{result}' } } ] } }";
        let file = SourceFile::new("mapping.yaml", text);
        let spec: MappingFile = yaml::parse(&file).expect("a mapping");
        let (mapping, faults) = Mapping::compile(&spec, &file, None);
        assert_eq!(faults, []);
        Changing::of([&mapping]).expect("it changes something")
    }

    fn action(
        id: &str,
        session: Option<&str>,
        sequence: Option<u64>,
        tool: &str,
    ) -> RecordedAction {
        let mut action = RecordedAction::new(id);
        action.session = session.map(str::to_owned);
        action.sequence = sequence;
        action.call = Some(ToolCall {
            tool: tool.to_owned(),
            args: None,
            result: None,
        });
        action
    }

    /// What each of these has before it, of one recording in this order; `?` where that is not sure.
    fn earlier(actions: &[RecordedAction]) -> Vec<String> {
        let at: Vec<Standing> = (0..actions.len()).map(|line| (0, line as u64, 0)).collect();
        let all: Vec<_> = at.into_iter().zip(actions).collect();
        given(&all, &[])
    }

    fn given(all: &[(Standing, &RecordedAction)], lost: &[Standing]) -> Vec<String> {
        let several = all.iter().any(|(at, _)| at.0 > 0);
        let mut reading = changing().begin(several);
        // The order in which threads read does not matter.
        for (at, action) in all.iter().rev() {
            reading.see(*at, action);
        }
        for at in lost {
            let place = Place {
                recording: format!("r{}", at.0).into(),
                line: at.1,
            };
            reading.lose(*at, &place);
        }
        let sessions = reading.finish().expect("little enough");
        let show =
            |call: &EarlierCall| format!("{}{}", call.call.id, if call.surely { "" } else { "?" });
        all.iter()
            .map(|(at, action)| {
                let mut action = RecordedAction::clone(action);
                sessions.give(*at, &mut action);
                let ids: Vec<String> = action.earlier.iter().map(show).collect();
                ids.join(" ")
            })
            .collect()
    }

    fn timed(id: &str, tool: &str, sequence: Option<u64>, time: &str) -> RecordedAction {
        let mut action = action(id, Some("s"), sequence, tool);
        action.time = Some(format!("2026-01-{time}T00:00:00Z"));
        action
    }

    #[test]
    fn a_call_has_the_earlier_calls_of_its_session_that_change_something() {
        let found = earlier(&[
            action("1", Some("s"), Some(0), "write"),
            action("2", Some("s"), Some(1), "read"),
            action("3", Some("t"), Some(1), "read"),
            action("4", Some("s"), Some(2), "write"),
            action("5", Some("s"), None, "read"),
            action("6", None, None, "write"),
            action("7", None, None, "read"),
        ]);
        assert_eq!(found, ["", "1", "", "1", "1 4", "", ""]);
    }

    #[test]
    fn places_and_times_tell_the_order_where_they_agree() {
        // Lines in any order, and times that say what places say.
        let found = earlier(&[
            timed("3", "read", Some(3), "03"),
            timed("1", "write", Some(1), "01"),
            timed("2", "write", Some(2), "02"),
        ]);
        assert_eq!(found, ["1 2", "", "1"]);
        // Without times nobody knows whether the places or the lines are right.
        let found = earlier(&[
            action("2", Some("s"), Some(2), "read"),
            action("1", Some("s"), Some(1), "write"),
        ]);
        assert_eq!(found, ["1?", ""]);
        // Places and times contradict one another.
        let found = earlier(&[
            timed("1", "write", Some(1), "02"),
            timed("2", "read", Some(2), "01"),
        ]);
        assert_eq!(found, ["", "1?"]);
        // Of one place, either may have been first.
        let found = earlier(&[
            timed("1", "write", Some(1), "01"),
            timed("2", "write", Some(1), "02"),
        ]);
        assert_eq!(found, ["2?", "1?"]);
        // Times alone, and lines that say something else.
        let found = earlier(&[
            timed("2", "read", None, "02"),
            timed("1", "write", None, "01"),
            timed("3", "read", None, "02"),
        ]);
        assert_eq!(found, ["1?", "", "1"]);
    }

    #[test]
    fn a_session_goes_on_in_another_recording() {
        let write = timed("1", "write", Some(9), "01");
        let read = timed("2", "read", Some(1), "02");
        // Places begin anew there; times tell.
        let later = [((1, 0, 0), &read), ((0, 5, 0), &write)];
        assert_eq!(given(&later, &[]), ["1", ""]);
        let named_first = [((0, 0, 0), &read), ((1, 5, 0), &write)];
        assert_eq!(given(&named_first, &[]), ["1", ""]);
        // Without times the places say one thing, and the order in which the recordings were named another one.
        let (write, read) = (
            action("1", Some("s"), Some(9), "write"),
            action("2", Some("s"), Some(1), "read"),
        );
        assert_eq!(
            given(&[((1, 0, 0), &read), ((0, 5, 0), &write)], &[]),
            ["1?", ""]
        );
        // Neither has a place.
        let (write, read) = (
            action("1", Some("s"), None, "write"),
            action("2", Some("s"), None, "read"),
        );
        assert_eq!(
            given(&[((1, 0, 0), &read), ((0, 5, 0), &write)], &[]),
            ["1", ""]
        );
        assert_eq!(
            given(&[((0, 0, 0), &read), ((1, 5, 0), &write)], &[]),
            ["", ""]
        );
    }

    #[test]
    fn what_two_recordings_say_of_one_call_is_not_taken_for_two() {
        let told = timed("1", "write", None, "01");
        let told_again = timed("1", "write", None, "02");
        let found = given(&[((0, 0, 0), &told), ((1, 0, 0), &told_again)], &[]);
        assert_eq!(found, ["", "1?"]);
    }

    #[test]
    fn what_cannot_be_read_may_have_changed_something() {
        let read = action("1", Some("s"), None, "read");
        let found = given(
            &[((0, 5, 0), &read), ((0, 9, 0), &read)],
            &[(0, 7, 0), (0, 8, 0)],
        );
        assert_eq!(found, ["", "r0:8, which cannot be read,?"]);
        // In another recording of the session, which has no times.
        let all = [((0, 5, 0), &read), ((1, 1, 0), &read), ((2, 1, 0), &read)];
        let lost = "r0:7, which cannot be read,?";
        assert_eq!(given(&all, &[(0, 7, 0)]), ["", lost, lost]);
        let timed = timed("2", "read", None, "01");
        let all = [((0, 5, 0), &timed), ((1, 1, 0), &timed)];
        assert_eq!(
            given(&all, &[(1, 7, 0)]),
            ["r1:7, which cannot be read,?", ""]
        );
        // The session is not in that one.
        assert_eq!(given(&[((1, 1, 0), &read)], &[(0, 7, 0)]), [""]);
    }

    #[test]
    fn a_failed_call_changes_nothing() {
        let mut failed = action("1", Some("s"), None, "write");
        failed.meta.insert("is_error".to_owned(), Json::Bool(true));
        let read = action("2", Some("s"), None, "read");
        assert_eq!(earlier(&[failed, read]), ["", ""]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut reading = changing().begin(false);
        reading.limit = 500;
        for number in 0..10 {
            let write = action("w", Some("s"), Some(number), "write");
            reading.see((0, number, 0), &write);
        }
        let fault = reading.finish().expect_err("too much");
        assert!(fault.contains("takes more than"), "{fault}");
    }

    #[test]
    fn results_are_kept_where_they_are_read() {
        let changing = changing();
        assert!(changing.reads_result(&action("1", None, None, "write")));
        assert!(!changing.reads_result(&action("1", None, None, "read")));
    }
}
