//! Loading: failures are data, so three broken files still leave the other forty.

mod digests;
mod suites;

pub use digests::deciding_digest;
use digests::digest;

use super::approvals::{self, ApprovalsFile};
use super::files::{LinksFile, MappingFile};
use super::globs::{concerns, select};
use super::log_source::log_layout;
use super::manifest::{Manifest, MappingSource};
use super::mapping::Mapping;
use super::near_misses::near_misses;
use super::population::{Population, PopulationFiles};
use super::references::nearest;
use super::references::parse_reference;
use super::tools::tool_list;
use super::version::{Files, PolicyVersion, SchemaMade};
use crate::cedar::{self, Kept, Link, ParsedPolicy, PolicySetBuilder};
use crate::model::{Diagnostic, LogLayout, SourceFile, Sources, Stage};
use crate::yaml::{self, Spanned};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

static NONE: Vec<String> = Vec::new();

/// The name of the manifest.
const MANIFEST: &str = "agentauthz.yaml";

/// Loads a policy version. What is wrong stands in its diagnostics, sorted by place.
pub fn load(files: &Files<'_>) -> PolicyVersion {
    load_beside(files, None)
}

/// The same, beside a version that was loaded before: what has the same path and text there is not parsed again, and
/// an equal schema and equal entities are shared.
pub fn load_beside(files: &Files<'_>, other: Option<&PolicyVersion>) -> PolicyVersion {
    load_and_keep(files, other, Kept::Meaning)
}

/// The same for who looks at how policies are written, too, as lints do.
pub fn load_and_keep(
    files: &Files<'_>,
    other: Option<&PolicyVersion>,
    kept: Kept,
) -> PolicyVersion {
    let mut loader = Loader::of(files);
    loader.kept = kept;
    loader.run(other);
    let mut version = loader.version;
    version.diagnostics.sort();
    version.diagnostics.dedup();
    version.digest = Some(digest(&version.sources));
    version
}

/// The recordings that a manifest names, or the faults for which some may be missing.
pub fn select_recordings(files: &Files<'_>) -> Result<Vec<String>, (Vec<Diagnostic>, Sources)> {
    let mut loader = Loader::of(files);
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

/// How log lines of a team's own are read, as the mapping says that a manifest names, or the faults for which nobody knows.
pub fn select_log_layout(
    files: &Files<'_>,
) -> Result<Option<LogLayout>, (Vec<Diagnostic>, Sources)> {
    let mut loader = Loader::of(files);
    loader.manifest();
    let mut layout = None;
    if let Some((spec, file)) = loader.mapping_file() {
        let (found, faults) = log_layout(&spec, &file);
        layout = found;
        loader.version.diagnostics.extend(faults);
    }
    if loader.version.diagnostics.is_empty() {
        return Ok(layout);
    }
    Err((loader.version.diagnostics, loader.version.sources))
}

/// Whether a manifest takes a path, relative to its directory, for a suite of unit tests.
pub fn is_suite(manifest: &Manifest, path: &str) -> bool {
    let (selected, _) = select(&manifest.tests, [path].into_iter(), MANIFEST);
    !selected.is_empty()
}

struct Loader<'a> {
    files: &'a Files<'a>,
    kept: Kept,
    version: PolicyVersion,
}

/// The schema of some files, shared with the other version where it is of equal files.
fn schema_made(files: Vec<SourceFile>, other: Option<&PolicyVersion>) -> SchemaMade {
    match other.map(|other| &other.schema_made) {
        Some(made) if made.0 == files => made.clone(),
        Some(_) | None => {
            let (schema, diagnostics) = cedar::parse_schema(&files);
            (files, schema, diagnostics)
        }
    }
}

/// What one policy file came to.
type Parsed = (Vec<ParsedPolicy>, Vec<Diagnostic>);

impl<'a> Loader<'a> {
    fn of(files: &'a Files<'a>) -> Self {
        Self {
            files,
            kept: Kept::default(),
            version: PolicyVersion::default(),
        }
    }

    fn manifest(&mut self) {
        if let Some(file) = self.file(MANIFEST)
            && let Some(manifest) = self.yaml::<Manifest>(&file, |manifest| manifest.version)
        {
            self.version.manifest = manifest;
        }
    }

    fn run(&mut self, other: Option<&PolicyVersion>) {
        self.manifest();
        let schema = self.schema_files();
        let policies = self.select(|manifest| &manifest.policies);
        let population = PopulationFiles {
            agent_type: self.version.manifest.agent_type.clone(),
            agents: self.select(|manifest| &manifest.agents),
            entities: self.select(|manifest| &manifest.entities),
        };
        let tests = self.select(|manifest| &manifest.tests);
        let kept = self.kept;
        // Only entities need the schema to be parsed.
        let ((parsed, suites), (made, population)) = rayon::join(
            || (parse(&policies, other, kept), suites::parse(tests, other)),
            || {
                let made = schema
                    .map(|files| schema_made(files, other))
                    .unwrap_or_default();
                let population = Population::of(population, made.1.as_ref(), &made.0, other);
                (made, population)
            },
        );
        self.version.schema = made.1.clone();
        self.version.diagnostics.extend(made.2.iter().cloned());
        self.version.schema_made = made;
        self.policies(parsed);
        self.version.agents = population.agents.clone();
        self.version.store = population.store.clone();
        self.version
            .diagnostics
            .extend(population.diagnostics.iter().cloned());
        self.version.population = population;
        self.mapping();
        self.lint_files();
        self.suites(suites);
        self.approvals();
        let missed = near_misses(&self.version.manifest, &self.files.paths);
        self.version.diagnostics.extend(missed);
        self.validate(other);
    }

    /// The files of the schema; nothing where there is none, which is a fault.
    fn schema_files(&mut self) -> Option<Vec<SourceFile>> {
        let faults = self.version.diagnostics.len();
        let files = self.select(|manifest| &manifest.schema);
        if files.is_empty() && self.version.diagnostics.len() > faults {
            return None;
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
            return None;
        }
        Some(files)
    }

    fn policies(&mut self, parsed: Vec<Parsed>) {
        let mut builder = PolicySetBuilder::default();
        for (policies, diagnostics) in parsed {
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

    fn mapping(&mut self) {
        let Some((spec, file)) = self.mapping_file() else {
            return;
        };
        let (mapping, faults) = Mapping::compile(&spec, &file, self.version.schema.as_ref());
        self.version.diagnostics.extend(faults);
        self.data_files(&mapping);
        self.version.mapping = Some(mapping);
        let (_, faults) = log_layout(&spec, &file);
        self.version.diagnostics.extend(faults);
    }

    /// Files of data sets that the mapping does not have.
    fn data_files(&mut self, mapping: &Mapping) {
        let known = || mapping.data().iter().map(|set| set.name.as_ref());
        let names = self.version.manifest.data.keys();
        let unknown: Vec<String> = names
            .filter(|name| !known().any(|one| one == **name))
            .map(|name| {
                let hint = nearest(name, known())
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                format!(
                    "`data` names a file for `{name}`, and the mapping has no such data set{hint}"
                )
            })
            .collect();
        for message in unknown {
            let fault = Diagnostic::error(Stage::Check, "manifest", message);
            self.push(fault.in_file(MANIFEST));
        }
    }

    /// The mapping as it is written, and the file in which it stands.
    fn mapping_file(&mut self) -> Option<(MappingFile, SourceFile)> {
        if let MappingSource::Here(spec) = self.version.manifest.mapping.clone()
            && let Some(file) = self.version.sources.get(MANIFEST).cloned()
        {
            return Some((*spec, file));
        }
        let files = self.select(|manifest| match &manifest.mapping {
            MappingSource::Files(patterns) => patterns,
            MappingSource::Here(_) => &NONE,
        });
        for file in files.iter().skip(1) {
            self.push(
                Diagnostic::error(Stage::Parse, "mapping", "there is more than one mapping")
                    .in_file(file.path.clone())
                    .with_help("put all rules into one file"),
            );
        }
        let file = files.into_iter().next()?;
        let spec = self.yaml::<MappingFile>(&file, |spec| spec.version)?;
        Some((spec, file))
    }

    /// The files that lints alone read: lists of tools, and the baseline.
    fn lint_files(&mut self) {
        for file in self.select(|manifest| &manifest.tools) {
            match tool_list(file) {
                Ok(list) => self.version.tool_lists.push(list),
                Err(fault) => self.version.diagnostics.push(fault),
            }
        }
        if let Some(path) = self.version.manifest.lint.baseline.clone()
            && self.files.paths.contains(&path)
        {
            self.file(&path);
        }
    }

    fn approvals(&mut self) {
        let mut taken = BTreeSet::new();
        for file in self.select(|manifest| &manifest.approvals) {
            let Some(spec) = self.yaml::<ApprovalsFile>(&file, |spec| spec.version) else {
                continue;
            };
            let (approvals, faults) = approvals::build(&spec, &file, &mut taken);
            self.version.approvals.extend(approvals);
            self.version.diagnostics.extend(faults);
        }
    }

    fn validate(&mut self, other: Option<&PolicyVersion>) {
        let Some(schema) = &self.version.schema else {
            return;
        };
        let files: BTreeMap<Arc<str>, SourceFile> = self
            .version
            .sources
            .iter()
            .map(|file| (file.path.clone(), file.clone()))
            .collect();
        // Checked by an equal schema.
        let beside = other.filter(|other| {
            let schemas = other.schema.as_ref();
            schemas.is_some_and(|other| other.digest() == schema.digest())
        });
        let beside = beside.map(|other| &other.policies);
        let found = self.version.policies.validate(schema, &files, beside);
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
        versioned(file, version)
            .map_err(|fault| self.push(fault))
            .ok()
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.version.diagnostics.push(diagnostic);
    }
}

/// Parses every file at once. What stands in the other version, at the same path with the same text, is taken from it.
fn parse(files: &[SourceFile], other: Option<&PolicyVersion>, kept: Kept) -> Vec<Parsed> {
    let mut known: HashMap<&str, Vec<&ParsedPolicy>> = HashMap::new();
    for policy in other.into_iter().flat_map(|other| &other.parsed) {
        known.entry(&policy.file).or_default().push(policy);
    }
    files
        .par_iter()
        .map(|file| {
            let same = other.is_some_and(|other| other.sources.get(&file.path) == Some(file));
            let known = known
                .get(file.path.as_ref())
                .filter(|policies| same && policies.iter().all(|policy| policy.has(kept)));
            match known {
                Some(policies) => (policies.iter().copied().cloned().collect(), Vec::new()),
                None => cedar::parse_and_keep(file, kept),
            }
        })
        .collect()
}

/// One YAML file as a value, where it says a version that is known here.
pub(super) fn versioned<T: serde::de::DeserializeOwned + Default>(
    file: &SourceFile,
    version: fn(&T) -> u32,
) -> Result<T, Diagnostic> {
    let value = yaml::parse::<T>(file)?;
    match version_fault(file, version(&value)) {
        None => Ok(value),
        Some(fault) => Err(fault),
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
