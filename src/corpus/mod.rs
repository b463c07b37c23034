//! `corpus`: what of recorded actions must be kept so that a diff says the same?
//!
//! Invariant: an action is only counted under a projection that both versions decide as they decide the action, policy by
//! policy; where there is no such projection, there is no corpus.

mod build;
mod info;
mod key;
mod project;
mod tree;

pub use build::{Builder, Built, LIMIT, observe};
pub use info::{CorpusInfo, inspect};
pub use key::HashKey;
