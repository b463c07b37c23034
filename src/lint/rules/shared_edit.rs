//! Edits of policies that several lints make: a condition is left out, a guard is put in front, a policy is deleted.

use super::shared_within::{Step, clause_of, holds, is_connective, steps};
use crate::cedar::{Clause, Term, TermKind};
use crate::lint::context::Policy;
use crate::model::{Span, Variable};

/// Pieces of a policy's file and what takes their place.
pub(super) type Edits = Vec<(Span, String)>;

/// Leaves a condition out: an operand of `&&` or `||`, or a clause. Nothing where it stands elsewhere, or where a comment
/// would go with it.
pub(super) fn left_out(policy: &Policy<'_>, term: &Term) -> Option<Edits> {
    if !policy.has_places() {
        return None;
    }
    let clause = clause_of(&policy.syntax, term)?;
    let span = if std::ptr::eq(&clause.body, term) {
        clause_with_space(policy, clause)
    } else {
        let parent = steps(&clause.body, term).pop()?;
        let (TermKind::And(parts) | TermKind::Or(parts)) = &parent.of.kind else {
            return None;
        };
        if !std::ptr::eq(parent.to, term) {
            return None;
        }
        let own = bracketed(policy, term.span);
        match parent.at.checked_sub(1).and_then(|at| parts.get(at)) {
            None => {
                let next = bracketed(policy, parts.get(1)?.span);
                // Cedar reads `false || false` as one literal, at the place of the whole chain.
                between(own.end(), next.start)?;
                between(own.start, next.start)?
            }
            Some(previous) => {
                // Brackets around some operands of a chain end between them: `(a && b) && c`.
                let previous = bracketed(policy, previous.span).end();
                let gap = policy.text(between(previous, own.start)?);
                let kept = gap.rfind(')').map_or(0, |at| at + 1);
                let operator = gap.get(kept..)?.trim();
                let plain = gap
                    .get(..kept)?
                    .chars()
                    .all(|letter| letter == ')' || letter.is_whitespace());
                if !plain || !["&&", "||"].contains(&operator) {
                    return None;
                }
                between(previous + kept, own.end())?
            }
        }
    };
    let comment = policy.text(span).contains("//");
    (!comment).then(|| vec![(span, String::new())])
}

fn between(from: usize, to: usize) -> Option<Span> {
    Some(Span::new(from, to.checked_sub(from)?))
}

/// A clause with what separates it from the text before, unless that is the end of a comment.
fn clause_with_space(policy: &Policy<'_>, clause: &Clause) -> Span {
    let before = policy
        .file
        .text
        .get(..clause.span.start)
        .unwrap_or_default();
    let kept = before.trim_end();
    let line = kept.lines().last().unwrap_or_default();
    match line.contains("//") {
        true => clause.span,
        false => Span::new(kept.len(), clause.span.end() - kept.len()),
    }
}

/// An expression with the brackets around it.
pub(super) fn bracketed(policy: &Policy<'_>, span: Span) -> Span {
    let text = &policy.file.text;
    let mut span = span;
    loop {
        let before = text.get(..span.start).unwrap_or_default().trim_end();
        let after = text.get(span.end()..).unwrap_or_default();
        let inner = after.trim_start();
        if !before.ends_with('(') || !inner.starts_with(')') {
            return span;
        }
        let end = span.end() + (after.len() - inner.len()) + 1;
        let start = before.len() - 1;
        span = Span::new(start, end - start);
    }
}

/// A policy with the comment that stands directly above it, to the end of its last line.
pub(super) fn deleted(policy: &Policy<'_>) -> Option<Edits> {
    let is_linked = |id: &str| {
        let mut links = policy.context.version.links.iter();
        links.any(|link| link.template.as_ref() == id)
    };
    if !policy.has_places() || is_linked(&policy.id()) {
        return None;
    }
    let text = &policy.file.text;
    let span = policy.parsed.span;
    let before = text.get(..span.start)?;
    let mut start = before.rfind('\n').map_or(0, |at| at + 1);
    let after = text.get(span.end()..)?;
    let (rest, _) = after.split_once('\n').unwrap_or((after, ""));
    let alone = before.get(start..)?.trim().is_empty() && rest.trim().is_empty();
    if !alone {
        return Some(vec![(span, String::new())]);
    }
    while let Some(above) = text.get(..start.saturating_sub(1)) {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        let comment = above
            .get(line..)
            .is_some_and(|line| line.trim_start().starts_with("//"));
        if start == 0 || !comment {
            break;
        }
        start = line;
    }
    let mut end = (span.end() + rest.len() + 1).min(text.len());
    // One of the empty lines around it goes with it.
    let next = text.get(end..).unwrap_or_default();
    if next.starts_with('\n') {
        end += 1;
    } else if next.is_empty() && text.get(..start).is_some_and(|kept| kept.ends_with("\n\n")) {
        start -= 1;
    }
    Some(vec![(between(start, end)?, String::new())])
}

/// Puts a guard in front of what reads something that may not be there, so that an error becomes a value.
///
/// In a permit, a request for which the read raised an error is still not permitted: the guard stands where its `false`
/// makes the policy not apply, and where everything behind it was always evaluated. In a forbid, the condition that reads
/// is false where there is nothing to read, so that an `unless` no longer excepts such a request. Nothing where no such
/// place is found.
pub(super) fn guarded(policy: &Policy<'_>, read: &Term, guard: &str) -> Option<Edits> {
    if !policy.has_places() {
        return None;
    }
    let clause = clause_of(&policy.syntax, read)?;
    let path = steps(&clause.body, read);
    let atom = path.last().map_or(&clause.body, |step| step.to);
    if is_connective(atom) || !is_always_read(atom, read) {
        return None;
    }
    if policy.is_forbid() {
        let tested = |step: &Step<'_>| matches!(step.of.kind, TermKind::If(_)) && step.at == 0;
        if path.iter().any(tested) {
            return None;
        }
        return Some(in_front(policy, atom, path.last(), guard));
    }
    for length in (0..=path.len()).rev() {
        let (outside, inside) = path.split_at(length);
        let place = outside.last().map_or(&clause.body, |step| step.to);
        if inside.iter().all(|step| step.at == 0) && refuses(outside, clause.unless) {
            return Some(in_front(policy, place, outside.last(), guard));
        }
    }
    if clause.unless && path.iter().all(|step| step.at == 0) {
        let text = format!("when {{ {guard} }}\n");
        return Some(vec![(Span::new(clause.span.start, 0), text)]);
    }
    None
}

/// Whether an expression is evaluated wherever the one around it is: in no branch, and in no operand that `&&` or `||` may
/// pass over.
fn is_always_read(around: &Term, read: &Term) -> bool {
    if std::ptr::eq(around, read) {
        return true;
    }
    let parts = around.parts();
    let Some(at) = parts.iter().position(|part| holds(part, read)) else {
        return false;
    };
    let passed_over = matches!(
        around.kind,
        TermKind::And(_) | TermKind::Or(_) | TermKind::If(_)
    );
    (at == 0 || !passed_over) && parts.get(at).is_some_and(|part| is_always_read(part, read))
}

/// Whether a condition that is false makes the policy not apply, whatever stands beside it.
fn refuses(path: &[Step<'_>], unless: bool) -> bool {
    let mut value = false;
    for step in path.iter().rev() {
        let last = step.at + 1 == step.of.parts().len();
        match &step.of.kind {
            TermKind::And(_) if value && !last => return false,
            TermKind::Or(_) if !value && !last => return false,
            TermKind::If(_) if step.at == 0 => return false,
            TermKind::Not(_) => value = !value,
            _ => {}
        }
    }
    value == unless
}

/// `guard && condition`, in brackets where the condition or what is around it asks for them.
fn in_front(
    policy: &Policy<'_>,
    condition: &Term,
    parent: Option<&Step<'_>>,
    guard: &str,
) -> Edits {
    let span = condition.span;
    let loose = matches!(condition.kind, TermKind::Or(_) | TermKind::If(_));
    let own = bracketed(policy, span) != span;
    let parent = parent.map(|step| &step.of.kind);
    let tight = matches!(parent, Some(TermKind::Or(_) | TermKind::Not(_)));
    let around = tight && !own;
    // A condition in brackets keeps them where the guard goes in front of the brackets.
    let (span, inner) = match own && loose && !tight {
        true => (bracketed(policy, span), false),
        false => (span, loose),
    };
    let open = format!(
        "{}{guard} && {}",
        if around { "(" } else { "" },
        if inner { "(" } else { "" }
    );
    let close = ")".repeat(usize::from(around) + usize::from(inner));
    let mut edits = vec![(Span::new(span.start, 0), open)];
    if !close.is_empty() {
        edits.push((Span::new(span.end(), 0), close));
    }
    edits
}

/// The text of a variable, or of an attribute of one. Cedar gives all parts of `a.b.c` the place of the whole.
pub(super) fn path_text(term: &Term) -> Option<String> {
    let (variable, names) = term.path()?;
    let mut text = variable_name(variable).to_owned();
    for name in names {
        match attribute(name) {
            word if word == name => text = format!("{text}.{word}"),
            quoted => text = format!("{text}[{quoted}]"),
        }
    }
    Some(text)
}

/// An attribute as it is written behind `has`.
pub(super) fn attribute(name: &str) -> String {
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    let word = starts && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let reserved = [
        "true",
        "false",
        "if",
        "then",
        "else",
        "in",
        "like",
        "has",
        "is",
        "__cedar",
        "permit",
        "forbid",
        "when",
        "unless",
        "principal",
        "action",
        "resource",
        "context",
    ];
    match word && !reserved.contains(&name) {
        true => name.to_owned(),
        false => format!("\"{}\"", name.escape_debug()),
    }
}

fn variable_name(variable: Variable) -> &'static str {
    match variable {
        Variable::Principal => "principal",
        Variable::Action => "action",
        Variable::Resource => "resource",
        Variable::Context => "context",
    }
}
