//! Entity references as people write them: `Type::id`, `Type::"any id"`, and bare action ids.

use crate::cedar::{self, Schema};
use crate::model::EntityRef;

/// Reads `Type::id` or `Type::"any id"`. The error names the way out.
pub fn parse_reference(text: &str) -> Result<EntityRef, String> {
    let wrong = || format!("`{text}` is no entity; write `Type::id` or `Type::\"any id\"`");
    if text.contains('"') {
        return cedar::parse_entity_ref(text).map_err(|_| wrong());
    }
    let (ty, id) = text.rsplit_once("::").ok_or_else(wrong)?;
    if id.is_empty() || !cedar::is_type_name(ty) {
        return Err(wrong());
    }
    Ok(EntityRef::new(ty, id))
}

/// Reads an entity as tests name it: like [`parse_reference`], but an id without quotes has no braces, stars or blanks in
/// it. There they are a placeholder, a pattern or a slip, and no policy knows such an entity.
pub fn parse_plain_reference(text: &str) -> Result<EntityRef, String> {
    let odd = |letter: char| "{}*".contains(letter) || letter.is_whitespace();
    if let Some(letter) = text.chars().find(|letter| odd(*letter))
        && !text.contains('"')
    {
        return Err(format!(
            "`{text}` has `{letter}` in it, which an id without quotes cannot have; write `Type::\"any id\"` where it is meant"
        ));
    }
    parse_reference(text)
}

/// Reads an action: like [`parse_reference`], or a bare id of one of the schema's actions.
pub fn parse_action(text: &str, schema: Option<&Schema>) -> Result<EntityRef, String> {
    if text.contains("::") {
        return parse_reference(text);
    }
    let Some(schema) = schema else {
        return Ok(EntityRef::new("Action", text));
    };
    let mut named = schema
        .actions()
        .keys()
        .filter(|action| action.id.as_ref() == text);
    match (named.next(), named.next()) {
        (Some(action), None) => Ok(action.clone()),
        (Some(first), Some(second)) => Err(format!(
            "`{text}` may be {first} or {second}; write one of them in full"
        )),
        (None, _) => {
            let hint = nearest(
                text,
                schema.actions().keys().map(|action| action.id.as_ref()),
            );
            Err(match hint {
                Some(name) => format!("the schema has no action `{text}`; did you mean `{name}`?"),
                None => format!("the schema has no action `{text}`"),
            })
        }
    }
}

/// The known name that a mistyped one probably means: at most a third of its characters differ.
pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (text.chars().count() / 3).max(1);
    known
        .map(|name| (distance(text, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut previous = i;
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let left = next.last().copied().unwrap_or(usize::MAX - 1);
            let substituted = previous + usize::from(x != *y);
            next.push(substituted.min(above + 1).min(left + 1));
            previous = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}
