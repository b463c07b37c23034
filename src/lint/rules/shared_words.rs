//! Lists of names in messages.

use crate::model::EntityRef;

/// So many names are said; of more, only how many.
const NAMED: usize = 3;

/// Actions in words: "`Action::"a"`, `Action::"b"` and 4 more".
pub(super) fn actions<'a>(actions: impl IntoIterator<Item = &'a EntityRef>) -> String {
    names(actions.into_iter().map(ToString::to_string))
}

/// Names in words, in backticks.
pub(super) fn names(names: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] if all.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        more => {
            let said = more.get(..NAMED).unwrap_or(more).join(", ");
            format!("{said} and {} more", more.len().saturating_sub(NAMED))
        }
    }
}

/// A word for one thing or for several.
pub(super) fn plural<'w>(count: usize, one: &'w str, several: &'w str) -> &'w str {
    match count {
        1 => one,
        _ => several,
    }
}
