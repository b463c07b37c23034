//! One outcome in a line: the decision, what it rests on, and what went wrong.

use crate::model::{Answer, Decision, Outcome, Request};
use crate::render::escape::shortened;
use crate::render::{Role, paint, printable};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Decided(answer) => format!("{}  {}", decision(answer.decision), rests_on(answer)),
        Outcome::Undecidable(answer, unknown) => {
            let fields: Vec<String> = unknown
                .iter()
                .map(|field| printable(&field.to_string()))
                .collect();
            format!(
                "{}  {} {} unknown {}",
                decision(None),
                names(&answer.unknown),
                if answer.unknown.len() == 1 {
                    "reads"
                } else {
                    "read"
                },
                fields.join(", ")
            )
        }
        Outcome::NotReplayable(reason) => {
            format!("{}  {reason}", paint(Role::Warning, "no request"))
        }
    }
}

/// The decision, padded, so that what follows stands in a column.
pub(super) fn decision(decision: Option<Decision>) -> String {
    let text = match decision {
        Some(Decision::Allow) => "allow",
        Some(Decision::Deny) => "deny ",
        None => "undecidable",
    };
    paint(Role::of_decision(decision), text)
}

fn rests_on(answer: &Answer) -> String {
    let mut text = match (answer.decision, answer.determining.is_empty()) {
        (Some(Decision::Allow), _) => format!("by {}", names(&answer.determining)),
        (_, false) => format!("forbidden by {}", names(&answer.determining)),
        (_, true) => "no policy matches".to_owned(),
    };
    if !answer.errors.is_empty() {
        let errors = format!(
            "{} {} an error",
            names(&answer.errors),
            raise(answer.errors.len())
        );
        text.push_str(&format!("; {}", paint(Role::Bad, errors)));
    }
    text
}

fn raise(count: usize) -> &'static str {
    if count == 1 { "raises" } else { "raise" }
}

pub(super) fn names(names: &BTreeSet<Arc<str>>) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| format!("`{}`", printable(name)))
        .collect();
    quoted.join(", ")
}

/// Principal, action, resource and context in one line of at most about `limit` characters.
pub(super) fn request(request: &Request, limit: usize) -> String {
    let context = crate::model::Value::Record(request.context.clone());
    let mut text = format!(
        "{} → {} → {}",
        request.principal, request.action, request.resource
    );
    if !request.context.is_empty() {
        text.push_str(&format!("  {context}"));
    }
    for field in &request.unknown {
        text.push_str(&format!("  {field} unknown"));
    }
    shortened(&printable(&text), limit)
}
