//! The changes of the repository as the report holds them.

use super::{Hunk, Place, PolicyChange, PolicyChangeKind, RepositoryChanges};
use crate::diff::document::{
    HunkNote, PlaceNote, PolicyChangeNote, PolicyChangeWord, RepositoryNote,
};

impl From<&RepositoryChanges> for RepositoryNote {
    fn from(changes: &RepositoryChanges) -> Self {
        let note = |change: &PolicyChange| {
            let deciding = changes.deciding.contains(change.name.as_ref());
            PolicyChangeNote {
                policy: change.name.to_string(),
                kind: match change.kind {
                    PolicyChangeKind::Added => PolicyChangeWord::Added,
                    PolicyChangeKind::Removed => PolicyChangeWord::Removed,
                    PolicyChangeKind::Edited(_) => PolicyChangeWord::Edited,
                    PolicyChangeKind::Moved => PolicyChangeWord::Moved,
                },
                edits: change.edits.clone(),
                deciding,
                base: change.base.as_ref().map(PlaceNote::from),
                head: change.head.as_ref().map(PlaceNote::from),
                hunks: change.hunks.iter().map(HunkNote::from).collect(),
            }
        };
        Self {
            policies: changes.policies.iter().map(note).collect(),
            schema: changes.schema,
            mapping: changes.mapping,
            entities: changes.entities.iter().cloned().collect(),
            control: changes.control.iter().cloned().collect(),
        }
    }
}

impl From<&Place> for PlaceNote {
    fn from(place: &Place) -> Self {
        Self {
            path: place.file.to_string(),
            line: place.line as u64,
            changed: place.changed as u64,
        }
    }
}

impl From<&Hunk> for HunkNote {
    fn from(hunk: &Hunk) -> Self {
        let lines = hunk.lines.iter();
        Self {
            base_line: hunk.base_line as u64,
            head_line: hunk.head_line as u64,
            lines: lines.map(|(sign, text)| format!("{sign}{text}")).collect(),
        }
    }
}
