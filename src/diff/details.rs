//! Changes by what is behind them, with everything that a report says of them.
//!
//! Invariant: the same changes give the same details, in whatever order they come, however parts are merged, and whatever
//! their lines' numbers are: everything that is kept is told apart by ids, times and values.

use super::because::ChangeKey;
use super::firsts::Firsts;
use super::values::Values;
use crate::engine::{Distinct, Merge, Scalar, Window, keep_smallest};
use crate::model::{FieldPath, RecordedAction, Request, hash64};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many groups are kept: those of the riskiest classes, then by cause.
const GROUPS: usize = 1_000;

/// So many agents at so many actions are counted apart in a group.
const PAIRS: usize = 2_000;

/// So many actions of a group stand for all of them where conditions are tried, and values counted.
const POOL: usize = 48;

/// A record that is longer than this many bytes is not kept, but for its id and who acted.
const LONG: usize = 1 << 14;

/// All changes but those of reasons alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// By what is behind them.
    pub groups: BTreeMap<Arc<ChangeKey>, Detail>,
    /// Changes in groups that are not kept.
    pub ungrouped: u64,
    /// The first flips of the sessions.
    pub firsts: Firsts,
    /// Flips that belong to a session, those of groups that are not kept among them.
    pub in_session: u64,
}

/// The changes of one key.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// How many.
    pub actions: u64,
    /// By agent and Cedar action; `-` where there is none.
    pub pairs: BTreeMap<(String, String), u64>,
    /// Those of agents and actions that are not counted apart.
    pub other_pairs: u64,
    /// Those of which the status of some policy is unknown.
    pub uncertain: u64,
    /// Different sessions.
    pub sessions: Distinct,
    /// Flips that belong to a session.
    pub in_session: u64,
    /// From when to when.
    pub window: Window,
    /// The values at the paths that are watched.
    pub values: BTreeMap<FieldPath, Values>,
    /// The last one.
    pub newest: Option<(Newest, Kept)>,
    /// The shortest one.
    pub smallest: Option<((usize, String), Kept)>,
    /// By path, the one with the greatest number.
    pub greatest: BTreeMap<FieldPath, (Scalar, Kept)>,
    /// Some of them, chosen by the hashes of their ids.
    pub pool: BTreeMap<u64, Kept>,
}

/// When something happened, then its id.
type Newest = (Option<Timestamp>, String);

/// A recorded action that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The recording that it stands in.
    pub recording: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// The action as we write it, which takes less memory than the action; without call and request where it is too long.
    line: Arc<str>,
    /// Whether it was too long.
    pub is_cut: bool,
}

impl Kept {
    /// The action; without call and request where it was too long.
    pub fn action(&self) -> RecordedAction {
        let read = serde_json::from_str(&self.line);
        read.unwrap_or_else(|_| RecordedAction::new(&*self.id))
    }
}

/// One change, on its way into the details.
pub struct Change<'a> {
    /// What is behind it.
    pub key: ChangeKey,
    /// The recording.
    pub recording: &'a Arc<str>,
    /// The action.
    pub action: &'a RecordedAction,
    /// The request under head, or under base where head has none.
    pub request: Option<&'a Request>,
    /// Whether the status of every policy is known.
    pub certain: bool,
}

impl Details {
    /// Counts a change. `watched` are the paths whose values matter.
    pub fn see(&mut self, change: Change<'_>, watched: &[FieldPath]) {
        let key = match self.groups.get_key_value(&change.key) {
            Some((known, _)) => known.clone(),
            None => Arc::new(change.key.clone()),
        };
        let of_session = change.key.class.is_flip() && self.firsts.see(change.action, &key);
        self.in_session += u64::from(of_session);
        match self.groups.get_mut(&key) {
            Some(group) => group.see(&change, of_session, watched),
            None => {
                let mut group = Detail::default();
                group.see(&change, of_session, watched);
                self.keep(key, group);
            }
        }
    }

    fn keep(&mut self, key: Arc<ChangeKey>, group: Detail) {
        if let Some(gone) = keep_smallest(&mut self.groups, GROUPS, key, group) {
            self.ungrouped += gone.actions;
        }
    }
}

impl Detail {
    fn see(&mut self, change: &Change<'_>, of_session: bool, watched: &[FieldPath]) {
        let action = change.action;
        self.actions += 1;
        self.uncertain += u64::from(!change.certain);
        let agent = action.agent.as_deref().unwrap_or("-").to_owned();
        let name = change
            .request
            .map_or_else(|| "-".to_owned(), |request| request.action.to_string());
        self.pair((agent, name), 1);
        self.in_session += u64::from(of_session);
        if let Some(session) = &action.session {
            self.sessions.insert(session);
        }
        if let Some(time) = &action.time {
            self.window.see(time);
        }
        let mut keeper = Keeper::new(change);
        for path in watched {
            let value = change.request.and_then(|request| Scalar::at(request, path));
            match self.values.get_mut(path) {
                Some(values) => values.see(value.as_ref()),
                None => {
                    let values = self.values.entry(path.clone()).or_default();
                    values.see(value.as_ref())
                }
            };
            if let Some(number) = value.filter(Scalar::is_number) {
                let known = self.greatest.get(path);
                let greater = known.is_none_or(|(greatest, kept)| {
                    let turn = (greatest, action.id.as_str()).cmp(&(&number, &*kept.id));
                    goes_before(turn, || keeper.kept(), kept)
                });
                if greater {
                    self.greatest.insert(path.clone(), (number, keeper.kept()));
                }
            }
        }
        let time: Option<Timestamp> = action.time.as_deref().and_then(|time| time.parse().ok());
        let newest = self.newest.as_ref();
        let newer = newest.is_none_or(|((last, id), kept)| {
            let turn = (last, id).cmp(&(&time, &action.id));
            goes_before(turn, || keeper.kept(), kept)
        });
        if newer {
            self.newest = Some(((time, action.id.clone()), keeper.kept()));
        }
        let length = keeper.length;
        let smallest = self.smallest.as_ref();
        let smaller = smallest.is_none_or(|((least, id), kept)| {
            let turn = (length, &action.id).cmp(&(*least, id));
            goes_before(turn, || keeper.kept(), kept)
        });
        if smaller {
            self.smallest = Some(((length, action.id.clone()), keeper.kept()));
        }
        let hash = hash64(1, action.id.as_bytes());
        let last = self.pool.last_key_value().map(|(last, _)| *last);
        if self.pool.len() < POOL || last.is_some_and(|last| hash <= last) {
            self.pool(hash, keeper.kept());
        }
    }

    fn pair(&mut self, pair: (String, String), count: u64) {
        if let Some(gone) = keep_smallest(&mut self.pairs, PAIRS, pair, count) {
            self.other_pairs += gone;
        }
    }

    fn pool(&mut self, hash: u64, kept: Kept) {
        // Two with one hash: the smaller one stays, whichever comes first.
        let goes = self.pool.get(&hash).is_none_or(|known| {
            let turn = kept.id.cmp(&known.id);
            goes_before(turn, || kept.clone(), known)
        });
        if goes {
            self.pool.insert(hash, kept);
        }
        if self.pool.len() > POOL {
            self.pool.pop_last();
        }
    }
}

/// Whether an action is chosen before another: where its turn does not tell, as with equal ids, by recording and by what
/// was recorded.
fn goes_before(turn: Ordering, one: impl FnOnce() -> Kept, other: &Kept) -> bool {
    let turn = turn.then_with(|| {
        let one = one();
        let recordings = one.recording.cmp(&other.recording);
        recordings.then_with(|| one.line.cmp(&other.line))
    });
    turn.is_lt()
}

/// Copies an action once, if it is wanted at all.
struct Keeper<'c, 'a> {
    change: &'c Change<'a>,
    /// The record as we write it: how a recording spells it does not matter.
    text: String,
    /// Its length in bytes.
    length: usize,
    kept: Option<Kept>,
}

impl<'c, 'a> Keeper<'c, 'a> {
    fn new(change: &'c Change<'a>) -> Self {
        let text = serde_json::to_string(change.action).unwrap_or_default();
        Self {
            change,
            length: text.len(),
            text,
            kept: None,
        }
    }

    fn kept(&mut self) -> Kept {
        if let Some(kept) = &self.kept {
            return kept.clone();
        }
        let action = self.change.action;
        let is_cut = self.length > LONG;
        let line = match is_cut {
            false => std::mem::take(&mut self.text),
            true => {
                let short = RecordedAction {
                    session: action.session.clone(),
                    sequence: action.sequence,
                    time: action.time.clone(),
                    agent: action.agent.clone(),
                    ..RecordedAction::new(action.id.clone())
                };
                serde_json::to_string(&short).unwrap_or_default()
            }
        };
        let kept = Kept {
            recording: self.change.recording.clone(),
            id: action.id.as_str().into(),
            line: line.into(),
            is_cut,
        };
        self.kept = Some(kept.clone());
        kept
    }
}

impl Merge for Detail {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        self.uncertain += other.uncertain;
        for (pair, count) in other.pairs {
            self.pair(pair, count);
        }
        self.other_pairs += other.other_pairs;
        self.sessions.merge(other.sessions);
        self.in_session += other.in_session;
        self.window.merge(other.window);
        for (path, values) in other.values {
            self.values.entry(path).or_default().merge(values);
        }
        for (path, (number, kept)) in other.greatest {
            let known = self.greatest.get(&path);
            let greater = known.is_none_or(|(greatest, known)| {
                let turn = (greatest, &*kept.id).cmp(&(&number, &*known.id));
                goes_before(turn, || kept.clone(), known)
            });
            if greater {
                self.greatest.insert(path, (number, kept));
            }
        }
        if let Some((turn, kept)) = other.newest {
            let newer = self
                .newest
                .as_ref()
                .is_none_or(|(known, of)| goes_before(known.cmp(&turn), || kept.clone(), of));
            if newer {
                self.newest = Some((turn, kept));
            }
        }
        if let Some((turn, kept)) = other.smallest {
            let smaller = self
                .smallest
                .as_ref()
                .is_none_or(|(known, of)| goes_before(turn.cmp(known), || kept.clone(), of));
            if smaller {
                self.smallest = Some((turn, kept));
            }
        }
        for (hash, kept) in other.pool {
            self.pool(hash, kept);
        }
    }
}

impl Merge for Details {
    fn merge(&mut self, other: Self) {
        self.ungrouped += other.ungrouped;
        self.firsts.merge(other.firsts);
        self.in_session += other.in_session;
        for (key, group) in other.groups {
            self.keep(key, group);
        }
    }
}
