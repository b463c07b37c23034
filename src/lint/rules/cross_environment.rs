//! AZ318: an agent of one environment may change what belongs to another.

use super::shared_claims::at;
use super::shared_entailment::{Forbids, conditions, is_scope};
use super::shared_grants::{Grant, grants};
use super::shared_manifest::fault;
use super::shared_reach::{all_names, live_changes, names, places};
use super::shared_world::World;
use crate::cedar::{BinaryOperator, LoweredEntity, Term, TermKind, parse_term};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Value, Variable};
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ318",
    slug: "cross-environment",
    title: "an agent of one environment may change what belongs to another",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Repository],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::Environments],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("cross-environment.md"),
};

/// Where the environment of a variable stands.
struct Place {
    variable: Variable,
    names: Vec<String>,
    text: String,
}

impl Place {
    fn of(
        context: &Context<'_>,
        found: &mut Found<'_>,
        at: usize,
        wanted: Variable,
    ) -> Option<Self> {
        let text = context.options.environments.get(at)?;
        let parsed = parse_term(text).ok();
        let path = parsed.as_ref().and_then(Term::path);
        if let Some((variable, names)) = path
            && variable == wanted
            && !names.is_empty()
        {
            let names = names.into_iter().map(str::to_owned).collect();
            return Some(Self {
                variable,
                names,
                text: text.clone(),
            });
        }
        let place = (text.as_str(), Span::new(0, 0));
        if let Some(finding) = fault(
            context,
            found,
            place,
            format!("`{text}` is no path of an attribute here"),
        ) {
            finding.help("write the path of the agent first, then that of the resource: `[principal.environment, resource.environment]`");
        }
        None
    }

    fn is(&self, term: &Term) -> bool {
        term.path()
            .is_some_and(|(variable, path)| variable == self.variable && path == self.names)
    }

    fn is_in(&self, term: &Term) -> bool {
        term.walk().any(|part| self.is(part))
    }

    /// Whether entities of a type have it.
    fn exists(&self, context: &Context<'_>, ty: &str) -> bool {
        let schema = context.schema();
        let record = schema.and_then(|schema| schema.attributes(ty));
        let path: Vec<&str> = self.names.iter().map(String::as_str).collect();
        schema
            .zip(record)
            .is_some_and(|(schema, record)| at(schema, record, &path).is_some())
    }

    fn value(&self, entity: &LoweredEntity) -> Option<Value> {
        let (first, rest) = self.names.split_first()?;
        let mut value = entity.attributes.get(first.as_str())?;
        for name in rest {
            let Value::Record(members) = value else {
                return None;
            };
            value = members.get(name)?;
        }
        Some(value.clone())
    }

    /// The values that a policy's conditions leave, where they say so by literals.
    fn asked(&self, policy: &Policy<'_>) -> Option<BTreeSet<Value>> {
        policy.syntax.demands().into_iter().find_map(|demand| {
            let TermKind::Binary(operator, sides) = &demand.term.kind else {
                return None;
            };
            let [left, right] = sides.as_ref();
            let literal = match (operator, demand.denied) {
                (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) if self.is(left) => {
                    right
                }
                (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) if self.is(right) => {
                    left
                }
                (BinaryOperator::Contains, false) if self.is(right) => left,
                _ => return None,
            };
            let values = literal.walk().filter_map(|part| match &part.kind {
                TermKind::Literal(value) => Some(value.clone()),
                _ => None,
            });
            let values: BTreeSet<Value> = values.collect();
            (literal.is_constant() && !values.is_empty()).then_some(values)
        })
    }
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let agent = Place::of(context, found, 0, Variable::Principal);
    let resource = Place::of(context, found, 1, Variable::Resource);
    let (Some(agent), Some(resource)) = (agent, resource) else {
        return;
    };
    let world = World::of(repository);
    let forbids = Forbids::of(repository);
    let mut by_policy: BTreeMap<usize, Vec<Grant<'_, '_>>> = BTreeMap::new();
    for grant in grants(repository) {
        by_policy.entry(grant.at).or_default().push(grant);
    }
    for grants in by_policy.into_values() {
        let Some(policy) = grants.first().map(|grant| grant.policy) else {
            continue;
        };
        let demands = policy.syntax.demands();
        let compares = demands
            .iter()
            .any(|demand| agent.is_in(demand.term) && resource.is_in(demand.term));
        // A forbid that looks at either has something to say of environments.
        let reads_one = |forbid: &Policy<'_>| {
            let demands = forbid.syntax.demands();
            demands
                .iter()
                .any(|demand| agent.is_in(demand.term) || resource.is_in(demand.term))
        };
        if compares {
            continue;
        }
        let mut actions = live_changes(policy);
        let environments = policy.typing().map(|typing| typing.environments.as_slice());
        let environments = environments.unwrap_or_default().iter().filter(|found| {
            agent.exists(context, &found.principal) && resource.exists(context, &found.resource)
        });
        let with_both: BTreeSet<&EntityRef> = environments
            .flat_map(|found| found.actions.iter())
            .collect();
        actions.retain(|action| with_both.contains(action));
        actions.retain(|action| !forbids.covering(policy, action).any(reads_one));
        if actions.is_empty() {
            continue;
        }
        of_policy(
            policy,
            &grants,
            &actions,
            (&agent, &resource),
            &world,
            found,
        );
    }
}

fn of_policy(
    policy: &Policy<'_>,
    grants: &[Grant<'_, '_>],
    actions: &[EntityRef],
    (agent, resource): (&Place, &Place),
    world: &World<'_>,
    found: &mut Found<'_>,
) {
    let (names, all) = (names(actions), all_names(actions));
    let place = places(policy, actions)
        .into_keys()
        .next()
        .unwrap_or(policy.syntax.head);
    let asked = (agent.asked(policy), resource.asked(policy));
    // Without further conditions what the entities say is what happens.
    let others = conditions(policy).iter().any(|demand| {
        !is_scope(demand) && !agent.is_in(demand.term) && !resource.is_in(demand.term)
    });
    let mut unsure = false;
    for grant in grants {
        let agents = match (&asked.0, grant.names_holders()) {
            (Some(_), _) | (None, false) => None,
            (None, true) => Some(known(world, agent, grant.holders(world))),
        };
        let resources = match &asked.1 {
            Some(_) => None,
            None => grant
                .resources(world)
                .map(|all| known(world, resource, all)),
        };
        let one = values(&asked.0, agents.as_ref());
        let two = values(&asked.1, resources.as_ref());
        let (Some(one), Some(two)) = (one, two) else {
            // Who names the environment of the resource has thought of it.
            unsure |= asked.1.is_none();
            continue;
        };
        let pair = one.iter().flat_map(|(who, value)| {
            let others = two.iter().filter(move |(_, other)| other != value);
            others.map(move |other| ((who, value), other))
        });
        let Some(((who, own), (what, other))) = pair.into_iter().next() else {
            continue;
        };
        let who = who
            .as_ref()
            .map_or("an agent".to_owned(), |uid| format!("`{}`", uid.id));
        let what = what
            .as_ref()
            .map_or("a resource".to_owned(), |uid| format!("`{}`", uid.id));
        let level = match others {
            true => LintLevel::Warning,
            false => LintLevel::Error,
        };
        found
            .policy(
                policy,
                place,
                format!(
                    "{names}: {who} (`{}` is {own}) may change {what} (`{}` is {other})",
                    agent.text, resource.text
                ),
            )
            .help(format!(
                "demand `{} == {}`, or keep such agents apart from such resources",
                agent.text, resource.text
            ))
            .level(level)
            .key(format!("{} {all}", grant.id));
    }
    if unsure {
        found
            .policy(
                policy,
                place,
                format!(
                    "{names}: nothing compares `{}` with `{}`",
                    agent.text, resource.text
                ),
            )
            .help(format!(
                "demand `{} == {}`, here or in a forbid for all changes",
                agent.text, resource.text
            ))
            .level(LintLevel::Info)
            .key(all);
    }
}

/// Entities with the environment that they are in.
type Known = BTreeMap<EntityRef, Value>;

/// The environments of entities; nothing for those that say none.
fn known(world: &World<'_>, place: &Place, entities: BTreeSet<EntityRef>) -> Known {
    let values = entities.into_iter().filter_map(|uid| {
        let value = place.value(world.entity(&uid)?)?;
        Some((uid, value))
    });
    values.collect()
}

/// What a side may be: what the conditions leave, else what the entities say.
fn values(
    asked: &Option<BTreeSet<Value>>,
    known: Option<&Known>,
) -> Option<Vec<(Option<EntityRef>, Value)>> {
    match (asked, known) {
        (Some(values), _) => Some(values.iter().map(|value| (None, value.clone())).collect()),
        (None, Some(known)) if !known.is_empty() => Some(
            known
                .iter()
                .map(|(uid, value)| (Some(uid.clone()), value.clone()))
                .collect(),
        ),
        (None, _) => None,
    }
}
