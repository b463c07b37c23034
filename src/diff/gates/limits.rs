//! The limits that count, and whose they are.

use crate::diff::document::GateLimits;
use crate::repository::{Bound, Gates};

/// The stricter limits of several sides.
pub(super) struct Limits {
    /// What counts.
    pub gates: Gates,
    sides: Vec<(&'static str, Gates)>,
}

impl Limits {
    pub fn of(limits: &GateLimits, here: Option<Gates>) -> Self {
        let mut sides = vec![("head", limits.head)];
        sides.extend(limits.base.map(|base| ("base", base)));
        sides.extend(here.map(|here| ("working tree", here)));
        let gates = sides
            .iter()
            .map(|(_, gates)| *gates)
            .reduce(Gates::stricter)
            .unwrap_or_default();
        Self { gates, sides }
    }

    /// Whose limits these keys of the manifest have.
    pub fn from(&self, keys: &[&str]) -> &'static str {
        let default = Gates::default();
        let bounds = |gates: &Gates| -> Vec<Bound> {
            let bounds = gates.bounds().into_iter();
            bounds
                .filter(|(key, _)| keys.contains(key))
                .map(|(_, bound)| bound)
                .collect()
        };
        let counting = bounds(&self.gates);
        if counting == bounds(&default) {
            return "default";
        }
        let whole = self
            .sides
            .iter()
            .find(|(_, gates)| bounds(gates) == counting);
        match whole {
            Some((side, _)) => side,
            // One limit of the gate is that of one side, another one that of another side.
            None => "base and head",
        }
    }
}
