//! Which recorded requests a side takes as they are.

use crate::engine::Side;
use crate::repository::Flag;

/// Which recorded requests a side takes as they are.
#[derive(Debug)]
pub(super) enum Gate {
    /// All of them.
    Open,
    /// Those that this mapping and this schema made, and those without a tool call.
    Made {
        mapping: String,
        schema: String,
        /// Notes that there was one with a tool call, where data sets would count for it otherwise.
        brought: Option<Flag>,
    },
}

impl Gate {
    pub(super) fn of(side: &Side<'_>) -> Self {
        let version = side.version();
        match (&version.mapping, &version.schema) {
            (Some(mapping), Some(schema)) => Gate::Made {
                mapping: mapping.digest.to_string(),
                schema: schema.digest().to_string(),
                brought: (!mapping.data().is_empty()).then(|| mapping.uses().brought.clone()),
            },
            (Some(_), None) | (None, _) => Gate::Open,
        }
    }

    /// Whether it takes a request that stands beside a call or alone, and that these made.
    pub(super) fn takes(
        &self,
        call: bool,
        by_mapping: Option<&str>,
        by_schema: Option<&str>,
    ) -> bool {
        match self {
            Gate::Made {
                mapping,
                schema,
                brought,
            } if call => {
                let made = by_mapping == Some(mapping) && by_schema == Some(schema);
                if let (true, Some(brought)) = (made, brought) {
                    brought.set();
                }
                made
            }
            Gate::Open | Gate::Made { .. } => true,
        }
    }
}
