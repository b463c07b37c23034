//! Styles by meaning: the one table that turns roles into colours.

use crate::model::{ChangeClass, Decision};
use anstyle::{AnsiColor, Style};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Power that was gained.
    Widened,
    /// Power that was lost.
    Narrowed,
    /// Something that failed.
    Bad,
    /// Something that deserves a look.
    Warning,
    /// Something that holds.
    Good,
    /// A heading.
    Heading,
    /// A name that a person gave.
    Name,
    /// What can be passed over.
    Quiet,
}

impl Role {
    /// The role of a class of change.
    pub fn of_class(class: ChangeClass) -> Self {
        match class {
            ChangeClass::ErrorOpened | ChangeClass::NewlyAllowed => Role::Widened,
            ChangeClass::ErrorClosed | ChangeClass::NewlyDenied => Role::Narrowed,
            ChangeClass::NewlyUndecidable
            | ChangeClass::NewlyDecidable
            | ChangeClass::ErrorChanged => Role::Warning,
            ChangeClass::ReasonChanged | ChangeClass::Unchanged => Role::Quiet,
        }
    }

    /// The role of a group of changes.
    pub fn of_group(group: &crate::diff::document::GroupNote) -> Self {
        match (group.widened, group.narrowed) {
            (true, _) => Role::Widened,
            (false, true) => Role::Narrowed,
            (false, false) => Role::of_class(group.class),
        }
    }

    /// The role of a decision.
    pub fn of_decision(decision: Option<Decision>) -> Self {
        match decision {
            Some(Decision::Allow) => Role::Good,
            Some(Decision::Deny) => Role::Bad,
            None => Role::Warning,
        }
    }

    fn style(self) -> Style {
        let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Role::Widened => color(AnsiColor::Red).bold(),
            Role::Narrowed => color(AnsiColor::Yellow).bold(),
            Role::Bad => color(AnsiColor::Red),
            Role::Warning => color(AnsiColor::Yellow),
            Role::Good => color(AnsiColor::Green),
            Role::Heading => Style::new().bold(),
            Role::Name => color(AnsiColor::Cyan),
            Role::Quiet => Style::new().dimmed(),
        }
    }
}

/// A whole line that can be passed over.
pub(super) fn aside(text: impl std::fmt::Display) -> String {
    format!("{}\n", paint(Role::Quiet, text))
}

/// The text in the style of its role. Streams without colour strip it again.
pub fn paint(role: Role, text: impl std::fmt::Display) -> String {
    let style = role.style();
    format!("{style}{text}{style:#}")
}
