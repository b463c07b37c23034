//! AZ301: a permit of something that cannot be taken back, without any condition.

use super::shared_entailment::conditions;
use super::shared_reach::{Reach, all_names, live_risky, names, places, reach};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ301",
    slug: "destructive-unconditional",
    title: "a permit of a destructive, money or admin action asks nothing of the moment",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Risks],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("destructive-unconditional.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    if policy.is_forbid() || !conditions(policy).is_empty() {
        return;
    }
    for risk in ["destructive", "money", "admin"] {
        let actions = live_risky(policy, &[risk]);
        for (span, actions) in places(policy, &actions) {
            let (on, level) = match (reach(policy), risk) {
                (Reach::One, "destructive") => ("one resource", LintLevel::Info),
                (Reach::Part, "destructive") => ("a part of a larger group", LintLevel::Info),
                (Reach::One, _) => ("one resource", LintLevel::Error),
                (Reach::Part | Reach::Whole, _) => ("everything in its scope", LintLevel::Error),
                (Reach::Any, _) => ("every resource", LintLevel::Error),
            };
            let names = names(&actions);
            let way = match risk {
                "money" => "bound the amount, ask for an approval, or do both",
                "admin" => "ask for an approval, and name what may be done",
                _ => "ask for an approval, or for something about the resource that says it can go",
            };
            found
                .policy(
                    policy,
                    span,
                    format!("this permits {names} (`{risk}`) on {on} without any condition"),
                )
                .help(format!("one wrong call is enough: {way}"))
                .level(level)
                .key(format!("{risk} {}", all_names(&actions)));
        }
    }
}
