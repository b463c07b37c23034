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
    /// OpenAI chat messages.
    Openai,
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
        Importer::Openai,
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
            Importer::Openai => "openai",
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
            Importer::Openai => "OpenAI chat messages and response items",
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
