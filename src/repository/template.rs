//! Texts with `{PATH}` in them, as a mapping holds them.

use super::derivation::Derivation;
use crate::cedar;
use std::fmt;

/// What a placeholder reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `{tool}`
    Tool,
    /// `{agent}`
    Agent,
    /// `{session}`
    Session,
    /// `{user}`
    User,
    /// `{system}`
    System,
    /// `{time}`
    Time,
    /// `{args.a.b}`; without keys, all arguments.
    Args(Vec<String>),
    /// `{meta.a.b}`
    Meta(Vec<String>),
    /// `{result.a.b}`: what a call gave back.
    Result(Vec<String>),
    /// `{key}`: the key of a row of a data set.
    Key,
    /// `{keys.0}`: a key that leads to a row.
    Keys(usize),
    /// `{row.a.b}`
    Row(Vec<String>),
    /// `{item.a.b}`: an element of what is gone through.
    Item(Vec<String>),
}

/// What placeholders may read where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// A call.
    Call,
    /// A call and what it gave back.
    Result,
    /// A row of a data set.
    Row,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Text(String),
    /// A placeholder.
    Field(Placeholder),
}

/// What stands between braces: `args.url | host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// What it reads.
    pub field: Field,
    /// What is derived of that, step by step.
    pub steps: Vec<Derivation>,
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its pieces in order.
    pub parts: Vec<Part>,
}

/// An entity whose id has placeholders; its type has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceTemplate {
    /// The entity's type; nothing for a bare action id.
    pub ty: Option<String>,
    /// The id.
    pub id: Template,
}

impl Template {
    /// Reads a text; `{{` and `}}` are literal braces.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, tail) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = tail.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = tail.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(inner) = tail.strip_prefix('{') {
                let (name, after) = inner
                    .split_once('}')
                    .ok_or_else(|| format!("`{text}` opens a `{{` that nothing closes"))?;
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Field(Placeholder::parse(name)?));
                rest = after;
            } else {
                return Err(format!(
                    "`{text}` closes a `}}` that nothing opens; write `}}}}` for a brace"
                ));
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// The one placeholder that makes up the whole text.
    pub fn only_field(&self) -> Option<&Placeholder> {
        match self.parts.as_slice() {
            [Part::Field(field)] => Some(field),
            _ => None,
        }
    }

    /// Its placeholders.
    pub(super) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Field(placeholder) => Some(placeholder),
        })
    }

    /// Whether something is derived of what a call holds.
    pub(super) fn derives(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Text(_) => false,
            Part::Field(placeholder) => !placeholder.steps.is_empty(),
        })
    }

    /// The text, where there is no placeholder in it.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

/// As it is written, without its braces.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.field)?;
        self.steps
            .iter()
            .try_for_each(|step| write!(f, " | {}", step.name()))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (root, keys): (_, &[String]) = match self {
            Field::Tool => ("tool", &[]),
            Field::Agent => ("agent", &[]),
            Field::Session => ("session", &[]),
            Field::User => ("user", &[]),
            Field::System => ("system", &[]),
            Field::Time => ("time", &[]),
            Field::Args(keys) => ("args", keys),
            Field::Meta(keys) => ("meta", keys),
            Field::Result(keys) => ("result", keys),
            Field::Key => ("key", &[]),
            Field::Keys(at) => return write!(f, "keys.{at}"),
            Field::Row(keys) => ("row", keys),
            Field::Item(keys) => ("item", keys),
        };
        f.write_str(root)?;
        keys.iter().try_for_each(|key| write!(f, ".{key}"))
    }
}

impl Placeholder {
    fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split('|').map(str::trim);
        Ok(Self {
            field: Field::parse(parts.next().unwrap_or_default())?,
            steps: parts.map(Derivation::named).collect::<Result<_, _>>()?,
        })
    }
}

impl Field {
    /// What it holds under a name; nothing where it is no arguments and no fact of the session.
    pub fn member(&self, name: &str) -> Option<Self> {
        let inside = |keys: &[String]| keys.iter().cloned().chain([name.to_owned()]).collect();
        match self {
            Field::Args(keys) => Some(Field::Args(inside(keys))),
            Field::Meta(keys) => Some(Field::Meta(inside(keys))),
            Field::Result(keys) => Some(Field::Result(inside(keys))),
            Field::Row(keys) => Some(Field::Row(inside(keys))),
            Field::Item(keys) => Some(Field::Item(inside(keys))),
            Field::Tool
            | Field::Agent
            | Field::Session
            | Field::User
            | Field::System
            | Field::Time
            | Field::Key
            | Field::Keys(_) => None,
        }
    }

    /// Whether it reads what may be read there; `item` says whether elements are gone through.
    pub(super) fn is_of(&self, reads: Reads, item: bool) -> bool {
        match self {
            Field::Item(_) => item,
            Field::Row(_) | Field::Key | Field::Keys(_) => reads == Reads::Row,
            Field::Result(_) => reads == Reads::Result,
            Field::Tool
            | Field::Agent
            | Field::Session
            | Field::User
            | Field::System
            | Field::Time
            | Field::Args(_)
            | Field::Meta(_) => reads != Reads::Row,
        }
    }

    /// Whether some step of it may be the place of an element.
    pub(super) fn has_number(&self) -> bool {
        match self {
            Field::Args(keys)
            | Field::Meta(keys)
            | Field::Result(keys)
            | Field::Row(keys)
            | Field::Item(keys) => keys.iter().any(|key| key.parse::<usize>().is_ok()),
            _ => false,
        }
    }

    fn parse(name: &str) -> Result<Self, String> {
        let mut keys = name.trim().split('.').map(str::to_owned);
        let root = keys.next().unwrap_or_default();
        let keys: Vec<String> = keys.collect();
        if keys.iter().any(String::is_empty) {
            return Err(format!("`{{{name}}}` has an empty step"));
        }
        match (root.as_str(), keys.is_empty()) {
            ("tool", true) => Ok(Field::Tool),
            ("agent", true) => Ok(Field::Agent),
            ("session", true) => Ok(Field::Session),
            ("user", true) => Ok(Field::User),
            ("system", true) => Ok(Field::System),
            ("time", true) => Ok(Field::Time),
            ("args", _) => Ok(Field::Args(keys)),
            ("meta", false) => Ok(Field::Meta(keys)),
            ("result", _) => Ok(Field::Result(keys)),
            ("key", true) => Ok(Field::Key),
            ("keys", false) => match (keys.as_slice(), keys.first().map(|key| key.parse())) {
                ([_], Some(Ok(at))) => Ok(Field::Keys(at)),
                _ => Err(format!("`{{{name}}}` names no key; write `{{keys.0}}`")),
            },
            ("row", _) => Ok(Field::Row(keys)),
            ("item", _) => Ok(Field::Item(keys)),
            _ => Err(format!(
                "`{{{name}}}` is no field of a call; there are `tool`, `agent`, `session`, `user`, `system`, `time`, `args.NAME` and `meta.NAME`"
            )),
        }
    }
}

impl ReferenceTemplate {
    /// Reads `Type::"id"` or `Type::id`, with placeholders in the id.
    pub fn parse(text: &str) -> Result<Self, String> {
        let head = text.find(['{', '"']).unwrap_or(text.len());
        let cut = text.get(..head).and_then(|head| head.rfind("::"));
        let Some(cut) = cut else {
            return Err(format!(
                "`{text}` is no entity; write `Type::\"{{field}}\"`"
            ));
        };
        let ty = text.get(..cut).unwrap_or_default();
        let id = text.get(cut + 2..).unwrap_or_default();
        if !cedar::is_type_name(ty) {
            return Err(format!("`{ty}` is no entity type"));
        }
        let id = id
            .strip_prefix('"')
            .and_then(|id| id.strip_suffix('"'))
            .unwrap_or(id);
        if id.is_empty() {
            return Err(format!("`{text}` has no id"));
        }
        Ok(Self {
            ty: Some(ty.to_owned()),
            id: Template::parse(id)?,
        })
    }

    /// Reads an action: an entity, or a bare id.
    pub fn parse_action(text: &str) -> Result<Self, String> {
        let head = text.find(['{', '"']).unwrap_or(text.len());
        if text.get(..head).is_some_and(|head| head.contains("::")) {
            return Self::parse(text);
        }
        Ok(Self {
            ty: None,
            id: Template::parse(text)?,
        })
    }
}
