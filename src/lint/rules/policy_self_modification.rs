//! AZ321: an agent may change what decides about it.

use super::shared_claims::asks_system;
use super::shared_entailment::{demands_one, entails, is_scope, scope_facts};
use super::shared_grants::{Grant, grants};
use super::shared_manifest::fault;
use super::shared_reach::{
    all_names, are_agents, covers, entities, is_within, names, places, types_of,
};
use super::shared_world::World;
use crate::cedar::{BinaryOperator, Demand, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Value, Variable};
use crate::repository::{LintLevel, parse_reference};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ321",
    slug: "policy-self-modification",
    title: "an agent may change policies, approvals, the inventory, or itself",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::ControlResources],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("policy-self-modification.md"),
};

/// What decides about agents.
enum Control {
    /// All resources of a type.
    Type(Arc<str>),
    /// An entity, and what lies below it.
    Entity(EntityRef),
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let mut controls = controls(context, found);
    let agents: Arc<str> = context.version.manifest.agent_type.as_str().into();
    controls.push(Control::Type(agents.clone()));
    let world = World::of(repository);
    let approvals = context.approvals();
    for grant in grants(repository) {
        let policy = grant.policy;
        let principals = types_of(policy, Variable::Principal);
        let by_agents = principals.iter().any(|ty| are_agents(context, ty));
        if !by_agents || demands_one(policy, approvals) {
            continue;
        }
        for control in &controls {
            let mut actions: Vec<EntityRef> = grant
                .reaches(&world)
                .into_iter()
                .filter(|(action, ty)| {
                    context.risk(action).is_some_and(|risk| risk != "read")
                        && reaches(&grant, control, ty, &world)
                        && !is_left_out(policy, control)
                        && !is_forbidden(repository, policy, action, control)
                })
                .map(|(action, _)| action)
                .collect();
            actions.dedup();
            report(&grant, control, &actions, &agents, found);
        }
    }
}

fn report(
    grant: &Grant<'_, '_>,
    control: &Control,
    actions: &[EntityRef],
    agents: &str,
    found: &mut Found<'_>,
) {
    let policy = grant.policy;
    let what = match control {
        Control::Type(ty) if ty.as_ref() == agents => "agents themselves".to_owned(),
        Control::Type(ty) => format!("every `{ty}`"),
        Control::Entity(uid) => format!("`{uid}`"),
    };
    // A condition on the resource may leave it out in a way that is not seen here.
    let unsure = !is_named(grant, control)
        && policy.syntax.demands().iter().any(|demand| {
            let paths = demand.term.paths();
            paths
                .iter()
                .any(|(variable, _)| *variable == Variable::Resource)
        });
    for (span, actions) in places(policy, actions) {
        let names = names(&actions);
        let finding = found
            .policy(
                policy,
                span,
                format!("{names}: an agent may change {what}, which decides about agents"),
            )
            .help("forbid it for every agent, and leave such changes to people");
        finding.key(format!("{} {} {what}", grant.id, all_names(&actions)));
        if unsure {
            finding.level(LintLevel::Info);
        }
    }
}

/// What the manifest names.
fn controls(context: &Context<'_>, found: &mut Found<'_>) -> Vec<Control> {
    let mut controls = Vec::new();
    let schema = context.schema();
    for text in &context.options.control_resources {
        let has_type = |ty: &str| schema.is_some_and(|schema| schema.has_entity_type(ty));
        if has_type(text) {
            controls.push(Control::Type(text.as_str().into()));
            continue;
        }
        match parse_reference(text) {
            Ok(uid) if has_type(&uid.ty) => controls.push(Control::Entity(uid)),
            Ok(_) | Err(_) => {
                let place = (text.as_str(), Span::new(0, 0));
                let message = format!("`{text}` is no entity type of the schema, and no entity");
                if let Some(finding) = fault(context, found, place, message) {
                    finding.help("write `Type` or `Type::\"id\"`: an option that names nothing protects nothing");
                }
            }
        }
    }
    controls
}

/// Whether a grant may be about a control resource, for a type of resources that it reaches.
fn reaches(grant: &Grant<'_, '_>, control: &Control, ty: &Arc<str>, world: &World<'_>) -> bool {
    match control {
        Control::Type(named) => named == ty,
        Control::Entity(uid) => {
            let below = world.below(uid, ty);
            let itself = uid.ty == *ty && grant.takes_resource(world, uid);
            itself
                || is_named(grant, control)
                || below
                    .iter()
                    .any(|entity| grant.takes_resource(world, entity))
        }
    }
}

/// Whether a grant names a control resource, or a part of it.
fn is_named(grant: &Grant<'_, '_>, control: &Control) -> bool {
    let store = &grant.policy.context.version.store;
    match control {
        Control::Type(ty) => grant.names_type(ty),
        Control::Entity(uid) => grant
            .resource_names()
            .any(|named| is_within(store, named, uid)),
    }
}

/// The conditions `resource == X` and `resource in X`, or `resource is T`.
fn being(control: &Control) -> Vec<Term> {
    let term = |kind| Term {
        span: Span::new(0, 0),
        kind,
    };
    let resource = || term(TermKind::Variable(Variable::Resource));
    match control {
        Control::Type(ty) => vec![term(TermKind::Is(Box::new(resource()), ty.clone(), None))],
        Control::Entity(uid) => {
            let compare = |operator| {
                let literal = term(TermKind::Literal(Value::Entity(uid.clone())));
                term(TermKind::Binary(operator, Box::new([resource(), literal])))
            };
            vec![compare(BinaryOperator::Eq), compare(BinaryOperator::In)]
        }
    }
}

/// Whether a permit says that it is not about a control resource.
fn is_left_out(policy: &Policy<'_>, control: &Control) -> bool {
    let demands = policy.syntax.demands();
    being(control)
        .iter()
        .any(|term| entails(&demands, Demand { term, denied: true }))
}

/// Whether a forbid keeps the action off a control resource.
fn is_forbidden(
    repository: &Repository<'_>,
    permit: &Policy<'_>,
    action: &EntityRef,
    control: &Control,
) -> bool {
    let store = &repository.context.version.store;
    let within = |group: &EntityRef| match control {
        Control::Type(_) => false,
        Control::Entity(uid) => is_within(store, uid, group),
    };
    let scope = scope_facts(permit);
    let being = being(control);
    let facts: Vec<Demand<'_>> = scope
        .iter()
        .chain(&being)
        .map(|term| Demand {
            term,
            denied: false,
        })
        .chain(permit.syntax.demands())
        .collect();
    let forbids = repository
        .policies
        .iter()
        .filter(|policy| policy.is_forbid() && !policy.parsed.is_template);
    forbids.into_iter().any(|forbid| {
        let resource = forbid.syntax.scope_of(Variable::Resource);
        let by_scope = resource.is_some_and(|part| {
            let by_type = part.is.as_ref().is_none_or(|ty| match control {
                Control::Type(named) => named == ty,
                Control::Entity(uid) => uid.ty == *ty,
            });
            let by_group = part
                .test
                .as_ref()
                .is_none_or(|test| test.entities.iter().any(|(group, _)| within(group)));
            by_type && by_group
        });
        by_scope
            && forbid.actions().contains(action)
            && covers(forbid, permit, Variable::Principal)
            && forbid.syntax.demands().into_iter().all(|demand| {
                let about =
                    is_scope(&demand) && !demand.denied && entities(demand.term).any(within);
                // What a person approves is not the agent's doing.
                let lifted = demand.denied && asks_system_in(forbid, action, &demand);
                about || lifted || entails(&facts, demand)
            })
    })
}

fn asks_system_in(forbid: &Policy<'_>, action: &EntityRef, demand: &Demand<'_>) -> bool {
    let reads_context = demand
        .term
        .paths()
        .iter()
        .any(|(variable, _)| *variable == Variable::Context);
    reads_context && asks_system(forbid, action)
}
