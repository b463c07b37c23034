//! The general way: actions whose requests had to be made, or are not as the fast lane reads them, decided under the
//! plans all the same.
//!
//! Invariant: every verdict is the one that the side gives alone ([`Side::decide`]), but that it does not list policies
//! that are not satisfied. Candidates come from the scope index. A condition that the compiled path does not cover, or
//! that reads an unknown field, is left to Cedar's evaluator; so is a request of which some name or value has no number.

use super::decide::{Decider, reach};
use super::uids::{Role, Strangers};
use super::{Deciders, Lane};
use crate::cedar::{BuiltRequest, Evaluation, PreparedRequest};
use crate::engine::compiled::{
    AttributeId, Body, Case, Function, Names, Plan, PlannedPolicy, Val, call, construct, set,
};
use crate::engine::verdict::Standing;
use crate::engine::{Mapped, Settled, Side, Verdict};
use crate::model::{EntityRef, FieldPath, NotReplayable, RecordedAction, Request, Status, Value};
use bumpalo::Bump;
use std::collections::BTreeSet;
use std::rc::Rc;

/// What the sides say of an action.
#[derive(Debug)]
pub struct Ruled {
    /// What was found.
    pub ruling: Ruling,
    /// Whether Cedar's evaluator was asked.
    pub interpreted: bool,
}

/// What was found of an action.
#[derive(Debug)]
pub enum Ruling {
    /// No changed policy is satisfied or raises an error, so both sides decide it, and in the same way. Says what
    /// is done, why the request does not conform to the schema, and what the schema does not know of it.
    Alike(EntityRef, Option<String>, BTreeSet<FieldPath>),
    /// What base says, where there is a base, and what head says.
    Verdicts(Option<Box<Verdict>>, Box<Verdict>),
}

impl Ruling {
    fn of(base: Option<Verdict>, head: Verdict) -> Self {
        Self::Verdicts(base.map(Box::new), Box::new(head))
    }
}

impl Lane<'_, '_> {
    /// Decides an action that was read in full. The sides are those of the track.
    pub fn rule(
        &mut self,
        base: Option<&Side<'_>>,
        head: &Side<'_>,
        action: &RecordedAction,
    ) -> Ruled {
        let mut room = std::mem::take(&mut self.room);
        room.reset();
        let ruled = self.rule_with(&room, base, head, action);
        self.put_back(room);
        self.trim();
        ruled
    }

    /// What a side that stands alone says of an action that was read in full, and whether Cedar's evaluator was asked.
    pub fn decide(&mut self, side: &Side<'_>, action: &RecordedAction) -> (Verdict, bool) {
        let Ruled {
            ruling,
            interpreted,
        } = self.rule(None, side, action);
        match ruling {
            Ruling::Verdicts(_, verdict) => (*verdict, interpreted),
            // Needs two sides.
            Ruling::Alike(..) => (side.decide(action), true),
        }
    }

    fn rule_with(
        &mut self,
        room: &Bump,
        base: Option<&Side<'_>>,
        head: &Side<'_>,
        action: &RecordedAction,
    ) -> Ruled {
        // A request with entities of its own is decided in a world of its own.
        let mut interpreted = false;
        let ruling = match (&mut self.deciders, base) {
            _ if action.has_entities() || base.is_some_and(Side::looks_up) || head.looks_up() => {
                interpreted = true;
                Ruling::of(base.map(|base| base.decide(action)), head.decide(action))
            }
            (Deciders::Together(both), Some(base)) => {
                let right = head.mapped(action);
                let left = match base.maps_like(head) {
                    true => None,
                    false => Some(base.mapped(action)).filter(|left| *left != right),
                };
                match (left, right) {
                    (None, Ok(mapped)) => {
                        let whole = self.track.full || action.recorded.is_some();
                        both.rule(room, (base, head), mapped, whole, &mut interpreted)
                    }
                    (left, right) => {
                        let left = left.unwrap_or_else(|| right.clone());
                        let before = both.alone(room, (Some(base), None), left, &mut interpreted);
                        let after = both.alone(room, (None, Some(head)), right, &mut interpreted);
                        Ruling::of(Some(before), after)
                    }
                }
            }
            (Deciders::Apart(both), Some(base)) => {
                let (left, right) = both.as_mut();
                let (of_base, of_head) = ((Some(base), None), (None, Some(head)));
                let before = left.alone(room, of_base, base.mapped(action), &mut interpreted);
                let after = right.alone(room, of_head, head.mapped(action), &mut interpreted);
                Ruling::of(Some(before), after)
            }
            (Deciders::Head(one) | Deciders::Together(one), None) => {
                let mapped = head.mapped(action);
                let verdict = one.alone(room, (None, Some(head)), mapped, &mut interpreted);
                Ruling::of(None, verdict)
            }
            (Deciders::Apart(both), None) => {
                let (mapped, of_head) = (head.mapped(action), (None, Some(head)));
                Ruling::of(None, both.1.alone(room, of_head, mapped, &mut interpreted))
            }
            (Deciders::Head(_), Some(base)) => {
                interpreted = true;
                Ruling::of(Some(base.decide(action)), head.decide(action))
            }
        };
        let ruling = match ruling {
            Ruling::Verdicts(before, after) => Ruling::Verdicts(
                before
                    .zip(base)
                    .map(|(verdict, base)| Box::new(base.with_tool(*verdict, action))),
                Box::new(head.with_tool(*after, action)),
            ),
            alike @ Ruling::Alike(..) => alike,
        };
        Ruled {
            ruling,
            interpreted,
        }
    }
}

/// The sides whose policies are asked for.
type Sides<'s, 'v> = (Option<&'s Side<'v>>, Option<&'s Side<'v>>);

/// A policy whose scope holds, and that is satisfied, raises an error, is unknown, or reads what is unknown.
struct Found {
    policy: u32,
    status: Status,
    unknown: BTreeSet<FieldPath>,
    lacks: bool,
}

/// What was found of a request.
enum Finding {
    Alike,
    Policies(Vec<Found>),
}

impl<'p, 'g> Decider<'p, 'g> {
    /// Decides a request that both sides make alike; with `whole`, for an answer, and not only for a difference.
    fn rule(
        &mut self,
        room: &Bump,
        (base, head): (&Side<'_>, &Side<'_>),
        mapped: Mapped,
        whole: bool,
        interpreted: &mut bool,
    ) -> Ruling {
        let mut asking = Asking::of(&mapped.request, (Some(base), Some(head)));
        let finding = self.find(room, &mut asking, whole);
        // The schema is the same on both sides.
        let nonconforming = match finding {
            Some(_) => head.nonconforming(&mapped.request, || asking.built()),
            None => None,
        };
        *interpreted |= asking.interpreted;
        match finding {
            None => {
                *interpreted = true;
                let before = base.decide_request(mapped.clone(), &base.version().store);
                let after = head.decide_request(mapped, &head.version().store);
                Ruling::of(Some(before), after)
            }
            Some(Finding::Alike) => {
                Ruling::Alike(mapped.request.action, nonconforming, mapped.left_out)
            }
            Some(Finding::Policies(found)) => {
                let policies = &self.plan.policies;
                let before = standing(policies, &found, |policy| policy.base.is_some());
                let before = Verdict::settled(mapped.clone(), before, nonconforming.clone());
                let after = standing(policies, &found, |policy| policy.head.is_some());
                let after = Verdict::settled(mapped, after, nonconforming);
                Ruling::of(Some(before), after)
            }
        }
    }

    /// Decides what one side makes of an action.
    fn alone(
        &mut self,
        room: &Bump,
        sides: Sides<'_, '_>,
        mapped: Result<Mapped, NotReplayable>,
        interpreted: &mut bool,
    ) -> Verdict {
        let (mapped, side) = match (mapped, sides.0.or(sides.1)) {
            (Ok(mapped), Some(side)) => (mapped, side),
            (Err(reason), _) => return Verdict::not_replayable(reason),
            (Ok(_), None) => return Verdict::not_replayable(NotReplayable::InvalidRequest),
        };
        let mut asking = Asking::of(&mapped.request, sides);
        match self.find(room, &mut asking, true) {
            Some(Finding::Policies(found)) => {
                let nonconforming = side.nonconforming(&mapped.request, || asking.built());
                *interpreted |= asking.interpreted;
                let standing = standing(&self.plan.policies, &found, |_| true);
                Verdict::settled(mapped, standing, nonconforming)
            }
            Some(Finding::Alike) | None => {
                *interpreted = true;
                side.decide_request(mapped, &side.version().store)
            }
        }
    }

    /// The policies that matter for a request; nothing where it must be interpreted as a whole.
    fn find<'b>(
        &mut self,
        room: &'b Bump,
        asking: &mut Asking<'_, '_>,
        whole: bool,
    ) -> Option<Finding>
    where
        'g: 'b,
    {
        let (plan, request) = (self.plan, asking.request);
        let mut known = |uid: &EntityRef, role| {
            let written = serde_json::to_string(uid).ok()?;
            self.uids.known(plan, &mut self.strangers, &written, role)
        };
        let principal = known(&request.principal, Role::Principal)?;
        let action = known(&request.action, Role::Action)?;
        let resource = known(&request.resource, Role::Resource)?;
        let key = [principal.class, action.class, resource.class];
        let empty: Option<Val<'b>> = None;
        let places = room.alloc_slice_fill_copy(plan.paths.len(), empty);
        let mut reader = Reader {
            names: &plan.names,
            strangers: &mut self.strangers,
            room,
        };
        // Members of records are found in their records.
        let mut context = bumpalo::collections::Vec::new_in(room);
        for (name, value) in &request.context {
            let value = reader.value(value)?;
            let place = plan.names.known_attribute(name);
            if plan.paths.is_all() {
                context.push((place?, value));
            }
            if let Some(place) = place.and_then(|name| plan.paths.find(None, name)) {
                *places.get_mut(place as usize)? = Some(value);
            }
        }
        let unknown = Unknown::of(&request.unknown, &plan.names);
        let case = Case {
            world: &plan.world,
            names: &plan.names,
            paths: &plan.paths,
            principal: principal.entity,
            action: action.entity,
            resource: resource.entity,
            places,
            context: match plan.paths.is_all() {
                true => Val::Record(context.into_bump_slice()),
                false => Val::Fields,
            },
            strangers: self.strangers.types(),
            room,
        };
        let mut found = Vec::new();
        let mut done: &[u32] = &[];
        if !whole && request.unknown.is_empty() {
            self.uids.changed(plan, key, &mut self.changed);
            reach(&mut self.reached, &self.changed);
            judge(plan, &self.changed, &case, &unknown, asking, &mut found)?;
            if found.is_empty() {
                return Some(Finding::Alike);
            }
            done = &self.changed;
        }
        let all: Rc<[u32]> = self.uids.all(key);
        let of_sides = all.iter().filter(|policy| asking.wants(plan, **policy));
        of_sides.for_each(|policy| reach(&mut self.reached, &[*policy]));
        let rest: Vec<u32> = all
            .iter()
            .copied()
            .filter(|policy| done.binary_search(policy).is_err() && asking.wants(plan, *policy))
            .collect();
        judge(plan, &rest, &case, &unknown, asking, &mut found)?;
        Some(Finding::Policies(found))
    }
}

/// The statuses of policies whose scope holds; nothing where Cedar has no such request.
fn judge<'a, 'g: 'a>(
    plan: &'a Plan<'g>,
    policies: &[u32],
    case: &Case<'a, 'g>,
    unknown: &Unknown,
    asking: &mut Asking<'_, '_>,
    found: &mut Vec<Found>,
) -> Option<()> {
    let mut foreign: [Vec<(usize, u32)>; 2] = Default::default();
    for number in policies {
        let policy = plan.policies.get(*number as usize)?;
        let status = match &policy.body {
            Body::Satisfied => Status::Satisfied,
            Body::Condition(condition) if !unknown.touches(policy) => match case.holds(condition) {
                Ok(true) => Status::Satisfied,
                Ok(false) => continue,
                Err(_) => Status::Error,
            },
            Body::Condition(_) | Body::Foreign => {
                let [on_base, on_head] = &mut foreign;
                match (policy.base, policy.head, asking.sides) {
                    (_, Some(at), (_, Some(_))) => on_head.push((at, *number)),
                    (Some(at), _, (Some(_), _)) => on_base.push((at, *number)),
                    _ => return None,
                }
                continue;
            }
        };
        found.push(Found {
            policy: *number,
            status,
            unknown: BTreeSet::new(),
            lacks: false,
        });
    }
    let [on_base, on_head] = foreign;
    for (side, policies) in [(asking.sides.0, on_base), (asking.sides.1, on_head)] {
        if policies.is_empty() {
            continue;
        }
        let version = side?.version();
        let prepared = PreparedRequest {
            request: asking.built()?,
            entities: &version.store,
        };
        let places: Vec<usize> = policies.iter().map(|(at, _)| *at).collect();
        let evaluated = Evaluation::new(&version.policies).evaluate_these(&places, prepared);
        if evaluated.len() != policies.len() {
            return None;
        }
        for (evaluated, (_, policy)) in evaluated.into_iter().zip(policies) {
            if evaluated.status != Status::NotSatisfied || evaluated.lacks {
                found.push(Found {
                    policy,
                    status: evaluated.status,
                    unknown: evaluated.unknown,
                    lacks: evaluated.lacks,
                });
            }
        }
        asking.interpreted = true;
    }
    Some(())
}

/// What was found of one side's policies.
fn standing(
    policies: &[PlannedPolicy<'_>],
    found: &[Found],
    on_side: impl Fn(&PlannedPolicy<'_>) -> bool,
) -> Standing {
    let mut standing = Standing::default();
    for found in found {
        let policy = policies.get(found.policy as usize);
        let Some(policy) = policy.filter(|policy| on_side(policy)) else {
            continue;
        };
        standing.reads(found.status, &found.unknown, found.lacks);
        // Every verdict without it says the same.
        if found.status != Status::NotSatisfied {
            standing.policies.push(Settled {
                policy: policy.name.clone(),
                effect: policy.effect,
                status: found.status,
            });
        }
    }
    standing
}

/// A request, and who is asked about it. Cedar's form of it is made when it is first wanted.
struct Asking<'r, 'v> {
    request: &'r Request,
    sides: Sides<'r, 'v>,
    built: Option<BuiltRequest>,
    interpreted: bool,
}

impl<'r, 'v> Asking<'r, 'v> {
    fn of(request: &'r Request, sides: Sides<'r, 'v>) -> Self {
        Self {
            request,
            sides,
            built: None,
            interpreted: false,
        }
    }

    fn built(&mut self) -> Option<&BuiltRequest> {
        if self.built.is_none() {
            self.built = BuiltRequest::build(self.request).ok();
        }
        self.built.as_ref()
    }

    /// Whether a policy stands on a side that is asked.
    fn wants(&self, plan: &Plan<'_>, policy: u32) -> bool {
        let policy = plan.policies.get(policy as usize);
        policy.is_some_and(|policy| {
            (self.sides.0.is_some() && policy.base.is_some())
                || (self.sides.1.is_some() && policy.head.is_some())
        })
    }
}

/// The attributes of the context of which something is unknown.
struct Unknown {
    /// Those that some policy names.
    named: Vec<AttributeId>,
    any: bool,
    /// Whether nothing is known of the context.
    all: bool,
}

impl Unknown {
    /// An attribute without a number is one that no policy reads.
    fn of(unknown: &BTreeSet<FieldPath>, names: &Names) -> Self {
        let first = unknown.iter().filter_map(|path| path.0.first());
        Self {
            named: first
                .filter_map(|name| names.known_attribute(name))
                .collect(),
            any: !unknown.is_empty(),
            all: unknown.iter().any(|path| path.0.is_empty()),
        }
    }

    fn touches(&self, policy: &PlannedPolicy<'_>) -> bool {
        let reads = |name| policy.reads.binary_search(name).is_ok();
        self.all || (self.any && policy.reads_all) || self.named.iter().any(reads)
    }
}

/// Reads values of ours.
struct Reader<'c, 'b> {
    names: &'c Names,
    strangers: &'c mut Strangers,
    room: &'b Bump,
}

impl<'b> Reader<'_, 'b> {
    /// A value; nothing where a name in it has no number, or where Cedar refuses it.
    fn value(&mut self, value: &Value) -> Option<Val<'b>> {
        Some(match value {
            Value::Bool(flag) => Val::Bool(*flag),
            Value::Long(number) => Val::Long(*number),
            Value::String(text) => Val::Text(self.room.alloc_str(text)),
            Value::Entity(uid) => {
                let ty = self.names.known_type(&uid.ty)?;
                Val::Entity(self.strangers.entity(self.names, ty, &uid.id)?)
            }
            Value::Extension(function, argument) => construct(function, argument)?,
            Value::Call(function, arguments) => {
                let function = Function::named(function, arguments.len())?;
                let arguments = self.values(arguments)?;
                call(function, &arguments).ok()?
            }
            Value::Set(items) => set(self.room, self.values(items)?),
            Value::Record(members) => {
                let mut built = bumpalo::collections::Vec::new_in(self.room);
                for (name, member) in members {
                    built.push((self.names.known_attribute(name)?, self.value(member)?));
                }
                Val::Record(built.into_bump_slice())
            }
        })
    }

    fn values(&mut self, values: &[Value]) -> Option<Vec<Val<'b>>> {
        values.iter().map(|value| self.value(value)).collect()
    }
}
