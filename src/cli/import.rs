//! `agentauthz import`

use super::args::ImportArgs;
use super::data::LookUps;
use super::encoder::Encoder;
use super::error::CliError;
use super::import_explain;
use super::origin::Origin;
use super::output::{Output, Report, temporary_beside};
use super::recordings::{Input, SHORT};
use super::versions::{load_version, root};
use crate::cedar::{EntityStore, Schema};
use crate::engine::{By, Changing, Counts, Ids, Incoming, Meant, Place};
use crate::model::{
    Diagnostic, Earlier, FieldPath, Json, LogLayout, RecordedAction, RecordedRequest, SourceFile,
    Sources, WrittenRequest,
};
use crate::recording::{NAMED, Redacted, Redaction, Repeats, write, write_lost};
use crate::render::{self, Header, ImportSummary, count};
use crate::repository::{Mapping, MappingFile, log_layout, version_fault};
use crate::yaml;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

struct Imported {
    header: Header,
    summary: ImportSummary,
}

impl Report for Imported {
    fn terminal(&self) -> String {
        render::import(&self.header, &self.summary)
    }

    fn json(&self) -> serde_json::Value {
        render::import_json(&self.summary)
    }
}

pub fn run(args: &ImportArgs, output: &Output) -> Result<u8, CliError> {
    if let Some(id) = &args.explain {
        return import_explain::run(args, id, output);
    }
    let Some(path) = &args.output else {
        return Err(CliError::new("it is not said where to write").with_help("name a file by `-o`"));
    };
    let rules = by_what(args)?;
    let look_ups = rules.look_ups;
    let mut input = Input::new(&args.files, args.from)?.allowing(args.malformed);
    input.layout = rules.layout.map(Arc::new);
    input.changing = Changing::of(&rules.mapping);
    let mut importing = Importing {
        schema: rules.schema,
        mapping: rules.mapping,
        store: rules.store,
        redaction: Redaction::from(&args.redacting),
        redacted: Counts::default(),
        named: BTreeSet::new(),
        repeats: input.repeats(SHORT),
        summary: ImportSummary::default(),
        unmapped_tools: Counts::default(),
        unknown: Counts::default(),
        left_out: Counts::default(),
        unwritable: 0,
    };
    if let Some(session) = input.mixed(output)? {
        return Err(CliError::new(format!(
            "{session} stands in several of these recordings, and calls change something: in one file nobody could tell any \
             more what came first"
        ))
        .with_help("import each recording into a file of its own"));
    }
    let limit = args.malformed.max_malformed;
    let to_stdout = path.as_os_str() == "-";
    if to_stdout {
        let mut stdout = BufWriter::new(io::stdout().lock());
        input.each(output, |incoming| {
            importing.one(incoming, &mut stdout)?;
            look_ups.wanting()?;
            importing.within(limit)
        })?;
        stdout.flush().map_err(|error| CliError::output(&error))?;
    } else {
        let file = temporary_beside(path)?;
        let mut encoder = Encoder::new(path, file)?;
        input.each(output, |incoming| {
            importing.one(incoming, &mut encoder)?;
            look_ups.wanting()?;
            importing.within(limit)
        })?;
        if importing.summary.written > 0 {
            encoder.finish(path)?;
        }
    }
    if importing.summary.written > 0 {
        look_ups.end()?;
    }
    let repeats = std::mem::take(&mut importing.repeats);
    let mut summary = importing.finish();
    summary.repeated = input.confirm_repeated(output, repeats)?;
    summary.output = path.to_string_lossy().into_owned();
    let nothing = summary.written == 0;
    let imported = Imported {
        header: output.header(None, Vec::new()),
        summary,
    };
    if to_stdout {
        // Standard output holds the recording.
        io::stderr()
            .write_all(
                anstream::adapter::strip_str(&imported.terminal())
                    .to_string()
                    .as_bytes(),
            )
            .map_err(|error| CliError::output(&error))?;
    } else {
        output.write(&imported)?;
    }
    if nothing {
        let mut error = CliError::new(format!(
            "no action was imported, so `{}` was not written",
            path.display()
        ));
        if imported.summary.malformed > 0 {
            error = error.with_help("another `--from FORMAT` may fit");
        }
        return Err(error);
    }
    let unused = !imported.summary.redacted_nothing.is_empty();
    let faulty = unused
        || args.malformed.is_finding(imported.summary.malformed)
        || !imported.summary.repeated.is_empty();
    Ok(u8::from(faulty))
}

/// What calls are mapped by, and how lines of a team's own are read, where another mapping than the repository's says it.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) schema: Option<Schema>,
    pub(super) mapping: Option<Mapping>,
    pub(super) store: Option<EntityStore>,
    pub(super) layout: Option<LogLayout>,
    /// What is to be looked at once calls were mapped.
    pub(super) look_ups: LookUps,
}

/// The schema and mapping to map by: the repository's, with another mapping where one is named. Without a
/// repository the tool calls are imported as they are.
pub(super) fn by_what(args: &ImportArgs) -> Result<Rules, CliError> {
    let mut rules = Rules::default();
    let mut loaded = match root().is_ok() {
        true => Some(load_version(&Origin::WorkingTree)?.whole()?),
        false => None,
    };
    if let Some(path) = &args.mapping {
        let schema = loaded.as_ref();
        let schema = schema.and_then(|loaded| loaded.version.schema.as_ref());
        let (mapping, layout) = named(path, schema)?;
        if layout.is_none() {
            // Such a mapping does nothing without a schema.
            root()?;
        }
        rules.layout = layout;
        match &mut loaded {
            Some(loaded) => loaded.version.mapping = Some(mapping),
            None => rules.mapping = Some(mapping),
        }
    }
    rules.look_ups = args.data.give(&mut loaded)?;
    if let Some(loaded) = loaded {
        rules.schema = loaded.version.schema;
        rules.mapping = loaded.version.mapping;
        rules.store = Some(loaded.version.store);
    }
    Ok(rules)
}

/// The mapping in a file, and how it says that lines of a team's own are read.
fn named(path: &Path, schema: Option<&Schema>) -> Result<(Mapping, Option<LogLayout>), CliError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let file = SourceFile::new(path.to_string_lossy().as_ref(), text);
    let broken = |faults: Vec<Diagnostic>| {
        let mut sources = Sources::default();
        sources.insert(file.clone());
        CliError {
            diagnostics: Some((faults, Box::new(sources))),
            ..CliError::new(format!("the mapping `{}` cannot be used", path.display()))
        }
    };
    let spec: MappingFile = yaml::parse(&file).map_err(|fault| broken(vec![fault]))?;
    if let Some(fault) = version_fault(&file, spec.version) {
        return Err(broken(vec![fault]));
    }
    let (mapping, mut faults) = Mapping::compile(&spec, &file, schema);
    let (layout, unread) = log_layout(&spec, &file);
    faults.extend(unread);
    if !faults.is_empty() {
        return Err(broken(faults));
    }
    Ok((mapping, layout))
}

struct Importing {
    schema: Option<Schema>,
    mapping: Option<Mapping>,
    store: Option<EntityStore>,
    redaction: Redaction,
    /// By path and what was found there.
    redacted: Counts,
    /// The paths that were found, also in actions that are not kept.
    named: BTreeSet<String>,
    repeats: Repeats,
    summary: ImportSummary,
    unmapped_tools: Counts,
    unknown: Counts,
    left_out: Counts,
    /// How many records could be read, and not kept.
    unwritable: u64,
}

/// How many places of malformed records are shown.
const SHOWN: usize = 10;

/// The attributes of entities that nobody knows, each once.
fn unknown_attributes(entities: &[Json]) -> BTreeSet<FieldPath> {
    let mut unknown = BTreeSet::new();
    for entity in entities {
        let ty = entity.get("uid").and_then(|uid| uid.get("type"));
        if let (Some(Json::String(ty)), Some(Json::Object(attrs))) = (ty, entity.get("attrs")) {
            let lost = attrs.iter().filter(|(_, value)| value.is_unknown());
            unknown.extend(lost.map(|(name, _)| FieldPath::of_entity(ty, name)));
        }
    }
    unknown
}

impl Importing {
    fn one(&mut self, incoming: Incoming, out: &mut dyn Write) -> Result<(), CliError> {
        match incoming {
            Incoming::Dropped(reason, count) => {
                *self.summary.dropped.entry(reason.to_owned()).or_default() += count;
            }
            Incoming::Malformed(place, message) => {
                let message = self.redaction.quiet(&message);
                self.malformed(&place, &message);
                self.lose(&place, out)?;
            }
            Incoming::Action(place, action) if action.corpus.is_some() => {
                self.unwritable += 1;
                self.malformed(&place, "it is of a corpus, which is read as it is");
            }
            Incoming::Action(place, mut action) => {
                let kept = self.redaction.apply(&mut action).and_then(|redacted| {
                    let named = redacted.values.iter().filter(|(_, what)| *what == NAMED);
                    self.named.extend(named.map(|(path, _)| path.clone()));
                    self.map(&mut action, &redacted).map(|()| redacted)
                });
                action.earlier = Earlier::default();
                match kept {
                    Ok(redacted) => self.taken_out(&redacted),
                    Err(message) => {
                        self.unwritable += 1;
                        self.malformed(&place, &message);
                        return self.lose(&place, out);
                    }
                }
                let hash = Ids::of(&place.recording).hash(action.id.as_bytes());
                self.repeats.see(&[hash]);
                self.summary.written += 1;
                let mut out = out;
                write(&action, &mut out).map_err(|error| CliError::output(&error))?;
            }
        }
        Ok(())
    }

    /// Counts what was taken out of an action that is written.
    fn taken_out(&mut self, redacted: &Redacted) {
        for (path, what) in &redacted.values {
            self.redacted.add(&format!("{path}: {what}"), 1);
        }
        self.summary.requests_dropped += u64::from(redacted.request);
    }

    /// Where calls change something, a record that cannot be read or kept may have been one that does: a line stands for it.
    fn lose(&self, place: &Place, mut out: &mut dyn Write) -> Result<(), CliError> {
        let mapping = self.mapping.as_ref();
        if !mapping.is_some_and(Mapping::has_changes) {
            return Ok(());
        }
        let place = self.redaction.quiet(&place.to_string());
        write_lost(&place, &mut out).map_err(|error| CliError::output(&error))
    }

    fn malformed(&mut self, place: &Place, message: &str) {
        self.summary.malformed += 1;
        if self.summary.malformed_notes.len() < SHOWN {
            let note = format!("{place} {message}");
            self.summary.malformed_notes.push(note);
        }
    }

    /// Stops where more records cannot be kept than may be. What cannot be read the reader counts as well, but not what
    /// cannot be written.
    fn within(&self, limit: Option<u64>) -> Result<(), CliError> {
        let exceeded = limit.filter(|limit| self.unwritable > 0 && self.summary.malformed > *limit);
        let Some(limit) = exceeded else {
            return Ok(());
        };
        let notes = self.summary.malformed_notes.iter().take(3);
        let notes: Vec<&str> = notes.map(String::as_str).collect();
        Err(CliError::new(format!(
            "more than {} cannot be read or kept; the first: {}",
            count(limit, "record"),
            notes.join("; ")
        )))
    }

    /// Maps an action of which something may be taken out. The error says why the action cannot be kept.
    fn map(&mut self, action: &mut RecordedAction, redacted: &Redacted) -> Result<(), String> {
        redacted.hidden(action)?;
        let entities = &redacted.entities;
        let (Some(schema), Some(mapping), Some(call)) = (&self.schema, &self.mapping, &action.call)
        else {
            if !entities.is_empty() {
                return Err(Redacted::LOST.to_owned());
            }
            redacted.not_made(action)?;
            if action.request.is_some() {
                self.summary.mapped += 1;
            }
            return Ok(());
        };
        let by = By {
            mapping,
            schema,
            store: self.store.as_ref(),
            patches: None,
        };
        match by.map(action, call) {
            Ok(mut mapped) => {
                self.redaction.looked_up(&mut mapped.entities)?;
                let cedar = WrittenRequest::from(mapped.request);
                self.redaction.made(&cedar)?;
                self.summary.mapped += 1;
                for field in &cedar.unknown {
                    self.unknown.add(&field.to_string(), 1);
                }
                for field in unknown_attributes(&mapped.entities) {
                    self.unknown.add(&field.to_string(), 1);
                }
                for field in &mapped.left_out {
                    self.left_out.add(&field.to_string(), 1);
                }
                let recorded = action.request.take();
                let entities =
                    recorded.map_or_else(|| entities.clone(), |recorded| recorded.entities);
                action.request = Some(RecordedRequest {
                    cedar,
                    entities,
                    looked_up: mapped.entities,
                    mapping: Some(mapping.digest.clone()),
                    schema: Some(schema.digest().clone()),
                });
            }
            Err(_) if !entities.is_empty() => return Err(Redacted::LOST.to_owned()),
            Err(reason) => {
                redacted.not_made(action)?;
                *self
                    .summary
                    .not_replayable
                    .entry(reason.name().to_owned())
                    .or_default() += 1;
                let meant = Meant::of(action, call, mapping);
                let tool = meant
                    .as_ref()
                    .map_or(call.tool.as_str(), |meant| &meant.tool);
                self.unmapped_tools.add(tool, 1);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> ImportSummary {
        self.summary.unmapped_tools = self.unmapped_tools.ranked();
        self.summary.unknown = self.unknown.ranked();
        self.summary.left_out = self.left_out.ranked();
        let named = self.redaction.paths.iter().map(ToString::to_string);
        let unused = named.filter(|path| !self.named.contains(path));
        self.summary.redacted_nothing = unused.collect();
        self.summary.redacted = self.redacted.ranked();
        self.summary
    }
}
