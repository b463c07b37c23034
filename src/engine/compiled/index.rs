//! L2, the scope index: which policies a scope holds for, as sets of policies by principal, action and resource.
//!
//! Invariant: the candidates of a request are exactly the policies whose scope holds. Scopes are total (`cedar/scope.rs`),
//! and the three parts of a scope depend on one entity each, so a set for each of them, and their intersection, is the
//! whole truth: a policy that is no candidate is not satisfied and raises no error.

use super::names::{EntityId, Names, TypeId};
use super::world::World;
use crate::model::{Scope, ScopeTest};
use rustc_hash::FxHashMap;

/// A set of policies, one bit each.
pub type Bits = Box<[u64]>;

/// A set of policies for each thing that may be demanded of one entity.
#[derive(Debug, Default)]
pub struct Position {
    any: Vec<u32>,
    eq: FxHashMap<EntityId, Vec<u32>>,
    within: FxHashMap<EntityId, Vec<u32>>,
    is: FxHashMap<TypeId, Vec<u32>>,
    is_within: FxHashMap<(TypeId, EntityId), Vec<u32>>,
}

impl Position {
    fn add(&mut self, policy: u32, test: &ScopeTest, names: &mut Names) {
        match test {
            ScopeTest::Any => self.any.push(policy),
            ScopeTest::Eq(uid) => self.eq.entry(names.entity(uid)).or_default().push(policy),
            ScopeTest::In(uids) => {
                for uid in uids {
                    let uid = names.entity(uid);
                    self.within.entry(uid).or_default().push(policy);
                }
            }
            ScopeTest::Is(ty) => self.is.entry(names.ty(ty)).or_default().push(policy),
            ScopeTest::IsIn(ty, uid) => {
                let key = (names.ty(ty), names.entity(uid));
                self.is_within.entry(key).or_default().push(policy);
            }
            ScopeTest::Never => {}
        }
    }

    /// The policies whose demand an entity meets.
    pub fn class(&self, entity: EntityId, ty: TypeId, world: &World<'_>, policies: usize) -> Bits {
        let mut bits = vec![0_u64; policies.div_ceil(64)];
        let mut add = |found: Option<&Vec<u32>>| {
            for policy in found.into_iter().flatten() {
                if let Some(word) = bits.get_mut(*policy as usize / 64) {
                    *word |= 1 << (policy % 64);
                }
            }
        };
        add(Some(&self.any));
        add(self.eq.get(&entity));
        add(self.is.get(&ty));
        for above in std::iter::once(&entity).chain(world.ancestors(entity)) {
            add(self.within.get(above));
            add(self.is_within.get(&(ty, *above)));
        }
        bits.into()
    }
}

/// The scope index of a set of policies.
#[derive(Debug, Default)]
pub struct Index {
    pub principal: Position,
    pub action: Position,
    pub resource: Position,
}

impl Index {
    /// Adds a policy by its number.
    pub fn add(&mut self, policy: u32, scope: &Scope, names: &mut Names) {
        self.principal.add(policy, &scope.principal, names);
        self.action.add(policy, &scope.action, names);
        self.resource.add(policy, &scope.resource, names);
    }
}

/// The policies that are in all three sets.
pub fn candidates(principal: &[u64], action: &[u64], resource: &[u64], out: &mut Vec<u32>) {
    out.clear();
    let words = principal.iter().zip(action).zip(resource);
    for (at, ((p, a), r)) in (0_u32..).zip(words) {
        let mut word = p & a & r;
        while word != 0 {
            out.push(at * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
}
