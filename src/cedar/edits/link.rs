//! What was edited in a template link.

use crate::cedar::Link;
use crate::cedar::text::short_pair;
use crate::model::EntityRef;

impl Link {
    /// What was edited on the way to `head`, each a phrase that says from what to what: empty where both link the same.
    pub fn edits_to(&self, head: &Self) -> Vec<String> {
        let mut edits = Vec::new();
        if self.template != head.template {
            let (from, to) = short_pair(&self.template, &head.template);
            edits.push(format!("template {from} → {to}"));
        }
        for (slot, from, to) in [
            ("?principal", &self.principal, &head.principal),
            ("?resource", &self.resource, &head.resource),
        ] {
            if from != to {
                let (from, to) = short_pair(&filled(from), &filled(to));
                edits.push(format!("slot {slot} {from} → {to}"));
            }
        }
        edits
    }
}

fn filled(slot: &Option<EntityRef>) -> String {
    slot.as_ref()
        .map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
