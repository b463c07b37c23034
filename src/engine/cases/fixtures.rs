//! The entities that tests are decided with: the repository's, with those of the suite, of a test and of a row laid over
//! them.

use super::Fixtures;
use super::draft::{Part, Patch};
use super::faults::fault;
use super::json::set;
use crate::cedar::{EntityStore, ParsedEntity, WrittenEntity};
use crate::model::{Diagnostic, EntityRef, Json, SourceFile, Span, Stage};
use crate::repository::{
    EntitySpec, PolicyVersion, SuiteEntity, parse_plain_reference, parse_reference, typed_entity,
};
use crate::yaml::Spanned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Entities of tests by reference, with the file they stand in.
pub(super) type Entities<'s> = (&'s SourceFile, &'s BTreeMap<String, Spanned<SuiteEntity>>);

/// Entities laid over a store. What comes later in the list takes the place of what comes before.
pub(super) fn laid_over(
    version: &PolicyVersion,
    under: &Arc<EntityStore>,
    entities: &[Entities<'_>],
    fixtures: Fixtures,
) -> Result<Arc<EntityStore>, Vec<Diagnostic>> {
    if entities.iter().all(|(_, entities)| entities.is_empty()) {
        return Ok(under.clone());
    }
    let mut layer = Layer {
        under,
        specs: BTreeMap::new(),
        done: BTreeMap::new(),
        way: Vec::new(),
        faults: Vec::new(),
    };
    for (file, entities) in entities {
        let mut names: BTreeMap<EntityRef, &str> = BTreeMap::new();
        for (name, spec) in *entities {
            match parse_plain_reference(name) {
                Ok(uid) => {
                    if let Some(other) = names.insert(uid.clone(), name) {
                        let message = format!("`{name}` and `{other}` are the same entity");
                        layer.faults.push(fault(file, spec.span, message));
                    }
                    layer.specs.entry(uid).or_default().push((file, name, spec));
                }
                Err(message) => layer.faults.push(fault(file, spec.span, message)),
            }
        }
    }
    let mut parsed: Vec<ParsedEntity> = Vec::new();
    let tops = layer.specs.iter();
    let tops: Vec<(EntityRef, usize, Written<'_>)> = tops
        .filter_map(|(uid, written)| {
            let top = written.len().checked_sub(1)?;
            Some((uid.clone(), top, *written.get(top)?))
        })
        .collect();
    for (uid, top, (file, name, spec)) in tops {
        let resolved = layer.resolve(&uid, top);
        let spec = Spanned {
            value: resolved,
            span: spec.span,
        };
        let schema = version.schema.as_ref();
        let (entity, found) = typed_entity(name, &spec, schema, file, Stage::Test);
        // What does not conform is a fact all the same, where that is asked for.
        if fixtures == Fixtures::Strict || entity.is_none() {
            layer.faults.extend(found);
        }
        parsed.extend(entity);
    }
    if !layer.faults.is_empty() {
        return Err(layer.faults);
    }
    under.overlay(&parsed).map(Arc::new).map_err(|message| {
        let file = entities.last().map(|(file, _)| file.path.clone());
        let found = Diagnostic::error(Stage::Test, "entities", message);
        vec![file.into_iter().fold(found, Diagnostic::in_file)]
    })
}

/// What is written of an entity, with its file and its name there.
type Written<'s> = (&'s SourceFile, &'s str, &'s Spanned<SuiteEntity>);

/// Entities that may be like each other.
struct Layer<'s> {
    under: &'s EntityStore,
    /// What each file writes of an entity: a later one takes the place of an earlier one, and may be like it.
    specs: BTreeMap<EntityRef, Vec<Written<'s>>>,
    done: BTreeMap<(EntityRef, usize), EntitySpec>,
    /// The entities that are being resolved, each like the next.
    way: Vec<EntityRef>,
    faults: Vec<Diagnostic>,
}

impl Layer<'_> {
    /// What an entity of the layer comes to, with what it takes from the one that it is like.
    fn resolve(&mut self, uid: &EntityRef, level: usize) -> EntitySpec {
        let key = (uid.clone(), level);
        if let Some(done) = self.done.get(&key) {
            return done.clone();
        }
        let written = self.specs.get(uid).and_then(|written| written.get(level));
        let Some((file, _, spec)) = written.copied() else {
            return EntitySpec::default();
        };
        let base = match &spec.value.like {
            None => EntitySpec::default(),
            Some(like) => match self.like(uid, level, like) {
                Ok(base) => base,
                Err(message) => {
                    self.faults.push(fault(file, like.span, message));
                    EntitySpec::default()
                }
            },
        };
        let resolved = over(base, &spec.value);
        self.done.insert(key, resolved.clone());
        resolved
    }

    fn like(
        &mut self,
        uid: &EntityRef,
        level: usize,
        like: &Spanned<String>,
    ) -> Result<EntitySpec, String> {
        let other = parse_plain_reference(&like.value)?;
        // An entity that is like itself is like what it takes the place of: in an earlier file, or in the repository.
        if other == *uid
            && let Some(below) = level.checked_sub(1)
        {
            let found = self.resolve(uid, below);
            return Ok(placed(found, like.span));
        }
        let top = self.specs.get(&other).map(|written| written.len());
        if other == *uid || top.is_none() {
            let written = self.under.written(&other);
            let written = written.ok_or_else(|| format!("there is no entity {other}"))?;
            return Ok(spec(written, like.span));
        }
        if self.way.contains(&other) {
            return Err(format!("{other} is like itself, by way of {uid}"));
        }
        self.way.push(uid.clone());
        let top = top.unwrap_or_default().saturating_sub(1);
        let found = self.resolve(&other, top);
        self.way.pop();
        Ok(placed(found, like.span))
    }
}

/// What is written of an entity, laid over one that it is like.
fn over(mut base: EntitySpec, written: &SuiteEntity) -> EntitySpec {
    if let Some(parents) = &written.parents {
        base.parents = parents.clone();
    }
    base.attrs.extend(written.attrs.clone());
    base.tags.extend(written.tags.clone());
    for members in [&mut base.attrs, &mut base.tags] {
        members.retain(|_, json| json.value != Json::Null);
    }
    base
}

/// An entity of a store as if it were written at a place.
fn spec(written: WrittenEntity, span: Span) -> EntitySpec {
    let members = |members: BTreeMap<String, Json>| {
        let members = members.into_iter();
        members
            .map(|(name, value)| (name, Spanned { value, span }))
            .collect()
    };
    EntitySpec {
        parents: written
            .parents
            .iter()
            .map(|parent| Spanned {
                value: parent.to_string(),
                span,
            })
            .collect(),
        attrs: members(written.attrs),
        tags: members(written.tags),
    }
}

/// An entity as if all of it were written at a place.
fn placed(mut found: EntitySpec, span: Span) -> EntitySpec {
    let values = found.attrs.values_mut().chain(found.tags.values_mut());
    values.for_each(|value| value.span = span);
    found
        .parents
        .iter_mut()
        .for_each(|parent| parent.span = span);
    found
}

/// A store with parts of its entities changed.
pub(super) fn patched(
    version: &PolicyVersion,
    file: &SourceFile,
    store: &Arc<EntityStore>,
    patches: &[Patch],
    fixtures: Fixtures,
) -> Result<Arc<EntityStore>, Vec<Diagnostic>> {
    let mut changed: BTreeMap<String, Spanned<SuiteEntity>> = BTreeMap::new();
    let mut faults = Vec::new();
    for patch in patches {
        let span = patch.value.span;
        let known = parse_reference(&patch.entity).and_then(|uid| {
            let written = store.written(&uid);
            let written = written.ok_or_else(|| format!("there is no entity {uid}"))?;
            Ok((uid, written))
        });
        let (uid, written) = match known {
            Ok((uid, written)) => (uid, spec(written, span)),
            Err(message) => {
                faults.push(fault(file, span, message));
                continue;
            }
        };
        let entity = changed
            // One entity, however its columns write it.
            .entry(uid.to_string())
            .or_insert_with(|| Spanned {
                value: SuiteEntity {
                    like: None,
                    parents: Some(written.parents),
                    attrs: written.attrs,
                    tags: written.tags,
                },
                span,
            });
        if let Err(message) = apply(&mut entity.value, patch) {
            faults.push(fault(file, span, message));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    laid_over(version, store, &[(file, &changed)], fixtures)
}

fn apply(entity: &mut SuiteEntity, patch: &Patch) -> Result<(), String> {
    match &patch.part {
        Part::Attribute(path) => set(&mut entity.attrs, path, &patch.value),
        Part::Tag(name) => set(&mut entity.tags, std::slice::from_ref(name), &patch.value),
        Part::Parents => {
            let span = patch.value.span;
            let texts = match &patch.value.value {
                Json::Null => Some(Vec::new()),
                json => super::json::texts(json),
            };
            let texts = texts.ok_or("parents are a list of entities")?;
            let parents = texts.into_iter().map(|value| Spanned { value, span });
            entity.parents = Some(parents.collect());
            Ok(())
        }
    }
}
