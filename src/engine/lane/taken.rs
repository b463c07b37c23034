//! What is at hand of a line that was taken.

use super::Deciders;
use super::Lane;
use super::context::{ContextReader, ValueReader};
use super::counts::Actor;
use super::decide::{Decider, SideAnswer};
use super::record::{Line, timestamp};
use super::scan::Scanner;
use crate::engine::compiled::{EntityId, PlannedPolicy, Val};
use crate::engine::{Cause, Satisfied, Scalar, Units, cause_of};
use crate::model::{Answer, ChangeClass};
use bumpalo::Bump;
use jiff::Timestamp;
use std::ops::Range;

/// What is at hand of a line that changed.
#[derive(Debug, Clone, Copy)]
pub struct Taken<'l> {
    /// The agent, numbered until the next hand-over.
    pub agent: u32,
    /// The hash of the session, as of [`crate::engine::Distinct::hash`].
    pub session: Option<u64>,
    /// The place in the session.
    pub sequence: Option<u64>,
    /// When it was, and how that is written.
    pub time: Option<(Timestamp, &'l str)>,
    context: &'l str,
}

/// The last line that was taken: of one that changed all of it, else the first three.
#[derive(Debug, Default)]
pub struct Last {
    pub class: ChangeClass,
    /// The action, numbered as head's plan does, and its place among the actions.
    pub action: EntityId,
    pub place: usize,
    agent: u32,
    session: Option<u64>,
    sequence: Option<u64>,
    instant: Option<(i64, i32)>,
    /// Where they stand in the line.
    time: Range<usize>,
    context: Range<usize>,
}

impl Last {
    /// Notes a line that changed.
    pub fn note(&mut self, actor: &Actor<'_>, line: &Line<'_>, text: &str) {
        self.agent = actor.agent;
        self.session = actor.session;
        self.sequence = line.sequence;
        self.instant = actor.time.map(|time| time.instant);
        self.time = actor
            .time
            .map(|time| place(text, time.text))
            .unwrap_or_default();
        self.context = line
            .context
            .map(|context| place(text, context))
            .unwrap_or_default();
    }
}

/// Where a part of a text stands in it; nowhere where it is none.
fn place(text: &str, part: &str) -> Range<usize> {
    let from = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let place = from.map(|from| from..from.saturating_add(part.len()));
    place
        .filter(|place| place.end <= text.len())
        .unwrap_or_default()
}

impl Lane<'_, '_> {
    /// The class of the last line that was taken; *unchanged* where there is only one side.
    pub fn class(&self) -> ChangeClass {
        self.last.class
    }

    /// The action of the last line that was taken, numbered as head's plan does.
    pub fn action(&self) -> EntityId {
        self.last.action
    }

    /// The place of the action of the last line that was taken among the actions of head's plan.
    pub fn action_place(&self) -> usize {
        self.last.place
    }

    /// What is at hand of the last line that was taken, which changed. `text` is that line.
    pub fn taken<'l>(&self, text: &'l str) -> Taken<'l> {
        let last = &self.last;
        let time = text.get(last.time.clone());
        // A line without a context stands for one that is empty.
        let context = text
            .get(last.context.clone())
            .filter(|text| !text.is_empty());
        Taken {
            agent: last.agent,
            session: last.session,
            sequence: last.sequence,
            time: last.instant.and_then(|at| Some((timestamp(at)?, time?))),
            context: context.unwrap_or("{}"),
        }
    }

    /// The answers of base and head to the last line that was taken, where every answer is wanted.
    pub fn answers(&self) -> (Option<Answer>, Answer) {
        let (base, head) = self.deciders.found();
        let track = self.track;
        (base.map(|base| track.answer(base)), track.answer(head))
    }

    /// Why the last line flipped; it was taken, and is a flip.
    pub fn cause(&self, units: &Units) -> Cause {
        let names = self.track.names();
        let named = |(name, policy): (u32, &PlannedPolicy<'_>)| {
            Some(Satisfied {
                policy: names.get(name as usize)?,
                base: Some(policy.effect).filter(|_| policy.base.is_some()),
                head: Some(policy.effect).filter(|_| policy.head.is_some()),
            })
        };
        let (one, other) = self.satisfying();
        let satisfied = one.chain(other.into_iter().flatten());
        let allowed = self.deciders.found().1.allow;
        cause_of(satisfied.filter_map(named), allowed, units)
    }

    /// Numbers from which all follows that [`Lane::cause`] and [`Lane::answers`] say of the last line that was
    /// taken: of a flip what was satisfied, of other changes what both sides answer.
    pub fn mark(&self, mark: &mut Vec<u32>) {
        mark.clear();
        mark.push(self.last.class as u32);
        if self.last.class.is_flip() {
            let (one, other) = self.satisfying();
            let satisfied = one.chain(other.into_iter().flatten());
            mark.extend(satisfied.flat_map(|(name, policy)| {
                let sides = 2 * u32::from(policy.base.is_some()) + u32::from(policy.head.is_some());
                [name, sides]
            }));
            return;
        }
        let (base, head) = self.deciders.found();
        let mut answer = |answer: &SideAnswer| {
            mark.push(u32::from(answer.allow));
            for policies in [&answer.determining, &answer.errors] {
                mark.push(policies.len() as u32);
                mark.extend(policies);
            }
        };
        base.into_iter().chain([head]).for_each(&mut answer);
    }

    fn satisfying(
        &self,
    ) -> (
        impl Iterator<Item = (u32, &PlannedPolicy<'_>)>,
        Option<impl Iterator<Item = (u32, &PlannedPolicy<'_>)>>,
    ) {
        let (one, other) = match &self.deciders {
            Deciders::Together(one) | Deciders::Head(one) => (one, None),
            Deciders::Apart(both) => (&both.0, Some(&both.1)),
        };
        (one.satisfied(), other.map(Decider::satisfied))
    }

    /// The values at the watched paths of the last line that was taken, in the order of the paths; nothing at those where the context
    /// has none. Nothing at all where they must be found the general way.
    pub fn values(&mut self, taken: &Taken<'_>, values: &mut Vec<Option<Scalar>>) -> Option<()> {
        let mut room = std::mem::take(&mut self.room);
        room.reset();
        let decider = match &mut self.deciders {
            Deciders::Together(one) | Deciders::Head(one) => one,
            Deciders::Apart(both) => &mut both.1,
        };
        let found = decider.values(self.last.action, taken.context, &room, values);
        self.put_back(room);
        self.trim();
        found
    }
}

impl Decider<'_, '_> {
    fn values(
        &mut self,
        action: EntityId,
        context: &str,
        room: &Bump,
        values: &mut Vec<Option<Scalar>>,
    ) -> Option<()> {
        let plan = self.plan;
        values.resize(plan.watched.len(), None);
        if plan.watched.is_empty() {
            return Some(());
        }
        let shape = plan.shapes.get(&action)?;
        let empty: Option<Val<'_>> = None;
        let places = room.alloc_slice_fill_copy(plan.paths.len(), empty);
        let mut reader = ContextReader {
            values: ValueReader {
                names: &plan.names,
                strangers: &mut self.strangers,
                room,
            },
            places: Some(&mut *places),
        };
        reader.record(&mut Scanner::new(context), &shape.context, false)?;
        for (path, value) in plan.watched.iter().zip(values) {
            let found = path.and_then(|path| *places.get(path as usize)?);
            Scalar::set(value, found, |entity| {
                self.strangers.reference(&plan.names, entity)
            });
        }
        Some(())
    }
}
