//! What the fast lane counts: numbers and hashes, turned into the accumulators of the general way at the end.

use super::decide::SideAnswer;
use super::memory::Memory;
use super::record::{Moment, timestamp};
use crate::engine::compiled::{EntityId, Plan};
use crate::engine::{Decisions, Distinct, Merge, Note, Notes, Place, SideTally, Volume, Window};
use crate::model::{Answer, ChangeClass, Decision, EntityRef};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// What is counted of every action, of whatever class.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'l> {
    /// The number of the agent.
    pub agent: u32,
    /// The hash of the session.
    pub session: Option<u64>,
    pub time: Option<Moment<'l>>,
}

/// The names of agents by number; 0 is that of an action without one.
#[derive(Debug)]
pub struct Agents {
    numbers: Memory,
    names: Vec<Box<str>>,
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            numbers: Memory::default(),
            names: vec!["-".into()],
        }
    }
}

impl Agents {
    /// The number of an agent.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some([known, ..]) = self.numbers.get(name) {
            return known;
        }
        // An agent that is called `-` is counted as none, as everywhere.
        let number = u32::try_from(self.names.len()).unwrap_or(0);
        self.numbers.insert(name, [number; 3]);
        self.names.push(name.into());
        number
    }

    /// The name of an agent; `-` where there is none.
    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("-", |name| name)
    }
}

/// Different sessions.
#[derive(Debug, Default)]
struct Sessions {
    all: Distinct,
    /// Sessions that were there shortly before, by their last bits; nothing where they are not remembered.
    recent: Vec<u64>,
}

/// How many recent sessions are remembered; a power of two.
const RECENT: usize = 4096;

impl Sessions {
    fn see(&mut self, hash: u64) {
        match self.recent.get_mut(hash as usize % RECENT) {
            Some(recent) if *recent == hash => {}
            Some(recent) => {
                *recent = hash;
                self.all.insert_hash(hash);
            }
            None => self.all.insert_hash(hash),
        }
    }
}

/// The actions of one class, or of one group of it.
#[derive(Debug, Default)]
pub struct Crowd {
    /// How many there are.
    pub actions: u64,
    agents: AgentCounts,
    sessions: Sessions,
}

/// Counts by agent.
#[derive(Debug)]
enum AgentCounts {
    /// A place for every agent, for a crowd that has most of them.
    Dense(Vec<u64>),
    Sparse(FxHashMap<u32, u64>),
}

impl Default for AgentCounts {
    fn default() -> Self {
        AgentCounts::Sparse(FxHashMap::default())
    }
}

impl AgentCounts {
    fn see(&mut self, agent: u32) {
        match self {
            AgentCounts::Dense(counts) => {
                let at = agent as usize;
                if counts.len() <= at {
                    counts.resize(at + 1, 0);
                }
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
            AgentCounts::Sparse(counts) => *counts.entry(agent).or_default() += 1,
        }
    }

    /// The counts that are not zero, by number of the agent.
    fn all(&self) -> Vec<(u32, u64)> {
        match self {
            AgentCounts::Dense(counts) => (0_u32..)
                .zip(counts.iter().copied())
                .filter(|(_, count)| *count > 0)
                .collect(),
            AgentCounts::Sparse(counts) => counts.iter().map(|(at, count)| (*at, *count)).collect(),
        }
    }
}

impl Crowd {
    /// An empty crowd that is quick where a session follows itself, or one that was there shortly before.
    fn remembering() -> Self {
        Self {
            agents: AgentCounts::Dense(Vec::new()),
            sessions: Sessions {
                // No hash has its place at one of these.
                recent: (1..=RECENT as u64).collect(),
                ..Sessions::default()
            },
            ..Self::default()
        }
    }

    fn see(&mut self, actor: &Actor<'_>) {
        self.actions += 1;
        self.agents.see(actor.agent);
        if let Some(session) = actor.session {
            self.sessions.see(session);
        }
    }

    /// Its agents with their numbers of actions.
    pub fn agents<'a>(&'a self, agents: &'a Agents) -> impl Iterator<Item = (&'a str, u64)> {
        let counts = self.agents.all().into_iter();
        counts.map(|(agent, count)| (agents.name(agent), count))
    }

    /// Its different sessions.
    pub fn sessions(&self) -> &Distinct {
        &self.sessions.all
    }
}

/// Changes with the same answers on both sides.
#[derive(Debug)]
pub struct Changes {
    /// Their class.
    pub class: ChangeClass,
    /// What base answers.
    pub base: SideAnswer,
    /// What head answers.
    pub head: SideAnswer,
    /// Who acted.
    pub crowd: Crowd,
    /// How often by action, numbered as head's plan does.
    pub actions: FxHashMap<EntityId, u64>,
    first: Option<((i64, i32), String)>,
    last: Option<((i64, i32), String)>,
    /// The first lines in order of their places; at least one.
    pub examples: BTreeMap<Place, Box<str>>,
}

impl Changes {
    /// Of one instant in two spellings the smaller text stays, as in [`Window`].
    fn see(&mut self, time: Moment<'_>) {
        let ends = [
            (&mut self.first, Ordering::Less),
            (&mut self.last, Ordering::Greater),
        ];
        for (end, turn) in ends {
            // In the same memory: in a recording that goes on in time every action is the last one so far.
            let (instant, text) = end.get_or_insert_with(|| (time.instant, time.text.to_owned()));
            let order = time.instant.cmp(instant);
            if order == turn || (order.is_eq() && time.text < text.as_str()) {
                *instant = time.instant;
                text.clear();
                text.push_str(time.text);
            }
        }
    }

    /// From when to when.
    pub fn window(&self) -> Window {
        let mut window = Window::default();
        for (_, text) in self.first.iter().chain(&self.last) {
            window.see(text);
        }
        window
    }
}

/// How many lines of a group are kept: at least as many as a report shows.
const EXAMPLES: usize = 3;

/// What is counted of one side's answers.
#[derive(Debug, Default)]
pub struct SideCounts {
    by_action: FxHashMap<EntityId, Decisions>,
    by_agent: FxHashMap<u32, Decisions>,
    errors: FxHashMap<u32, u64>,
    compared: u64,
    same: u64,
    mismatches: FxHashMap<(Decision, SideAnswer), Notes>,
}

impl SideCounts {
    /// Counts an answer, and holds it against what was recorded.
    pub fn see(
        &mut self,
        action: EntityId,
        agent: u32,
        answer: &SideAnswer,
        recorded: Option<Decision>,
        place: &dyn Fn() -> (Place, String),
    ) {
        let decision = decision(answer);
        let one = Decisions {
            allow: u64::from(answer.allow),
            deny: u64::from(!answer.allow),
            ..Decisions::default()
        };
        self.by_action.entry(action).or_default().merge(one);
        self.by_agent.entry(agent).or_default().merge(one);
        for policy in &answer.errors {
            *self.errors.entry(*policy).or_default() += 1;
        }
        let Some(recorded) = recorded else { return };
        self.compared += 1;
        if recorded == decision {
            self.same += 1;
            return;
        }
        let (place, id) = place();
        let notes = self.mismatches.entry((recorded, answer.clone()));
        let notes = notes.or_default();
        notes.name(&place.recording, &id);
        notes.push(&place, || Note {
            place: place.clone(),
            id: Some(id),
            message: format!("recorded {recorded}, decided {decision}"),
        });
    }

    /// How many were allowed, and how many denied.
    pub fn decided(&self) -> [u64; 2] {
        let all = self.by_action.values();
        let sum = |of: fn(&Decisions) -> u64| all.clone().map(of).sum();
        [sum(|found| found.allow), sum(|found| found.deny)]
    }

    /// The same, by name.
    pub fn tally(self, plan: &Plan<'_>, agents: &Agents, names: &[Arc<str>]) -> SideTally {
        let mut tally = SideTally::default();
        for (action, decisions) in self.by_action {
            tally.decisions.merge(decisions);
            let name = action_name(plan, action);
            tally.by_action.add(&name, decisions);
        }
        for (agent, decisions) in self.by_agent {
            tally.by_agent.add(agents.name(agent), decisions);
        }
        for (policy, count) in self.errors {
            if let Some(name) = names.get(policy as usize) {
                tally.errors.add(name, count);
            }
        }
        tally.fidelity.compared = self.compared;
        tally.fidelity.same = self.same;
        for ((recorded, found), notes) in self.mismatches {
            tally
                .fidelity
                .mismatch(recorded, answer(&found, names), notes);
        }
        tally
    }
}

/// The written form of an action that the plan knows.
pub fn action_name(plan: &Plan<'_>, action: EntityId) -> String {
    match plan.names.reference(action) {
        Some((ty, id)) => EntityRef::new(plan.names.type_name(ty), id).to_string(),
        None => "-".to_owned(),
    }
}

/// An answer with the names of policies.
pub fn answer(found: &SideAnswer, names: &[Arc<str>]) -> Answer {
    let named = |numbers: &[u32]| {
        let names = numbers.iter().filter_map(|at| names.get(*at as usize));
        names.cloned().collect()
    };
    Answer {
        decision: Some(decision(found)),
        determining: named(&found.determining),
        errors: named(&found.errors),
        unknown: Default::default(),
        may_err: Default::default(),
    }
}

fn decision(answer: &SideAnswer) -> Decision {
    match answer.allow {
        true => Decision::Allow,
        false => Decision::Deny,
    }
}

/// So many groups of changes, and kinds of mismatches, are held before they are handed over.
const FULL: usize = 1 << 11;

/// What a worker has counted since it last handed over.
#[derive(Debug)]
pub struct LaneCounts {
    /// The agents by number.
    pub agents: Agents,
    /// Everyone of whom there is neither a change nor none, as there is only one side.
    alone: Crowd,
    first: Option<(i64, i32)>,
    last: Option<(i64, i32)>,
    /// Decided alike on both sides, and not evaluated any further.
    pub unaffected: u64,
    /// The length of the texts that were kept.
    bytes: usize,
    /// Actions on which both sides agree, those that were not evaluated among them.
    pub unchanged: Crowd,
    /// Changes, by the hash of their class and of the answers of base and head.
    pub changes: FxHashMap<u64, Vec<Changes>>,
    /// Base's answers.
    pub base: SideCounts,
    /// Head's answers.
    pub head: SideCounts,
}

impl Default for LaneCounts {
    fn default() -> Self {
        Self {
            agents: Agents::default(),
            alone: Crowd::default(),
            first: None,
            last: None,
            unaffected: 0,
            bytes: 0,
            unchanged: Crowd::remembering(),
            changes: FxHashMap::default(),
            base: SideCounts::default(),
            head: SideCounts::default(),
        }
    }
}

impl LaneCounts {
    /// Notes when an action was, whatever became of it.
    pub fn note(&mut self, actor: &Actor<'_>) {
        if let Some(time) = actor.time {
            let instant = Some(time.instant);
            self.first = self.first.map_or(instant, |first| instant.min(Some(first)));
            self.last = self.last.max(instant);
        }
    }

    /// Counts an action where there is only one side.
    pub fn alone(&mut self, actor: &Actor<'_>) {
        if self.alone.actions == 0 {
            self.alone = Crowd::remembering();
        }
        self.alone.see(actor);
    }

    /// Counts an action on which both sides agree.
    pub fn unchanged(&mut self, actor: &Actor<'_>) {
        self.unchanged.see(actor);
    }

    /// Counts a change.
    pub fn change(
        &mut self,
        key: (ChangeClass, &SideAnswer, &SideAnswer),
        actor: &Actor<'_>,
        action: EntityId,
        place: Place,
        text: &str,
    ) {
        let (class, base, head) = key;
        let hash = FxBuildHasher.hash_one((class, base, head));
        let alike = self.changes.entry(hash).or_default();
        let same = |known: &Changes| known.class == class && known.base == *base;
        let known = alike
            .iter()
            .position(|known| same(known) && known.head == *head);
        let at = known.unwrap_or_else(|| {
            alike.push(Changes {
                class,
                base: base.clone(),
                head: head.clone(),
                crowd: Crowd::default(),
                actions: FxHashMap::default(),
                first: None,
                last: None,
                examples: BTreeMap::new(),
            });
            alike.len() - 1
        });
        let Some(changes) = alike.get_mut(at) else {
            return;
        };
        changes.crowd.see(actor);
        *changes.actions.entry(action).or_default() += 1;
        if let Some(time) = actor.time {
            changes.see(time);
        }
        let last = changes.examples.last_key_value();
        if changes.examples.len() < EXAMPLES || last.is_some_and(|(last, _)| place < *last) {
            changes.examples.insert(place, text.into());
            self.bytes += text.len();
            if changes.examples.len() > EXAMPLES {
                changes.examples.pop_last();
            }
        }
    }

    /// Whether so much is held that it should be handed over.
    pub fn is_full(&self) -> bool {
        let mismatches = self.base.mismatches.len() + self.head.mismatches.len();
        self.agents.names.len() > 1 << 16
            || self.agents.numbers.bytes() > 1 << 24
            || self.changes.len() + mismatches > FULL
            || self.bytes > 1 << 26
    }

    /// The volume.
    pub fn taken_volume(&self) -> Volume {
        let mut volume = Volume::default();
        let changes = self.changes.values().flatten();
        let changed = changes.map(|changes| &changes.crowd);
        for crowd in [&self.alone, &self.unchanged].into_iter().chain(changed) {
            volume.actions += crowd.actions;
            for (name, count) in crowd.agents(&self.agents) {
                volume.agents.add(name, count);
            }
            volume.sessions.merge(crowd.sessions().clone());
        }
        let [first, last] = [self.first, self.last].map(|at| at.and_then(timestamp));
        if let (Some(first), Some(last)) = (first, last) {
            volume.see(first, last);
        }
        volume
    }
}
