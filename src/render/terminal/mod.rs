//! Reports for a terminal, and for a pipe: the same text without colour.

mod changes;
mod check;
mod diff;
mod document;
mod explain;
mod gates;
mod group;
mod import;
mod outcome;
mod pin;
mod recordings;
mod replay;
mod table;
mod test;

pub use check::check;
pub use diff::diff;
pub use document::document;
pub use explain::explain;
pub use gates::{approvals, gates};
pub use group::group;
pub use import::import;
pub use pin::pin;
pub use replay::replay;
pub use test::test;
