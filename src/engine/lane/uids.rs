//! The entities of requests by number, with the policies whose scope holds for them.

use super::context::uid;
use super::memory::{Known, Memory, NONE};
use super::scan::Scanner;
use crate::engine::compiled::{Bits, EntityId, Names, Plan, Position, TypeId, candidates};
use crate::model::EntityRef;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::rc::Rc;

/// Entities that neither policies nor stores name, numbered behind those that they do. Numbers hold until they are
/// cleared.
#[derive(Debug, Default)]
pub struct Strangers {
    /// Ids are texts of recordings, so their hash has a secret.
    numbers: FxHashMap<TypeId, HashMap<Rc<str>, EntityId>>,
    types: Vec<TypeId>,
    ids: Vec<Rc<str>>,
    /// The length of their ids.
    bytes: usize,
}

impl Strangers {
    /// The number of an entity.
    pub fn entity(&mut self, names: &Names, ty: TypeId, id: &str) -> Option<EntityId> {
        if let Some(known) = names.known_entity(ty, id) {
            return Some(known);
        }
        let of_type = self.numbers.entry(ty).or_default();
        if let Some(known) = of_type.get(id) {
            return Some(*known);
        }
        let number = u32::try_from(names.entities() + self.types.len()).ok()?;
        let text: Rc<str> = id.into();
        of_type.insert(text.clone(), number);
        self.bytes += id.len();
        self.types.push(ty);
        self.ids.push(text);
        Some(number)
    }

    /// An entity by its number, whoever names it.
    pub fn reference(&self, names: &Names, entity: EntityId) -> Option<EntityRef> {
        if let Some((ty, id)) = names.reference(entity) {
            return Some(EntityRef::new(names.type_name(ty), id));
        }
        let at = (entity as usize).checked_sub(names.entities())?;
        let (ty, id) = (self.types.get(at)?, self.ids.get(at)?);
        Some(EntityRef::new(names.type_name(*ty), &**id))
    }

    /// Their types, in order of their numbers.
    pub fn types(&self) -> &[TypeId] {
        &self.types
    }
}

/// The number of an entity that must be one of these.
pub fn one_of(names: &Names, all: &[EntityId], ty: TypeId, id: &str) -> Option<EntityId> {
    names
        .known_entity(ty, id)
        .filter(|entity| all.binary_search(entity).is_ok())
}

/// Where an entity stands in a request.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    Principal,
    Action,
    Resource,
}

/// Sets of policies that are equal have one number.
#[derive(Debug, Default)]
struct Classes {
    sets: Vec<Rc<Bits>>,
    numbers: FxHashMap<Rc<Bits>, u32>,
    /// For each set, which of the changed policies are in it: one bit each, so many words a set as the plan has.
    changed: Vec<u64>,
}

impl Classes {
    fn number(&mut self, bits: Bits, plan: &Plan<'_>) -> Option<u32> {
        let bits = Rc::new(bits);
        if let Some(known) = self.numbers.get(&bits) {
            return Some(*known);
        }
        let number = u32::try_from(self.sets.len()).ok()?;
        if number == NONE {
            return None;
        }
        for policies in plan.changed.chunks(64) {
            let word = policies.iter().rev().fold(0, |word, policy| {
                let bit = bits.get(*policy as usize / 64);
                word << 1 | bit.map_or(0, |bit| bit >> (policy % 64) & 1)
            });
            self.changed.push(word);
        }
        self.sets.push(bits.clone());
        self.numbers.insert(bits, number);
        Some(number)
    }

    fn bits(&self, number: u32) -> &[u64] {
        self.sets
            .get(number as usize)
            .map_or(&[], |bits| bits.as_ref())
    }

    /// The changed policies that are in all three sets: one bit each.
    fn changed(&self, plan: &Plan<'_>, key: [u32; 3]) -> impl Iterator<Item = u64> {
        let words = plan.changed.len().div_ceil(64);
        let [p, a, r] = key.map(|number| {
            let from = number as usize * words;
            self.changed.get(from..from + words).unwrap_or_default()
        });
        p.iter().zip(a).zip(r).map(|((p, a), r)| p & a & r)
    }
}

/// How many entities, and numbers of policies, are remembered before a worker starts anew.
const ENTITIES: usize = 1 << 17;
/// How many bytes of their ids.
const TEXTS: usize = 1 << 25;
const CANDIDATES: usize = 1 << 20;

/// A worker's memory of entities and candidates. Bounded: it forgets everything when it is full.
#[derive(Debug, Default)]
pub struct Uids {
    /// By role.
    known: [Memory; 3],
    classes: Classes,
    keys: FxHashMap<[u32; 3], Rc<[u32]>>,
    kept: usize,
    scratch: Vec<u32>,
}

impl Uids {
    /// Forgets, where too much is remembered. Numbers of strangers from before mean nothing where it says that it forgot them.
    pub fn trim(&mut self, strangers: &mut Strangers) -> bool {
        let sum = |of: fn(&Memory) -> usize| self.known.iter().map(of).sum::<usize>();
        let (entities, bytes) = (sum(Memory::len), sum(Memory::bytes) + strangers.bytes);
        let forgets = entities > ENTITIES || strangers.types.len() > ENTITIES || bytes > TEXTS;
        if forgets {
            self.known = Default::default();
            *strangers = Strangers::default();
        }
        if self.kept > CANDIDATES {
            self.keys = FxHashMap::default();
            self.kept = 0;
        }
        forgets
    }

    /// The entity of `{"type": …, "id": …}`; nothing where the type is not known.
    pub fn known(
        &mut self,
        plan: &Plan<'_>,
        strangers: &mut Strangers,
        raw: &str,
        role: Role,
    ) -> Option<Known> {
        let known = self.known.get(role as usize)?.entity(raw);
        if known.is_some() {
            return known;
        }
        self.meet(plan, strangers, raw, role)
    }

    /// The same for an entity that was not seen there before.
    #[cold]
    fn meet(
        &mut self,
        plan: &Plan<'_>,
        strangers: &mut Strangers,
        raw: &str,
        role: Role,
    ) -> Option<Known> {
        let (ty, id) = uid(&mut Scanner::new(raw))?;
        let room = bumpalo::Bump::new();
        let ty = plan.names.known_type(ty.decode(&room)?)?;
        let id = id.decode(&room)?;
        let entity = match plan.chosen.get(&ty) {
            // Requests of others do not conform.
            Some(all) => one_of(&plan.names, all, ty, id)?,
            None => strangers.entity(&plan.names, ty, id)?,
        };
        let position: &Position = match role {
            Role::Principal => &plan.index.principal,
            Role::Action => &plan.index.action,
            Role::Resource => &plan.index.resource,
        };
        let bits = position.class(entity, ty, &plan.world, plan.policies.len());
        let class = self.classes.number(bits, plan)?;
        let known = Known { entity, ty, class };
        self.known.get_mut(role as usize)?.insert_entity(raw, known);
        Some(known)
    }

    /// Whether some changed policy's scope holds.
    pub fn is_touched(&self, plan: &Plan<'_>, key: [u32; 3]) -> bool {
        self.classes.changed(plan, key).any(|word| word != 0)
    }

    /// The changed policies whose scope holds, in order.
    pub fn changed(&self, plan: &Plan<'_>, key: [u32; 3], out: &mut Vec<u32>) {
        out.clear();
        for (policies, mut word) in plan.changed.chunks(64).zip(self.classes.changed(plan, key)) {
            while word != 0 {
                out.extend(policies.get(word.trailing_zeros() as usize));
                word &= word - 1;
            }
        }
    }

    /// All policies whose scope holds, in order.
    pub fn all(&mut self, key: [u32; 3]) -> Rc<[u32]> {
        if let Some(known) = self.keys.get(&key) {
            return known.clone();
        }
        let Self {
            classes, scratch, ..
        } = self;
        let [p, a, r] = key;
        candidates(classes.bits(p), classes.bits(a), classes.bits(r), scratch);
        let all: Rc<[u32]> = self.scratch.as_slice().into();
        self.kept += all.len() + 16;
        self.keys.insert(key, all.clone());
        all
    }
}
