//! One request, evaluated through the trees of policies.

use super::{Leaf, Seen, Tree, Truth, variable};
use crate::cedar::{EntityStore, PreparedRequest};
use cedar_policy_core::ast::{EntityUID, Literal, ValueKind, Var};
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

/// A request that is evaluated atom by atom, by Cedar's own evaluator.
pub struct Walk<'a> {
    evaluator: Evaluator<'a>,
    request: PreparedRequest<'a>,
}

impl<'a> Walk<'a> {
    /// A walk with this request. Unknown fields are not in its context, so it is for requests of which all is known.
    pub fn new(request: PreparedRequest<'a>) -> Self {
        let entities: &'a EntityStore = request.entities;
        Self {
            evaluator: Evaluator::new(
                request.request.cedar(),
                entities.inner.as_ref(),
                Extensions::all_available(),
            ),
            request,
        }
    }

    /// What becomes of a policy, in Cedar's order; `seen` becomes what was seen of each atom.
    pub fn evaluate(&self, tree: &Tree, seen: &mut Seen) -> Truth {
        seen.clear();
        seen.resize(tree.atoms.len(), None);
        tree.root.evaluate(&mut |at| {
            let value = self.atom(tree, at);
            if let Some(place) = seen.get_mut(at) {
                *place = Some(value);
            }
            value
        })
    }

    fn atom(&self, tree: &Tree, at: usize) -> Truth {
        match (tree.leaves.get(at), tree.atoms.get(at)) {
            (Some(Leaf::Scope(test)), Some(atom)) => {
                let uid = variable(atom.part).and_then(|variable| self.uid(variable));
                let entities = self.request.entities.inner.as_ref();
                uid.is_some_and(|uid| test.holds(uid, entities)).into()
            }
            (Some(Leaf::Condition(expr)), _) => match self.evaluator.interpret(expr, &tree.slots) {
                Ok(value) => match value.value_kind() {
                    ValueKind::Lit(Literal::Bool(flag)) => (*flag).into(),
                    _ => Truth::Error,
                },
                Err(_) => Truth::Error,
            },
            (Some(Leaf::Scope(_)), None) | (None, _) => Truth::Error,
        }
    }

    fn uid(&self, variable: Var) -> Option<&EntityUID> {
        match variable {
            Var::Principal => Some(&self.request.request.principal),
            Var::Action => Some(&self.request.request.action),
            Var::Resource => Some(&self.request.request.resource),
            Var::Context => None,
        }
    }
}
