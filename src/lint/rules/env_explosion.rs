//! AZ704: a schema with more request environments than tools can look at.

use crate::cedar::{Declaration, DeclaredKind};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, grouped};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ704",
    slug: "env-explosion",
    title: "a schema with very many request environments",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("env-explosion.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let Some(schema) = context.schema() else {
        return;
    };
    let most = context.options.max_environments;
    let counts: Vec<(usize, &EntityRef)> = schema
        .actions()
        .iter()
        .map(|(action, info)| {
            (
                info.principals.len().saturating_mul(info.resources.len()),
                action,
            )
        })
        .collect();
    let all = counts
        .iter()
        .fold(0_usize, |sum, (count, _)| sum.saturating_add(*count));
    let Some((largest, action)) = counts.iter().rev().max_by_key(|(count, _)| *count) else {
        return;
    };
    if all <= most {
        return;
    }
    let is_it = |declared: &&Declaration| {
        let ty = match declared.namespace.as_ref() {
            "" => "Action".to_owned(),
            space => format!("{space}::Action"),
        };
        declared.kind == DeclaredKind::Action
            && declared.name == action.id
            && ty == action.ty.as_ref()
    };
    let declared = context.declared().iter().find(is_it);
    let file = match declared {
        Some(declared) => context.file(&declared.file),
        None => context.version.schema_files().first(),
    };
    let Some(file) = file else { return };
    let span = declared.map_or(Span::new(0, 0), |declared| declared.span);
    found
        .file(
            file,
            span,
            format!(
                "the schema has {} request environments, and at most {} are asked for; `{}` alone has {}",
                count(all),
                count(most),
                action.id,
                count(*largest)
            ),
        )
        .key("environments")
        .help("give actions fewer types of principals and resources: one type with an attribute in place of many, or one schema for each system");
}

fn count(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}
