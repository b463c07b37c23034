//! AZ107: a type, an action or an entity that the schema does not have.

use super::shared_validator::{Said, quoted, said};
use crate::cedar::{Schema, parse_entity_ref};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Span};
use crate::repository::{LintLevel, nearest};

pub(super) static LINT: Lint = Lint {
    code: "AZ107",
    slug: "unknown-name",
    title: "a type, action or listed entity that the schema does not have",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &[
        "unknown_entity_type",
        "unknown_action",
        "unknown_enum_entity",
    ],
    run: Run::Policy(look),
    page: include_str!("unknown-name.md"),
};

/// A name that is not known, and the one that may be meant.
struct Unknown {
    message: String,
    written: String,
    meant: Option<String>,
}

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let Some(schema) = policy.context.schema() else {
        return;
    };
    for said in said(policy, LINT.passes) {
        let marked = policy.text(said.span);
        let unknown = match said.code {
            "unknown_entity_type" => unknown_type(&said, schema),
            "unknown_action" => unknown_action(&said, marked, schema),
            _ => unknown_choice(marked, schema),
        };
        let Some(unknown) = unknown else {
            let help = said.help().unwrap_or_else(|| HELP.to_owned());
            found.policy(policy, said.span, said.message()).help(help);
            continue;
        };
        let effect = match policy.is_forbid() {
            true => "what it is meant to forbid is not forbidden",
            false => "what it is meant to permit is not permitted",
        };
        let finding = found.policy(policy, said.span, format!("{}: {effect}", unknown.message));
        let Some(meant) = unknown.meant else {
            finding.help(HELP);
            continue;
        };
        finding.help(format!("did you mean `{meant}`?"));
        if let Some(span) = only(marked, said.span, &unknown.written) {
            finding.fix(format!("write `{meant}`"), [(span, meant)]);
        }
    }
}

const HELP: &str = "declare it in the schema, or name what is there";

fn unknown_type(said: &Said<'_>, schema: &Schema) -> Option<Unknown> {
    let message = said.message();
    let name = quoted(&message, "unrecognized entity type")?;
    let known = schema.entity_type_names();
    let base = |name: &str| name.rsplit("::").next().unwrap_or(name).to_lowercase();
    let mut alike = known.iter().filter(|other| base(other) == base(name));
    let meant = match (alike.next(), alike.next()) {
        (Some(other), None) => Some(other.to_string()),
        _ => nearest(name, known.iter().map(AsRef::as_ref)).map(str::to_owned),
    };
    Some(Unknown {
        message: format!("the schema has no entity type `{name}`"),
        written: name.to_owned(),
        meant,
    })
}

fn unknown_action(said: &Said<'_>, marked: &str, schema: &Schema) -> Option<Unknown> {
    let message = said.message();
    let (_, rest) = message.split_once("unrecognized action `")?;
    let named = parse_entity_ref(rest.strip_suffix('`')?).ok()?;
    let meant = schema.action_named(&named.id).or_else(|| {
        let known = schema.actions().keys().map(|action| action.id.as_ref());
        schema.action_named(nearest(&named.id, known)?)
    });
    let whole = parse_entity_ref(marked).is_ok_and(|marked| marked == named);
    Some(Unknown {
        message: format!("the schema has no action `{named}`"),
        written: if whole {
            marked.to_owned()
        } else {
            named.to_string()
        },
        meant: meant.map(|meant| meant.to_string()),
    })
}

fn unknown_choice(marked: &str, schema: &Schema) -> Option<Unknown> {
    let named = parse_entity_ref(marked).ok()?;
    let choices = schema.choices(&named.ty)?;
    let meant = nearest(&named.id, choices.iter().map(AsRef::as_ref));
    let meant = meant.map(|id| EntityRef::new(named.ty.clone(), id));
    Some(Unknown {
        message: format!(
            "the schema lists all entities of type `{}`, and `{named}` is none of them",
            named.ty
        ),
        written: marked.to_owned(),
        meant: meant.map(|meant| meant.to_string()),
    })
}

/// The place of a name that stands once in a marked text.
fn only(marked: &str, span: Span, name: &str) -> Option<Span> {
    let at = marked.find(name)?;
    let again = marked.get(at + name.len()..)?.contains(name);
    (!again).then(|| Span::new(span.start + at, name.len()))
}
