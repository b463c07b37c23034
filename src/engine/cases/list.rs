//! Lists → drafts: everything of a kind is tried, and each is a case.

use super::choices::Offer;
use super::draft::Draft;
use super::faults::fault;
use crate::model::{Diagnostic, EntityRef, Span};
use crate::repository::{Expectation, ExpectedDecision, ListSpec, parse_action, parse_reference};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// What of a request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Principals,
    Actions,
    Resources,
}

/// The cases of a list, or what is wrong with the list as a whole.
pub(super) fn members(
    offer: &Offer<'_>,
    base: &Draft,
    list: &Spanned<ListSpec>,
) -> Result<Vec<Draft>, Vec<Diagnostic>> {
    let spec = &list.value;
    let wrong = |span: Span, message: &str| vec![fault(offer.file, span, message.to_owned())];
    let mut base = base.clone();
    base.asked = list.span;
    base.context.extend(spec.context.clone());
    let fixed = [
        (&mut base.principal, &spec.principal),
        (&mut base.action, &spec.action),
        (&mut base.resource, &spec.resource),
    ];
    for (part, given) in fixed {
        *part = given.clone().or_else(|| part.clone());
    }
    let (tried, choices, doubled) = match (&spec.principals, &spec.actions, &spec.resources) {
        (Some(choices), None, None) => (Tried::Principals, choices, &spec.principal),
        (None, Some(choices), None) => (Tried::Actions, choices, &spec.action),
        (None, None, Some(choices)) => (Tried::Resources, choices, &spec.resource),
        _ => {
            let message = "a list tries one of `principals`, `actions` and `resources`";
            return Err(wrong(list.span, message));
        }
    };
    if let Some(doubled) = doubled {
        let message = "this is what the list tries, so it is not given as well";
        return Err(wrong(doubled.span, message));
    }
    let candidates: Vec<EntityRef> = match tried {
        Tried::Actions => offer.actions(choices)?.all,
        Tried::Principals | Tried::Resources => {
            let action = base
                .action
                .as_ref()
                .and_then(|action| parse_action(&action.value, offer.version.schema.as_ref()).ok());
            let [principals, resources] = offer.types(action.as_slice());
            let types = match tried {
                Tried::Principals => principals,
                Tried::Actions | Tried::Resources => resources,
            };
            offer.entities(choices, &types)?.all
        }
    };
    let wanted = wanted(offer, &base, tried, &candidates)?;
    let drafts = wanted.into_iter().map(|(member, (decision, span))| {
        let mut draft = base.clone();
        let text = |name: String| Some(Spanned { value: name, span });
        let (label, slot) = match tried {
            Tried::Principals => (offer.entity(&member), &mut draft.principal),
            Tried::Actions => (offer.action(&member), &mut draft.action),
            Tried::Resources => (offer.entity(&member), &mut draft.resource),
        };
        *slot = text(member.to_string());
        draft.row = Some(label.into());
        draft.span = span;
        draft.expected = span;
        draft.expect = Expectation {
            decision: Some(Spanned {
                value: decision,
                span,
            }),
            ..Expectation::default()
        };
        draft
    });
    Ok(drafts.collect())
}

/// What is expected of each member, with the place that says so.
fn wanted(
    offer: &Offer<'_>,
    base: &Draft,
    tried: Tried,
    candidates: &[EntityRef],
) -> Result<BTreeMap<EntityRef, (ExpectedDecision, Span)>, Vec<Diagnostic>> {
    let expect = &base.expect;
    let mut faults = Vec::new();
    let known: BTreeSet<&EntityRef> = candidates.iter().collect();
    let mut out: BTreeMap<EntityRef, (ExpectedDecision, Span)> = BTreeMap::new();
    let lists = [
        (&expect.exactly, ExpectedDecision::Allow),
        (&expect.includes, ExpectedDecision::Allow),
        (&expect.excludes, ExpectedDecision::Deny),
    ];
    if lists.iter().all(|(list, _)| list.is_none()) {
        let message = "a list expects `exactly`, `includes` or `excludes`".to_owned();
        faults.push(fault(offer.file, base.expected, message));
    }
    for (list, decision) in lists {
        for name in list.iter().flat_map(|list| &list.value) {
            let read = match tried {
                Tried::Actions => parse_action(&name.value, offer.version.schema.as_ref()),
                Tried::Principals | Tried::Resources => parse_reference(&name.value),
            };
            let message = match read {
                Ok(member) if !known.contains(&member) => {
                    format!("{member} is not among what the list tries")
                }
                Ok(member) => match out.insert(member.clone(), (decision, name.span)) {
                    None => continue,
                    Some(_) => format!("{member} stands twice"),
                },
                Err(message) => message,
            };
            faults.push(fault(offer.file, name.span, message));
        }
    }
    if let Some(exactly) = &expect.exactly {
        for member in candidates {
            let rest = (ExpectedDecision::Deny, exactly.span);
            out.entry(member.clone()).or_insert(rest);
        }
    }
    if out.is_empty() && faults.is_empty() {
        let message = "the list names nothing, so nothing would be tested".to_owned();
        faults.push(fault(offer.file, base.expected, message));
    }
    match faults.is_empty() {
        true => Ok(out),
        false => Err(faults),
    }
}
