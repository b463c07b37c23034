//! Examples of a group: the newest, the smallest, the riskiest.

use super::Context;
use crate::diff::document::{Exemplar, ExemplarKind, RequestNote, SideNote};
use crate::diff::{Detail, Kept, Watched};
use crate::engine::{Scalar, Side, Verdict};
use crate::model::{FieldPath, Outcome, Request};
use std::collections::{BTreeMap, BTreeSet};

/// The actions that stand for a group, each once, with why they were chosen. The riskiest comes first.
pub fn chosen<'d>(
    context: &'d Context<'_>,
    group: &'d Detail,
    read: &BTreeSet<FieldPath>,
) -> Vec<(Vec<ExemplarKind>, &'d Kept)> {
    // The greatest number that the policies of the cause read; one that varies says more than one that does not.
    let varies = |watched: &&Watched| {
        let ends = watched.values.ends.as_ref();
        ends.is_some_and(|(least, greatest)| least != greatest)
    };
    let seen: BTreeMap<&FieldPath, &Watched> = context.changes.details.values(group).collect();
    let mut seen = read.iter().filter_map(|path| seen.get(path).copied());
    let first = seen
        .clone()
        .find(varies)
        .or_else(|| seen.find(|watched| watched.greatest.is_some()));
    let greatest = first.and_then(|watched| watched.greatest.as_ref());
    let riskiest = greatest.map(|(_, kept)| kept).or_else(|| {
        let pool = group.pool.values();
        pool.min_by(|a, b| a.id.cmp(&b.id))
    });
    let newest = group.newest.as_ref().map(|(_, kept)| kept);
    let mut out: Vec<(Vec<ExemplarKind>, &Kept)> = Vec::new();
    for (kind, kept) in [
        (ExemplarKind::Riskiest, riskiest),
        (ExemplarKind::Newest, newest),
        (ExemplarKind::Smallest, group.smallest()),
    ] {
        let Some(kept) = kept else { continue };
        let same = |(_, known): &&mut (Vec<ExemplarKind>, &Kept)| {
            known.recording == kept.recording && known.id == kept.id
        };
        match out.iter_mut().find(same) {
            Some((kinds, _)) => kinds.push(kind),
            None => out.push((vec![kind], kept)),
        }
    }
    out
}

/// An example, decided anew on both sides.
pub fn exemplar(
    context: &Context<'_>,
    kinds: Vec<ExemplarKind>,
    kept: &Kept,
    read: [&BTreeSet<FieldPath>; 2],
) -> Exemplar {
    let action = &kept.action();
    let verdicts = [context.base.decide(action), context.head.decide(action)];
    let [base, head] = &verdicts;
    let request = head.request.as_ref().or(base.request.as_ref());
    let [of_base, of_head] = read;
    let called = action.call.as_ref().map(|call| call.tool.clone());
    let meant = context.head.meant(action);
    let meant = meant.or_else(|| context.base.meant(action));
    let (tool, router) = match meant {
        Some(meant) => (Some(meant), called),
        None => (called, None),
    };
    Exemplar {
        kinds,
        at: format!("{}#{}", kept.recording, action.id),
        id: action.id.clone(),
        agent: action.agent.clone(),
        session: action.session.clone(),
        time: action.time.clone(),
        tool,
        router,
        request: request.filter(|_| !kept.is_cut).map(request_note),
        base: side(base, of_base, kept.is_cut),
        head: side(head, of_head, kept.is_cut),
    }
}

fn request_note(request: &Request) -> RequestNote {
    let members = request.context.iter();
    let mut context: BTreeMap<String, String> = members
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect();
    for path in &request.unknown {
        context.insert(path.0.join("."), "unknown".to_owned());
    }
    RequestNote {
        principal: request.principal.to_string(),
        action: request.action.to_string(),
        resource: request.resource.to_string(),
        context,
    }
}

fn side(verdict: &Verdict, read: &BTreeSet<FieldPath>, is_cut: bool) -> SideNote {
    if is_cut {
        return SideNote::default();
    }
    let names = |names: &crate::engine::Names| names.iter().map(ToString::to_string).collect();
    let (decision, wanting) = match &verdict.outcome {
        Outcome::Decided(answer) => (
            answer
                .decision
                .map_or_else(String::new, |found| found.to_string()),
            Vec::new(),
        ),
        Outcome::Undecidable(_, fields) => (
            "undecidable".to_owned(),
            fields.iter().map(ToString::to_string).collect(),
        ),
        Outcome::NotReplayable(reason) => ("no request".to_owned(), vec![reason.to_string()]),
    };
    let answer = verdict.outcome.answer();
    let saw = verdict.request.iter().flat_map(|request| {
        read.iter().filter_map(move |path| {
            Some((path.to_string(), Scalar::at(request, path)?.to_string()))
        })
    });
    SideNote {
        decision,
        determining: answer
            .map(|answer| names(&answer.determining))
            .unwrap_or_default(),
        errors: answer
            .map(|answer| names(&answer.errors))
            .unwrap_or_default(),
        saw: saw.collect(),
        wanting,
    }
}

/// The paths that the policies of some units read on a side.
pub fn read(
    context: &Context<'_>,
    side: &Side<'_>,
    units: &[std::sync::Arc<str>],
) -> BTreeSet<FieldPath> {
    let places = side.places(|policy| units.contains(context.units.of(policy)));
    let policies = side.version().policies.policies();
    let read = places.iter().filter_map(|at| policies.get(*at));
    read.flat_map(|policy| policy.read_paths()).collect()
}
