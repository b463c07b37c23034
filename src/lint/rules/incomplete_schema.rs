//! AZ125: a schema that names what nothing declares.

use super::shared_words::plural;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ125",
    slug: "incomplete-schema",
    title: "a schema with `external` names that nothing declares, so that no policy is validated",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &["incomplete_schema"],
    run: Run::Repository(look),
    page: include_str!("incomplete-schema.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    if context.schema().is_none_or(|schema| schema.is_complete()) {
        return;
    }
    let open = context.declared().iter().filter(|one| one.external);
    let count = repository.policies.len();
    let policies = plural(count, "policy is", "policies are");
    for one in open {
        let Some(file) = context.file(&one.file) else {
            continue;
        };
        found
            .file(
                file,
                one.span,
                format!("`{}` is declared `external`, so the schema does not say what it is: {count} {policies} not validated", one.full_name()),
            )
            .help("write the definition in place of the `external` declaration");
    }
}
