//! Reports for a terminal, and for a pipe: the same text without colour.

mod approvals;
mod check;
mod corpus;
mod coverage;
mod denied;
mod document;
mod explain;
mod format;
mod group;
mod import;
mod lint;
mod mapping;
mod mutation;
mod outcome;
mod pin;
mod recordings;
mod replay;
mod table;
pub(in crate::render) mod test;
mod traced;

pub use approvals::approvals;
pub use check::check;
pub use corpus::{corpus_built, corpus_info};
pub use coverage::coverage;
pub use document::document;
pub use explain::explain;
pub use format::formatted;
pub use group::group;
pub use import::import;
pub use lint::{lint, lint_list, lint_page, lint_summary};
pub use mapping::mapping;
pub use mutation::mutation;
pub use pin::pin;
pub use replay::replay;
pub use test::test;
pub use traced::traced;
