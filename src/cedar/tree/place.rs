//! Where the parts of a scope stand: Cedar's tree keeps no places for them, its syntax tree does.

use super::Part;
use crate::model::Span;
use cedar_policy_core::parser::{cst, text_to_cst};
use std::collections::BTreeMap;

/// The places of what a policy of this text, which begins at `start` of its file, demands of principal, action and
/// resource. Nothing for Cedar's JSON form.
pub(super) fn scope(written: &str, start: usize) -> BTreeMap<Part, Span> {
    let mut places = BTreeMap::new();
    let Ok(parsed) = text_to_cst::parse_policy(written) else {
        return places;
    };
    let Some(cst::Policy::Policy(policy)) = parsed.node else {
        return places;
    };
    // Cedar takes them in this order alone.
    for (part, demand) in [Part::Principal, Part::Action, Part::Resource]
        .into_iter()
        .zip(policy.variables)
    {
        if let Some(loc) = demand.loc {
            let span = Span::new(start + loc.start(), loc.end() - loc.start());
            places.insert(part, span);
        }
    }
    places
}
