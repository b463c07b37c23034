//! AZ306: rights that are passed on from agent to agent, as often as they like.

use super::shared_claims::attribute;
use super::shared_entailment::Forbids;
use super::shared_reach::{live_for_agents, types_of};
use crate::cedar::{BinaryOperator, ScopeSyntax, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Type, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ306",
    slug: "unbounded-delegation",
    title: "a permit follows a chain of delegation, however long it is",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unbounded-delegation.md"),
};

/// Parts of names of attributes that hold a chain of delegation, whatever it is made of.
const DELEGATED: &[&str] = &["delegat", "on_behalf", "acting_for", "acts_for"];
/// The same, where it is made of agents.
const CHAINS: &[&str] = &["chain"];
/// Parts of names of attributes that say how long a chain is.
const DEPTHS: &[&str] = &["depth", "hops"];
/// The same, where they are attributes of a chain.
const LENGTHS: &[&str] = &["length", "level", "count"];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let forbids = Forbids::that(repository, |forbid| asks_depth(forbid, true));
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let actions = live_for_agents(policy);
        let guarded = asks_depth(policy, false)
            || (!actions.is_empty()
                && actions
                    .iter()
                    .all(|action| forbids.covering(policy, action).next().is_some()));
        if guarded {
            continue;
        }
        for (atom, _) in policy.syntax.atoms() {
            if let Some(path) = chain(policy, actions, atom) {
                of_chain(policy, actions, (atom, &path), found);
            }
        }
        of_hierarchy(policy, found);
    }
}

fn of_chain(
    policy: &Policy<'_>,
    actions: &[EntityRef],
    (atom, path): (&Term, &str),
    found: &mut Found<'_>,
) {
    let depth = depth_of(policy, actions);
    let way = match &depth {
        Some(depth) => format!("bound it, as in `{depth} <= 1`"),
        None => {
            "have the harness say how long it is, as `context.delegation_depth`, and bound that"
                .to_owned()
        }
    };
    let finding = found
        .policy(
            policy,
            atom.span,
            format!("`{path}` may hold a chain of any length"),
        )
        .help(format!(
            "{way}: each agent in it passes on rights that were given to another one"
        ));
    let last = policy.syntax.clauses.last().filter(|_| policy.has_places());
    if let (Some(last), Some(depth)) = (last, depth) {
        finding.fix(
            format!("demand `{depth} <= 1`"),
            [(
                Span::new(last.span.end(), 0),
                format!("\nwhen {{ {depth} <= 1 }}"),
            )],
        );
    }
}

/// The chain that a condition looks into: a set of entities whose name says so.
fn chain(policy: &Policy<'_>, actions: &[EntityRef], atom: &Term) -> Option<String> {
    let agents = policy.context.version.manifest.agent_type.as_str();
    let any = |path: &[&str], words| path.iter().any(|name| has(name, words));
    let sets = |term: &Term| {
        let (variable, path) = term.path()?;
        if !any(&path, DELEGATED) && !any(&path, CHAINS) {
            return None;
        }
        let is_set = actions.iter().any(|action| {
            let ty = match variable {
                Variable::Context => attribute(policy.context, action, &path).map(|found| found.ty),
                Variable::Principal => of_principal(policy, &path),
                Variable::Action | Variable::Resource => None,
            };
            let Some(Type::Set(element)) = ty else {
                return false;
            };
            match element.as_ref() {
                Type::Entity(ty) if ty.as_ref() == agents => {
                    any(&path, DELEGATED) || any(&path, CHAINS)
                }
                Type::Entity(_) | Type::String => any(&path, DELEGATED),
                _ => false,
            }
        });
        is_set.then(|| format!("{}.{}", word(variable), path.join(".")))
    };
    let TermKind::Binary(operator, sides) = &atom.kind else {
        return None;
    };
    let looks_in = matches!(
        operator,
        BinaryOperator::In | BinaryOperator::Contains | BinaryOperator::ContainsAny
    );
    sides.iter().find_map(sets).filter(|_| looks_in)
}

fn of_principal<'r>(policy: &Policy<'r>, path: &[&str]) -> Option<&'r Type> {
    let schema = policy.context.schema()?;
    let types = types_of(policy, Variable::Principal);
    types.iter().find_map(|ty| {
        let record = schema.attributes(ty)?;
        super::shared_claims::at(schema, record, path).map(|found| found.ty)
    })
}

fn word(variable: Variable) -> &'static str {
    match variable {
        Variable::Principal => "principal",
        Variable::Action => "action",
        Variable::Resource => "resource",
        Variable::Context => "context",
    }
}

fn has(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// Whether an attribute says how long a chain is.
fn is_depth(path: &[&str]) -> bool {
    let last = path.last().copied().unwrap_or_default();
    let of_chain = path
        .iter()
        .any(|name| has(name, DELEGATED) || has(name, CHAINS));
    has(last, DEPTHS) || (of_chain && has(last, LENGTHS))
}

/// Whether a policy compares how long the chain is with something; a forbid asks for more than the bound.
fn asks_depth(policy: &Policy<'_>, forbid: bool) -> bool {
    policy.syntax.demands().iter().any(|demand| {
        let TermKind::Binary(operator, sides) = &demand.term.kind else {
            return false;
        };
        let [left, right] = sides.as_ref();
        let depth = |term: &Term| term.path().is_some_and(|(_, path)| is_depth(&path));
        // The depth is bounded from above where this holds, or, in a forbid, where it does not.
        let wanted = demand.denied == forbid;
        match operator {
            BinaryOperator::Less | BinaryOperator::LessEq => {
                (wanted && depth(left)) || (!wanted && depth(right))
            }
            BinaryOperator::Greater | BinaryOperator::GreaterEq => {
                (wanted && depth(right)) || (!wanted && depth(left))
            }
            BinaryOperator::Eq => wanted && (depth(left) || depth(right)),
            BinaryOperator::NotEq => !wanted && (depth(left) || depth(right)),
            _ => false,
        }
    })
}

/// The attribute of the context that says how long the chain is, where every action has it and the agent does not write it.
fn depth_of(policy: &Policy<'_>, actions: &[EntityRef]) -> Option<String> {
    let schema = policy.context.schema()?;
    let record = schema.action(actions.first()?)?.context.as_ref()?;
    let mut paths: Vec<Vec<&str>> = Vec::new();
    for (name, attribute) in &record.attributes {
        paths.push(vec![name]);
        if let Type::Record(inner) = &attribute.ty {
            paths.extend(
                inner
                    .attributes
                    .keys()
                    .map(|inner| vec![name.as_ref(), inner.as_ref()]),
            );
        }
    }
    let found = paths.into_iter().find(|path| {
        is_depth(path)
            && actions.iter().all(|action| {
                let found = attribute(policy.context, action, path);
                found.is_some_and(|found| *found.ty == Type::Long && found.required)
                    && policy.context.trust(action, path) != Trust::Agent
            })
    });
    found.map(|path| format!("context.{}", path.join(".")))
}

/// `principal in Agent::"x"`: whoever lies below that agent, however deep.
fn of_hierarchy(policy: &Policy<'_>, found: &mut Found<'_>) {
    let agents = policy.context.version.manifest.agent_type.as_str();
    let nests = policy
        .context
        .schema()
        .is_some_and(|schema| schema.may_be_in(agents, agents));
    let part = policy.syntax.scope_of(Variable::Principal);
    let test = part.and_then(|part: &ScopeSyntax| part.test.as_ref());
    let Some(test) = test.filter(|test| nests && !test.equal) else {
        return;
    };
    for (group, span) in &test.entities {
        if group.ty.as_ref() == agents {
            found
                .policy(policy, *span, format!("this is for every agent below `{}`, however deep", group.id))
                .help(format!("name the agents (`principal == {group}`), or bound how deep a delegate may lie by an attribute"));
        }
    }
}
