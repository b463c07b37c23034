//! AZ123: a template that nothing links.

use super::shared_edit::deleted;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ123",
    slug: "template-never-linked",
    title: "a template that nothing links gives nobody anything",
    level: LintLevel::Warning,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("template-never-linked.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let links = &policy.context.version.links;
    let id = policy.id();
    if !policy.parsed.is_template || links.iter().any(|link| link.template == id) {
        return;
    }
    let finding = found.policy(
        policy,
        policy.syntax.effect,
        format!("no link fills the slots of `{id}`, so it decides nothing"),
    );
    finding.help("link it in `links.yaml`, or delete it; where links are made at run time, turn this lint off");
    // Without any link here, they may well be made elsewhere.
    if links.is_empty() {
        finding.level(LintLevel::Info);
    }
    if let Some(edits) = deleted(policy) {
        finding.fix("delete the template", edits);
    }
}
