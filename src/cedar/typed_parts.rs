//! The types that Cedar's type checker gave to the parts of a condition, by the places where they stand.
//!
//! The checker's tree is not the condition's: of `a && b` with an `a` that never holds it keeps `a` alone, at the place of
//! the whole; likewise of `a || b` with an `a` that always does; and of an `if` with a constant test it repeats the branch
//! that is taken. Both trees are walked together, so that each type is noted at its own part, and none at a part that is
//! not looked at.

use super::unknown::children;
use crate::model::Span;
use cedar_policy_core::ast::{EntityType, Expr, ExprKind};
use cedar_policy_core::validator::types::{BoolType, EntityKind, Type};

/// What the type of an expression says, over all environments in which it is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    kind: Kind,
    /// Whether it can be true, where it is a boolean.
    pub can_hold: bool,
    /// Whether it can be false, where it is a boolean.
    pub can_fail: bool,
}

/// What values an expression has. A policy has many expressions, so nothing is kept that nobody asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Kind {
    /// None that a request could have.
    #[default]
    Unknown,
    Bool,
    Entity(EntityType),
    /// Entities of several types.
    Entities,
    /// Others, or several kinds.
    Other,
}

impl Kind {
    /// Nothing for types that values of a request cannot have.
    fn of(ty: &Type) -> Option<Self> {
        match ty {
            Type::Bool(_) => Some(Kind::Bool),
            Type::Entity(EntityKind::Entity(lub)) => {
                lub.get_single_entity().cloned().map(Kind::Entity)
            }
            Type::Set { element_type } => Kind::of(element_type.as_ref()?).map(|_| Kind::Other),
            Type::Long | Type::String | Type::Record { .. } | Type::ExtensionType { .. } => {
                Some(Kind::Other)
            }
            Type::Never | Type::Entity(EntityKind::AnyEntity) => None,
        }
    }

    /// What has values of both.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Kind::Unknown, kind) | (kind, Kind::Unknown) => kind,
            (one, other) if one == other => one,
            (Kind::Entity(_) | Kind::Entities, Kind::Entity(_) | Kind::Entities) => Kind::Entities,
            _ => Kind::Other,
        }
    }
}

impl Typed {
    fn of(ty: &Type) -> Self {
        Self {
            kind: Kind::of(ty).unwrap_or_default(),
            can_hold: !matches!(ty, Type::Bool(BoolType::False)),
            can_fail: !matches!(ty, Type::Bool(BoolType::True)),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            kind: self.kind.or(other.kind),
            can_hold: self.can_hold || other.can_hold,
            can_fail: self.can_fail || other.can_fail,
        }
    }

    /// Whether it is a boolean wherever it is looked at.
    pub fn is_bool(&self) -> bool {
        self.kind == Kind::Bool
    }

    /// Whether it is an entity wherever it is looked at.
    pub fn is_entity(&self) -> bool {
        matches!(self.kind, Kind::Entity(_) | Kind::Entities)
    }

    /// Whether it is an entity of one type wherever it is looked at.
    pub fn is_of_type(&self, ty: &str) -> bool {
        matches!(&self.kind, Kind::Entity(own) if own.to_string() == ty)
    }
}

/// An expression as the type checker hands it back.
type Checked = Expr<Option<Type>>;

/// Notes the type of every part that has a place and is looked at. Parts of something that is written as one, such as
/// `a != b`, stand at its place; what is noted there is what the whole is.
pub(super) fn collect(condition: &Expr, checked: &Checked, types: &mut Vec<(Span, Typed)>) {
    let mut open = vec![(condition, checked, None)];
    while let Some((expr, checked, outer)) = open.pop() {
        let span = place(expr);
        if let (Some(span), Some(ty)) = (span, checked.data())
            && outer != Some(span)
        {
            types.push((span, Typed::of(ty)));
        }
        let here = span.or(outer);
        match (expr.expr_kind(), checked.expr_kind()) {
            (
                ExprKind::And { left, right },
                ExprKind::And {
                    left: one,
                    right: two,
                },
            )
            | (
                ExprKind::Or { left, right },
                ExprKind::Or {
                    left: one,
                    right: two,
                },
            ) if place(right) == place(two) => {
                open.push((left, one, here));
                open.push((right, two, here));
            }
            // It ends with the first operand.
            (ExprKind::And { left, .. } | ExprKind::Or { left, .. }, _) => {
                open.push((left, checked, here));
            }
            (
                ExprKind::If {
                    test_expr,
                    then_expr,
                    else_expr,
                },
                ExprKind::If {
                    test_expr: test,
                    then_expr: then,
                    else_expr: other,
                },
            ) => {
                open.push((test_expr, test, here));
                if constant(test) != Some(false) {
                    open.push((then_expr, then, here));
                }
                if constant(test) != Some(true) {
                    open.push((else_expr, other, here));
                }
            }
            _ => {
                let (parts, checked) = (children(expr), children(checked));
                if parts.len() == checked.len() {
                    let both = parts.into_iter().zip(checked);
                    open.extend(both.map(|(part, checked)| (part, checked, here)));
                }
            }
        }
    }
}

fn place<T>(expr: &Expr<T>) -> Option<Span> {
    let loc = expr.source_loc()?;
    Some(Span::new(loc.start(), loc.end() - loc.start()))
}

/// Whether an expression always, or never, holds.
fn constant(checked: &Checked) -> Option<bool> {
    match checked.data() {
        Some(Type::Bool(BoolType::True)) => Some(true),
        Some(Type::Bool(BoolType::False)) => Some(false),
        _ => None,
    }
}

/// Brings what was noted in order of the places, and what was noted at one place together.
pub(super) fn by_place(types: &mut Vec<(Span, Typed)>) {
    types.sort_by_key(|(span, _)| *span);
    types.dedup_by(|(span, later), (before, kept)| {
        let same = span == before;
        if same {
            *kept = std::mem::take(kept).or(std::mem::take(later));
        }
        same
    });
}
