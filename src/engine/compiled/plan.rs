//! L1, the universe: the policies of the sides that are decided together, compiled, each of them once.

use super::index::Index;
use super::names::{AttributeId, EntityId, Names, TypeId};
use super::paths::{PathId, Paths};
use super::program::{Compiler, Node};
use super::shape::{ActionShape, ContextShapes, action_shape, chosen};
use super::world::World;
use crate::cedar::CompiledPolicy;
use crate::engine::Side;
use crate::model::{Effect, FieldPath};
use bumpalo::Bump;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What becomes of a policy whose scope holds.
#[derive(Debug)]
pub enum Body<'g> {
    /// It has no condition.
    Satisfied,
    /// Its condition decides.
    Condition(Node<'g>),
    /// Its condition holds something that only Cedar's evaluator knows.
    Foreign,
}

/// A policy of one or both sides. One that stands on both is the same there: effect, scope and condition are equal, and
/// so are entities and schema, so that its status is the same for every request.
#[derive(Debug)]
pub struct PlannedPolicy<'g> {
    /// The name that both sides use for it.
    pub name: Arc<str>,
    pub effect: Effect,
    /// Its place in the policy sets of base and of head, where it stands there.
    pub base: Option<usize>,
    pub head: Option<usize>,
    pub body: Body<'g>,
    /// The attributes of the context that its condition reads, or something inside of.
    pub reads: Box<[AttributeId]>,
    /// Whether it reads the context as a value.
    pub reads_all: bool,
}

/// A policy with its name, and its places on base and on head.
type Entry<'e> = (
    &'e Arc<str>,
    &'e CompiledPolicy,
    Option<usize>,
    Option<usize>,
);

/// Everything that deciding needs and that does not change from request to request.
#[derive(Debug)]
pub struct Plan<'g> {
    pub names: Names,
    pub paths: Paths,
    pub world: World<'g>,
    pub policies: Vec<PlannedPolicy<'g>>,
    pub index: Index,
    /// The policies that do not stand on both sides, in order.
    pub changed: Vec<u32>,
    pub shapes: FxHashMap<EntityId, ActionShape>,
    /// Where the values at the watched paths of the context go, in their order.
    pub watched: Vec<Option<PathId>>,
    /// The entities of the enumerated types that principals and resources may have, sorted; there are no others.
    pub chosen: FxHashMap<TypeId, Box<[EntityId]>>,
}

impl<'g> Plan<'g> {
    /// The plan of one side alone, as base or as head; nothing where the side has no schema, or entities that the
    /// compiled path does not cover.
    pub fn one(
        ground: &'g Bump,
        side: &Side<'_>,
        is_base: bool,
        watched: &[FieldPath],
    ) -> Option<Self> {
        let policies = side.named_policies().enumerate();
        let entries = policies.map(|(at, (name, policy))| {
            let at = Some(at);
            (
                name,
                policy,
                at.filter(|_| is_base),
                at.filter(|_| !is_base),
            )
        });
        Self::of(ground, side, entries.collect(), watched)
    }

    /// The plan of two sides that share schema and entities.
    pub fn both(
        ground: &'g Bump,
        base: &Side<'_>,
        head: &Side<'_>,
        watched: &[FieldPath],
    ) -> Option<Self> {
        let mut before: FxHashMap<&Arc<str>, (usize, &CompiledPolicy)> = FxHashMap::default();
        for (at, (name, policy)) in base.named_policies().enumerate() {
            // Names tell policies apart (`engine/pairing.rs`); without that, nothing here would be true.
            if before.insert(name, (at, policy)).is_some() {
                return None;
            }
        }
        let mut entries = Vec::new();
        for (at, (name, policy)) in head.named_policies().enumerate() {
            let same = before
                .get(name)
                .filter(|(_, other)| other.decides_like(policy))
                .map(|(at, _)| *at);
            if same.is_some() {
                before.remove(name);
            }
            entries.push((name, policy, same, Some(at)));
        }
        let all = base.named_policies().enumerate();
        let gone = all.filter(|(_, (name, _))| before.contains_key(name));
        entries.extend(gone.map(|(at, (name, policy))| (name, policy, Some(at), None)));
        Self::of(ground, head, entries, watched)
    }

    fn of(
        ground: &'g Bump,
        side: &Side<'_>,
        entries: Vec<Entry<'_>>,
        watched: &[FieldPath],
    ) -> Option<Self> {
        let version = side.version();
        let schema = version.schema.as_ref()?;
        let mut names = Names::default();
        let mut paths = Paths::default();
        let world = World::of(ground, &mut names, &version.store)?;
        let mut index = Index::default();
        let mut policies = Vec::with_capacity(entries.len());
        let mut changed = Vec::new();
        let lowered = entries.par_iter().map(|(_, policy, ..)| {
            let scope = policy.scope();
            match policy.has_condition() {
                true => (scope, Some(policy.condition())),
                false => (scope, None),
            }
        });
        let lowered: Vec<_> = lowered.collect();
        for (at, ((name, policy, base, head), (scope, condition))) in
            (0_u32..).zip(entries.into_iter().zip(lowered))
        {
            index.add(at, &scope, &mut names);
            if base.is_some() != head.is_some() {
                changed.push(at);
            }
            let mut compiler = Compiler {
                ground,
                names: &mut names,
                paths: &mut paths,
                reads: Vec::new(),
                reads_all: false,
            };
            let body = match condition {
                None => Body::Satisfied,
                Some(condition) => condition
                    .and_then(|condition| compiler.condition(&condition))
                    .map_or(Body::Foreign, Body::Condition),
            };
            let reads_all = compiler.reads_all;
            let mut reads = compiler.reads;
            reads.sort_unstable();
            reads.dedup();
            policies.push(PlannedPolicy {
                name: name.clone(),
                effect: policy.effect,
                base,
                head,
                body,
                reads: reads.into(),
                reads_all,
            });
        }
        let place = |path: &FieldPath| {
            path.0.iter().fold(None, |parent, key| {
                Some(paths.child(parent, names.attribute(key)))
            })
        };
        let watched = watched.iter().map(place).collect();
        let mut shapes = FxHashMap::default();
        let mut contexts = ContextShapes::default();
        let mut enumerated = FxHashMap::default();
        for (action, info) in schema.actions() {
            if let Some(mut shape) = action_shape(info, schema, &mut names, &paths, &mut contexts) {
                shape.number = shapes.len();
                shapes.insert(names.entity(action), shape);
            }
            for ty in info.principals.iter().chain(&info.resources) {
                if let Some(all) = chosen(ty, schema, &mut names) {
                    enumerated.insert(names.ty(ty), all);
                }
            }
        }
        Some(Self {
            names,
            paths,
            world,
            policies,
            index,
            changed,
            shapes,
            watched,
            chosen: enumerated,
        })
    }
}
