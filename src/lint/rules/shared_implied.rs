//! Which policies apply wherever another one does, as far as their forms say.
//!
//! Sure in one direction: where it says so, the other policy applies to every request to which the first one applies, with
//! no error that the first one does not raise as well. What a template comes to depends on its links, so a template is never
//! the wider one.

use super::shared_demands::{demanded, scope_terms};
use super::shared_logic::{Settled, conflict, may_follow};
use super::shared_normal::{binary, key, normal, unplaced};
use crate::cedar::{BinaryOperator, Demand, Term, TermKind, Verdict};
use crate::lint::context::{Implied, Policy, Repository};
use crate::model::{EntityRef, Variable};
use rayon::prelude::*;
use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// Which policies apply wherever others do, for each policy of a repository.
pub(super) fn implied<'r>(repository: &'r Repository<'_>) -> &'r [Implied] {
    repository.implied.get_or_init(|| {
        let all: Vec<Ruled<'_>> = repository.policies.par_iter().map(Ruled::of).collect();
        let widest = Widest::of(&all);
        let each = all.par_iter().enumerate();
        each.map(|(at, narrow)| widest.around(&all, at, narrow))
            .collect()
    })
}

/// Policies by what each asks first of every request: few of them can apply wherever another one does.
struct Widest<'r> {
    /// By something that the scope demands of principal or resource, or by nothing; and by action, or for any.
    places: HashMap<(Option<u64>, Option<&'r EntityRef>), Vec<usize>>,
}

impl<'r> Widest<'r> {
    fn of(all: &[Ruled<'r>]) -> Self {
        // What the fewest demand tells the most apart.
        let mut often: HashMap<u64, usize> = HashMap::new();
        for demand in all.iter().flat_map(|ruled| &ruled.scope) {
            *often.entry(*demand).or_default() += 1;
        }
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        let taken = |ruled: &&Ruled<'_>| ruled.alive && !ruled.policy.parsed.is_template;
        for (at, ruled) in all.iter().enumerate().filter(|(_, ruled)| taken(ruled)) {
            let demands = ruled.scope.iter().copied();
            let demand = demands.min_by_key(|demand| (often.get(demand).copied(), *demand));
            let actions = ruled.actions.iter().map(|action| Some(*action));
            let any = ruled.any_action.then_some(None);
            for action in actions.chain(any) {
                places.entry((demand, action)).or_default().push(at);
            }
        }
        Self { places }
    }

    /// The policies that apply wherever one does, which stands at a place.
    fn around(&self, all: &[Ruled<'r>], at: usize, narrow: &Ruled<'r>) -> Implied {
        let mut found = Implied::default();
        if !narrow.alive {
            return found;
        }
        let first = narrow.actions.first().map(|action| Some(*action));
        let actions = [Some(None), first].into_iter().flatten();
        let mut wider: Vec<usize> = actions
            .flat_map(|action| {
                let demands = narrow.known.iter().map(|demand| Some(*demand));
                let demands = demands.chain([None]);
                demands.filter_map(move |demand| self.places.get(&(demand, action)))
            })
            .flatten()
            .copied()
            .collect();
        wider.sort_unstable();
        let settled = LazyCell::new(|| Settled::of(narrow.demands()));
        for (place, wider) in wider.iter().filter_map(|at| Some((*at, all.get(*at)?))) {
            let alike = narrow.policy.is_forbid() == wider.policy.is_forbid();
            let open = match alike {
                true => found.wider.is_none() || (found.same.is_none() && place < at),
                false => wider.policy.is_forbid() && found.forbidden.is_none(),
            };
            if place == at || !open || !narrow.implies(wider, &settled) {
                continue;
            }
            let slot = match (alike, alike && wider.implies_alone(narrow)) {
                (false, _) => &mut found.forbidden,
                (true, true) if place < at => &mut found.same,
                (true, true) => continue,
                (true, false) => &mut found.wider,
            };
            slot.get_or_insert(place);
        }
        found
    }
}

/// A policy as what it demands.
struct Ruled<'r> {
    policy: &'r Policy<'r>,
    /// Those of its scope; none where it takes any.
    actions: BTreeSet<&'r EntityRef>,
    /// Whether it takes any action.
    any_action: bool,
    /// What it demands of principal and resource, and what follows from that and from their types.
    terms: Vec<Term>,
    /// All of its demands in one form, with what follows from the scope.
    known: BTreeSet<u64>,
    /// What its scope demands of principal and resource.
    scope: Vec<u64>,
    /// What its conditions demand.
    asked: Vec<Asked>,
    /// What its scope and conditions read.
    reads: BTreeSet<u64>,
    /// Whether it may apply at all.
    alive: bool,
}

/// A demand of a condition.
struct Asked {
    /// Its one form.
    form: u64,
    /// What it reads, to the first attribute; nothing where all of it is constant.
    reads: Vec<u64>,
    /// Whether it may follow from others at all: what never fails by itself follows from nothing else.
    may_follow: bool,
}

impl Asked {
    fn of(demand: &Demand<'_>) -> Self {
        Self {
            form: one_form(demand),
            reads: reads(demand.term),
            may_follow: may_follow(*demand),
        }
    }
}

impl<'r> Ruled<'r> {
    fn of(policy: &'r Policy<'r>) -> Self {
        let of_scope = scope_terms(&policy.syntax).into_iter();
        let mut terms: Vec<Term> = of_scope.filter(|term| !is_of_action(term)).collect();
        let scope = demanded(&terms).iter().map(one_form).collect();
        let derived: Vec<Term> = terms.iter().flat_map(derived).collect();
        terms.extend(derived);
        terms.extend(by_type(policy));
        let demands = policy.syntax.demands();
        let asked: Vec<Asked> = demands.iter().map(Asked::of).collect();
        let of_scope = terms.iter().flat_map(reads);
        let of_conditions = asked.iter().flat_map(|asked| asked.reads.iter().copied());
        let reads = of_scope.chain(of_conditions).collect();
        let part = policy.syntax.scope_of(Variable::Action);
        let any_action = part.is_none_or(|part| part.is_free());
        let mut found = Self {
            any_action,
            actions: match any_action {
                true => BTreeSet::new(),
                false => policy.actions().iter().collect(),
            },
            known: demanded(&terms)
                .iter()
                .map(one_form)
                .chain(asked.iter().map(|asked| asked.form))
                .collect(),
            policy,
            terms,
            scope,
            asked,
            reads,
            alive: false,
        };
        let may = policy.typing().is_none_or(|typing| {
            let mut all = typing.environments.iter();
            all.any(|found| !matches!(found.verdict, Verdict::Never | Verdict::Faulty))
        });
        found.alive = may && !policy.actions().is_empty() && conflict(&found.demands()).is_none();
        found
    }

    /// All that holds where it applies.
    fn demands(&self) -> Vec<Demand<'_>> {
        let mut all = demanded(&self.terms);
        all.extend(self.policy.syntax.demands());
        all
    }

    /// Whether a policy applies wherever this one does.
    fn implies_alone<'s>(&'s self, wider: &'s Ruled<'_>) -> bool {
        self.implies(wider, &LazyCell::new(|| Settled::of(self.demands())))
    }

    /// The same, where it is asked of many.
    fn implies<'s, F>(
        &'s self,
        wider: &'s Ruled<'_>,
        settled: &LazyCell<Option<Settled<'s>>, F>,
    ) -> bool
    where
        F: FnOnce() -> Option<Settled<'s>>,
    {
        if wider.policy.parsed.is_template || !self.alive || !wider.alive {
            return false;
        }
        let scope = wider.scope.iter().all(|key| self.known.contains(key))
            && (wider.any_action || (!self.any_action && self.actions.is_subset(&wider.actions)));
        if !scope {
            return false;
        }
        let open = wider.asked.iter().enumerate();
        let open: Vec<(usize, &Asked)> = open
            .filter(|(_, asked)| !self.known.contains(&asked.form))
            .collect();
        // What reads nothing that is known about follows from nothing that is known.
        let touches = |asked: &Asked| {
            asked.reads.is_empty() || asked.reads.iter().any(|read| self.reads.contains(read))
        };
        if open.is_empty()
            || !open
                .iter()
                .all(|(_, asked)| asked.may_follow && touches(asked))
        {
            return open.is_empty();
        }
        let demands = wider.policy.syntax.demands();
        open.iter().all(|(at, _)| {
            demands.get(*at).is_some_and(|demand| {
                let settled = settled.as_ref();
                settled.is_none_or(|settled| settled.implies(*demand))
            })
        })
    }
}

/// A policy with its file, where that is another one than that of a second policy.
pub(super) fn named(policy: &Policy<'_>, from: &Policy<'_>) -> String {
    let (id, file): (Arc<str>, &str) = (policy.id(), &policy.file.path);
    match *file == *from.file.path {
        true => format!("`{id}`"),
        false => format!("`{id}` (`{file}`)"),
    }
}

fn is_of_action(term: &Term) -> bool {
    let first = term.parts().into_iter().next();
    first.is_some_and(|part| matches!(part.kind, TermKind::Variable(Variable::Action)))
}

/// `principal is T` and `resource is T`, where the scope and the schema leave only one type.
fn by_type(policy: &Policy<'_>) -> Vec<Term> {
    let Some(typing) = policy.typing() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for variable in [Variable::Principal, Variable::Resource] {
        let types = typing.environments.iter().map(|found| match variable {
            Variable::Principal => &found.principal,
            Variable::Action | Variable::Resource | Variable::Context => &found.resource,
        });
        let types: BTreeSet<&Arc<str>> = types.collect();
        if let (Some(ty), 1) = (types.first(), types.len()) {
            let of = unplaced(TermKind::Variable(variable));
            found.push(unplaced(TermKind::Is(Box::new(of), (*ty).clone(), None)));
        }
    }
    found
}

/// What follows from a demand of the scope: `principal == T::"x"` is `principal is T` and `principal in T::"x"`.
fn derived(term: &Term) -> Vec<Term> {
    let TermKind::Binary(BinaryOperator::Eq, sides) = &term.kind else {
        return Vec::new();
    };
    let [left, right] = sides.as_ref();
    let Some(entity) = right.as_entity() else {
        return Vec::new();
    };
    let is = TermKind::Is(Box::new(left.clone()), entity.ty.clone(), None);
    vec![
        unplaced(is),
        binary(BinaryOperator::In, left.clone(), right.clone()),
    ]
}

/// The paths that an expression reads, to the first attribute.
fn reads(term: &Term) -> Vec<u64> {
    let paths = term.paths().into_iter();
    let mut found: Vec<u64> = paths
        .map(|(variable, path)| {
            let mut hasher = DefaultHasher::new();
            (variable, path.first()).hash(&mut hasher);
            hasher.finish()
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn one_form(demand: &Demand<'_>) -> u64 {
    let (term, denied) = normal(demand.term, demand.denied);
    let mut hasher = DefaultHasher::new();
    (key(&term), denied).hash(&mut hasher);
    hasher.finish()
}
