//! AZ504: `in` on a list of one.

use super::shared_edits::{edit, fitted};
use super::shared_terms::{Binding, Keys, Known, gives_entity};
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::{EntityRef, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ504",
    slug: "singleton-in",
    title: "`in` on a list with one entity",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("singleton-in.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let mut keys = Keys::default();
    if let Some(part) = policy.syntax.scope_of(Variable::Action)
        && let Some(test) = part.test.as_ref().filter(|test| test.list && !test.equal)
        && let [(action, place)] = test.entities.as_slice()
        && policy.has_places()
    {
        let alone = is_alone(policy, action);
        let operator = if alone { "==" } else { "in" };
        let text = format!("action {operator} {}", policy.text(*place));
        let finding = found
            .policy(
                policy,
                part.span,
                format!("a list holds one action, `{action}`"),
            )
            .help(format!("write `{text}`"));
        keys.tell_apart(finding);
        if let Some(edit) = edit(policy, part.span, text.clone()) {
            finding.fix(format!("write `{text}`"), [edit]);
            // Entities that do not conform can put another action into it.
            if alone {
                finding.rests_on_schema(FixKind::Suggested);
            }
        }
    }
    for term in policy.syntax.terms() {
        let TermKind::Binary(BinaryOperator::In, sides) = &term.kind else {
            continue;
        };
        let [_, list] = sides.as_ref();
        let TermKind::Set(items) = &list.kind else {
            continue;
        };
        // What is no entity is another matter, and another lint's.
        let [item] = items.as_slice() else { continue };
        let Some(known) = gives_entity(policy, item) else {
            continue;
        };
        let text = fitted(policy, item, Binding::Sum);
        let finding = found
            .policy(policy, term.span, "a list holds one entity")
            .help("`in` takes the entity itself");
        keys.tell_apart(finding);
        if let Some(edit) = edit(policy, list.span, text.clone()) {
            finding.fix(format!("write `in {text}`"), [edit]);
            // Of a set of entities, which only a request that does not conform can bring, the list makes an error.
            if known == Known::BySchema {
                finding.rests_on_schema(FixKind::Repair);
            }
        }
    }
}

/// Whether the schema says that an action is no group, so that nothing but it is in it.
fn is_alone(policy: &Policy<'_>, action: &EntityRef) -> bool {
    let context = policy.context;
    context.schema().is_some_and(|schema| {
        schema.action(action).is_some()
            && !context.is_group(action)
            && schema.members(action).is_empty()
    })
}
