//! AZ508: a condition on principal, action or resource that the scope can hold.

use super::shared_edits::{count_comments, edit, is_balanced, operand, short};
use super::shared_total::is_total;
use crate::cedar::{BinaryOperator, Clause, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{Span, Variable};
use crate::repository::LintLevel;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ508",
    slug: "condition-belongs-in-scope",
    title: "a condition that the scope can hold",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("condition-belongs-in-scope.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut moved = BTreeSet::new();
    // Whether nothing so far can raise an error.
    let mut total = true;
    for clause in &policy.syntax.clauses {
        let parts = match &clause.body.kind {
            TermKind::And(parts) if !clause.unless => parts.as_slice(),
            _ => std::slice::from_ref(&clause.body),
        };
        for (at, part) in parts.iter().enumerate() {
            if !clause.unless
                && let Some((variable, text)) = scope_part(policy, part)
                && let Some(scope) = policy.syntax.scope_of(variable)
                && scope.is_free()
                && moved.insert(word(variable))
            {
                let name = word(variable);
                let message = match policy.has_places() {
                    true => {
                        format!("the scope leaves the {name} free, and this condition names it")
                    }
                    false => format!("the scope leaves the {name} free, and a condition names it"),
                };
                let finding = found.policy(policy, part.span, message);
                finding.key(format!("{name} {text}"));
                let edits = [
                    edit(policy, scope.span, text.clone()),
                    without(policy, clause, parts, at),
                ];
                match edits {
                    [Some(put), Some(take)] if total => {
                        finding
                            .help(format!("move it into the scope: `{}`", short(&text)))
                            .fix(
                                format!("move `{}` into the scope", short(&text)),
                                [put, take],
                            );
                    }
                    _ if total => {
                        finding.help(format!("move it into the scope: `{}`", short(&text)));
                    }
                    _ => {
                        finding.help(format!("move it into the scope, `{}`; a condition before it can raise an error, which it then no longer does for other requests", short(&text)));
                    }
                }
            }
            total &= is_total(part);
        }
    }
}

fn word(variable: Variable) -> &'static str {
    match variable {
        Variable::Principal => "principal",
        Variable::Action => "action",
        Variable::Resource => "resource",
        Variable::Context => "context",
    }
}

/// What an expression says of a variable, as a scope would put it; nothing where a scope cannot say it.
fn scope_part(policy: &Policy<'_>, term: &Term) -> Option<(Variable, String)> {
    let variable = |term: &Term| match &term.kind {
        TermKind::Variable(variable) if *variable != Variable::Context => Some(*variable),
        _ => None,
    };
    let entity = |term: &Term| term.as_entity().map(ToString::to_string);
    match &term.kind {
        TermKind::Binary(BinaryOperator::Eq, sides) => {
            let [left, right] = sides.as_ref();
            let (variable, entity) = match (variable(left), variable(right)) {
                (Some(variable), None) => (variable, entity(right)?),
                (None, Some(variable)) => (variable, entity(left)?),
                _ => return None,
            };
            Some((variable, format!("{} == {entity}", word(variable))))
        }
        TermKind::Binary(BinaryOperator::In, sides) => {
            let [left, right] = sides.as_ref();
            let variable = variable(left)?;
            let group = match &right.kind {
                // Only of actions a scope takes a list.
                TermKind::Set(items) if variable == Variable::Action && !items.is_empty() => {
                    let items: Option<Vec<String>> = items.iter().map(entity).collect();
                    format!("[{}]", items?.join(", "))
                }
                _ => entity(right)?,
            };
            Some((variable, format!("{} in {group}", word(variable))))
        }
        TermKind::Is(of, ty, group) => {
            let variable = variable(of).filter(|variable| *variable != Variable::Action)?;
            let group = match group {
                Some(group) => format!(" in {}", entity(group)?),
                None => String::new(),
            };
            Some((variable, format!("{} is {ty}{group}", word(variable))))
        }
        _ => None,
    }
    .filter(|(variable, _)| {
        // An action of the scope is one; of a condition it may be anything.
        *variable != Variable::Action || are_actions(policy, term)
    })
}

fn are_actions(policy: &Policy<'_>, term: &Term) -> bool {
    let is_action = |ty: &str| ty == "Action" || ty.ends_with("::Action");
    let known = |term: &Term| {
        term.as_entity().is_none_or(|entity| {
            is_action(&entity.ty)
                && policy
                    .context
                    .schema()
                    .is_none_or(|schema| schema.action(entity).is_some())
        })
    };
    term.walk().all(known)
}

/// The edit that takes a conjunct out of a clause, and the clause with it where nothing else is in it.
fn without(
    policy: &Policy<'_>,
    clause: &Clause,
    parts: &[Term],
    at: usize,
) -> Option<(Span, String)> {
    let place = |at: usize| {
        parts
            .get(at)
            .map(|part| operand(policy.file, part, &clause.body))
    };
    let between = |start: usize, end: usize| Span::new(start, end.saturating_sub(start));
    let span = match (at.checked_sub(1).and_then(place), place(at), place(at + 1)) {
        (None, Some(own), Some(next)) => between(own.start, next.start),
        (Some(before), Some(own), _) => between(before.end(), own.end()),
        _ => {
            let text = policy.file.text.get(..clause.span.start)?;
            let ahead = text.trim_end();
            let line = ahead.rsplit('\n').next().unwrap_or_default();
            // What follows must not become part of a comment.
            let start = match count_comments(line) {
                0 => ahead.len(),
                _ => clause.span.start,
            };
            between(start, clause.span.end())
        }
    };
    let text = policy.text(span);
    let fits = policy.has_places() && is_balanced(text) && count_comments(text) == 0;
    fits.then(|| (span, String::new()))
}
