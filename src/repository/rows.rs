//! The rows of a data set, found by the ids of their entities.

use crate::model::Json;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A row of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its key, where it is a member of an object.
    pub key: Option<String>,
    /// The keys that lead to it by `*`.
    pub keys: Vec<String>,
    /// What it says.
    pub json: Json,
    /// Where it stands, as a report says it.
    pub place: String,
}

/// The rows of one data set. What is wrong with one is kept: an entity of it is not one that is not there.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: Vec<Row>,
    ids: BTreeMap<String, Named>,
    /// What is wrong, each with its place.
    pub faults: Vec<String>,
    /// Whether nobody knows of which entity some row is.
    pub nameless: bool,
}

/// The rows of one entity.
#[derive(Debug, Clone, Default)]
struct Named {
    /// By their time; nothing where the data set has no versions.
    versions: Vec<(Option<Timestamp>, usize)>,
    /// Why nobody knows which one counts.
    broken: bool,
}

/// What a data set says of an entity at a time.
#[derive(Debug, Clone, Copy)]
pub enum AtTime<'r> {
    /// A row, and since when it counts where there are versions.
    Row(&'r Row, Option<Timestamp>),
    /// Nothing: it has no such entity, or not yet.
    Nothing,
    /// It has versions, and nobody says at what time.
    NoTime,
    /// Nobody knows.
    Unknown,
}

impl Rows {
    /// A row of an entity; `since` where rows are versions, or why that cannot be told.
    pub fn add(&mut self, id: String, row: Row, since: Option<Result<Timestamp, String>>) {
        let named = self.ids.entry(id).or_default();
        let since = match since {
            None => None,
            Some(Ok(since)) => Some(since),
            Some(Err(why)) => {
                self.faults.push(format!("{}: {why}", row.place));
                named.broken = true;
                None
            }
        };
        if let Some((_, other)) = named.versions.iter().find(|(at, _)| *at == since) {
            let other = self.rows.get(*other).map(|row| row.place.as_str());
            let what = match since {
                Some(_) => "one entity and one time",
                None => "one entity",
            };
            if !named.broken {
                self.faults.push(format!(
                    "{} and {}: two rows of {what}",
                    other.unwrap_or_default(),
                    row.place
                ));
            }
            named.broken = true;
        }
        named.versions.push((since, self.rows.len()));
        named.versions.sort_unstable();
        self.rows.push(row);
    }

    /// An entity of which nobody knows what its row says.
    pub fn add_broken(&mut self, id: String, place: &str, why: &str) {
        self.ids.entry(id).or_default().broken = true;
        self.faults.push(format!("{place}: {why}"));
    }

    /// A row of which nobody knows the entity.
    pub fn add_nameless(&mut self, place: &str, why: &str) {
        self.nameless = true;
        self.faults.push(format!("{place}: {why}"));
    }

    /// What is said of the entity with this id at a time.
    pub fn at(&self, id: &str, time: Option<Timestamp>) -> AtTime<'_> {
        let Some(named) = self.ids.get(id) else {
            // The row of which nobody knows the entity may be its row.
            return match self.nameless {
                true => AtTime::Unknown,
                false => AtTime::Nothing,
            };
        };
        if named.broken {
            return AtTime::Unknown;
        }
        let row = |at: &usize| self.rows.get(*at);
        if let [(None, at)] = named.versions.as_slice() {
            return row(at).map_or(AtTime::Unknown, |row| AtTime::Row(row, None));
        }
        let Some(time) = time else {
            return AtTime::NoTime;
        };
        let before = named.versions.iter().rev();
        let mut before = before.filter(|(since, _)| since.is_some_and(|since| since <= time));
        match before.next() {
            Some((since, at)) => row(at).map_or(AtTime::Unknown, |row| AtTime::Row(row, *since)),
            None if self.nameless => AtTime::Unknown,
            None => AtTime::Nothing,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// The rows that a data set has been given. They are facts, and no part of what a mapping says.
#[derive(Debug, Clone, Default)]
pub struct Given(pub Option<Arc<Rows>>);

impl PartialEq for Given {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// That something happened, noted by whatever thread. Clones share it. It is no part of what a mapping says.
#[derive(Debug, Clone, Default)]
pub struct Flag(Arc<AtomicBool>);

impl Flag {
    /// It happened.
    pub fn set(&self) {
        // Threads only read what they share, once it is noted.
        if !self.is_set() {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it happened.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl PartialEq for Flag {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a mapping was used for in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Uses {
    /// A call was mapped by it, so that its data sets count.
    pub mapped: Flag,
    /// A call was decided with the request that came with it, and with what was looked up when that was made.
    pub brought: Flag,
    /// A record of a corpus was decided with what it holds.
    pub kept: Flag,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: &str) -> Row {
        Row {
            key: None,
            keys: Vec::new(),
            json: Json::Null,
            place: place.to_owned(),
        }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn place<'r>(found: AtTime<'r>) -> &'r str {
        match found {
            AtTime::Row(row, _) => &row.place,
            AtTime::Nothing => "nothing",
            AtTime::NoTime => "no time",
            AtTime::Unknown => "unknown",
        }
    }

    #[test]
    fn the_last_version_that_is_not_later_counts() {
        let mut rows = Rows::default();
        for at in ["2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z"] {
            rows.add("a".to_owned(), row(at), Some(Ok(time(at))));
        }
        let at = |text: &str| place(rows.at("a", Some(time(text)))).to_owned();
        assert_eq!(at("2025-12-31T23:59:59Z"), "nothing");
        assert_eq!(at("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00Z");
        assert_eq!(at("2026-01-02T00:00:00Z"), "2026-01-01T00:00:00Z");
        assert_eq!(at("2026-01-03T01:00:00+01:00"), "2026-01-03T00:00:00Z");
        assert_eq!(place(rows.at("a", None)), "no time");
        assert_eq!(place(rows.at("b", None)), "nothing");
    }

    #[test]
    fn nobody_guesses_which_row_counts() {
        let mut rows = Rows::default();
        rows.add("a".to_owned(), row("1"), None);
        rows.add("a".to_owned(), row("2"), None);
        rows.add("a".to_owned(), row("3"), None);
        rows.add("b".to_owned(), row("4"), None);
        rows.add("c".to_owned(), row("5"), Some(Err("no time".to_owned())));
        let at = |id: &str| place(rows.at(id, None)).to_owned();
        assert_eq!(
            ["a", "b", "c", "d"].map(at),
            ["unknown", "4", "unknown", "nothing"]
        );
        assert_eq!(
            rows.faults,
            ["1 and 2: two rows of one entity", "5: no time"]
        );
        rows.add_nameless("6", "no id");
        assert_eq!(place(rows.at("d", None)), "unknown");
        assert_eq!(rows.len(), 5);
    }
}
