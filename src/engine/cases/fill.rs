//! Placeholders of a table, `{column}`, filled with the cells of a row.

use super::json::plain_text;
use crate::model::{Json, Span};
use crate::repository::nearest;
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// The cells of a row by their columns, with the columns whose placeholder was used.
pub(super) struct Cells<'c> {
    pub(super) cells: BTreeMap<&'c str, &'c Spanned<Json>>,
    pub(super) used: BTreeSet<String>,
}

/// A piece of a text.
enum Piece<'t> {
    Text(&'t str),
    Column(&'t str),
}

/// The pieces of a text; `{{` and `}}` are literal braces.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, tail) = rest.split_at(at);
        out.push(Piece::Text(before));
        if let Some(after) = tail.strip_prefix("{{") {
            out.push(Piece::Text("{"));
            rest = after;
        } else if let Some(after) = tail.strip_prefix("}}") {
            out.push(Piece::Text("}"));
            rest = after;
        } else if let Some((name, after)) =
            tail.strip_prefix('{').and_then(|tail| tail.split_once('}'))
        {
            out.push(Piece::Column(name));
            rest = after;
        } else {
            return Err(format!(
                "`{text}` has a brace without its partner; in a test with a table, a literal brace is written twice"
            ));
        }
    }
    out.push(Piece::Text(rest));
    out.retain(|piece| !matches!(piece, Piece::Text("")));
    Ok(out)
}

impl Cells<'_> {
    /// A text with its placeholders filled. One that is nothing but a placeholder becomes the cell itself, with its type
    /// and its place; nothing where it has no placeholder.
    fn filled(&mut self, text: &str) -> Result<Option<(Json, Option<Span>)>, String> {
        if !text.contains(['{', '}']) {
            return Ok(None);
        }
        let pieces = pieces(text)?;
        if let [Piece::Column(name)] = pieces.as_slice() {
            let cell = self.cell(name)?;
            return Ok(Some((cell.value.clone(), Some(cell.span))));
        }
        let mut out = String::new();
        let mut span = None;
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Column(name) => {
                    let cell = self.cell(name)?;
                    let text = plain_text(&cell.value).ok_or_else(|| {
                        format!(
                            "the cell of `{name}` is {}, which cannot stand inside a text",
                            cell.value.kind()
                        )
                    })?;
                    out.push_str(&text);
                    span = Some(cell.span);
                }
            }
        }
        Ok(Some((Json::String(out), span)))
    }

    fn cell(&mut self, name: &str) -> Result<Spanned<Json>, String> {
        let Some(cell) = self.cells.get(name) else {
            let hint = nearest(name, self.cells.keys().copied())
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            return Err(format!("the table has no column `{name}`{hint}"));
        };
        self.used.insert(name.to_owned());
        Ok((*cell).clone())
    }

    /// A text of the request, filled: an entity, an action, or a time.
    pub(super) fn text(
        &mut self,
        text: &Spanned<String>,
    ) -> Result<Option<Spanned<String>>, String> {
        match self.filled(&text.value)? {
            None => Ok(Some(text.clone())),
            Some((Json::Null, _)) => Ok(None),
            Some((json, span)) => {
                let value = plain_text(&json)
                    .ok_or_else(|| format!("expected a text, got {}", json.kind()))?;
                Ok(Some(Spanned {
                    value,
                    span: span.unwrap_or(text.span),
                }))
            }
        }
    }

    /// A value of the context, filled.
    pub(super) fn value(&mut self, value: &Spanned<Json>) -> Result<Spanned<Json>, String> {
        let mut span = None;
        let filled = self.inside(&value.value, &mut span)?;
        Ok(Spanned {
            value: filled,
            span: span.unwrap_or(value.span),
        })
    }

    fn inside(&mut self, json: &Json, span: &mut Option<Span>) -> Result<Json, String> {
        Ok(match json {
            Json::String(text) => match self.filled(text)? {
                None => json.clone(),
                Some((filled, at)) => {
                    *span = at.or(*span);
                    filled
                }
            },
            Json::Array(items) => Json::Array(
                items
                    .iter()
                    .map(|item| self.inside(item, span))
                    .collect::<Result<_, _>>()?,
            ),
            Json::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), self.inside(member, span)?)))
                    .collect::<Result<_, String>>()?,
            ),
            Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Repeated => {
                json.clone()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<Json, String> {
        let cells = [
            ("amt", Spanned::nowhere(Json::Int(500))),
            ("who", Spanned::nowhere(Json::String("bo".to_owned()))),
            ("none", Spanned::nowhere(Json::Null)),
        ];
        let mut row = Cells {
            cells: cells.iter().map(|(name, cell)| (*name, cell)).collect(),
            used: BTreeSet::new(),
        };
        let value = Spanned::nowhere(Json::String(text.to_owned()));
        row.value(&value).map(|filled| filled.value)
    }

    #[test]
    fn a_placeholder_alone_keeps_its_type() {
        assert_eq!(fill("{amt}"), Ok(Json::Int(500)));
        assert_eq!(fill("{none}"), Ok(Json::Null));
        let text = |text: &str| Ok(Json::String(text.to_owned()));
        assert_eq!(fill("{who}-{amt}"), text("bo-500"));
        assert_eq!(fill("plain"), text("plain"));
        assert_eq!(fill("{{who}}"), text("{who}"));
    }

    #[test]
    fn what_cannot_be_filled_is_said() {
        for (text, expected) in [
            ("{wha}", "did you mean `who`?"),
            ("{unheard}", "no column `unheard`"),
            ("{who", "brace without its partner"),
            ("a }", "brace without its partner"),
            ("x{none}", "cannot stand inside a text"),
        ] {
            let fault = fill(text).unwrap_err();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
