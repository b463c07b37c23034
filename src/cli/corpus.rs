//! `agentauthz corpus`

use super::args::CorpusArgs;
use super::corpus_args::{BuildArgs, CorpusCommand, InfoArgs};
use super::encoder::Encoder;
use super::error::CliError;
use super::origin::{Origin, Range};
use super::output::{Output, Report, temporary_beside, writable};
use super::recordings::Input;
use super::versions::{Loaded, load_range, load_version, manifest_recordings, no_recording, root};
use crate::corpus::{Builder, Built, CorpusInfo, HashKey, LIMIT, inspect, observe};
use crate::engine::{Counts, Incoming, Merge, Notes, Pairing, Side};
use crate::model::{RecordedAction, WrittenRequest};
use crate::recording::{MOST, NAMED, Redacted, Redaction, write};
use crate::render::{self, CorpusSummary, Header, count, printable};
use std::collections::BTreeSet;
use std::path::Path;

pub fn run(args: &CorpusArgs, output: &Output) -> Result<u8, CliError> {
    match &args.command {
        CorpusCommand::Build(args) => build(args, output),
        CorpusCommand::Info(args) => info(args, output),
    }
}

struct Summary {
    header: Header,
    summary: CorpusSummary,
}

impl Report for Summary {
    fn terminal(&self) -> String {
        render::corpus_built(&self.header, &self.summary)
    }

    fn json(&self) -> serde_json::Value {
        render::corpus_built_json(&self.summary)
    }
}

/// What a pass over the recordings makes.
#[derive(Default)]
struct Building {
    built: Built,
    redacted: Counts,
    /// The paths that were found, also in actions that are not kept.
    named: BTreeSet<String>,
    requests_dropped: u64,
}

impl Merge for Building {
    fn merge(&mut self, other: Self) {
        self.built.merge(other.built);
        self.named.extend(other.named);
        self.redacted.merge(other.redacted);
        self.requests_dropped += other.requests_dropped;
    }
}

impl Building {
    /// Takes out what must not be kept, before anything else looks at it.
    fn redact(
        &mut self,
        redaction: &Redaction,
        sides: [&Side<'_>; 2],
        incoming: Incoming,
    ) -> Incoming {
        match incoming {
            Incoming::Action(place, mut action) => match redaction.apply(&mut action) {
                Ok(redacted) => {
                    let named = redacted.values.iter().filter(|(_, what)| *what == NAMED);
                    self.named.extend(named.map(|(path, _)| path.clone()));
                    if !redacted.entities.is_empty() {
                        return Incoming::Malformed(place, Redacted::LOST.to_owned());
                    }
                    let kept = made(redaction, sides, &action);
                    if let Err(message) = kept.and_then(|()| looked_up(redaction, sides, &action)) {
                        return Incoming::Malformed(place, message);
                    }
                    // What is not kept is not counted as redacted.
                    for (path, what) in &redacted.values {
                        self.redacted.add(&format!("{path}: {what}"), 1);
                    }
                    self.requests_dropped += u64::from(redacted.request);
                    Incoming::Action(place, action)
                }
                Err(message) => Incoming::Malformed(place, message),
            },
            Incoming::Malformed(place, message) => {
                Incoming::Malformed(place, redaction.quiet(&message))
            }
            Incoming::Dropped(reason, count) => Incoming::Dropped(reason, count),
        }
    }
}

/// Refuses an action where a side makes anew what was taken out of the recorded request.
fn made(
    redaction: &Redaction,
    sides: [&Side<'_>; 2],
    action: &RecordedAction,
) -> Result<(), String> {
    // Without a call there is nothing to make it from.
    if !redaction.names_context() || action.call.is_none() {
        return Ok(());
    }
    for side in sides {
        if let Some(request) = side.decide(action).request {
            redaction.made(&WrittenRequest::from(request))?;
        }
    }
    Ok(())
}

/// Refuses an action for which a side looks up an entity with a secret in it: without it, it could be decided otherwise.
fn looked_up(
    redaction: &Redaction,
    sides: [&Side<'_>; 2],
    action: &RecordedAction,
) -> Result<(), String> {
    for side in sides {
        let entities = side.own_entities(action);
        let mut quiet = entities.clone();
        redaction.looked_up(&mut quiet)?;
        if quiet != entities {
            return Err("an entity that it needs has an attribute that looks like a secret; leave that out of `data` in the mapping".to_owned());
        }
    }
    Ok(())
}

fn build(args: &BuildArgs, output: &Output) -> Result<u8, CliError> {
    if args.output.as_os_str() == "-" {
        return Err(CliError::new("a corpus is not written to standard output")
            .with_help("name a file by `-o`"));
    }
    writable(&args.output)?;
    let key = args.hash_key.as_deref().map(hash_key).transpose()?;
    let (mut base, mut head) = versions(&args.versions)?;
    let look_ups = args.data.give(base.iter_mut().chain([&mut head]))?;
    let paths = match args.recordings.is_empty() {
        true => manifest_recordings()?,
        false => args.recordings.clone(),
    };
    if paths.is_empty() {
        return Err(no_recording(&head.version.manifest));
    }
    let redaction = Redaction {
        paths: args.redact.clone(),
        secrets: true,
    };
    let before = base.as_ref().unwrap_or(&head);
    let pairing = Pairing::of(&before.version, &head.version);
    let left = Side::base(&before.version, &pairing);
    let right = Side::head(&head.version);
    let builder = Builder::new(&left, &right, key);
    let input = Input::new(&paths, args.from)?
        .allowing(args.malformed)
        .changed_by([&before.version, &head.version]);
    let streamed = input.stream(output, |building: &mut Building, incoming| {
        let incoming = building.redact(&redaction, [&left, &right], incoming);
        observe(&builder, &mut building.built, incoming);
    })?;
    look_ups.end_of_corpus()?;
    let Building {
        built,
        redacted,
        named: found,
        requests_dropped,
    } = streamed.result;
    if !streamed.repeated.is_empty() {
        let ids = streamed.repeated.keys().take(3);
        let ids: Vec<String> = ids.map(|id| redaction.quiet(id)).collect();
        return Err(refused(format!(
            "{} twice or more: {}",
            match streamed.repeated.len() {
                1 => "an id stands".to_owned(),
                ids => format!("{} stand", count(ids as u64, "id")),
            },
            ids.join(", ")
        ))
        .with_help("their actions would count twice, and a corpus would not show it: give each action an id of its own"));
    }
    check(args, &built)?;
    let named = args.redact.iter().map(ToString::to_string);
    let redacted_nothing: Vec<String> = named.filter(|path| !found.contains(path)).collect();
    let mut encoder = Encoder::new(&args.output, temporary_beside(&args.output)?)?;
    let mut records = 0;
    for action in built.lines(MOST) {
        write(&action, &mut encoder).map_err(|error| CliError::output(&error))?;
        records += 1;
    }
    encoder.finish(&args.output)?;
    let summary = CorpusSummary {
        output: args.output.to_string_lossy().into_owned(),
        actions: built.actions(),
        records,
        bytes: std::fs::metadata(&args.output).map_or(0, |found| found.len()),
        malformed: built.volume.malformed.count,
        dropped: built.volume.dropped.ranked(),
        redacted: redacted.ranked(),
        redacted_nothing,
        requests_dropped,
        undecided: built.undecided,
        nonconforming: built.nonconforming,
        nonconforming_kept: built.nonconforming_kept,
    };
    let code = u8::from(!summary.redacted_nothing.is_empty());
    let versions = base.iter().chain([&head]);
    output.write(&Summary {
        header: output.header(
            head.version.manifest.name.as_ref(),
            versions.map(|loaded| loaded.header.clone()).collect(),
        ),
        summary,
    })?;
    Ok(code)
}

/// Base, where it is another version, and head.
fn versions(named: &[String]) -> Result<(Option<Loaded>, Loaded), CliError> {
    if named.is_empty() {
        return Ok((None, load_version(&Origin::WorkingTree)?.whole()?));
    }
    let (base, head) = load_range(&Range::parse(named)?)?;
    Ok((Some(base.whole()?), head.whole()?))
}

fn hash_key(path: &Path) -> Result<HashKey, CliError> {
    let bytes = std::fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    HashKey::new(bytes.trim_ascii()).ok_or_else(|| {
        CliError::new(format!("the key in `{}` is too short", path.display()))
            .with_help("a key has at least 16 bytes; `openssl rand -hex 32` makes one")
    })
}

fn refused(why: String) -> CliError {
    CliError::new(format!("{why}; so no corpus was written"))
}

/// A corpus stands for all of its recordings, or there is none.
fn check(args: &BuildArgs, built: &Built) -> Result<(), CliError> {
    let shown = |notes: &Notes| -> String {
        let first = notes.first.iter().take(3);
        let shown = first.map(|note| {
            let (place, what) = (note.place.to_string(), &note.message);
            format!("{}: {}", printable(&place), printable(what))
        });
        shown.collect::<Vec<_>>().join("; ")
    };
    let malformed = &built.volume.malformed;
    if args.malformed.is_finding(malformed.count) {
        let found = count(malformed.count, "record");
        let why = format!("{found} cannot be read: {}", shown(malformed));
        return Err(refused(why)
            .with_help("`--max-malformed N` leaves so many out; another `--from FORMAT` may fit"));
    }
    if built.projected_before.count > 0 {
        let found = count(built.projected_before.count, "record");
        return Err(refused(format!("{found} are of a corpus already"))
            .with_help("build it from the recordings that the corpus was built from"));
    }
    if built.overflowed {
        let most = LIMIT >> 20;
        return Err(refused(format!(
            "what policies read of these actions is more than {most} MiB"
        ))
        .with_help("few actions are alike in it: build it from part of the recordings, or without `--hash-key`"));
    }
    if built.refused.count > 0 {
        let found = count(built.refused.count, "action");
        let why = format!(
            "{found} would not be decided as in the recording: {}",
            shown(&built.refused)
        );
        return Err(refused(why)
            .with_help("this is a fault in agentauthz: please report it; diff the recordings"));
    }
    if built.records() == 0 {
        return Err(refused("there is no action".to_owned()));
    }
    Ok(())
}

struct Info {
    header: Header,
    info: CorpusInfo,
    asked: bool,
}

impl Report for Info {
    fn terminal(&self) -> String {
        render::corpus_info(&self.header, &self.info, self.asked)
    }

    fn json(&self) -> serde_json::Value {
        render::corpus_info_json(&self.info, self.asked)
    }
}

fn info(args: &InfoArgs, output: &Output) -> Result<u8, CliError> {
    // A corpus can be looked into outside of all repositories.
    let loaded = match args.at.is_none() && root().is_err() {
        true => None,
        false => Some(load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?),
    };
    let side = loaded.as_ref().map(|loaded| Side::head(&loaded.version));
    let streamed =
        Input::new(&args.corpora, None)?.stream(output, |info: &mut CorpusInfo, incoming| {
            inspect(side.as_ref(), info, incoming);
        })?;
    let info = streamed.result;
    if info.records == 0 {
        return Err(CliError::new("there is no record of a corpus")
            .with_help("`agentauthz corpus build` makes one of recordings"));
    }
    let faulty = info.volume.malformed.count > 0 || !streamed.repeated.is_empty();
    let code = match (faulty, info.not_kept > 0) {
        (true, _) => 1,
        (false, true) => 3,
        (false, false) => 0,
    };
    let name = loaded.as_ref();
    let name = name.and_then(|loaded| loaded.version.manifest.name.as_ref());
    let versions = loaded.iter().map(|loaded| loaded.header.clone()).collect();
    output.write(&Info {
        header: output.header(name, versions),
        asked: side.is_some(),
        info,
    })?;
    Ok(code)
}
