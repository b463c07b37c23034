//! Recorded actions → a corpus, with memory that grows with what is kept and not with what is read.

use super::key::{HashKey, hexadecimal};
use super::project::{Beside, Projector};
use crate::engine::{Incoming, Merge, Note, Notes, Place, Settled, Side, Verdict, Volume};
use crate::model::{Outcome, RecordedAction};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What of recorded actions two versions read, or one.
pub struct Builder<'a> {
    base: &'a Side<'a>,
    head: &'a Side<'a>,
    /// The same, and what is looked up for the one is looked up for the other: a record holds it for both.
    naming: [Side<'a>; 2],
    projector: Projector,
}

/// So many bytes of projections a corpus may have.
pub const LIMIT: u64 = 256 << 20;

/// What both sides say of an action, policy by policy.
type Said = [u8; 32];

/// The recorded actions of one projection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    count: u64,
    said: Said,
    /// Whether the projection does not conform to the schema of base, and of head.
    nonconforming: [bool; 2],
    /// The last time, and how it is written.
    last: Option<(Timestamp, String)>,
}

/// A corpus that is being built.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Built {
    /// What was read.
    pub volume: Volume,
    /// By projection, as a line without id and count.
    kept: BTreeMap<String, Kept>,
    bytes: u64,
    /// Whether there were more projections than a corpus may have; then none is here.
    pub overflowed: bool,
    /// Actions without a projection that both sides decide as they decide the action.
    pub refused: Notes,
    /// Actions that are of a corpus already.
    pub projected_before: Notes,
    /// Actions that do not conform to the schema of base, and of head.
    pub nonconforming: [u64; 2],
    /// Those of them whose projection does not conform either.
    pub nonconforming_kept: [u64; 2],
    /// Actions that base, and head, cannot decide, for want of facts or of a request.
    pub undecided: [u64; 2],
}

impl<'a> Builder<'a> {
    /// For two versions, which may be one. Names that no policy reads are dropped, or, with a key, hashed.
    pub fn new(base: &'a Side<'a>, head: &'a Side<'a>, key: Option<HashKey>) -> Self {
        Self {
            base,
            head,
            naming: [base.clone().naming(head), head.clone().naming(base)],
            projector: Projector::new(&[base, head], key),
        }
    }

    fn decide(&self, action: &RecordedAction) -> [Verdict; 2] {
        [self.base.decide(action), self.head.decide(action)]
    }

    fn add(&self, built: &mut Built, place: &Place, action: &RecordedAction) {
        let before = self.decide(action);
        let [of_base, of_head] = &before;
        let [base, head] = &self.naming;
        let sides = [(base, of_base), (head, of_head)];
        let said = said(&before);
        let nonconforming = conformance(&before);
        for beside in Beside::ALL {
            let projected = self.projector.project(action, &sides, beside);
            let Ok(line) = serde_json::to_string(&projected) else {
                continue;
            };
            let known = built.kept.get(&line);
            let found = match known {
                Some(known) => (known.said, known.nonconforming),
                None => {
                    // What is decided is what will be read.
                    let Ok(read) = serde_json::from_str::<RecordedAction>(&line) else {
                        continue;
                    };
                    let after = self.decide(&read);
                    (self::said(&after), conformance(&after))
                }
            };
            let worse = found
                .1
                .iter()
                .zip(nonconforming)
                .any(|(kept, was)| *kept && !was);
            if found.0 != said || worse {
                continue;
            }
            let time = action.time.as_deref();
            let kept = Kept {
                count: action.count(),
                said,
                nonconforming: found.1,
                last: time.and_then(|time| Some((time.parse().ok()?, time.to_owned()))),
            };
            for (at, was) in nonconforming.into_iter().enumerate() {
                let counts = [&mut built.nonconforming, &mut built.nonconforming_kept];
                for (count, holds) in counts.into_iter().zip([was, found.1[at]]) {
                    if let Some(count) = count.get_mut(at).filter(|_| holds) {
                        *count += action.count();
                    }
                }
            }
            for (count, verdict) in built.undecided.iter_mut().zip(&before) {
                if verdict.outcome.decision().is_none() {
                    *count += action.count();
                }
            }
            built.keep(line, kept, place);
            return;
        }
        let note = || Note {
            place: place.clone(),
            id: Some(action.id.clone()),
            message: "what policies read of it is not decided as it is".to_owned(),
        };
        built.refused.push(place, note);
    }
}

/// Adds one thing read from a recording.
pub fn observe(builder: &Builder<'_>, built: &mut Built, incoming: Incoming) {
    let Some((place, action)) = built.volume.read(incoming) else {
        return;
    };
    if action.corpus.is_some() {
        built.projected_before.push(&place, || Note {
            place: place.clone(),
            id: Some(action.id.clone()),
            message: "it is of a corpus".to_owned(),
        });
    } else if !built.overflowed {
        builder.add(built, &place, &action);
    }
}

fn conformance(verdicts: &[Verdict; 2]) -> [bool; 2] {
    let [base, head] = verdicts;
    [base, head].map(|verdict| verdict.nonconforming.is_some())
}

/// What is said, as a digest: the outcome, and what became of every policy whose scope holds.
fn said(verdicts: &[Verdict; 2]) -> Said {
    let mut digest = Sha256::new();
    for verdict in verdicts {
        let (outcome, policies): (&Outcome, &[Settled]) = (&verdict.outcome, &verdict.policies);
        let mut policies: Vec<_> = policies.iter().collect();
        policies.sort_by(|one, other| one.policy.cmp(&other.policy));
        digest.update(format!("{outcome:?} {policies:?}\n").as_bytes());
    }
    digest.finalize().into()
}

impl Built {
    fn keep(&mut self, line: String, kept: Kept, place: &Place) {
        self.bytes += match self.kept.contains_key(&line) {
            true => 0,
            false => line.len() as u64,
        };
        match self.kept.entry(line) {
            Entry::Vacant(vacant) => {
                vacant.insert(kept);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                if known.said != kept.said {
                    // Each was decided as its projection is, so this is a fault of ours.
                    self.refused.push(place, || Note {
                        place: place.clone(),
                        id: None,
                        message: "one projection is decided in two ways".to_owned(),
                    });
                    return;
                }
                known.count += kept.count;
                if kept.last > known.last {
                    known.last = kept.last;
                }
            }
        }
        if self.bytes > LIMIT {
            self.overflowed = true;
            self.kept.clear();
        }
    }

    /// How many records there are.
    pub fn records(&self) -> u64 {
        self.kept.len() as u64
    }

    /// How many recorded actions they stand for.
    pub fn actions(&self) -> u64 {
        self.kept.values().map(|kept| kept.count).sum()
    }

    /// The records, in an order of their own; one stands for at most so many actions. Their ids follow from what they hold.
    pub fn lines(&self, most: u64) -> impl Iterator<Item = RecordedAction> {
        self.kept.iter().flat_map(move |(line, kept)| {
            let id = hexadecimal(Sha256::digest(line).get(..10).unwrap_or_default());
            let read: Option<RecordedAction> = serde_json::from_str(line).ok();
            let parts = kept.count.div_ceil(most.max(1));
            (0..parts).filter_map(move |part| {
                let mut action = read.clone()?;
                action.id = match part {
                    0 => id.clone(),
                    part => format!("{id}-{part}"),
                };
                action.time = kept.last.as_ref().map(|(_, text)| text.clone());
                if let Some(corpus) = &mut action.corpus {
                    corpus.count = (kept.count - part * most).min(most);
                }
                Some(action)
            })
        })
    }
}

impl Merge for Built {
    fn merge(&mut self, other: Self) {
        self.volume.merge(other.volume);
        self.refused.merge(other.refused);
        self.projected_before.merge(other.projected_before);
        for (counts, more) in [
            (&mut self.nonconforming, other.nonconforming),
            (&mut self.nonconforming_kept, other.nonconforming_kept),
            (&mut self.undecided, other.undecided),
        ] {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        }
        self.overflowed |= other.overflowed;
        if self.overflowed {
            self.kept.clear();
            return;
        }
        let nowhere = Place {
            recording: "".into(),
            line: 0,
        };
        for (line, kept) in other.kept {
            self.keep(line, kept, &nowhere);
        }
    }
}
