//! AZ507: one value compared with several literals.

use super::shared_edits::{edit, is_balanced, operand, replace, short, written};
use super::shared_terms::{Binding, Keys, Placed, placed, typed};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{Span, Value};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ507",
    slug: "or-chain",
    title: "one value compared with several literals",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("or-chain.md"),
};

/// From so many comparisons on a set is shorter.
const LEAST: usize = 3;

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    for place in placed(&policy.syntax) {
        let (parts, operator) = match &place.term.kind {
            TermKind::Or(parts) => (parts, BinaryOperator::Eq),
            TermKind::And(parts) => (parts, BinaryOperator::NotEq),
            _ => continue,
        };
        let mut rest = parts.as_slice();
        while let Some(first) = rest.first() {
            let length = run(rest, operator);
            let (these, others) = rest.split_at(length.max(1));
            rest = others;
            if length >= LEAST
                && let Some((subject, _)) = compared(first, operator)
            {
                report(policy, &place, these, (subject, operator), &mut keys, found);
            }
        }
    }
}

/// How many of the first parts compare one value with literals of one kind.
fn run(parts: &[Term], operator: BinaryOperator) -> usize {
    let Some((subject, literal)) = parts.first().and_then(|part| compared(part, operator)) else {
        return 0;
    };
    let like = |part: &&Term| {
        compared(part, operator)
            .is_some_and(|(other, found)| alike(literal, found) && other.same(subject))
    };
    parts.iter().take_while(like).count()
}

/// What is compared with a literal, and the literal.
fn compared(term: &Term, operator: BinaryOperator) -> Option<(&Term, &Value)> {
    let TermKind::Binary(found, sides) = &term.kind else {
        return None;
    };
    let [left, right] = sides.as_ref();
    match (&left.kind, &right.kind) {
        (TermKind::Literal(_), TermKind::Literal(_)) => None,
        (_, TermKind::Literal(value)) if *found == operator => Some((left, value)),
        (TermKind::Literal(value), _) if *found == operator => Some((right, value)),
        _ => None,
    }
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(_), Value::String(_)) | (Value::Long(_), Value::Long(_)) => true,
        (Value::Entity(one), Value::Entity(other)) => one.ty == other.ty,
        _ => false,
    }
}

fn report(
    policy: &Policy<'_>,
    place: &Placed<'_>,
    these: &[Term],
    (subject, operator): (&Term, BinaryOperator),
    keys: &mut Keys,
    found: &mut Found<'_>,
) {
    let literals: Vec<&Term> = these.iter().filter_map(|part| literal(part)).collect();
    let (Some(first), Some(last)) = (these.first(), these.last()) else {
        return;
    };
    let (first, last) = (
        operand(policy.file, first, place.term),
        operand(policy.file, last, place.term),
    );
    let span = match is_whole(place, these) {
        true => place.term.span,
        false => Span::new(first.start, last.end().saturating_sub(first.start)),
    };
    let count = literals.len();
    let finding = found
        .policy(policy, span, format!("{count} comparisons hold one value to {count} literals"))
        .help("ask once whether a set holds the value, with `[…].contains(…)`; a literal is then added in one place");
    keys.tell_apart(finding);
    if !may_be_in_set(policy, subject, literals.first().copied()) {
        return;
    }
    let literals: Vec<String> = literals.iter().map(|term| written(policy, term)).collect();
    let (sign, binds) = match operator {
        BinaryOperator::NotEq => ("!", Binding::Unary),
        _ => ("", Binding::Member),
    };
    let text = format!(
        "{sign}[{}].contains({})",
        literals.join(", "),
        written(policy, subject)
    );
    let edited = match is_whole(place, these) {
        true => replace(policy, place, text.clone(), binds),
        false if is_balanced(policy.text(span)) => edit(policy, span, text.clone()),
        false => None,
    };
    if let Some(edited) = edited {
        finding.fix(format!("write `{}`", short(&text)), [edited]);
    }
}

fn is_whole(place: &Placed<'_>, these: &[Term]) -> bool {
    match &place.term.kind {
        TermKind::Or(parts) | TermKind::And(parts) => parts.len() == these.len(),
        _ => false,
    }
}

fn literal(term: &Term) -> Option<&Term> {
    let parts = term.parts();
    parts
        .into_iter()
        .rev()
        .find(|part| matches!(part.kind, TermKind::Literal(_)))
}

/// Whether a set of these literals may hold the value, as far as the schema says: what compares entities of two types is
/// false, and a set that is asked for an entity of another type is an error of types.
fn may_be_in_set(policy: &Policy<'_>, subject: &Term, literal: Option<&Term>) -> bool {
    let Some(entity) = literal.and_then(Term::as_entity) else {
        return true;
    };
    policy.context.schema().is_none()
        || typed(policy, subject).is_some_and(|typed| typed.is_of_type(&entity.ty))
}
