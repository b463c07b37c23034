//! An action, or another element, taken from a list.

use super::{Draft, Operator, without};
use crate::cedar::mutants::sites::Sites;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for list in sites.lists.iter().filter(|list| list.items.len() > 1) {
        let first = list.items.first();
        let in_scope = first.is_some_and(|first| {
            let inside = |place: crate::model::Span| {
                place.start <= first.start && first.end() <= place.end()
            };
            sites.scope.iter().any(|part| inside(part.span))
        });
        let operator = match in_scope {
            true => Operator::ActionTaken,
            false => Operator::ElementTaken,
        };
        for at in 0..list.items.len() {
            let span = without(&list.items, at);
            drafts.extend(span.map(|span| Draft::new(operator, span, "")));
        }
    }
    drafts
}
