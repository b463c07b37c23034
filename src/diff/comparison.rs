//! Recorded actions decided under both sides, by the fast lane where it takes them, and counted.

use super::bystanders::{Bystanders, LaneBystanders};
use super::decisions::{ClassTally, DecisionChanges, Example, Group, GroupKey};
use super::details::{Details, id_hash};
use super::document::Said;
use super::lane_changes::LaneChanges;
use super::note::{note, note_change};
use super::watched::watched;
use crate::engine::{
    Changes, Chunk, Compared, Engine, Ground, Ids, Incoming, Lane, LaneCounts, LeftBy, LineWorker,
    Merge, Note, Place, Ruling, Sample, Side, Track, Units, Worker, action_name, compare,
    each_line,
};
use crate::model::{ChangeClass, FieldPath, Outcome, RecordedAction};
use std::borrow::Cow;
use std::sync::Arc;

/// Both sides, ready to be compared.
pub struct Comparison<'a> {
    base: &'a Side<'a>,
    head: &'a Side<'a>,
    track: Option<Track<'a>>,
    /// Why nothing is compiled that was to be.
    off: Option<LeftBy>,
    verify: usize,
    /// How many actions that did not flip are kept of each Cedar action.
    kept: usize,
    /// What moves together.
    pub(super) units: Units,
    /// The paths whose values matter.
    watched: Vec<FieldPath>,
    /// The sides by an engine that says of every policy whether its scope holds, where theirs does not.
    scopes: Option<[Side<'a>; 2]>,
}

/// How recorded actions are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompareOptions {
    /// Whether every action is evaluated, so that what is counted of each side is complete. Otherwise an action that no
    /// changed policy can decide otherwise is only counted as such, unless the recording says how it was decided.
    pub full: bool,
    /// How many actions are kept to be verified.
    pub verify: usize,
}

impl<'a> Comparison<'a> {
    /// Compiles both sides, where their engine is to be the compiled one.
    pub fn new(
        ground: &'a Ground,
        base: &'a Side<'a>,
        head: &'a Side<'a>,
        options: CompareOptions,
    ) -> Self {
        let watched = watched(base, head);
        let compiled = [base, head].map(Side::engine) == [Engine::Compiled; 2];
        let track = compiled
            .then(|| Track::of_two(ground, base, head, options.full, &watched))
            .flatten();
        let off = compiled && track.is_none();
        let silent = [base, head]
            .into_iter()
            .any(|side| side.engine() == Engine::Reference);
        let by_scope = |side: &Side<'a>| side.clone().with_engine(Engine::Interpreted);
        Self {
            kept: Bystanders::most(
                head.version()
                    .schema
                    .iter()
                    .flat_map(|schema| schema.actions())
                    .count(),
            ),
            units: Units::of_sides(base, head),
            watched,
            scopes: silent.then(|| [by_scope(base), by_scope(head)]),
            base,
            head,
            track,
            off: off.then(|| LeftBy::nothing_compiled(&[base, head])),
            verify: options.verify,
        }
    }

    /// What is noted of an action beside what both sides say.
    fn noted(&self) -> (&Units, &[FieldPath], Option<&[Side<'a>; 2]>) {
        (&self.units, &self.watched, self.scopes.as_ref())
    }

    /// A worker for one thread. What several workers finish with adds up in any order.
    pub fn worker(&self) -> ComparisonWorker<'_> {
        ComparisonWorker {
            comparison: self,
            lane: self.track.as_ref().map(Track::lane),
            stopped: None,
            checked: 0,
            bystanders: LaneBystanders::keeping(self.kept),
            found: LaneChanges::default(),
            changes: DecisionChanges {
                details: Details {
                    watched: self.watched.clone(),
                    ..Details::default()
                },
                sample: Sample::new(self.verify),
                bystanders: Bystanders::keeping(self.kept),
                ..DecisionChanges::default()
            },
        }
    }
}

/// Compares recorded actions on one thread.
pub struct ComparisonWorker<'c> {
    comparison: &'c Comparison<'c>,
    lane: Option<Lane<'c, 'c>>,
    /// Where the lane gave up the line that is read in full next.
    stopped: Option<LeftBy>,
    /// How many groups were decided once more.
    checked: usize,
    /// What the lane did not see flip.
    bystanders: LaneBystanders,
    /// What the lane saw change.
    found: LaneChanges,
    changes: DecisionChanges,
}

impl LineWorker for ComparisonWorker<'_> {
    fn line<'l>(&mut self, recording: &Arc<str>, at: u64, text: &'l str) -> Option<Cow<'l, str>> {
        let lane = self.lane.as_mut()?;
        let Some(id) = lane.take(recording, at, text) else {
            self.stopped = Some(lane.stopped());
            return None;
        };
        if self.comparison.verify > 0 {
            let place = Place {
                recording: recording.clone(),
                line: at,
            };
            self.changes.sample.offer(&place, &id, || text.to_owned());
        }
        let (class, hash) = (lane.class(), id_hash(&id));
        if !class.is_flip() {
            let place = lane.action_place();
            self.bystanders.see(place, hash, recording, text);
        }
        if !matches!(class, ChangeClass::Unchanged | ChangeClass::ReasonChanged) {
            self.changed((recording, at), (&id, hash), text);
        }
        if self.lane.as_ref().is_some_and(Lane::is_full) || self.found.is_full() {
            self.hand_over();
        }
        Some(id)
    }

    fn observe(&mut self, incoming: Incoming) {
        if self.comparison.verify > 0
            && let Incoming::Action(place, action) = &incoming
        {
            let text = || serde_json::to_string(action).unwrap_or_default();
            self.changes.sample.offer(place, &action.id, text);
        }
        let stopped = self.stopped.take();
        if let Incoming::Action(_, action) = &incoming {
            let reason = match &self.comparison.track {
                Some(track) => Some(track.left_by(action, stopped)),
                None => self.comparison.off,
            };
            if let Some(reason) = reason {
                self.changes.left.add(reason, action.count());
            }
        }
        let Comparison { base, head, .. } = self.comparison;
        let changes = &mut self.changes;
        let Some((place, action)) = changes.volume.read(incoming) else {
            return;
        };
        let Some(lane) = &mut self.lane else {
            changes.interpreted += action.count();
            let compared = compare(base, head, &action);
            note(self.comparison.noted(), changes, &place, &action, &compared);
            changes.see(place, &action, compared);
            return;
        };
        let ruled = lane.rule(Some(base), head, &action);
        changes.interpreted += u64::from(ruled.interpreted) * action.count();
        match ruled.ruling {
            Ruling::Alike(name, nonconforming, left_out) => {
                changes.bystander(Some(&name), &place, &action);
                changes.see_alike(&place, &action, nonconforming.as_deref(), &left_out);
            }
            Ruling::Verdicts(before, after) => {
                let before = before.map_or_else(|| base.decide(&action), |verdict| *verdict);
                let compared = Compared::of(before, *after);
                if self.checked < CHECKED && changes.is_new(&compared) {
                    self.checked += 1;
                    check_again(&compared, &place, &action, self.comparison, changes);
                }
                note(self.comparison.noted(), changes, &place, &action, &compared);
                changes.see(place, &action, compared);
            }
        }
    }
}

impl Worker for ComparisonWorker<'_> {
    type Result = DecisionChanges;

    fn chunk(&mut self, chunk: &Chunk<'_>, ids: &mut Ids) -> Option<u64> {
        each_line(self, chunk, ids)
    }

    fn incoming(&mut self, incoming: Incoming) {
        self.observe(incoming);
    }

    fn finish(mut self) -> DecisionChanges {
        self.hand_over();
        if let (Some(lane), Some(track)) = (&self.lane, &self.comparison.track) {
            self.changes.reached.extend(lane.reached().cloned());
            let (_, head) = track.plans();
            let actions = head.shapes.iter();
            for (action, shape) in actions {
                if let Some(found) = self.bystanders.take(shape.number) {
                    let name = action_name(head, *action);
                    self.changes.bystanders.add(name, found);
                }
            }
        }
        self.changes
    }
}

impl ComparisonWorker<'_> {
    /// Notes what is behind the change of the last line that the lane took.
    #[inline(never)]
    fn changed(&mut self, (recording, at): (&Arc<str>, u64), (id, hash): (&str, u64), text: &str) {
        let Some(lane) = &mut self.lane else { return };
        let (comparison, details) = (self.comparison, &mut self.changes.details);
        let line = (recording, id, hash, text);
        if self.found.see(lane, comparison, line, details).is_some() {
            return;
        }
        let class = lane.class();
        let action = read(text).unwrap_or_else(|| RecordedAction::new(id));
        let compared = compare(comparison.base, comparison.head, &action);
        note_change(comparison.noted(), details, recording, &action, &compared);
        if compared.class != class {
            let place = Place {
                recording: recording.clone(),
                line: at,
            };
            disagree((class, compared.class), &place, &action, &mut self.changes);
        }
    }

    fn hand_over(&mut self) {
        if let (Some(lane), Some(track)) = (&mut self.lane, &self.comparison.track) {
            let counts = lane.hand_over();
            let (_, head) = track.plans();
            let details = &mut self.changes.details;
            let name = |action| action_name(head, action);
            self.found.hand_over(details, &counts.agents, name);
            let left = CHECKED.saturating_sub(self.checked);
            self.checked += add(&mut self.changes, counts, track, self.comparison, left);
        }
    }
}

/// Adds what the fast lane counted. Up to `left` groups are decided once more; says how many were.
fn add(
    changes: &mut DecisionChanges,
    mut counts: LaneCounts,
    track: &Track<'_>,
    comparison: &Comparison<'_>,
    left: usize,
) -> usize {
    let (base, head) = track.plans();
    let volume = counts.taken_volume();
    changes.compared += volume.actions;
    changes.volume.merge(volume);
    changes.unaffected += counts.unaffected;
    changes.flow(Said::Unaffected, Said::Unaffected, counts.unaffected);
    if counts.unchanged.actions > 0 {
        let tally = changes.classes.entry(ChangeClass::Unchanged).or_default();
        for (agent, actions) in counts.unchanged.agents(&counts.agents) {
            tally.add(actions, Some(agent));
        }
        tally.sessions.merge(counts.unchanged.sessions().clone());
    }
    let found = std::mem::take(&mut counts.changes);
    let mut found: Vec<Changes> = found.into_values().flatten().collect();
    // The riskiest classes first, for only some are decided again.
    found.sort_by(|x, y| {
        let first = |changes: &Changes| changes.examples.keys().next().cloned();
        let class = x.class.cmp(&y.class);
        class.then_with(|| first(x).cmp(&first(y)))
    });
    let checked = found.len().min(left);
    let (mut gained, mut lost) = (0, 0);
    for (at, found) in found.into_iter().enumerate() {
        match (found.base.allow, found.head.allow) {
            (false, true) => gained += found.crowd.actions,
            (true, false) => lost += found.crowd.actions,
            (true, true) | (false, false) => {}
        }
        let key = GroupKey {
            class: found.class,
            base: Outcome::Decided(track.answer(&found.base)),
            head: Outcome::Decided(track.answer(&found.head)),
        };
        if at < left {
            check(&key, &found, comparison, changes);
        }
        let of_group = tally(&found, &counts);
        let of_class = changes.classes.entry(found.class).or_default();
        of_class.merge(of_group.clone());
        if changes.wants_group(&key) {
            let group = group(of_group, &found, track, comparison);
            changes.add_group(key, group);
        } else {
            changes.ungrouped += of_group.actions;
        }
    }
    let [allowed, denied] = counts.base.decided();
    changes.flow(Said::Deny, Said::Allow, gained);
    changes.flow(Said::Allow, Said::Deny, lost);
    changes.flow(Said::Allow, Said::Allow, allowed.saturating_sub(lost));
    changes.flow(Said::Deny, Said::Deny, denied.saturating_sub(gained));
    let sides = [
        (&mut changes.base, std::mem::take(&mut counts.base), base),
        (&mut changes.head, std::mem::take(&mut counts.head), head),
    ];
    for (tally, found, plan) in sides {
        tally.merge(found.tally(plan, &counts.agents, track.names()));
    }
    checked
}

/// So many groups of each worker are decided once more by the interpreter.
const CHECKED: usize = 20;

/// Decides the first example of a group by the interpreter, which must say the same.
fn check(
    key: &GroupKey,
    found: &Changes,
    comparison: &Comparison<'_>,
    changes: &mut DecisionChanges,
) {
    let Some((place, text)) = found.examples.first_key_value() else {
        return;
    };
    let Some(action) = read(text) else {
        changes.disagreements.push(place, || Note {
            place: place.clone(),
            id: None,
            message: "the compiled engine decided what is no action".to_owned(),
        });
        return;
    };
    let found = compare(comparison.base, comparison.head, &action);
    let outcomes = (&found.base.outcome, &found.head.outcome);
    if (found.class, outcomes) != (key.class, (&key.base, &key.head)) {
        let classes = (key.class, found.class);
        disagree(classes, place, &action, changes);
    }
}

/// Decides an action that was read in full by the interpreter, which must say the same.
fn check_again(
    compared: &Compared,
    place: &Place,
    action: &RecordedAction,
    comparison: &Comparison<'_>,
    changes: &mut DecisionChanges,
) {
    let found = compare(comparison.base, comparison.head, action);
    let said = |compared: &Compared| {
        let (base, head) = (&compared.base.outcome, &compared.head.outcome);
        (compared.class, base.clone(), head.clone())
    };
    if said(&found) != said(compared) {
        let classes = (compared.class, found.class);
        disagree(classes, place, action, changes);
    }
}

fn disagree(
    (compiled, interpreted): (ChangeClass, ChangeClass),
    place: &Place,
    action: &RecordedAction,
    changes: &mut DecisionChanges,
) {
    changes.disagreements.push(place, || Note {
        place: place.clone(),
        id: Some(action.id.clone()),
        message: format!(
            "the compiled engine says {compiled}, the interpreter {interpreted}, or the same by other policies"
        ),
    });
}

/// A line that the lane took is a recorded action.
fn read(text: &str) -> Option<RecordedAction> {
    serde_json::from_str(text).ok()
}

/// What is counted of a group.
fn tally(found: &Changes, counts: &LaneCounts) -> ClassTally {
    let mut tally = ClassTally::default();
    for (agent, actions) in found.crowd.agents(&counts.agents) {
        tally.add(actions, Some(agent));
    }
    tally.sessions = found.crowd.sessions().clone();
    tally
}

/// A group of the report.
fn group(
    tally: ClassTally,
    found: &Changes,
    track: &Track<'_>,
    comparison: &Comparison<'_>,
) -> Group {
    let mut group = Group {
        tally,
        ..Group::default()
    };
    let (_, head) = track.plans();
    for (action, count) in &found.actions {
        group.actions.add(&action_name(head, *action), *count);
    }
    group.window = found.window();
    for (place, text) in &found.examples {
        let Some(action) = read(text) else { continue };
        group.keep(Example {
            place: place.clone(),
            request: comparison.head.recorded_request(&action),
            id: action.id,
            agent: action.agent,
            session: action.session,
        });
    }
    group
}
