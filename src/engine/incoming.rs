//! What comes out of a recording, item by item.

use crate::model::RecordedAction;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Where an action stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// The recording as it was named.
    pub recording: Arc<str>,
    /// The line in it, from 1.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.recording, self.line)
    }
}

/// One thing read from a recording.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A recorded action.
    Action(Place, Box<RecordedAction>),
    /// Something that is no recorded action, and why.
    Malformed(Place, String),
    /// Things that the importer leaves out on purpose, by reason.
    Dropped(&'static str, u64),
}
