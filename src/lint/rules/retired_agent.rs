//! AZ309: a permit or link for an agent that the inventory calls retired.

use super::shared_mentions::{Filled, Mention, of_links, of_policy};
use super::shared_removal::lines;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Variable};
use crate::repository::{AgentStatus, LintLevel};
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ309",
    slug: "retired-agent",
    title: "a permit or link is for an agent that is retired",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Agents],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("retired-agent.md"),
};

const HELP: &str = "take the grant away: whoever gets this name next would have it";

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    for policy in &repository.policies {
        let mut times: BTreeMap<EntityRef, usize> = BTreeMap::new();
        for mention in of_policy(policy) {
            if !mention.grants || !is_retired(context, &mention.uid) {
                continue;
            }
            let count = times.entry(mention.uid.clone()).or_default();
            *count += 1;
            let message = match policy.is_forbid() {
                true => format!("this exempts `{}`, which is retired", mention.uid.id),
                false => format!("this is a grant for `{}`, which is retired", mention.uid.id),
            };
            let finding = found.policy(policy, mention.span, message).help(HELP);
            finding.key(format!("{} {count}", mention.uid));
            if let Some((title, span)) = removed(policy, &mention) {
                finding.fix(title, [(span, String::new())]);
            }
        }
    }
    for filled in of_links(context) {
        if !filled.is_principal || !is_retired(context, &filled.uid) {
            continue;
        }
        let finding = found
            .file(
                filled.file,
                filled.span,
                format!("this is a grant for `{}`, which is retired", filled.uid.id),
            )
            .help(HELP)
            .key(format!("{} {}", filled.id.value, filled.uid));
        if let Some(span) = item(&filled) {
            finding.fix(
                format!("remove the link `{}`", filled.id.value),
                [(span, String::new())],
            );
        }
    }
}

fn is_retired(context: &Context<'_>, uid: &EntityRef) -> bool {
    let mut agents = context.version.agents.iter();
    agents.any(|agent| agent.uid == *uid && agent.status == AgentStatus::Retired)
}

/// What to take away: the policy where it is for this agent alone, or one element of a set of several.
fn removed(policy: &Policy<'_>, mention: &Mention) -> Option<(&'static str, Span)> {
    if !policy.has_places() {
        return None;
    }
    let scope = policy.syntax.scope_of(Variable::Principal)?;
    let test = scope.test.as_ref();
    if test.is_some_and(|test| {
        test.equal && test.entities.iter().any(|(_, span)| *span == mention.span)
    }) {
        return Some(("remove the policy", lines(policy.file, policy.parsed.span)));
    }
    let at = mention.set.iter().position(|span| *span == mention.span)?;
    let before = at.checked_sub(1).and_then(|before| mention.set.get(before));
    match (before, mention.set.get(at + 1)) {
        (_, Some(next)) => {
            let start = mention.span.start;
            Some((
                "remove it from the set",
                Span::new(start, next.start.saturating_sub(start)),
            ))
        }
        (Some(before), None) => {
            let start = before.end();
            Some((
                "remove it from the set",
                Span::new(start, mention.span.end().saturating_sub(start)),
            ))
        }
        (None, None) => None,
    }
}

/// The lines of a link in a list with an item a line; nothing where it is the only one.
fn item(filled: &Filled<'_>) -> Option<Span> {
    let text = filled.file.text.as_ref();
    let at = filled.id.span.start;
    let start = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let dash = text.get(start..at)?;
    let indent = dash.len() - dash.trim_start().len();
    if !dash.trim_start().starts_with("- id:") || filled.links < 2 {
        return None;
    }
    let mut end = start;
    for (number, line) in text.get(start..)?.split_inclusive('\n').enumerate() {
        let depth = line.len() - line.trim_start().len();
        if number > 0 && (line.trim().is_empty() || depth <= indent) {
            break;
        }
        end += line.len();
    }
    Some(Span::new(start, end - start))
}
