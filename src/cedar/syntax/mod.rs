//! A policy as it is written: its parts with their places, and nothing that a person did not write.
//!
//! Cedar's own tree says what a policy means; this one says how it is put: `a != b` is one operator, `unless` stays
//! apart from `when`, and every part knows its bytes in the file. It is what lints and their fixes work on.

mod read;

pub(super) use read::keep_written;
pub use read::parse_term;

use crate::model::{EntityRef, PatternPart, Span, Value, Variable};
use std::sync::Arc;

/// A policy or template as it is written. Spans are of its file; in Cedar's JSON form they are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Syntax {
    /// The word `permit` or `forbid`.
    pub effect: Span,
    /// The annotations in their order.
    pub annotations: Vec<AnnotationSyntax>,
    /// What stands between the brackets behind the effect, with them.
    pub head: Span,
    /// What is demanded of principal, action and resource, in this order.
    pub scope: Vec<ScopeSyntax>,
    /// Every `when` and `unless`.
    pub clauses: Vec<Clause>,
}

/// An annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationSyntax {
    /// Its key, without `@`.
    pub key: Arc<str>,
    /// Its value; nothing where it has none.
    pub value: Option<Arc<str>>,
    /// From the `@` to the closing bracket.
    pub span: Span,
}

/// What the scope demands of one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeSyntax {
    /// `principal`, `action` or `resource`.
    pub variable: Variable,
    /// The variable with what is demanded.
    pub span: Span,
    /// The type behind `is`.
    pub is: Option<Arc<str>>,
    /// What stands behind `==` or `in`.
    pub test: Option<ScopeTarget>,
}

/// What a variable of the scope is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeTarget {
    /// Whether by `==`; else by `in`.
    pub equal: bool,
    /// Its place.
    pub span: Span,
    /// The entities; none for a slot.
    pub entities: Vec<(EntityRef, Span)>,
    /// Whether they stand in a list.
    pub list: bool,
    /// Whether it is a template's slot.
    pub slot: bool,
}

/// A `when` or `unless`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// From the word to the closing bracket.
    pub span: Span,
    /// The word.
    pub keyword: Span,
    /// Whether it is `unless`.
    pub unless: bool,
    /// What stands between the brackets.
    pub body: Term,
}

/// An expression with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: TermKind,
}

/// What an expression is (<https://docs.cedarpolicy.com/policies/syntax-grammar.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermKind {
    /// A literal: a boolean, a number, a text or an entity.
    Literal(Value),
    /// A variable.
    Variable(Variable),
    /// `?principal` or `?resource`.
    Slot,
    /// `if a then b else c`
    If(Box<[Term; 3]>),
    /// `a && b && …`, at least two.
    And(Vec<Term>),
    /// `a || b || …`, at least two.
    Or(Vec<Term>),
    /// `!a`
    Not(Box<Term>),
    /// `-a`
    Neg(Box<Term>),
    /// An operator on two values, or a method of sets and tags.
    Binary(BinaryOperator, Box<[Term; 2]>),
    /// `a.isEmpty()`
    IsEmpty(Box<Term>),
    /// An extension function or method, the receiver first.
    Call(Arc<str>, Vec<Term>),
    /// `a.b` or `a["b"]`
    Get(Box<Term>, Arc<str>),
    /// `a has b.c`: at least one attribute.
    Has(Box<Term>, Vec<Arc<str>>),
    /// `a like "…"`
    Like(Box<Term>, Vec<PatternPart>),
    /// `a is T` and `a is T in b`
    Is(Box<Term>, Arc<str>, Option<Box<Term>>),
    /// `[a, b]`
    Set(Vec<Term>),
    /// `{a: b}`
    Record(Vec<(Arc<str>, Term)>),
    /// What nests too deep to be looked at.
    Deep,
}

/// An operator on two values, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOperator {
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `in`
    In,
    /// `.contains()`
    Contains,
    /// `.containsAll()`
    ContainsAll,
    /// `.containsAny()`
    ContainsAny,
    /// `.getTag()`
    GetTag,
    /// `.hasTag()`
    HasTag,
}

/// Whether something that becomes true can make the policy apply, or keep it from applying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// True makes it apply.
    Positive,
    /// True keeps it from applying.
    Negative,
    /// Either may be.
    Both,
}

impl Polarity {
    /// The same under a `!`.
    pub fn flipped(self) -> Self {
        match self {
            Polarity::Positive => Polarity::Negative,
            Polarity::Negative => Polarity::Positive,
            Polarity::Both => Polarity::Both,
        }
    }
}

/// A condition that must hold for the policy to apply: a conjunct of a `when`, or, denied, a part of an `unless`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<'s> {
    /// What is asked.
    pub term: &'s Term,
    /// Whether it must be false.
    pub denied: bool,
}

impl Syntax {
    /// Everything that must hold at once for the policy to apply, in Cedar's order: conjuncts are taken apart, and so is
    /// `!(a || b)`.
    pub fn demands(&self) -> Vec<Demand<'_>> {
        let mut found = Vec::new();
        for clause in &self.clauses {
            split(&clause.body, clause.unless, &mut found);
        }
        found
    }

    /// Every boolean part that is no connective, with its polarity, in order.
    pub fn atoms(&self) -> Vec<(&Term, Polarity)> {
        let mut found = Vec::new();
        for clause in &self.clauses {
            let polarity = match clause.unless {
                false => Polarity::Positive,
                true => Polarity::Negative,
            };
            clause.body.atoms(polarity, &mut found);
        }
        found
    }

    /// Every expression of every clause, parents before their parts.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.clauses.iter().flat_map(|clause| clause.body.walk())
    }

    /// What the scope demands of a variable.
    pub fn scope_of(&self, variable: Variable) -> Option<&ScopeSyntax> {
        self.scope.iter().find(|part| part.variable == variable)
    }
}

impl<'s> Demand<'s> {
    /// The demands that hold at once where this one does: `a && b` is two, and so is `!(a || b)`.
    pub fn conjuncts(self) -> Vec<Demand<'s>> {
        let mut found = Vec::new();
        split(self.term, self.denied, &mut found);
        found
    }
}

fn split<'s>(term: &'s Term, denied: bool, out: &mut Vec<Demand<'s>>) {
    match (&term.kind, denied) {
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            for part in parts {
                split(part, denied, out);
            }
        }
        (TermKind::Not(inner), _) => split(inner, !denied, out),
        _ => out.push(Demand { term, denied }),
    }
}

impl ScopeSyntax {
    /// Whether nothing is demanded.
    pub fn is_free(&self) -> bool {
        self.is.is_none() && self.test.is_none()
    }
}

impl Term {
    /// The expression and all its parts, parents first.
    pub fn walk(&self) -> impl Iterator<Item = &Term> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            let behind = open.len();
            next.push_parts(&mut open);
            if let Some(parts) = open.get_mut(behind..) {
                parts.reverse();
            }
            Some(next)
        })
    }

    /// Its direct parts, in order.
    pub fn parts(&self) -> Vec<&Term> {
        let mut parts = Vec::new();
        self.push_parts(&mut parts);
        parts
    }

    fn push_parts<'t>(&'t self, out: &mut Vec<&'t Term>) {
        match &self.kind {
            TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot | TermKind::Deep => {}
            TermKind::If(parts) => out.extend(parts.iter()),
            TermKind::And(parts) | TermKind::Or(parts) | TermKind::Set(parts) => out.extend(parts),
            TermKind::Call(_, parts) => out.extend(parts),
            TermKind::Not(inner) | TermKind::Neg(inner) | TermKind::IsEmpty(inner) => {
                out.push(inner);
            }
            TermKind::Binary(_, parts) => out.extend(parts.iter()),
            TermKind::Get(inner, _) | TermKind::Has(inner, _) | TermKind::Like(inner, _) => {
                out.push(inner);
            }
            TermKind::Is(inner, _, group) => {
                out.push(inner);
                out.extend(group.as_deref());
            }
            TermKind::Record(members) => out.extend(members.iter().map(|(_, member)| member)),
        }
    }

    fn atoms<'s>(&'s self, polarity: Polarity, out: &mut Vec<(&'s Term, Polarity)>) {
        match &self.kind {
            TermKind::And(parts) | TermKind::Or(parts) => {
                for part in parts {
                    part.atoms(polarity, out);
                }
            }
            TermKind::Not(inner) => inner.atoms(polarity.flipped(), out),
            TermKind::If(parts) => {
                let [test, then, other] = parts.as_ref();
                test.atoms(Polarity::Both, out);
                then.atoms(polarity, out);
                other.atoms(polarity, out);
            }
            _ => out.push((self, polarity)),
        }
    }

    /// The text, where it is a literal one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            TermKind::Literal(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The boolean, where it is a literal one.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            TermKind::Literal(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// The entity, where it is a literal one.
    pub fn as_entity(&self) -> Option<&EntityRef> {
        match &self.kind {
            TermKind::Literal(Value::Entity(entity)) => Some(entity),
            _ => None,
        }
    }

    /// Whether it reads nothing of the request: literals, sets and records of them, and calls on them.
    pub fn is_constant(&self) -> bool {
        self.walk().all(|part| {
            !matches!(
                part.kind,
                TermKind::Variable(_) | TermKind::Slot | TermKind::Deep
            )
        })
    }

    /// A variable and the attributes that are read of it, as in `context.input.path`; nothing where it is no such path.
    pub fn path(&self) -> Option<(Variable, Vec<&str>)> {
        match &self.kind {
            TermKind::Variable(variable) => Some((*variable, Vec::new())),
            TermKind::Get(of, name) => {
                let (variable, mut names) = of.path()?;
                names.push(name);
                Some((variable, names))
            }
            _ => None,
        }
    }

    /// Every path that is read in it, the longest ones alone; `has` reads the path that it asks for.
    pub fn paths(&self) -> Vec<(Variable, Vec<&str>)> {
        let mut found = Vec::new();
        self.push_paths(&mut found);
        found
    }

    fn push_paths<'t>(&'t self, out: &mut Vec<(Variable, Vec<&'t str>)>) {
        if let Some(path) = self.path() {
            return out.push(path);
        }
        if let TermKind::Has(of, names) = &self.kind
            && let Some((variable, mut path)) = of.path()
        {
            path.extend(names.iter().map(AsRef::as_ref));
            return out.push((variable, path));
        }
        for part in self.parts() {
            part.push_paths(out);
        }
    }

    /// The same expression without its places, for comparing.
    pub fn same(&self, other: &Term) -> bool {
        self.unplaced() == other.unplaced()
    }

    /// A copy without places.
    pub fn unplaced(&self) -> Term {
        let one = |term: &Term| Box::new(term.unplaced());
        let all = |terms: &[Term]| terms.iter().map(Term::unplaced).collect::<Vec<_>>();
        let kind = match &self.kind {
            TermKind::Literal(_) | TermKind::Variable(_) | TermKind::Slot | TermKind::Deep => {
                self.kind.clone()
            }
            TermKind::If(parts) => TermKind::If(Box::new(parts.each_ref().map(Term::unplaced))),
            TermKind::And(parts) => TermKind::And(all(parts)),
            TermKind::Or(parts) => TermKind::Or(all(parts)),
            TermKind::Set(parts) => TermKind::Set(all(parts)),
            TermKind::Call(name, parts) => TermKind::Call(name.clone(), all(parts)),
            TermKind::Not(inner) => TermKind::Not(one(inner)),
            TermKind::Neg(inner) => TermKind::Neg(one(inner)),
            TermKind::IsEmpty(inner) => TermKind::IsEmpty(one(inner)),
            TermKind::Binary(operator, parts) => {
                TermKind::Binary(*operator, Box::new(parts.each_ref().map(Term::unplaced)))
            }
            TermKind::Get(inner, name) => TermKind::Get(one(inner), name.clone()),
            TermKind::Has(inner, names) => TermKind::Has(one(inner), names.clone()),
            TermKind::Like(inner, pattern) => TermKind::Like(one(inner), pattern.clone()),
            TermKind::Is(inner, ty, group) => {
                TermKind::Is(one(inner), ty.clone(), group.as_deref().map(one))
            }
            TermKind::Record(members) => TermKind::Record(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), member.unplaced()))
                    .collect(),
            ),
        };
        Term {
            span: Span::new(0, 0),
            kind,
        }
    }
}
