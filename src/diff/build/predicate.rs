//! What tells the flipped actions of a group from those with the same Cedar action that did not flip.
//!
//! The conditions are parts of the policies behind the group, evaluated by Cedar; the fewest of them that tell the two
//! apart are said, with how well they do.

use super::Context;
use super::cause::Statuses;
use crate::diff::document::{GroupNote, PredicateNote};
use crate::diff::{ChangeKey, Detail, Kept};
use crate::engine::Side;
use crate::model::{Effect, RecordedAction, Request, Status};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Conditions, and for which actions each of them holds.
pub struct Tried {
    /// The conditions.
    texts: Vec<String>,
    /// Flipped actions.
    pub flipped: Vec<Trial>,
    /// Actions that did not flip, each with how many it stands for.
    pub unflipped: Vec<(Trial, f64)>,
    /// Whether these are all there are.
    pub complete: bool,
}

/// One action on which the conditions were tried.
pub struct Trial {
    /// Its request under head, or under base where head has none.
    pub request: Request,
    holds: Vec<bool>,
}

/// The part that one unit has in the conditions.
struct Part {
    /// The policies of the unit on the side where it is satisfied, and on the other side.
    acting: Vec<usize>,
    other: Vec<usize>,
    on_head: bool,
    /// How many conditions of the acting side come first.
    positive: usize,
    /// The places of the other side's conditions of which one does not hold.
    differing: Vec<usize>,
}

impl Tried {
    /// Tries the conditions of these units.
    pub fn of(
        context: &Context<'_>,
        key: &ChangeKey,
        units: &[Arc<str>],
        statuses: &Statuses,
        detail: &Detail,
        note: &GroupNote,
    ) -> Self {
        let mut texts = Vec::new();
        let mut parts = Vec::new();
        for unit in units {
            let said = note.cause.units.iter().find(|said| said.name == **unit);
            let on_head = said.is_some_and(|said| said.head_status == "satisfied");
            parts.push(Part::of(context, unit, on_head, &mut texts));
        }
        parts.extend(helpers(context, key, units, statuses, &mut texts));
        let trial = |action: &RecordedAction| Trial::of(context, &parts, action);
        let flipped = detail
            .pool
            .values()
            .filter(|kept| !kept.is_cut)
            .filter_map(|kept: &Kept| trial(&kept.action()));
        let flipped: Vec<Trial> = flipped.collect();
        let mut complete = flipped.len() as u64 == detail.actions;
        let mut unflipped = Vec::new();
        // A group of many actions is held against fewer of each.
        let each = (UNFLIPPED / note.by_action.len().max(1)).max(4);
        for action in note.by_action.keys() {
            let Some(found) = context.changes.bystanders.by_action.get(action) else {
                // All of its actions flipped, or it is one of too many.
                complete &= context.changes.bystanders.is_whole();
                continue;
            };
            let lines = found.kept.values().map(|(_, line)| line);
            let lines: Vec<_> = lines.filter(|line| !line.is_empty()).take(each).collect();
            complete &= lines.len() as u64 == found.actions;
            let stands_for = found.actions as f64 / lines.len().max(1) as f64;
            for line in lines {
                let read: Option<RecordedAction> = serde_json::from_str(line).ok();
                let tried = read.as_ref().and_then(trial);
                unflipped.extend(tried.map(|trial| (trial, stands_for)));
            }
        }
        Self {
            texts,
            flipped,
            unflipped,
            complete,
        }
    }

    /// The fewest conditions that tell the flipped actions apart, and how well. `actions` is how many flipped.
    pub fn predicate(&self, actions: u64) -> Option<PredicateNote> {
        // Where nothing could be tried, nothing is said.
        if self.flipped.is_empty() {
            return None;
        }
        // Only what holds for every flipped action; all of it does where only policies changed.
        let mut left: Vec<usize> = (0..self.texts.len())
            .filter(|at| self.flipped.iter().all(|trial| trial.has(*at)))
            .collect();
        let mut chosen: Vec<usize> = Vec::new();
        let mut wrong = self.wrong(&chosen);
        while wrong > 0.0 {
            let with = |at: usize| self.wrong(&[&chosen[..], &[at]].concat());
            let best = left
                .iter()
                .map(|at| (with(*at), *at))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            match best {
                Some((fewer, at)) if fewer < wrong => {
                    chosen.push(at);
                    left.retain(|other| *other != at);
                    wrong = fewer;
                }
                Some(_) | None => break,
            }
        }
        // What a later one made needless.
        for at in chosen.clone() {
            let without: Vec<usize> = chosen
                .iter()
                .copied()
                .filter(|other| *other != at)
                .collect();
            if self.wrong(&without) <= wrong {
                chosen = without;
            }
        }
        chosen.sort_unstable();
        let texts = chosen.iter().filter_map(|at| self.texts.get(*at)).cloned();
        let right = actions as f64;
        Some(PredicateNote {
            all: texts.collect(),
            precision: right / (right + wrong),
            recall: 1.0,
            flipped: self.flipped.len() as u64,
            unflipped: self.unflipped.len() as u64,
            complete: self.complete,
        })
    }

    /// How many actions that did not flip have all of these conditions.
    fn wrong(&self, chosen: &[usize]) -> f64 {
        let matching = self
            .unflipped
            .iter()
            .filter(|(trial, _)| chosen.iter().all(|at| trial.has(*at)));
        matching.map(|(_, stands_for)| stands_for).sum()
    }
}

/// About so many actions that did not flip are tried for a group.
const UNFLIPPED: usize = 600;

/// So many policies beside those of the cause are asked.
const HELPERS: usize = 24;

/// What else must hold for a flip, by the first example: on the side that allows, that its permits are satisfied and its
/// forbids are not; on the other side, that its permits are not.
fn helpers(
    context: &Context<'_>,
    key: &ChangeKey,
    units: &[Arc<str>],
    [base, head]: &Statuses,
    texts: &mut Vec<String>,
) -> Vec<Part> {
    let mut parts = Vec::new();
    for (on_head, side, statuses) in [(false, context.base, base), (true, context.head, head)] {
        let allows = on_head == key.widens();
        let others = statuses
            .iter()
            .filter(|status| !units.contains(context.units.of(&status.policy)));
        for status in others.take(HELPERS) {
            let places = side.places(|policy| *policy == status.policy);
            let policies = side.version().policies.policies();
            let first = places.first().and_then(|at| policies.get(*at));
            let atoms = first.map(|policy| policy.atoms()).unwrap_or_default();
            match (allows, status.effect, status.status) {
                (true, Effect::Permit, Status::Satisfied) => {
                    parts.push(Part {
                        acting: places,
                        other: Vec::new(),
                        on_head,
                        positive: atoms.len(),
                        differing: Vec::new(),
                    });
                    texts.extend(atoms);
                }
                (true, Effect::Forbid, Status::NotSatisfied)
                | (false, Effect::Permit, Status::NotSatisfied)
                    if !atoms.is_empty() =>
                {
                    parts.push(Part {
                        acting: Vec::new(),
                        other: places,
                        on_head: !on_head,
                        positive: 0,
                        differing: (0..atoms.len()).collect(),
                    });
                    texts.push(format!("not ({})", atoms.join(" && ")));
                }
                (_, Effect::Permit | Effect::Forbid, _) => {}
            }
        }
    }
    parts
}

impl Part {
    fn of(context: &Context<'_>, unit: &Arc<str>, on_head: bool, texts: &mut Vec<String>) -> Self {
        let places = |side: &Side<'_>| side.places(|policy| context.units.of(policy) == unit);
        let (base, head) = (places(context.base), places(context.head));
        let atoms = |side: &Side<'_>, places: &[usize]| -> Vec<String> {
            let policies = side.version().policies.policies();
            let first = places.first().and_then(|at| policies.get(*at));
            first.map(|policy| policy.atoms()).unwrap_or_default()
        };
        let (of_base, of_head) = (atoms(context.base, &base), atoms(context.head, &head));
        let (positive, negative, acting, other) = match on_head {
            true => (of_head, of_base, head, base),
            false => (of_base, of_head, base, head),
        };
        let known: BTreeSet<&String> = positive.iter().collect();
        let differing: Vec<usize> = (0..negative.len())
            .filter(|at| negative.get(*at).is_some_and(|text| !known.contains(text)))
            .collect();
        let count = positive.len();
        let negated: Vec<&str> = differing
            .iter()
            .filter_map(|at| negative.get(*at))
            .map(String::as_str)
            .collect();
        let negated = format!("not ({})", negated.join(" && "));
        texts.extend(positive);
        if !differing.is_empty() {
            texts.push(negated);
        }
        Self {
            acting,
            other,
            on_head,
            positive: count,
            differing,
        }
    }

    /// The conditions of this unit, from what holds of its policies on base and on head.
    fn holds(&self, base: &[Vec<bool>], head: &[Vec<bool>], out: &mut Vec<bool>) {
        let (acting, other) = match self.on_head {
            true => (head, base),
            false => (base, head),
        };
        // Of the links of a template the one that is nearest to being satisfied.
        let nearest = |of: &[Vec<bool>]| -> Vec<bool> {
            let best = of
                .iter()
                .max_by_key(|holds| holds.iter().filter(|holds| **holds).count());
            best.cloned().unwrap_or_default()
        };
        let mut positive = nearest(acting);
        positive.resize(self.positive, false);
        out.extend(positive);
        if !self.differing.is_empty() {
            let other = nearest(other);
            let all = self
                .differing
                .iter()
                .all(|at| other.get(*at) == Some(&true));
            out.push(!all);
        }
    }
}

impl Trial {
    fn of(context: &Context<'_>, parts: &[Part], action: &RecordedAction) -> Option<Self> {
        let places = |of_head: bool| -> Vec<usize> {
            let lists = parts.iter().map(|part| match part.on_head == of_head {
                true => &part.acting,
                false => &part.other,
            });
            lists.flatten().copied().collect()
        };
        let base = context.base.atoms(action, &places(false));
        let head = context.head.atoms(action, &places(true));
        let (of_base, left) = base.unzip();
        let (of_head, right) = head.unzip();
        let request = of_head.or(of_base)?;
        let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
        let (mut left, mut right) = (left.as_slice(), right.as_slice());
        let mut holds = Vec::new();
        for part in parts {
            let (on_base, on_head) = match part.on_head {
                true => (part.other.len(), part.acting.len()),
                false => (part.acting.len(), part.other.len()),
            };
            let (of_base, rest) = left.split_at(on_base.min(left.len()));
            left = rest;
            let (of_head, rest) = right.split_at(on_head.min(right.len()));
            right = rest;
            part.holds(of_base, of_head, &mut holds);
        }
        Some(Self { request, holds })
    }

    fn has(&self, at: usize) -> bool {
        self.holds.get(at) == Some(&true)
    }
}
