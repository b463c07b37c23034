//! Who says what a condition rests upon: the agent, which a stranger's text may steer, or somebody else.

use super::shared_entailment::Forbids;
use crate::cedar::{BinaryOperator, Demand, Schema, Term, TermKind};
use crate::lint::context::{Context, Policy, Trust};
use crate::model::{EntityRef, FieldPath, PatternPart, RecordType, Type, Value, Variable};

/// What an attribute of the context is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute<'s> {
    /// Its type.
    pub(super) ty: &'s Type,
    /// Whether it is read of an entity, so that the store says it.
    pub(super) stored: bool,
    /// Whether it, and all it lies in, must be there.
    pub(super) required: bool,
}

/// What an action's context has at a path.
pub(super) fn attribute<'r>(
    context: &Context<'r>,
    action: &EntityRef,
    path: &[&str],
) -> Option<Attribute<'r>> {
    let schema = context.schema()?;
    at(schema, schema.action(action)?.context.as_ref()?, path)
}

/// What a record has at a path, through entities too.
pub(super) fn at<'s>(
    schema: &'s Schema,
    record: &'s RecordType,
    path: &[&str],
) -> Option<Attribute<'s>> {
    let (first, rest) = path.split_first()?;
    let found = record.attributes.get(*first)?;
    let inner = match (&found.ty, rest.is_empty()) {
        (ty, true) => Attribute {
            ty,
            stored: false,
            required: true,
        },
        (Type::Record(inner), false) => at(schema, inner, rest)?,
        (Type::Entity(name), false) => Attribute {
            stored: true,
            ..at(schema, schema.attributes(name)?, rest)?
        },
        (_, false) => return None,
    };
    Some(Attribute {
        required: inner.required && found.required,
        ..inner
    })
}

/// Whether an action's context says the time at a path.
pub(super) fn is_clock(context: &Context<'_>, action: &EntityRef, path: &[&str]) -> bool {
    let info = context.schema().and_then(|schema| schema.action(action));
    let path = FieldPath(path.iter().map(|&name| name.to_owned()).collect());
    info.is_some_and(|info| info.clocks.contains(&path))
}

/// Whether an expression rests upon what the agent says, and upon nothing else.
pub(super) fn only_agent(policy: &Policy<'_>, actions: &[EntityRef], term: &Term) -> bool {
    let context = policy.context;
    let looks_up = term.walk().any(|part| {
        matches!(
            part.kind,
            TermKind::Slot
                | TermKind::Deep
                | TermKind::Binary(
                    BinaryOperator::In | BinaryOperator::GetTag | BinaryOperator::HasTag,
                    _
                )
                | TermKind::Is(_, _, Some(_))
        )
    });
    let paths = term.paths();
    !looks_up
        && !paths.is_empty()
        && paths.iter().all(|(variable, path)| {
            let of_agent = actions.iter().any(|action| {
                context.trust(action, path) == Trust::Agent
                    && attribute(context, action, path).is_none_or(|found| !found.stored)
            });
            *variable == Variable::Context && !path.is_empty() && of_agent
        })
}

/// Whether a policy asks about the context what the agent does not say, and what is not only the time.
pub(super) fn asks_system(policy: &Policy<'_>, action: &EntityRef) -> bool {
    policy
        .syntax
        .demands()
        .iter()
        .any(|demand| !of_system(policy, action, demand).is_empty())
}

/// The paths of the context that a demand reads, and that neither the agent nor a clock writes.
fn of_system<'t>(
    policy: &Policy<'_>,
    action: &EntityRef,
    demand: &Demand<'t>,
) -> Vec<Vec<&'t str>> {
    let context = policy.context;
    let paths = demand.term.paths().into_iter();
    let mut paths: Vec<Vec<&str>> = paths
        .filter(|(variable, path)| *variable == Variable::Context && !path.is_empty())
        .map(|(_, path)| path)
        .collect();
    paths.retain(|path| {
        context.trust(action, path) != Trust::Agent && !is_clock(context, action, path)
    });
    paths
}

/// Whether a forbid waits for something that the system or a person says. One that looks only at what is there, as at an
/// approver who must not be the owner, does not, and neither does one that ends.
fn waits(forbid: &Policy<'_>, action: &EntityRef) -> bool {
    let demands = forbid.syntax.demands();
    let reads_clock = demands.iter().any(|demand| {
        demand.term.paths().iter().any(|(variable, path)| {
            *variable == Variable::Context && is_clock(forbid.context, action, path)
        })
    });
    let present: Vec<Vec<&str>> = demands
        .iter()
        .filter(|demand| !demand.denied && matches!(demand.term.kind, TermKind::Has(..)))
        .flat_map(|demand| of_system(forbid, action, demand))
        .collect();
    !reads_clock
        && demands.iter().any(|demand| {
            of_system(forbid, action, demand).iter().any(|path| {
                let found = attribute(forbid.context, action, path);
                let is_flag = found.is_some_and(|found| *found.ty == Type::Bool);
                is_flag || !present.iter().any(|present| path.starts_with(present))
            })
        })
}

/// Whether a permit, or a forbid that covers it, asks the system or a person about the moment: an approval, a mark of what
/// the session has read.
pub(super) fn is_watched(
    permit: &Policy<'_>,
    action: &EntityRef,
    forbids: &Forbids<'_, '_>,
) -> bool {
    asks_system(permit, action)
        || forbids
            .covering(permit, action)
            .any(|forbid| waits(forbid, action))
}

/// Parts of names that claim what somebody else should say.
const CLAIMS: &[&str] = &[
    "acknowledg",
    "admin",
    "allowed",
    "approv",
    "authentic",
    "authoris",
    "authoriz",
    "bypass",
    "confidence",
    "confirm",
    "consent",
    "emergency",
    "human",
    "justif",
    "on_behalf",
    "override",
    "permitted",
    "reason",
    "requested_by",
    "requester",
    "reviewed",
    "signed_off",
    "trusted",
    "urgent",
    "verified",
];

/// Whether a demand asks the agent for its word alone: that it says anything, or something whose name claims what somebody
/// else should say. To bound an argument of the call is something else: it bounds the call.
pub(super) fn is_claim(demand: Demand<'_>) -> bool {
    let mut leaves = Vec::new();
    split(demand, &mut leaves);
    leaves.retain(|leaf| leaf.term.as_bool().is_none());
    !leaves.is_empty() && leaves.iter().all(|leaf| claims(leaf.term, leaf.denied))
}

fn split<'t>(demand: Demand<'t>, out: &mut Vec<Demand<'t>>) {
    match &demand.term.kind {
        TermKind::And(parts) | TermKind::Or(parts) => {
            for term in parts {
                let part = Demand {
                    term,
                    denied: demand.denied,
                };
                split(part, out);
            }
        }
        TermKind::Not(inner) => split(
            Demand {
                term: inner,
                denied: !demand.denied,
            },
            out,
        ),
        _ => out.push(demand),
    }
}

fn claims(term: &Term, denied: bool) -> bool {
    let named = |words: &[&str]| {
        let paths = term.paths();
        let mut last = paths.iter().filter_map(|(_, path)| path.last());
        last.any(|name| {
            let name = name.to_lowercase();
            words.iter().any(|word| name.contains(word))
        })
    };
    let flag = |set: bool| set && named(CLAIMS);
    match &term.kind {
        TermKind::Get(..) => flag(!denied),
        TermKind::Has(..) => !denied,
        TermKind::Like(_, pattern) => {
            let texts = pattern
                .iter()
                .any(|part| matches!(part, PatternPart::Text(_)));
            !denied && (!texts || named(CLAIMS))
        }
        TermKind::Binary(operator, sides) => {
            let [left, right] = sides.as_ref();
            let literal = [left, right].into_iter().find_map(|side| match &side.kind {
                TermKind::Literal(value) => Some(value),
                _ => None,
            });
            match (operator, literal) {
                (BinaryOperator::Eq, Some(Value::Bool(value))) => flag(*value != denied),
                (BinaryOperator::NotEq, Some(Value::Bool(value))) => flag(*value == denied),
                (BinaryOperator::NotEq, Some(Value::String(text))) => {
                    !denied && (text.is_empty() || named(CLAIMS))
                }
                (BinaryOperator::Eq, Some(Value::String(text))) if denied => text.is_empty(),
                _ => named(CLAIMS),
            }
        }
        _ => named(CLAIMS),
    }
}
