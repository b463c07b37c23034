//! `init`: a policy repository to begin with, which passes `check` and `test` and has a recording to replay.

mod mcp;

pub use mcp::{Scaffold, from_mcp};

/// The files, by path.
pub const FILES: [(&str, &str); 11] = [
    ("agentauthz.yaml", include_str!("template/agentauthz.yaml")),
    ("agents.yaml", include_str!("template/agents.yaml")),
    (
        "entities/systems.yaml",
        include_str!("template/systems.yaml"),
    ),
    ("links.yaml", include_str!("template/links.yaml")),
    ("mapping.yaml", include_str!("template/mapping.yaml")),
    (
        "policies/guardrails.cedar",
        include_str!("template/guardrails.cedar"),
    ),
    (
        "policies/support.cedar",
        include_str!("template/support.cedar"),
    ),
    (
        "recordings/example.jsonl",
        include_str!("template/example.jsonl"),
    ),
    (
        "schema/support.cedarschema",
        include_str!("template/support.cedarschema"),
    ),
    (
        "tests/refunds.test.yaml",
        include_str!("template/refunds.test.yaml"),
    ),
    ("README.md", include_str!("template/README.md")),
];

/// What to do with them.
pub const NEXT_STEPS: &str = "\
next  agentauthz check      everything parses and fits the schema
      agentauthz test       the unit tests hold
      agentauthz replay     what the policies say of the recorded actions
      git init && git add . && git commit -m 'First policies'
      edit a policy, then:  agentauthz diff
";
