//! AZ406: an entity type that nothing can come to.

use super::shared_schema::{place, split_name, used_types};
use crate::cedar::DeclaredKind;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ406",
    slug: "unused-entity-type",
    title: "an entity type that no request and no policy can come to",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unused-entity-type.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let Some(schema) = context.schema().filter(|schema| schema.is_complete()) else {
        return;
    };
    let used = used_types(repository, schema);
    for name in schema.entity_type_names() {
        let (space, base) = split_name(&name);
        if used.contains(&name) || base == "Action" {
            continue;
        }
        let Some((file, span)) = place(context, DeclaredKind::EntityType, space, base) else {
            continue;
        };
        found
            .file(
                file,
                span,
                format!("no action applies to `{name}`, no entity that is in use refers to it, and no policy names it"),
            )
            .key(name.as_ref())
            .help("remove it, or let the actions that are about it apply to it (`appliesTo`)");
    }
}
