//! `mapping`: do tools, mapping and schema know each other?

mod judge;
mod listed;
mod report;
mod seen;

pub use judge::judge;
pub use report::{Finding, Kind, LookedAt, MappingReport, json_schema};
pub use seen::{Seen, see};

#[cfg(test)]
mod tests;
