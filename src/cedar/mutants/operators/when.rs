//! `when` and `unless` swapped.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let clauses = sites.clauses.iter();
    clauses
        .map(|clause| {
            let with = if clause.unless { "when" } else { "unless" };
            Draft::new(Operator::WhenUnlessSwapped, clause.keyword, with)
        })
        .collect()
}
