//! Cedar's scopes, conditions and entities, lowered to our own types.
//!
//! What is lowered means the same as Cedar's; what has no counterpart (`unknown`) or is nested deeper
//! than [`DEPTH`] is not lowered, and stays with Cedar's own evaluator.

use super::scope::Test;
use super::{CompiledPolicy, EntityStore, reference};
use crate::model::{
    EntityRef, Expr as Ours, Operator, PatternPart, Scope, ScopeTest, Value, Variable,
};
use cedar_policy_core::ast::{
    self, BinaryOp, Expr, ExprKind, Literal, PartialValue, PatternElem, RestrictedExpr, SlotEnv,
    UnaryOp, ValueKind, Var,
};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How deep a lowered expression may nest. Chains of `&&` and `||` count once, however long they are.
const DEPTH: usize = 100;

/// An entity of a store, lowered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LoweredEntity {
    /// Its uid.
    pub uid: EntityRef,
    /// All its ancestors, sorted.
    pub ancestors: Vec<EntityRef>,
    /// Its attributes.
    pub attributes: BTreeMap<Arc<str>, Value>,
    /// Its tags.
    pub tags: BTreeMap<Arc<str>, Value>,
}

impl CompiledPolicy {
    /// What it demands of principal, action and resource.
    pub fn scope(&self) -> Scope {
        Scope {
            principal: scope_test(&self.scope.principal),
            action: scope_test(&self.scope.action),
            resource: scope_test(&self.scope.resource),
        }
    }

    /// Whether it has a condition; without one it is satisfied wherever its scope holds.
    pub fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// Its condition, where it can be lowered.
    pub fn condition(&self) -> Option<Ours> {
        lower(self.condition.as_ref()?, &self.slots, 0)
    }

    /// Whether two policies have the same effect, scope, condition and filled slots, so that they have the same status
    /// for every request.
    pub fn decides_like(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.scope == other.scope
            && self.condition == other.condition
            && self.slots == other.slots
    }

    /// What it decides by, as a text that is the same for the same effect, scope and condition. It is for digests.
    pub fn decides_as(&self) -> String {
        let condition = self.condition.as_ref().map(ToString::to_string);
        let condition = condition.unwrap_or_default();
        format!("{} {:?} {condition}", self.effect, self.scope)
    }
}

impl EntityStore {
    /// Every entity, lowered; nothing where one holds what cannot be lowered. The order is not defined.
    pub fn lowered(&self) -> Option<Vec<LoweredEntity>> {
        let all: Vec<_> = self.inner.iter().collect();
        all.into_par_iter()
            .map(|entity| lower_entity(entity.as_ref()))
            .collect()
    }
}

fn scope_test(test: &Test) -> ScopeTest {
    match test {
        Test::Any => ScopeTest::Any,
        Test::Eq(uid) => ScopeTest::Eq(reference(uid)),
        Test::In(uids) => ScopeTest::In(uids.iter().map(|uid| reference(uid)).collect()),
        Test::Is(ty) => ScopeTest::Is(ty.to_string().into()),
        Test::IsIn(ty, uid) => ScopeTest::IsIn(ty.to_string().into(), reference(uid)),
        Test::Never => ScopeTest::Never,
    }
}

fn lower_entity(entity: &ast::Entity) -> Option<LoweredEntity> {
    let members =
        |members: &mut dyn Iterator<Item = (&smol_str::SmolStr, &PartialValue)>| -> Option<_> {
            members
                .map(|(name, value)| match value {
                    PartialValue::Value(value) => Some((name.as_str().into(), lower_value(value)?)),
                    PartialValue::Residual(_) => None,
                })
                .collect()
        };
    let mut ancestors: Vec<EntityRef> = entity.ancestors().map(reference).collect();
    ancestors.sort_unstable();
    Some(LoweredEntity {
        uid: reference(entity.uid()),
        ancestors,
        attributes: members(&mut entity.attrs())?,
        tags: members(&mut entity.tags())?,
    })
}

/// A value of Cedar's as ours.
pub(super) fn lower_value(value: &ast::Value) -> Option<Value> {
    Some(match value.value_kind() {
        ValueKind::Lit(literal) => lower_literal(literal),
        ValueKind::Set(set) => Value::Set(
            set.iter()
                .map(lower_value)
                .collect::<Option<Vec<Value>>>()?,
        ),
        ValueKind::Record(members) => Value::Record(
            members
                .iter()
                .map(|(key, member)| Some((key.to_string(), lower_value(member)?)))
                .collect::<Option<_>>()?,
        ),
        ValueKind::ExtensionValue(value) => {
            let call = RestrictedExpr::from(value.as_ref().clone());
            lower_constructor(call.as_borrowed().as_ref())?
        }
    })
}

pub(super) fn lower_literal(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(flag) => Value::Bool(*flag),
        Literal::Long(number) => Value::Long(*number),
        Literal::String(text) => Value::String(text.to_string()),
        Literal::EntityUID(uid) => Value::Entity(reference(uid)),
    }
}

/// A call that makes an extension value of literals, as Cedar writes it for a value.
pub(super) fn lower_constructor(expr: &Expr) -> Option<Value> {
    match expr.expr_kind() {
        ExprKind::Lit(literal) => Some(lower_literal(literal)),
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            let name: Arc<str> = fn_name.to_string().into();
            let arguments: Vec<Value> = args
                .iter()
                .map(lower_constructor)
                .collect::<Option<Vec<_>>>()?;
            match <[Value; 1]>::try_from(arguments) {
                Ok([Value::String(text)]) => Some(Value::Extension(name, text)),
                Ok(other) => Some(Value::Call(name, other.into())),
                Err(arguments) => Some(Value::Call(name, arguments)),
            }
        }
        _ => None,
    }
}

fn lower(expr: &Expr, slots: &SlotEnv, depth: usize) -> Option<Ours> {
    if depth > DEPTH {
        return None;
    }
    let one = |expr: &Expr| lower(expr, slots, depth + 1);
    let boxed = |expr: &Expr| one(expr).map(Box::new);
    let all = |exprs: &[Expr]| exprs.iter().map(one).collect::<Option<Vec<Ours>>>();
    Some(match expr.expr_kind() {
        ExprKind::Lit(literal) => Ours::Value(lower_literal(literal)),
        ExprKind::Var(variable) => Ours::Variable(match variable {
            Var::Principal => Variable::Principal,
            Var::Action => Variable::Action,
            Var::Resource => Variable::Resource,
            Var::Context => Variable::Context,
        }),
        ExprKind::Slot(slot) => Ours::Value(Value::Entity(reference(slots.get(slot)?))),
        ExprKind::If {
            test_expr,
            then_expr,
            else_expr,
        } => Ours::If(Box::new((
            one(test_expr)?,
            one(then_expr)?,
            one(else_expr)?,
        ))),
        ExprKind::And { .. } => Ours::And(
            super::unknown::operands(expr)
                .into_iter()
                .map(one)
                .collect::<Option<_>>()?,
        ),
        ExprKind::Or { .. } => Ours::Or(
            super::unknown::operands(expr)
                .into_iter()
                .map(one)
                .collect::<Option<_>>()?,
        ),
        ExprKind::UnaryApp { op, arg } => match op {
            UnaryOp::Not => Ours::Not(boxed(arg)?),
            UnaryOp::Neg => Ours::Neg(boxed(arg)?),
            UnaryOp::IsEmpty => Ours::IsEmpty(boxed(arg)?),
        },
        ExprKind::BinaryApp { op, arg1, arg2 } => {
            Ours::Binary(operator(*op), Box::new((one(arg1)?, one(arg2)?)))
        }
        ExprKind::ExtensionFunctionApp { fn_name, args } => {
            Ours::Call(fn_name.to_string().into(), all(args)?)
        }
        ExprKind::GetAttr { expr, attr } => Ours::Get(boxed(expr)?, attr.as_str().into()),
        ExprKind::HasAttr { expr, attr } => Ours::Has(boxed(expr)?, vec![attr.as_str().into()]),
        ExprKind::ExtHasAttr { expr, attrs } => Ours::Has(
            boxed(expr)?,
            attrs.iter().map(|attr| attr.as_str().into()).collect(),
        ),
        ExprKind::Like { expr, pattern } => Ours::Like(boxed(expr)?, parts(pattern.get_elems())),
        ExprKind::Is { expr, entity_type } => {
            Ours::Is(boxed(expr)?, entity_type.to_string().into())
        }
        ExprKind::Set(items) => Ours::Set(all(items)?),
        ExprKind::Record(members) => Ours::Record(
            members
                .iter()
                .map(|(key, member)| Some((key.as_str().into(), one(member)?)))
                .collect::<Option<_>>()?,
        ),
        ExprKind::Unknown(_) => return None,
    })
}

fn operator(op: BinaryOp) -> Operator {
    match op {
        BinaryOp::Eq => Operator::Eq,
        BinaryOp::Less => Operator::Less,
        BinaryOp::LessEq => Operator::LessEq,
        BinaryOp::Add => Operator::Add,
        BinaryOp::Sub => Operator::Sub,
        BinaryOp::Mul => Operator::Mul,
        BinaryOp::In => Operator::In,
        BinaryOp::Contains => Operator::Contains,
        BinaryOp::ContainsAll => Operator::ContainsAll,
        BinaryOp::ContainsAny => Operator::ContainsAny,
        BinaryOp::GetTag => Operator::GetTag,
        BinaryOp::HasTag => Operator::HasTag,
    }
}

pub(super) fn parts(elements: &[PatternElem]) -> Vec<PatternPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    for element in elements {
        match element {
            PatternElem::Char(letter) => text.push(*letter),
            PatternElem::Wildcard => {
                if !text.is_empty() {
                    parts.push(PatternPart::Text(std::mem::take(&mut text).into()));
                }
                if parts.last() != Some(&PatternPart::Wildcard) {
                    parts.push(PatternPart::Wildcard);
                }
            }
        }
    }
    if !text.is_empty() {
        parts.push(PatternPart::Text(text.into()));
    }
    parts
}
