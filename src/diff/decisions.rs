//! The changes of decisions, counted by class and grouped by what both sides say.

use super::bystanders::Bystanders;
use super::details::Details;
use super::document::Said;
use super::note::note;
use crate::engine::{
    Compared, Counts, Distinct, Incoming, LeftCounts, Merge, Notes, Place, Sample, Side, SideTally,
    Units, Volume, Window, compare, keep_smallest,
};
use crate::model::{
    Answer, ChangeClass, Decision, EntityRef, FieldPath, Outcome, RecordedAction, Request,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What changed in the decisions on recorded actions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DecisionChanges {
    /// How much was read.
    pub volume: Volume,
    /// Actions that both sides decided.
    pub compared: u64,
    /// Actions that no changed policy decides: decided alike on both sides, and not evaluated.
    pub unaffected: u64,
    /// Counts by class; classes that did not occur are not there.
    pub classes: BTreeMap<ChangeClass, ClassTally>,
    /// Newly decidable actions that head allows: they widen, too.
    pub newly_decidable_allowed: u64,
    /// Newly undecidable actions that base allows: they narrow, too.
    pub newly_undecidable_allowed: u64,
    /// The changes, grouped by class and by what both sides say; where there are too many groups, the first ones in
    /// order of their keys, so those of the riskiest class come first.
    pub groups: BTreeMap<GroupKey, Group>,
    /// Actions that neither side can decide, by the policies whose status is unknown on some side. A change of one of
    /// those policies may have changed what would really have been decided.
    pub undecided: Counts,
    /// Changes that are in no group, because there were too many groups.
    pub ungrouped: u64,
    /// All changes but those of reasons alone, by what is behind them.
    pub details: Details,
    /// Some actions that did not flip.
    pub bystanders: Bystanders,
    /// What base says against what head says.
    pub flow: BTreeMap<(Said, Said), u64>,
    /// The policies whose scope held for some action. Those that are on both sides alike are not all in here.
    pub reached: BTreeSet<Arc<str>>,
    /// Actions of which Cedar's evaluator was asked.
    pub interpreted: u64,
    /// Actions that the fast lane did not take, where it was to take what it can, and why.
    pub left: LeftCounts,
    /// Actions of which two engines say something else. There must be none.
    pub disagreements: Notes,
    /// Actions to be verified.
    pub sample: Sample,
    /// Everything about base.
    pub base: SideTally,
    /// Everything about head.
    pub head: SideTally,
}

/// What is counted of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassTally {
    /// Recorded actions.
    pub actions: u64,
    /// Actions by agent.
    pub agents: Counts,
    /// Different sessions.
    pub sessions: Distinct,
}

/// Changes with the same key have the same policies behind them on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupKey {
    /// The class.
    pub class: ChangeClass,
    /// What base says.
    pub base: Outcome,
    /// What head says.
    pub head: Outcome,
}

/// The changes of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// What is counted.
    pub tally: ClassTally,
    /// Actions by Cedar action.
    pub actions: Counts,
    /// The first and the last time.
    pub window: Window,
    /// The first examples in order of their places.
    pub examples: Vec<Example>,
}

/// One recorded action of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// Where it stands.
    pub place: Place,
    /// Its id.
    pub id: String,
    /// Its agent.
    pub agent: Option<String>,
    /// Its session.
    pub session: Option<String>,
    /// The request under head, or under base where head has none.
    pub request: Option<Request>,
}

/// How many examples a group keeps, and how many groups there are at most: groups come from policy sets, but a
/// hostile recording could make many.
const EXAMPLES: usize = 3;
const GROUPS: usize = 2_000;

/// Compares one thing read from a recording, by itself and by the interpreter.
pub fn observe(
    base: &Side<'_>,
    head: &Side<'_>,
    changes: &mut DecisionChanges,
    incoming: Incoming,
) {
    let Some((place, action)) = changes.volume.read(incoming) else {
        return;
    };
    changes.interpreted += action.count();
    let compared = compare(base, head, &action);
    let units = Units::of_sides(base, head);
    note((&units, &[], None), changes, &place, &action, &compared);
    changes.see(place, &action, compared);
}

impl DecisionChanges {
    /// How many actions are in a class.
    pub fn actions_in(&self, class: ChangeClass) -> u64 {
        self.classes.get(&class).map_or(0, |tally| tally.actions)
    }

    /// How many decisions flipped between allow and deny.
    pub fn flips(&self) -> u64 {
        let flips = ChangeClass::ALL.into_iter().filter(|class| class.is_flip());
        flips.map(|class| self.actions_in(class)).sum()
    }

    /// How many actions head allows that base did not: newly allowed in the wide sense.
    pub fn widened(&self) -> u64 {
        self.actions_in(ChangeClass::NewlyAllowed)
            + self.actions_in(ChangeClass::ErrorOpened)
            + self.newly_decidable_allowed
    }

    /// How many actions base allows that head does not: the mirror image of widened, which it becomes where base and
    /// head are swapped.
    pub fn narrowed(&self) -> u64 {
        self.actions_in(ChangeClass::NewlyDenied)
            + self.actions_in(ChangeClass::ErrorClosed)
            + self.newly_undecidable_allowed
    }

    /// Counts one compared action, and what each side says of it.
    pub fn see(&mut self, place: Place, action: &RecordedAction, compared: Compared) {
        self.base.count(&place, action, &compared.base);
        self.head.count(&place, action, &compared.head);
        self.count(place, action, compared);
    }

    /// Counts one action that both sides decide alike, because no changed policy decides it.
    pub fn see_alike(
        &mut self,
        place: &Place,
        action: &RecordedAction,
        nonconforming: Option<&str>,
        left_out: &BTreeSet<FieldPath>,
    ) {
        let count = action.count();
        self.compared += count;
        self.unaffected += count;
        self.flow(Said::Unaffected, Said::Unaffected, count);
        let unchanged = self.classes.entry(ChangeClass::Unchanged).or_default();
        unchanged.count(action);
        for side in [&mut self.base, &mut self.head] {
            side.remark(place, action, nonconforming, left_out);
        }
    }

    /// Keeps an action that did not flip, where it is to be kept. `of` is its Cedar action.
    pub fn bystander(&mut self, of: Option<&EntityRef>, place: &Place, action: &RecordedAction) {
        let name = of.map_or_else(|| "-".to_owned(), EntityRef::to_string);
        let of = (action.id.as_str(), action.count());
        self.bystanders.see(&name, of, &place.recording, || {
            serde_json::to_string(action).unwrap_or_default().into()
        });
    }

    /// Counts actions by what both sides say of them.
    pub fn flow(&mut self, base: Said, head: Said, actions: u64) {
        if actions > 0 {
            *self.flow.entry((base, head)).or_default() += actions;
        }
    }

    /// Whether a change is of a group that was not met before.
    pub fn is_new(&self, compared: &Compared) -> bool {
        compared.class != ChangeClass::Unchanged && !self.groups.contains_key(&key(compared))
    }

    /// Counts one compared action.
    pub fn count(&mut self, place: Place, action: &RecordedAction, compared: Compared) {
        let Compared { class, base, head } = &compared;
        let class = *class;
        let actions = action.count();
        self.flow(said(&base.outcome), said(&head.outcome), actions);
        if base.outcome.decision().is_some() && head.outcome.decision().is_some() {
            self.compared += actions;
        }
        self.classes.entry(class).or_default().count(action);
        if let (Outcome::Undecidable(base, _), Outcome::Undecidable(head, _)) =
            (&base.outcome, &head.outcome)
        {
            for policy in base.unknown.union(&head.unknown) {
                self.undecided.add(policy, actions);
            }
        }
        if class == ChangeClass::Unchanged {
            return;
        }
        if class == ChangeClass::NewlyDecidable && head.outcome.decision() == Some(Decision::Allow)
        {
            self.newly_decidable_allowed += actions;
        }
        if class == ChangeClass::NewlyUndecidable
            && base.outcome.decision() == Some(Decision::Allow)
        {
            self.newly_undecidable_allowed += actions;
        }
        let key = key(&compared);
        let request = compared.head.request.or(compared.base.request);
        match self.groups.get_mut(&key) {
            Some(group) => group.count(place, action, request),
            None => {
                let mut group = Group::default();
                group.count(place, action, request);
                self.add_group(key, group);
            }
        }
    }

    /// Whether a group would be kept, so that it has to be made.
    pub fn wants_group(&self, key: &GroupKey) -> bool {
        let last = self.groups.last_key_value().map(|(last, _)| last);
        self.groups.len() < GROUPS || last.is_some_and(|last| key <= last)
    }

    /// Adds changes of one group.
    pub fn add_group(&mut self, key: GroupKey, group: Group) {
        if let Some(gone) = keep_smallest(&mut self.groups, GROUPS, key, group) {
            self.ungrouped += gone.tally.actions;
        }
    }
}

fn said(outcome: &Outcome) -> Said {
    match outcome {
        Outcome::NotReplayable(_) => Said::NotReplayable,
        Outcome::Decided(answer) | Outcome::Undecidable(answer, _) => match answer.decision {
            Some(Decision::Allow) => Said::Allow,
            Some(Decision::Deny) => Said::Deny,
            None => Said::Undecidable,
        },
    }
}

/// The group of a change.
fn key(compared: &Compared) -> GroupKey {
    GroupKey {
        class: compared.class,
        base: without_unknown(compared.base.outcome.clone()),
        head: without_unknown(compared.head.outcome.clone()),
    }
}

/// Policies of unknown status do not tell decided groups apart: the decision does not rest on them. Nor do any on those
/// that may raise an error.
fn without_unknown(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Decided(answer) => Outcome::Decided(Answer {
            unknown: Default::default(),
            may_err: Default::default(),
            ..answer
        }),
        Outcome::Undecidable(answer, fields) => {
            let may_err = Default::default();
            Outcome::Undecidable(Answer { may_err, ..answer }, fields)
        }
        other @ Outcome::NotReplayable(_) => other,
    }
}

impl ClassTally {
    fn count(&mut self, action: &RecordedAction) {
        self.add(action.count(), action.agent.as_deref());
        if let Some(session) = &action.session {
            self.sessions.insert(session);
        }
    }

    /// Adds actions of one agent; their sessions are added apart.
    pub fn add(&mut self, actions: u64, agent: Option<&str>) {
        self.actions += actions;
        self.agents.add(agent.unwrap_or("-"), actions);
    }
}

impl Group {
    fn count(&mut self, place: Place, action: &RecordedAction, request: Option<Request>) {
        self.tally.count(action);
        let name = request
            .as_ref()
            .map_or_else(|| "-".to_owned(), |r| r.action.to_string());
        self.actions.add(&name, action.count());
        if let Some(time) = &action.time {
            self.window.see(time);
        }
        if self.wants(&place) {
            self.keep(Example {
                place,
                id: action.id.clone(),
                agent: action.agent.clone(),
                session: action.session.clone(),
                request,
            });
        }
    }

    /// Whether an example from a place may be kept, so that it has to be made.
    pub fn wants(&self, place: &Place) -> bool {
        let full = self.examples.len() >= EXAMPLES;
        !full
            || self
                .examples
                .last()
                .is_some_and(|last| *place <= last.place)
    }

    /// Keeps an example, if it is among the first ones.
    pub fn keep(&mut self, example: Example) {
        let at = self.examples.partition_point(|kept| *kept <= example);
        if at < EXAMPLES {
            self.examples.insert(at, example);
            self.examples.truncate(EXAMPLES);
        }
    }
}

impl Merge for ClassTally {
    fn merge(&mut self, other: Self) {
        self.actions += other.actions;
        self.agents.merge(other.agents);
        self.sessions.merge(other.sessions);
    }
}

impl Merge for Group {
    fn merge(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.actions.merge(other.actions);
        self.window.merge(other.window);
        let examples = other.examples.into_iter();
        examples.for_each(|example| self.keep(example));
    }
}

impl Merge for DecisionChanges {
    fn merge(&mut self, other: Self) {
        let Self {
            volume,
            classes,
            groups,
            ungrouped,
            details,
            undecided,
            base,
            head,
            ..
        } = self;
        // Most of it is in the groups. What one thread does here the others wait for.
        rayon::join(
            || {
                for (key, group) in other.groups {
                    if let Some(gone) = keep_smallest(groups, GROUPS, key, group) {
                        *ungrouped += gone.tally.actions;
                    }
                }
                details.merge(other.details);
            },
            || {
                volume.merge(other.volume);
                for (class, tally) in other.classes {
                    classes.entry(class).or_default().merge(tally);
                }
                undecided.merge(other.undecided);
                base.merge(other.base);
                head.merge(other.head);
            },
        );
        self.bystanders.merge(other.bystanders);
        for ((base, head), actions) in other.flow {
            self.flow(base, head, actions);
        }
        self.reached.extend(other.reached);
        self.compared += other.compared;
        self.unaffected += other.unaffected;
        self.interpreted += other.interpreted;
        self.left.merge(other.left);
        self.disagreements.merge(other.disagreements);
        self.sample.merge(other.sample);
        self.newly_decidable_allowed += other.newly_decidable_allowed;
        self.newly_undecidable_allowed += other.newly_undecidable_allowed;
        self.ungrouped += other.ungrouped;
    }
}
