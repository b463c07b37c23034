//! AZ410: a name of the schema that hides another one. Cedar's schema parser finds it.

use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ410",
    slug: "schema-shadowing",
    title: "a name of the schema that hides another one",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema],
    fix: None,
    needs: &[Need::Schema],
    passes: &["schema_warning"],
    run: Run::Repository(look),
    page: include_str!("schema-shadowing.md"),
};

/// The warnings of the schema parser, each with a way out, which it does not name.
fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let version = repository.context.version;
    let warnings = version
        .diagnostics
        .iter()
        .filter(|found| found.code == "schema_warning");
    for warning in warnings {
        let place = warning.path.as_deref().zip(warning.span());
        let Some((file, span)) =
            place.and_then(|(path, span)| Some((version.sources.get(path)?, span)))
        else {
            continue;
        };
        let name = file.slice(span);
        let of_cedar = warning.message.contains("builtin");
        let message = match of_cedar {
            true => {
                format!("`{name}` hides what Cedar calls so; from here on it is `__cedar::{name}`")
            }
            false => format!(
                "an entity type and a common type are called `{name}`, and the common type hides the entity type"
            ),
        };
        let finding = found.file(file, span, message);
        finding
            .help("give it another name: two readers of the schema would take it for two things");
        for other in warning.labels.iter().skip(1) {
            finding.label(other.span, "and this is called so, too");
        }
    }
}
