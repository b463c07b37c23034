//! Where an expression stands in its policy: what holds when it is evaluated, and the connectives around it.

use super::shared_logic::follows;
use crate::cedar::{Clause, Demand, Syntax, Term, TermKind};

/// The clause in which an expression stands.
pub(super) fn clause_of<'s>(syntax: &'s Syntax, target: &Term) -> Option<&'s Clause> {
    let mut clauses = syntax.clauses.iter();
    clauses.find(|clause| holds(&clause.body, target))
}

/// What holds, without an error, when an expression is evaluated: the clauses before its own, and in its own what Cedar
/// evaluates before it. The expression is one of the syntax, not a copy.
pub(super) fn before<'s>(syntax: &'s Syntax, target: &Term) -> Vec<Demand<'s>> {
    let mut found = Vec::new();
    for clause in &syntax.clauses {
        if holds(&clause.body, target) {
            descend(&clause.body, target, &mut found);
            return found;
        }
        found.push(Demand {
            term: &clause.body,
            denied: clause.unless,
        });
    }
    found
}

fn descend<'s>(term: &'s Term, target: &Term, out: &mut Vec<Demand<'s>>) {
    if std::ptr::eq(term, target) {
        return;
    }
    let earlier = |denied: bool, parts: &'s [Term], out: &mut Vec<Demand<'s>>| {
        for part in parts {
            if holds(part, target) {
                descend(part, target, out);
                return;
            }
            out.push(Demand { term: part, denied });
        }
    };
    match &term.kind {
        TermKind::And(parts) => earlier(false, parts, out),
        TermKind::Or(parts) => earlier(true, parts, out),
        TermKind::If(parts) => {
            let [test, then, other] = parts.as_ref();
            let branch = |denied: bool, branch: &'s Term, out: &mut Vec<Demand<'s>>| {
                out.push(Demand { term: test, denied });
                descend(branch, target, out);
            };
            if holds(then, target) {
                branch(false, then, out);
            } else if holds(other, target) {
                branch(true, other, out);
            } else {
                descend(test, target, out);
            }
        }
        _ => {
            let within = term.parts().into_iter().find(|part| holds(part, target));
            if let Some(within) = within {
                descend(within, target, out);
            }
        }
    }
}

/// Whether an expression is another one or a part of it.
pub(super) fn holds(term: &Term, target: &Term) -> bool {
    term.walk().any(|part| std::ptr::eq(part, target))
}

/// Whether a condition surely holds where an expression is evaluated.
pub(super) fn is_known(syntax: &Syntax, at: &Term, condition: &Term) -> bool {
    let known = before(syntax, at);
    follows(
        &known,
        Demand {
            term: condition,
            denied: false,
        },
    )
}

/// A step from a connective to one of its operands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'s> {
    /// The connective.
    pub of: &'s Term,
    /// The number of the operand, from 0.
    pub at: usize,
    /// The operand.
    pub to: &'s Term,
}

/// The steps through `&&`, `||`, `!` and `if` from a condition to the atom in which an expression stands.
pub(super) fn steps<'s>(body: &'s Term, target: &Term) -> Vec<Step<'s>> {
    let mut found = Vec::new();
    let mut here = body;
    while !std::ptr::eq(here, target) && is_connective(here) {
        let parts = here.parts();
        let Some(at) = parts.iter().position(|part| holds(part, target)) else {
            break;
        };
        let Some(to) = parts.get(at).copied() else {
            break;
        };
        found.push(Step { of: here, at, to });
        here = to;
    }
    found
}

/// Whether an expression is made of conditions that are evaluated one by one.
pub(super) fn is_connective(term: &Term) -> bool {
    matches!(
        term.kind,
        TermKind::And(_) | TermKind::Or(_) | TermKind::Not(_) | TermKind::If(_)
    )
}
