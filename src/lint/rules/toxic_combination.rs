//! AZ320: one agent reads private data and text of strangers, and may send something out.

use super::shared_powers::{Entries, Power, holders_of_all, is_one, unknown_types};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ320",
    slug: "toxic-combination",
    title: "one agent may read private data, read what strangers wrote, and send something out",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema, Evidence::Repository],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::DataClasses],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("toxic-combination.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let options = context.options;
    unknown_types(context, &options.private_resources, found);
    unknown_types(context, &options.untrusted_resources, found);
    let entries = Entries::of(context);
    let is_private =
        |power: &Power| power.risk == "read" && is_one(&options.private_resources, &power.resource);
    // To fetch a page is to send its address and to read its text.
    let is_untrusted = |power: &Power| {
        ["read", "egress"].contains(&power.risk.as_str())
            && is_one(&options.untrusted_resources, &power.resource)
    };
    let sends = |power: &Power| power.risk == "egress";
    let found_all = holders_of_all(repository, [&is_private, &is_untrusted, &sends]);
    for (agent, [private, untrusted, out]) in found_all {
        let message = format!(
            "`{}` may read private data ({}), read what strangers wrote ({}) and send something out ({})",
            agent.id,
            private.say(),
            untrusted.say(),
            out.say()
        );
        if let Some(finding) = entries.finding(repository, found, (&agent, &out), message) {
            finding
                .help("take one of the three away, split the agent in two, or forbid what sends once the session has read text of strangers (`when { context.tainted }`)")
                .key(format!("{agent}"));
        }
    }
}
