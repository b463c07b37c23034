//! Random policy repositories with a schema of their own, requests written as recording lines, and an oracle that
//! decides both by Cedar's public interface alone.

pub mod expressions;
pub mod literals;
pub mod operators;
pub mod oracle;
pub mod random;
pub mod requests;
pub mod schema;
pub mod shrink;
pub mod statistics;
pub mod values;
pub mod versions;
