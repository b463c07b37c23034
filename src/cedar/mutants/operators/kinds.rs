//! `a is T in E` in a condition is two conjuncts; each is dropped.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;
use crate::model::Span;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for kind in &sites.kinds {
        let whole = |from: usize, to: usize| Span::new(from, to - from);
        let entity = whole(kind.ty.end(), kind.entity.end());
        drafts.push(Draft::new(Operator::ConjunctDropped, entity, ""));
        let ty = whole(kind.target.end(), kind.entity.start);
        drafts.push(Draft::new(Operator::ConjunctDropped, ty, " in "));
    }
    drafts
}
