//! What policies read of a request beside its context: who acts, to what, and attributes of entities.

use super::scope::Test;
use super::unknown::children;
use super::{CompiledPolicy, PolicySet, reference};
use crate::model::EntityRef;
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, Var};
use std::collections::BTreeSet;

/// What policies read beside the context. All of it is said, and sometimes more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntityReads {
    /// Whether some policy asks who acts, for more than the type.
    pub principal: bool,
    /// Whether some policy asks to what, for more than the type.
    pub resource: bool,
    /// The names of all attributes that some policy reads or asks for, of whatever.
    pub attributes: BTreeSet<String>,
    /// The entities that some policy names itself, to read their attributes or tags, or to ask what they are in.
    pub named: BTreeSet<EntityRef>,
}

impl PolicySet {
    /// What these policies read beside the context.
    pub fn entity_reads(&self) -> EntityReads {
        let mut reads = EntityReads::default();
        for policy in self.policies() {
            reads.policy(policy);
        }
        reads
    }
}

impl EntityReads {
    /// What both read.
    pub fn and(mut self, other: &Self) -> Self {
        self.principal |= other.principal;
        self.resource |= other.resource;
        self.attributes.extend(other.attributes.iter().cloned());
        self.named.extend(other.named.iter().cloned());
        self
    }

    fn policy(&mut self, policy: &CompiledPolicy) {
        let asks = |test: &Test| match test {
            Test::Any | Test::Is(_) | Test::Never => false,
            Test::Eq(_) | Test::In(_) | Test::IsIn(..) => true,
        };
        self.principal |= asks(&policy.scope.principal);
        self.resource |= asks(&policy.scope.resource);
        let mut rest: Vec<&Expr> = policy.condition.as_deref().into_iter().collect();
        while let Some(expr) = rest.pop() {
            self.name(expr);
            match expr.expr_kind() {
                ExprKind::Var(Var::Principal) => self.principal = true,
                ExprKind::Var(Var::Resource) => self.resource = true,
                // The type is kept.
                ExprKind::Is { expr, .. } if matches!(expr.expr_kind(), ExprKind::Var(_)) => {
                    continue;
                }
                ExprKind::GetAttr { attr, .. } | ExprKind::HasAttr { attr, .. } => {
                    self.attributes.insert(attr.to_string());
                }
                ExprKind::ExtHasAttr { attrs, .. } => {
                    let names = attrs.iter().map(ToString::to_string);
                    self.attributes.extend(names);
                }
                _ => {}
            }
            rest.extend(children(expr));
        }
    }

    /// The entities in what an expression reads something of.
    fn name(&mut self, expr: &Expr) {
        let of = match expr.expr_kind() {
            ExprKind::GetAttr { expr, .. }
            | ExprKind::HasAttr { expr, .. }
            | ExprKind::ExtHasAttr { expr, .. } => expr,
            ExprKind::BinaryApp {
                op: BinaryOp::In | BinaryOp::GetTag | BinaryOp::HasTag,
                arg1,
                ..
            } => arg1,
            _ => return,
        };
        let literals = of
            .subexpressions()
            .filter_map(|part| match part.expr_kind() {
                ExprKind::Lit(Literal::EntityUID(uid)) => Some(reference(uid)),
                _ => None,
            });
        self.named.extend(literals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::{PolicySetBuilder, parse_policies};
    use crate::model::SourceFile;

    fn reads(text: &str) -> EntityReads {
        let (policies, faults) = parse_policies(&SourceFile::new("p.cedar", text));
        assert_eq!(faults, []);
        let mut builder = PolicySetBuilder::default();
        policies.iter().for_each(|policy| builder.add(policy));
        builder.finish().0.entity_reads()
    }

    #[test]
    fn only_what_asks_for_more_than_the_type_reads() {
        for (policies, principal, resource, attributes) in [
            ("permit (principal, action, resource);", false, false, ""),
            (
                "permit (principal is A, action, resource is B) when { resource is B };",
                false,
                false,
                "",
            ),
            (
                "permit (principal == A::\"a\", action, resource);",
                true,
                false,
                "",
            ),
            (
                "permit (principal, action, resource in B::\"b\");",
                false,
                true,
                "",
            ),
            (
                "permit (principal is A in A::\"a\", action, resource);",
                true,
                false,
                "",
            ),
            (
                "forbid (principal, action, resource) unless { principal has x && principal.x == resource };",
                true,
                true,
                "x",
            ),
            (
                "forbid (principal, action, resource) when { resource.hasTag(\"t\") };",
                false,
                true,
                "",
            ),
            (
                "forbid (principal, action, resource) when { context.e.x.y == 1 };",
                false,
                false,
                "e x y",
            ),
            (
                "forbid (principal, action, resource) when { context has e.x };",
                false,
                false,
                "e x",
            ),
            (
                "forbid (principal, action, resource) when { [A::\"a\"].contains(principal) };",
                true,
                false,
                "",
            ),
            (
                "forbid (principal, action, resource) when { principal in A::\"a\" && principal is A };",
                true,
                false,
                "",
            ),
        ] {
            let found = reads(policies);
            let names: Vec<&str> = found.attributes.iter().map(String::as_str).collect();
            assert_eq!(
                (found.principal, found.resource, names.join(" ").as_str()),
                (principal, resource, attributes),
                "{policies}"
            );
        }
    }

    #[test]
    fn entities_are_named_where_something_of_them_is_read() {
        for (condition, named) in [
            ("resource == A::\"a\" || resource in A::\"b\"", ""),
            ("[A::\"a\"].contains(resource)", ""),
            ("A::\"a\".x == 1 || A::\"b\" has x", "A::\"a\" A::\"b\""),
            ("A::\"a\" in resource", "A::\"a\""),
            ("A::\"a\".hasTag(\"t\")", "A::\"a\""),
            ("A::\"a\".getTag(\"t\") == 1", "A::\"a\""),
            ("A::\"a\" has x.y", "A::\"a\""),
            (
                "(if context.c then A::\"a\" else B::\"b\").x.y == 1",
                "A::\"a\" B::\"b\"",
            ),
        ] {
            let found = reads(&format!(
                "permit (principal, action, resource) when {{ {condition} }};"
            ));
            let found: Vec<String> = found.named.iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), named, "{condition}");
        }
    }
}
