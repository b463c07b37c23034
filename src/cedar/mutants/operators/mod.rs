//! The operators: each a small file that turns the places of a policy into edits of its text.

mod comparison;
mod connectives;
mod effect;
mod elements;
mod kinds;
mod negation;
mod patterns;
mod scope;
mod siblings;
mod when;

use super::sites::Sites;
use super::world::Around;
use crate::model::Span;

/// What a mutant does to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `permit` for `forbid`, or the other way round.
    EffectFlipped,
    /// The whole policy is left out.
    PolicyDropped,
    /// A template link is left out.
    LinkDropped,
    /// A part that must hold is left out.
    ConjunctDropped,
    /// A part of which one must hold is left out.
    DisjunctDropped,
    /// The question whether an attribute or tag is there is left out.
    HasGuardRemoved,
    /// A part says the opposite.
    AtomNegated,
    /// `&&` for `||`, or the other way round.
    AndOrSwapped,
    /// `<` for `<=` and the like, or a number one step up or down.
    ComparisonShifted,
    /// The scope takes more.
    ScopeWidened,
    /// The scope takes less.
    ScopeNarrowed,
    /// An action is left out of a list in the scope.
    ActionTaken,
    /// An element is left out of a list in a condition.
    ElementTaken,
    /// `when` for `unless`, or the other way round.
    WhenUnlessSwapped,
    /// A pattern takes more.
    LikeLoosened,
    /// Another entity of the same type.
    SiblingReplaced,
}

impl Operator {
    /// All of them.
    pub const ALL: [Operator; 16] = [
        Operator::EffectFlipped,
        Operator::PolicyDropped,
        Operator::LinkDropped,
        Operator::ConjunctDropped,
        Operator::DisjunctDropped,
        Operator::HasGuardRemoved,
        Operator::AtomNegated,
        Operator::AndOrSwapped,
        Operator::ComparisonShifted,
        Operator::ScopeWidened,
        Operator::ScopeNarrowed,
        Operator::ActionTaken,
        Operator::ElementTaken,
        Operator::WhenUnlessSwapped,
        Operator::LikeLoosened,
        Operator::SiblingReplaced,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Operator::EffectFlipped => "effect-flipped",
            Operator::PolicyDropped => "policy-dropped",
            Operator::LinkDropped => "link-dropped",
            Operator::ConjunctDropped => "conjunct-dropped",
            Operator::DisjunctDropped => "disjunct-dropped",
            Operator::HasGuardRemoved => "has-guard-removed",
            Operator::AtomNegated => "atom-negated",
            Operator::AndOrSwapped => "and-or-swapped",
            Operator::ComparisonShifted => "comparison-shifted",
            Operator::ScopeWidened => "scope-widened",
            Operator::ScopeNarrowed => "scope-narrowed",
            Operator::ActionTaken => "action-taken",
            Operator::ElementTaken => "element-taken",
            Operator::WhenUnlessSwapped => "when-unless-swapped",
            Operator::LikeLoosened => "like-loosened",
            Operator::SiblingReplaced => "sibling-replaced",
        }
    }
}

/// One edit of a policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) operator: Operator,
    pub(super) span: Span,
    pub(super) with: String,
}

impl Draft {
    fn new(operator: Operator, span: Span, with: impl Into<String>) -> Self {
        Self {
            operator,
            span,
            with: with.into(),
        }
    }
}

/// Every edit of a policy, in the order of the operators. That the whole policy is left out is no edit.
pub(super) fn drafts(sites: &Sites<'_>, around: &Around<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    drafts.extend(effect::drafts(sites));
    drafts.extend(connectives::dropped(sites));
    drafts.extend(kinds::drafts(sites));
    drafts.extend(negation::drafts(sites));
    drafts.extend(connectives::swapped(sites));
    drafts.extend(comparison::drafts(sites));
    drafts.extend(scope::drafts(sites, around));
    drafts.extend(elements::drafts(sites));
    drafts.extend(when::drafts(sites));
    drafts.extend(patterns::drafts(sites));
    drafts.extend(siblings::drafts(sites, around));
    drafts
}

/// The place from the end of one element of a list up to the end of the next, or from the start of the first up to the
/// start of the second: what goes when one is left out.
fn without(items: &[Span], at: usize) -> Option<Span> {
    let item = items.get(at)?;
    let between = |from: usize, to: usize| Span::new(from, to - from);
    match at.checked_sub(1) {
        Some(before) => Some(between(items.get(before)?.end(), item.end())),
        None => Some(between(item.start, items.get(1)?.start)),
    }
}

#[cfg(test)]
mod tests;
