//! Forbids for everybody that keep signs out of a text.

use super::shared_breadth::{granted, is_untested};
use super::shared_pattern::{Like, likes};
use crate::cedar::{Term, TermKind};
use crate::lint::context::{Policy, Repository};
use crate::model::{PatternPart, Variable};

/// The forbids of a repository that keep something out of texts, for every principal and resource.
pub(super) struct Keeper<'a, 'r>(Vec<&'a Policy<'r>>);

/// Whether a piece of a pattern is what is to be kept out.
pub(super) type Sign<'s> = &'s dyn Fn(&PatternPart) -> bool;

impl<'a, 'r> Keeper<'a, 'r> {
    /// The forbids with a `like` that keeps such a thing out.
    pub(super) fn of(
        repository: &'a Repository<'r>,
        is_exclusion: impl Fn(&Like<'_>) -> bool,
    ) -> Self {
        let forbids = repository.policies.iter().filter(|policy| {
            policy.is_forbid()
                && is_untested(policy, Variable::Principal)
                && is_untested(policy, Variable::Resource)
                && likes(policy).iter().any(&is_exclusion)
        });
        Self(forbids.collect())
    }

    /// Whether one of them keeps a sign out of a text wherever a policy lets it in.
    pub(super) fn keeps(&self, policy: &Policy<'_>, operand: &Term, sign: Sign<'_>) -> bool {
        self.0
            .iter()
            .any(|forbid| excludes(forbid, policy, operand, sign))
    }
}

fn excludes(forbid: &Policy<'_>, policy: &Policy<'_>, operand: &Term, sign: Sign<'_>) -> bool {
    let demands = forbid.syntax.demands();
    let alone = demands.iter().all(|demand| {
        suffices(demand.term, demand.denied, operand, sign)
            || (!demand.denied && matches!(demand.term.kind, TermKind::Has(..)))
    });
    let actions = forbid.actions();
    alone
        && granted(policy)
            .iter()
            .all(|action| actions.contains(action))
}

/// Whether it is enough for a condition to hold that a text has the sign in it.
fn suffices(term: &Term, denied: bool, operand: &Term, sign: Sign<'_>) -> bool {
    match (&term.kind, denied) {
        (TermKind::Not(inner), _) => suffices(inner, !denied, operand, sign),
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => parts
            .iter()
            .any(|part| suffices(part, denied, operand, sign)),
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            let ready = |part: &Term| !denied && matches!(part.kind, TermKind::Has(..));
            parts
                .iter()
                .all(|part| ready(part) || suffices(part, denied, operand, sign))
        }
        (TermKind::Like(other, pattern), false) => other.same(operand) && pattern.iter().any(sign),
        _ => false,
    }
}
