//! What a corpus keeps for a side.

use super::side::Side;
use crate::model::{DroppedPart, NotReplayable, Projected, ProjectedRequest, RecordedRequest};

impl Side<'_> {
    /// Whether a corpus keeps what this side reads of the actions that a record stands for.
    pub fn holds(&self, corpus: &Projected) -> bool {
        self.projected(corpus) != Err(NotReplayable::NotKept)
    }

    /// What a corpus keeps for this very mapping and schema.
    pub(super) fn asked<'r>(&self, corpus: &'r Projected) -> Option<&'r ProjectedRequest> {
        let mut asked = corpus.asked.iter();
        asked.find(|asked| (asked.mapping.as_ref(), asked.schema.as_ref()) == self.digests())
    }

    /// The request that a corpus keeps for this side. It is taken only where this very mapping and schema made it, and
    /// where nothing was dropped that a policy reads: a corpus must not hide what it does not hold.
    pub(super) fn projected<'r>(
        &self,
        corpus: &'r Projected,
    ) -> Result<&'r RecordedRequest, NotReplayable> {
        let asked = self.asked(corpus).ok_or(NotReplayable::NotKept)?;
        if let Some(reason) = asked.reason {
            return Err(reason);
        }
        let mut dropped = asked.dropped.iter();
        let read = |part: &DroppedPart| match part {
            DroppedPart::Principal => self.reads().principal,
            DroppedPart::Resource => self.reads().resource,
        };
        let mut attributes = asked.dropped_attributes.iter();
        if dropped.any(read) || attributes.any(|name| self.reads().attributes.contains(name)) {
            return Err(NotReplayable::NotKept);
        }
        if self.looks_up() && !self.named().is_subset(&asked.named) {
            return Err(NotReplayable::NotKept);
        }
        asked.request.as_ref().ok_or(NotReplayable::InvalidRequest)
    }
}
