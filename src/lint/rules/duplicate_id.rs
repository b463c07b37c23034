//! AZ120: one id for several policies or links.

use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ120",
    slug: "duplicate-id",
    title: "one id for several policies or links",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Repository],
    fix: None,
    needs: &[],
    passes: &["duplicate_id"],
    run: Run::Repository(look),
    page: include_str!("duplicate-id.md"),
};

const HELP: &str = "give each an id of its own: logs, tests and approvals name policies by id";

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let mut first: BTreeMap<Arc<str>, (Arc<str>, Span)> = BTreeMap::new();
    for policy in &repository.policies {
        let Some(id) = &policy.parsed.id else {
            continue;
        };
        let span = place(policy);
        let Some((path, other)) = first.get(id) else {
            first.insert(id.clone(), (policy.file.path.clone(), span));
            continue;
        };
        let same = *path == policy.file.path;
        let finding = found.policy(
            policy,
            span,
            format!(
                "the id `{id}` is taken by a policy{}",
                elsewhere(path, same)
            ),
        );
        finding.help(HELP);
        if same {
            finding.label(*other, "here first");
        }
    }
    for link in &repository.context.version.links {
        let Some((path, other)) = first.get(&link.id) else {
            first.insert(link.id.clone(), (link.file.clone(), link.span));
            continue;
        };
        let Some(file) = repository.context.file(&link.file) else {
            continue;
        };
        let same = *path == link.file;
        let message = format!(
            "the id `{}` of this link is taken{}",
            link.id,
            elsewhere(path, same)
        );
        let finding = found.file(file, link.span, message);
        finding.evidence(Evidence::Repository).help(HELP);
        if same {
            finding.label(*other, "here first");
        }
    }
}

fn elsewhere(path: &str, same: bool) -> String {
    match same {
        true => " in this file".to_owned(),
        false => format!(" in `{path}`"),
    }
}

/// Where the id is given.
fn place(policy: &Policy<'_>) -> Span {
    let mut annotations = policy.syntax.annotations.iter();
    let id = annotations.find(|annotation| annotation.key.as_ref() == "id");
    id.map_or(policy.syntax.effect, |annotation| annotation.span)
}
