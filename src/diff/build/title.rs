//! The sentence that names what a group of changes does.

use crate::diff::{Because, ChangeKey};
use crate::engine::{Cause, Names, Way};
use crate::model::{ChangeClass, Decision};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many names of one kind are said.
const SAID: usize = 3;

/// A sentence that names the effect: policies and actions, never values.
pub fn title(key: &ChangeKey, by_action: &BTreeMap<String, u64>) -> String {
    let what = actions(by_action);
    match (&key.because, key.class) {
        (Because::Flip(cause), ChangeClass::ErrorOpened) => {
            let lifted = lifted(cause);
            let (raises, forbids) = (s(&lifted, "raise"), s(&lifted, "forbid"));
            format!(
                "{} {raises} an error and no longer {forbids} {what}",
                quoted(&lifted)
            )
        }
        (Because::Flip(cause), ChangeClass::NewlyAllowed) => newly_allowed(cause, &what),
        (Because::Flip(cause), ChangeClass::ErrorClosed) => {
            let lost = whole(&cause.why);
            let (raises, permits) = (s(&lost, "raise"), s(&lost, "permit"));
            format!(
                "{} {raises} an error and no longer {permits} {what}",
                quoted(&lost)
            )
        }
        (Because::Flip(cause), ChangeClass::NewlyDenied) => newly_denied(cause, &what),
        // No flip has another class.
        (Because::Flip(_), _) => what,
        (Because::Errors(shift), _) => match (shift.gained.is_empty(), shift.lost.is_empty()) {
            (false, _) => format!(
                "{} now {} an error at {what}",
                quoted(&shift.gained),
                s(&shift.gained, "raise")
            ),
            (true, _) => format!(
                "{} no longer {} an error at {what}",
                quoted(&shift.lost),
                s(&shift.lost, "raise")
            ),
        },
        (Because::Reasons(shift), _) => match (shift.gained.is_empty(), shift.lost.is_empty()) {
            (false, false) => format!(
                "{what} rests on {} instead of {}",
                quoted(&shift.gained),
                quoted(&shift.lost)
            ),
            (false, true) => format!("{what} rests on {} as well", quoted(&shift.gained)),
            (true, _) => format!("{what} no longer rests on {}", quoted(&shift.lost)),
        },
        (
            Because::Wanting {
                decided,
                reason,
                policies,
                fields,
                ..
            },
            class,
        ) => {
            let now = class == ChangeClass::NewlyUndecidable;
            let decision = match decided {
                Decision::Allow => "allowed",
                Decision::Deny => "denied",
            };
            let for_want = match (reason, fields.is_empty()) {
                (Some(reason), _) => format!("no request ({reason})"),
                (None, false) => {
                    let fields: Vec<String> = fields
                        .iter()
                        .take(SAID)
                        .map(|field| format!("`{field}`"))
                        .collect();
                    format!("{} is not known", fields.join(", "))
                }
                (None, true) => format!("{} cannot be decided", quoted(policies)),
            };
            match now {
                true => format!("{what}, {decision} on base, can no longer be decided: {for_want}"),
                false => {
                    format!("{what} is {decision} now; on base it could not be decided: {for_want}")
                }
            }
        }
    }
}

fn newly_allowed(cause: &Cause, what: &str) -> String {
    let lifted = lifted(cause);
    let gained = cause
        .why
        .iter()
        .flat_map(|way| &way.and_one_of)
        .cloned()
        .collect::<Names>();
    match (lifted.is_empty(), gained.is_empty()) {
        (true, _) => format!("{} now {} {what}", quoted(&gained), s(&gained, "permit")),
        (false, true) => format!(
            "{} no longer {} {what}",
            quoted(&lifted),
            s(&lifted, "forbid")
        ),
        (false, false) => format!(
            "{} now {} {what}, and {} no longer {} it",
            quoted(&gained),
            s(&gained, "permit"),
            quoted(&lifted),
            s(&lifted, "forbid")
        ),
    }
}

/// Each gained forbid is a way of its own; all lost permits together are one.
fn newly_denied(cause: &Cause, what: &str) -> String {
    let forbids: Names = cause
        .why
        .iter()
        .flat_map(|way| &way.and_one_of)
        .cloned()
        .collect();
    let lost = whole(&cause.why);
    match forbids.is_empty() {
        false => format!("{} now {} {what}", quoted(&forbids), s(&forbids, "forbid")),
        true => format!("{} no longer {} {what}", quoted(&lost), s(&lost, "permit")),
    }
}

fn lifted(cause: &Cause) -> Names {
    whole(&cause.why)
}

fn whole(ways: &[Way]) -> Names {
    ways.iter().flat_map(|way| &way.all).cloned().collect()
}

fn s(names: &Names, verb: &str) -> String {
    match names.len() {
        1 => format!("{verb}s"),
        _ => verb.to_owned(),
    }
}

fn quoted(names: &Names) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name: &Arc<str>| format!("`{name}`"))
        .collect();
    listed(&quoted)
}

/// Names in a sentence; of many the first ones.
fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, ..] => format!("{first}, {second} and {} more", names.len() - 2),
    }
}

/// The actions, the most frequent first, by their ids.
fn actions(by_action: &BTreeMap<String, u64>) -> String {
    let mut ranked: Vec<(&String, &u64)> = by_action.iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let names: Vec<String> = ranked.iter().map(|(name, _)| short(name)).collect();
    match names.as_slice() {
        [only] if only == "-" => "actions without a request".to_owned(),
        names => listed(names),
    }
}

/// `Action::"refund"` as `refund`.
pub fn short(action: &str) -> String {
    let id = action
        .split_once("::\"")
        .and_then(|(_, rest)| rest.strip_suffix('"'));
    id.unwrap_or(action).to_owned()
}
