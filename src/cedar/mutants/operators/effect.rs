//! Effect flipped.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;

pub(super) fn drafts(sites: &Sites<'_>) -> Option<Draft> {
    let span = sites.effect?;
    let with = match sites.at(span) {
        "permit" => "forbid",
        _ => "permit",
    };
    Some(Draft::new(Operator::EffectFlipped, span, with))
}
