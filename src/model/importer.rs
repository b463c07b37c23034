//! The formats of recordings that can be read, by name.

use serde::Serialize;

/// The formats of recordings that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Importer {
    /// Native recordings, one recorded action a line.
    Native,
    /// AgentDojo run files.
    Agentdojo,
    /// tau2 result files.
    Tau2,
    /// tau-bench result files.
    TauBench,
    /// Claude Code transcripts.
    ClaudeCode,
    /// Logs of Claude Code's hooks.
    ClaudeHooks,
    /// Logs of MCP's JSON-RPC messages.
    Mcp,
    /// OpenAI chat messages.
    Openai,
    /// Amazon Verified Permissions events of CloudTrail.
    VerifiedPermissions,
    /// OPA decision logs.
    Opa,
    /// Cerbos decision logs.
    Cerbos,
    /// AuthZEN evaluations.
    Authzen,
    /// Rows of a CSV file of one's own.
    Csv,
    /// JSON lines of one's own.
    Jsonl,
    /// Spans of OpenTelemetry.
    Otel,
    /// Traces of the OpenAI Agents SDK.
    OpenaiAgents,
    /// Spans and logs of AWS AgentCore.
    Agentcore,
}

impl Importer {
    /// All of them, in the order in which help and documentation list them.
    pub const ALL: &[Importer] = &[
        Importer::Native,
        Importer::Agentdojo,
        Importer::Tau2,
        Importer::TauBench,
        Importer::ClaudeCode,
        Importer::ClaudeHooks,
        Importer::Mcp,
        Importer::Openai,
        Importer::VerifiedPermissions,
        Importer::Opa,
        Importer::Cerbos,
        Importer::Authzen,
        Importer::Csv,
        Importer::Jsonl,
        Importer::Otel,
        Importer::OpenaiAgents,
        Importer::Agentcore,
    ];

    /// What `--from` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Importer::Native => "native",
            Importer::Agentdojo => "agentdojo",
            Importer::Tau2 => "tau2",
            Importer::TauBench => "tau-bench",
            Importer::ClaudeCode => "claude-code",
            Importer::ClaudeHooks => "claude-hooks",
            Importer::Mcp => "mcp",
            Importer::Openai => "openai",
            Importer::VerifiedPermissions => "verified-permissions",
            Importer::Opa => "opa",
            Importer::Cerbos => "cerbos",
            Importer::Authzen => "authzen",
            Importer::Csv => "csv",
            Importer::Jsonl => "jsonl",
            Importer::Otel => "otel",
            Importer::OpenaiAgents => "openai-agents",
            Importer::Agentcore => "agentcore",
        }
    }

    /// What it reads, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Importer::Native => "Native recordings, to map them anew",
            Importer::Agentdojo => "AgentDojo run files",
            Importer::Tau2 => "tau2 result files",
            Importer::TauBench => "tau-bench result files",
            Importer::ClaudeCode => "Claude Code transcripts",
            Importer::ClaudeHooks => "Logs of Claude Code's hooks",
            Importer::Mcp => "Logs of MCP messages (JSON-RPC)",
            Importer::Openai => "OpenAI chat messages and response items",
            Importer::VerifiedPermissions => "Amazon Verified Permissions events of CloudTrail",
            Importer::Opa => "OPA decision logs",
            Importer::Cerbos => "Cerbos decision logs",
            Importer::Authzen => "AuthZEN evaluation requests and responses",
            Importer::Csv => "CSV files of your own, read as the mapping's `source` says",
            Importer::Jsonl => "JSON lines of your own, read as the mapping's `source` says",
            Importer::Otel => "OpenTelemetry spans: OTLP JSON, exports of Jaeger and Tempo",
            Importer::OpenaiAgents => "Traces of the OpenAI Agents SDK",
            Importer::Agentcore => "Spans and logs of AWS AgentCore's gateways and policy engines",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_reports() {
        for importer in Importer::ALL {
            let name = serde_json::to_value(importer).expect("a name");
            assert_eq!(name, importer.name());
        }
    }
}
