//! Who and what there is: the agents of the inventory and all entities, from their files.

use super::agents::{self, Agent};
use super::entities::typed_entity;
use super::files::{AgentsFile, EntitiesFile};
use super::load::versioned;
use super::version::PolicyVersion;
use crate::cedar::{self, EntityStore, ParsedEntity, Schema};
use crate::model::{Diagnostic, EntityRef, SourceFile, Span, Stage, refuse_repeated_keys};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// The files that agents and entities are read from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PopulationFiles {
    /// The entity type of the agents.
    pub agent_type: String,
    /// The inventories.
    pub agents: Vec<SourceFile>,
    /// The files of entities.
    pub entities: Vec<SourceFile>,
}

/// What the files came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Population {
    files: PopulationFiles,
    schema: Vec<SourceFile>,
    pub agents: Vec<Agent>,
    pub store: EntityStore,
    pub diagnostics: Vec<Diagnostic>,
}

impl Population {
    /// Reads the files. Where the other version has the same files and the same schema, its population is shared.
    pub fn of(
        files: PopulationFiles,
        schema: Option<&Schema>,
        schema_files: &[SourceFile],
        other: Option<&PolicyVersion>,
    ) -> Self {
        let same = |other: &&Self| other.files == files && other.schema == schema_files;
        if let Some(other) = other.map(|other| &other.population).filter(same) {
            return other.clone();
        }
        let mut reader = Reader {
            schema,
            entities: BTreeMap::new(),
            out: Self {
                schema: schema_files.to_vec(),
                ..Self::default()
            },
        };
        reader.inventory(&files);
        reader.entities(&files);
        reader.build_store();
        let mut out = reader.out;
        out.files = files;
        out
    }
}

/// Where an entity was said.
#[derive(Debug, Clone)]
enum At {
    Span(Span),
    /// JSON values carry no places: where this id stands first, as JSON writes it.
    Id(Option<String>),
}

struct Reader<'a> {
    schema: Option<&'a Schema>,
    /// Entities by uid, with the place that said them first.
    entities: BTreeMap<EntityRef, (ParsedEntity, SourceFile, At)>,
    out: Population,
}

impl Reader<'_> {
    fn inventory(&mut self, files: &PopulationFiles) {
        for file in &files.agents {
            let Some(spec) = self.versioned::<AgentsFile>(file, |spec| spec.version) else {
                continue;
            };
            if let Some(schema) = self.schema
                && !schema.has_entity_type(&files.agent_type)
            {
                let ty = &files.agent_type;
                let message = format!("the schema has no entity type `{ty}` for the agents");
                self.push(
                    Diagnostic::error(Stage::Parse, "agent", message)
                        .in_file(file.path.clone())
                        .with_help(
                            "name the agents' entity type under `agent_type` in the manifest",
                        ),
                );
                continue;
            }
            for agent in &spec.agents {
                let (built, entity, faults) =
                    agents::build(agent, &files.agent_type, self.schema, file);
                self.out.diagnostics.extend(faults);
                if let Some(entity) = entity {
                    self.entity(entity, file, At::Span(agent.span));
                }
                self.out.agents.push(built);
            }
        }
    }

    fn entities(&mut self, files: &PopulationFiles) {
        for file in &files.entities {
            if file.path.ends_with(".json") {
                self.json_entities(file);
                continue;
            }
            let Some(spec) = self.versioned::<EntitiesFile>(file, |spec| spec.version) else {
                continue;
            };
            let schema = self.schema;
            let specs: Vec<_> = spec.entities.iter().collect();
            let read: Vec<_> = specs
                .par_iter()
                .map(|(name, entity)| typed_entity(name, entity, schema, file, Stage::Check))
                .collect();
            for ((_, entity), (parsed, faults)) in specs.into_iter().zip(read) {
                self.out.diagnostics.extend(faults);
                if let Some(parsed) = parsed {
                    self.entity(parsed, file, At::Span(entity.span));
                }
            }
        }
    }

    fn json_entities(&mut self, file: &SourceFile) {
        let (items, repeated) = rayon::join(
            || serde_json::from_str::<Vec<Json>>(&file.text),
            || refuse_repeated_keys(&file.text),
        );
        let items: Vec<Json> = match items.and_then(|items| repeated.map(|()| items)) {
            Ok(items) => items,
            Err(error) => {
                self.push(no_array(file, &error));
                return;
            }
        };
        let schema = self.schema;
        let read: Vec<_> = items
            .par_iter()
            .map(|item| cedar::parse_entity(item, schema))
            .collect();
        let mut places = Places::of(file);
        for (at, (item, read)) in items.iter().zip(read).enumerate() {
            let id = id_of(item).and_then(|id| serde_json::to_string(id).ok());
            match read {
                Ok(entity) => self.entity(entity, file, At::Id(id)),
                Err((message, entity)) => {
                    let span = places.span(id.as_deref());
                    self.push(
                        Diagnostic::error(
                            Stage::Check,
                            "entity",
                            format!("entity {}: {message}", at + 1),
                        )
                        .in_file(file.path.clone())
                        .with_label(span, ""),
                    );
                    if let Some(entity) = entity {
                        self.entity(*entity, file, At::Span(span));
                    }
                }
            }
        }
    }

    fn entity(&mut self, entity: ParsedEntity, file: &SourceFile, at: At) {
        if let Some((_, first, _)) = self.entities.get(&entity.uid) {
            let message = format!(
                "{} is said twice; the first time in `{}`",
                entity.uid, first.path
            );
            self.push(
                Diagnostic::error(Stage::Parse, "duplicate_entity", message)
                    .in_file(file.path.clone())
                    .with_label(place(file, &at), ""),
            );
            return;
        }
        self.entities
            .insert(entity.uid.clone(), (entity, file.clone(), at));
    }

    fn build_store(&mut self) {
        let said = std::mem::take(&mut self.entities);
        let (all, places): (Vec<ParsedEntity>, Vec<(SourceFile, At)>) = said
            .into_values()
            .map(|(entity, file, at)| (entity, (file, at)))
            .unzip();
        match EntityStore::build(&all, self.schema) {
            Ok(store) => self.out.store = store,
            Err(message) => {
                let mut fault = Diagnostic::error(Stage::Parse, "entities", message.clone());
                let blamed = all
                    .iter()
                    .zip(&places)
                    .find(|(entity, _)| message.contains(&entity.uid.to_string()));
                if let Some((_, (file, at))) = blamed {
                    fault = fault
                        .in_file(file.path.clone())
                        .with_label(place(file, at), "");
                }
                self.push(fault);
            }
        }
    }

    fn versioned<T: serde::de::DeserializeOwned + Default>(
        &mut self,
        file: &SourceFile,
        version: fn(&T) -> u32,
    ) -> Option<T> {
        versioned(file, version)
            .map_err(|fault| self.push(fault))
            .ok()
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }
}

fn place(file: &SourceFile, at: &At) -> Span {
    match at {
        At::Span(span) => file.widen(*span),
        At::Id(id) => file.widen(Places::of(file).span(id.as_deref())),
    }
}

fn id_of(item: &Json) -> Option<&str> {
    item.pointer("/uid/id")
        .or_else(|| item.pointer("/uid/__entity/id"))
        .and_then(Json::as_str)
}

fn no_array(file: &SourceFile, error: &serde_json::Error) -> Diagnostic {
    let start: usize = file
        .text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    Diagnostic::error(
        Stage::Parse,
        "json",
        format!("this is no array of entities: {error}"),
    )
    .in_file(file.path.clone())
    .with_label(
        file.widen(Span::new(start + error.column().saturating_sub(1), 0)),
        "here",
    )
}

/// Where the strings of a JSON file stand first. The file is read once, when the first is asked for.
struct Places<'f> {
    file: &'f SourceFile,
    strings: Option<HashMap<&'f str, usize>>,
}

impl<'f> Places<'f> {
    fn of(file: &'f SourceFile) -> Self {
        Self {
            file,
            strings: None,
        }
    }

    /// The span of a string as JSON writes it, with its quotes; the start of the file where it is not there.
    fn span(&mut self, written: Option<&str>) -> Span {
        let none = Span::new(0, 0);
        let Some(written) = written else { return none };
        let strings = self.strings.get_or_insert_with(|| strings(&self.file.text));
        let start = strings.get(written).copied();
        let start = start.or_else(|| self.file.text.find(written));
        start.map_or(none, |start| Span::new(start, written.len()))
    }
}

fn strings(text: &str) -> HashMap<&str, usize> {
    let mut out = HashMap::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte != b'"' {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while let Some(byte) = bytes.get(at).filter(|byte| **byte != b'"') {
            at += if *byte == b'\\' { 2 } else { 1 };
        }
        at += 1;
        if let Some(string) = text.get(start..at) {
            out.entry(string).or_insert(start);
        }
    }
    out
}
