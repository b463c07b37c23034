//! CSV and JSON lines of a team's own: a [`LogLayout`] says where the parts of an action stand in them.

use super::args::{self, unknown};
use super::detect::lines;
use super::format::Format;
use super::malformed::from_item;
use super::records::{Members, members};
use super::rows::Row;
use super::time::set_time;
use super::{Item, Malformed, Parsed, name};
use crate::model::{
    Decision, Importer, Json, LogArgs, LogDecision, LogField, LogForm, LogLayout, LogPlace,
    RecordedAction, RecordedDecision, ToolCall,
};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static CSV: Format = Format {
    importer: Importer::Csv,
    marks: |_| false,
    layout: lines,
    parse: |item, _| Err(Malformed::new(item, NO_LAYOUT)),
};

pub(super) static JSONL: Format = Format {
    importer: Importer::Jsonl,
    marks: |_| false,
    layout: lines,
    parse: |item, _| Err(Malformed::new(item, NO_LAYOUT)),
};

const NO_LAYOUT: &str = "nothing says where the parts of an action stand in it";

/// Reads one JSON line. `name` is the recording's path or file name.
pub fn parse_line(layout: &LogLayout, item: &Item, name: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let line = from_item(item).and_then(|json: Json| {
        let found = members(json).and_then(|line| Line(&line).action(layout, name, item.line));
        found.map_err(|fault| Malformed::new(item, fault))
    });
    push(&mut parsed, line);
    parsed
}

/// Reads one row of a table. `name` is the recording's path or file name.
pub fn parse_row(layout: &LogLayout, header: &[String], row: &Row, name: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let read = row_members(row, header)
        .and_then(|line| Line(&line).action(layout, name, row.line))
        .map_err(|fault| Malformed::at(row.line, fault));
    push(&mut parsed, read);
    parsed
}

/// The columns that a layout names and a table does not have.
pub fn missing_columns<'l>(layout: &'l LogLayout, header: &[String]) -> BTreeSet<&'l str> {
    let is_column = |name: &String| header.contains(name);
    let is_missing = |place: &&LogPlace| {
        !is_column(&place.written) && !place.steps.first().is_some_and(is_column)
    };
    let missing = layout.places().filter(is_missing);
    missing.map(|place| place.written.as_str()).collect()
}

fn push(parsed: &mut Parsed, read: Result<Option<RecordedAction>, Malformed>) {
    match read {
        Ok(Some(action)) => parsed.actions.push(Ok(action)),
        Ok(None) => *parsed.dropped.entry("not_selected").or_default() += 1,
        Err(fault) => parsed.actions.push(Err(fault)),
    }
}

/// A row as an object. A table has no other way to say that there is nothing, so an empty cell is absence.
fn row_members(row: &Row, header: &[String]) -> Result<Members, String> {
    let mut line = Members::new();
    for (column, cell) in header.iter().zip(row.cells.as_ref().map_err(Clone::clone)?) {
        let json = match cell.is_empty() {
            true => Json::Null,
            false => Json::String(cell.clone()),
        };
        line.entry(column.clone())
            .and_modify(|seen| *seen = Json::Repeated)
            .or_insert(json);
    }
    Ok(line)
}

/// Why a path does not lead to where it should.
struct Astray {
    /// Through what it leads.
    through: &'static str,
    /// Whether that surely holds nothing: it is no object and no array, nor the beginning of one in a text.
    plain: bool,
}

/// One line of a log.
struct Line<'l>(&'l Members);

impl<'l> Line<'l> {
    /// What stands at a place: the member of that name, else what the path leads to, also into JSON that is written in a
    /// text. `null` is absence. An error says through what no path leads: what the log held there, nobody knows.
    fn find(&self, place: &LogPlace) -> Result<Option<Cow<'l, Json>>, Astray> {
        let found = match self.0.get(&place.written) {
            Some(json) => Some(Cow::Borrowed(json)),
            None => self.walk(&place.steps)?,
        };
        Ok(found.filter(|json| json.as_ref() != &Json::Null))
    }

    fn walk(&self, steps: &[String]) -> Result<Option<Cow<'l, Json>>, Astray> {
        let Some((first, rest)) = steps.split_first() else {
            return Ok(None);
        };
        let Some(json) = self.0.get(first) else {
            return Ok(None);
        };
        let mut found = Cow::Borrowed(json);
        for step in rest {
            if let Json::String(text) = found.as_ref() {
                // Many write an empty text for nothing.
                if text.trim().is_empty() {
                    return Ok(None);
                }
                let written = serde_json::from_str::<Json>(text).map_err(|_| Astray {
                    through: "a text that is no JSON",
                    // What begins like JSON may have been cut off.
                    plain: !text.trim_start().starts_with(['{', '[']),
                });
                found = Cow::Owned(written?);
            }
            let next: Option<Cow<'l, Json>> = match found {
                Cow::Borrowed(json) => child(json, step)?.map(Cow::Borrowed),
                Cow::Owned(json) => child(&json, step)?.cloned().map(Cow::Owned),
            };
            let Some(next) = next else {
                return Ok(None);
            };
            found = next;
        }
        Ok(Some(found))
    }

    /// What stands at a place without which a line is not understood.
    fn known(&self, place: &LogPlace, what: &str) -> Result<Option<Cow<'l, Json>>, String> {
        self.find(place).map_err(|astray| astray.told(place, what))
    }

    /// The text at a place; a number is its own text.
    fn text(&self, place: &Option<LogPlace>, what: &str) -> Result<Option<String>, String> {
        let Some(place) = place else {
            return Ok(None);
        };
        match self.known(place, what)?.as_deref() {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Int(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(format!(
                "`{what}` stands at `{}`, which is {}, not a text",
                place.written,
                other.kind()
            )),
        }
    }

    /// The action of the line; nothing where lines of its kind do not count.
    fn action(
        &self,
        layout: &LogLayout,
        recording: &str,
        line: u64,
    ) -> Result<Option<RecordedAction>, String> {
        for (place, texts) in &layout.only {
            let found = match self.find(place) {
                Ok(found) => found,
                // Whatever stands there is none of the texts.
                Err(astray) if astray.plain => return Ok(None),
                Err(astray) => return Err(astray.told(place, "only")),
            };
            if found.as_deref() == Some(&Json::Repeated) {
                let at = &place.written;
                return Err(format!("`only` stands at `{at}`, which is a repeated key"));
            }
            let text = found.as_deref().and_then(scalar);
            if !text.is_some_and(|text| texts.contains(text.as_ref())) {
                return Ok(None);
            }
        }
        let tool = Some(layout.tool.clone());
        let tool = self
            .text(&tool, "tool")?
            .ok_or_else(|| format!("there is no tool at `{}`", layout.tool.written))?;
        let id = self.text(&layout.id, "id")?;
        let id = id.unwrap_or_else(|| format!("{}:{line}", name::stem(recording)));
        let mut action = RecordedAction {
            session: self.text(&layout.session, "session")?,
            sequence: self.sequence(layout)?,
            agent: self.text(&layout.agent, "agent")?,
            user: self.text(&layout.user, "user")?,
            system: self.text(&layout.system, "system")?,
            call: Some(ToolCall {
                tool,
                args: self.args(&layout.args),
                result: None,
            }),
            ..RecordedAction::new(id)
        };
        for (name, field) in &layout.meta {
            if let Some(value) = self.field(field) {
                action.meta.insert(name.clone(), value);
            }
        }
        if let Some(field) = &layout.time {
            let time = self.known(&field.at, "time")?;
            let time = time.map(|json| moment(json, field.form));
            set_time(&mut action, time.as_deref());
        }
        self.decide(layout, &mut action)?;
        Ok(Some(action))
    }

    fn sequence(&self, layout: &LogLayout) -> Result<Option<u64>, String> {
        let text = self.text(&layout.sequence, "sequence")?;
        let number = text.map(|text| {
            text.parse()
                .map_err(|_| format!("`sequence` is `{text}`, not a whole number from 0"))
        });
        number.transpose()
    }

    fn args(&self, args: &LogArgs) -> Option<Json> {
        match args {
            LogArgs::Nowhere => None,
            LogArgs::Whole(place) => match self.find(place) {
                Ok(found) => args::text_or_object(found.map(Cow::into_owned)),
                Err(_) => Some(unknown("not_json")),
            },
            LogArgs::Each(each) => {
                let found = each
                    .iter()
                    .filter_map(|(name, field)| Some((name.clone(), self.field(field)?)));
                Some(Json::Object(found.collect()))
            }
        }
    }

    /// What stands at a place, read as it was said; what cannot be read so is unknown.
    fn field(&self, field: &LogField) -> Option<Json> {
        let json = match self.find(&field.at) {
            Ok(found) => found?,
            // Absence would be a fact, which the line does not tell.
            Err(_) => return Some(unknown("not_json")),
        };
        let Some(form) = field.form else {
            return Some(json.into_owned());
        };
        Some(read(json, form))
    }

    fn decide(&self, layout: &LogLayout, action: &mut RecordedAction) -> Result<(), String> {
        let Some(decision) = &layout.decision else {
            return Ok(());
        };
        let Some(said) = self.known(&decision.at, "decision")? else {
            return Ok(());
        };
        match scalar(&said).and_then(|said| meant(decision, &said)) {
            Some(decision) => {
                action.recorded = Some(RecordedDecision {
                    decision,
                    determining: self.determining(layout)?,
                    policy_version: self.text(&layout.policy_version, "policy_version")?,
                });
            }
            // Another word says something else, an error perhaps.
            None => {
                action
                    .meta
                    .entry("decision".to_owned())
                    .or_insert_with(|| said.into_owned());
            }
        }
        Ok(())
    }

    /// The determining policies: a list of texts, or the text of one.
    fn determining(&self, layout: &LogLayout) -> Result<Option<Vec<String>>, String> {
        let Some(place) = &layout.determining else {
            return Ok(None);
        };
        let fault = |kind: &str| {
            let at = &place.written;
            format!("`determining` stands at `{at}`, which holds {kind}, not texts")
        };
        match self.known(place, "determining")?.as_deref() {
            None => Ok(None),
            Some(Json::String(text)) => match serde_json::from_str(text) {
                Ok(ids) => Ok(Some(ids)),
                Err(_) => Ok(Some(vec![text.clone()])),
            },
            Some(Json::Array(ids)) => {
                let text = |id: &Json| match id {
                    Json::String(id) => Ok(id.clone()),
                    other => Err(fault(other.kind())),
                };
                ids.iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(fault(other.kind())),
        }
    }
}

impl Astray {
    fn told(&self, place: &LogPlace, what: &str) -> String {
        let (at, through) = (&place.written, self.through);
        format!("`{what}` stands at `{at}`, but the way there leads through {through}")
    }
}

/// A member, or an element by its number. An error says what has neither.
fn child<'j>(json: &'j Json, step: &str) -> Result<Option<&'j Json>, Astray> {
    match json {
        Json::Object(members) => Ok(members.get(step)),
        Json::Array(items) => Ok(step.parse::<usize>().ok().and_then(|at| items.get(at))),
        Json::Null => Ok(None),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::String(_) | Json::Repeated => {
            Err(Astray {
                through: json.kind(),
                plain: json != &Json::Repeated,
            })
        }
    }
}

/// The text by which a scalar is compared.
fn scalar(json: &Json) -> Option<Cow<'_, str>> {
    match json {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Bool(_) | Json::Int(_) | Json::Float(_) => {
            serde_json::to_string(json).ok().map(Cow::Owned)
        }
        Json::Null | Json::Array(_) | Json::Object(_) | Json::Repeated => None,
    }
}

fn meant(decision: &LogDecision, said: &str) -> Option<Decision> {
    let said = match decision.any_case {
        true => Cow::Owned(said.to_lowercase()),
        false => Cow::Borrowed(said),
    };
    match (
        decision.allow.contains(said.as_ref()),
        decision.deny.contains(said.as_ref()),
    ) {
        (true, false) => Some(Decision::Allow),
        (false, true) => Some(Decision::Deny),
        (true, true) | (false, false) => None,
    }
}

/// A value read as something; unknown where it is nothing of the kind.
fn read(json: Cow<'_, Json>, form: LogForm) -> Json {
    let parsed = |text: &str| serde_json::from_str::<Json>(text.trim()).ok();
    match (form, json.as_ref()) {
        (LogForm::Text, _) => match scalar(&json) {
            Some(text) => Json::String(text.into_owned()),
            None => unknown("not_a_text"),
        },
        (LogForm::Number, Json::Int(_) | Json::Float(_)) | (LogForm::Boolean, Json::Bool(_)) => {
            json.into_owned()
        }
        (LogForm::Number, Json::String(text)) => match parsed(text) {
            Some(number @ (Json::Int(_) | Json::Float(_))) => number,
            Some(_) | None => unknown("not_a_number"),
        },
        (LogForm::Number, _) => unknown("not_a_number"),
        (LogForm::Boolean, Json::String(text)) => match text.trim().to_lowercase().as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => unknown("not_a_boolean"),
        },
        (LogForm::Boolean, _) => unknown("not_a_boolean"),
        (LogForm::Json, Json::String(text)) => parsed(text).unwrap_or_else(|| unknown("not_json")),
        (LogForm::Json, _) => json.into_owned(),
        (LogForm::Seconds | LogForm::Milliseconds, _) => moment(json, Some(form)).into_owned(),
    }
}

/// A time as RFC 3339 where it is counted since 1970; what is no such number stays as it is.
fn moment(json: Cow<'_, Json>, form: Option<LogForm>) -> Cow<'_, Json> {
    let places = match form {
        Some(LogForm::Seconds) => 0,
        Some(LogForm::Milliseconds) => 3,
        Some(LogForm::Text | LogForm::Number | LogForm::Boolean | LogForm::Json) | None => {
            return json;
        }
    };
    let time = scalar(&json)
        .and_then(|text| nanoseconds(&text, places))
        .and_then(|count| Timestamp::from_nanosecond(count).ok());
    match time {
        Some(time) => Cow::Owned(Json::String(time.to_string())),
        None => json,
    }
}

/// The nanoseconds that a decimal number of seconds is, of which the last digits before the point are `places` decimals.
fn nanoseconds(text: &str, places: usize) -> Option<i128> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let digits = 9_usize.checked_sub(places)?;
    if !plain || whole.len() > 20 {
        return None;
    }
    // What is finer than a nanosecond is cut off.
    let fraction: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(digits)
        .collect();
    format!("{whole}{fraction}").parse().ok()
}

#[cfg(test)]
mod tests;
