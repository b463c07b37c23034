//! Which recorded requests are taken as they are, and need neither a mapping nor a look-up.

use crate::engine::Side;
use crate::repository::Flag;

/// Which recorded requests a side takes as they are.
#[derive(Debug)]
pub(super) enum Gate {
    /// All of them.
    Open,
    /// Those that this mapping and this schema made, and those without a tool call.
    Made { mapping: String, schema: String },
    /// Where entities are looked up, those that the mapping and the schema made: these hold what was looked up.
    Held {
        mapping: String,
        schema: String,
        /// Notes that there was one.
        brought: Flag,
    },
    /// None, because what policies name is looked up for each of them.
    Shut,
}

impl Gate {
    /// The gate of a side.
    pub(super) fn of(side: &Side<'_>) -> Self {
        let version = side.version();
        let (Some(by), Some(schema)) = (&version.mapping, &version.schema) else {
            return Gate::Open;
        };
        let mapping = by.digest.to_string();
        let schema = schema.digest().to_string();
        match by.looks_up() {
            false => Gate::Made { mapping, schema },
            true if side.named().is_empty() => Gate::Held {
                mapping,
                schema,
                brought: by.uses().brought.clone(),
            },
            true => Gate::Shut,
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
            Gate::Open => true,
            Gate::Shut => false,
            Gate::Made { mapping, schema } => {
                !call || (by_mapping == Some(mapping) && by_schema == Some(schema))
            }
            Gate::Held {
                mapping,
                schema,
                brought,
            } => {
                let made = call && by_mapping == Some(mapping) && by_schema == Some(schema);
                if made {
                    brought.set();
                }
                made
            }
        }
    }
}
