//! What was edited in a scope, and whether it holds for more or less, where its form alone says so.

use crate::cedar::reference;
use crate::cedar::text::{short, short_pair};
use cedar_policy_core::ast::{
    ActionConstraint, EntityReference, EntityType, EntityUID, PrincipalOrResourceConstraint,
    Template,
};
use std::sync::Arc;

pub(super) fn edits(base: &Template, head: &Template) -> Vec<String> {
    let mut edits = Vec::new();
    let (from, to) = (base.principal_constraint(), head.principal_constraint());
    edits.extend(place(
        "principal",
        Test::of(from.as_inner(), "?principal"),
        Test::of(to.as_inner(), "?principal"),
    ));
    edits.extend(action(base.action_constraint(), head.action_constraint()));
    let (from, to) = (base.resource_constraint(), head.resource_constraint());
    edits.extend(place(
        "resource",
        Test::of(from.as_inner(), "?resource"),
        Test::of(to.as_inner(), "?resource"),
    ));
    edits
}

/// A test of the principal or the resource.
#[derive(PartialEq, Eq)]
enum Test {
    Any,
    Eq(Name),
    In(Name),
    Is(Arc<EntityType>),
    IsIn(Arc<EntityType>, Name),
}

/// An entity, or the slot that stands for one.
#[derive(PartialEq, Eq)]
enum Name {
    Entity(Arc<EntityUID>),
    Slot(&'static str),
}

impl Test {
    fn of(constraint: &PrincipalOrResourceConstraint, slot: &'static str) -> Self {
        let name = |reference: &EntityReference| match reference {
            EntityReference::EUID(uid) => Name::Entity(uid.clone()),
            EntityReference::Slot(_) => Name::Slot(slot),
        };
        match constraint {
            PrincipalOrResourceConstraint::Any => Test::Any,
            PrincipalOrResourceConstraint::Eq(uid) => Test::Eq(name(uid)),
            PrincipalOrResourceConstraint::In(uid) => Test::In(name(uid)),
            PrincipalOrResourceConstraint::Is(ty) => Test::Is(ty.clone()),
            PrincipalOrResourceConstraint::IsIn(ty, uid) => Test::IsIn(ty.clone(), name(uid)),
        }
    }

    /// Whether it surely holds only where the other one does.
    fn within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Test::Any) => true,
            (Test::Eq(name), Test::Eq(other) | Test::In(other))
            | (Test::In(name) | Test::IsIn(_, name), Test::In(other)) => name == other,
            (Test::Eq(name), Test::Is(ty)) => name.has_type(ty),
            (Test::Eq(name), Test::IsIn(ty, other)) => name.has_type(ty) && name == other,
            (Test::Is(ty) | Test::IsIn(ty, _), Test::Is(other)) => ty == other,
            (Test::IsIn(..), Test::IsIn(..)) => self == other,
            (_, Test::Eq(_) | Test::In(_) | Test::Is(_) | Test::IsIn(..)) => false,
        }
    }
}

impl Name {
    fn has_type(&self, ty: &EntityType) -> bool {
        match self {
            Name::Entity(uid) => uid.entity_type() == ty,
            Name::Slot(_) => false,
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Entity(uid) => write!(f, "{}", reference(uid)),
            Name::Slot(slot) => f.write_str(slot),
        }
    }
}

impl std::fmt::Display for Test {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Test::Any => f.write_str("any"),
            Test::Eq(name) => write!(f, "== {name}"),
            Test::In(name) => write!(f, "in {name}"),
            Test::Is(ty) => write!(f, "is {ty}"),
            Test::IsIn(ty, name) => write!(f, "is {ty} in {name}"),
        }
    }
}

fn place(variable: &str, base: Test, head: Test) -> Option<String> {
    if base == head {
        return None;
    }
    let how = how(base.within(&head), head.within(&base));
    let (from, to) = short_pair(&base.to_string(), &head.to_string());
    Some(format!("scope of the {variable} {how}: {from} → {to}"))
}

fn how(widened: bool, narrowed: bool) -> &'static str {
    match (widened, narrowed) {
        (true, false) => "widened",
        (false, true) => "narrowed",
        (true, true) | (false, false) => "changed",
    }
}

fn action(base: &ActionConstraint, head: &ActionConstraint) -> Option<String> {
    if base == head {
        return None;
    }
    if let (ActionConstraint::In(from), ActionConstraint::In(to)) = (base, head) {
        return Some(actions(from, to));
    }
    let how = how(action_within(base, head), action_within(head, base));
    let (from, to) = short_pair(&action_text(base), &action_text(head));
    Some(format!("scope of the action {how}: {from} → {to}"))
}

fn action_within(one: &ActionConstraint, other: &ActionConstraint) -> bool {
    match (one, other) {
        (_, ActionConstraint::Any) => true,
        (ActionConstraint::Eq(uid), ActionConstraint::Eq(other)) => uid == other,
        (ActionConstraint::Eq(uid), ActionConstraint::In(others)) => others.contains(uid),
        (ActionConstraint::In(uids), ActionConstraint::In(others)) => {
            uids.iter().all(|uid| others.contains(uid))
        }
        (ActionConstraint::Any | ActionConstraint::In(_), ActionConstraint::Eq(_))
        | (ActionConstraint::Any, ActionConstraint::In(_)) => false,
    }
}

fn action_text(constraint: &ActionConstraint) -> String {
    match constraint {
        ActionConstraint::Any => "any".to_owned(),
        ActionConstraint::Eq(uid) => format!("== {}", reference(uid)),
        ActionConstraint::In(uids) => match uids.as_slice() {
            [uid] => format!("in {}", reference(uid)),
            uids => format!("in [{}]", names(uids.iter())),
        },
    }
}

fn names<'u>(uids: impl Iterator<Item = &'u Arc<EntityUID>>) -> String {
    let names: Vec<String> = uids.map(|uid| reference(uid).to_string()).collect();
    names.join(", ")
}

/// Long lists say most by what was added to them and removed.
fn actions(from: &[Arc<EntityUID>], to: &[Arc<EntityUID>]) -> String {
    let missing = |these: &[Arc<EntityUID>], those: &[Arc<EntityUID>]| {
        short(&names(these.iter().filter(|uid| !those.contains(uid))))
    };
    let (removed, added) = (missing(from, to), missing(to, from));
    match (removed.is_empty(), added.is_empty()) {
        (true, true) => "list of actions in the scope reordered".to_owned(),
        (true, false) => format!("scope of the action widened: {added} added"),
        (false, true) => format!("scope of the action narrowed: {removed} removed"),
        (false, false) => {
            format!("scope of the action changed: {removed} removed, {added} added")
        }
    }
}
