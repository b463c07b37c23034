//! AZ701: a permit that is looked at for every request of a busy action.

use super::shared_breadth::is_untested;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;
use std::collections::HashMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ701",
    slug: "unsliceable",
    title: "a permit that names neither principal nor resource, among many of one action",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unsliceable.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let hot = repository.context.options.hot_policies;
    if repository.policies.len() < hot {
        return;
    }
    let all: Vec<(&Policy<'_>, &[EntityRef])> = repository
        .policies
        .iter()
        .map(|policy| (policy, policy.actions()))
        .collect();
    let mut counts: HashMap<&EntityRef, usize> = HashMap::new();
    for action in all.iter().flat_map(|(_, actions)| *actions) {
        *counts.entry(action).or_default() += 1;
    }
    for (policy, actions) in &all {
        let sliced =
            !is_untested(policy, Variable::Principal) || !is_untested(policy, Variable::Resource);
        if policy.is_forbid() || sliced {
            continue;
        }
        let counted = actions
            .iter()
            .filter_map(|action| Some((*counts.get(action)?, action)));
        let Some((count, action)) = counted.max_by_key(|(count, _)| *count) else {
            continue;
        };
        if count < hot {
            continue;
        }
        found
            .policy(
                policy,
                policy.syntax.head,
                format!(
                    "{count} policies apply to `{}`, and this one is looked at for every request of it",
                    action.id
                ),
            )
            .help("name a principal or a resource in the scope, or a group of them: stores that pick policies by entity then leave it out where it cannot apply");
    }
}
