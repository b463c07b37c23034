//! Changes by what is behind them, with everything that a report says of them.
//!
//! Invariant: the same changes give the same details, in whatever order they come, however parts are merged, and whatever
//! their lines' numbers are: everything that is kept is told apart by ids, times and values.

use super::because::ChangeKey;
use super::firsts::Firsts;
use super::kept::{Kept, Record};
use super::values::Values;
use crate::engine::{Distinct, Merge, Scalar, Window, keep_smallest};
use crate::model::{FieldPath, RecordedAction, hash64};
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

/// All changes but those of reasons alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// The paths whose values are watched, in the order of [`Detail::values`].
    pub watched: Vec<FieldPath>,
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
    /// What was seen at the paths that are watched, in their order.
    pub values: Vec<Watched>,
    /// The last one, with when it was.
    pub newest: Option<(Option<Timestamp>, Kept)>,
    /// Some of them, chosen by the hashes of their ids.
    pub pool: BTreeMap<u64, Kept>,
}

/// What was seen at one path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    /// The values.
    pub values: Values,
    /// The action with the greatest number.
    pub greatest: Option<(Scalar, Kept)>,
}

/// The hash of an id, by which actions are chosen.
pub fn id_hash(id: &str) -> u64 {
    hash64(1, id.as_bytes())
}

/// One change, on its way into the details.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The recording.
    pub recording: &'a Arc<str>,
    /// The id of the action.
    pub id: &'a str,
    /// How many recorded actions it stands for.
    pub count: u64,
    /// The hash of the id, as of [`id_hash`].
    pub hash: u64,
    /// The hash of its session, as of [`Distinct::hash`].
    pub session: Option<u64>,
    /// Its place in the session.
    pub sequence: Option<u64>,
    /// When it was, and how that is written.
    pub time: Option<(Timestamp, &'a str)>,
    /// The values at the watched paths.
    pub values: &'a [Option<Scalar>],
    /// Whether the status of every policy is known.
    pub certain: bool,
    /// The action itself.
    pub record: Record<'a>,
}

impl<'a> Change<'a> {
    /// The change of an action that was read in full. `values` are those at the watched paths.
    pub fn of(
        recording: &'a Arc<str>,
        action: &'a RecordedAction,
        values: &'a [Option<Scalar>],
        certain: bool,
    ) -> Self {
        let session = action.session.as_ref();
        let time = action.time.as_deref();
        Self {
            recording,
            id: &action.id,
            count: action.count(),
            hash: id_hash(&action.id),
            session: session.map(|session| Distinct::hash(session.as_bytes())),
            sequence: action.sequence,
            time: time.and_then(|time| Some((time.parse().ok()?, time))),
            values,
            certain,
            record: Record::Action(action),
        }
    }

    fn kept(&self) -> Kept {
        Kept::of(self.recording, self.id, self.record)
    }

    fn instant(&self) -> Option<Timestamp> {
        self.time.map(|(instant, _)| instant)
    }
}

impl Details {
    /// Counts a change by who made it: agent and Cedar action.
    pub fn see(&mut self, key: ChangeKey, change: &Change<'_>, pair: (String, String)) {
        let key = match self.groups.get_key_value(&key) {
            Some((known, _)) => known.clone(),
            None => Arc::new(key),
        };
        let of_session = self.of_session(&key, change);
        match self.groups.get_mut(&key) {
            Some(group) => {
                group.see(change, of_session);
                group.pair(pair, change.count);
            }
            None => {
                let mut group = Detail::default();
                group.see(change, of_session);
                group.pair(pair, change.count);
                self.keep(key, group);
            }
        }
    }

    /// Notes the flip of a session; says whether it is one.
    pub fn of_session(&mut self, key: &Arc<ChangeKey>, change: &Change<'_>) -> bool {
        let of_session = key.class.is_flip() && self.firsts.see(change, key);
        self.in_session += u64::from(of_session) * change.count;
        of_session
    }

    /// Adds a group.
    pub fn keep(&mut self, key: Arc<ChangeKey>, group: Detail) {
        if let Some(gone) = keep_smallest(&mut self.groups, GROUPS, key, group) {
            self.ungrouped += gone.actions;
        }
    }

    /// The watched paths, each with what was seen there.
    pub fn values<'d>(
        &'d self,
        group: &'d Detail,
    ) -> impl Iterator<Item = (&'d FieldPath, &'d Watched)> {
        self.watched.iter().zip(&group.values)
    }
}

impl Detail {
    /// Counts a change, but for who made it.
    pub fn see(&mut self, change: &Change<'_>, of_session: bool) {
        self.actions += change.count;
        self.uncertain += u64::from(!change.certain) * change.count;
        self.in_session += u64::from(of_session) * change.count;
        if let Some(session) = change.session {
            self.sessions.insert_hash(session);
        }
        if let Some((instant, text)) = change.time {
            self.window.see_at(instant, text);
        }
        self.values
            .resize_with(change.values.len().max(self.values.len()), Watched::default);
        for (watched, value) in self.values.iter_mut().zip(change.values) {
            watched.values.see_many(value.as_ref(), change.count);
            if let Some(number) = value.as_ref().filter(|value| value.is_number()) {
                let known = watched.greatest.as_ref();
                let turn = known
                    .map(|(greatest, kept)| (greatest, change.id).cmp(&(number, kept.id.as_str())));
                if let Some(kept) = wins(turn, change, known.map(|(_, kept)| kept)) {
                    watched.greatest = Some((number.clone(), kept));
                }
            }
        }
        self.newest(change);
        let hash = change.hash;
        let last = self.pool.last_key_value().map(|(last, _)| *last);
        if self.pool.len() < POOL || last.is_some_and(|last| hash <= last) {
            self.pool(hash, change.kept());
        }
    }

    fn newest(&mut self, change: &Change<'_>) {
        let instant = change.instant();
        match &mut self.newest {
            None => self.newest = Some((instant, change.kept())),
            Some((last, kept)) => match (&*last, kept.id.as_str()).cmp(&(&instant, change.id)) {
                Ordering::Less => {
                    *last = instant;
                    kept.replace(change.recording, change.id, change.record);
                }
                Ordering::Equal => {
                    let one = change.kept();
                    if one.is_before(kept) {
                        *kept = one;
                    }
                }
                Ordering::Greater => {}
            },
        }
    }

    /// Counts actions of an agent at a Cedar action.
    pub fn pair(&mut self, pair: (String, String), count: u64) {
        if let Some(gone) = keep_smallest(&mut self.pairs, PAIRS, pair, count) {
            self.other_pairs += gone;
        }
    }

    fn pool(&mut self, hash: u64, kept: Kept) {
        // Two with one hash: the smaller one stays, whichever comes first.
        let known = self.pool.get(&hash);
        if goes_before(known.map(|known| kept.id.cmp(&known.id)), &kept, known) {
            self.pool.insert(hash, kept);
        }
        if self.pool.len() > POOL {
            self.pool.pop_last();
        }
    }

    /// The shortest of those that stand for all.
    pub fn smallest(&self) -> Option<&Kept> {
        let pool = self.pool.values();
        pool.min_by_key(|kept| (kept.is_cut, kept.text().len(), &kept.id))
    }
}

/// The action of a change, where it is chosen before the known one: `turn` says so, or, where that does not tell, as with
/// equal ids, [`Kept::is_before`].
fn wins(turn: Option<Ordering>, change: &Change<'_>, known: Option<&Kept>) -> Option<Kept> {
    if turn.is_some_and(Ordering::is_gt) {
        return None;
    }
    let kept = change.kept();
    goes_before(turn, &kept, known).then_some(kept)
}

/// The same for one that is kept already.
fn goes_before(turn: Option<Ordering>, kept: &Kept, known: Option<&Kept>) -> bool {
    match (turn, known) {
        (Some(Ordering::Greater), Some(_)) => false,
        (Some(Ordering::Equal), Some(known)) => kept.is_before(known),
        (Some(Ordering::Less), Some(_)) | (None, _) | (_, None) => true,
    }
}

impl Merge for Watched {
    fn merge(&mut self, other: Self) {
        self.values.merge(other.values);
        if let Some((number, kept)) = other.greatest {
            let known = self.greatest.as_ref();
            let turn =
                known.map(|(greatest, known)| (greatest, &kept.id).cmp(&(&number, &known.id)));
            if goes_before(turn, &kept, known.map(|(_, known)| known)) {
                self.greatest = Some((number, kept));
            }
        }
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
        self.values
            .resize_with(other.values.len().max(self.values.len()), Watched::default);
        for (watched, other) in self.values.iter_mut().zip(other.values) {
            watched.merge(other);
        }
        if let Some((instant, kept)) = other.newest {
            let newest = self.newest.as_ref();
            let turn = newest.map(|(last, known)| (last, &known.id).cmp(&(&instant, &kept.id)));
            if goes_before(turn, &kept, newest.map(|(_, known)| known)) {
                self.newest = Some((instant, kept));
            }
        }
        for (hash, kept) in other.pool {
            self.pool(hash, kept);
        }
    }
}

impl Merge for Details {
    fn merge(&mut self, other: Self) {
        if self.watched.is_empty() {
            self.watched = other.watched;
        }
        self.ungrouped += other.ungrouped;
        self.firsts.merge(other.firsts);
        self.in_session += other.in_session;
        for (key, group) in other.groups {
            self.keep(key, group);
        }
    }
}
