//! Expressions with where they stand: how tightly they must bind there, whether only a boolean may stand there, and what
//! they are by the schema.

use crate::cedar::{BinaryOperator, Syntax, Term, TermKind, Typed};
use crate::lint::context::Policy;
use crate::lint::found::Finding;
use crate::model::{Value, Variable};
use std::collections::BTreeMap;

/// How tightly an expression binds, from `if` to what needs no brackets anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    /// `if a then b else c`
    Open,
    /// `a || b`
    Or,
    /// `a && b`
    And,
    /// `a == b`, `a in b`, `a has b`, `a like "…"`, `a is T`
    Relation,
    /// `a + b`
    Sum,
    /// `a * b`
    Product,
    /// `!a`, `-a`
    Unary,
    /// `a.b`, `a.f(b)`, literals, variables, sets and records
    Member,
}

/// An expression and its place in the expression around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'s> {
    /// The expression.
    pub(super) term: &'s Term,
    /// The expression around it.
    pub(super) parent: Option<&'s Term>,
    /// What binds less tightly needs brackets here.
    pub(super) room: Binding,
    /// Whether everything but a boolean is an error here.
    pub(super) truth: bool,
}

/// Every expression of every clause, parents before their parts.
pub(super) fn placed(syntax: &Syntax) -> Vec<Placed<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<Placed<'_>> = syntax
        .clauses
        .iter()
        .rev()
        .map(|clause| Placed {
            term: &clause.body,
            parent: None,
            room: Binding::Open,
            truth: true,
        })
        .collect();
    while let Some(next) = open.pop() {
        found.push(next);
        let mut parts = parts(next.term, next.truth);
        parts.reverse();
        open.extend(parts);
    }
    found
}

fn parts(term: &Term, truth: bool) -> Vec<Placed<'_>> {
    let of = |part, room, truth| Placed {
        term: part,
        parent: Some(term),
        room,
        truth,
    };
    let (first, others, truths) = match &term.kind {
        TermKind::And(_) => (Binding::Relation, Binding::Relation, true),
        TermKind::Or(_) => (Binding::And, Binding::And, true),
        TermKind::Not(_) => (Binding::Member, Binding::Member, true),
        TermKind::If(parts) => {
            let [test, then, other] = parts.as_ref();
            return vec![
                of(test, Binding::Open, true),
                of(then, Binding::Open, truth),
                of(other, Binding::Open, truth),
            ];
        }
        TermKind::Binary(operator, _) => match binding_of(*operator) {
            Binding::Relation => (Binding::Sum, Binding::Sum, false),
            Binding::Member => (Binding::Member, Binding::Open, false),
            _ => (Binding::Unary, Binding::Unary, false),
        },
        TermKind::Has(..) | TermKind::Like(..) | TermKind::Is(..) => {
            (Binding::Sum, Binding::Sum, false)
        }
        TermKind::Neg(_) | TermKind::IsEmpty(_) | TermKind::Get(..) => {
            (Binding::Member, Binding::Member, false)
        }
        // A method's receiver stands first; a function's argument may be bracketed once more.
        TermKind::Call(..) => (Binding::Member, Binding::Open, false),
        TermKind::Set(_) | TermKind::Record(_) => (Binding::Open, Binding::Open, false),
        TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot | TermKind::Deep => {
            return Vec::new();
        }
    };
    let rooms = std::iter::once(first).chain(std::iter::repeat(others));
    let parts = term.parts().into_iter().zip(rooms);
    parts.map(|(part, room)| of(part, room, truths)).collect()
}

fn binding_of(operator: BinaryOperator) -> Binding {
    use BinaryOperator as B;
    match operator {
        B::Eq | B::NotEq | B::Less | B::LessEq | B::Greater | B::GreaterEq | B::In => {
            Binding::Relation
        }
        B::Add | B::Sub => Binding::Sum,
        B::Mul => Binding::Product,
        B::Contains | B::ContainsAll | B::ContainsAny | B::GetTag | B::HasTag => Binding::Member,
    }
}

/// How tightly an expression binds, as it is written.
pub(super) fn binding(policy: &Policy<'_>, term: &Term) -> Binding {
    match &term.kind {
        // Cedar reads `true && false` as what it comes to.
        TermKind::Literal(Value::Bool(flag)) if policy.text(term.span) != flag.to_string() => {
            Binding::Open
        }
        TermKind::If(_) | TermKind::Deep => Binding::Open,
        TermKind::Or(_) => Binding::Or,
        TermKind::And(_) => Binding::And,
        TermKind::Binary(operator, _) => binding_of(*operator),
        TermKind::Has(..) | TermKind::Like(..) | TermKind::Is(..) => Binding::Relation,
        TermKind::Not(_) | TermKind::Neg(_) => Binding::Unary,
        TermKind::Literal(Value::Long(number)) if *number < 0 => Binding::Unary,
        TermKind::Literal(_)
        | TermKind::Variable(_)
        | TermKind::Slot
        | TermKind::IsEmpty(_)
        | TermKind::Call(..)
        | TermKind::Get(..)
        | TermKind::Set(_)
        | TermKind::Record(_) => Binding::Member,
    }
}

/// How it is known what an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// By its form, for every request; or what is nothing of the kind is an error whichever way it is written.
    ByForm,
    /// By the schema, where the policy has no type error: for the requests that conform to it.
    BySchema,
}

impl Known {
    fn of(by_form: bool, by_schema: impl FnOnce() -> bool) -> Option<Self> {
        match by_form {
            true => Some(Known::ByForm),
            false => by_schema().then_some(Known::BySchema),
        }
    }
}

/// How it is known that an expression is a boolean or an error.
pub(super) fn gives_bool(policy: &Policy<'_>, term: &Term) -> Option<Known> {
    let by_form = match &term.kind {
        TermKind::And(_)
        | TermKind::Or(_)
        | TermKind::Not(_)
        | TermKind::Has(..)
        | TermKind::Like(..)
        | TermKind::Is(..)
        | TermKind::IsEmpty(_)
        | TermKind::Literal(Value::Bool(_)) => true,
        TermKind::Binary(operator, _) => !matches!(
            operator,
            BinaryOperator::Add
                | BinaryOperator::Sub
                | BinaryOperator::Mul
                | BinaryOperator::GetTag
        ),
        _ => false,
    };
    Known::of(by_form, || typed(policy, term).is_some_and(Typed::is_bool))
}

/// How it is known that an expression is an entity or an error.
pub(super) fn gives_entity(policy: &Policy<'_>, term: &Term) -> Option<Known> {
    let by_form = match &term.kind {
        TermKind::Literal(Value::Entity(_)) | TermKind::Slot => true,
        TermKind::Variable(variable) => *variable != Variable::Context,
        _ => false,
    };
    Known::of(by_form, || {
        typed(policy, term).is_some_and(Typed::is_entity)
    })
}

/// What the schema says of an expression, where the policy has no type error.
pub(super) fn typed<'p>(policy: &'p Policy<'_>, term: &Term) -> Option<&'p Typed> {
    let typing = policy.typing().filter(|typing| typing.is_clean())?;
    typing.at(term.span).filter(|_| term.span.len > 0)
}

/// Tells findings of one policy that mark the same text apart.
#[derive(Default)]
pub(super) struct Keys(BTreeMap<String, usize>);

impl Keys {
    /// Gives a finding a key that none before it has.
    pub(super) fn tell_apart(&mut self, finding: &mut Finding) {
        let count = self.0.entry(finding.key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.key = format!("{}#{count}", finding.key);
        }
    }
}
