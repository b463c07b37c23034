//! AZ208: a pattern where Cedar compares letter by letter.

use super::shared_operand::{Kind, kind};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Span};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ208",
    slug: "literal-star",
    title: "`*` and `?` mean themselves outside of `like`",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("literal-star.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for term in policy.syntax.terms() {
        let TermKind::Binary(operator, sides) = &term.kind else {
            continue;
        };
        let [left, right] = sides.as_ref();
        match operator {
            BinaryOperator::Eq | BinaryOperator::NotEq => {
                let pair = match (left.as_text(), right.as_text()) {
                    (None, Some(_)) => Some((left, right)),
                    (Some(_), None) => Some((right, left)),
                    _ => None,
                };
                if let Some((operand, literal)) = pair {
                    equal(policy, term, operand, literal, *operator, found);
                }
            }
            BinaryOperator::Contains
            | BinaryOperator::ContainsAll
            | BinaryOperator::ContainsAny => {
                in_set(policy, term, left, right, found);
            }
            BinaryOperator::Less
            | BinaryOperator::LessEq
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEq
            | BinaryOperator::Add
            | BinaryOperator::Sub
            | BinaryOperator::Mul
            | BinaryOperator::In
            | BinaryOperator::GetTag
            | BinaryOperator::HasTag => {}
        }
    }
    entities(policy, found);
}

/// What is said of every finding, and that of the fix.
const HELP: &str = "`like` is the operator for patterns, and `*` its only sign";

fn equal(
    policy: &Policy<'_>,
    whole: &Term,
    operand: &Term,
    literal: &Term,
    operator: BinaryOperator,
    found: &mut Found<'_>,
) {
    let Some(text) = literal.as_text() else {
        return;
    };
    // A shell and a database take stars from whoever writes them.
    let Some(sign) = sign(text).filter(|_| !is_code(operand)) else {
        return;
    };
    let finding = found
        .policy(
            policy,
            whole.span,
            format!("this compares with the very text `{text}`: `{sign}` stands for itself here"),
        )
        .help(HELP);
    if sign == '?' {
        finding.level(LintLevel::Info);
    }
    if policy.has_places() && is_plain_pattern(text) {
        let (operand, pattern) = (policy.text(operand.span), policy.text(literal.span));
        let like = match operator {
            BinaryOperator::NotEq => format!("!({operand} like {pattern})"),
            _ => format!("{operand} like {pattern}"),
        };
        finding.fix(format!("write `{like}`"), [(whole.span, like)]);
    }
}

fn in_set(policy: &Policy<'_>, whole: &Term, set: &Term, asked: &Term, found: &mut Found<'_>) {
    // What is held against a literal set is one of its texts, and no pattern. A set of the request may hold patterns as
    // data, as `files:*` among scopes.
    let TermKind::Set(items) = &set.kind else {
        return;
    };
    let signs = items
        .iter()
        .filter_map(|item| Some((item.as_text()?, sign(item.as_text()?)?)));
    let Some((text, sign)) = signs.min_by_key(|(_, sign)| *sign != '*') else {
        return;
    };
    if asked.is_constant() || is_code(asked) {
        return;
    }
    let finding = found
        .policy(
            policy,
            whole.span,
            format!("the set holds the very text `{text}`: `{sign}` stands for itself here"),
        )
        .help(HELP);
    if sign == '?' {
        finding.level(LintLevel::Info);
    }
    let plain = items.iter().all(|item| {
        item.as_text()
            .is_some_and(|text| self::sign(text).is_none() || is_plain_pattern(text))
    });
    if policy.has_places() && plain && is_contains(whole) {
        let operand = policy.text(asked.span);
        let each = items.iter().map(|item| {
            let operator = match item.as_text().and_then(self::sign) {
                Some(_) => "like",
                None => "==",
            };
            format!("{operand} {operator} {}", policy.text(item.span))
        });
        let all = each.collect::<Vec<_>>().join(" || ");
        finding.fix(
            "compare with each pattern by `like`",
            [(whole.span, format!("({all})"))],
        );
    }
}

fn is_contains(term: &Term) -> bool {
    matches!(term.kind, TermKind::Binary(BinaryOperator::Contains, _))
}

/// Entities whose id is a pattern, in the scope and in conditions.
fn entities(policy: &Policy<'_>, found: &mut Found<'_>) {
    let scope = policy
        .syntax
        .scope
        .iter()
        .filter_map(|part| part.test.as_ref());
    let in_scope =
        scope.flat_map(|test| test.entities.iter().map(|(entity, span)| (entity, *span)));
    let in_terms = policy
        .syntax
        .terms()
        .filter_map(|term| Some((term.as_entity()?, term.span)));
    let all: Vec<(&EntityRef, Span)> = in_scope.chain(in_terms).collect();
    for (entity, span) in all {
        let pattern = entity.id.as_ref() == "*" || sign(&entity.id) == Some('*');
        let closed = policy
            .context
            .schema()
            .is_some_and(|schema| schema.is_closed(&entity.ty));
        let action = entity.ty.rsplit("::").next() == Some("Action");
        if !pattern || closed || action || policy.context.version.store.contains(entity) {
            continue;
        }
        found
            .policy(
                policy,
                span,
                format!("this is the one entity with the id `{}`: ids are no patterns", entity.id),
            )
            .help(format!(
                "put the entities that are meant into a group, and ask with `in`; to ask for the type alone, write `is {}`",
                entity.ty
            ));
    }
}

/// The sign by which a text looks like a pattern: `*` beside letters, or `?` within them. What holds spaces is a sentence,
/// a command or a schedule.
fn sign(text: &str) -> Option<char> {
    let words = text.chars().any(char::is_alphanumeric) && !text.contains(char::is_whitespace);
    if words && text.contains('*') {
        return Some('*');
    }
    let inner = text.trim_matches('?');
    let is_query = text.contains("://") || text.contains('=');
    (words && !is_query && inner.contains('?')).then_some('?')
}

/// Whether a text means as a pattern of `like` what it looks like: no other sign of patterns, and no regular expression.
fn is_plain_pattern(text: &str) -> bool {
    let other =
        text.contains(['?', '[', '{', '^', '$', '+', '|', '(', '\\']) || text.contains(".*");
    !other && text.contains('*')
}

fn is_code(operand: &Term) -> bool {
    matches!(kind(operand), Kind::Command | Kind::Query)
}
