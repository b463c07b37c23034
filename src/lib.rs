//! agentauthz: test, review and gate what AI agents may do, before the policy is deployed.
//!
//! The modules stand in layers; data flows down this list. `docs/architecture.md` has the picture, `tests/tidy.rs`
//! holds it.

// 0 data
pub mod model;
// 1 bridges
pub mod cedar;
pub mod recording;
pub mod source;
pub mod yaml;
// 2 engine
pub mod engine;
pub mod repository;
// 3 capabilities
pub mod check;
pub mod corpus;
pub mod diff;
pub mod explain;
pub mod format;
pub mod init;
pub mod lint;
pub mod mapping;
pub mod pin;
pub mod replay;
pub mod testing;
// 4 presentation
pub mod render;
// 5 front
pub mod cli;
