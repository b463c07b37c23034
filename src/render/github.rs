//! The decision-diff report as annotations of GitHub Actions: workflow commands, one a line, that put the riskiest groups
//! beside the policy's line in the view of the pull request.

use super::escape::inert;
use super::numbers::{count, grouped};
use super::words::{self, Level};
use crate::diff::document::{Document, GateNote, GateVerdict, GroupNote};
use crate::model::ChangeClass;

/// GitHub shows no more of one step.
pub(super) const ANNOTATIONS: usize = 10;

/// One workflow command.
pub(super) struct Annotation {
    pub(super) level: Level,
    /// The file from the root of the git repository, and the line.
    pub(super) place: Option<(String, u64)>,
    pub(super) title: String,
    pub(super) message: String,
}

/// At most ten lines, the riskiest first; the last one counts the rest. Paths begin at the root of the git repository.
pub fn diff(document: &Document) -> String {
    let mut found: Vec<Annotation> = Vec::new();
    for group in document
        .groups
        .iter()
        .filter(|group| counts(document, group))
    {
        found.push(of_group(document, group));
    }
    for (verdict, level) in [
        (GateVerdict::Failed, Level::Error),
        (GateVerdict::Inconclusive, Level::Warning),
    ] {
        let gates = words::gates(document, verdict).into_iter();
        found.extend(
            gates
                .filter(|gate| gate.groups.is_empty())
                .map(|gate| of_gate(gate, level)),
        );
    }
    for change in document
        .repository
        .control
        .iter()
        .filter(|change| change.weakens)
    {
        found.push(Annotation {
            level: Level::Warning,
            place: None,
            title: "control is weaker".to_owned(),
            message: inert(&change.what, 300),
        });
    }
    // The sort is stable: within a level, the order of the report holds.
    found.sort_by_key(|annotation| annotation.level);
    let rest = match found.len() > ANNOTATIONS {
        true => found.split_off(ANNOTATIONS - 1),
        false => Vec::new(),
    };
    if let Some(level) = rest.iter().map(|annotation| annotation.level).min() {
        let (_, _, why) = words::ending(document);
        found.push(Annotation {
            level,
            place: None,
            title: format!("{} more", grouped(rest.len() as u64)),
            message: format!(
                "{} more that are not shown here; the report has them: {}",
                count(rest.len() as u64, "finding"),
                inert(&why, 200)
            ),
        });
    }
    found.iter().map(line).collect()
}

/// Other reasons for the same decision are no findings.
fn counts(document: &Document, group: &GroupNote) -> bool {
    let quiet = match group.class {
        ChangeClass::ReasonChanged | ChangeClass::Unchanged => !(group.widened || group.narrowed),
        ChangeClass::ErrorOpened
        | ChangeClass::NewlyAllowed
        | ChangeClass::ErrorClosed
        | ChangeClass::NewlyDenied
        | ChangeClass::NewlyUndecidable
        | ChangeClass::NewlyDecidable
        | ChangeClass::ErrorChanged => false,
    };
    !quiet || words::level(document, group) < Level::Note
}

fn of_group(document: &Document, group: &GroupNote) -> Annotation {
    Annotation {
        level: words::level(document, group),
        place: words::place(document, group),
        title: format!(
            "{}: {}",
            words::class(group),
            count(group.actions, "recorded action")
        ),
        message: format!(
            "{} ({}, {}; group {}) {}",
            inert(&group.title, 300),
            count(group.by_agent.len() as u64, "agent"),
            count(group.sessions, "session"),
            inert(&group.fingerprint, 64),
            inert(&words::cause(group), 300)
        ),
    }
}

fn of_gate(gate: &GateNote, level: Level) -> Annotation {
    Annotation {
        level,
        place: None,
        title: format!("gate {}", inert(&gate.gate, 60)),
        message: format!(
            "{} (limit {})",
            inert(&gate.actual, 120),
            inert(&gate.limit, 120)
        ),
    }
}

/// A command as its line.
pub(super) fn line(annotation: &Annotation) -> String {
    let command = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = annotation.place.as_ref();
    let place = place.map(|(path, line)| format!("file={},line={line},", property(path)));
    format!(
        "::{command} {}title={}::{}\n",
        place.unwrap_or_default(),
        property(&annotation.title),
        data(&annotation.message)
    )
}

/// The message of a workflow command, escaped as its reader takes it apart.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        let annotation = Annotation {
            level: Level::Error,
            place: Some(("a,b:c%.cedar".to_owned(), 3)),
            title: "x,title=y::z".to_owned(),
            message: "100 %\n::warning::x\r".to_owned(),
        };
        assert_eq!(
            line(&annotation),
            "::error file=a%2Cb%3Ac%25.cedar,line=3,title=x%2Ctitle=y%3A%3Az::100 %25%0A::warning::x%0D\n"
        );
    }
}
