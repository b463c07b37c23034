//! Entities that a request has of its own: recorded with it, looked up for it, or changed by its session.

use super::kind::Engine;
use super::side::{Asked, Side};
use crate::cedar::{self, BuiltRequest, EntityStore, ParsedEntity};
use crate::model::{EntityRef, Json, RecordedAction};
use crate::repository::Mapping;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Side<'a> {
    /// Whether its mapping looks up entities, so that a request may have some of its own.
    pub fn looks_up(&self) -> bool {
        let mapping = self.version().mapping.as_ref();
        mapping.is_some_and(Mapping::looks_up)
    }

    /// All entities that an action's request has of its own: those that were recorded with it, and those that were looked
    /// up.
    pub fn own_entities(&self, action: &RecordedAction) -> Vec<Json> {
        let Ok(asked) = self.request(action) else {
            return Vec::new();
        };
        let recorded = asked
            .recorded
            .iter()
            .flat_map(|recorded| &recorded.entities);
        let recorded: Vec<Json> = recorded.cloned().collect();
        let uids: Vec<_> = recorded
            .iter()
            .map(|entity| entity.get("uid").cloned())
            .collect();
        let looked_up = asked.mapped.entities.into_iter();
        let looked_up = looked_up.filter(|entity| !uids.contains(&entity.get("uid").cloned()));
        recorded.into_iter().chain(looked_up).collect()
    }

    /// The entities that a request is decided with: the version's, or, where some are recorded beside it or were looked up
    /// for it, what it can reach of the version's with those laid over. The second value says where one of those does not
    /// conform to the schema.
    pub(super) fn store(
        &self,
        asked: &Asked<'_>,
    ) -> Result<(Cow<'a, EntityStore>, Option<String>), String> {
        let recorded = asked.recorded.iter();
        let recorded = recorded.flat_map(|recorded| &recorded.entities);
        let looked_up = asked.mapped.entities.iter();
        let mut entities: BTreeMap<EntityRef, ParsedEntity> = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        let mut fault = None;
        // What was recorded with the request is what it was decided with.
        for json in looked_up.chain(recorded) {
            if json.has_repeated_key() {
                return Err("a key stands twice in an entity".to_owned());
            }
            let (json, attributes) = known_part(json);
            let json = serde_json::to_value(&json).map_err(|error| error.to_string())?;
            let entity = match cedar::parse_entity(&json, self.version().schema.as_ref()) {
                Ok(entity) => entity,
                Err((message, Some(entity))) => {
                    // Of what is not known, nobody can say whether it conforms.
                    if attributes.is_empty() {
                        fault = fault.or(Some(message));
                    }
                    *entity
                }
                Err((message, None)) => return Err(message),
            };
            unknown.retain(|(uid, _)| *uid != entity.uid);
            let attributes = attributes.into_iter();
            unknown.extend(attributes.map(|name| (entity.uid.clone(), name)));
            entities.insert(entity.uid.clone(), entity);
        }
        if entities.is_empty() {
            return Ok((Cow::Borrowed(&self.version().store), None));
        }
        let entities: Vec<ParsedEntity> = entities.into_values().collect();
        let store = &self.version().store;
        let store = match self.engine() {
            // Nothing is left out of what Cedar decides with.
            Engine::Reference => store.overlay(&entities),
            Engine::Compiled | Engine::Interpreted => {
                let built = BuiltRequest::build(&asked.mapped.request)?;
                store.overlay_for(&entities, &built, &self.version().policies)
            }
        };
        Ok((Cow::Owned(store?.with_unknown(unknown)), fault))
    }
}

/// An entity without the attributes that nobody knows, and those.
fn known_part(entity: &Json) -> (Cow<'_, Json>, Vec<String>) {
    let attributes = match entity.get("attrs") {
        Some(Json::Object(attributes)) => attributes.iter(),
        Some(_) | None => return (Cow::Borrowed(entity), Vec::new()),
    };
    let unknown = attributes.filter(|(_, json)| json.is_unknown());
    let unknown: Vec<String> = unknown.map(|(name, _)| name.clone()).collect();
    if unknown.is_empty() {
        return (Cow::Borrowed(entity), unknown);
    }
    let mut known = entity.clone();
    if let Json::Object(members) = &mut known
        && let Some(Json::Object(attributes)) = members.get_mut("attrs")
    {
        attributes.retain(|name, _| !unknown.contains(name));
    }
    (Cow::Owned(known), unknown)
}
