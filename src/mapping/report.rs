//! What `mapping` found, as plain data; `docs/schemas/mapping-report.schema.json` is its schema.

use schemars::generate::SchemaSettings;
use serde::Serialize;

/// The JSON Schema (draft 2020-12) of a [`MappingReport`].
pub fn json_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<MappingReport>()
        .to_value()
}

/// What tools, mapping and schema do not know of each other.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(title = "agentauthz mapping report, version 1")]
pub struct MappingReport {
    /// `agentauthz.mapping-report/1`.
    pub format: String,
    /// What was looked at.
    pub looked_at: LookedAt,
    /// What was found, by kind, then by place.
    pub findings: Vec<Finding>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct LookedAt {
    /// Lines of the mapping.
    pub lines: u64,
    /// Actions of the schema, without groups.
    pub actions: u64,
    /// Tools of lists.
    pub listed_tools: u64,
    /// Recorded tool calls.
    pub calls: u64,
    /// Tools that were called, as the mapping sees them.
    pub called_tools: u64,
    /// What of the recordings could not be read.
    pub malformed: u64,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A tool of a list, or of a recording, that is mapped to no action.
    ToolWithoutAction,
    /// An action that no tool is mapped to.
    ActionWithoutTool,
    /// A line of the mapping that nothing uses.
    UnusedLine,
    /// A line that reads an argument that its tool does not have.
    UnknownArgument,
    /// An action that no recorded call is mapped to: a note.
    ActionNeverSeen,
    /// An argument that no attribute takes: a note.
    ArgumentNotTaken,
}

impl Kind {
    /// All kinds, in the order of a report.
    pub const ALL: [Self; 6] = [
        Self::ToolWithoutAction,
        Self::ActionWithoutTool,
        Self::UnusedLine,
        Self::UnknownArgument,
        Self::ActionNeverSeen,
        Self::ArgumentNotTaken,
    ];

    /// Whether it is worth knowing, and no fault.
    pub fn is_note(self) -> bool {
        match self {
            Self::ActionNeverSeen | Self::ArgumentNotTaken => true,
            Self::ToolWithoutAction
            | Self::ActionWithoutTool
            | Self::UnusedLine
            | Self::UnknownArgument => false,
        }
    }

    /// What it is called in a report.
    pub fn title(self) -> &'static str {
        match self {
            Self::ToolWithoutAction => "tools without an action",
            Self::ActionWithoutTool => "actions without a tool",
            Self::UnusedLine => "lines that nothing uses",
            Self::UnknownArgument => "arguments that the tool does not have",
            Self::ActionNeverSeen => "actions never seen",
            Self::ArgumentNotTaken => "arguments that no attribute takes",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The file that it stands in: the mapping, or the list of the tool.
    pub file: Option<String>,
    /// The line there, from 1.
    pub line: Option<u64>,
    /// The tool.
    pub tool: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// The argument, with its keys.
    pub argument: Option<String>,
    /// In how many recorded calls it was seen; nothing where only a list speaks of it.
    pub calls: Option<u64>,
    /// In words.
    pub message: String,
}

impl Finding {
    /// A finding of this kind.
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            file: None,
            line: None,
            tool: None,
            action: None,
            argument: None,
            calls: None,
            message: message.into(),
        }
    }
}

impl MappingReport {
    /// How many findings there are that are no notes.
    pub fn faults(&self) -> usize {
        let faults = self.findings.iter().filter(|found| !found.kind.is_note());
        faults.count()
    }

    /// Whether there was no tool to look at, so that nothing could be said.
    pub fn is_inconclusive(&self) -> bool {
        self.looked_at.listed_tools == 0 && self.looked_at.calls == 0
    }
}
