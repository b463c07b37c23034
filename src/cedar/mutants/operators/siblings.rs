//! Entity literal replaced by a sibling: another entity of its type that the version knows.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;
use crate::cedar::mutants::world::Around;

pub(super) fn drafts(sites: &Sites<'_>, around: &Around<'_>) -> Vec<Draft> {
    let entities = sites.entities.iter();
    entities
        .filter_map(|(span, uid)| {
            let sibling = around.world.sibling(uid)?;
            let with = sibling.to_string();
            Some(Draft::new(Operator::SiblingReplaced, *span, with))
        })
        .collect()
}
