//! AZ409: a common type that nothing uses.

use super::shared_schema::used_common_types;
use crate::cedar::DeclaredKind;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ409",
    slug: "unused-common-type",
    title: "a common type that no entity type and no action uses",
    level: LintLevel::Info,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unused-common-type.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let used = used_common_types(context);
    for declared in context.declared() {
        let key = (declared.namespace.clone(), declared.name.clone());
        let Some(file) = context.file(&declared.file) else {
            continue;
        };
        if declared.kind == DeclaredKind::CommonType && !used.contains(&key) {
            let name = declared.full_name();
            found
                .file(
                    file,
                    declared.span,
                    format!("no entity type and no action uses the type `{name}`"),
                )
                .key(name)
                .help("remove it, or use it where the same type is written out");
        }
    }
}
