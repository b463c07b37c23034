//! AZ319: an agent may move money without a bound, or above the one that was set.

use super::shared_amounts::{Amount, own_limit, path_of, units_of};
use super::shared_bounds::bound;
use super::shared_entailment::{Forbids, demands_one};
use super::shared_manifest::fault;
use super::shared_reach::{live_risky, places};
use crate::cedar::Term;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span, Type};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ319",
    slug: "unbounded-amount",
    title: "an agent may move money without a bound on the amount, or above the bound that was set",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::Amounts],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unbounded-amount.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    of_manifest(context, found);
    let forbids = Forbids::of(repository);
    let approvals = context.approvals();
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        if demands_one(policy, approvals) {
            continue;
        }
        for action in live_risky(policy, &["money"]) {
            if forbids.stop(policy, &action, approvals) {
                continue;
            }
            of_action(policy, &action, &forbids, approvals, found);
        }
    }
}

fn of_action(
    policy: &Policy<'_>,
    action: &EntityRef,
    forbids: &Forbids<'_, '_>,
    approvals: &[Term],
    found: &mut Found<'_>,
) {
    let context = policy.context;
    let name = &action.id;
    let own = policy.parsed.span;
    for amount in Amount::of(context, action) {
        let place = || {
            let place = places(policy, std::slice::from_ref(action));
            place.into_keys().next().unwrap_or(policy.syntax.head)
        };
        let path = amount.name();
        let Some(highest) = bound(policy, action, &amount, forbids, approvals) else {
            let example = match amount.ty {
                Type::Decimal => format!("{path}.lessThanOrEqual(decimal(\"100.0\"))"),
                _ => format!("{path} <= 100"),
            };
            found
                .policy(policy, place(), format!("`{name}` is permitted with any `{path}`"))
                .help(format!("bound it, as in `{example}`, or compare it with a limit that the resource holds"))
                .key(format!("{name} {path}"));
            continue;
        };
        let (Some(limit), Some(text)) = (own_limit(context), &context.options.amount_bound) else {
            continue;
        };
        if highest.is_within(limit) {
            continue;
        }
        // The bound may stand in a forbid of another file.
        let here = own.start <= highest.span.start && highest.span.end() <= own.end();
        let span =
            match here && policy.has_places() && policy.text(highest.span).contains(last(&path)) {
                true => highest.span,
                false => place(),
            };
        found
            .policy(
                policy,
                span,
                format!("`{name}` is permitted with `{path}` above {text}, the bound that the manifest sets"),
            )
            .help("lower it, or demand an approval for what is above (`lint.options.approval`)")
            .key(format!("{name} {path} above"));
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// What the manifest says of amounts, and cannot be used.
fn of_manifest(context: &Context<'_>, found: &mut Found<'_>) {
    let nowhere = Span::new(0, 0);
    let options = context.options;
    let schema = context.schema();
    for text in &options.amounts {
        let actions = schema
            .into_iter()
            .flat_map(|schema| schema.actions().keys());
        let known = path_of(text).is_some_and(|path| {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            actions
                .into_iter()
                .any(|action| super::shared_claims::attribute(context, action, &names).is_some())
        });
        if !known
            && let Some(finding) = fault(
                context,
                found,
                (text, nowhere),
                format!("no action has an amount at `{text}`"),
            )
        {
            finding
                .help("write the path of an attribute of the context, as `context.input.amount`");
        }
    }
    if let Some(text) = options
        .amount_bound
        .as_deref()
        .filter(|text| units_of(text).is_none())
        && let Some(finding) = fault(
            context,
            found,
            (text, nowhere),
            format!("`{text}` is no amount"),
        )
    {
        finding.help("write a number with at most four decimals, as `500` or `99.50`");
    }
}
