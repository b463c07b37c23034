//! Atom negated. The only atom of a clause is left to `when` and `unless`, which say the same.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let atoms = sites.atoms.iter().filter(|atom| !atom.clause);
    atoms
        .map(|atom| {
            let with = match atom.bare {
                Some(bare) => sites.at(bare).to_owned(),
                None => format!("!({})", sites.at(atom.span)),
            };
            Draft::new(Operator::AtomNegated, atom.span, with)
        })
        .collect()
}
