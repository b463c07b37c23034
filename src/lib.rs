//! agentauthz: test, review and gate what AI agents may do, before the policy is deployed.
//!
//! The modules stand in layers; data flows down this list. `docs/architecture.md` has the picture, `tests/tidy.rs`
//! holds it.

pub mod cedar;
pub mod engine;
pub mod model;
pub mod repository;
pub mod source;
pub mod yaml;
