//! Where the parts of an action stand in log lines of a team's own.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where the parts of an action stand in a JSON line, or in the row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLayout {
    /// What stands between the cells of a row.
    pub delimiter: u8,
    /// Lines count where each of these places holds one of its texts.
    pub only: Vec<(LogPlace, BTreeSet<String>)>,
    /// The id; without it the recording's name and the line.
    pub id: Option<LogPlace>,
    /// The session.
    pub session: Option<LogPlace>,
    /// The place in the session.
    pub sequence: Option<LogPlace>,
    /// When it happened.
    pub time: Option<LogField>,
    /// Who acted.
    pub agent: Option<LogPlace>,
    /// On whose behalf.
    pub user: Option<LogPlace>,
    /// On what.
    pub system: Option<LogPlace>,
    /// The tool.
    pub tool: LogPlace,
    /// The arguments.
    pub args: LogArgs,
    /// Other facts, by name.
    pub meta: BTreeMap<String, LogField>,
    /// What was decided.
    pub decision: Option<LogDecision>,
    /// The policies that decided.
    pub determining: Option<LogPlace>,
    /// The version of the policies.
    pub policy_version: Option<LogPlace>,
}

/// A place in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    /// As it was written: the name of a column, or of a member, goes before a path.
    pub written: String,
    /// The keys of the path, of which there is at least one.
    pub steps: Vec<String>,
}

/// A place, and what is made of what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    /// The place.
    pub at: LogPlace,
    /// What it is read as; as it is where nothing is said.
    pub form: Option<LogForm>,
}

/// What a value of a log is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    /// A text; a number or a boolean becomes one.
    Text,
    /// A number, also where it is written as a text.
    Number,
    /// A boolean, also where it is written as a text.
    Boolean,
    /// The JSON that a text holds.
    Json,
    /// A time in seconds since 1970.
    Seconds,
    /// A time in milliseconds since 1970.
    Milliseconds,
}

/// Where arguments stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogArgs {
    /// Nowhere: they were not recorded.
    Nowhere,
    /// All of them at one place, as an object or as a text that holds one.
    Whole(LogPlace),
    /// Each at its own place.
    Each(BTreeMap<String, LogField>),
}

/// Where a decision stands, and in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDecision {
    /// The place.
    pub at: LogPlace,
    /// What means allow.
    pub allow: BTreeSet<String>,
    /// What means deny.
    pub deny: BTreeSet<String>,
    /// Whether letters may be small or large.
    pub any_case: bool,
}

impl LogPlace {
    /// A column, a path of keys with dots between them, or a JSON pointer, which begins with a slash.
    pub fn parse(written: &str) -> Result<Self, String> {
        let steps: Vec<String> = match written.strip_prefix('/') {
            Some(pointer) => {
                let steps = pointer.split('/');
                // RFC 6901: in this order.
                steps
                    .map(|step| step.replace("~1", "/").replace("~0", "~"))
                    .collect()
            }
            None => written.split('.').map(str::to_owned).collect(),
        };
        if written.is_empty() {
            return Err("a place must not be empty".to_owned());
        }
        Ok(Self {
            written: written.to_owned(),
            steps,
        })
    }
}

impl LogLayout {
    /// Every place that it names.
    pub fn places(&self) -> impl Iterator<Item = &LogPlace> {
        let plain = [
            &self.id,
            &self.session,
            &self.sequence,
            &self.agent,
            &self.user,
            &self.system,
            &self.determining,
            &self.policy_version,
        ];
        let args: Vec<&LogPlace> = match &self.args {
            LogArgs::Nowhere => Vec::new(),
            LogArgs::Whole(place) => vec![place],
            LogArgs::Each(each) => each.values().map(|field| &field.at).collect(),
        };
        let fields = self.time.iter().chain(self.meta.values());
        plain
            .into_iter()
            .flatten()
            .chain([&self.tool])
            .chain(fields.map(|field| &field.at))
            .chain(self.only.iter().map(|(place, _)| place))
            .chain(self.decision.iter().map(|decision| &decision.at))
            .chain(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_or_a_pointer() {
        let steps = |written: &str| LogPlace::parse(written).map(|place| place.steps);
        assert_eq!(steps("tool"), Ok(vec!["tool".to_owned()]));
        assert_eq!(steps("a.b"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        let pointer = ["gen_ai.tool", "a/b", "~1"].map(str::to_owned).to_vec();
        assert_eq!(steps("/gen_ai.tool/a~1b/~01"), Ok(pointer));
        assert!(steps("").is_err());
    }
}
