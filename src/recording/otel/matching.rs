//! Which calls in models' answers are those that have spans of their own.

use super::answers::Asked;
use super::calls::{Answered, Call, Place};
use super::sessions::Sessions;
use super::tree::Trees;
use crate::model::Json;
use std::collections::{HashMap, HashSet, VecDeque};

/// Pairs what was asked for with what was done, session by session.
pub(super) struct Matching<'d> {
    /// The spans of calls by session and call id.
    by_id: HashMap<(&'d str, String), Vec<usize>>,
    /// Those by session, tool and arguments, and by session and tool: first those without a call id, then the others.
    exact: HashMap<(&'d str, String, String), [VecDeque<usize>; 2]>,
    like: HashMap<(&'d str, String), [VecDeque<usize>; 2]>,
    taken: Vec<bool>,
    /// For each call that was asked for, whether it has a span.
    paired: Vec<Vec<bool>>,
    /// Calls that stand in several answers, beyond the first.
    pub(super) repeated: u64,
}

impl<'d> Matching<'d> {
    pub(super) fn new(calls: &[Call<'d>], sessions: &Sessions<'d>) -> Self {
        let mut matching = Self {
            by_id: HashMap::new(),
            exact: HashMap::new(),
            like: HashMap::new(),
            taken: vec![false; calls.len()],
            paired: Vec::new(),
            repeated: 0,
        };
        for (place, call) in calls.iter().enumerate() {
            let session = call.place.session(sessions);
            let tool = call.tool.clone();
            let with_id = usize::from(call.id.is_some());
            if let Some(id) = &call.id {
                let key = (session, id.clone());
                matching.by_id.entry(key).or_default().push(place);
            }
            let exact = matching
                .exact
                .entry((session, tool.clone(), written(&call.args)));
            let like = matching.like.entry((session, tool));
            for queues in [exact.or_default(), like.or_default()] {
                if let Some(queue) = queues.get_mut(with_id) {
                    queue.push_back(place);
                }
            }
        }
        matching
    }

    /// Leaves out what stands in several answers: in a request and in the run of the agent around it, or with one call
    /// id in several.
    pub(super) fn without_repetitions(
        &mut self,
        mut all: Vec<Answered<'d>>,
        trees: &Trees,
        spans: usize,
    ) -> Vec<Answered<'d>> {
        let mut has_one = vec![false; spans];
        for answered in &all {
            if let Some(place) = answered.place.at.and_then(|at| has_one.get_mut(at)) {
                *place = true;
            }
        }
        let nearest = trees.nearest(|at| has_one.get(at) == Some(&true));
        let mut inside: HashMap<usize, HashMap<Whole, u64>> = HashMap::new();
        for answered in &all {
            let above = answered.place.at.and_then(|at| trees.parent(at));
            let Some(around) = above.and_then(|above| *nearest.get(above)?) else {
                continue;
            };
            let counts = inside.entry(around).or_default();
            for call in &answered.calls {
                *counts.entry(key(call)).or_default() += 1;
            }
        }
        let mut seen = HashSet::new();
        for answered in &mut all {
            let mut counts = answered.place.at.and_then(|at| inside.get_mut(&at));
            let before = answered.calls.len();
            answered.calls.retain(|call| {
                let count = counts
                    .as_mut()
                    .and_then(|counts| counts.get_mut(&key(call)));
                if let Some(count) = count.filter(|count| **count > 0) {
                    *count -= 1;
                    return false;
                }
                call.id.is_none() || seen.insert((answered.session, key(call)))
            });
            self.repeated += (before - answered.calls.len()) as u64;
        }
        all
    }

    /// Finds the spans of the calls that were asked for. Their arguments are those that were asked for where the span
    /// of the same call id has none.
    pub(super) fn pair(&mut self, calls: &mut [Call<'d>], answered: &[Answered<'d>]) {
        self.paired = answered
            .iter()
            .map(|answered| vec![false; answered.calls.len()])
            .collect();
        for exact in [Step::Id, Step::Exact, Step::Like] {
            for (at, answered) in answered.iter().enumerate() {
                for (number, asked) in answered.calls.iter().enumerate() {
                    let place = self.paired.get(at).and_then(|paired| paired.get(number));
                    if place != Some(&false) {
                        continue;
                    }
                    let found = match exact {
                        Step::Id => self.take_by_id(calls, answered.session, asked),
                        Step::Exact => {
                            let key = (answered.session, asked.tool.clone(), written(&asked.args));
                            let queues = self.exact.get_mut(&key);
                            take(queues, &mut self.taken, asked.id.is_some())
                        }
                        Step::Like => {
                            let key = (answered.session, asked.tool.clone());
                            let queues = self.like.get_mut(&key);
                            take(queues, &mut self.taken, asked.id.is_some())
                        }
                    };
                    let paired = self.paired.get_mut(at).and_then(|all| all.get_mut(number));
                    if let Some(paired) = paired {
                        *paired = found;
                    }
                }
            }
        }
    }

    /// A call with the same id, of the same tool. The model may know the tool by a longer name, with its server's before it.
    fn take_by_id(&mut self, calls: &mut [Call<'d>], session: &'d str, asked: &Asked) -> bool {
        let Some(id) = &asked.id else {
            return false;
        };
        let Some(places) = self.by_id.get(&(session, id.clone())) else {
            return false;
        };
        let mut found = false;
        for place in places {
            let Some(call) = calls.get_mut(*place) else {
                continue;
            };
            let longer = |one: &str, other: &str| one.ends_with(other) && !other.is_empty();
            if longer(&call.tool, &asked.tool) || longer(&asked.tool, &call.tool) {
                found = true;
                call.args = call.args.take().or_else(|| asked.args.clone());
                if let Some(taken) = self.taken.get_mut(*place) {
                    *taken = true;
                }
            }
        }
        found
    }

    /// The calls that no span tells of.
    pub(super) fn unpaired(
        self,
        answered: Vec<Answered<'d>>,
    ) -> impl Iterator<Item = (Place<'d>, Asked)> {
        let all = answered.into_iter().zip(self.paired);
        all.flat_map(|(answered, paired)| {
            let place = answered.place;
            let calls = answered.calls.into_iter().zip(paired);
            let left = calls.filter(|(_, paired)| !paired);
            left.map(move |(call, _)| (place, call))
        })
    }
}

#[derive(Clone, Copy)]
enum Step {
    Id,
    Exact,
    Like,
}

/// Takes the first call that is left: of those without a call id, and of the others only where none was asked for by id.
fn take(queues: Option<&mut [VecDeque<usize>; 2]>, taken: &mut [bool], has_id: bool) -> bool {
    let Some([without, with]) = queues else {
        return false;
    };
    let allowed = [Some(without), (!has_id).then_some(with)];
    for queue in allowed.into_iter().flatten() {
        while let Some(place) = queue.pop_front() {
            if let Some(taken) = taken.get_mut(place)
                && !*taken
            {
                *taken = true;
                return true;
            }
        }
    }
    false
}

/// All that is known of a call: its id, its tool, its arguments as they are written.
type Whole = (Option<String>, String, String);

fn key(call: &Asked) -> Whole {
    (call.id.clone(), call.tool.clone(), written(&call.args))
}

fn written(args: &Option<Json>) -> String {
    serde_json::to_string(args).unwrap_or_default()
}

#[cfg(test)]
mod tests;
