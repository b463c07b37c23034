//! AZ305: who approves may be the agent that asks, or the one who answers for it.

use super::shared_claims::attribute;
use super::shared_entailment::{Forbids, entails};
use super::shared_reach::{are_agents, live_for_agents, types_of};
use crate::cedar::{BinaryOperator, Demand, Polarity, Term, TermKind, parse_term};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Type, Variable};
use crate::repository::LintLevel;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ305",
    slug: "self-approval",
    title: "who approves may be the agent that asks, or the one who answers for it",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("self-approval.md"),
};

/// Names of attributes of agents that say who answers for them, or for whom they act.
const ANSWERABLE: &[&str] = &[
    "acts_for",
    "created_by",
    "creator",
    "delegator",
    "on_behalf_of",
    "operator",
    "owner",
    "requester",
];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let forbids = Forbids::of(repository);
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let actions = live_for_agents(policy);
        let mut seen = BTreeSet::new();
        for (atom, path) in approvers(policy, actions) {
            if seen.insert(path.clone()) {
                judge(policy, actions, (atom, &path), &forbids, found);
            }
        }
    }
}

/// The conditions that ask who has approved, with the path of the approver; behind them those that only ask whether somebody
/// has.
fn approvers<'p>(policy: &'p Policy<'_>, actions: &[EntityRef]) -> Vec<(&'p Term, Vec<String>)> {
    let mut found = Vec::new();
    let mut present = Vec::new();
    for (atom, polarity) in policy.syntax.atoms() {
        for (variable, path) in atom.paths() {
            // What is read of the approver is about the approver.
            let upto = path
                .iter()
                .position(|name| name.to_lowercase().starts_with("approve"));
            let Some(path) = upto.and_then(|at| path.get(..=at)) else {
                continue;
            };
            let by_system = || {
                let mut actions = actions.iter();
                actions.all(|action| policy.context.trust(action, path) != Trust::Agent)
            };
            let is_presence = matches!(atom.kind, TermKind::Has(..));
            let asked = match is_presence {
                true if polarity != Polarity::Positive => continue,
                true => &mut present,
                false => &mut found,
            };
            if variable == Variable::Context && by_system() {
                asked.push((atom, path.iter().map(|&name| name.to_owned()).collect()));
            }
        }
    }
    found.extend(present);
    found
}

fn judge(
    policy: &Policy<'_>,
    actions: &[EntityRef],
    (atom, path): (&Term, &[String]),
    forbids: &Forbids<'_, '_>,
    found: &mut Found<'_>,
) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut types: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut required = true;
    for action in actions {
        if let Some(attribute) = attribute(policy.context, action, &names)
            && let Type::Entity(ty) = attribute.ty
        {
            types.insert(ty.clone());
            required &= attribute.required;
        }
    }
    let approver = format!("context.{}", path.join("."));
    for (other, level, required_other) in others(policy, &types) {
        if is_excluded(policy, actions, (&approver, &other), forbids) {
            continue;
        }
        let who = match other.as_str() {
            "principal" => "the agent may approve its own call".to_owned(),
            other => format!("`{other}` may approve what its own agent does"),
        };
        let finding = found
            .policy(policy, atom.span, format!("{who}: nothing here says that `{approver}` is somebody else"))
            .help(format!("add `{approver} != {other}` to the permit, or forbid the action where they are equal"))
            .level(level)
            .key(format!("{approver} {other}"));
        let Some(last) = policy
            .syntax
            .clauses
            .last()
            .filter(|_| policy.has_places() && required_other)
        else {
            continue;
        };
        let guarded = required
            || policy
                .syntax
                .demands()
                .iter()
                .any(|demand| asks_presence(demand, path));
        let clause = match (guarded, path) {
            (true, _) => format!("\nwhen {{ {approver} != {other} }}"),
            (false, [name]) => {
                format!("\nunless {{ context has {name} && {approver} == {other} }}")
            }
            (false, _) => continue,
        };
        finding.fix(
            format!("demand that `{approver}` is not `{other}`"),
            [(Span::new(last.span.end(), 0), clause)],
        );
    }
}

fn asks_presence(demand: &Demand<'_>, path: &[String]) -> bool {
    !demand.denied
        && matches!(demand.term.kind, TermKind::Has(..))
        && demand
            .term
            .paths()
            .iter()
            .any(|(variable, asked)| *variable == Variable::Context && asked == path)
}

/// Who an approver of these types must not be: the principal, and who answers for it. The flag says whether the attribute
/// is always there.
fn others(policy: &Policy<'_>, types: &BTreeSet<Arc<str>>) -> Vec<(String, LintLevel, bool)> {
    let mut found = Vec::new();
    let mut principals = types_of(policy, Variable::Principal);
    principals.retain(|ty| are_agents(policy.context, ty));
    if principals.iter().any(|ty| types.contains(ty)) {
        found.push(("principal".to_owned(), LintLevel::Error, true));
    }
    let schema = policy.context.schema();
    for ty in &principals {
        let record = schema
            .and_then(|schema| schema.entity_type(ty))
            .unwrap_or_default();
        for (name, attribute) in &record.attributes {
            let is_one = matches!(&attribute.ty, Type::Entity(of) if types.contains(of));
            let other = format!("principal.{name}");
            if is_one
                && ANSWERABLE.contains(&name.as_ref())
                && !found.iter().any(|(found, _, _)| *found == other)
            {
                let everywhere = principals.len() == 1 && attribute.required;
                found.push((other, LintLevel::Warning, everywhere));
            }
        }
    }
    found
}

/// Whether the permit, or a forbid that covers it, keeps the two apart.
fn is_excluded(
    policy: &Policy<'_>,
    actions: &[EntityRef],
    (approver, other): (&str, &str),
    forbids: &Forbids<'_, '_>,
) -> bool {
    let (Ok(approver), Ok(other)) = (parse_term(approver), parse_term(other)) else {
        return true;
    };
    let equal = Term {
        span: Span::new(0, 0),
        kind: TermKind::Binary(
            BinaryOperator::Eq,
            Box::new([approver.clone(), other.clone()]),
        ),
    };
    let differ = Demand {
        term: &equal,
        denied: true,
    };
    let demands = policy.syntax.demands();
    let in_set = demands.iter().any(|demand| {
        let TermKind::Binary(BinaryOperator::Contains, sides) = &demand.term.kind else {
            return false;
        };
        let [set, item] = sides.as_ref();
        let TermKind::Set(items) = &set.kind else {
            return false;
        };
        demand.denied && item.same(&approver) && items.iter().any(|item| item.same(&other))
    });
    let by_permit = || {
        // A condition that speaks of both decides about them, in one way or another.
        policy.syntax.terms().any(|term| {
            let differs = matches!(
                term.kind,
                TermKind::Binary(BinaryOperator::NotEq | BinaryOperator::Eq, _)
            );
            differs
                && term.parts().iter().any(|part| part.same(&approver))
                && term.parts().iter().any(|part| part.same(&other))
        })
    };
    if in_set || entails(&demands, differ) || by_permit() {
        return true;
    }
    // Where they are equal, the approver is there.
    let present = match &approver.kind {
        TermKind::Get(of, name) => Some(Term {
            span: Span::new(0, 0),
            kind: TermKind::Has(of.clone(), vec![name.clone()]),
        }),
        _ => None,
    };
    let mut facts = demands;
    facts.push(Demand {
        term: &equal,
        denied: false,
    });
    facts.extend(present.as_ref().map(|term| Demand {
        term,
        denied: false,
    }));
    actions.iter().all(|action| {
        forbids.covering(policy, action).any(|forbid| {
            let asked = forbid.syntax.demands();
            asked.into_iter().all(|demand| entails(&facts, demand))
        })
    })
}
