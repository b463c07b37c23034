//! `agentauthz lint`

mod facts;

pub use facts::test_facts;
