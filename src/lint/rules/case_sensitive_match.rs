//! AZ212: what is kept out by its name passes in great letters.

use super::shared_operand::{Kind, is_normalized, kind, named};
use super::shared_pattern::{likes, matches, opens, other_case};
use super::substring_blocklist::is_blocklist;
use crate::cedar::{BinaryOperator, Polarity, Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::model::{PatternPart, Span};
use crate::repository::{Derivation, LintLevel};

pub(super) static LINT: Lint = Lint {
    code: "AZ212",
    slug: "case-sensitive-match",
    title: "a host, path or address that is kept out passes in other letters",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("case-sensitive-match.md"),
};

/// What is kept out, and what passes instead.
struct Kept<'p> {
    operand: &'p Term,
    span: Span,
    passes: String,
}

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut kept: Vec<Kept<'_>> = Vec::new();
    // A substring that is kept out is said to be avoidable already.
    for like in likes(policy) {
        let text = turned(like.pattern);
        let blocks = like.opens == Some(false) && !is_blocklist(policy, &like);
        if blocks && !matches(like.pattern, &text) {
            kept.push(Kept {
                operand: like.operand,
                span: like.term.span,
                passes: text,
            });
        }
    }
    for (term, polarity) in policy.syntax.atoms() {
        if let Some((operand, text)) = compared(policy, term, polarity) {
            kept.push(Kept {
                operand,
                span: term.span,
                passes: other_case(text),
            });
        }
    }
    kept.retain(|kept| depends_on_case(policy, kept.operand));
    kept.sort_by_key(|kept| kept.span.start);
    while !kept.is_empty() {
        let first = kept.remove(0);
        let (same, others) = kept
            .into_iter()
            .partition::<Vec<_>, _>(|other| other.operand.same(first.operand));
        kept = others;
        let operand = named(policy, first.operand);
        let why = match kind(first.operand) {
            Kind::Path => "where the file system does not tell case apart, it is the same file",
            Kind::Tool => "a harness may look tools up without regard to case",
            _ => "names of hosts and addresses are the same in all cases",
        };
        let finding = found
            .policy(
                policy,
                first.span,
                format!("`{}` passes: {operand} is compared with regard to case", first.passes),
            )
            .help(format!(
                "{why}; Cedar cannot turn letters, so let the harness hand over {operand} in small letters, or permit what is known instead"
            ));
        for other in same.iter().filter(|other| other.span.len > 0) {
            finding.label(other.span, "here too");
        }
    }
}

/// What a pattern matches, in other letters.
fn turned(pattern: &[PatternPart]) -> String {
    let parts = pattern.iter().map(|part| match part {
        PatternPart::Wildcard => "x".to_owned(),
        PatternPart::Text(text) => other_case(text),
    });
    parts.collect()
}

/// Whether a text comes from the agent, and means the same in small and in great letters.
fn depends_on_case(policy: &Policy<'_>, operand: &Term) -> bool {
    let insensitive = match kind(operand) {
        Kind::Path | Kind::Url | Kind::Host | Kind::Mail | Kind::Tool => true,
        Kind::Command | Kind::Query | Kind::Other => false,
    };
    let small = [
        Derivation::Host,
        Derivation::Scheme,
        Derivation::EmailDomain,
    ];
    insensitive
        && !is_normalized(operand)
        && !policy.is_derived(operand, &small)
        && policy.trust(operand) == Some(Trust::Agent)
}

/// What `==` or `[…].contains(…)` keeps out, and the first text of it that has letters.
fn compared<'p>(
    policy: &Policy<'_>,
    term: &'p Term,
    polarity: Polarity,
) -> Option<(&'p Term, &'p str)> {
    let TermKind::Binary(operator, sides) = &term.kind else {
        return None;
    };
    let [left, right] = sides.as_ref();
    let polarity = match operator {
        BinaryOperator::NotEq => polarity.flipped(),
        _ => polarity,
    };
    if opens(policy, polarity) != Some(false) {
        return None;
    }
    // A star there is meant as a pattern, which is another mistake.
    let has_case = |text: &&str| other_case(text) != **text && !text.contains('*');
    match operator {
        BinaryOperator::Eq | BinaryOperator::NotEq => {
            let (operand, literal) = match right.as_text() {
                Some(_) => (left, right),
                None => (right, left),
            };
            Some((operand, literal.as_text().filter(has_case)?))
        }
        BinaryOperator::Contains => {
            let TermKind::Set(items) = &left.kind else {
                return None;
            };
            Some((
                right,
                items.iter().filter_map(Term::as_text).find(has_case)?,
            ))
        }
        _ => None,
    }
}
