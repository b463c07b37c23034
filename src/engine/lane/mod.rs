//! The fast lane of recordings: lines of native recordings, read and decided without building anything that is not read.
//!
//! Invariant: a line that the lane takes is counted as the general way would count it. What it does not take goes the
//! general way.

mod again;
mod class;
mod context;
mod counts;
mod decide;
mod gate;
mod general;
mod left;
mod memory;
mod record;
mod scan;
mod special;
mod taken;
mod uids;

pub use counts::{Agents, Changes, Crowd, LaneCounts, action_name};

use super::compiled::{EntityId, Plan};
use super::{Distinct, Place, Side};
use crate::model::{Answer, ChangeClass, Effect, FieldPath};
use again::{Again, Alike};
use bumpalo::Bump;
use class::Answers;
use counts::Actor;
pub use decide::SideAnswer;
use decide::{Decided, Decider, Want};
use gate::Gate;
pub use general::{Ruled, Ruling};
pub use left::{LeftBy, LeftCounts};
use record::Line;
use rustc_hash::FxHashMap;
use scan::Scanner;
use std::borrow::Cow;
use std::sync::Arc;
use taken::Last;
pub use taken::Taken;

/// Memory for what a comparison or a replay compiles. It must outlive them.
#[derive(Debug, Default)]
pub struct Ground(Bump);

/// What is compiled of one or two sides, for all workers.
#[derive(Debug)]
pub struct Track<'g> {
    plans: Plans<'g>,
    /// The names of policies, and their effects on head.
    names: Vec<Arc<str>>,
    head_effects: Vec<Option<Effect>>,
    base: Option<Gate>,
    head: Gate,
    full: bool,
}

#[derive(Debug)]
enum Plans<'g> {
    /// Both sides have the same schema and the same entities.
    Together(Plan<'g>),
    Apart(Box<(Plan<'g>, Plan<'g>)>),
    Head(Plan<'g>),
}

impl<'g> Track<'g> {
    /// Compiles two sides. `full`: every answer is wanted, and not only those that may differ. The values at `watched` paths
    /// of head's contexts can be asked for. Nothing where a side has no schema, or entities that the compiled path does
    /// not cover.
    pub fn of_two(
        ground: &'g Ground,
        base: &Side<'_>,
        head: &Side<'_>,
        full: bool,
        watched: &[FieldPath],
    ) -> Option<Self> {
        let (one, other) = (base.version(), head.version());
        let schemas = (&one.schema, &other.schema);
        let together = matches!(schemas, (Some(a), Some(b)) if a.digest() == b.digest())
            && one.store.same(&other.store);
        let plans = match together {
            true => Plans::Together(Plan::both(&ground.0, base, head, watched)?),
            false => Plans::Apart(Box::new((
                Plan::one(&ground.0, base, true, &[])?,
                Plan::one(&ground.0, head, false, watched)?,
            ))),
        };
        Some(Self::new(plans, Some(base), head, full))
    }

    /// Compiles one side.
    pub fn of_one(ground: &'g Ground, side: &Side<'_>) -> Option<Self> {
        let plan = Plan::one(&ground.0, side, false, &[])?;
        Some(Self::new(Plans::Head(plan), None, side, true))
    }

    fn new(plans: Plans<'g>, base: Option<&Side<'_>>, head: &Side<'_>, full: bool) -> Self {
        let mut track = Self {
            plans,
            names: Vec::new(),
            head_effects: Vec::new(),
            base: base.map(Gate::of),
            head: Gate::of(head),
            full,
        };
        let mut numbers: FxHashMap<Arc<str>, u32> = FxHashMap::default();
        let sides = base.into_iter().chain([head]);
        for (name, _) in sides.flat_map(Side::named_policies) {
            if !numbers.contains_key(name) {
                numbers.insert(name.clone(), numbers.len() as u32);
                track.names.push(name.clone());
            }
        }
        track.head_effects = vec![None; track.names.len()];
        for (name, policy) in head.named_policies() {
            if let Some(number) = numbers.get(name)
                && let Some(effect) = track.head_effects.get_mut(*number as usize)
            {
                *effect = Some(policy.effect);
            }
        }
        track
    }

    /// A lane for one thread.
    pub fn lane(&self) -> Lane<'_, 'g> {
        let numbers: FxHashMap<&Arc<str>, u32> = self.names.iter().zip(0_u32..).collect();
        let decider = |plan| Decider::new(plan, &numbers);
        let deciders = match &self.plans {
            Plans::Together(plan) => Deciders::Together(decider(plan)),
            Plans::Apart(plans) => {
                let (base, head) = plans.as_ref();
                Deciders::Apart(Box::new((decider(base), decider(head))))
            }
            Plans::Head(plan) => Deciders::Head(decider(plan)),
        };
        Lane {
            track: self,
            deciders,
            room: Bump::new(),
            again: Again::default(),
            counts: LaneCounts::default(),
            stopped: LeftBy::UnusualLine,
            last: Last::default(),
        }
    }

    /// The plan by which base's, and head's, entities are numbered.
    pub fn plans(&self) -> (&Plan<'g>, &Plan<'g>) {
        match &self.plans {
            Plans::Together(plan) | Plans::Head(plan) => (plan, plan),
            Plans::Apart(plans) => (&plans.0, &plans.1),
        }
    }

    /// An answer of a lane, with the names of policies.
    pub fn answer(&self, found: &SideAnswer) -> Answer {
        counts::answer(found, &self.names)
    }

    /// The names of policies by number.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }
}

enum Deciders<'p, 'g> {
    Together(Decider<'p, 'g>),
    Apart(Box<(Decider<'p, 'g>, Decider<'p, 'g>)>),
    Head(Decider<'p, 'g>),
}

impl Deciders<'_, '_> {
    /// The last answers of base and head.
    fn found(&self) -> (Option<&SideAnswer>, &SideAnswer) {
        match self {
            Deciders::Together(both) => (Some(&both.base), &both.head),
            Deciders::Apart(both) => (Some(&both.0.base), &both.1.head),
            Deciders::Head(head) => (None, &head.head),
        }
    }
}

/// Takes lines, one after the other, and counts them.
pub struct Lane<'p, 'g> {
    track: &'p Track<'g>,
    deciders: Deciders<'p, 'g>,
    room: Bump,
    again: Again,
    counts: LaneCounts,
    /// Where the last line was given up that was not taken.
    stopped: LeftBy,
    last: Last,
}

/// What was found in a line.
struct Seen<'l> {
    line: Line<'l>,
    decided: Decided,
    /// The action's numbers on base and on head.
    actions: (EntityId, EntityId),
    /// Its place among the actions of head's plan.
    place: usize,
}

impl<'p, 'g> Lane<'p, 'g> {
    /// Takes a line and gives the id of its action; nothing where it must go the general way.
    pub fn take<'l>(
        &mut self,
        recording: &Arc<str>,
        at: u64,
        text: &'l str,
    ) -> Option<Cow<'l, str>> {
        let mut room = std::mem::take(&mut self.room);
        room.reset();
        let id = self.take_with(&room, recording, at, text);
        self.put_back(room);
        self.trim();
        id
    }

    /// Keeps memory for the next record, but not as much as only a giant one needs.
    fn put_back(&mut self, room: Bump) {
        if room.allocated_bytes() < 1 << 20 {
            self.room = room;
        }
    }

    fn trim(&mut self) {
        match &mut self.deciders {
            Deciders::Together(one) | Deciders::Head(one) => {
                if one.trim() {
                    self.again.clear();
                }
            }
            Deciders::Apart(both) => {
                both.0.trim();
                both.1.trim();
            }
        }
    }

    fn take_with<'l>(
        &mut self,
        room: &Bump,
        recording: &Arc<str>,
        at: u64,
        text: &'l str,
    ) -> Option<Cow<'l, str>> {
        let Seen {
            line,
            decided,
            actions,
            place: action_place,
        } = self.read(room, text)?;
        let id = line.id?.text()?;
        let counts = &mut self.counts;
        let actor = Actor {
            agent: match line.agent {
                Some(agent) => counts.agents.number(agent.decode(room)?),
                None => 0,
            },
            session: match line.session {
                Some(session) => Some(Distinct::hash(session.decode(room)?.as_bytes())),
                None => None,
            },
            time: line.time,
        };
        counts.note(&actor);
        self.last.class = ChangeClass::Unchanged;
        self.last.action = actions.1;
        self.last.place = action_place;
        if decided == Decided::Alike {
            counts.unaffected += 1;
            counts.unchanged(&actor);
            return Some(id);
        }
        let place = || Place {
            recording: recording.clone(),
            line: at,
        };
        let named = || (place(), id.clone().into_owned());
        let (base, head) = self.deciders.found();
        let agent = actor.agent;
        counts
            .head
            .see(actions.1, agent, head, line.recorded, &named);
        let Some(base) = base else {
            counts.alone(&actor);
            return Some(id);
        };
        counts
            .base
            .see(actions.0, agent, base, line.recorded, &named);
        let answers = Answers {
            base,
            head,
            effects: &self.track.head_effects,
        };
        let class = answers.class();
        self.last.class = class;
        if class == ChangeClass::Unchanged {
            counts.unchanged(&actor);
        } else {
            counts.change((class, base, head), &actor, actions.1, place(), text);
            self.last.note(&actor, &line, text);
        }
        Some(id)
    }

    fn read<'l: 'b, 'b>(&mut self, room: &'b Bump, text: &'l str) -> Option<Seen<'l>>
    where
        'g: 'b,
    {
        let mut scanner = Scanner::new(text);
        let track = self.track;
        let deciders = &mut self.deciders;
        self.stopped = LeftBy::UnusualLine;
        let stopped = &mut self.stopped;
        let mut found = None;
        // Of two plans only what both make of a request would be the answer, and of a single side no answer is left out.
        let recurring = matches!(deciders, Deciders::Together(_)) && !track.full;
        let again = &mut self.again;
        let mut known = None;
        let mut known_to_end = |call: bool, rest: &str| {
            // What may be taken of a request hangs on whether a call stands beside it.
            known = again.find(rest).filter(|alike| alike.call == call);
            known.is_some()
        };
        let end: Option<&mut record::Known<'_>> = match recurring {
            true => Some(&mut known_to_end),
            false => None,
        };
        let line = record::line(&mut scanner, end, &mut |scanner, raw| {
            let (first, want) = match deciders {
                Deciders::Together(both) if !track.full => (both, Want::Difference),
                Deciders::Together(one) | Deciders::Head(one) => (one, Want::All),
                Deciders::Apart(both) => (&mut both.0, Want::All),
            };
            let Some((request, shape)) = first.request(raw) else {
                *stopped = LeftBy::EntityTypes;
                return None;
            };
            let decided = if want == Want::All || first.is_touched(&request) {
                first.decide(&request, shape, scanner, room, want)
            } else {
                let fits = first.check(scanner, shape, room);
                fits.map(|()| Decided::Alike)
            };
            let Some(decided) = decided else {
                *stopped = first.stopped();
                return None;
            };
            found = Some((request, shape, decided));
            Some(())
        })?;
        if let Some(Alike { action, place, .. }) = known {
            return Some(Seen {
                line,
                decided: Decided::Alike,
                actions: (action, action),
                place,
            });
        }
        let takes = |gate: &Gate| gate.takes(line.call, line.mapping, line.schema);
        if !track.base.as_ref().is_none_or(takes) || !takes(&track.head) {
            return None;
        }
        let (request, shape, mut decided) = found?;
        let mut actions = (request.action.entity, request.action.entity);
        let mut place = shape.number;
        match deciders {
            // What was recorded is held against the answer, so there must be one.
            Deciders::Together(both) if decided == Decided::Alike && line.recorded.is_some() => {
                let mut context = Scanner::new(line.context?);
                let all = both.decide(&request, shape, &mut context, room, Want::All);
                let Some(all) = all else {
                    self.stopped = both.stopped();
                    return None;
                };
                decided = all;
            }
            Deciders::Together(_) | Deciders::Head(_) => {}
            Deciders::Apart(both) => {
                let head = &mut both.1;
                let [principal, action, resource] = line.request;
                let known = head.request([principal?, action?, resource?]);
                let Some((request, shape)) = known else {
                    self.stopped = LeftBy::EntityTypes;
                    return None;
                };
                let mut context = Scanner::new(line.context?);
                let decided = head.decide(&request, shape, &mut context, room, Want::All);
                if decided.is_none() {
                    self.stopped = head.stopped();
                    return None;
                }
                actions.1 = request.action.entity;
                place = shape.number;
            }
        }
        if let (true, Decided::Alike, Some(rest)) = (recurring, &decided, line.rest) {
            let action = request.action.entity;
            let call = line.call;
            let alike = Alike {
                action,
                place,
                call,
            };
            self.again.note(rest, alike);
        }
        Some(Seen {
            line,
            decided,
            actions,
            place,
        })
    }

    /// The policies whose scope held for some action that was not interpreted.
    pub fn reached(&self) -> impl Iterator<Item = &Arc<str>> {
        let (one, other) = match &self.deciders {
            Deciders::Together(one) | Deciders::Head(one) => (one, None),
            Deciders::Apart(both) => (&both.0, Some(&both.1)),
        };
        [Some(one), other]
            .into_iter()
            .flatten()
            .flat_map(|decider| {
                let policies = decider.plan.policies.iter().zip(&decider.reached);
                policies
                    .filter(|(_, reached)| **reached)
                    .map(|(policy, _)| &policy.name)
            })
    }

    /// Why the last line was not taken, as far as a lane knows.
    pub fn stopped(&self) -> LeftBy {
        self.stopped
    }

    /// Whether so much is held that it should be handed over.
    pub fn is_full(&self) -> bool {
        self.counts.is_full()
    }

    /// What was counted since the last time.
    pub fn hand_over(&mut self) -> LaneCounts {
        std::mem::take(&mut self.counts)
    }
}
