//! `--data`: the files of the data sets that a mapping names, and whether they counted.

use super::error::CliError;
use super::versions::{Loaded, relative, root};
use crate::engine::{DataFile, read_rows};
use crate::render::{Role, count, paint, printable};
use crate::repository::{DataSet, Flag, Rows, Uses};
use crate::source;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where data sets are read from.
#[derive(Debug, Clone, Default, Args)]
pub struct DataArgs {
    /// The file of a data set of the mapping, instead of that in the manifest; a path alone is for every data set that has
    /// none. JSON or JSONL, also with `.gz` or `.zst`. Can be given several times.
    #[arg(long, value_name = "NAME=PATH")]
    pub data: Vec<String>,
}

/// The most bytes of a file that are read, unpacked.
const LIMIT: u64 = 1 << 30;

/// So many faults of a data set are shown.
const SHOWN: usize = 3;

impl DataArgs {
    /// Reads the data sets of versions, so that their mappings can look entities up. What it gives back is to be looked at
    /// once everything is decided.
    pub fn give<'l>(
        &self,
        versions: impl IntoIterator<Item = &'l mut Loaded>,
    ) -> Result<LookUps, CliError> {
        let mut look_ups = LookUps::default();
        let (named, everywhere) = self.files()?;
        let mut reading = Reading::default();
        let versions: Vec<&mut Loaded> = versions.into_iter().collect();
        let mappings = versions.iter().flat_map(|loaded| &loaded.version.mapping);
        let sets = mappings.flat_map(|mapping| mapping.data());
        let known: BTreeSet<String> = sets.map(|set| set.name.to_string()).collect();
        if let Some(name) = named.keys().find(|name| !known.contains(*name)) {
            return Err(no_such(name, &known));
        }
        for loaded in versions {
            let Some(mapping) = &mut loaded.version.mapping else {
                continue;
            };
            mapping.begin();
            let mut given = Vec::new();
            for set in mapping.data() {
                let in_manifest = loaded.version.manifest.data.get(&*set.name);
                let path = match (named.get(&*set.name), in_manifest, &everywhere) {
                    (Some(path), _, _) => Some(path.clone()),
                    (None, Some(path), _) => {
                        Some(in_repository(loaded.directory.as_deref(), path)?)
                    }
                    (None, None, everywhere) => everywhere.clone(),
                };
                look_ups.sets.push(Watched {
                    name: set.name.clone(),
                    has_file: path.is_some(),
                    by_option: named.contains_key(&*set.name)
                        || (in_manifest.is_none() && everywhere.is_some()),
                    asked: set.asked().clone(),
                    uses: mapping.uses().clone(),
                });
                if let Some(path) = path {
                    given.push((set.name.clone(), reading.rows(set, &path)?));
                }
            }
            for (name, rows) in given {
                mapping.give(&name, rows);
            }
        }
        match everywhere.is_some() && known.is_empty() {
            true => Err(CliError::new(
                "`--data` names a file, and the mapping has no data set",
            )),
            false => Ok(look_ups),
        }
    }

    /// Files by the names of data sets, and the one for all others.
    fn files(&self) -> Result<(BTreeMap<String, PathBuf>, Option<PathBuf>), CliError> {
        let (mut named, mut everywhere) = (BTreeMap::new(), None);
        for text in &self.data {
            let twice = match text.split_once('=') {
                Some((name, path)) => named.insert(name.to_owned(), PathBuf::from(path)),
                None => everywhere.replace(PathBuf::from(text)),
            };
            if twice.is_some() {
                return Err(CliError::new(format!(
                    "`--data {text}` names a second file for the same data set"
                )));
            }
        }
        Ok((named, everywhere))
    }
}

/// What becomes of the data sets in a run.
#[derive(Debug, Default)]
#[must_use = "once everything is decided, `end` says whether a file is missing, or changed nothing"]
pub struct LookUps {
    sets: Vec<Watched>,
}

/// A data set of one version.
#[derive(Debug)]
struct Watched {
    name: Arc<str>,
    has_file: bool,
    /// Whether `--data` names the file.
    by_option: bool,
    asked: Flag,
    uses: Uses,
}

impl LookUps {
    /// The error that a data set without a file was asked for an entity.
    pub fn wanting(&self) -> Result<(), CliError> {
        let mut sets = self.sets.iter();
        match sets.find(|set| !set.has_file && set.asked.is_set()) {
            Some(set) => Err(no_file(&set.name)),
            None => Ok(()),
        }
    }

    /// The same, once everything is decided; and says where `--data` changes nothing.
    pub fn end(&self) -> Result<(), CliError> {
        self.end_with(|uses| uses.brought.is_set() || uses.kept.is_set())
    }

    /// The same where a corpus is made, each record of which is decided to try it.
    pub fn end_of_corpus(&self) -> Result<(), CliError> {
        self.end_with(|uses| uses.brought.is_set())
    }

    fn end_with(&self, brought: fn(&Uses) -> bool) -> Result<(), CliError> {
        self.wanting()?;
        let of_option = self.sets.iter().filter(|set| set.by_option);
        let names: BTreeSet<&str> = of_option.map(|set| &*set.name).collect();
        let (mut nothing, mut something) = (Vec::new(), Vec::new());
        for name in names {
            let of_name = self.sets.iter().filter(|set| *set.name == *name);
            if !of_name.clone().any(|set| brought(&set.uses)) {
                continue;
            }
            match of_name
                .clone()
                .any(|set| set.asked.is_set() || set.uses.mapped.is_set())
            {
                true => something.push(name),
                false => nothing.push(name),
            }
        }
        let way_out = "import what they were made from once more, with the new data";
        if !nothing.is_empty() {
            say(&format!(
                "`--data` changes nothing for {}: every action brings its request, with what was looked up when that was \
                 imported, or is of a corpus; {way_out}",
                sets(&nothing)
            ));
        }
        if !something.is_empty() {
            say(&format!(
                "`--data` changes nothing for {} where actions bring what was looked up when they were imported, or are of a \
                 corpus, as some are; {way_out}",
                sets(&something)
            ));
        }
        Ok(())
    }
}

fn sets(names: &[&str]) -> String {
    let what = match names {
        [_] => "the data set",
        _ => "the data sets",
    };
    format!("{what} `{}`", names.join("`, `"))
}

fn no_file(name: &str) -> CliError {
    CliError::new(format!(
        "the data set `{name}` of the mapping has no file, and an action needs it"
    ))
    .with_help(format!(
        "name it by `--data {name}=PATH`, or under `data` in the manifest"
    ))
}

fn no_such(name: &str, known: &BTreeSet<String>) -> CliError {
    let error = CliError::new(format!(
        "`--data` names the data set `{name}`, and the mapping has none of that name"
    ));
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    match names.is_empty() {
        true => error.with_help("data sets stand under `data` in the mapping"),
        false => error.with_help(format!("it has `{}`", names.join("`, `"))),
    }
}

/// A file that a manifest names: of the repository in a directory, or of the one on disk, to which revisions belong.
fn in_repository(directory: Option<&Path>, path: &str) -> Result<PathBuf, CliError> {
    let mut parts = path.split(['/', '\\']);
    if Path::new(path).is_absolute() || parts.any(|part| part == "..") {
        return Err(CliError::new(format!(
            "`{path}` leaves the repository; under `data`, the manifest names files by their path from its root"
        ))
        .with_help("`--data NAME=PATH` names a file elsewhere"));
    }
    match directory {
        Some(directory) => Ok(directory.join(path)),
        None => Ok(relative(&root()?).join(path)),
    }
}

/// Rows that were read, and of what: versions that have the same share them.
#[derive(Default)]
struct Reading {
    files: BTreeMap<PathBuf, DataFile>,
    rows: Vec<(PathBuf, DataSet, Arc<Rows>)>,
}

impl Reading {
    fn rows(&mut self, set: &DataSet, path: &Path) -> Result<Arc<Rows>, CliError> {
        let like = |other: &DataSet| {
            (&other.name, &other.at, &other.entity, &other.as_of)
                == (&set.name, &set.at, &set.entity, &set.as_of)
        };
        let mut before = self.rows.iter();
        if let Some((_, _, rows)) = before.find(|(file, other, _)| file == path && like(other)) {
            return Ok(rows.clone());
        }
        if !self.files.contains_key(path) {
            let file = DataFile::new(&path.to_string_lossy(), read(path)?);
            self.files.insert(path.to_path_buf(), file);
        }
        let Some(file) = self.files.get(path) else {
            return Err(no_file(&set.name));
        };
        let rows = read_rows(set, file).map_err(|message| {
            let why = format!("the data set `{}` cannot be read: {message}", set.name);
            CliError::new(why)
        })?;
        faults(set, &rows);
        let rows = Arc::new(rows);
        self.rows
            .push((path.to_path_buf(), set.clone(), rows.clone()));
        Ok(rows)
    }
}

fn read(path: &Path) -> Result<String, CliError> {
    let fault = |error| CliError::file("read", path, &error);
    let opened = source::open(path).map_err(fault)?;
    let mut text = String::new();
    let mut reader = opened.reader.take(LIMIT + 1);
    reader.read_to_string(&mut text).map_err(fault)?;
    if text.len() as u64 > LIMIT {
        let most = LIMIT >> 30;
        return Err(CliError::new(format!(
            "`{}` holds more than {most} GiB, which is the most that is read of a data set",
            path.display()
        ))
        .with_help("split it into several data sets, or leave out what no attribute reads"));
    }
    Ok(text)
}

/// Says which rows cannot be used, beside the report.
fn faults(set: &DataSet, rows: &Rows) {
    if rows.faults.is_empty() {
        return;
    }
    let first: Vec<&str> = rows.faults.iter().take(SHOWN).map(String::as_str).collect();
    let more = rows.faults.len().saturating_sub(SHOWN);
    let more = match more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let text = format!(
        "{} of the data set `{}` cannot be used, and no request that needs its entity can be decided: {}{more}",
        count(rows.faults.len() as u64, "row"),
        set.name,
        first.join("; ")
    );
    say(&text);
}

/// Says something beside the report.
fn say(text: &str) {
    let _ = writeln!(
        anstream::stderr(),
        "{} {}",
        paint(Role::Warning, "warning:"),
        printable(text)
    );
}
