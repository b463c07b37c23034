//! The whole page as plain data for the templates.

use super::csp;
use super::groups::{ApprovalView, GroupsView, approval_view, groups, places};
use super::hunks::{HunkView, hunks};
use super::island::island;
use super::limits::{Capped, Limits, capped};
use super::matrix::{MatrixView, matrix};
use super::trust::{FlowView, TrustView, flow, trust};
use super::verdict::{Control, VerdictView, compared, control, verdict};
use super::words;
use crate::diff::document::{Document, VersionNote};
use minijinja::value::Value;
use serde::Serialize;

const STYLE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/script.js");

/// What a page shows.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    csp: String,
    style: Value,
    script: Value,
    data: Value,
    data_left: Capped<String>,
    name: String,
    base: Version,
    head: Version,
    now: String,
    tool: String,
    format: String,
    values: bool,
    compared: bool,
    verdict: VerdictView,
    groups: GroupsView,
    flow: FlowView,
    matrix: MatrixView,
    trust: TrustView,
    control: Control,
    changes: Capped<ChangeView>,
    schema: bool,
    mapping: bool,
    entities: Capped<String>,
    recordings: Capped<String>,
    approvals: Capped<(String, ApprovalView)>,
}

#[derive(Debug, Serialize)]
struct Version {
    label: String,
    name: Option<String>,
    digest: String,
    short: String,
    policies: u64,
}

#[derive(Debug, Serialize)]
struct ChangeView {
    policy: String,
    kind: &'static str,
    deciding: bool,
    edits: Capped<String>,
    place: Option<String>,
    hunks: Capped<HunkView>,
}

pub(super) fn view(document: &Document, limits: Limits) -> Page {
    let data = island(document, limits.island);
    let repository = &document.repository;
    let changes = repository.policies.iter().map(|change| ChangeView {
        policy: change.policy.clone(),
        kind: words::policy_change(change.kind),
        deciding: change.deciding,
        edits: capped(change.edits.iter().cloned(), limits.rows),
        place: places(change.base.as_ref(), change.head.as_ref()),
        hunks: capped(hunks(change, limits), limits.rows.min(5)),
    });
    let recordings = document
        .traffic
        .iter()
        .flat_map(|traffic| traffic.recordings.clone());
    let approvals = document
        .verdict
        .iter()
        .flat_map(|verdict| &verdict.approvals);
    Page {
        csp: csp::policy(STYLE, SCRIPT),
        style: Value::from_safe_string(STYLE.to_owned()),
        script: Value::from_safe_string(SCRIPT.to_owned()),
        data: Value::from_safe_string(data.json),
        data_left: capped(data.left, limits.rows),
        name: document
            .repository_name
            .clone()
            .unwrap_or_else(|| "policy repository".to_owned()),
        base: version(&document.base),
        head: version(&document.head),
        now: document.now.clone(),
        tool: document.tool.clone(),
        format: document.format.clone(),
        values: document.values,
        compared: compared(document),
        verdict: verdict(document, limits),
        groups: groups(document, limits),
        flow: flow(document),
        matrix: matrix(document, limits),
        trust: trust(document, limits),
        control: control(document, limits.rows),
        changes: capped(changes, limits.rows),
        schema: repository.schema,
        mapping: repository.mapping,
        entities: capped(repository.entities.iter().cloned(), limits.rows),
        recordings: capped(recordings, limits.rows),
        approvals: capped(
            approvals.map(|approval| (approval.group.clone(), approval_view(approval, limits))),
            limits.rows,
        ),
    }
}

fn version(version: &VersionNote) -> Version {
    Version {
        label: version.label.clone(),
        name: version.name.clone(),
        digest: version.digest.clone(),
        short: version.digest.chars().take(12).collect(),
        policies: version.policies,
    }
}
