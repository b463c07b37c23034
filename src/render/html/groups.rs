//! The groups: a list, and each in full beside it.

use super::bars::{Bar, bars};
use super::histogram::{HistogramView, histogram};
use super::hunks::{HunkView, hunks};
use super::limits::{Capped, Limits, capped};
use super::words::{self, Tone};
use crate::diff::document::{
    ApprovalNote, DecidingValue, Document, Exemplar, GroupNote, PlaceNote, SideNote, UnitNote,
    WayNote,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The second view.
#[derive(Debug, Serialize)]
pub(super) struct GroupsView {
    pub list: Capped<Item>,
    pub details: Capped<GroupView>,
    pub ungrouped: u64,
    pub changed_sessions: u64,
    pub first_divergences: u64,
    pub downstream: u64,
    pub exact: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub index: usize,
    pub number: u64,
    pub tone: Tone,
    pub class: &'static str,
    pub title: String,
    pub actions: u64,
    pub approval: Option<Tone>,
    pub shown: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct GroupView {
    pub item: Item,
    pub fingerprint: String,
    pub flip: bool,
    pub risk: &'static str,
    pub sessions: u64,
    pub agents: usize,
    pub seen: Option<String>,
    pub first_divergences: u64,
    pub downstream: u64,
    pub units: Capped<UnitView>,
    pub why: Capped<WayView>,
    pub undo: Capped<WayView>,
    pub exact: bool,
    pub gained: Capped<String>,
    pub lost: Capped<String>,
    pub wanting: Capped<String>,
    pub predicate: Option<PredicateView>,
    pub values: Capped<ValueView>,
    pub breakdown: [(&'static str, Capped<Bar>); 3],
    pub exemplars: Capped<ExemplarView>,
    pub approval: Option<ApprovalView>,
}

#[derive(Debug, Serialize)]
pub(super) struct WayView {
    pub all: Capped<String>,
    pub one_of: Capped<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct UnitView {
    pub name: String,
    pub effect: String,
    pub kind: String,
    pub edits: Capped<String>,
    pub origins: Vec<&'static str>,
    pub place: Option<String>,
    pub hunks: Capped<HunkView>,
    pub base: UnitSide,
    pub head: UnitSide,
    pub error: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct UnitSide {
    pub status: String,
    pub blocking: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct PredicateView {
    pub all: Capped<String>,
    pub precision: String,
    pub recall: String,
    pub flipped: u64,
    pub unflipped: u64,
    pub complete: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ValueView {
    pub path: String,
    pub range: Option<[String; 2]>,
    pub distinct: Capped<String>,
    pub more: bool,
    pub absent: u64,
    pub histogram: Option<HistogramView>,
}

#[derive(Debug, Serialize)]
pub(super) struct ExemplarView {
    pub kinds: String,
    pub at: String,
    pub facts: Vec<(&'static str, String)>,
    pub request: Option<[String; 3]>,
    pub context: Capped<(String, String)>,
    pub base: SideView,
    pub head: SideView,
    pub paths: Capped<Saw>,
}

/// A value that the two sides saw at a path.
#[derive(Debug, Serialize)]
pub(super) struct Saw {
    pub path: String,
    pub base: Option<String>,
    pub head: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct SideView {
    pub decision: String,
    /// The name of a class of the style.
    pub class: &'static str,
    pub determining: Capped<String>,
    pub errors: Capped<String>,
    pub wanting: Capped<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ApprovalView {
    pub tone: Tone,
    pub reason: String,
    pub owner: String,
    pub approver: String,
    pub expires: String,
    pub drift: Capped<String>,
}

pub(super) fn groups(document: &Document, limits: Limits) -> GroupsView {
    let all = || document.groups.iter().enumerate();
    let mut hunked = BTreeMap::new();
    for change in &document.repository.policies {
        hunked.entry(change.policy.as_str()).or_insert(change);
    }
    let policies = |unit: &UnitNote| -> Capped<HunkView> {
        match hunked.get(unit.name.as_str()) {
            Some(change) => capped(hunks(change, limits), limits.rows),
            None => capped([], 0),
        }
    };
    GroupsView {
        list: capped(
            all().map(|(at, group)| item(at, group, limits)),
            limits.listed,
        ),
        details: Capped {
            shown: all()
                .take(limits.groups)
                .map(|(at, group)| view(at, group, &policies, limits))
                .collect(),
            left: document.groups.len().saturating_sub(limits.groups) as u64,
        },
        ungrouped: document.ungrouped,
        changed_sessions: document.changed_sessions,
        first_divergences: document.first_divergences,
        downstream: document.downstream,
        exact: document.divergences_exact,
    }
}

fn item(at: usize, group: &GroupNote, limits: Limits) -> Item {
    Item {
        index: at + 1,
        number: group.number,
        tone: words::direction(group.widened, group.narrowed),
        class: words::class(group.class),
        title: match group.title.is_empty() {
            true => "A change without a title".to_owned(),
            false => group.title.clone(),
        },
        actions: group.actions,
        approval: group
            .approval
            .as_ref()
            .map(|approval| words::approval(approval.state)),
        shown: at < limits.groups,
    }
}

fn view(
    at: usize,
    group: &GroupNote,
    policies: &dyn Fn(&UnitNote) -> Capped<HunkView>,
    limits: Limits,
) -> GroupView {
    let cause = &group.cause;
    let names = |names: &[String]| capped(names.iter().cloned(), limits.rows);
    GroupView {
        item: item(at, group, limits),
        fingerprint: group.fingerprint.clone(),
        flip: group.class.is_flip(),
        risk: words::risk(group.risk),
        sessions: group.sessions,
        agents: group.by_agent.len(),
        seen: seen(group),
        first_divergences: group.first_divergences,
        downstream: group.downstream,
        units: capped(
            cause
                .units
                .iter()
                .map(|unit| unit_view(unit, policies(unit), limits)),
            12.min(limits.rows),
        ),
        why: capped(
            cause.why.iter().map(|way| way_view(way, limits)),
            limits.rows,
        ),
        undo: capped(
            cause.undo.iter().map(|way| way_view(way, limits)),
            limits.rows,
        ),
        exact: cause.exact,
        gained: names(&cause.gained),
        lost: names(&cause.lost),
        wanting: names(&cause.wanting),
        predicate: group.predicate.as_ref().map(|predicate| PredicateView {
            all: names(&predicate.all),
            precision: share(predicate.precision),
            recall: share(predicate.recall),
            flipped: predicate.flipped,
            unflipped: predicate.unflipped,
            complete: predicate.complete,
        }),
        values: capped(
            group.values.iter().map(|value| value_view(value, limits)),
            12.min(limits.rows),
        ),
        breakdown: [
            ("By action", bars(&group.by_action, 10.min(limits.rows))),
            ("By agent", bars(&group.by_agent, 10.min(limits.rows))),
            ("By system", bars(&group.by_system, 10.min(limits.rows))),
        ],
        exemplars: capped(
            group
                .exemplars
                .iter()
                .map(|exemplar| exemplar_view(exemplar, limits)),
            3,
        ),
        approval: group
            .approval
            .as_ref()
            .map(|approval| approval_view(approval, limits)),
    }
}

/// The days between which its actions were recorded.
fn seen(group: &GroupNote) -> Option<String> {
    let (first, last) = (group.first_seen.as_deref(), group.last_seen.as_deref());
    match (first.map(words::day), last.map(words::day)) {
        (Some(first), Some(last)) if first != last => Some(format!("{first} to {last}")),
        (Some(day), _) | (None, Some(day)) => Some(day.to_owned()),
        (None, None) => None,
    }
}

fn unit_view(unit: &UnitNote, hunks: Capped<HunkView>, limits: Limits) -> UnitView {
    UnitView {
        name: unit.name.clone(),
        effect: unit.effect.clone(),
        kind: unit.kind.clone(),
        edits: capped(unit.edits.iter().cloned(), limits.rows),
        origins: unit
            .origins
            .iter()
            .map(|origin| words::origin(*origin))
            .collect(),
        place: places(unit.base.as_ref(), unit.head.as_ref()),
        hunks,
        base: UnitSide {
            status: unit.base_status.clone(),
            blocking: unit.base_blocking.clone(),
        },
        head: UnitSide {
            status: unit.head_status.clone(),
            blocking: unit.head_blocking.clone(),
        },
        error: unit.error.clone(),
    }
}

/// Where a policy stands: `policies/a.cedar:8`, and from where it came.
pub(super) fn places(base: Option<&PlaceNote>, head: Option<&PlaceNote>) -> Option<String> {
    let place = |place: &PlaceNote| format!("{}:{}", place.path, place.changed.max(place.line));
    match (base, head) {
        (None, None) => None,
        (Some(base), None) => Some(format!("{} (base)", place(base))),
        (Some(base), Some(head)) if base.path != head.path => {
            Some(format!("{} → {}", place(base), place(head)))
        }
        (_, Some(head)) => Some(place(head)),
    }
}

fn way_view(way: &WayNote, limits: Limits) -> WayView {
    WayView {
        all: capped(way.all.iter().cloned(), limits.rows),
        one_of: capped(way.and_one_of.iter().cloned(), limits.rows),
    }
}

/// A share from 0 to 1, rounded so that only a whole is 1.
fn share(share: f64) -> String {
    let hundredths = (share * 10_000.0).round();
    match share {
        share if share >= 1.0 => "100 %".to_owned(),
        share if share > 0.0 => format!("{:.2} %", hundredths.clamp(1.0, 9_999.0) / 100.0),
        _ => "0 %".to_owned(),
    }
}

fn value_view(value: &DecidingValue, limits: Limits) -> ValueView {
    ValueView {
        path: value.path.clone(),
        range: value.range.clone(),
        distinct: capped(value.distinct.iter().cloned(), limits.rows),
        more: value.more,
        absent: value.absent,
        histogram: value.histogram.as_ref().map(|of| histogram(of, limits)),
    }
}

fn exemplar_view(exemplar: &Exemplar, limits: Limits) -> ExemplarView {
    let facts = [
        ("agent", &exemplar.agent),
        ("tool", &exemplar.tool),
        ("router", &exemplar.router),
        ("session", &exemplar.session),
        ("time", &exemplar.time),
    ];
    let facts = facts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)));
    let mut paths: BTreeMap<&String, (Option<&String>, Option<&String>)> = BTreeMap::new();
    for (path, saw) in &exemplar.base.saw {
        paths.entry(path).or_default().0 = Some(saw);
    }
    for (path, saw) in &exemplar.head.saw {
        paths.entry(path).or_default().1 = Some(saw);
    }
    let saw = paths.into_iter().map(|(path, (base, head))| Saw {
        path: path.clone(),
        base: base.cloned(),
        head: head.cloned(),
    });
    let kinds: Vec<&str> = exemplar
        .kinds
        .iter()
        .map(|kind| words::exemplar(*kind))
        .collect();
    let request = exemplar.request.as_ref();
    let context = request
        .into_iter()
        .flat_map(|request| request.context.clone());
    ExemplarView {
        kinds: kinds.join(", "),
        at: exemplar.at.clone(),
        facts: facts.collect(),
        request: request.map(|request| {
            [
                request.principal.clone(),
                request.action.clone(),
                request.resource.clone(),
            ]
        }),
        context: capped(context, limits.rows.min(40)),
        base: side_view(&exemplar.base, limits),
        head: side_view(&exemplar.head, limits),
        paths: capped(saw, limits.rows.min(20)),
    }
}

fn side_view(side: &SideNote, limits: Limits) -> SideView {
    let names = |names: &[String]| capped(names.iter().cloned(), limits.rows.min(20));
    SideView {
        decision: side.decision.clone(),
        class: match side.decision.as_str() {
            "allow" => "allow",
            "deny" => "deny",
            _ => "open",
        },
        determining: names(&side.determining),
        errors: names(&side.errors),
        wanting: names(&side.wanting),
    }
}

pub(super) fn approval_view(approval: &ApprovalNote, limits: Limits) -> ApprovalView {
    ApprovalView {
        tone: words::approval(approval.state),
        reason: approval.reason.clone(),
        owner: approval.owner.clone(),
        approver: approval.approver.clone(),
        expires: approval.expires.clone(),
        drift: capped(approval.drift.iter().cloned(), limits.rows),
    }
}
