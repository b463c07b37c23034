//! What policies compare with: the literals that lie on their boundaries.

use crate::cedar::{CompiledPolicy, LoweredEntity};
use crate::model::{EntityRef, Expr, Operator, PatternPart, ScopeTest, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Extension functions that make a value of one text.
const CONSTRUCTORS: [&str; 4] = ["datetime", "decimal", "duration", "ip"];

/// Values worth trying.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    pub(super) values: BTreeSet<Value>,
    /// Patterns of `like`.
    pub(super) patterns: Vec<Vec<PatternPart>>,
    /// Entities that something may have to be in.
    pub(super) groups: BTreeSet<EntityRef>,
    /// The names of attributes that are read.
    pub(super) reads: BTreeSet<Arc<str>>,
    /// Whether tags are.
    pub(super) tags: bool,
    /// Numbers of the context itself, which may be factors of one that is compared.
    pub(super) factors: BTreeSet<i64>,
}

impl Pool {
    /// The literals of a policy.
    pub(super) fn policy(&mut self, policy: &CompiledPolicy) {
        let scope = policy.scope();
        for test in [scope.principal, scope.action, scope.resource] {
            match test {
                ScopeTest::Any | ScopeTest::Is(_) | ScopeTest::Never => {}
                ScopeTest::Eq(uid) => {
                    self.values.insert(Value::Entity(uid));
                }
                ScopeTest::In(uids) => {
                    let entities = uids.iter().cloned().map(Value::Entity);
                    self.values.extend(entities);
                    self.groups.extend(uids);
                }
                ScopeTest::IsIn(_, uid) => {
                    self.values.insert(Value::Entity(uid.clone()));
                    self.groups.insert(uid);
                }
            }
        }
        if let Some(condition) = policy.condition() {
            self.expr(&condition);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Value(value) => {
                self.values.insert(value.clone());
            }
            Expr::Variable(_) => {}
            Expr::If(parts) => {
                self.expr(&parts.0);
                self.expr(&parts.1);
                self.expr(&parts.2);
            }
            Expr::And(items) | Expr::Or(items) => items.iter().for_each(|item| self.expr(item)),
            Expr::Set(items) => {
                items.iter().for_each(|item| self.expr(item));
                let values: Option<Vec<Value>> = items.iter().map(constant).collect();
                self.values.extend(values.map(Value::Set));
            }
            Expr::Not(inner) | Expr::Neg(inner) | Expr::IsEmpty(inner) | Expr::Is(inner, _) => {
                self.expr(inner);
            }
            Expr::Get(inner, name) => {
                self.reads.insert(name.clone());
                self.expr(inner);
            }
            Expr::Has(inner, names) => {
                self.reads.extend(names.iter().cloned());
                self.expr(inner);
            }
            Expr::Binary(operator, sides) => {
                self.expr(&sides.0);
                self.expr(&sides.1);
                match operator {
                    Operator::In => self.group(&sides.1),
                    Operator::HasTag | Operator::GetTag => self.tags = true,
                    _ => {}
                }
            }
            Expr::Call(_, arguments) => {
                self.values.extend(constant(expr));
                arguments.iter().for_each(|argument| self.expr(argument));
            }
            Expr::Like(inner, pattern) => {
                self.expr(inner);
                self.patterns.push(pattern.clone());
            }
            Expr::Record(members) => members.iter().for_each(|(_, member)| self.expr(member)),
        }
    }

    fn group(&mut self, expr: &Expr) {
        match expr {
            Expr::Value(Value::Entity(uid)) => {
                self.groups.insert(uid.clone());
            }
            Expr::Set(items) => items.iter().for_each(|item| self.group(item)),
            _ => {}
        }
    }

    /// The values that an entity has.
    pub(super) fn entity(&mut self, entity: &LoweredEntity) {
        for value in entity.attributes.values().chain(entity.tags.values()) {
            self.value(value);
            // Something may have to be in what is named here.
            match value {
                Value::Entity(uid) => {
                    self.groups.insert(uid.clone());
                }
                Value::Set(items) => {
                    let entities = items.iter().filter_map(|item| match item {
                        Value::Entity(uid) => Some(uid.clone()),
                        _ => None,
                    });
                    self.groups.extend(entities);
                }
                _ => {}
            }
        }
    }

    /// The values of a context.
    pub(super) fn context(&mut self, context: &BTreeMap<String, Value>) {
        for value in context.values() {
            self.value(value);
            self.factor(value);
        }
    }

    fn factor(&mut self, value: &Value) {
        match value {
            Value::Long(number) => {
                self.factors.insert(*number);
            }
            Value::Record(members) => members.values().for_each(|member| self.factor(member)),
            _ => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Record(members) => members.values().for_each(|member| self.value(member)),
            Value::Set(items) => {
                items.iter().for_each(|item| self.value(item));
                self.values.insert(value.clone());
            }
            value => {
                self.values.insert(value.clone());
            }
        }
    }

    /// The entities of a type.
    pub(super) fn entities<'p>(&'p self, ty: &'p Arc<str>) -> impl Iterator<Item = &'p EntityRef> {
        self.values.iter().filter_map(move |value| match value {
            Value::Entity(uid) if uid.ty == *ty => Some(uid),
            _ => None,
        })
    }
}

/// The value of an expression that is a literal, or a constructor on one.
fn constant(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Value(value) => Some(value.clone()),
        Expr::Call(name, arguments) if CONSTRUCTORS.contains(&name.as_ref()) => {
            match arguments.as_slice() {
                [Expr::Value(Value::String(text))] => {
                    Some(Value::Extension(name.clone(), text.clone()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
