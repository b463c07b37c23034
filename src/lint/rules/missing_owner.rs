//! AZ402: a policy without `@owner`.

use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::repository::LintLevel;
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ402",
    slug: "missing-owner",
    title: "a policy without `@owner` has nobody who answers for it",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("missing-owner.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let mut files: BTreeMap<&str, Vec<&Policy<'_>>> = BTreeMap::new();
    for policy in &repository.policies {
        files.entry(&policy.file.path).or_default().push(policy);
    }
    let help = match repository.context.options.owners.first() {
        Some(owner) => format!("write who decides about it, such as `@owner(\"{owner}\")`"),
        None => "write who decides about it: `@owner(\"…\")`".to_owned(),
    };
    for policies in files.into_values() {
        let ownerless = policies.iter().filter(|policy| !has_owner(policy));
        let ownerless: Vec<&&Policy<'_>> = ownerless.collect();
        // A file in which nobody has thought of owners is one finding.
        if let Some(first) = ownerless.first().filter(|_| policies.len() > 2)
            && ownerless.len() == policies.len()
        {
            let count = policies.len();
            found
                .file(
                    first.file,
                    first.syntax.effect,
                    format!("none of the {count} policies in this file has an `@owner`"),
                )
                .key("file")
                .help(help.as_str());
            continue;
        }
        for policy in ownerless {
            let empty = policy
                .syntax
                .annotations
                .iter()
                .find(|said| *said.key == *"owner");
            let place = empty.map_or(policy.syntax.effect, |said| said.span);
            found
                .policy(policy, place, "this policy has no `@owner`")
                .help(help.as_str());
        }
    }
}

fn has_owner(policy: &Policy<'_>) -> bool {
    let owner = policy.parsed.annotations.get("owner");
    owner.is_some_and(|owner| !owner.trim().is_empty())
}
