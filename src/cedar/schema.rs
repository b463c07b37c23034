//! The Cedar schema of a policy version.

use super::build_entity::Shapes;
use super::diagnostics::{convert, file_of};
use super::entities::sorted;
use super::nesting::too_deep;
use super::types::lower_record;
use crate::model::{Diagnostic, Digest, EntityRef, FieldPath, RecordType, SourceFile, Stage, Type};
use cedar_policy::SchemaFragment;
use cedar_policy_core::validator::{ValidatorEntityType, ValidatorEntityTypeKind, ValidatorSchema};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// What the schema says of one action.
#[derive(Debug, Clone, Default)]
pub struct ActionInfo {
    /// The action's annotations, such as `risk` and `tool`.
    pub annotations: BTreeMap<String, String>,
    /// The type of its context; nothing for a group.
    pub context: Option<RecordType>,
    /// Context attributes annotated `@clock`.
    pub clocks: BTreeSet<FieldPath>,
    /// Context attributes annotated `@trust`, with who writes them: `agent`, `user` or `system`. What lies in them has the
    /// same, unless it says otherwise.
    pub trust: BTreeMap<FieldPath, String>,
    /// Entity types its principal may have.
    pub principals: BTreeSet<Arc<str>>,
    /// Entity types its resource may have.
    pub resources: BTreeSet<Arc<str>>,
}

/// Cedar's schema, held once for all versions that have the same.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<cedar_policy::Schema>);

impl Shared {
    pub(super) fn as_ref(&self) -> &ValidatorSchema {
        (*self.0).as_ref()
    }
}

impl Deref for Shared {
    type Target = cedar_policy::Schema;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A resolved schema. Clones share it.
#[derive(Debug, Clone)]
pub struct Schema {
    pub(super) inner: Shared,
    pub(super) shapes: Arc<Shapes>,
    actions: Arc<BTreeMap<EntityRef, ActionInfo>>,
    enumerated: Arc<BTreeMap<Arc<str>, Vec<Arc<str>>>>,
    /// The attributes of the entity types, by name.
    types: Arc<OnceLock<BTreeMap<Arc<str>, RecordType>>>,
    digest: Digest,
}

impl Schema {
    /// Whether an entity type lists its ids.
    pub fn is_enumerated(&self, name: &str) -> bool {
        self.enumerated.contains_key(name)
    }

    /// The ids that an enumerated entity type lists; nothing for any other type.
    pub fn choices(&self, name: &str) -> Option<&[Arc<str>]> {
        self.enumerated.get(name).map(Vec::as_slice)
    }

    /// Whether Cedar knows all ids of an entity type, so that it refuses others: enumerated types and actions.
    pub fn is_closed(&self, name: &str) -> bool {
        let base = name.rsplit("::").next();
        self.is_enumerated(name) || base == Some("Action")
    }

    /// All actions, groups included, in order of their uids.
    pub fn actions(&self) -> &BTreeMap<EntityRef, ActionInfo> {
        &self.actions
    }

    /// One action.
    pub fn action(&self, action: &EntityRef) -> Option<&ActionInfo> {
        self.actions.get(action)
    }

    /// The action of this id, where only one namespace has it.
    pub fn action_named(&self, id: &str) -> Option<EntityRef> {
        let mut named = self
            .actions
            .keys()
            .filter(|action| action.id.as_ref() == id);
        match (named.next(), named.next()) {
            (Some(action), None) => Some(action.clone()),
            _ => None,
        }
    }

    /// A digest of what the schema says, annotations included; independent of layout, comments, and of how it is spread
    /// over files.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The attributes of an entity type; nothing where the schema does not have the type.
    pub fn entity_type(&self, name: &str) -> Option<RecordType> {
        self.attributes(name).cloned()
    }

    /// The same, held by the schema.
    pub fn attributes(&self, name: &str) -> Option<&RecordType> {
        let types = self.types.get_or_init(|| {
            let all = self.inner.as_ref().entity_types();
            all.map(|ty| (ty.name().to_string().into(), lower_record(ty.attributes())))
                .collect()
        });
        // Who writes a name may put spaces into it.
        let plain = || self.named(name).map(|ty| ty.name().to_string());
        types.get(name).or_else(|| types.get(plain()?.as_str()))
    }

    /// Whether the schema has an entity type.
    pub fn has_entity_type(&self, name: &str) -> bool {
        self.named(name).is_some()
    }

    /// Cedar parses names with all of its grammar, which takes longer than to decide a request.
    fn named(&self, name: &str) -> Option<&ValidatorEntityType> {
        let schema = self.inner.as_ref();
        match self.shapes.named(name) {
            Some(ty) => schema.get_entity_type(ty),
            None => schema.get_entity_type(&name.parse().ok()?),
        }
    }

    /// Whether an entity of a type may be in an entity of another.
    pub fn may_be_in(&self, entity_type: &str, group: &str) -> bool {
        let types = self.named(entity_type).zip(self.named(group));
        types.is_some_and(|(below, group)| group.has_descendant_entity_type(below.name()))
    }

    /// The actions that lie in a group, directly or not, sorted; none for an action that is no group.
    pub fn members(&self, group: &EntityRef) -> Vec<EntityRef> {
        let found = super::uid(group);
        let group = found.and_then(|uid| self.inner.as_ref().get_action_id(&uid));
        let members = group.into_iter().flat_map(|group| group.descendants());
        let mut members: Vec<EntityRef> = members.map(super::reference).collect();
        members.sort_unstable();
        members
    }

    /// The names of all entity types, sorted.
    pub fn entity_type_names(&self) -> Vec<Arc<str>> {
        let types = self.inner.as_ref().entity_types();
        let mut names: Vec<Arc<str>> = types.map(|ty| ty.name().to_string().into()).collect();
        names.sort_unstable();
        names
    }

    /// Whether every name that it uses is declared.
    pub fn is_complete(&self) -> bool {
        self.inner.as_ref().is_complete()
    }

    /// The type of the tags of an entity type; nothing where it may have none.
    pub fn tag_type(&self, entity_type: &str) -> Option<Type> {
        let ty = self.named(entity_type)?;
        ty.tag_type().and_then(super::types::lower)
    }
}

/// Parses the files of one schema. Faults in one file hide none of another's; what needs all files is only
/// looked at where all of them parse.
pub fn parse_schema(files: &[SourceFile]) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut fragments = Vec::new();
    for file in files {
        match parse_fragment(file) {
            Ok((fragment, warnings)) => {
                fragments.push(fragment);
                diagnostics.extend(warnings);
            }
            Err(errors) => diagnostics.extend(errors),
        }
    }
    if fragments.len() != files.len() {
        return (None, diagnostics);
    }
    let annotated = Annotated::read(&fragments);
    match cedar_policy::Schema::from_schema_fragments(fragments) {
        Ok(inner) => {
            let actions = collect_actions(&inner, &annotated);
            let digest = annotated.digest(files);
            let enumerated = inner
                .as_ref()
                .entity_types()
                .filter_map(|ty| match &ty.kind {
                    ValidatorEntityTypeKind::Enum(choices) => {
                        let ids = choices.iter().map(|id| id.as_ref().into()).collect();
                        Some((ty.name().to_string().into(), ids))
                    }
                    _ => None,
                })
                .collect();
            let schema = Schema {
                shapes: Arc::new(Shapes::of(inner.as_ref())),
                inner: Shared(Arc::new(inner)),
                actions: Arc::new(actions),
                enumerated: Arc::new(enumerated),
                types: Arc::default(),
                digest,
            };
            (Some(schema), diagnostics)
        }
        Err(error) => {
            let none = SourceFile::new("", "");
            match file_of(&error, files).or(files.first()) {
                Some(file) => diagnostics.extend(convert(&error, Stage::Parse, "schema", file)),
                None => diagnostics.extend(convert(&error, Stage::Parse, "schema", &none)),
            }
            (None, diagnostics)
        }
    }
}

fn parse_fragment(file: &SourceFile) -> Result<(SchemaFragment, Vec<Diagnostic>), Vec<Diagnostic>> {
    if file.path.ends_with(".json") {
        return SchemaFragment::from_json_str(&file.text)
            .map(|fragment| (fragment, Vec::new()))
            .map_err(|error| convert(&error, Stage::Parse, "schema_syntax", file));
    }
    if let Some(fault) = too_deep(file, "schema_syntax", true) {
        return Err(vec![fault]);
    }
    match SchemaFragment::from_cedarschema_str(&file.text) {
        Ok((fragment, warnings)) => {
            let warnings = warnings
                .flat_map(|warning| {
                    let mut found = convert(&warning, Stage::Check, "schema_warning", file);
                    for diagnostic in &mut found {
                        diagnostic.severity = crate::model::Severity::Warning;
                    }
                    found
                })
                .collect();
            Ok((fragment, warnings))
        }
        Err(error) => Err(convert(&error, Stage::Parse, "schema_syntax", file)),
    }
}

fn collect_actions(
    inner: &cedar_policy::Schema,
    annotated: &Annotated,
) -> BTreeMap<EntityRef, ActionInfo> {
    let validator = inner.as_ref();
    let mut actions = BTreeMap::new();
    for action in validator.action_ids() {
        let uid = super::reference(action.name());
        let context = validator
            .context_type(action.name())
            .and_then(super::types::lower)
            .and_then(|ty| match ty {
                Type::Record(record) => Some(record),
                _ => None,
            });
        let types = |names: &mut dyn Iterator<Item = &cedar_policy_core::ast::EntityType>| {
            names.map(|name| name.to_string().into()).collect()
        };
        let (annotations, marks) = annotated.action(&uid);
        let info = ActionInfo {
            annotations,
            clocks: marks.clocks,
            trust: marks.trust,
            context,
            principals: types(&mut action.principals()),
            resources: types(&mut action.resources()),
        };
        actions.insert(uid, info);
    }
    actions
}

/// What annotations say of the attributes of a context.
#[derive(Debug, Default)]
struct Marks {
    clocks: BTreeSet<FieldPath>,
    trust: BTreeMap<FieldPath, String>,
}

/// The schema fragments as JSON, where Cedar keeps annotations, which its resolved schema drops.
struct Annotated {
    namespaces: BTreeMap<String, Vec<Json>>,
    /// Whether every fragment has such a form.
    complete: bool,
}

impl Annotated {
    fn read(fragments: &[SchemaFragment]) -> Self {
        let mut namespaces: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        let mut complete = true;
        for fragment in fragments {
            let Ok(Json::Object(members)) = fragment.clone().to_json_value() else {
                complete = false;
                continue;
            };
            for (name, body) in members {
                namespaces.entry(name).or_default().push(body);
            }
        }
        Self {
            namespaces,
            complete,
        }
    }

    /// The digest of everything that is declared; of the texts, where Cedar has no other form of one of them.
    fn digest(&self, files: &[SourceFile]) -> Digest {
        let mut said: Vec<String> = match self.complete {
            true => self.declarations(),
            // How lines end says nothing.
            false => files
                .iter()
                .map(|file| file.text.replace("\r\n", "\n"))
                .collect(),
        };
        said.sort_unstable();
        let mut hash = Sha256::new();
        for text in said {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        Digest::from_bytes(&hash.finalize())
    }

    /// Every declaration with its namespace and its kind.
    fn declarations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (namespace, bodies) in &self.namespaces {
            for (kind, declared) in bodies.iter().filter_map(Json::as_object).flatten() {
                match declared {
                    Json::Object(declared) => found.extend(declared.iter().map(|(name, body)| {
                        let place = [namespace, kind, name].map(|name| Json::from(name.as_str()));
                        Json::from_iter(place.into_iter().chain([sorted(body)])).to_string()
                    })),
                    other => {
                        let place = [namespace, kind].map(|name| Json::from(name.as_str()));
                        let all = place.into_iter().chain([sorted(other)]);
                        found.push(Json::from_iter(all).to_string());
                    }
                }
            }
        }
        found
    }

    fn lookup(&self, namespace: &str, kind: &str, name: &str) -> Option<&Json> {
        let bodies = self.namespaces.get(namespace)?;
        bodies.iter().find_map(|body| body.get(kind)?.get(name))
    }

    fn action(&self, uid: &EntityRef) -> (BTreeMap<String, String>, Marks) {
        let namespace = uid.ty.strip_suffix("::Action").unwrap_or_default();
        let Some(action) = self.lookup(namespace, "actions", &uid.id) else {
            return Default::default();
        };
        let mut marks = Marks::default();
        if let Some(context) = action.get("appliesTo").and_then(|spec| spec.get("context")) {
            self.marks(namespace, context, &mut Vec::new(), &mut marks, 0);
        }
        (annotations(action), marks)
    }

    /// Walks a record type for `@clock` and `@trust`; `depth` bounds the walk, though Cedar refuses cyclic common types.
    fn marks(
        &self,
        namespace: &str,
        ty: &Json,
        path: &mut Vec<String>,
        out: &mut Marks,
        depth: u8,
    ) {
        if depth > 32 {
            return;
        }
        if let Some(attributes) = ty.get("attributes").and_then(Json::as_object) {
            for (name, attribute) in attributes {
                path.push(name.clone());
                let mut said = annotations(attribute);
                if said.contains_key("clock") {
                    out.clocks.insert(FieldPath(path.clone()));
                }
                if let Some(trust) = said.remove("trust") {
                    out.trust.insert(FieldPath(path.clone()), trust);
                }
                self.marks(namespace, attribute, path, out, depth + 1);
                path.pop();
            }
            return;
        }
        let name = match ty.get("type").and_then(Json::as_str) {
            Some("EntityOrCommon") => ty.get("name").and_then(Json::as_str),
            other => other,
        };
        let Some(name) = name else { return };
        let (space, base) = name.rsplit_once("::").unwrap_or((namespace, name));
        let found = self
            .lookup(space, "commonTypes", base)
            .or_else(|| self.lookup("", "commonTypes", base));
        if let Some(ty) = found {
            self.marks(space, ty, path, out, depth + 1);
        }
    }
}

fn annotations(of: &Json) -> BTreeMap<String, String> {
    let members = of.get("annotations").and_then(Json::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}
