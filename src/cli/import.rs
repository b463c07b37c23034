//! `agentauthz import`

use super::args::ImportArgs;
use super::error::CliError;
use super::import_explain;
use super::origin::Origin;
use super::output::{Output, Report, temporary_beside};
use super::recordings::{Input, SHORT};
use super::versions::{load_version, root};
use crate::cedar::Schema;
use crate::engine::{Counts, Ids, Incoming, Meant, map_call};
use crate::model::{Diagnostic, RecordedAction, RecordedRequest, SourceFile, Sources};
use crate::recording::{Repeats, write};
use crate::render::{self, Header, ImportSummary};
use crate::repository::{Mapping, MappingFile, version_fault};
use crate::yaml;
use std::io::{self, BufWriter, Write};
use std::path::Path;

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
    let (schema, mapping) = by_what(args)?;
    let input = Input::new(&args.files, args.from)?;
    let mut importing = Importing {
        schema,
        mapping,
        repeats: input.repeats(SHORT),
        summary: ImportSummary::default(),
        unmapped_tools: Counts::default(),
        unknown: Counts::default(),
        left_out: Counts::default(),
    };
    let to_stdout = path.as_os_str() == "-";
    if to_stdout {
        let mut stdout = BufWriter::new(io::stdout().lock());
        input.each(output, |incoming| importing.one(incoming, &mut stdout))?;
        stdout.flush().map_err(|error| CliError::output(&error))?;
    } else {
        let file = temporary_beside(path)?;
        let mut encoder = Encoder::new(path, file)?;
        input.each(output, |incoming| importing.one(incoming, &mut encoder))?;
        if importing.summary.written > 0 {
            encoder.finish(path)?;
        }
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
    let faulty = imported.summary.malformed > 0 || !imported.summary.repeated.is_empty();
    Ok(u8::from(faulty))
}

/// The schema and mapping to map by: the repository's, with another mapping where one is named. Without a
/// repository the tool calls are imported as they are.
pub(super) fn by_what(args: &ImportArgs) -> Result<(Option<Schema>, Option<Mapping>), CliError> {
    if root().is_err() && args.mapping.is_none() {
        return Ok((None, None));
    }
    let loaded = load_version(&Origin::WorkingTree)?.whole()?;
    let Some(path) = &args.mapping else {
        return Ok((loaded.version.schema, loaded.version.mapping));
    };
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
    let (mapping, faults) = Mapping::compile(&spec, &file, loaded.version.schema.as_ref());
    if !faults.is_empty() {
        return Err(broken(faults));
    }
    Ok((loaded.version.schema, Some(mapping)))
}

struct Importing {
    schema: Option<Schema>,
    mapping: Option<Mapping>,
    repeats: Repeats,
    summary: ImportSummary,
    unmapped_tools: Counts,
    unknown: Counts,
    left_out: Counts,
}

/// How many places of malformed records are shown.
const SHOWN: usize = 10;

impl Importing {
    fn one(&mut self, incoming: Incoming, out: &mut dyn Write) -> Result<(), CliError> {
        match incoming {
            Incoming::Dropped(reason, count) => {
                *self.summary.dropped.entry(reason.to_owned()).or_default() += count;
            }
            Incoming::Malformed(place, message) => {
                self.summary.malformed += 1;
                if self.summary.malformed_notes.len() < SHOWN {
                    self.summary
                        .malformed_notes
                        .push(format!("{place} {message}"));
                }
            }
            Incoming::Action(place, mut action) => {
                self.map(&mut action);
                let hash = Ids::of(&place.recording).hash(action.id.as_bytes());
                self.repeats.see(&[hash]);
                self.summary.written += 1;
                let mut out = out;
                write(&action, &mut out).map_err(|error| CliError::output(&error))?;
            }
        }
        Ok(())
    }

    fn map(&mut self, action: &mut RecordedAction) {
        let (Some(schema), Some(mapping), Some(call)) = (&self.schema, &self.mapping, &action.call)
        else {
            if action.request.is_some() {
                self.summary.mapped += 1;
            }
            return;
        };
        match map_call(action, call, mapping, schema) {
            Ok(mapped) => {
                self.summary.mapped += 1;
                for field in &mapped.request.unknown {
                    self.unknown.add(&field.to_string(), 1);
                }
                for field in &mapped.left_out {
                    self.left_out.add(&field.to_string(), 1);
                }
                let entities = action
                    .request
                    .take()
                    .map(|recorded| recorded.entities)
                    .unwrap_or_default();
                action.request = Some(RecordedRequest {
                    cedar: mapped.request.into(),
                    entities,
                    mapping: Some(mapping.digest.clone()),
                    schema: Some(schema.digest().clone()),
                });
            }
            Err(reason) => {
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
    }

    fn finish(mut self) -> ImportSummary {
        self.summary.unmapped_tools = self.unmapped_tools.ranked();
        self.summary.unknown = self.unknown.ranked();
        self.summary.left_out = self.left_out.ranked();
        self.summary
    }
}

/// Compresses as the name of the output says.
enum Encoder {
    Plain(BufWriter<tempfile::NamedTempFile>),
    Gzip(Box<flate2::write::GzEncoder<BufWriter<tempfile::NamedTempFile>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<tempfile::NamedTempFile>>>),
}

impl Encoder {
    fn new(path: &Path, file: tempfile::NamedTempFile) -> Result<Self, CliError> {
        let file = BufWriter::new(file);
        let name = path.to_string_lossy();
        if name.ends_with(".gz") {
            let encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
            return Ok(Encoder::Gzip(Box::new(encoder)));
        }
        if name.ends_with(".zst") {
            let encoder = zstd::stream::write::Encoder::new(file, 0)
                .map_err(|error| CliError::file("write", path, &error))?;
            return Ok(Encoder::Zstd(Box::new(encoder)));
        }
        Ok(Encoder::Plain(file))
    }

    /// Ends the stream and gives the file its name.
    fn finish(self, path: &Path) -> Result<(), CliError> {
        let fault = |error: io::Error| CliError::file("write", path, &error);
        let buffered = match self {
            Encoder::Plain(file) => file,
            Encoder::Gzip(encoder) => encoder.finish().map_err(fault)?,
            Encoder::Zstd(encoder) => encoder.finish().map_err(fault)?,
        };
        let file = buffered
            .into_inner()
            .map_err(|error| fault(error.into_error()))?;
        file.persist(path).map_err(|error| fault(error.error))?;
        Ok(())
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(file) => file.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}
