//! AZ308: a policy or link names an agent that the inventory does not have.

use super::shared_mentions::{of_links, of_policy};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::found::{Finding, Found};
use crate::model::{EntityRef, Span};
use crate::repository::{AgentStatus, LintLevel, nearest};
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ308",
    slug: "unknown-agent",
    title: "a policy or link names an agent that is not in the inventory",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Agents],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unknown-agent.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    for policy in &repository.policies {
        let mut times: BTreeMap<EntityRef, usize> = BTreeMap::new();
        for mention in of_policy(policy) {
            if is_known(context, &mention.uid) {
                continue;
            }
            let count = times.entry(mention.uid.clone()).or_default();
            *count += 1;
            let finding = found.policy(policy, mention.span, message(&mention.uid));
            finding.key(format!("{} {count}", mention.uid));
            let text = policy.text(mention.span);
            complete(context, finding, &mention.uid, (mention.span, text));
        }
    }
    for filled in of_links(context) {
        if !is_known(context, &filled.uid) {
            let finding = found.file(filled.file, filled.span, message(&filled.uid));
            finding.key(format!("{} {}", filled.id.value, filled.uid));
            complete(
                context,
                finding,
                &filled.uid,
                (filled.span, filled.file.slice(filled.span)),
            );
        }
    }
}

fn is_known(context: &Context<'_>, uid: &EntityRef) -> bool {
    context.version.agents.iter().any(|agent| agent.uid == *uid)
}

fn message(uid: &EntityRef) -> String {
    format!("there is no agent `{}` in the inventory", uid.id)
}

/// Says what is meant, where that can be guessed; a group of agents, or an agent that entities declare, weighs less.
fn complete(
    context: &Context<'_>,
    finding: &mut Finding,
    uid: &EntityRef,
    (span, text): (Span, &str),
) {
    let active = context
        .version
        .agents
        .iter()
        .filter(|agent| agent.status == AgentStatus::Active);
    let near = nearest(&uid.id, active.map(|agent| agent.uid.id.as_ref()));
    let inventory = "add it to the inventory with an owner, or remove what names it";
    if context.version.store.written(uid).is_some() {
        finding
            .help(
                "it is an entity, but nobody answers for it: add it to the inventory with an owner",
            )
            .level(LintLevel::Warning);
        return;
    }
    match near {
        Some(name) => finding.help(format!("is `{name}` meant? Else {inventory}")),
        None => finding.help(inventory),
    };
    if let Some(name) = near
        && text.matches(uid.id.as_ref()).count() == 1
    {
        finding.fix(
            format!("name `{name}`"),
            [(span, text.replacen(uid.id.as_ref(), name, 1))],
        );
    }
}
