//! The earlier calls of sessions that may have changed something, while recordings are read in order.
//!
//! What they changed is for the mapping of each side to say, when a later call of the session is mapped.

use super::Place;
use super::request::Meant;
use crate::model::{Earlier, RecordedAction};
use crate::repository::Mapping;
use jiff::Timestamp;
use std::collections::BTreeMap;
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

impl Changing {
    /// Of these mappings; nothing where none of them says that a call changes anything.
    pub fn of<'m>(mappings: impl IntoIterator<Item = &'m Mapping>) -> Option<Self> {
        let mappings = mappings.into_iter().filter(|mapping| mapping.has_changes());
        let mappings: Vec<Mapping> = mappings.cloned().collect();
        (!mappings.is_empty()).then(|| Self {
            mappings: Arc::new(mappings),
        })
    }

    /// Begins to read recordings in order.
    pub fn sessions(&self) -> Sessions {
        Sessions {
            changing: self.clone(),
            sessions: BTreeMap::new(),
            lost: BTreeMap::new(),
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

/// What was read of sessions so far.
#[derive(Debug)]
pub struct Sessions {
    changing: Changing,
    sessions: BTreeMap<String, Session>,
    /// For each recording the last record that could not be read.
    lost: BTreeMap<Arc<str>, Arc<RecordedAction>>,
    bytes: usize,
    limit: usize,
}

#[derive(Debug, Default)]
struct Session {
    earlier: Earlier,
    /// The last place of a call in it, as far as places are recorded.
    last: Option<u64>,
    /// The last time of a call in it, as far as times are recorded.
    time: Option<Timestamp>,
}

impl Sessions {
    /// Takes note of a record that cannot be read: it may have been a call of any session that goes on behind it.
    pub fn lose(&mut self, place: &Place) {
        let what = format!("line {}, which cannot be read,", place.line);
        let lost = Arc::new(RecordedAction::new(what));
        self.lost.insert(place.recording.clone(), lost);
    }

    /// Gives an action of a recording the earlier calls of its session. The error says why nobody could know the state that
    /// the session is in.
    pub fn see(&mut self, recording: &str, action: &mut RecordedAction) -> Result<(), String> {
        if action.corpus.is_some() {
            return Ok(());
        }
        let Some(name) = action.session.clone() else {
            return Ok(());
        };
        if !self.sessions.contains_key(&name) {
            self.bytes += name.len() + SESSION;
        }
        let session = self.sessions.entry(name).or_default();
        action.earlier = match action.sequence {
            None => session.earlier.clone(),
            Some(place) => session
                .earlier
                .only(|call| call.sequence.is_none_or(|other| other <= place)),
        };
        if let Some(lost) = self.lost.get(recording) {
            action.earlier.push(lost.clone());
        }
        let time: Option<Timestamp> = action.time.as_deref().and_then(|time| time.parse().ok());
        if self.changing.may_change(action) {
            let where_it_stands = match (action.sequence, session.last, time, session.time) {
                (Some(place), Some(last), ..) if place <= last => Some(format!(
                    "has place {place}, and stands behind a call of place {last}"
                )),
                (_, _, Some(own), Some(last)) if own < last => {
                    Some(format!("is of {own}, and stands behind a call of {last}"))
                }
                _ => None,
            };
            if let Some(place) = where_it_stands {
                let name = action.session.as_deref().unwrap_or_default();
                return Err(format!(
                    "the calls of the session `{}` do not stand in order: `{}` changes something, {place}",
                    name.escape_debug(),
                    action.id.escape_debug()
                ));
            }
            let kept = RecordedAction {
                request: None,
                recorded: None,
                earlier: Earlier::default(),
                ..action.clone()
            };
            self.bytes += serde_json::to_string(&kept).map_or(0, |text| text.len());
            session.earlier.push(Arc::new(kept));
        }
        session.last = session.last.max(action.sequence);
        session.time = session.time.max(time);
        if self.bytes > self.limit {
            return Err(format!(
                "what earlier calls of sessions may have changed takes more than {} MiB",
                self.limit >> 20
            ));
        }
        Ok(())
    }
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

    fn earlier(sessions: &mut Sessions, mut action: RecordedAction) -> Result<String, String> {
        sessions.see("r", &mut action)?;
        let ids: Vec<&str> = action.earlier.iter().map(|call| call.id.as_str()).collect();
        Ok(ids.join(" "))
    }

    #[test]
    fn a_call_has_the_earlier_calls_of_its_session_that_change_something() {
        let mut sessions = changing().sessions();
        let mut see = |id, session, sequence, tool| {
            earlier(&mut sessions, action(id, session, sequence, tool)).expect("in order")
        };
        assert_eq!(see("1", Some("s"), Some(0), "write"), "");
        assert_eq!(see("2", Some("s"), Some(1), "read"), "1");
        assert_eq!(see("3", Some("t"), Some(1), "read"), "");
        assert_eq!(see("4", Some("s"), Some(2), "write"), "1");
        assert_eq!(see("5", Some("s"), None, "read"), "1 4");
        assert_eq!(see("6", None, None, "write"), "");
        assert_eq!(see("7", None, None, "read"), "");
        // One that stands behind later ones sees what was before it.
        assert_eq!(see("8", Some("s"), Some(1), "read"), "1");
    }

    #[test]
    fn a_change_before_what_came_earlier_is_an_error() {
        let at = |id, tool, time: &str| {
            let mut action = action(id, Some("s"), None, tool);
            action.time = Some(time.to_owned());
            action
        };
        let mut sessions = changing().sessions();
        let read = at("1", "read", "2026-01-03T00:00:00Z");
        assert_eq!(earlier(&mut sessions, read), Ok(String::new()));
        let late = at("2", "write", "2026-01-02T00:00:00Z");
        let fault = earlier(&mut sessions, late).expect_err("out of order");
        assert!(fault.contains("do not stand in order"), "{fault}");
        let next = at("3", "write", "2026-01-03T00:00:00Z");
        assert_eq!(earlier(&mut sessions, next), Ok(String::new()));
    }

    #[test]
    fn what_cannot_be_read_may_have_changed_something() {
        let mut sessions = changing().sessions();
        let place = |recording: &str| Place {
            recording: recording.into(),
            line: 7,
        };
        sessions.lose(&place("another"));
        let read = action("1", Some("s"), None, "read");
        assert_eq!(earlier(&mut sessions, read.clone()), Ok(String::new()));
        sessions.lose(&place("r"));
        let lost = "line 7, which cannot be read,".to_owned();
        assert_eq!(earlier(&mut sessions, read), Ok(lost));
    }

    #[test]
    fn a_failed_call_changes_nothing() {
        let mut sessions = changing().sessions();
        let mut failed = action("1", Some("s"), None, "write");
        failed.meta.insert("is_error".to_owned(), Json::Bool(true));
        assert_eq!(earlier(&mut sessions, failed), Ok(String::new()));
        let read = action("2", Some("s"), None, "read");
        assert_eq!(earlier(&mut sessions, read), Ok(String::new()));
    }

    #[test]
    fn a_change_behind_what_it_would_have_changed_is_an_error() {
        for place in [1, 2] {
            let mut sessions = changing().sessions();
            let read = action("1", Some("s"), Some(2), "read");
            assert_eq!(earlier(&mut sessions, read), Ok(String::new()));
            let late = action("2", Some("s"), Some(place), "write");
            let fault = earlier(&mut sessions, late).expect_err("out of order");
            assert!(
                fault.contains("the session `s` do not stand in order"),
                "{fault}"
            );
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut sessions = changing().sessions();
        sessions.limit = 500;
        let mut fault = None;
        for number in 0..10 {
            let write = action("w", Some("s"), Some(number), "write");
            fault = fault.or(earlier(&mut sessions, write).err());
        }
        assert!(fault.expect("too much").contains("takes more than"));
    }

    #[test]
    fn results_are_kept_where_they_are_read() {
        let changing = changing();
        assert!(changing.reads_result(&action("1", None, None, "write")));
        assert!(!changing.reads_result(&action("1", None, None, "read")));
    }
}
