//! Loading: failures are data, so three broken files still leave the other forty.

use super::agents;
use super::entities::typed_entity;
use super::files::{AgentsFile, EntitiesFile, LinksFile, MappingFile, SuiteFile};
use super::globs::{concerns, select};
use super::manifest::{Manifest, MappingSource};
use super::mapping::Mapping;
use super::near_misses::near_misses;
use super::references::parse_reference;
use super::version::{Files, PolicyVersion, Suite};
use crate::cedar::{self, EntityStore, Link, ParsedEntity, PolicySetBuilder};
use crate::model::{Diagnostic, Digest, EntityRef, SourceFile, Sources, Span, Stage};
use crate::yaml::{self, Spanned};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

static NONE: Vec<String> = Vec::new();

/// The name of the manifest.
const MANIFEST: &str = "agentauthz.yaml";

/// Loads a policy version. What is wrong stands in its diagnostics, sorted by place.
pub fn load(files: &Files<'_>) -> PolicyVersion {
    let mut loader = Loader {
        files,
        version: PolicyVersion::default(),
        entities: BTreeMap::new(),
    };
    loader.run();
    let mut version = loader.version;
    version.diagnostics.sort();
    version.diagnostics.dedup();
    version.digest = Some(digest(&version.sources));
    version
}

/// The recordings that a manifest names, or the faults for which some may be missing.
pub fn select_recordings(files: &Files<'_>) -> Result<Vec<String>, (Vec<Diagnostic>, Sources)> {
    let mut loader = Loader {
        files,
        version: PolicyVersion::default(),
        entities: BTreeMap::new(),
    };
    loader.manifest();
    let patterns = loader.version.manifest.recordings.clone();
    let (paths, faults) = select(&patterns, files.paths.iter().map(String::as_str), MANIFEST);
    let refused = files
        .refused
        .iter()
        .filter(|refused| concerns(&patterns, refused));
    let refused = refused.map(|refused| {
        Diagnostic::error(Stage::Parse, "unreadable", refused.message.clone())
            .in_file(refused.path.as_str())
    });
    let mut diagnostics = loader.version.diagnostics;
    diagnostics.extend(faults);
    diagnostics.extend(refused);
    if diagnostics.is_empty() {
        return Ok(paths);
    }
    Err((diagnostics, loader.version.sources))
}

struct Loader<'a> {
    files: &'a Files<'a>,
    version: PolicyVersion,
    /// Entities by uid, with the place that said them first.
    entities: BTreeMap<EntityRef, (ParsedEntity, Arc<str>, Span)>,
}

impl Loader<'_> {
    fn manifest(&mut self) {
        if let Some(file) = self.file(MANIFEST)
            && let Some(manifest) = self.yaml::<Manifest>(&file, |manifest| manifest.version)
        {
            self.version.manifest = manifest;
        }
    }

    fn run(&mut self) {
        self.manifest();
        self.schema();
        self.policies();
        self.inventory();
        self.entities();
        self.build_store();
        self.mapping();
        self.suites();
        let missed = near_misses(&self.version.manifest, &self.files.paths);
        self.version.diagnostics.extend(missed);
        self.validate();
    }

    fn schema(&mut self) {
        let faults = self.version.diagnostics.len();
        let files = self.select(|manifest| &manifest.schema);
        if files.is_empty() && self.version.diagnostics.len() > faults {
            return;
        }
        if files.is_empty() {
            let patterns = self.version.manifest.schema.join("`, `");
            self.push(
                Diagnostic::error(
                    Stage::Parse,
                    "no_schema",
                    format!("no file matches `{patterns}`, so there is no schema"),
                )
                .in_file(MANIFEST)
                .with_help("write a Cedar schema, or name it under `schema` in the manifest"),
            );
            return;
        }
        let (schema, diagnostics) = cedar::parse_schema(&files);
        self.version.schema = schema;
        self.version.diagnostics.extend(diagnostics);
    }

    fn policies(&mut self) {
        let mut builder = PolicySetBuilder::default();
        for file in self.select(|manifest| &manifest.policies) {
            let (policies, diagnostics) = cedar::parse_policies(&file);
            self.version.diagnostics.extend(diagnostics);
            for policy in &policies {
                builder.add(policy);
            }
            self.version.parsed.extend(policies);
        }
        for file in self.select(|manifest| &manifest.links) {
            let Some(spec) = self.yaml::<LinksFile>(&file, |spec| spec.version) else {
                continue;
            };
            for link in &spec.links {
                let slot = |slot: &Option<Spanned<String>>| {
                    slot.as_ref()
                        .map(|text| {
                            parse_reference(&text.value).map_err(|message| (text.span, message))
                        })
                        .transpose()
                };
                match (slot(&link.value.principal), slot(&link.value.resource)) {
                    (Ok(principal), Ok(resource)) => {
                        let link = Link {
                            id: link.value.id.value.as_str().into(),
                            template: link.value.template.value.as_str().into(),
                            principal,
                            resource,
                            file: file.path.clone(),
                            span: link.value.id.span,
                        };
                        builder.link(&link);
                        self.version.links.push(link);
                    }
                    (principal, resource) => {
                        for (span, message) in
                            [principal.err(), resource.err()].into_iter().flatten()
                        {
                            self.push(
                                Diagnostic::error(Stage::Parse, "bad_link", message)
                                    .in_file(file.path.clone())
                                    .with_label(file.widen(span), ""),
                            );
                        }
                    }
                }
            }
        }
        let (policies, diagnostics) = builder.finish();
        self.version.policies = policies;
        self.version.diagnostics.extend(diagnostics);
    }

    fn inventory(&mut self) {
        let agent_type = self.version.manifest.agent_type.clone();
        for file in self.select(|manifest| &manifest.agents) {
            let Some(spec) = self.yaml::<AgentsFile>(&file, |spec| spec.version) else {
                continue;
            };
            if let Some(schema) = &self.version.schema
                && schema.entity_type(&agent_type).is_none()
            {
                let message =
                    format!("the schema has no entity type `{agent_type}` for the agents");
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
                let (agent, entity, faults) =
                    agents::build(agent, &agent_type, self.version.schema.as_ref(), &file);
                self.version.diagnostics.extend(faults);
                if let Some(entity) = entity {
                    self.entity(entity, &file, agent.span);
                }
                self.version.agents.push(agent);
            }
        }
    }

    fn entities(&mut self) {
        for file in self.select(|manifest| &manifest.entities) {
            if file.path.ends_with(".json") {
                self.json_entities(&file);
                continue;
            }
            let Some(spec) = self.yaml::<EntitiesFile>(&file, |spec| spec.version) else {
                continue;
            };
            for (name, entity) in &spec.entities {
                let (parsed, faults) = typed_entity(
                    name,
                    entity,
                    self.version.schema.as_ref(),
                    &file,
                    Stage::Check,
                );
                self.version.diagnostics.extend(faults);
                if let Some(parsed) = parsed {
                    self.entity(parsed, &file, entity.span);
                }
            }
        }
    }

    fn json_entities(&mut self, file: &SourceFile) {
        let items: Vec<serde_json::Value> = match serde_json::from_str(&file.text) {
            Ok(items) => items,
            Err(error) => {
                let start: usize = file
                    .text
                    .split_inclusive('\n')
                    .take(error.line().saturating_sub(1))
                    .map(str::len)
                    .sum();
                self.push(
                    Diagnostic::error(
                        Stage::Parse,
                        "json",
                        format!("this is no array of entities: {error}"),
                    )
                    .in_file(file.path.clone())
                    .with_label(
                        file.widen(Span::new(start + error.column().saturating_sub(1), 0)),
                        "here",
                    ),
                );
                return;
            }
        };
        for (at, item) in items.iter().enumerate() {
            // JSON values carry no places, so a fault is marked where the entity's id stands first.
            let id = item
                .pointer("/uid/id")
                .or_else(|| item.pointer("/uid/__entity/id"))
                .and_then(|id| id.as_str());
            let span = id
                .and_then(|id| serde_json::to_string(id).ok())
                .and_then(|id| Some(Span::new(file.text.find(&id)?, id.len())))
                .unwrap_or(Span::new(0, 0));
            match cedar::parse_entity(item, self.version.schema.as_ref()) {
                Ok(entity) => self.entity(entity, file, span),
                Err((message, entity)) => {
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
                        self.entity(*entity, file, span);
                    }
                }
            }
        }
    }

    fn entity(&mut self, entity: ParsedEntity, file: &SourceFile, span: Span) {
        let span = file.widen(span);
        if let Some((_, first, _)) = self.entities.get(&entity.uid) {
            let message = format!("{} is said twice; the first time in `{first}`", entity.uid);
            self.push(
                Diagnostic::error(Stage::Parse, "duplicate_entity", message)
                    .in_file(file.path.clone())
                    .with_label(span, ""),
            );
            return;
        }
        self.entities
            .insert(entity.uid.clone(), (entity, file.path.clone(), span));
    }

    fn build_store(&mut self) {
        let all: Vec<ParsedEntity> = self
            .entities
            .values()
            .map(|(entity, _, _)| entity.clone())
            .collect();
        match EntityStore::build(&all, self.version.schema.as_ref()) {
            Ok(store) => self.version.store = store,
            Err(message) => {
                let mut fault = Diagnostic::error(Stage::Parse, "entities", message.clone());
                let blamed = self
                    .entities
                    .values()
                    .find(|(entity, _, _)| message.contains(&entity.uid.to_string()));
                if let Some((_, file, span)) = blamed {
                    fault = fault.in_file(file.clone()).with_label(*span, "");
                }
                self.push(fault);
            }
        }
    }

    fn mapping(&mut self) {
        if let MappingSource::Here(spec) = self.version.manifest.mapping.clone()
            && let Some(file) = self.version.sources.get(MANIFEST).cloned()
        {
            let (mapping, faults) = Mapping::compile(&spec, &file, self.version.schema.as_ref());
            self.version.diagnostics.extend(faults);
            self.version.mapping = Some(mapping);
            return;
        }
        let files = self.select(|manifest| match &manifest.mapping {
            MappingSource::Files(patterns) => patterns,
            MappingSource::Here(_) => &NONE,
        });
        for (at, file) in files.iter().enumerate() {
            if at > 0 {
                self.push(
                    Diagnostic::error(Stage::Parse, "mapping", "there is more than one mapping")
                        .in_file(file.path.clone())
                        .with_help("put all rules into one file"),
                );
                continue;
            }
            let Some(spec) = self.yaml::<MappingFile>(file, |spec| spec.version) else {
                continue;
            };
            let (mapping, faults) = Mapping::compile(&spec, file, self.version.schema.as_ref());
            self.version.diagnostics.extend(faults);
            self.version.mapping = Some(mapping);
        }
    }

    fn suites(&mut self) {
        for file in self.select(|manifest| &manifest.tests) {
            let Some(spec) = self.yaml::<SuiteFile>(&file, |spec| spec.version) else {
                continue;
            };
            self.version.suites.push(Suite { file, spec });
        }
    }

    fn validate(&mut self) {
        let Some(schema) = &self.version.schema else {
            return;
        };
        let files: BTreeMap<Arc<str>, SourceFile> = self
            .version
            .sources
            .iter()
            .map(|file| (file.path.clone(), file.clone()))
            .collect();
        let found = self.version.policies.validate(schema, &files);
        self.version.diagnostics.extend(found);
    }

    fn select(&mut self, patterns: fn(&Manifest) -> &Vec<String>) -> Vec<SourceFile> {
        let patterns = patterns(&self.version.manifest).clone();
        let (paths, faults) = select(
            &patterns,
            self.files.paths.iter().map(String::as_str),
            MANIFEST,
        );
        self.version.diagnostics.extend(faults);
        let refused: Vec<Diagnostic> = self
            .files
            .refused
            .iter()
            .filter(|refused| concerns(&patterns, refused))
            .map(|refused| {
                Diagnostic::error(Stage::Parse, "unreadable", refused.message.clone())
                    .in_file(refused.path.as_str())
            })
            .collect();
        self.version.diagnostics.extend(refused);
        paths.iter().filter_map(|path| self.file(path)).collect()
    }

    /// The text of one file, without a byte order mark.
    fn file(&mut self, path: &str) -> Option<SourceFile> {
        if let Some(file) = self.version.sources.get(path) {
            return Some(file.clone());
        }
        let fault =
            |message: String| Diagnostic::error(Stage::Parse, "unreadable", message).in_file(path);
        let bytes = match (self.files.read)(path) {
            Ok(bytes) => bytes,
            Err(message) => {
                self.push(fault(message));
                return None;
            }
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let fault = fault(format!("the file is not UTF-8 text (byte {at})"));
                self.push(fault.with_help("save it as UTF-8"));
                return None;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let file = SourceFile::new(path, text);
        self.version.sources.insert(file.clone());
        Some(file)
    }

    fn yaml<T: serde::de::DeserializeOwned + Default>(
        &mut self,
        file: &SourceFile,
        version: fn(&T) -> u32,
    ) -> Option<T> {
        match yaml::parse::<T>(file) {
            Ok(value) => match version_fault(file, version(&value)) {
                None => Some(value),
                Some(fault) => {
                    self.push(fault);
                    None
                }
            },
            Err(fault) => {
                self.push(fault);
                None
            }
        }
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.version.diagnostics.push(diagnostic);
    }
}

/// What is wrong with a file that says this version of its format.
pub fn version_fault(file: &SourceFile, version: u32) -> Option<Diagnostic> {
    let message = match version {
        1 => return None,
        0 => "the file does not say its version".to_owned(),
        other => format!("version {other} of this format is not known here"),
    };
    Some(
        Diagnostic::error(Stage::Parse, "version", message)
            .in_file(file.path.clone())
            .with_help("write `version: 1` at the top"),
    )
}

fn digest(sources: &Sources) -> Digest {
    let mut hash = Sha256::new();
    for file in sources.iter() {
        for part in [file.path.as_bytes(), file.text.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    Digest::from_bytes(&hash.finalize())
}
