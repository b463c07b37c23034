//! Tables → drafts: each row is a case of its own.

use super::draft::{Draft, Part, Patch};
use super::faults::{fault, name_fault};
use super::fill::Cells;
use super::json::{has_text, plain_text, set, texts};
use crate::model::{Diagnostic, EntityRef, Json, SourceFile, Span};
use crate::repository::{
    ExpectedDecision, NamesSpec, PolicyNames, SuiteEntity, TableSpec, nearest, parse_reference,
};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// What the cells of a column are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Name,
    Decision,
    Reasons,
    Errors,
    Principal,
    Action,
    Resource,
    Now,
    Context(Vec<String>),
    Entity(String, Part),
    Placeholder,
}

/// The words that are columns by themselves.
const WORDS: [(&str, Column); 9] = [
    ("case", Column::Name),
    ("name", Column::Name),
    ("decision", Column::Decision),
    ("reasons", Column::Reasons),
    ("errors", Column::Errors),
    ("principal", Column::Principal),
    ("action", Column::Action),
    ("resource", Column::Resource),
    ("now", Column::Now),
];

/// The rows of a table as drafts, or what is wrong with the table as a whole.
pub(super) fn rows(
    file: &SourceFile,
    base: &Draft,
    table: &Spanned<TableSpec>,
) -> Result<Vec<Draft>, Vec<Diagnostic>> {
    let spec = &table.value;
    let columns = columns(file, &spec.columns)?;
    if spec.rows.is_empty() {
        let message = "the table has no row".to_owned();
        return Err(vec![fault(file, table.span, message)]);
    }
    let mut used = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for (at, row) in spec.rows.iter().enumerate() {
        let mut draft = base.clone();
        draft.span = row.span;
        draft.row = Some(format!("{}", at + 1).into());
        if row.value.len() == columns.len() {
            let cells = spec.columns.iter().map(|column| column.value.as_str());
            let mut cells = Cells {
                cells: cells.zip(&row.value).collect(),
                used: BTreeSet::new(),
            };
            fill(file, &mut draft, base, &mut cells);
            used.append(&mut cells.used);
            for (column, cell) in columns.iter().zip(&row.value) {
                if let Err(message) = put(&mut draft, column, cell) {
                    draft.fault(file, cell.span, message);
                }
            }
        } else {
            let (cells, wanted) = (row.value.len(), columns.len());
            let message = format!("the row has {cells} cells, and the table {wanted} columns");
            draft.fault(file, row.span, message);
        }
        if let Some(name) = draft.row.clone()
            && !names.insert(name.clone())
        {
            let message = format!("two rows are called `{name}`");
            draft.faults.push(name_fault(file, row.span, message));
        }
        drafts.push(draft);
    }
    let idle: Vec<Diagnostic> = spec
        .columns
        .iter()
        .zip(&columns)
        .filter(|(column, kind)| **kind == Column::Placeholder && !used.contains(&column.value))
        // A row that is at fault says nothing about the use of a column.
        .filter(|_| drafts.iter().all(|draft| draft.faults.is_empty()))
        .map(|(column, _)| idle(file, column))
        .collect();
    match idle.is_empty() {
        true => Ok(drafts),
        false => Err(idle),
    }
}

/// The places in the entities of a test that have a placeholder of its table: nothing fills them.
pub(super) fn idle_placeholders(
    table: &Spanned<TableSpec>,
    entities: &BTreeMap<String, Spanned<SuiteEntity>>,
) -> Vec<Span> {
    let columns = table.value.columns.iter();
    let placeholders: Vec<String> = columns
        .map(|column| format!("{{{}}}", column.value))
        .collect();
    let named = |text: &str| placeholders.iter().any(|name| text.contains(name));
    let mut out = Vec::new();
    for (name, entity) in entities {
        let spec = &entity.value;
        out.extend(named(name).then_some(entity.span));
        let texts = spec.like.iter().chain(spec.parents.iter().flatten());
        let texts = texts.filter(|text| named(&text.value));
        out.extend(texts.map(|text| text.span));
        let values = spec.attrs.values().chain(spec.tags.values());
        let values = values.filter(|json| has_text(&json.value, &named));
        out.extend(values.map(|json| json.span));
    }
    out
}

fn idle(file: &SourceFile, column: &Spanned<String>) -> Diagnostic {
    let name = &column.value;
    let hint = nearest(name, WORDS.iter().map(|(word, _)| *word))
        .map(|word| format!("; did you mean `{word}`?"))
        .unwrap_or_default();
    let message = format!("no cell of `{name}` is used{hint}");
    fault(file, column.span, message).with_help(format!(
        "write `{{{name}}}` in the request, or name a path: `principal`, `action`, `resource`, `now`, `context.PATH`, \
         `entities.REFERENCE.attrs.PATH`, `decision`, `reasons`, `errors`"
    ))
}

fn columns(file: &SourceFile, columns: &[Spanned<String>]) -> Result<Vec<Column>, Vec<Diagnostic>> {
    let mut seen = BTreeSet::new();
    // An entity may be written in several ways.
    let mut parts: Vec<(EntityRef, Part)> = Vec::new();
    let mut faults = Vec::new();
    let mut out = Vec::new();
    for column in columns {
        let new = seen.insert(column.value.as_str());
        if !new {
            let message = format!("two columns are called `{}`", column.value);
            faults.push(fault(file, column.span, message));
        }
        match read_column(&column.value) {
            Ok(kind) => {
                if let Column::Entity(entity, part) = &kind
                    && let Ok(entity) = parse_reference(entity)
                {
                    let part = (entity, part.clone());
                    if new && parts.contains(&part) {
                        let message =
                            format!("an earlier column is the same as `{}`", column.value);
                        faults.push(fault(file, column.span, message));
                    }
                    parts.push(part);
                }
                out.push(kind);
            }
            Err(message) => faults.push(fault(file, column.span, message)),
        }
    }
    if out.iter().filter(|column| **column == Column::Name).count() > 1 {
        let span = columns
            .first()
            .map_or(Span::new(0, 0), |column| column.span);
        let message = "both `case` and `name` name the rows".to_owned();
        faults.push(fault(file, span, message));
    }
    match faults.is_empty() {
        true => Ok(out),
        false => Err(faults),
    }
}

fn read_column(text: &str) -> Result<Column, String> {
    if let Some((_, column)) = WORDS.iter().find(|(word, _)| *word == text) {
        return Ok(column.clone());
    }
    let steps = |path: &str| -> Result<Vec<String>, String> {
        let steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        match steps.iter().any(String::is_empty) {
            true => Err(format!("`{text}` has an empty step")),
            false => Ok(steps),
        }
    };
    if let Some(path) = text.strip_prefix("context.") {
        return Ok(Column::Context(steps(path)?));
    }
    let Some(path) = text.strip_prefix("entities.") else {
        return Ok(Column::Placeholder);
    };
    // An id in quotes may hold anything; a plain one holds no dot.
    let end = path.rfind('"').map_or(0, |at| at + 1);
    let dot = path.get(end..).and_then(|rest| rest.find('.'));
    let (entity, part) = match dot {
        Some(dot) => path.split_at(end + dot),
        None => (path, ""),
    };
    let part = match part.strip_prefix('.').map(|part| part.split_once('.')) {
        Some(Some(("attrs", path))) => Part::Attribute(steps(path)?),
        Some(Some(("tags", name))) if !name.is_empty() => Part::Tag(name.to_owned()),
        Some(None) if part == ".in" => Part::Parents,
        _ => {
            return Err(format!(
                "`{text}` is no part of an entity; write `entities.REFERENCE.attrs.PATH`, `.tags.NAME` or `.in`"
            ));
        }
    };
    Ok(Column::Entity(entity.to_owned(), part))
}

/// Fills the placeholders of a request.
fn fill(file: &SourceFile, draft: &mut Draft, base: &Draft, cells: &mut Cells<'_>) {
    let mut faults: Vec<(Span, String)> = Vec::new();
    let mut text = |slot: &mut Option<Spanned<String>>| {
        if let Some(text) = slot {
            match cells.text(text) {
                Ok(filled) => *slot = filled,
                Err(message) => faults.push((text.span, message)),
            }
        }
    };
    text(&mut draft.principal);
    text(&mut draft.action);
    text(&mut draft.resource);
    text(&mut draft.now);
    for (own, context) in [
        (&mut draft.context, &base.context),
        (&mut draft.offered, &base.offered),
    ] {
        for (name, value) in context {
            match cells.value(value) {
                Ok(filled) => {
                    own.insert(name.clone(), filled);
                }
                Err(message) => faults.push((value.span, message)),
            }
        }
    }
    for (span, message) in faults {
        draft.fault(file, span, message);
    }
}

/// Puts a cell where its column says.
fn put(draft: &mut Draft, column: &Column, cell: &Spanned<Json>) -> Result<(), String> {
    let text = |what: &str| match &cell.value {
        Json::Null => Ok(None),
        json => match plain_text(json) {
            Some(value) => Ok(Some(Spanned {
                value,
                span: cell.span,
            })),
            None => Err(format!("{what} is a text, not {}", json.kind())),
        },
    };
    match column {
        Column::Placeholder => {}
        Column::Name => {
            if let Some(name) = text("the name of a row")? {
                draft.row = Some(name.value.into());
            }
        }
        Column::Principal => draft.principal = text("a principal")?,
        Column::Action => draft.action = text("an action")?,
        Column::Resource => draft.resource = text("a resource")?,
        Column::Now => {
            draft.now = text("a time")?;
            draft.own_now = true;
        }
        Column::Context(path) => set(&mut draft.context, path, cell)?,
        Column::Entity(entity, part) => draft.patches.push(Patch {
            entity: entity.clone(),
            part: part.clone(),
            value: cell.clone(),
        }),
        Column::Decision => {
            if let Some(name) = text("a decision")? {
                let decision = ExpectedDecision::named(&name.value).ok_or_else(|| {
                    let names = ExpectedDecision::ALL.map(|decision| decision.name());
                    format!(
                        "`{}` is no decision; they are {}",
                        name.value,
                        names.join(", ")
                    )
                })?;
                draft.expected = cell.span;
                draft.expect.decision = Some(Spanned {
                    value: decision,
                    span: cell.span,
                });
            }
        }
        Column::Reasons => {
            if let Some(names) = names(cell)? {
                draft.expect.reasons = Some(names);
            }
        }
        Column::Errors => {
            if let Some(names) = names(cell)? {
                draft.expect.errors = Some(names);
            }
        }
    }
    Ok(())
}

/// A cell as the names of policies; null says nothing.
fn names(cell: &Spanned<Json>) -> Result<Option<Spanned<PolicyNames>>, String> {
    let spanned = |texts: Vec<String>| -> Vec<Spanned<String>> {
        let texts = texts.into_iter();
        texts
            .map(|value| Spanned {
                value,
                span: cell.span,
            })
            .collect()
    };
    let wrong = || {
        "policies are a list of their ids, or `include`, `exclude` and `any` with one each"
            .to_owned()
    };
    let value = match &cell.value {
        Json::Null => return Ok(None),
        Json::Object(members) => {
            let mut spec = NamesSpec::default();
            for (key, json) in members {
                let list = match key.as_str() {
                    "include" => &mut spec.include,
                    "exclude" => &mut spec.exclude,
                    "any" => spec.any.get_or_insert_default(),
                    _ => return Err(wrong()),
                };
                *list = spanned(texts(json).ok_or_else(wrong)?);
            }
            PolicyNames::Loosely(spec)
        }
        json => PolicyNames::Exactly(spanned(texts(json).ok_or_else(wrong)?)),
    };
    Ok(Some(Spanned {
        value,
        span: cell.span,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_apart() {
        let attribute = |entity: &str, path: &[&str]| {
            Column::Entity(
                entity.to_owned(),
                Part::Attribute(path.iter().map(|step| (*step).to_owned()).collect()),
            )
        };
        for (text, expected) in [
            ("case", Column::Name),
            ("who", Column::Placeholder),
            (
                "context.a.b",
                Column::Context(vec!["a".to_owned(), "b".to_owned()]),
            ),
            (
                "entities.Order::o1.attrs.region",
                attribute("Order::o1", &["region"]),
            ),
            (
                "entities.A::B::\"x.y\".attrs.a.b",
                attribute("A::B::\"x.y\"", &["a", "b"]),
            ),
            (
                "entities.Order::o1.tags.a.b",
                Column::Entity("Order::o1".to_owned(), Part::Tag("a.b".to_owned())),
            ),
            (
                "entities.Order::o1.in",
                Column::Entity("Order::o1".to_owned(), Part::Parents),
            ),
        ] {
            assert_eq!(read_column(text), Ok(expected), "{text}");
        }
        for text in [
            "context.",
            "context.a..b",
            "entities.Order::o1",
            "entities.Order::o1.attrs",
            "entities.Order::o1.in.x",
            "entities.Order::o1.colour.x",
        ] {
            assert!(read_column(text).is_err(), "{text}");
        }
    }
}
