//! The text of a data file → the rows of a data set.

use super::facts::Facts;
use crate::model::{Json, RecordedAction};
use crate::repository::{DataSet, DataStep, Row, Rows, Template};
use jiff::Timestamp;
use std::sync::OnceLock;

/// A data file, which several data sets may be read from.
#[derive(Debug)]
pub struct DataFile {
    name: String,
    text: String,
    json: OnceLock<Result<Json, String>>,
}

impl DataFile {
    /// A file with this name and text.
    pub fn new(name: &str, text: String) -> Self {
        Self {
            name: name.to_owned(),
            text,
            json: OnceLock::new(),
        }
    }

    fn json(&self) -> Result<&Json, String> {
        let read = || {
            serde_json::from_str(self.text.trim_start_matches('\u{feff}'))
                .map_err(|error| format!("`{}` is no JSON document: {error}", self.name))
        };
        self.json.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// Reads the rows of a data set. The error says why there are none.
pub fn read_rows(set: &DataSet, file: &DataFile) -> Result<Rows, String> {
    let mut reading = Reading {
        set,
        nothing: RecordedAction::new(""),
        rows: Rows::default(),
    };
    match &set.at {
        Some(at) => {
            let mut place = vec![file.name.clone()];
            reading.way(file.json()?, at, &mut Vec::new(), &mut place)?;
        }
        None => reading.lines(&file.name, &file.text),
    }
    Ok(reading.rows)
}

struct Reading<'s> {
    set: &'s DataSet,
    nothing: RecordedAction,
    rows: Rows,
}

impl Reading<'_> {
    fn lines(&mut self, file: &str, text: &str) {
        for (at, line) in text.lines().enumerate() {
            let place = format!("{file}:{}", at + 1);
            match line.trim() {
                "" => {}
                line => match serde_json::from_str::<Json>(line) {
                    Ok(json) => self.row(None, &[], json, place),
                    Err(error) => {
                        let why = format!("it is no JSON: {error}");
                        self.rows.add_nameless(&place, &why);
                    }
                },
            }
        }
    }

    /// Follows the keys that lead to rows.
    fn way(
        &mut self,
        json: &Json,
        steps: &[DataStep],
        keys: &mut Vec<String>,
        place: &mut Vec<String>,
    ) -> Result<(), String> {
        let Some((step, rest)) = steps.split_first() else {
            self.all(json, keys, place);
            return Ok(());
        };
        match (step, json) {
            (DataStep::Key(key), json) => {
                let inner = match json {
                    Json::Object(members) => members.get(key),
                    Json::Array(items) => key.parse().ok().and_then(|at: usize| items.get(at)),
                    _ => None,
                };
                place.push(key.clone());
                match inner {
                    Some(inner) => self.way(inner, rest, keys, place)?,
                    // Behind a `*` not everything has all members.
                    None if keys.is_empty() => {
                        return Err(format!("nothing stands at `{}`", shown(place)));
                    }
                    None => {}
                }
                place.pop();
            }
            (DataStep::Every, json) => {
                for (key, inner) in members(json) {
                    keys.push(key.clone());
                    place.push(key);
                    self.way(inner, rest, keys, place)?;
                    place.pop();
                    keys.pop();
                }
                if !matches!(json, Json::Object(_) | Json::Array(_)) {
                    self.rows.add_nameless(&shown(place), NO_ROWS);
                }
            }
        }
        Ok(())
    }

    /// Every member of an object, or element of an array, is a row.
    fn all(&mut self, json: &Json, keys: &[String], place: &[String]) {
        let object = matches!(json, Json::Object(_));
        if !object && !matches!(json, Json::Array(_)) {
            self.rows.add_nameless(&shown(place), NO_ROWS);
        }
        for (key, inner) in members(json) {
            let at = shown(&[place, std::slice::from_ref(&key)].concat());
            self.row(object.then_some(key), keys, inner.clone(), at);
        }
    }

    fn row(&mut self, key: Option<String>, keys: &[String], json: Json, place: String) {
        let twice = json == Json::Repeated;
        let row = Row {
            key,
            keys: keys.to_vec(),
            json,
            place,
        };
        let facts = Facts::of_row(&row, &self.nothing);
        let Some(id) = facts.text(&self.set.entity.id) else {
            let place = row.place.clone();
            let why = "it does not say of which entity it is";
            self.rows.add_nameless(&place, why);
            return;
        };
        if twice {
            self.rows.add_broken(id, &row.place, "its key stands twice");
            return;
        }
        let since = self.set.as_of.as_ref().map(|since| moment(facts, since));
        self.rows.add(id, row, since);
    }
}

const NO_ROWS: &str = "it is no object and no array, so it has no rows";

fn moment(facts: Facts<'_>, since: &Template) -> Result<Timestamp, String> {
    let text = facts.text(since);
    let text = text.ok_or("it does not say since when it counts")?;
    text.parse()
        .map_err(|_| format!("`{}` is no time with an offset", text.escape_debug()))
}

fn members(json: &Json) -> Vec<(String, &Json)> {
    match json {
        Json::Object(members) => {
            let members = members.iter();
            members.map(|(key, inner)| (key.clone(), inner)).collect()
        }
        Json::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(at, inner)| (at.to_string(), inner)).collect()
        }
        _ => Vec::new(),
    }
}

/// A file, and the keys in it.
fn shown(place: &[String]) -> String {
    match place.split_first() {
        Some((file, keys)) if !keys.is_empty() => format!("{file}: {}", keys.join(".")),
        Some((file, _)) => file.clone(),
        None => String::new(),
    }
}
