//! AZ124: a link that gives nobody what it is meant to give.

use super::shared_validator::{plain, quoted};
use crate::cedar::Link;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Context, Repository};
use crate::lint::found::Found;
use crate::model::{Diagnostic, EntityRef};
use crate::repository::{LintLevel, nearest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ124",
    slug: "bad-template-link",
    title: "a link to what does not exist or does not fit",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &["bad_link", "unknown_template"],
    run: Run::Repository(look),
    page: include_str!("bad-template-link.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    for fault in &context.version.diagnostics {
        let place = fault.path.as_deref().and_then(|path| context.file(path));
        if LINT.passes.contains(&fault.code)
            && let (Some(file), Some(span)) = (place, fault.span())
        {
            let help = fault.help.as_deref();
            found
                .file(file, span, fault.message.clone())
                .help(help.unwrap_or("write the entity as `Type::id`"));
        }
    }
    let mut known = BTreeMap::new();
    for link in &context.version.links {
        let Some(file) = context.file(&link.file) else {
            continue;
        };
        let of_link = context.version.diagnostics.iter().filter(|fault| {
            fault.path.as_deref() == Some(&*link.file)
                && fault.span() == Some(link.span)
                && !fault.is_blocking()
        });
        let mut refused = false;
        for fault in of_link {
            let (message, help) = of_validator(link, fault);
            found
                .file(file, link.span, message)
                .evidence(Evidence::Schema)
                .help(help)
                .key(format!("{} {}", link.id, fault.code));
            refused = true;
        }
        let filled = [("principal", &link.principal), ("resource", &link.resource)];
        for (slot, entity) in filled {
            let Some(entity) = entity.as_ref().filter(|_| !refused) else {
                continue;
            };
            let Some((meant, level)) = unknown(context, entity, &mut known) else {
                continue;
            };
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "name an entity that the repository has, or add this one".to_owned(),
            };
            found
                .file(
                    file,
                    link.span,
                    format!("the link `{}` fills `?{slot}` with `{entity}`, which is in no file of this repository", link.id),
                )
                .level(level)
                .help(help)
                .key(format!("{} {slot} {entity}", link.id));
        }
    }
}

/// What the validator says of a link.
fn of_validator(link: &Link, fault: &Diagnostic) -> (String, String) {
    let id = &link.id;
    let text = plain(&fault.message);
    match fault.code {
        "action_applies_to_nothing" => (
            format!(
                "with the entities of the link `{id}`, `{}` applies to no action",
                link.template
            ),
            fault.help.clone().unwrap_or_else(|| {
                "fill the slots with entities of types to which the template's actions apply"
                    .to_owned()
            }),
        ),
        "unknown_entity_type" => {
            let name = quoted(&text, "unrecognized entity type").unwrap_or_default();
            (
                format!(
                    "the link `{id}` names an entity of type `{name}`, which the schema does not have"
                ),
                fault
                    .help
                    .clone()
                    .unwrap_or_else(|| "name an entity of a type that the schema has".to_owned()),
            )
        }
        _ => (
            format!("the link `{id}` does not fit: {text}"),
            fault.help.clone().unwrap_or_else(|| {
                "fill the slots with entities that the schema takes there".to_owned()
            }),
        ),
    }
}

/// Whether the repository has other entities of a type, but not this one; with one that may be meant.
/// The entities of each type are looked up once.
fn unknown(
    context: &Context<'_>,
    entity: &EntityRef,
    known: &mut BTreeMap<Arc<str>, BTreeSet<EntityRef>>,
) -> Option<(Option<EntityRef>, LintLevel)> {
    let version = context.version;
    let of_inventory = *entity.ty == *version.manifest.agent_type && !version.agents.is_empty();
    let known = known
        .entry(entity.ty.clone())
        .or_insert_with(|| version.store.of_type(&entity.ty));
    if known.is_empty() || known.contains(entity) {
        return None;
    }
    let meant = nearest(&entity.id, known.iter().map(|known| known.id.as_ref()));
    let meant = meant.map(|id| EntityRef::new(entity.ty.clone(), id));
    let level = match of_inventory {
        true => LintLevel::Error,
        // Entities may come from elsewhere, too.
        false => LintLevel::Warning,
    };
    Some((meant, level))
}
