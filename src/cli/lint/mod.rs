//! `agentauthz lint`

mod facts;

pub use facts::{test_facts, test_facts_with_mutants};
