//! Which session each span belongs to: its conversation, else its trace.

use super::document::{Document, Span};
use super::facts::Key;
use super::tree::Trees;
use std::collections::HashMap;

/// The sessions of the spans of an item.
pub(in crate::recording) struct Sessions<'d>(Vec<&'d str>);

impl<'d> Sessions<'d> {
    pub(in crate::recording) fn of_spans(document: &'d Document<'_>, trees: &Trees) -> Self {
        let conversations = Named::new(document, trees, conversation);
        let sessions = Named::new(document, trees, session);
        let all = document.spans.iter().enumerate().map(|(at, span)| {
            let conversation = conversations.get(at, span);
            let session = conversation.or_else(|| sessions.get(at, span));
            session.unwrap_or(&span.trace)
        });
        Self(all.collect())
    }

    /// The session of a span.
    pub(in crate::recording) fn of(&self, at: usize) -> &'d str {
        self.0.get(at).copied().unwrap_or_default()
    }
}

type Read = for<'s> fn(&'s Span<'_>) -> Option<&'s str>;

fn conversation<'s>(span: &'s Span<'_>) -> Option<&'s str> {
    span.facts.text(Key::Conversation)
}

fn session<'s>(span: &'s Span<'_>) -> Option<&'s str> {
    let session = span.facts.text(Key::Session);
    session.or_else(|| span.facts.text(Key::AdkSession))
}

/// A name that spans have from themselves or from the nearest span above, else from the whole trace where it has only
/// one: not every instrumentation writes it on every span.
struct Named<'d> {
    document: &'d Document<'d>,
    read: Read,
    nearest: Vec<Option<usize>>,
    of_trace: HashMap<&'d str, Option<&'d str>>,
}

impl<'d> Named<'d> {
    fn new<'a>(document: &'d Document<'a>, trees: &Trees, read: Read) -> Self {
        let mut of_trace: HashMap<&str, Option<&str>> = HashMap::new();
        for span in &document.spans {
            if !span.trace.is_empty()
                && let Some(name) = read(span)
            {
                of_trace
                    .entry(&span.trace)
                    .and_modify(|seen| *seen = seen.filter(|seen| *seen == name))
                    .or_insert(Some(name));
            }
        }
        let has = |at: usize| {
            document
                .spans
                .get(at)
                .is_some_and(|span| read(span).is_some())
        };
        Self {
            document,
            read,
            nearest: trees.nearest(has),
            of_trace,
        }
    }

    fn get(&self, at: usize, span: &'d Span<'_>) -> Option<&'d str> {
        let nearest = self.nearest.get(at).copied().flatten();
        let nearest = nearest.and_then(|at| self.document.spans.get(at));
        let own = nearest.and_then(self.read);
        own.or_else(|| self.of_trace.get(span.trace.as_ref()).copied().flatten())
    }
}
