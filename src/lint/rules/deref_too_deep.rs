//! AZ122: a condition follows more entities than the front gives.

use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{Diagnostic, SourceFile, Span};
use crate::repository::LintLevel;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ122",
    slug: "deref-too-deep",
    title: "a condition follows more entities than `lint.options.deref_level` allows",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::DerefLevel],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("deref-too-deep.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let version = repository.context.version;
    let level = repository.context.options.deref_level;
    let (Some(schema), Some(level)) = (repository.context.schema(), level) else {
        return;
    };
    let files: BTreeMap<Arc<str>, SourceFile> = version
        .sources
        .iter()
        .map(|file| (file.path.clone(), file.clone()))
        .collect();
    let mut deepest: BTreeMap<(Arc<str>, Span), Option<u32>> = BTreeMap::new();
    for fault in version.policies.beyond_level(schema, level, &files) {
        if let (Some(path), Some(span)) = (&fault.path, fault.span()) {
            let needed = deepest.entry((path.clone(), span)).or_default();
            *needed = (*needed).max(needed_level(&fault));
        }
    }
    for ((path, span), needed) in deepest {
        let Some(file) = repository.context.file(&path) else {
            continue;
        };
        let message = match needed {
            Some(needed) => format!(
                "this asks for entities {needed} steps away, and requests bring them for {level}: the policy is skipped with an error, or does not hold"
            ),
            None => "this reads an entity that the policy names, which no request brings by itself"
                .to_owned(),
        };
        let policy = repository.policies.iter().find(|policy| {
            policy.file.path == path
                && policy.parsed.span.start <= span.start
                && span.end() <= policy.parsed.span.end()
        });
        let finding = match policy {
            Some(policy) => found.policy(policy, span, message),
            None => found.file(file, span, message),
        };
        finding.help("put what is asked for into the context or into an attribute of principal or resource; or raise `lint.options.deref_level`, once requests bring the entities");
    }
}

/// The level that Cedar says is needed; nothing where no level helps.
fn needed_level(fault: &Diagnostic) -> Option<u32> {
    let (_, rest) = fault.message.split_once("requires level ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
