//! What the manifest says of mutation testing.

use super::gates::Percent;
use crate::yaml::Spanned;
use serde::{Deserialize, Serialize};

/// How good the unit tests must be: what is asked of mutation testing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// At least so many percent of the mutants must be killed by a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Percent>,
    /// Mutants that no test kills, and why that is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<Spanned<Explained>>,
}

impl Mutation {
    /// Whether less is asked than by `base`.
    pub fn loosens(&self, base: &Self) -> bool {
        self.min < base.min
    }
}

/// Why a mutant may survive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The mutant, by its fingerprint or the first twelve digits of it.
    pub mutant: Spanned<String>,
    /// Why no test need kill it.
    pub reason: Spanned<String>,
    /// The last day (`YYYY-MM-DD`) on which the explanation holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Spanned<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_is_asked_where_the_least_score_is_lower_or_gone() {
        let of = |min: Option<u32>| Mutation {
            min: min.map(Percent),
            ..Mutation::default()
        };
        assert!(of(Some(9_000)).loosens(&of(Some(9_500))) && of(None).loosens(&of(Some(0))));
        assert!(!of(Some(9_500)).loosens(&of(Some(9_500))) && !of(Some(1)).loosens(&of(None)));
    }
}
