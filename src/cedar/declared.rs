//! What a schema file declares, with places: for findings about the schema itself.

use crate::model::{SourceFile, Span};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::parser::Loc;
use cedar_policy_core::validator::RawName;
use cedar_policy_core::validator::json_schema::Fragment;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What kind of thing a schema declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclaredKind {
    /// An entity type.
    EntityType,
    /// An action or a group of actions.
    Action,
    /// A common type.
    CommonType,
}

/// Something that a schema file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// What it is.
    pub kind: DeclaredKind,
    /// Its namespace; empty where it has none.
    pub namespace: Arc<str>,
    /// Its name without namespace; of an action its id.
    pub name: Arc<str>,
    /// The file.
    pub file: Arc<str>,
    /// The place of its name.
    pub span: Span,
    /// The place of the whole declaration.
    pub whole: Span,
    /// Whether it only says that another file declares it.
    pub external: bool,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// The names of types and actions that it refers to, as they are written.
    pub refers: BTreeSet<String>,
    /// Its attributes with dotted paths; of an action, those of its context.
    pub attributes: Vec<DeclaredAttribute>,
}

/// An attribute of an entity type, a common type or a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAttribute {
    /// The names from the outside in.
    pub path: Vec<String>,
    /// The place of its name.
    pub span: Span,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Declaration {
    /// Its name with namespace.
    pub fn full_name(&self) -> String {
        match self.namespace.as_ref() {
            "" => self.name.to_string(),
            space => format!("{space}::{}", self.name),
        }
    }
}

/// Everything that a file in Cedar's schema syntax declares, in order; nothing of a file that does not parse, or is in
/// Cedar's JSON form, which has no places.
pub fn declarations(file: &SourceFile) -> Vec<Declaration> {
    let parsed = Fragment::<RawName>::from_cedarschema_str(&file.text, Extensions::all_available());
    let Ok((fragment, _)) = parsed else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (space, body) in &fragment.0 {
        let namespace: Arc<str> = space
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
            .into();
        let mut add = |kind, name: &str, loc: Option<&Loc>, json: Option<Json>| {
            let whole = loc.map_or(Span::new(0, 0), |loc| {
                Span::new(loc.start(), loc.end() - loc.start())
            });
            let json = json.unwrap_or_default();
            let mut refers = BTreeSet::new();
            names(&json, &mut refers);
            let span = place_of(file, whole, name).unwrap_or(whole);
            found.push(Declaration {
                kind,
                namespace: namespace.clone(),
                name: name.into(),
                file: file.path.clone(),
                span,
                whole,
                external: json.get("external").and_then(Json::as_bool) == Some(true),
                annotations: annotations(&json),
                refers,
                attributes: attributes(&json, file, whole, span),
            });
        };
        for (name, ty) in &body.entity_types {
            let json = serde_json::to_value(ty).ok();
            add(
                DeclaredKind::EntityType,
                name.as_ref(),
                ty.loc.as_ref(),
                json,
            );
        }
        for (name, action) in &body.actions {
            let json = serde_json::to_value(action).ok();
            add(DeclaredKind::Action, name, action.loc.as_ref(), json);
        }
        for (name, ty) in &body.common_types {
            let json = serde_json::to_value(ty).ok();
            add(
                DeclaredKind::CommonType,
                &name.to_string(),
                ty.loc.as_ref(),
                json,
            );
        }
    }
    found.sort_by_key(|declared| (declared.span.start, declared.whole.start));
    found
}

/// What a schema file says by itself, annotations included and places left out; nothing where it does not parse.
pub fn declared_as(file: &SourceFile) -> Option<serde_json::Value> {
    let parsed = Fragment::<RawName>::from_cedarschema_str(&file.text, Extensions::all_available());
    let (fragment, _) = parsed.ok()?;
    serde_json::to_value(&fragment).ok()
}

fn annotations(json: &Json) -> BTreeMap<String, String> {
    let members = json.get("annotations").and_then(Json::as_object);
    members
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// Every text that may be the name of a type or an action.
fn names(json: &Json, out: &mut BTreeSet<String>) {
    match json {
        Json::Object(members) => {
            for (key, member) in members {
                match (key.as_str(), member) {
                    ("annotations", _) => {}
                    ("name" | "type" | "id", Json::String(name)) => {
                        out.insert(name.clone());
                    }
                    ("memberOfTypes" | "principalTypes" | "resourceTypes", Json::Array(types)) => {
                        out.extend(types.iter().filter_map(Json::as_str).map(str::to_owned));
                    }
                    _ => names(member, out),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| names(item, out)),
        _ => {}
    }
}

/// The attributes of the record in a declaration, those of records in it too.
fn attributes(json: &Json, file: &SourceFile, whole: Span, name: Span) -> Vec<DeclaredAttribute> {
    let record = json
        .get("shape")
        .or_else(|| json.get("appliesTo").and_then(|spec| spec.get("context")))
        .unwrap_or(json);
    let mut found = Vec::new();
    let after = Span::new(name.end(), whole.end().saturating_sub(name.end()));
    of_record(record, file, after, &mut Vec::new(), &mut found);
    found
}

fn of_record(
    json: &Json,
    file: &SourceFile,
    within: Span,
    path: &mut Vec<String>,
    out: &mut Vec<DeclaredAttribute>,
) {
    if path.len() > 32 {
        return;
    }
    let Some(attributes) = json.get("attributes").and_then(Json::as_object) else {
        return;
    };
    for (name, attribute) in attributes {
        let span = attribute_place(file, within, name).unwrap_or(Span::new(within.start, 0));
        path.push(name.clone());
        out.push(DeclaredAttribute {
            path: path.clone(),
            span,
            annotations: annotations(attribute),
        });
        let inner = Span::new(span.end(), within.end().saturating_sub(span.end()));
        of_record(attribute, file, inner, path, out);
        path.pop();
    }
}

/// Where a name is written in a part of a file: as a word, or in quotes.
fn place_of(file: &SourceFile, within: Span, name: &str) -> Option<Span> {
    let text = file.slice(within);
    words(text)
        .find(|(_, word)| *word == name || word.trim_matches('"') == name)
        .map(|(at, word)| Span::new(within.start + at, word.len()))
}

/// The same for the name of an attribute, which a colon follows.
fn attribute_place(file: &SourceFile, within: Span, name: &str) -> Option<Span> {
    let text = file.slice(within);
    words(text)
        .filter(|(_, word)| *word == name || word.trim_matches('"') == name)
        .find(|(at, word)| {
            let rest = text.get(at + word.len()..).unwrap_or_default().trim_start();
            let rest = rest.strip_prefix('?').unwrap_or(rest).trim_start();
            rest.starts_with(':') && !rest.starts_with("::")
        })
        .map(|(at, word)| Span::new(within.start + at, word.len()))
}

/// The words and quoted texts of a text in Cedar's syntax, without comments, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let first = rest.chars().next()?;
            let length = match first {
                '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                '"' => {
                    let mut escaped = false;
                    let close = rest.char_indices().skip(1).find(|(_, letter)| {
                        let closes = *letter == '"' && !escaped;
                        escaped = *letter == '\\' && !escaped;
                        closes
                    });
                    close.map_or(rest.len(), |(end, _)| end + 1)
                }
                letter if letter.is_alphanumeric() || letter == '_' => rest
                    .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .unwrap_or(rest.len()),
                other => other.len_utf8(),
            };
            let from = at;
            at += length;
            let word = rest.get(..length)?;
            let is_word = first == '"' || first.is_alphanumeric() || first == '_';
            if is_word {
                return Some((from, word));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_know_their_places() {
        let file = SourceFile::new(
            "a.cedarschema",
            "namespace N {\n  // entity Not;\n  @doc(\"entity A\") entity A, B in [G] = { x: Long, \"y z\"?: { x: T } };\n  \
             entity G;\n  type T = String;\n  @risk(\"read\")\n  action \"do it\", act in [group] appliesTo { principal: A, resource: [B], context: { input: { p: T } } };\n action group;\n}",
        );
        let found = declarations(&file);
        let all: Vec<(DeclaredKind, &str, &str)> = found
            .iter()
            .map(|d| (d.kind, d.name.as_ref(), file.slice(d.span)))
            .collect();
        use DeclaredKind::{Action, CommonType, EntityType};
        assert_eq!(
            all,
            [
                (EntityType, "A", "A"),
                (EntityType, "B", "B"),
                (EntityType, "G", "G"),
                (CommonType, "T", "T"),
                (Action, "do it", "\"do it\""),
                (Action, "act", "act"),
                (Action, "group", "group"),
            ]
        );
        let a = &found[0];
        let attributes: Vec<String> = a
            .attributes
            .iter()
            .map(|a| format!("{}={}", a.path.join("."), file.slice(a.span)))
            .collect();
        assert_eq!(attributes, ["x=x", "y z=\"y z\"", "y z.x=x"]);
        assert!(a.refers.contains("G") && a.refers.contains("T"));
        assert_eq!(found[5].annotations["risk"], "read");
        assert!(found[5].refers.contains("A") && found[5].refers.contains("group"));
        assert_eq!(found[5].full_name(), "N::act");
    }
}
