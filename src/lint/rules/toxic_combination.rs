//! AZ320: one agent reads private data and text of strangers, and may send something out.

use super::shared_powers::{Entries, Power, is_one, powers, unknown_types};
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
    for (agent, powers) in powers(repository) {
        let first = |wanted: &dyn Fn(&Power) -> bool| powers.iter().find(|power| wanted(power));
        let private = first(&|power| {
            power.risk == "read" && is_one(&options.private_resources, &power.resource)
        });
        // To fetch a page is to send its address and to read its text.
        let untrusted = first(&|power| {
            ["read", "egress"].contains(&power.risk.as_str())
                && is_one(&options.untrusted_resources, &power.resource)
        });
        let out = first(&|power| power.risk == "egress");
        let (Some(private), Some(untrusted), Some(out)) = (private, untrusted, out) else {
            continue;
        };
        let message = format!(
            "`{}` may read private data ({}), read what strangers wrote ({}) and send something out ({})",
            agent.id,
            private.say(),
            untrusted.say(),
            out.say()
        );
        if let Some(finding) = entries.finding(repository, found, (&agent, out), message) {
            finding
                .help("take one of the three away, split the agent in two, or forbid what sends once the session has read text of strangers (`when { context.tainted }`)")
                .key(format!("{agent}"));
        }
    }
}
