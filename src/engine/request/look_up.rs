//! The entities that a request needs, of data sets and as earlier calls of the session left them.

use super::facts::{Facts, Found};
use super::past::{Became, Counted, Past, after, parents_of};
use super::{By, Filling};
use crate::model::{EntityRef, FieldPath, Json, NotReplayable, RecordedAction, Request, Value};
use crate::repository::{AtTime, DataSet, Row, Tags};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The entities that were looked up for a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LookedUp {
    /// The entities, in the order in which they were met.
    pub entities: Vec<LookedUpEntity>,
    /// The lines of the mapping that say where they are, by their numbers.
    pub lines: BTreeSet<usize>,
}

/// An entity that was looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct LookedUpEntity {
    /// Its uid.
    pub uid: EntityRef,
    /// Its attributes.
    pub attrs: BTreeMap<String, Value>,
    /// Attributes that nobody knows, and why.
    pub unknown: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, Value>,
    /// Its parents.
    pub parents: BTreeSet<EntityRef>,
    /// Where its row stands.
    pub row: Option<String>,
    /// The earlier calls that changed it, by their ids.
    pub changed_by: Vec<String>,
}

/// Why an entity cannot be had.
#[derive(Debug, Clone, PartialEq)]
pub struct NotFound {
    /// Why there is no request then.
    pub reason: NotReplayable,
    /// The entity.
    pub uid: EntityRef,
    /// Why, in words.
    pub why: String,
}

impl LookedUp {
    /// The entities in Cedar's entity JSON, in order of their uids.
    pub fn json(mut self) -> Vec<Json> {
        self.entities.sort_by(|one, other| one.uid.cmp(&other.uid));
        self.entities
            .into_iter()
            .map(LookedUpEntity::json)
            .collect()
    }
}

impl LookedUpEntity {
    fn json(self) -> Json {
        let object = |members: Vec<(&str, Json)>| {
            let members = members.into_iter();
            Json::Object(members.map(|(key, json)| (key.to_owned(), json)).collect())
        };
        let text = |text: &str| Json::String(text.to_owned());
        let uid = |uid: &EntityRef| object(vec![("type", text(&uid.ty)), ("id", text(&uid.id))]);
        let values = |values: BTreeMap<String, Value>| {
            let values = values.into_iter();
            values.map(|(name, value)| (name, Json::from(value)))
        };
        let unknown = self.unknown.iter();
        let unknown =
            unknown.map(|(name, why)| (name.clone(), object(vec![("$unknown", text(why))])));
        let attrs = values(self.attrs).chain(unknown).collect();
        let mut members = vec![
            ("uid", uid(&self.uid)),
            ("attrs", Json::Object(attrs)),
            (
                "parents",
                Json::Array(self.parents.iter().map(uid).collect()),
            ),
        ];
        if !self.tags.is_empty() {
            members.push(("tags", Json::Object(values(self.tags).collect())));
        }
        object(members)
    }
}

impl By<'_> {
    /// The entities of principal, resource and context, and of what those lead to.
    pub(in crate::engine) fn look_up(
        self,
        action: &RecordedAction,
        request: &Request,
    ) -> Result<LookedUp, NotFound> {
        self.look_up_from(action, &[], |looking| {
            looking.meet(&request.principal);
            looking.meet(&request.resource);
            request
                .context
                .values()
                .for_each(|value| looking.value(value));
        })
    }

    /// The entities that policies name themselves, without those that are known already, in Cedar's entity JSON.
    pub fn look_up_named(
        self,
        action: &RecordedAction,
        named: &BTreeSet<EntityRef>,
        known: &[Json],
    ) -> Result<Vec<Json>, NotReplayable> {
        let found = self.look_up_from(action, known, |looking| {
            named.iter().for_each(|uid| looking.meet(uid));
        });
        Ok(found.map_err(|lost| lost.reason)?.json())
    }

    /// What some entities are and lead to. Those that are known, or came with the action, are not looked up, but what they
    /// lead to is.
    fn look_up_from(
        self,
        action: &RecordedAction,
        known: &[Json],
        begin: impl FnOnce(&mut Looking<'_>),
    ) -> Result<LookedUp, NotFound> {
        if !self.mapping.looks_up() {
            return Ok(LookedUp::default());
        }
        let mut looking = Looking {
            by: self,
            time: action.time.as_deref().and_then(|time| time.parse().ok()),
            past: self.past(action),
            seen: BTreeSet::new(),
            open: Vec::new(),
            found: LookedUp::default(),
        };
        let recorded = action.request.iter().flat_map(|request| &request.entities);
        let known: Vec<&Json> = recorded.chain(known).collect();
        looking.seen = known
            .iter()
            .filter_map(|entity| reference(entity.get("uid")?))
            .collect();
        known.iter().for_each(|entity| looking.references(entity));
        begin(&mut looking);
        while let Some(uid) = looking.open.pop() {
            looking.entity(uid)?;
        }
        Ok(looking.found)
    }
}

/// The entity that a value of Cedar's JSON refers to.
fn reference(json: &Json) -> Option<EntityRef> {
    let json = json.get("__entity").unwrap_or(json);
    match (json.get("type"), json.get("id")) {
        (Some(Json::String(ty)), Some(Json::String(id))) => {
            Some(EntityRef::new(ty.as_str(), id.as_str()))
        }
        _ => None,
    }
}

struct Looking<'a> {
    by: By<'a>,
    time: Option<Timestamp>,
    past: Vec<Past>,
    seen: BTreeSet<EntityRef>,
    open: Vec<EntityRef>,
    found: LookedUp,
}

impl Looking<'_> {
    fn meet(&mut self, uid: &EntityRef) {
        if self.seen.insert(uid.clone()) {
            self.open.push(uid.clone());
        }
    }

    /// Meets whatever some JSON refers to.
    fn references(&mut self, json: &Json) {
        if let Some(uid) = reference(json) {
            self.meet(&uid);
            return;
        }
        match json {
            Json::Object(members) => members.values().for_each(|json| self.references(json)),
            Json::Array(items) => items.iter().for_each(|json| self.references(json)),
            _ => {}
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Entity(uid) => self.meet(uid),
            Value::Set(items) => items.iter().for_each(|item| self.value(item)),
            Value::Record(members) => members.values().for_each(|member| self.value(member)),
            Value::Bool(_)
            | Value::Long(_)
            | Value::String(_)
            | Value::Extension(..)
            | Value::Call(..) => {}
        }
    }

    /// Looks one entity up, and meets what it leads to.
    fn entity(&mut self, uid: EntityRef) -> Result<(), NotFound> {
        let row = self.row(&uid)?;
        let (mut entity, since) = match row {
            Some((entity, since)) => (entity, since),
            // What the version has itself, and nothing changed, stays there.
            None => (self.of_store(&uid), None),
        };
        let changed = self.change(&mut entity, since)?;
        if changed {
            self.want_required(&mut entity.found);
        }
        let Entity { found, .. } = &entity;
        found.parents.iter().for_each(|parent| self.meet(parent));
        for value in found.attrs.values().chain(found.tags.values()) {
            self.value(value);
        }
        if entity.is_row || changed {
            self.found.entities.push(entity.found);
        }
        Ok(())
    }

    /// What the schema requires of an entity that calls changed, and that neither they nor a row say, is unknown.
    fn want_required(&self, found: &mut LookedUpEntity) {
        let ty = self.by.schema.attributes(&found.uid.ty);
        for (name, attribute) in ty.into_iter().flat_map(|ty| &ty.attributes) {
            let name = name.as_ref();
            if attribute.required && !found.attrs.contains_key(name) {
                let why = "the schema requires it, and no call says it";
                let unknown = found.unknown.entry(name.to_owned());
                unknown.or_insert_with(|| why.to_owned());
            }
        }
    }

    /// What data sets say of an entity.
    fn row(&mut self, uid: &EntityRef) -> Result<Option<(Entity, Option<Timestamp>)>, NotFound> {
        let lost = |reason, why: String| NotFound {
            reason,
            uid: uid.clone(),
            why,
        };
        let unknown = |why| lost(NotReplayable::UnknownEntity, why);
        let mut found = None;
        let sets = self.by.mapping.data().iter();
        for set in sets.filter(|set| set.entity.ty.as_deref() == Some(&*uid.ty)) {
            self.found.lines.insert(set.line.number);
            let Some(rows) = set.rows() else {
                return Err(unknown(format!("the data set `{}` was not read", set.name)));
            };
            let (row, since) = match rows.at(&uid.id, self.time) {
                AtTime::Nothing => continue,
                AtTime::Row(row, since) => (row, since),
                AtTime::NoTime => {
                    let why = format!(
                        "the data set `{}` has versions of it, and the action has no time",
                        set.name
                    );
                    return Err(lost(NotReplayable::NoTime, why));
                }
                AtTime::Unknown => {
                    return Err(unknown(format!(
                        "nobody knows which row of the data set `{}` is of it",
                        set.name
                    )));
                }
            };
            if found.is_some() {
                return Err(unknown("two data sets have rows of it".to_owned()));
            }
            let entity = self.built(set, row, uid);
            found = Some((entity.map_err(unknown)?, since));
        }
        Ok(found)
    }

    /// The entity of a row. The error says what of it cannot be known.
    fn built(&self, set: &DataSet, row: &Row, uid: &EntityRef) -> Result<Entity, String> {
        let nothing = RecordedAction::new("");
        let facts = Facts::of_row(row, &nothing);
        let mut entity = Entity::of(uid, true);
        let found = &mut entity.found;
        found.row = Some(row.place.clone());
        found.parents = parents_of(&set.parents, facts)
            .map_err(|_| format!("nobody knows what it is in, by {}", row.place))?;
        let ty = self.by.schema.entity_type(&uid.ty).unwrap_or_default();
        for (name, attribute) in &ty.attributes {
            let path = FieldPath(vec![name.to_string()]);
            let template = set.attrs.get(name.as_ref());
            let (value, lost) = match template {
                Some(template) => Filling::alone(facts, template, &attribute.ty, &path),
                None => (None, None),
            };
            match (value, lost) {
                (_, Some(why)) => {
                    found.unknown.insert(name.to_string(), why);
                }
                (Some(value), None) => {
                    found.attrs.insert(name.to_string(), value);
                }
                (None, None) if attribute.required => {
                    let why = "the schema requires it, and the row has nothing for it";
                    found.unknown.insert(name.to_string(), why.to_owned());
                }
                (None, None) => {}
            }
        }
        found.tags = self
            .tags(set, facts, uid)
            .ok_or_else(|| format!("nobody knows its tags, by {}", row.place))?;
        Ok(entity)
    }

    fn tags(
        &self,
        set: &DataSet,
        facts: Facts<'_>,
        uid: &EntityRef,
    ) -> Option<BTreeMap<String, Value>> {
        let mut tags = BTreeMap::new();
        let Some(ty) = self.by.schema.tag_type(&uid.ty) else {
            return Some(tags);
        };
        match &set.tags {
            Tags::Named(named) => {
                for (name, template) in named {
                    let path = FieldPath(vec![name.clone()]);
                    let (value, lost) = Filling::alone(facts, template, &ty, &path);
                    lost.is_none().then_some(())?;
                    tags.extend(value.map(|value| (name.clone(), value)));
                }
            }
            Tags::Members(field) => match facts.find(field) {
                Found::Absent => {}
                Found::Unknown(_) => return None,
                Found::Value(json) => {
                    let Json::Object(members) = json.as_ref() else {
                        return None;
                    };
                    for (name, json) in members.iter().filter(|(_, json)| **json != Json::Null) {
                        tags.insert(name.clone(), Filling::read(json, &ty)?);
                    }
                }
            },
        }
        Some(tags)
    }

    /// What the version itself says of an entity.
    fn of_store(&self, uid: &EntityRef) -> Entity {
        let mut entity = Entity::of(uid, false);
        let Some(written) = self.by.store.and_then(|store| store.written(uid)) else {
            return entity;
        };
        let read = |(name, json): (String, Json)| Some((name, Value::from_json(json).ok()?));
        entity.found.parents = written.parents;
        entity.found.attrs = written.attrs.into_iter().filter_map(read).collect();
        entity.found.tags = written.tags.into_iter().filter_map(read).collect();
        entity
    }

    /// Lays over an entity what earlier calls changed; says whether one did.
    fn change(&self, entity: &mut Entity, since: Option<Timestamp>) -> Result<bool, NotFound> {
        let found = &mut entity.found;
        let changes = self.past.iter().flat_map(|past| past.of(&found.uid, since));
        let changes: Vec<Counted<'_>> = changes.collect();
        let names = changes.iter().flat_map(|change| change.patch.attrs.keys());
        let names: BTreeSet<&String> = names.collect();
        for name in names {
            let before = match (found.attrs.remove(name), found.unknown.remove(name)) {
                (_, Some(why)) => Became::Unknown(why),
                (Some(value), None) => Became::Value(value),
                (None, None) => Became::Gone,
            };
            let values = changes
                .iter()
                .filter_map(|change| Some((change, change.patch.attrs.get(name)?.clone())));
            match after(before, values) {
                Ok(Became::Value(value)) => {
                    found.attrs.insert(name.clone(), value);
                }
                Ok(Became::Gone) => {}
                Ok(Became::Unknown(why)) | Err(why) => {
                    found.unknown.insert(name.clone(), why);
                }
            }
        }
        let parents = changes
            .iter()
            .filter_map(|change| Some((change, change.patch.parents.clone()?)));
        let lost = |why: String| NotFound {
            reason: NotReplayable::UnknownEntity,
            uid: found.uid.clone(),
            why,
        };
        found.parents = after(Some(found.parents.clone()), parents)
            .map_err(|why| lost(format!("nobody knows what it is in: {why}")))?
            .ok_or_else(|| {
                let ids: Vec<String> = changes
                    .iter()
                    .filter(|change| change.patch.parents.is_some())
                    .map(|change| format!("`{}`", change.patch.by))
                    .collect();
                lost(format!(
                    "nobody knows what it is in since {}",
                    ids.join(", ")
                ))
            })?;
        let ids = changes.iter().map(|change| change.patch.by.clone());
        found.changed_by = ids.collect();
        Ok(!changes.is_empty())
    }
}

/// An entity as it is put together.
struct Entity {
    found: LookedUpEntity,
    /// Whether a data set has it.
    is_row: bool,
}

impl Entity {
    fn of(uid: &EntityRef, is_row: bool) -> Self {
        Self {
            found: LookedUpEntity {
                uid: uid.clone(),
                attrs: BTreeMap::new(),
                unknown: BTreeMap::new(),
                tags: BTreeMap::new(),
                parents: BTreeSet::new(),
                row: None,
                changed_by: Vec::new(),
            },
            is_row,
        }
    }
}

#[cfg(test)]
mod tests;
