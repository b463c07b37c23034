//! Calls of a session that may have changed something before an action, and when they were.

use super::RecordedAction;
use serde::de::Deserializer;
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

/// Calls of a session that may have come before an action, in the order in which they were read. Clones share them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier(Arc<Vec<EarlierCall>>);

/// A call that may have come before an action.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierCall {
    /// The call. A record that could not be read has none in it.
    pub call: Arc<RecordedAction>,
    /// When it was.
    pub moment: Moment,
    /// Whether it surely came before the action.
    pub surely: bool,
}

/// When a call was, as far as that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its place in the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Its time, in nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<i128>,
    /// The number of its recording among those that were named, the number of the line or document there, and which one
    /// in that it is.
    pub at: (u32, u64, u32),
    /// What the order of the lines of its recording says.
    pub lines: Lines,
    /// Whether it is a record that could not be read.
    pub lost: bool,
}

/// What the order of the lines of a recording says of a session, where neither places nor times tell what came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// What stands first came first.
    Count,
    /// Nothing of a call without place and time, because others of its session have them.
    CountForLost,
    /// Nothing, because they are seen to stand out of order.
    Nothing,
}

impl Moment {
    /// Whether this one was surely before another, or surely behind it; nothing where nobody knows, because two things that
    /// are recorded of them contradict one another, or nothing is.
    ///
    /// Within a recording, places in the session decide, where times or the order of the lines say the same; without places
    /// times, where the order of the lines says the same; without both the order of the lines, as far as it counts. Across
    /// recordings times decide; where neither has one, the order in which the recordings were named, where places do not say
    /// otherwise.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        let lines = self.at.cmp(&other.at);
        let places = pair(self.sequence, other.sequence);
        let times = pair(self.time, other.time);
        let untimed = self.time.is_none() && other.time.is_none();
        let lost = self.lost || other.lost;
        if self.at.0 != other.at.0 {
            return match (places, times) {
                (_, Some(time)) if time.is_ne() => Some(time),
                // The order in which recordings were named says nothing where times count, nor of what could not be read.
                _ if !untimed || lost => None,
                _ if self.lines == Lines::Nothing || other.lines == Lines::Nothing => None,
                (Some(place), _) => (place == lines).then_some(place),
                (None, _) => Some(lines),
            };
        }
        match (places, times) {
            // Of one place, either may have been first.
            (Some(Ordering::Equal), _) => None,
            (Some(place), Some(time)) if time.is_ne() => (place == time).then_some(place),
            (Some(place), _) => (place == lines).then_some(place),
            (None, Some(time)) if time.is_ne() => (time == lines).then_some(time),
            (None, times) => {
                let counts = |of: &Self| match of.lines {
                    Lines::Count => true,
                    Lines::CountForLost => lost || times.is_some(),
                    Lines::Nothing => false,
                };
                (counts(self) && counts(other)).then_some(lines)
            }
        }
    }
}

impl Moment {
    /// Whether places or times say that the lines of two calls of one recording do not stand in order.
    pub fn contradicts_lines(&self, other: &Self) -> bool {
        let lines = self.at.cmp(&other.at);
        let said = [
            pair(self.sequence, other.sequence),
            pair(self.time, other.time),
        ];
        let against = |order: Ordering| order.is_ne() && order != lines;
        self.at.0 == other.at.0 && said.into_iter().flatten().any(against)
    }
}

fn pair<T: Ord>(one: Option<T>, other: Option<T>) -> Option<Ordering> {
    Some(one?.cmp(&other?))
}

impl Earlier {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The calls, in the order in which they were read.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &EarlierCall> {
        self.0.iter()
    }

    /// Changes each of them.
    pub fn change<E>(
        &mut self,
        change: impl Fn(&mut RecordedAction) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut changed = Vec::with_capacity(self.0.len());
        for earlier in self.0.iter() {
            let mut call = RecordedAction::clone(&earlier.call);
            change(&mut call)?;
            // What stays as it is stays shared.
            let is_same = call == *earlier.call;
            changed.push(EarlierCall {
                call: match is_same {
                    true => earlier.call.clone(),
                    false => Arc::new(call),
                },
                ..earlier.clone()
            });
        }
        self.0 = Arc::new(changed);
        Ok(())
    }
}

impl FromIterator<EarlierCall> for Earlier {
    fn from_iter<I: IntoIterator<Item = EarlierCall>>(calls: I) -> Self {
        Self(Arc::new(calls.into_iter().collect()))
    }
}

#[derive(Serialize)]
struct Written<'c> {
    call: &'c RecordedAction,
    moment: &'c Moment,
    surely: bool,
}

#[derive(Deserialize)]
struct Read {
    call: RecordedAction,
    moment: Moment,
    surely: bool,
}

impl Serialize for Earlier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut calls = serializer.serialize_seq(Some(self.0.len()))?;
        for EarlierCall {
            call,
            moment,
            surely,
        } in self.0.iter()
        {
            calls.serialize_element(&Written {
                call,
                moment,
                surely: *surely,
            })?;
        }
        calls.end()
    }
}

impl<'de> Deserialize<'de> for Earlier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let calls = Vec::<Read>::deserialize(deserializer)?;
        let calls = calls.into_iter().map(|read| EarlierCall {
            call: Arc::new(read.call),
            moment: read.moment,
            surely: read.surely,
        });
        Ok(calls.collect())
    }
}
