//! Lists of names in messages.

use crate::model::EntityRef;

/// So many names are said; of more, only how many.
const NAMED: usize = 3;

/// Actions in words: "`Action::"a"`, `Action::"b"` and 4 more".
pub(super) fn actions<'a>(actions: impl IntoIterator<Item = &'a EntityRef>) -> String {
    names(actions.into_iter().map(ToString::to_string))
}

/// All of them, for what a finding is known by: another action in the place of one that was not said is another finding.
pub(super) fn all_actions<'a>(actions: impl IntoIterator<Item = &'a EntityRef>) -> String {
    some_names(actions.into_iter().map(ToString::to_string), usize::MAX)
}

/// Names in words, in backticks.
pub(super) fn names(names: impl IntoIterator<Item = String>) -> String {
    some_names(names, NAMED)
}

fn some_names(names: impl IntoIterator<Item = String>, most: usize) -> String {
    let all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] if all.len() <= most => format!("{} and {last}", first.join(", ")),
        more => {
            let said = more.get(..most).unwrap_or(more).join(", ");
            format!("{said} and {} more", more.len().saturating_sub(most))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_three_and_a_key_names_all() {
        let ids = ["a", "b", "c", "d", "e"];
        let all: Vec<EntityRef> = ids.map(|id| EntityRef::new("Action", id)).into();
        let said = actions(&all);
        assert!(said.ends_with("`Action::\"c\"` and 2 more"), "{said}");
        assert_eq!(actions(&all[..3]), all_actions(&all[..3]));
        // Another action among those that are not said.
        let other = EntityRef::new("Action", "f");
        let others: Vec<EntityRef> = all[..4].iter().cloned().chain([other]).collect();
        assert_eq!(actions(&others), said);
        assert_ne!(all_actions(&others), all_actions(&all));
    }
}
