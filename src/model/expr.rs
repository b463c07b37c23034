//! Scopes and conditions of policies in our own words, so that the engine can compile them without naming Cedar.

use super::{EntityRef, Value};
use std::sync::Arc;

/// What a policy demands of the principal, the action or the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeTest {
    /// Nothing.
    Any,
    /// To be this entity.
    Eq(EntityRef),
    /// To be one of these entities, or below one of them; never, where there is none.
    In(Vec<EntityRef>),
    /// To have this type.
    Is(Arc<str>),
    /// To have this type, and to be this entity or below it.
    IsIn(Arc<str>, EntityRef),
    /// What cannot hold.
    Never,
}

/// The scope of a policy; the slots of a template are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Of the principal.
    pub principal: ScopeTest,
    /// Of the action.
    pub action: ScopeTest,
    /// Of the resource.
    pub resource: ScopeTest,
}

/// A variable of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `principal`
    Principal,
    /// `action`
    Action,
    /// `resource`
    Resource,
    /// `context`
    Context,
}

/// An operator on two values. Both operands are evaluated, the left one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`
    Eq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
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

/// A piece of a pattern of `like`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// This text.
    Text(Arc<str>),
    /// Any text.
    Wildcard,
}

/// An expression of Cedar (<https://docs.cedarpolicy.com/policies/syntax-grammar.html>), with the slots of a template
/// filled. Means what Cedar's means, except that which error comes first, and its message, are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A literal.
    Value(Value),
    /// A variable.
    Variable(Variable),
    /// `if a then b else c`
    If(Box<(Expr, Expr, Expr)>),
    /// `a && b && …`, from left to right; at least two.
    And(Vec<Expr>),
    /// `a || b || …`, from left to right; at least two.
    Or(Vec<Expr>),
    /// `!a`
    Not(Box<Expr>),
    /// `-a`
    Neg(Box<Expr>),
    /// `a.isEmpty()`
    IsEmpty(Box<Expr>),
    /// An operator on two values.
    Binary(Operator, Box<(Expr, Expr)>),
    /// An extension function or method by its name.
    Call(Arc<str>, Vec<Expr>),
    /// `a.b`
    Get(Box<Expr>, Arc<str>),
    /// `a has b.c`: at least one attribute.
    Has(Box<Expr>, Vec<Arc<str>>),
    /// `a like "…"`
    Like(Box<Expr>, Vec<PatternPart>),
    /// `a is T`
    Is(Box<Expr>, Arc<str>),
    /// `[a, b]`
    Set(Vec<Expr>),
    /// `{a: b}`, each key once.
    Record(Vec<(Arc<str>, Expr)>),
}
