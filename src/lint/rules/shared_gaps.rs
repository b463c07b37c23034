//! Actions of a policy's scope for which a condition never holds, because what it asks for is not in the schema there.

use crate::cedar::{
    BinaryOperator, Demand, Schema, Term, TermKind, TypedEnvironment, Typing, Verdict,
};
use crate::lint::context::Policy;
use crate::model::{EntityRef, Variable};
use std::collections::{BTreeMap, BTreeSet};

/// What lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    /// The context of a request.
    Context,
    /// The principal.
    Principal,
    /// The resource.
    Resource,
}

/// Actions that lack what a condition asks for.
pub(super) struct Gap<'s> {
    /// The `has` that never holds for them.
    pub term: &'s Term,
    /// What lacks it.
    pub of: Of,
    /// What lacks, as it is written.
    pub lacks: String,
    /// The actions, sorted.
    pub actions: Vec<EntityRef>,
    /// Whether it stands in an exception, so that the policy always applies there; else it never does.
    pub exception: bool,
}

/// The gaps of a policy. An action counts where the condition holds for none of its principals and resources that the scope
/// takes. Where the condition tells types or actions apart on purpose (`is`, `action ==`), there is no gap.
pub(super) fn gaps<'s>(policy: &'s Policy<'_>, typing: &Typing) -> Vec<Gap<'s>> {
    let Some(schema) = policy.context.schema() else {
        return Vec::new();
    };
    let demands = policy.syntax.demands();
    let mut never: BTreeMap<(usize, usize), (&'s Term, BTreeSet<EntityRef>)> = BTreeMap::new();
    let mut blind = never.clone();
    // Where a condition may hold for other types, by its place.
    let mut whole: Vec<(usize, &TypedEnvironment)> = Vec::new();
    for environment in &typing.environments {
        let narrowed = demands
            .iter()
            .any(|demand| narrows(*demand, environment, schema));
        let dead = environment.verdict == Verdict::Never;
        for (at, demand) in demands.iter().enumerate() {
            let lacking = match (dead, demand.denied) {
                _ if narrowed => None,
                (true, denied) => lacking(demand.term, denied, environment),
                (false, true) => lacking(demand.term, false, environment),
                (false, false) => None,
            };
            let Some(term) = lacking else {
                // Where it does hold for other types, the action is no gap.
                if !dead {
                    whole.push((at, environment));
                }
                continue;
            };
            let gaps = if dead { &mut never } else { &mut blind };
            let (_, actions) = gaps
                .entry((at, term.span.start))
                .or_insert((term, BTreeSet::new()));
            actions.extend(environment.actions.iter().cloned());
            if dead {
                break;
            }
        }
    }
    let live: BTreeSet<&EntityRef> = typing.live_actions().iter().collect();
    let all = never
        .into_iter()
        .map(|(place, gap)| (place, gap, false))
        .chain(blind.into_iter().map(|(place, gap)| (place, gap, true)));
    let mut found = Vec::new();
    for ((at, _), (term, mut actions), exception) in all {
        match exception {
            false => actions.retain(|action| !live.contains(action)),
            true => {
                let holds = whole.iter().filter(|(place, _)| *place == at);
                for (_, environment) in holds {
                    for action in environment.actions.iter() {
                        actions.remove(action);
                    }
                }
            }
        }
        let forbids = policy.is_forbid() && exception;
        if let Some((of, lacks)) = of_what(term)
            && !actions.is_empty()
            && !forbids
        {
            found.push(Gap {
                term,
                of,
                lacks,
                actions: actions.into_iter().collect(),
                exception,
            });
        }
    }
    found
}

/// The `has` for which a condition has not the value that is asked for: it is false, or, denied, true.
fn lacking<'s>(term: &'s Term, denied: bool, environment: &TypedEnvironment) -> Option<&'s Term> {
    let settled = match denied {
        false => environment.fails(term.span),
        true => environment.holds(term.span),
    };
    if !settled {
        return None;
    }
    let one = |part: &'s Term| lacking(part, denied, environment);
    match (&term.kind, denied) {
        (TermKind::Has(..), false) | (TermKind::Binary(BinaryOperator::HasTag, _), false) => {
            Some(term)
        }
        (TermKind::Not(inner), _) => lacking(inner, !denied, environment),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            // The first one that is settled decides; what stands behind it is not looked at.
            let first = parts.iter().find(|part| match denied {
                false => environment.fails(part.span),
                true => environment.holds(part.span),
            })?;
            one(first)
        }
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            let each: Option<Vec<&Term>> = parts.iter().map(one).collect();
            each?.into_iter().next()
        }
        _ => None,
    }
}

/// What a `has` asks, and for what, as it is written.
fn of_what(term: &Term) -> Option<(Of, String)> {
    let (of, last) = match &term.kind {
        TermKind::Has(of, names) => (of.as_ref(), names.join(".")),
        TermKind::Binary(BinaryOperator::HasTag, sides) => {
            let [of, tag] = sides.as_ref();
            (of, format!("tag {}", tag.as_text().unwrap_or("…")))
        }
        _ => return None,
    };
    let (variable, path) = of.path()?;
    let lacks = match path.is_empty() {
        true => last,
        false => format!("{}.{last}", path.join(".")),
    };
    let of = match variable {
        Variable::Context => Of::Context,
        Variable::Principal => Of::Principal,
        Variable::Resource => Of::Resource,
        Variable::Action => return None,
    };
    Some((of, lacks))
}

/// Whether a condition leaves an environment out on purpose: it asks for another type, or for another action.
fn narrows(demand: Demand<'_>, environment: &TypedEnvironment, schema: &Schema) -> bool {
    let Demand { term, denied } = demand;
    let type_of = |term: &Term| match term.path() {
        Some((Variable::Principal, path)) if path.is_empty() => {
            Some(environment.principal.as_ref())
        }
        Some((Variable::Resource, path)) if path.is_empty() => Some(environment.resource.as_ref()),
        _ => None,
    };
    match (&term.kind, denied) {
        (TermKind::Not(inner), _) => narrows(
            Demand {
                term: inner,
                denied: !denied,
            },
            environment,
            schema,
        ),
        (TermKind::Is(of, ty, _), false) => type_of(of).is_some_and(|own| own != ty.as_ref()),
        (TermKind::Is(of, ty, None), true) => type_of(of).is_some_and(|own| own == ty.as_ref()),
        (TermKind::Binary(BinaryOperator::Eq | BinaryOperator::In, sides), false) => {
            let [left, right] = sides.as_ref();
            let named: Vec<&EntityRef> = match &right.kind {
                TermKind::Set(items) => items.iter().filter_map(Term::as_entity).collect(),
                _ => right.as_entity().into_iter().collect(),
            };
            if named.is_empty() {
                return false;
            }
            match (left.path(), type_of(left)) {
                (Some((Variable::Action, _)), _) => {
                    let inside = |action: &EntityRef| {
                        let mut named = named.iter();
                        named.any(|name| *name == action || schema.members(name).contains(action))
                    };
                    !environment.actions.iter().any(inside)
                }
                (_, Some(own)) => named
                    .iter()
                    .all(|name| *own != *name.ty && !schema.may_be_in(own, &name.ty)),
                _ => false,
            }
        }
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => parts
            .iter()
            .all(|term| narrows(Demand { term, denied }, environment, schema)),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => parts
            .iter()
            .any(|term| narrows(Demand { term, denied }, environment, schema)),
        _ => false,
    }
}
