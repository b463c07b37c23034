//! AZ322: a permit that sends something out, to wherever the agent likes.

use super::shared_claims::{attribute, is_clock};
use super::shared_entailment::{Forbids, demands_one};
use super::shared_reach::{Reach, all_names, live_risky, names, places, reach};
use crate::cedar::Term;
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Type, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ322",
    slug: "open-egress",
    title: "an agent may send something out to any destination",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("open-egress.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let forbids = Forbids::of(repository);
    let approvals = repository.context.approvals();
    let approvers: Vec<Vec<&str>> = approvals
        .iter()
        .flat_map(Term::paths)
        .filter(|(variable, _)| *variable == Variable::Context)
        .map(|(_, path)| path)
        .collect();
    for policy in repository
        .policies
        .iter()
        .filter(|policy| !policy.is_forbid())
    {
        let level = match reach(policy) {
            Reach::One => continue,
            Reach::Part | Reach::Whole => LintLevel::Info,
            Reach::Any => LintLevel::Warning,
        };
        if demands_one(policy, approvals) {
            continue;
        }
        let mut open = live_risky(policy, &["egress"]);
        open.retain(|action| {
            let asked = |policy: &Policy<'_>| asks_where(policy, action, &approvers);
            !asked(policy)
                && !forbids.covering(policy, action).any(asked)
                && !forbids.stop(policy, action, approvals)
        });
        for (span, actions) in places(policy, &open) {
            let names = names(&actions);
            found
                .policy(policy, span, format!("{names}: nothing bounds where this goes"))
                .help("compare the recipient, host or path with those that are wanted, or name the one resource in the scope")
                .level(level)
                .key(all_names(&actions));
        }
    }
}

/// Whether a policy asks something about a destination: a text, a set or an entity of the context that is not the approver,
/// or an attribute of the resource. A flag, a number and the time say nothing of it.
fn asks_where(policy: &Policy<'_>, action: &EntityRef, approvers: &[Vec<&str>]) -> bool {
    let context = policy.context;
    policy.syntax.demands().iter().any(|demand| {
        demand
            .term
            .paths()
            .iter()
            .any(|(variable, path)| match variable {
                Variable::Resource => !path.is_empty(),
                Variable::Context => {
                    let is_approver = approvers.iter().any(|approver| approver == path)
                        || path.first().is_some_and(|name| name.starts_with("approve"));
                    let may_be_place = match attribute(context, action, path).map(|found| found.ty)
                    {
                        Some(
                            Type::Bool
                            | Type::Long
                            | Type::Decimal
                            | Type::Datetime
                            | Type::Duration,
                        ) => false,
                        Some(
                            Type::String
                            | Type::IpAddr
                            | Type::Entity(_)
                            | Type::Set(_)
                            | Type::Record(_),
                        )
                        | None => true,
                    };
                    !is_approver && may_be_place && !is_clock(context, action, path)
                }
                Variable::Principal | Variable::Action => false,
            })
    })
}
