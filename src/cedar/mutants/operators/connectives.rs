//! Conjunct or disjunct dropped, `has` guard removed, `&&` and `||` swapped.

use super::{Draft, Operator, without};
use crate::cedar::mutants::sites::Sites;
use crate::model::Span;

pub(super) fn dropped(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for clause in sites.clauses.iter().filter(|clause| clause.single) {
        let operator = match clause.guard {
            true => Operator::HasGuardRemoved,
            false => Operator::ConjunctDropped,
        };
        drafts.push(Draft::new(operator, clause.span, ""));
    }
    for chain in &sites.chains {
        let places: Vec<Span> = chain.operands.iter().map(|operand| operand.span).collect();
        for (at, operand) in chain.operands.iter().enumerate() {
            let operator = match (chain.and, operand.guard) {
                (true, true) => Operator::HasGuardRemoved,
                (true, false) => Operator::ConjunctDropped,
                (false, _) => Operator::DisjunctDropped,
            };
            let span = without(&places, at);
            drafts.extend(span.map(|span| Draft::new(operator, span, "")));
        }
    }
    drafts
}

pub(super) fn swapped(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for chain in &sites.chains {
        let with = if chain.and { "||" } else { "&&" };
        for token in &chain.tokens {
            drafts.push(Draft::new(Operator::AndOrSwapped, *token, with));
        }
    }
    drafts
}
