//! L3 and L4: one request under a plan.
//!
//! Invariant (L3): where no changed policy is satisfied or raises an error, both sides have the same satisfied and
//! erroring policies, because every other policy stands on both; so decision, determining policies and errors are equal.

use super::context::{ContextReader, ValueReader, record};
use super::left::LeftBy;
use super::memory::Known;
use super::scan::Scanner;
use super::uids::{Role, Strangers, Uids};
use crate::engine::compiled::{ActionShape, Body, Case, EntityId, Plan, PlannedPolicy, Val};
use crate::model::Effect;
use bumpalo::Bump;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Which answer is wanted of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Both sides' answers, where they may differ.
    Difference,
    /// Both sides' answers.
    All,
}

/// One side's answer, by the numbers of names. The lists are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SideAnswer {
    pub allow: bool,
    pub determining: Vec<u32>,
    pub errors: Vec<u32>,
}

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Decided {
    /// Both sides answer the same.
    Alike,
    /// The answers stand in [`Decider::base`] and [`Decider::head`].
    Answered,
}

/// A request whose entities are known.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub principal: Known,
    pub action: Known,
    pub resource: Known,
    key: [u32; 3],
}

/// Decides requests under one plan.
pub struct Decider<'p, 'g> {
    pub plan: &'p Plan<'g>,
    pub strangers: Strangers,
    pub uids: Uids,
    /// The number of each policy's name.
    names: Vec<u32>,
    pub base: SideAnswer,
    pub head: SideAnswer,
    fates: Vec<(u32, Fate)>,
    /// The changed policies whose scope holds.
    pub changed: Vec<u32>,
    /// Whether the scope of each policy held for some request.
    pub reached: Vec<bool>,
    /// Whether the last request that was not decided met a policy that is not compiled.
    foreign: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    NotSatisfied,
    Satisfied,
    Error,
}

impl<'p, 'g> Decider<'p, 'g> {
    /// A decider. `numbers` are those of the policies' names.
    pub fn new(plan: &'p Plan<'g>, numbers: &FxHashMap<&Arc<str>, u32>) -> Self {
        let number = |policy: &PlannedPolicy<'g>| numbers.get(&policy.name).copied();
        let names = plan
            .policies
            .iter()
            .map(|policy| number(policy).unwrap_or(u32::MAX))
            .collect();
        Self {
            plan,
            strangers: Strangers::default(),
            uids: Uids::default(),
            names,
            base: SideAnswer::default(),
            head: SideAnswer::default(),
            fates: Vec::new(),
            changed: Vec::new(),
            reached: vec![false; plan.policies.len()],
            foreign: false,
        }
    }

    /// The request of these entities, and the shape it must have; nothing where its types do not fit.
    pub fn request(&mut self, raw: [&str; 3]) -> Option<(Request, &'p ActionShape)> {
        let [p, a, r] = raw;
        let mut known = |raw, role| self.uids.known(self.plan, &mut self.strangers, raw, role);
        let principal = known(p, Role::Principal)?;
        let action = known(a, Role::Action)?;
        let resource = known(r, Role::Resource)?;
        let shape = self.plan.shapes.get(&action.entity)?;
        if !shape.principals.contains(&principal.ty) || !shape.resources.contains(&resource.ty) {
            return None;
        }
        let request = Request {
            principal,
            action,
            resource,
            key: [principal.class, action.class, resource.class],
        };
        Some((request, shape))
    }

    /// Why the last request was not decided whose entities are known.
    pub fn stopped(&self) -> LeftBy {
        match self.foreign {
            true => LeftBy::PolicyNotCompiled,
            false => LeftBy::ContextShape,
        }
    }

    /// Forgets entities, where too many are remembered, and says whether it did. Numbers of entities hold until then.
    pub fn trim(&mut self) -> bool {
        self.uids.trim(&mut self.strangers)
    }

    /// Whether some changed policy's scope holds.
    pub fn is_touched(&mut self, request: &Request) -> bool {
        self.uids.is_touched(self.plan, request.key)
    }

    /// Checks a context, without reading values.
    pub fn check<'l: 'b, 'b>(
        &mut self,
        scanner: &mut Scanner<'l>,
        shape: &ActionShape,
        room: &'b Bump,
    ) -> Option<()> {
        self.foreign = false;
        let mut reader = ContextReader {
            values: ValueReader {
                names: &self.plan.names,
                strangers: &mut self.strangers,
                room,
            },
            places: None,
        };
        reader.record(scanner, &shape.context, false).map(|_| ())
    }

    /// Reads a context, and decides the request. Nothing where the context does not fit its shape, or where a policy
    /// matters that only Cedar's evaluator knows.
    pub fn decide<'l: 'b, 'b>(
        &mut self,
        request: &Request,
        shape: &ActionShape,
        scanner: &mut Scanner<'l>,
        room: &'b Bump,
        want: Want,
    ) -> Option<Decided>
    where
        'g: 'b,
    {
        self.foreign = false;
        let empty: Option<Val<'b>> = None;
        let places = room.alloc_slice_fill_copy(self.plan.paths.len(), empty);
        let mut reader = ContextReader {
            values: ValueReader {
                names: &self.plan.names,
                strangers: &mut self.strangers,
                room,
            },
            places: Some(&mut *places),
        };
        let whole = self.plan.paths.is_all();
        let context = reader.record(scanner, &shape.context, whole)?;
        let mut all = match want {
            Want::All => Some(self.uids.all(request.key)),
            Want::Difference => None,
        };
        let entity = |known: &Known| -> EntityId { known.entity };
        let case = Case {
            world: &self.plan.world,
            names: &self.plan.names,
            paths: &self.plan.paths,
            principal: entity(&request.principal),
            action: entity(&request.action),
            resource: entity(&request.resource),
            places,
            context: record(context),
            strangers: self.strangers.types(),
            room,
        };
        self.fates.clear();
        if want == Want::Difference {
            self.uids.changed(self.plan, request.key, &mut self.changed);
            reach(&mut self.reached, &self.changed);
            let mut differ = false;
            for policy in &self.changed {
                let Some(fate) = fate(self.plan, *policy, &case) else {
                    self.foreign = true;
                    return None;
                };
                differ |= fate != Fate::NotSatisfied;
                self.fates.push((*policy, fate));
            }
            if !differ {
                return Some(Decided::Alike);
            }
            all = Some(self.uids.all(request.key));
        }
        let all: Rc<[u32]> = all?;
        if want == Want::All {
            reach(&mut self.reached, &all);
        }
        // What was found of the changed policies is not looked for again; both lists are sorted.
        let mut done = 0;
        let known = self.fates.len();
        for policy in all.iter() {
            let before = self.fates.get(done).filter(|_| done < known);
            if before.is_some_and(|(known, _)| known == policy) {
                done += 1;
                continue;
            }
            let Some(fate) = fate(self.plan, *policy, &case) else {
                self.foreign = true;
                return None;
            };
            self.fates.push((*policy, fate));
        }
        self.base = self.settle(|policy| policy.base.is_some());
        self.head = self.settle(|policy| policy.head.is_some());
        Some(Decided::Answered)
    }

    /// The policies that were satisfied for the last request that was answered, by the numbers of their names.
    pub fn satisfied(&self) -> impl Iterator<Item = (u32, &PlannedPolicy<'g>)> {
        let satisfied = |(_, fate): &&(u32, Fate)| *fate == Fate::Satisfied;
        self.fates.iter().filter(satisfied).filter_map(|(at, _)| {
            let name = self.names.get(*at as usize)?;
            Some((*name, self.plan.policies.get(*at as usize)?))
        })
    }

    /// Allow where some permit of the side is satisfied and no forbid is. Determining are the satisfied forbids, if there
    /// are any; else the satisfied permits.
    fn settle(&self, on_side: impl Fn(&PlannedPolicy<'g>) -> bool) -> SideAnswer {
        let (mut permits, mut forbids, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for (at, fate) in &self.fates {
            let Some(policy) = self.plan.policies.get(*at as usize) else {
                continue;
            };
            let Some(name) = self.names.get(*at as usize).filter(|_| on_side(policy)) else {
                continue;
            };
            match (fate, policy.effect) {
                (Fate::NotSatisfied, _) => {}
                (Fate::Error, _) => errors.push(*name),
                (Fate::Satisfied, Effect::Permit) => permits.push(*name),
                (Fate::Satisfied, Effect::Forbid) => forbids.push(*name),
            }
        }
        let allow = forbids.is_empty() && !permits.is_empty();
        let mut determining = if allow { permits } else { forbids };
        determining.sort_unstable();
        errors.sort_unstable();
        SideAnswer {
            allow,
            determining,
            errors,
        }
    }
}

/// Notes that the scopes of these policies held.
pub fn reach(reached: &mut [bool], policies: &[u32]) {
    for policy in policies {
        if let Some(reached) = reached.get_mut(*policy as usize) {
            *reached = true;
        }
    }
}

fn fate<'a, 'g: 'a>(plan: &'a Plan<'g>, policy: u32, case: &Case<'a, 'g>) -> Option<Fate> {
    Some(match &plan.policies.get(policy as usize)?.body {
        Body::Satisfied => Fate::Satisfied,
        Body::Condition(condition) => match case.holds(condition) {
            Ok(true) => Fate::Satisfied,
            Ok(false) => Fate::NotSatisfied,
            Err(_) => Fate::Error,
        },
        Body::Foreign => return None,
    })
}
