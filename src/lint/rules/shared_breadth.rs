//! How broad a permit is: what it demands of principal, action and resource, and what it grants.

use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::context::{Context, Policy, Trust};
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

/// How far the conditions of a policy narrow a variable of its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Narrowing {
    /// Not at all.
    Open,
    /// Some values are excluded, and all others are left.
    Excluding,
    /// By what its attributes are.
    Narrowed,
    /// To named entities, or to what stands in a relation with another part of the request.
    Pinned,
}

/// How far the conditions of a policy narrow a variable of its scope.
pub(super) fn narrowing(policy: &Policy<'_>, variable: Variable) -> Narrowing {
    narrowing_without(policy, variable, None)
}

/// The same without one of its demands.
fn narrowing_without(
    policy: &Policy<'_>,
    variable: Variable,
    left_out: Option<&Term>,
) -> Narrowing {
    let demands = policy.syntax.demands();
    let others = demands
        .iter()
        .filter(|demand| !left_out.is_some_and(|term| std::ptr::eq(term, demand.term)));
    let each = others.map(|demand| of(policy, demand.term, demand.denied, variable));
    each.max().unwrap_or(Narrowing::Open)
}

fn of(policy: &Policy<'_>, term: &Term, denied: bool, variable: Variable) -> Narrowing {
    let part = |term: &Term, denied: bool| of(policy, term, denied, variable);
    match (&term.kind, denied) {
        (TermKind::Not(inner), _) => part(inner, !denied),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            let each = parts.iter().map(|term| part(term, denied));
            each.max().unwrap_or(Narrowing::Open)
        }
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            let each = parts.iter().map(|term| part(term, denied));
            each.min().unwrap_or(Narrowing::Open)
        }
        (TermKind::If(parts), _) => {
            let [test, then, other] = parts.as_ref();
            let first = part(test, false).max(part(then, denied));
            first.min(part(test, true).max(part(other, denied)))
        }
        _ => match term.as_bool() {
            // A branch that never holds lets nothing through.
            Some(flag) if flag == denied => Narrowing::Pinned,
            _ => of_atom(policy, term, denied, variable),
        },
    }
}

fn of_atom(policy: &Policy<'_>, term: &Term, denied: bool, variable: Variable) -> Narrowing {
    let paths = term.paths();
    if !paths.iter().any(|(read, _)| *read == variable) {
        return Narrowing::Open;
    }
    let denied = match &term.kind {
        TermKind::Binary(BinaryOperator::NotEq, _) => !denied,
        // An order has two sides, and both are a demand.
        TermKind::Binary(
            BinaryOperator::Less
            | BinaryOperator::LessEq
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEq,
            _,
        ) => false,
        _ => denied,
    };
    if denied {
        return Narrowing::Excluding;
    }
    let related = paths.iter().any(|(read, path)| match read {
        Variable::Context => !path.is_empty() && policy.trust(term) != Some(Trust::Agent),
        read => *read != variable,
    });
    let itself = |term: &Term| matches!(term.kind, TermKind::Variable(read) if read == variable);
    match &term.kind {
        TermKind::Has(..) | TermKind::Is(_, _, None) => Narrowing::Open,
        TermKind::Binary(BinaryOperator::HasTag, _) => Narrowing::Narrowed,
        _ if related => Narrowing::Pinned,
        TermKind::Is(inner, _, Some(_)) if itself(inner) => Narrowing::Pinned,
        TermKind::Binary(operator, sides) => {
            let [left, right] = sides.as_ref();
            let named = match operator {
                BinaryOperator::Eq => {
                    (itself(left) && right.is_constant()) || (itself(right) && left.is_constant())
                }
                BinaryOperator::In => itself(left) && right.is_constant(),
                BinaryOperator::Contains => itself(right) && left.is_constant(),
                _ => false,
            };
            match named {
                true => Narrowing::Pinned,
                false => Narrowing::Narrowed,
            }
        }
        _ => Narrowing::Narrowed,
    }
}

/// Whether the scope names no entity for a variable, and no slot: it stands alone, or with `is`.
pub(super) fn is_untested(policy: &Policy<'_>, variable: Variable) -> bool {
    let part = policy.syntax.scope_of(variable);
    part.is_none_or(|part| part.test.is_none())
}

/// Whether a permit asks for nothing at all: no scope, and no condition that is not constant.
pub(super) fn asks_nothing(policy: &Policy<'_>) -> bool {
    let free = policy.syntax.scope.iter().all(|part| part.is_free());
    let asks = policy.syntax.demands().iter().any(|demand| {
        // What is constant asks for nothing.
        demand.term.as_bool() != Some(!demand.denied)
    });
    free && !asks
}

/// The actions for which a policy can apply, sorted: by the type checker where that has no fault to report.
pub(super) fn granted<'p>(policy: &'p Policy<'_>) -> &'p [EntityRef] {
    match policy.typing() {
        Some(typing) if typing.is_clean() => typing.live_actions(),
        _ => policy.actions(),
    }
}

/// Whether all of these actions say that they read, and nothing more.
pub(super) fn only_reads(context: &Context<'_>, actions: &[EntityRef]) -> bool {
    !actions.is_empty()
        && actions
            .iter()
            .all(|action| context.risk(action) == Some("read"))
}

/// Whether a policy demands one of the approvals that the manifest knows.
pub(super) fn is_approved(policy: &Policy<'_>) -> bool {
    let demands = policy.syntax.demands();
    let demanded = |term: &Term| {
        demands
            .iter()
            .any(|demand| !demand.denied && demand.term.same(term))
    };
    policy
        .context
        .approvals()
        .iter()
        .any(|approval| match &approval.kind {
            TermKind::And(parts) => parts.iter().all(demanded),
            _ => demanded(approval),
        })
}

/// The types of the principals to which a policy can apply, sorted; none where there is no schema.
pub(super) fn principals<'p>(policy: &'p Policy<'_>) -> Vec<&'p str> {
    let environments = policy.typing().map(|typing| typing.environments.as_slice());
    let mut found: Vec<&str> = environments
        .unwrap_or_default()
        .iter()
        .filter(|environment| environment.verdict != crate::cedar::Verdict::Never)
        .map(|environment| environment.principal.as_ref())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// How much it weighs that a permit is for every agent of a kind; nothing where that is well bounded. A demand that is known
/// to bound nothing is left out.
pub(super) fn weight_of_anyone(
    policy: &Policy<'_>,
    granted: &[EntityRef],
    left_out: Option<&Term>,
) -> Option<LintLevel> {
    let context = policy.context;
    let narrowed = narrowing_without(policy, Variable::Principal, left_out);
    if narrowed == Narrowing::Pinned {
        return None;
    }
    let reads = only_reads(context, granted);
    let everywhere = is_untested(policy, Variable::Resource)
        && narrowing(policy, Variable::Resource) <= Narrowing::Excluding;
    if reads && !everywhere {
        return None;
    }
    let agents = context.version.manifest.agent_type.as_str();
    let types = principals(policy);
    let people = !types.is_empty()
        && context
            .schema()
            .is_some_and(|schema| schema.has_entity_type(agents))
        && !types.contains(&agents);
    let less = reads || people || narrowed == Narrowing::Narrowed || is_approved(policy);
    Some(match less {
        true => LintLevel::Info,
        false => LintLevel::Warning,
    })
}

/// Some names in words: `a`, `b` and 3 more.
pub(super) fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.into_iter().collect();
    match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [one, two] => format!("`{one}` and `{two}`"),
        [one, two, three] => format!("`{one}`, `{two}` and `{three}`"),
        [one, two, rest @ ..] => format!("`{one}`, `{two}` and {} more", rest.len()),
    }
}

/// All of some actions, for the key of a finding.
pub(super) fn listed(actions: &[EntityRef]) -> String {
    let all: Vec<String> = actions.iter().map(ToString::to_string).collect();
    all.join(" ")
}

/// The ids of some actions in words.
pub(super) fn some_actions(actions: &[EntityRef]) -> String {
    some_of(actions.iter().map(|action| action.id.as_ref()))
}
