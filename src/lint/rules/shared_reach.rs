//! How far scopes reach: actions that are live, resources, and whether one scope lies within another.

use super::shared_entailment::is_scope;
use crate::cedar::{
    BinaryOperator, DeclaredKind, EntityStore, ScopeSyntax, Term, TermKind, Verdict,
};
use crate::lint::context::{Context, Policy, common};
use crate::model::{EntityRef, Span, Variable};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether the entities of a type are agents: it is the manifest's type of agents, or has `@inventory`. Where the schema
/// has no such type, anybody may be one.
pub(super) fn are_agents(context: &Context<'_>, ty: &str) -> bool {
    let agents = context.version.manifest.agent_type.as_str();
    let has_type = context
        .schema()
        .is_some_and(|schema| schema.has_entity_type(agents));
    let is_marked = || {
        context.declared().iter().any(|declared| {
            declared.kind == DeclaredKind::EntityType
                && declared.annotations.contains_key("inventory")
                && declared.full_name() == ty
        })
    };
    !has_type || ty == agents || is_marked()
}

/// The actions for which a policy may apply to agents, sorted: what people may do is another matter.
pub(super) fn live_for_agents<'p>(policy: &'p Policy<'_>) -> &'p [EntityRef] {
    policy.live_for_agents.get_or_init(|| {
        let all = policy.live();
        if let Some(typing) = policy.typing() {
            let live = typing
                .environments
                .iter()
                .filter(|found| found.verdict != Verdict::Never);
            let (of_agents, of_others): (Vec<_>, Vec<_>) =
                live.partition(|found| are_agents(policy.context, &found.principal));
            if !of_others.is_empty() {
                let actions = of_agents.iter().flat_map(|found| found.actions.iter());
                let mut actions: Vec<&EntityRef> = actions.collect();
                actions.sort_unstable();
                return common(all, actions);
            }
        }
        all.clone()
    })
}

/// Those of them that have one of these risks.
pub(super) fn live_risky(policy: &Policy<'_>, risks: &[&str]) -> Vec<EntityRef> {
    let all = live_for_agents(policy).iter();
    let risky = all.filter(|action| {
        let risk = policy.context.risk(action);
        risk.is_some_and(|risk| risks.contains(&risk))
    });
    risky.cloned().collect()
}

/// Those of them that change something: whose risk is known, and not `read`.
pub(super) fn live_changes(policy: &Policy<'_>) -> Vec<EntityRef> {
    let all = live_for_agents(policy).iter();
    let changing = all.filter(|action| {
        let risk = policy.context.risk(action);
        risk.is_some_and(|risk| risk != "read")
    });
    changing.cloned().collect()
}

/// How many resources a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// One.
    One,
    /// Those in a group that lies in another one.
    Part,
    /// Those in a group that lies in none.
    Whole,
    /// All, or all of a type.
    Any,
}

/// How many resources a policy is about, by its scope and by conditions that could stand there.
pub(super) fn reach(policy: &Policy<'_>) -> Reach {
    let store = &policy.context.version.store;
    let group = |group: &EntityRef| {
        let written = store.written(group);
        match written.is_some_and(|written| !written.parents.is_empty()) {
            true => Reach::Part,
            false => Reach::Whole,
        }
    };
    let part = policy.syntax.scope_of(Variable::Resource);
    let test = part.and_then(|part| part.test.as_ref());
    let by_scope = match test {
        None => Reach::Any,
        Some(test) if test.equal => Reach::One,
        Some(test) if test.slot => {
            let id = policy.id();
            let links = policy.context.version.links.iter();
            let links = links.filter(|link| link.template == id);
            let resources = links.filter_map(|link| link.resource.as_ref());
            resources.map(group).max().unwrap_or(Reach::Part)
        }
        Some(test) => test
            .entities
            .iter()
            .map(|(uid, _)| group(uid))
            .max()
            .unwrap_or(Reach::Any),
    };
    let by_conditions = policy.syntax.demands().into_iter().filter_map(|demand| {
        let TermKind::Binary(operator, sides) = &demand.term.kind else {
            return None;
        };
        let [left, right] = sides.as_ref();
        let is_resource = matches!(left.kind, TermKind::Variable(Variable::Resource));
        if demand.denied || !is_scope(&demand) || !is_resource {
            return None;
        }
        match operator {
            BinaryOperator::Eq => Some(Reach::One),
            BinaryOperator::In => entities(right).map(group).max(),
            _ => None,
        }
    });
    by_conditions.fold(by_scope, Reach::min)
}

/// The literal entities in an expression.
pub(super) fn entities(term: &Term) -> impl Iterator<Item = &EntityRef> {
    term.walk().filter_map(Term::as_entity)
}

/// Whether an entity is a group, or lies below it.
pub(super) fn is_within(store: &EntityStore, entity: &EntityRef, group: &EntityRef) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![entity.clone()];
    while let Some(next) = open.pop() {
        if next == *group {
            return true;
        }
        let parents = store.written(&next).map(|written| written.parents);
        if seen.insert(next) {
            open.extend(parents.into_iter().flatten());
        }
    }
    false
}

/// Whether whatever a policy's scope takes for a variable is taken by the scope of another, wider one.
pub(super) fn covers(wide: &Policy<'_>, narrow: &Policy<'_>, variable: Variable) -> bool {
    let (Some(outer), Some(inner)) = (
        wide.syntax.scope_of(variable),
        narrow.syntax.scope_of(variable),
    ) else {
        return false;
    };
    if let Some(ty) = &outer.is
        && !is_only(narrow, inner, variable, ty)
    {
        return false;
    }
    let Some(test) = &outer.test else { return true };
    let (Some((group, _)), Some(within)) = (test.entities.first(), &inner.test) else {
        return false;
    };
    let Some((entity, _)) = within.entities.first() else {
        return false;
    };
    match test.equal {
        true => within.equal && entity == group,
        false => is_within(&narrow.context.version.store, entity, group),
    }
}

/// Whether a scope takes entities of one type alone.
fn is_only(policy: &Policy<'_>, part: &ScopeSyntax, variable: Variable, ty: &Arc<str>) -> bool {
    if let Some(own) = &part.is {
        return own == ty;
    }
    let types = types_of(policy, variable);
    types.iter().all(|found| found == ty) && !types.is_empty()
}

/// The types that a variable has where a policy may apply.
pub(super) fn types_of(policy: &Policy<'_>, variable: Variable) -> BTreeSet<Arc<str>> {
    let Some(typing) = policy.typing() else {
        return BTreeSet::new();
    };
    let live = typing
        .environments
        .iter()
        .filter(|found| found.verdict != Verdict::Never);
    live.filter_map(|found| match variable {
        Variable::Principal => Some(found.principal.clone()),
        Variable::Resource => Some(found.resource.clone()),
        Variable::Action | Variable::Context => None,
    })
    .collect()
}

/// Where a scope names each of these actions, or the group that they lie in; where it names none, the word `action`.
pub(super) fn places(policy: &Policy<'_>, actions: &[EntityRef]) -> BTreeMap<Span, Vec<EntityRef>> {
    let mut found: BTreeMap<Span, Vec<EntityRef>> = BTreeMap::new();
    let part = policy.syntax.scope_of(Variable::Action);
    let named = part
        .and_then(|part| part.test.as_ref())
        .map(|test| test.entities.as_slice());
    let named = named.unwrap_or_default();
    let schema = policy.context.schema();
    for action in actions {
        let own = named.iter().find(|(uid, _)| uid == action);
        let group = || {
            named
                .iter()
                .find(|(uid, _)| schema.is_some_and(|schema| schema.members(uid).contains(action)))
        };
        let span = match own.or_else(group) {
            Some((_, span)) => *span,
            None => part.map_or(policy.syntax.head, |part| part.span),
        };
        found.entry(span).or_default().push(action.clone());
    }
    found
}

/// Names of actions for a message: three, and how many more.
pub(super) fn names(actions: &[EntityRef]) -> String {
    first_names(actions, 3)
}

/// Names of all actions, for what a finding is known by: another action in the place of one that was not said is another finding.
pub(super) fn all_names(actions: &[EntityRef]) -> String {
    first_names(actions, actions.len())
}

fn first_names(actions: &[EntityRef], most: usize) -> String {
    let mut shown: Vec<String> = actions
        .iter()
        .take(most)
        .map(|action| format!("`{}`", action.id))
        .collect();
    match (actions.len().saturating_sub(most), shown.len()) {
        (0, 0 | 1) => shown.join(""),
        (0, _) => {
            let last = shown.pop().unwrap_or_default();
            format!("{} and {last}", shown.join(", "))
        }
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}
