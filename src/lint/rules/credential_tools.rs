//! AZ323: one agent may read secrets, and run or send something.

use super::shared_powers::{Entries, Power, holders_of_all, is_one, unknown_types};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ323",
    slug: "credential-tools",
    title: "one agent may read secrets, and run or send something",
    level: LintLevel::Warning,
    evidence: &[Evidence::Schema, Evidence::Repository],
    fix: None,
    needs: &[Need::Schema, Need::Risks, Need::SecretResources],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("credential-tools.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let secrets = &context.options.secret_resources;
    unknown_types(context, secrets, found);
    let entries = Entries::of(context);
    let is_secret = |power: &Power| power.risk == "read" && is_one(secrets, &power.resource);
    let leads_out = |power: &Power| ["egress", "admin"].contains(&power.risk.as_str());
    for (agent, [secret, way]) in holders_of_all(repository, [&is_secret, &leads_out]) {
        let what = match way.risk.as_str() {
            "egress" => "send something out",
            _ => "run something",
        };
        let message = format!(
            "`{}` may read secrets ({}) and {what} ({})",
            agent.id,
            secret.say(),
            way.say()
        );
        if let Some(finding) = entries.finding(repository, found, (&agent, &way), message) {
            finding
                .help("let the tool use the secret without showing it, give the two to different agents, or ask for an approval of one of them")
                .key(format!("{agent}"));
        }
    }
}
