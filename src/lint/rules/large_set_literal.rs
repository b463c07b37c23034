//! AZ702: a list that belongs into data.

use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ702",
    slug: "large-set-literal",
    title: "a long list in a policy",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("large-set-literal.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let most = policy.context.options.max_set;
    // A permit lists its actions for a reason: what is put into a group later would be permitted, too (AZ314).
    let scope = policy.syntax.scope.iter().filter(|_| policy.is_forbid());
    for part in scope {
        let Some(test) = part.test.as_ref().filter(|test| test.entities.len() > most) else {
            continue;
        };
        let count = test.entities.len();
        found
            .policy(policy, test.span, format!("this list names {count} actions, and at most {most} are asked for"))
            .help("declare a group of actions in the schema, `action x in [group]`, and write `action in Action::\"group\"`");
    }
    for term in policy.syntax.terms() {
        let TermKind::Set(items) = &term.kind else {
            continue;
        };
        if items.len() <= most || !items.iter().all(Term::is_constant) {
            continue;
        }
        let (what, help) = match items.first().and_then(Term::as_entity) {
            Some(_) => (
                "entities",
                "put them into a group among the entities, and ask with `in`: membership is looked up, and changes without a change of policy",
            ),
            None => (
                "values",
                "keep them as an attribute of an entity, as `resource.allowed_hosts`, or let the entities say it, as by a tag or a group",
            ),
        };
        let count = items.len();
        found
            .policy(
                policy,
                term.span,
                format!("this set holds {count} {what}, and at most {most} are asked for"),
            )
            .help(help);
    }
}
