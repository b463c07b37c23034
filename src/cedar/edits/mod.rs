//! What was edited in a policy, in phrases: its effect, its scope, the conjuncts of its condition.

mod conjuncts;
mod differences;
mod link;
mod scope;

use super::ParsedPolicy;
use crate::model::Effect;

/// How many phrases of one policy are given; more say nothing that the text does not.
const PHRASES: usize = 20;

impl ParsedPolicy {
    /// What was edited on the way to `head`, each a phrase that says from what to what: empty where effect, scope and
    /// condition are the same. Texts are those of the files, on one line, and long ones are shortened.
    pub fn edits_to(&self, head: &Self) -> Vec<String> {
        if self.same_tree(head) {
            return Vec::new();
        }
        let mut edits = Vec::new();
        if self.effect != head.effect {
            edits.push(format!(
                "effect {} → {}",
                word(self.effect),
                word(head.effect)
            ));
        }
        edits.extend(scope::edits(&self.template, &head.template));
        edits.extend(conjuncts::edits(
            self.template.non_scope_constraints(),
            head.template.non_scope_constraints(),
        ));
        if edits.len() > PHRASES {
            let more = edits.len() - PHRASES + 1;
            edits.truncate(PHRASES - 1);
            edits.push(format!("and {more} more edits"));
        }
        edits
    }
}

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Permit => "permit",
        Effect::Forbid => "forbid",
    }
}

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
