//! Recorded actions that are kept.

use crate::model::RecordedAction;
use std::borrow::Cow;
use std::sync::Arc;

/// A record that is longer than this many bytes is not kept, but for its id and who acted.
const LONG: usize = 1 << 14;

/// No line of more than a few dozen bytes grows as much as this when it is written anew: what grows most is a list of
/// numbers, `[1e15,1e15]`, of which each five bytes become nineteen (`1000000000000000.0,`); what is added is `"context":{}`.
const GROWTH: usize = 4;

/// An action as it is at hand.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A line of a native recording, which holds an action.
    Line(&'a str),
    /// An action that was read.
    Action(&'a RecordedAction),
}

/// A recorded action that is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The recording that it stands in.
    pub recording: Arc<str>,
    /// Its id.
    pub id: String,
    /// The action as a line, which takes less memory than the action; without call and request where it is too long.
    line: String,
    /// Whether the line is as we write it, and not as it was found.
    written: bool,
    /// Whether it was too long.
    pub is_cut: bool,
}

impl Kept {
    /// Keeps an action. To copy a line takes less time than to write it anew, which is left until it must be.
    pub fn of(recording: &Arc<str>, id: &str, record: Record<'_>) -> Self {
        let mut kept = Self {
            recording: recording.clone(),
            id: String::new(),
            line: String::new(),
            written: false,
            is_cut: false,
        };
        kept.replace(recording, id, record);
        kept
    }

    /// Keeps this action instead, in the same memory.
    pub fn replace(&mut self, recording: &Arc<str>, id: &str, record: Record<'_>) {
        if !Arc::ptr_eq(&self.recording, recording) {
            self.recording = recording.clone();
        }
        self.id.clear();
        self.id.push_str(id);
        match record {
            Record::Line(line) if line.len() <= LONG / GROWTH => {
                self.written = false;
                self.is_cut = false;
                self.line.clear();
                self.line.push_str(line);
            }
            Record::Line(line) => self.write(&read(line, id)),
            Record::Action(action) => self.write(action),
        }
    }

    fn write(&mut self, action: &RecordedAction) {
        let text = write(action);
        self.written = true;
        self.is_cut = text.len() > LONG;
        self.line = match self.is_cut {
            false => text,
            true => write(&RecordedAction {
                session: action.session.clone(),
                sequence: action.sequence,
                time: action.time.clone(),
                agent: action.agent.clone(),
                ..RecordedAction::new(action.id.clone())
            }),
        };
    }

    /// The action; without call and request where it was too long.
    pub fn action(&self) -> RecordedAction {
        read(&self.line, &self.id)
    }

    /// The action as we write it, so that how a recording spells it does not matter.
    pub fn text(&self) -> Cow<'_, str> {
        match self.written {
            true => Cow::Borrowed(&self.line),
            false => Cow::Owned(write(&self.action())),
        }
    }

    /// Whether it comes before another with the same turn: by recording, then by what was recorded.
    pub fn is_before(&self, other: &Self) -> bool {
        let recordings = self.recording.cmp(&other.recording);
        recordings
            .then_with(|| self.text().cmp(&other.text()))
            .is_lt()
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        (&self.recording, &self.id, self.is_cut) == (&other.recording, &other.id, other.is_cut)
            && self.text() == other.text()
    }
}

/// A line that is at most so many bytes long as we write it: as it was found where it surely fits, else written anew. Nothing
/// where it is longer, so that white space and escapes of a recording do not decide whether it is kept.
pub(super) fn within(line: &str, most: usize) -> Option<Cow<'_, str>> {
    if line.len() <= most / GROWTH {
        return Some(Cow::Borrowed(line));
    }
    let action: RecordedAction = serde_json::from_str(line).ok()?;
    let text = write(&action);
    (text.len() <= most).then_some(Cow::Owned(text))
}

fn read(line: &str, id: &str) -> RecordedAction {
    serde_json::from_str(line).unwrap_or_else(|_| RecordedAction::new(id))
}

fn write(action: &RecordedAction) -> String {
    serde_json::to_string(action).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken as it was found is never longer than the limit when it is written anew.
    #[test]
    fn no_line_outgrows_the_bound() {
        for item in ["1e15", "-1E15", "-0", r#"{"":1,"":1}"#, r#""\u0001""#] {
            for count in [1, 20, 190] {
                let items = vec![item; count].join(",");
                let line = format!(
                    r#"{{"version":1,"id":"a","call":{{"tool":"t","args":{{"a":[{items}]}}}}}}"#
                );
                let action: RecordedAction = serde_json::from_str(&line).unwrap();
                let written = write(&action).len();
                assert!(
                    written <= line.len() * GROWTH,
                    "{item}: {written} of {}",
                    line.len()
                );
                assert_eq!(within(&line, written - 1), None, "{item}");
                assert_eq!(within(&line, written).as_deref(), Some(&*write(&action)));
            }
        }
    }
}
