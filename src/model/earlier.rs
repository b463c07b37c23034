//! Calls of a session before an action, shared by all actions that come after them.

use super::RecordedAction;
use serde::de::Deserializer;
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Earlier calls of a session, oldest first. Clones share them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Earlier(Arc<Vec<Arc<RecordedAction>>>);

impl Earlier {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The calls, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RecordedAction> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// One more, behind the others.
    pub fn push(&mut self, call: Arc<RecordedAction>) {
        Arc::make_mut(&mut self.0).push(call);
    }

    /// Those for which something holds.
    pub fn only(&self, holds: impl Fn(&RecordedAction) -> bool) -> Self {
        match self.0.iter().all(|call| holds(call)) {
            true => self.clone(),
            false => {
                let those = self.0.iter().filter(|call| holds(call));
                Self(Arc::new(those.cloned().collect()))
            }
        }
    }

    /// Changes each of them.
    pub fn change<E>(
        &mut self,
        change: impl Fn(&mut RecordedAction) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut changed = Vec::with_capacity(self.0.len());
        for call in self.0.iter() {
            let mut call = RecordedAction::clone(call);
            change(&mut call)?;
            changed.push(Arc::new(call));
        }
        self.0 = Arc::new(changed);
        Ok(())
    }
}

impl Serialize for Earlier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut calls = serializer.serialize_seq(Some(self.0.len()))?;
        for call in self.0.iter() {
            calls.serialize_element(call.as_ref())?;
        }
        calls.end()
    }
}

impl<'de> Deserialize<'de> for Earlier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let calls = Vec::<RecordedAction>::deserialize(deserializer)?;
        Ok(Self(Arc::new(calls.into_iter().map(Arc::new).collect())))
    }
}
