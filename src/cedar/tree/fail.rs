//! What can come of an atom, told by its form and the schema; the rule stands in `docs/testing.md`.
//!
//! With a schema that finds no fault in the policy, and entities and requests that conform to it, Cedar's evaluator can only
//! fail on an entity that is not there, on a tag that is not there, and on numbers, datetimes and durations that leave
//! their range. An entity is known to be there once it was read, has an attribute or tag, is below an entity of the
//! repository, or is one. Without a schema, or where it finds a fault, everything that demands a type can fail.

use super::types::Types;
use super::{Atom, Leaf, Node, Part, RequestTypes, Tree, variable};
use crate::cedar::scope::{Scope, Test};
use crate::cedar::unknown::children;
use crate::cedar::{CompiledPolicy, EntityStore};
use crate::model::{RecordType, Type};
use cedar_policy_core::ast::{BinaryOp, EntityUID, Expr, ExprKind, Literal, SlotEnv, UnaryOp, Var};
use cedar_policy_core::entities::{Dereference, Entities};
use std::collections::HashSet;

type Environment = (RequestTypes, RecordType);

/// What is known where an atom is reached: expressions whose entity is there, and `a.hasTag(b)` that holds.
type Facts = HashSet<Expr>;

/// More facts than this are not kept: then an atom may be said to raise an error that it cannot raise.
const FACTS: usize = 250;

fn note(facts: &mut Facts, fact: Expr) {
    if facts.len() < FACTS {
        facts.insert(fact);
    }
}

/// What is known behind a part that came out true, and behind one that came out false.
struct Behind {
    hold: Facts,
    fail: Facts,
}

struct Judge<'a> {
    /// The types, and the environments that are left behind the scope; nothing where the schema promises nothing.
    types: Option<(&'a Types, Vec<&'a Environment>)>,
    scope: &'a Scope,
    entities: &'a Entities,
    slots: &'a SlotEnv,
}

/// Says of each atom what can come of it. `types` are those of a schema that finds no fault in the policy.
pub(super) fn judge(
    tree: &mut Tree,
    policy: &CompiledPolicy,
    store: &EntityStore,
    types: Option<&Types>,
) {
    let entities = store.inner.as_ref();
    let slots = tree.slots.clone();
    let judge = Judge {
        types: types.map(|types| {
            let all = types.environments.iter();
            let asked =
                all.filter(|(types, _)| reaches(&policy.scope, types, Part::Condition, entities));
            (types, asked.collect())
        }),
        scope: &policy.scope,
        entities,
        slots: &slots,
    };
    let root = tree.root.clone();
    judge.node(&root, tree, Facts::new());
}

impl Judge<'_> {
    fn node(&self, node: &Node, tree: &mut Tree, facts: Facts) -> Behind {
        match node {
            Node::Atom(at) => match (tree.leaves.get(*at), tree.atoms.get_mut(*at)) {
                (Some(leaf), Some(atom)) => self.atom(leaf, atom, facts),
                (None, _) | (_, None) => Behind {
                    hold: facts.clone(),
                    fail: facts,
                },
            },
            Node::Not(node) => {
                let Behind { hold, fail } = self.node(node, tree, facts);
                Behind {
                    hold: fail,
                    fail: hold,
                }
            }
            Node::And(nodes) => {
                let (mut hold, mut fail) = (facts, None);
                for node in nodes {
                    let behind = self.node(node, tree, hold);
                    hold = behind.hold;
                    fail = Some(both(fail, behind.fail));
                }
                let fail = fail.unwrap_or_else(|| hold.clone());
                Behind { hold, fail }
            }
            Node::Or(nodes) => {
                let (mut hold, mut fail) = (None, facts);
                for node in nodes {
                    let behind = self.node(node, tree, fail);
                    fail = behind.fail;
                    hold = Some(both(hold, behind.hold));
                }
                let hold = hold.unwrap_or_else(|| fail.clone());
                Behind { hold, fail }
            }
            Node::If(parts) => {
                let [test, then, other] = parts.as_ref();
                let tested = self.node(test, tree, facts);
                let then = self.node(then, tree, tested.hold);
                let other = self.node(other, tree, tested.fail);
                Behind {
                    hold: both(Some(then.hold), other.hold),
                    fail: both(Some(then.fail), other.fail),
                }
            }
        }
    }

    fn atom(&self, leaf: &Leaf, atom: &mut Atom, mut facts: Facts) -> Behind {
        match leaf {
            Leaf::Scope(test) => {
                let variable = variable(atom.part);
                if let (Some(variable), Some(ty)) = (variable, type_of(test)) {
                    self.limit(atom, &self.types_of(variable, atom.part), &ty);
                }
                let fail = facts.clone();
                if let Some(variable) = variable
                    && self.settles(test)
                {
                    note(&mut facts, Expr::var(variable));
                }
                Behind { hold: facts, fail }
            }
            Leaf::Condition(expr) => {
                atom.can.raise = self.can_fail(expr, &facts);
                self.form(atom, expr);
                self.read(expr, &mut facts);
                let mut fail = facts.clone();
                self.implied(expr, true, &mut facts);
                self.implied(expr, false, &mut fail);
                Behind { hold: facts, fail }
            }
        }
    }

    /// Whether a scope that holds says that its entity is there.
    fn settles(&self, test: &Test) -> bool {
        match test {
            Test::Eq(uid) | Test::IsIn(_, uid) => self.is_there(uid),
            Test::In(uids) => uids.iter().all(|uid| self.is_there(uid)),
            Test::Any | Test::Is(_) | Test::Never => false,
        }
    }

    fn is_there(&self, uid: &EntityUID) -> bool {
        matches!(self.entities.entity(uid), Dereference::Data(_))
    }

    /// Constants, and what the schema says of the types of requests.
    fn form(&self, atom: &mut Atom, expr: &Expr) {
        match expr.expr_kind() {
            ExprKind::Lit(Literal::Bool(_)) => atom.can.raise = false,
            ExprKind::Is { expr, entity_type } => {
                if let ExprKind::Var(variable) = expr.expr_kind() {
                    let ty = reference_type(entity_type);
                    self.limit(atom, &self.types_of(*variable, Part::Condition), &ty);
                }
            }
            _ => {}
        }
    }

    /// The types of a variable in the environments in which a part is asked; empty where nothing is known.
    fn types_of(&self, variable: Var, part: Part) -> HashSet<String> {
        let environments = self.types.iter().flat_map(|(types, _)| &types.environments);
        environments
            .filter(|(types, _)| reaches(self.scope, types, part, self.entities))
            .filter_map(|(types, _)| match variable {
                Var::Principal => Some(types.principal.to_string()),
                Var::Resource => Some(types.resource.to_string()),
                Var::Action | Var::Context => None,
            })
            .collect()
    }

    /// A test of a type is always true, or never, where a request can have no other type.
    fn limit(&self, atom: &mut Atom, types: &HashSet<String>, tested: &str) {
        if types.is_empty() {
            return;
        }
        atom.can.hold &= types.contains(tested);
        atom.can.fail &= types.iter().any(|ty| ty != tested);
    }

    fn can_fail(&self, expr: &Expr, facts: &Facts) -> bool {
        let Some((types, environments)) = &self.types else {
            return can_raise(expr);
        };
        let inside = || {
            children(expr)
                .into_iter()
                .any(|child| self.can_fail(child, facts))
        };
        match expr.expr_kind() {
            ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_) => false,
            ExprKind::Unknown(_) => true,
            ExprKind::GetAttr { expr: of, .. } => {
                inside() || (self.may_be_entity(of, types, environments) && !self.known(of, facts))
            }
            ExprKind::UnaryApp { op, arg } => match op {
                UnaryOp::Neg => inside() || !matches!(arg.expr_kind(), ExprKind::Lit(_)),
                UnaryOp::Not | UnaryOp::IsEmpty => inside(),
            },
            ExprKind::BinaryApp { op, arg1, arg2 } => match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => true,
                BinaryOp::GetTag => {
                    let asked = Expr::binary_app(
                        BinaryOp::HasTag,
                        arg1.as_ref().clone(),
                        arg2.as_ref().clone(),
                    );
                    inside() || !facts.contains(&asked)
                }
                BinaryOp::Eq
                | BinaryOp::Less
                | BinaryOp::LessEq
                | BinaryOp::In
                | BinaryOp::Contains
                | BinaryOp::ContainsAll
                | BinaryOp::ContainsAny
                | BinaryOp::HasTag => inside(),
            },
            ExprKind::ExtensionFunctionApp { fn_name, args } => {
                inside()
                    || match fn_name.to_string().as_str() {
                        "offset" | "durationSince" | "toDate" => true,
                        // The type check has called a constructor on a literal, and takes no other.
                        "ip" | "decimal" | "datetime" | "duration" => !matches!(
                            args.first().map(Expr::expr_kind),
                            Some(ExprKind::Lit(Literal::String(_)))
                        ),
                        _ => false,
                    }
            }
            ExprKind::And { .. }
            | ExprKind::Or { .. }
            | ExprKind::If { .. }
            | ExprKind::HasAttr { .. }
            | ExprKind::ExtHasAttr { .. }
            | ExprKind::Like { .. }
            | ExprKind::Is { .. }
            | ExprKind::Set(_)
            | ExprKind::Record(_) => inside(),
        }
    }

    /// Whether an expression is an entity in some environment, or of no known type in all of them.
    fn may_be_entity(&self, expr: &Expr, types: &Types, environments: &[&Environment]) -> bool {
        let found: Vec<Type> = environments
            .iter()
            .filter_map(|environment| types.path(expr, environment))
            .collect();
        found.is_empty() && !matches!(expr.expr_kind(), ExprKind::Record(_))
            || found.iter().any(|ty| matches!(ty, Type::Entity(_)))
    }

    fn known(&self, expr: &Expr, facts: &Facts) -> bool {
        self.literal(expr).is_some_and(|uid| self.is_there(uid)) || facts.contains(expr)
    }

    fn literal<'e>(&'e self, expr: &'e Expr) -> Option<&'e EntityUID> {
        match expr.expr_kind() {
            ExprKind::Lit(Literal::EntityUID(uid)) => Some(uid),
            ExprKind::Slot(slot) => self.slots.get(slot),
            _ => None,
        }
    }

    /// Notes the entities that an atom has read once it has a value.
    fn read(&self, expr: &Expr, facts: &mut Facts) {
        match expr.expr_kind() {
            ExprKind::GetAttr { expr: of, .. } => {
                note(facts, of.as_ref().clone());
                self.read(of, facts);
            }
            ExprKind::BinaryApp {
                op: BinaryOp::GetTag,
                arg1,
                arg2,
            } => {
                note(facts, arg1.as_ref().clone());
                self.read(arg1, facts);
                self.read(arg2, facts);
            }
            // Of these only the first operand is surely evaluated.
            ExprKind::And { left, .. } | ExprKind::Or { left, .. } => self.read(left, facts),
            ExprKind::If { test_expr, .. } => self.read(test_expr, facts),
            _ => {
                for child in children(expr) {
                    self.read(child, facts);
                }
            }
        }
    }

    /// Notes the entities that are there because an atom came to this value.
    fn implied(&self, expr: &Expr, value: bool, facts: &mut Facts) {
        let there = |expr: &Expr| self.literal(expr).is_some_and(|uid| self.is_there(uid));
        match expr.expr_kind() {
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => self.implied(arg, !value, facts),
            ExprKind::And { left, right } if value => {
                self.implied(left, true, facts);
                self.implied(right, true, facts);
            }
            ExprKind::HasAttr { expr: of, .. } if value => {
                note(facts, of.as_ref().clone());
            }
            ExprKind::ExtHasAttr { expr: of, attrs } if value => {
                let mut path = of.as_ref().clone();
                note(facts, path.clone());
                let mut inner = attrs.iter().peekable();
                while let Some(attr) = inner.next() {
                    if inner.peek().is_some() {
                        path = Expr::get_attr(path, attr.clone());
                        note(facts, path.clone());
                    }
                }
            }
            ExprKind::BinaryApp { op, arg1, arg2 } if value => match op {
                BinaryOp::HasTag => {
                    note(facts, arg1.as_ref().clone());
                    note(facts, expr.clone());
                }
                BinaryOp::Eq if there(arg2) => {
                    note(facts, arg1.as_ref().clone());
                }
                BinaryOp::Eq if there(arg1) => {
                    note(facts, arg2.as_ref().clone());
                }
                BinaryOp::In => {
                    let below = match arg2.expr_kind() {
                        ExprKind::Set(items) => items.iter().all(there),
                        _ => there(arg2),
                    };
                    if below {
                        note(facts, arg1.as_ref().clone());
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// What is known on two ways is what is known on both.
fn both(one: Option<Facts>, other: Facts) -> Facts {
    match one {
        None => other,
        Some(mut one) => {
            one.retain(|fact| other.contains(fact));
            one
        }
    }
}

/// Whether a request of these types can come as far as a part: a scope is asked for the principal, then for the action,
/// then for the resource, and then come the conditions.
fn reaches(scope: &Scope, types: &RequestTypes, part: Part, entities: &Entities) -> bool {
    let asks = |test: &Test, ty: &str| match test {
        Test::Eq(uid) => reference_type(uid.entity_type()) == ty,
        Test::Is(asked) | Test::IsIn(asked, _) => reference_type(asked) == ty,
        Test::Any | Test::In(_) => true,
        Test::Never => false,
    };
    let principal = || asks(&scope.principal, types.principal.as_ref());
    let action = || {
        crate::cedar::uid(&types.action).is_some_and(|action| scope.action.holds(&action, entities))
    };
    let resource = || asks(&scope.resource, types.resource.as_ref());
    match part {
        Part::Principal => true,
        Part::Action => principal(),
        Part::Resource => principal() && action(),
        Part::Condition => principal() && action() && resource(),
    }
}

/// The type that a scope demands by itself.
fn type_of(test: &Test) -> Option<String> {
    match test {
        Test::Is(ty) => Some(reference_type(ty)),
        Test::Any | Test::Eq(_) | Test::In(_) | Test::IsIn(..) | Test::Never => None,
    }
}

fn reference_type(ty: &cedar_policy_core::ast::EntityType) -> String {
    ty.to_string()
}

/// Whether an expression that stands for a truth can raise an error where nothing is known of the types of values: only what is
/// total whatever they are cannot.
pub(in crate::cedar) fn can_raise(expr: &Expr) -> bool {
    let entity = |expr: &Expr| match expr.expr_kind() {
        ExprKind::Var(variable) => *variable != Var::Context,
        ExprKind::Slot(_) | ExprKind::Lit(Literal::EntityUID(_)) => true,
        _ => false,
    };
    let inside = || {
        children(expr)
            .into_iter()
            .any(|child| !is_value(child) && can_raise(child))
    };
    match expr.expr_kind() {
        ExprKind::Lit(Literal::Bool(_)) => false,
        ExprKind::BinaryApp { op, arg1, arg2 } => match op {
            BinaryOp::Eq => inside(),
            BinaryOp::In => {
                let below = match arg2.expr_kind() {
                    ExprKind::Set(items) => items.iter().all(entity),
                    _ => entity(arg2),
                };
                !(entity(arg1) && below)
            }
            BinaryOp::Less
            | BinaryOp::LessEq
            | BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Contains
            | BinaryOp::ContainsAll
            | BinaryOp::ContainsAny
            | BinaryOp::GetTag
            | BinaryOp::HasTag => true,
        },
        ExprKind::UnaryApp {
            op: UnaryOp::Not,
            arg,
        } => can_raise(arg),
        ExprKind::And { left, right } => can_raise(left) || can_raise(right),
        ExprKind::HasAttr { expr, .. } => !matches!(expr.expr_kind(), ExprKind::Var(_)),
        ExprKind::Is { expr, .. } => !entity(expr),
        ExprKind::Lit(_)
        | ExprKind::Var(_)
        | ExprKind::Slot(_)
        | ExprKind::Unknown(_)
        | ExprKind::UnaryApp { .. }
        | ExprKind::GetAttr { .. }
        | ExprKind::ExtHasAttr { .. }
        | ExprKind::Or { .. }
        | ExprKind::If { .. }
        | ExprKind::ExtensionFunctionApp { .. }
        | ExprKind::Like { .. }
        | ExprKind::Set(_)
        | ExprKind::Record(_) => true,
    }
}

/// Whether an expression has a value of some type whatever the request is.
fn is_value(expr: &Expr) -> bool {
    matches!(
        expr.expr_kind(),
        ExprKind::Lit(_) | ExprKind::Var(_) | ExprKind::Slot(_)
    )
}
