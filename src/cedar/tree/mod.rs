//! A policy as a tree of decisions: its atoms, where they stand, and how they are connected.
//!
//! An atom is a part of the scope or of the condition that is true or false and holds no `&&`, `||`, `!` or `if` which
//! Cedar would evaluate by parts: `principal in Team::"a"`, `context.n > 5`, `a has b`, `x is T in y`. What stands inside
//! of an atom, such as the `&&` in `(a && b) == c`, is evaluated as one with it.

mod fail;
mod node;
mod place;
mod types;
mod walk;

pub(in crate::cedar) use fail::can_raise;
pub use node::{Node, Seen, Truth};
pub use types::RequestTypes;
pub use walk::Walk;

use super::scope::{self, Test};
use super::text::{one_line, text};
use super::unknown::operands;
use super::{CompiledPolicy, EntityStore, PolicySet, Schema};
use crate::model::{Sources, Span};
use cedar_policy_core::ast::{BinaryOp, Expr, ExprKind, Literal, PolicyID, UnaryOp, Var};
use rayon::prelude::*;

/// The part of a policy in which an atom stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the scope demands of the principal.
    Principal,
    /// What the scope demands of the action.
    Action,
    /// What the scope demands of the resource.
    Resource,
    /// A `when` or `unless`.
    Condition,
}

/// What may come of something.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Can {
    /// It can be true.
    #[serde(rename = "true")]
    pub hold: bool,
    /// It can be false.
    #[serde(rename = "false")]
    pub fail: bool,
    /// It can raise an error.
    #[serde(rename = "error")]
    pub raise: bool,
}

/// A part of a policy that is true or false as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// As it stands in the file, on one line and without comments; Cedar's own words for a policy in JSON.
    pub text: String,
    /// Its place in the file; nothing in Cedar's JSON form, which has no places.
    pub span: Option<Span>,
    /// The part of the policy in which it stands.
    pub part: Part,
    /// What may come of it, as far as its form and the schema say.
    pub can: Can,
}

/// What Cedar evaluates for an atom.
#[derive(Debug, Clone)]
enum Leaf {
    Scope(Test),
    Condition(Expr),
}

/// The decision tree of one policy or template link.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The atoms, in the order in which Cedar evaluates them: of the scope, then of the condition.
    pub atoms: Vec<Atom>,
    /// How they are connected: the scope's atoms first, then the condition.
    pub root: Node,
    leaves: Vec<Leaf>,
    slots: cedar_policy_core::ast::SlotEnv,
}

impl PolicySet {
    /// The tree of each of [`PolicySet::policies`]. Texts and places are those of `sources`; `store` and `schema` say what
    /// can come of an atom.
    pub fn trees(
        &self,
        sources: &Sources,
        store: &EntityStore,
        schema: Option<&Schema>,
    ) -> Vec<Tree> {
        let types = schema.map(types::Types::of);
        let policies = self.policies().par_iter();
        policies
            .map(|policy| {
                let mut tree = Tree::of(policy, sources);
                let typed = types.as_ref().filter(|_| self.is_clean(policy));
                fail::judge(&mut tree, policy, store, typed);
                tree
            })
            .collect()
    }

    /// Whether the type check found nothing in a policy, or in its template and in how it is linked.
    fn is_clean(&self, policy: &CompiledPolicy) -> bool {
        let id = policy.template.as_ref().unwrap_or(&policy.id);
        let clean = self.clean.get();
        clean.is_some_and(|clean| clean.contains(&PolicyID::from_string(id)))
    }
}

impl Tree {
    /// What can become of the policy, as far as its atoms say one by one.
    pub fn can(&self) -> Can {
        can(&self.root, &self.atoms)
    }

    /// Whether the scope held in an evaluation that saw these values.
    pub fn scope_holds(&self, seen: &[Option<Truth>]) -> bool {
        let atoms = self.atoms.iter().zip(seen);
        atoms
            .filter(|(atom, _)| atom.part != Part::Condition)
            .all(|(_, value)| *value == Some(Truth::True))
    }

    fn of(policy: &CompiledPolicy, sources: &Sources) -> Self {
        let mut tree = Self {
            atoms: Vec::new(),
            root: Node::And(Vec::new()),
            leaves: Vec::new(),
            slots: policy.slots.clone(),
        };
        let mut parts = Vec::new();
        let written = sources
            .get(&policy.file)
            .map(|file| file.slice(policy.span))
            .unwrap_or_default();
        let places = place::scope(written, policy.span.start);
        for (part, name, test) in [
            (Part::Principal, "principal", &policy.scope.principal),
            (Part::Action, "action", &policy.scope.action),
            (Part::Resource, "resource", &policy.scope.resource),
        ] {
            let Some(words) = scope::text(name, test) else {
                continue;
            };
            let span = places.get(&part).copied();
            let text = span.and_then(|span| sources.get(&policy.file).map(|file| file.slice(span)));
            let atom = Atom {
                text: text.map(one_line).unwrap_or(words),
                span,
                part,
                can: Can {
                    hold: !matches!(test, Test::Never)
                        && !matches!(test, Test::In(uids) if uids.is_empty()),
                    fail: true,
                    raise: false,
                },
            };
            parts.push(tree.leaf(atom, Leaf::Scope(test.clone())));
        }
        if let Some(condition) = &policy.condition {
            let condition = tree.node(condition);
            // Clauses and conjuncts follow the scope as further operands: that is how Cedar evaluates them.
            match condition {
                Node::And(more) => parts.extend(more),
                other => parts.push(other),
            }
        }
        tree.root = Node::And(parts);
        tree
    }

    fn leaf(&mut self, atom: Atom, leaf: Leaf) -> Node {
        self.atoms.push(atom);
        self.leaves.push(leaf);
        Node::Atom(self.leaves.len() - 1)
    }

    fn node(&mut self, expr: &Expr) -> Node {
        if is_one(expr) {
            return self.condition_leaf(expr);
        }
        let all = |tree: &mut Self, operands: Vec<&Expr>| -> Vec<Node> {
            operands.into_iter().map(|expr| tree.node(expr)).collect()
        };
        match expr.expr_kind() {
            ExprKind::And { .. } => Node::And(all(self, chain(expr))),
            ExprKind::Or { .. } => Node::Or(all(self, operands(expr))),
            ExprKind::UnaryApp {
                op: UnaryOp::Not,
                arg,
            } => Node::Not(Box::new(self.node(arg))),
            ExprKind::If {
                test_expr,
                then_expr,
                else_expr,
            } => Node::If(Box::new([
                self.node(test_expr),
                self.node(then_expr),
                self.node(else_expr),
            ])),
            _ => self.condition_leaf(expr),
        }
    }

    fn condition_leaf(&mut self, expr: &Expr) -> Node {
        let constant = match expr.expr_kind() {
            ExprKind::Lit(Literal::Bool(flag)) => Some(*flag),
            _ => None,
        };
        let atom = Atom {
            text: text(expr),
            span: expr
                .source_loc()
                .map(|loc| Span::new(loc.start(), loc.end() - loc.start())),
            part: Part::Condition,
            can: Can {
                hold: constant != Some(false),
                fail: constant != Some(true),
                raise: constant.is_none(),
            },
        };
        self.leaf(atom, Leaf::Condition(expr.clone()))
    }
}

fn can(node: &Node, atoms: &[Atom]) -> Can {
    let all = |nodes: &[Node]| -> Vec<Can> { nodes.iter().map(|node| can(node, atoms)).collect() };
    match node {
        Node::Atom(at) => atoms.get(*at).map_or(EITHER, |atom| atom.can),
        Node::Not(inner) => {
            let inner = can(inner, atoms);
            Can {
                hold: inner.fail,
                fail: inner.hold,
                raise: inner.raise,
            }
        }
        Node::And(nodes) => {
            let parts = all(nodes);
            Can {
                hold: parts.iter().all(|part| part.hold),
                fail: parts.iter().any(|part| part.fail),
                raise: parts.iter().any(|part| part.raise),
            }
        }
        Node::Or(nodes) => {
            let parts = all(nodes);
            Can {
                hold: parts.iter().any(|part| part.hold),
                fail: parts.iter().all(|part| part.fail),
                raise: parts.iter().any(|part| part.raise),
            }
        }
        Node::If(parts) => {
            let [test, then, other] = parts.as_ref();
            let tested = can(test, atoms);
            let branches = [(tested.hold, then), (tested.fail, other)];
            let branches = branches.into_iter().filter(|(reached, _)| *reached);
            let branches: Vec<Can> = branches.map(|(_, branch)| can(branch, atoms)).collect();
            Can {
                hold: branches.iter().any(|branch| branch.hold),
                fail: branches.iter().any(|branch| branch.fail),
                raise: tested.raise || branches.iter().any(|branch| branch.raise),
            }
        }
    }
}

/// What can come of a part of which nothing is known.
const EITHER: Can = Can {
    hold: true,
    fail: true,
    raise: true,
};

/// The operands of `a && b && c`; one that is written as one, such as `x is T in y`, is not taken apart.
pub(in crate::cedar) fn chain(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut rest = expr;
    while let ExprKind::And { left, right } = rest.expr_kind() {
        if is_one(rest) {
            break;
        }
        found.push(right.as_ref());
        rest = left;
    }
    found.push(rest);
    found.reverse();
    found
}

/// Whether an expression that Cedar reads as several is one as it is written: `a > b`, which is `!(a <= b)`, `a != b`, and
/// `x is T in y`, which is `x is T && x in y`. Their parts stand at one place; those that somebody connected do not. Cedar's
/// JSON has no places: there a comparison is one, in whatever way it is negated, and a conjunction never.
pub(in crate::cedar) fn is_one(expr: &Expr) -> bool {
    match expr.expr_kind() {
        ExprKind::UnaryApp {
            op: UnaryOp::Not,
            arg,
        } => {
            let compared = matches!(
                arg.expr_kind(),
                ExprKind::BinaryApp {
                    op: BinaryOp::Eq | BinaryOp::Less | BinaryOp::LessEq,
                    ..
                }
            );
            compared && arg.source_loc() == expr.source_loc()
        }
        ExprKind::And { left, right } => match (left.expr_kind(), right.expr_kind()) {
            (
                ExprKind::Is { expr: tested, .. },
                ExprKind::BinaryApp {
                    op: BinaryOp::In,
                    arg1,
                    ..
                },
            ) => {
                tested == arg1
                    && expr.source_loc().is_some()
                    && left.source_loc() == expr.source_loc()
                    && right.source_loc() == expr.source_loc()
            }
            _ => false,
        },
        _ => false,
    }
}

/// The variable that a part of the scope tests.
fn variable(part: Part) -> Option<Var> {
    match part {
        Part::Principal => Some(Var::Principal),
        Part::Action => Some(Var::Action),
        Part::Resource => Some(Var::Resource),
        Part::Condition => None,
    }
}
