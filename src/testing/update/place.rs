//! The place of an expectation, with how it is written there.

use super::sound::same;
use super::{Change, Edit};
use crate::engine::{Case, Form};
use crate::model::{Json, SourceFile, Span};
use crate::yaml::{self, scalar};
use std::collections::BTreeMap;

/// A place of a file that says what one case expects.
pub(super) struct Written<'f> {
    file: &'f SourceFile,
    span: Span,
}

/// A place, widened to the whole value, if it belongs to this case alone: a row's expectation may stand outside the row.
pub(super) fn own<'f>(
    file: &'f SourceFile,
    case: &Case,
    span: Span,
) -> Result<Written<'f>, &'static str> {
    let span = file.widen(span);
    if case.form == Form::Row {
        let row = file.widen(case.span);
        if span.start < row.start || span.end() > row.end() {
            return Err("the expectation is that of several rows; give the table a column for it");
        }
    }
    Ok(Written { file, span })
}

impl Written<'_> {
    /// What makes the place say `after` instead of `before`, if `before` is what stands there.
    pub(super) fn change(self, before: Json, after: Json) -> Result<Change, &'static str> {
        let slice = self.file.slice(self.span);
        if slice.starts_with(['*', '&']) {
            return Err("the expectation is an alias or has an anchor, so it is rewritten by hand");
        }
        if matches!(before, Json::Array(_)) && !(slice.starts_with('[') && slice.ends_with(']')) {
            return Err("a list of policies is rewritten where it stands in brackets on one line");
        }
        // Parsed by itself, a piece that ends too early or too late is something else.
        let alone = SourceFile::new(self.file.path.clone(), format!("value: {slice}\n"));
        let read = yaml::parse::<BTreeMap<String, Json>>(&alone).unwrap_or_default();
        if !read.get("value").is_some_and(|read| same(read, &before)) {
            return Err("the expectation does not stand where it could be rewritten");
        }
        let text = self.written(slice, &after);
        Ok(Change {
            edit: Edit {
                span: self.span,
                text,
            },
            before,
            after,
        })
    }

    /// A value as the file writes such values: quoted as before, and as JSON in a file of JSON.
    fn written(&self, slice: &str, value: &Json) -> String {
        if self.file.path.ends_with(".json") {
            // It holds nothing that JSON cannot.
            return serde_json::to_string(value).unwrap_or_default();
        }
        let quote = slice.chars().find(|letter| matches!(letter, '"' | '\''));
        let one = |value: &Json| {
            let text = scalar(value.as_str().unwrap_or_default());
            match quote {
                Some(quote) if !text.starts_with('"') => format!("{quote}{text}{quote}"),
                Some(_) | None => text,
            }
        };
        match value {
            Json::Array(members) => {
                let members: Vec<String> = members.iter().map(one).collect();
                format!("[{}]", members.join(", "))
            }
            other => one(other),
        }
    }
}
