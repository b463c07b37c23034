//! Which policies made a decision flip, exactly: no search and no guess.
//!
//! The status of each policy is independent of the others, and allow means that some permit is satisfied and no forbid
//! is. So a flip follows from what each policy contributes on base and on head, and the smallest sets of policies that
//! explain it can be written down (`docs/architecture.md`, "Causes").

use super::settle::Settled;
use super::units::Units;
use crate::model::{Decision, Effect, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names of policies.
pub type Names = BTreeSet<Arc<str>>;

/// Minimal sets of policies: all of some, with one of others. There may be as many sets as there are others.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way {
    /// What is in every set.
    pub all: Names,
    /// One of these is in each set; where there is none, there is one set.
    pub and_one_of: Names,
}

/// Why a decision flipped. The sets are minimal: without any of its policies none would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// The sets of policies that, changed on base as they are on head, give head's decision.
    pub why: Vec<Way>,
    /// The sets of policies that, changed on head back to what they were, give base's decision.
    pub undo: Vec<Way>,
}

/// What one policy contributes on each side: its effect where it is satisfied. A policy that changed its effect has
/// another one on each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    base: Option<Effect>,
    head: Option<Effect>,
}

/// Why the decision flipped between these statuses; nothing where it did not, or where a policy's status is unknown: what
/// its change would do is unknown as well. Policies that are not listed are not satisfied.
pub fn cause(base: &[Settled], head: &[Settled], units: &Units) -> Option<Cause> {
    match is_certain(base, head) {
        true => known_cause(base, head, units),
        false => None,
    }
}

/// Whether the status of every policy is known on both sides.
pub fn is_certain(base: &[Settled], head: &[Settled]) -> bool {
    let mut both = base.iter().chain(head);
    both.all(|policy| policy.status != Status::Unknown)
}

/// Why the decision flipped, as far as statuses are known; nothing where it did not flip. A policy of unknown status counts
/// as not satisfied, as the decisions do not rest on it. Each way of `why` is enough whatever it is; there may be others,
/// and what takes the flip back may be more.
pub fn known_cause(base: &[Settled], head: &[Settled], units: &Units) -> Option<Cause> {
    let decided = |side| super::settle::settle(side).decision;
    let allowed = match (decided(base)?, decided(head)?) {
        (Decision::Deny, Decision::Allow) => true,
        (Decision::Allow, Decision::Deny) => false,
        (Decision::Allow, Decision::Allow) | (Decision::Deny, Decision::Deny) => return None,
    };
    let satisfied = satisfied(base, false).chain(satisfied(head, true));
    Some(cause_of(satisfied, allowed, units))
}

fn satisfied(side: &[Settled], is_head: bool) -> impl Iterator<Item = Satisfied<'_>> {
    let satisfied = side
        .iter()
        .filter(|policy| policy.status == Status::Satisfied);
    satisfied.map(move |policy| {
        let effect = Some(policy.effect);
        Satisfied {
            policy: &policy.policy,
            base: effect.filter(|_| !is_head),
            head: effect.filter(|_| is_head),
        }
    })
}

/// A policy that is satisfied, with its effect on each side where it is.
#[derive(Debug, Clone, Copy)]
pub struct Satisfied<'a> {
    /// The policy, by the name that both sides use.
    pub policy: &'a Arc<str>,
    /// Its effect on base, where it is satisfied there.
    pub base: Option<Effect>,
    /// Its effect on head, where it is satisfied there.
    pub head: Option<Effect>,
}

/// Why a decision flipped, from all policies that are satisfied on some side; a policy may come more than once. `allowed`:
/// head allows.
pub fn cause_of<'a>(
    policies: impl Iterator<Item = Satisfied<'a>>,
    allowed: bool,
    units: &'a Units,
) -> Cause {
    let mut all: BTreeMap<&Arc<str>, Parts> = BTreeMap::new();
    for policy in policies {
        // What moves together contributes together: all links of a template have its effect.
        let parts = all.entry(units.of(policy.policy)).or_default();
        parts.base = parts.base.or(policy.base);
        parts.head = parts.head.or(policy.head);
    }
    match allowed {
        true => newly_allowed(&all),
        false => newly_denied(&all),
    }
}

fn those(all: &BTreeMap<&Arc<str>, Parts>, like: impl Fn(&Parts) -> bool) -> Names {
    let found = all.iter().filter(|(_, parts)| like(parts));
    found.map(|(name, _)| Arc::clone(name)).collect()
}

/// Head allows, so no forbid of head is satisfied, and all forbids of base are lifted.
fn newly_allowed(all: &BTreeMap<&Arc<str>, Parts>) -> Cause {
    let lifted = those(all, |parts| parts.base == Some(Effect::Forbid));
    let gained = those(all, |parts| {
        parts.head == Some(Effect::Permit) && parts.base != Some(Effect::Permit)
    });
    let permitted = all.values().any(|parts| parts.base == Some(Effect::Permit));
    // A forbid that became a permit is lifted and gained in one.
    let turned = lifted.intersection(&gained).next().is_some();
    let why = vec![Way {
        all: lifted.clone(),
        and_one_of: match permitted || turned {
            true => Names::new(),
            false => gained.clone(),
        },
    }];
    let mut undo = Vec::new();
    if !lifted.is_empty() {
        undo.push(Way {
            all: Names::new(),
            and_one_of: lifted,
        });
    }
    let permits = those(all, |parts| parts.head == Some(Effect::Permit));
    // Only where each of them can be taken back, and none of them is enough alone because it forbade on base.
    if permits == gained && !turned {
        undo.push(Way {
            all: permits,
            and_one_of: Names::new(),
        });
    }
    Cause { why, undo }
}

/// Base allows, so no forbid of base is satisfied, and all forbids of head are gained.
fn newly_denied(all: &BTreeMap<&Arc<str>, Parts>) -> Cause {
    let mirrored: BTreeMap<&Arc<str>, Parts> = all
        .iter()
        .map(|(name, parts)| {
            let Parts { base, head } = *parts;
            let parts = Parts {
                base: head,
                head: base,
            };
            (*name, parts)
        })
        .collect();
    // To go from head to base is to go from base to head in a mirror.
    let Cause { why, undo } = newly_allowed(&mirrored);
    Cause {
        why: undo,
        undo: why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What one policy contributes: nothing, a permit, a forbid.
    const CONTRIBUTIONS: [Option<Effect>; 3] = [None, Some(Effect::Permit), Some(Effect::Forbid)];

    fn settled(side: &[Option<Effect>]) -> Vec<Settled> {
        let policy = |(at, effect): (usize, &Option<Effect>)| {
            Some(Settled {
                policy: format!("p{at}").into(),
                effect: (*effect)?,
                status: Status::Satisfied,
            })
        };
        side.iter().enumerate().filter_map(policy).collect()
    }

    fn allows(side: &[Option<Effect>]) -> bool {
        side.contains(&Some(Effect::Permit)) && !side.contains(&Some(Effect::Forbid))
    }

    /// The minimal sets of policies that, taken from `to`, make `from` decide as `to` does: every subset is tried.
    fn minimal(from: &[Option<Effect>], to: &[Option<Effect>]) -> BTreeSet<Names> {
        let differ: Vec<usize> = (0..from.len()).filter(|at| from[*at] != to[*at]).collect();
        let mut enough: Vec<u32> = Vec::new();
        for subset in 0..1_u32 << differ.len() {
            let mut mixed = from.to_vec();
            for (bit, at) in differ.iter().enumerate() {
                if subset >> bit & 1 == 1 {
                    mixed[*at] = to[*at];
                }
            }
            if allows(&mixed) == allows(to) {
                enough.push(subset);
            }
        }
        let smallest = enough.iter().filter(|set| {
            let smaller = |other: &&u32| other != set && **other & **set == **other;
            !enough.iter().any(|other| smaller(&other))
        });
        let names = |set: &u32| {
            let chosen = differ.iter().enumerate();
            let chosen = chosen.filter(|(bit, _)| set >> bit & 1 == 1);
            chosen.map(|(_, at)| format!("p{at}").into()).collect()
        };
        smallest.map(names).collect()
    }

    /// The sets of a way, one by one.
    fn sets(way: &Way) -> Vec<Names> {
        if way.and_one_of.is_empty() {
            return vec![way.all.clone()];
        }
        let with = |one: &Arc<str>| way.all.iter().chain([one]).cloned().collect();
        way.and_one_of.iter().map(with).collect()
    }

    fn hold(policies: &[(usize, usize)]) -> bool {
        let base: Vec<_> = policies.iter().map(|(b, _)| CONTRIBUTIONS[*b]).collect();
        let head: Vec<_> = policies.iter().map(|(_, h)| CONTRIBUTIONS[*h]).collect();
        let found = cause(&settled(&base), &settled(&head), &Units::default());
        assert_eq!(found.is_some(), allows(&base) != allows(&head));
        let Some(Cause { why, undo }) = found else {
            return false;
        };
        let set = |ways: Vec<Way>| {
            let sets: Vec<Names> = ways.iter().flat_map(sets).collect();
            let count = sets.len();
            let set: BTreeSet<Names> = sets.into_iter().collect();
            assert_eq!(set.len(), count, "no set stands twice");
            set
        };
        assert_eq!(set(why), minimal(&base, &head), "why {base:?} → {head:?}");
        assert_eq!(set(undo), minimal(&head, &base), "undo {base:?} → {head:?}");
        true
    }

    #[test]
    fn every_flip_of_up_to_four_policies_has_the_causes_of_brute_force() {
        let mut flips = 0;
        for count in 1..=4_u32 {
            for number in 0..9_usize.pow(count) {
                let policies: Vec<(usize, usize)> = (0..count)
                    .map(|at| number / 9_usize.pow(at) % 9)
                    .map(|both| (both / 3, both % 3))
                    .collect();
                flips += usize::from(hold(&policies));
            }
        }
        assert!(flips > 1_000, "{flips}");
    }

    proptest! {
        #[test]
        fn larger_flips_too(policies in prop::collection::vec((0_usize..3, 0_usize..3), 5..9)) {
            hold(&policies);
        }
    }

    #[test]
    fn where_a_status_is_unknown_there_is_no_cause() {
        let policy = |policy: &str, effect, status| Settled {
            policy: policy.into(),
            effect,
            status,
        };
        let unknown = policy("p", Effect::Permit, Status::Unknown);
        let cause = |base: &[Settled], head: &[Settled]| cause(base, head, &Units::default());
        assert_eq!(cause(std::slice::from_ref(&unknown), &[]), None);
        assert_eq!(cause(&[], std::slice::from_ref(&unknown)), None);
        // Base allows and head denies, but whether taking `p` back alone would deny is unknown.
        let permit = policy("p", Effect::Permit, Status::Satisfied);
        let forbid = policy("n", Effect::Forbid, Status::Satisfied);
        let head = [unknown, forbid.clone()];
        assert_eq!(cause(std::slice::from_ref(&permit), &head), None);
        assert!(cause(std::slice::from_ref(&permit), &[permit.clone(), forbid]).is_some());
    }
}
