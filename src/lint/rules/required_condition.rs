//! AZ324: a permit lacks a condition that the manifest requires for its actions.

use super::shared_entailment::{Forbids, demands_one};
use super::shared_manifest::fault;
use super::shared_reach::{all_names, names, places};
use crate::cedar::{Term, parse_term};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::{Context, Policy, Repository};
use crate::lint::found::Found;
use crate::model::{EntityRef, Span};
use crate::repository::{LintLevel, RequiredCondition, parse_action};
use crate::yaml::Spanned;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ324",
    slug: "required-condition",
    title: "a permit lacks a condition that the manifest requires for its actions",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy, Evidence::Schema],
    fix: None,
    needs: &[Need::Schema, Need::Required],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("required-condition.md"),
};

/// A rule of the manifest, read.
struct Rule<'r> {
    name: &'r str,
    actions: BTreeSet<EntityRef>,
    all_of: Vec<(&'r str, Term)>,
    any_of: Vec<(&'r str, Term)>,
    none_of: Vec<(&'r str, Term)>,
}

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let forbids = Forbids::of(repository);
    for required in &context.options.required {
        let Some(rule) = read(context, required, found) else {
            continue;
        };
        for policy in repository
            .policies
            .iter()
            .filter(|policy| !policy.is_forbid())
        {
            let mut actions = policy.live().to_vec();
            actions.retain(|action| rule.actions.contains(action));
            if !actions.is_empty() {
                judge(policy, &actions, &rule, &forbids, found);
            }
        }
    }
}

fn judge(
    policy: &Policy<'_>,
    actions: &[EntityRef],
    rule: &Rule<'_>,
    forbids: &Forbids<'_, '_>,
    found: &mut Found<'_>,
) {
    let lacks = |wanted: &[Term]| -> Vec<EntityRef> {
        if demands_one(policy, wanted) {
            return Vec::new();
        }
        let open = actions
            .iter()
            .filter(|action| !forbids.stop(policy, action, wanted));
        open.cloned().collect()
    };
    let mut missing: Vec<(String, Vec<EntityRef>)> = Vec::new();
    for (text, term) in &rule.all_of {
        missing.push((format!("`{text}`"), lacks(std::slice::from_ref(term))));
    }
    if !rule.any_of.is_empty() {
        let terms: Vec<Term> = rule.any_of.iter().map(|(_, term)| term.clone()).collect();
        let texts: Vec<String> = rule
            .any_of
            .iter()
            .map(|(text, _)| format!("`{text}`"))
            .collect();
        let what = match texts.len() {
            1 => texts.join(""),
            _ => format!("one of {}", texts.join(", ")),
        };
        missing.push((what, lacks(&terms)));
    }
    for (what, open) in missing {
        for (span, actions) in places(policy, &open) {
            let names = names(&actions);
            found
                .policy(policy, span, format!("{names}: `{}` requires {what}", rule.name))
                .help("demand it in the permit as it stands in the manifest, or in a forbid for these actions")
                .key(format!("{} {what} {}", rule.name, all_names(&actions)));
        }
    }
    for (text, unwanted) in &rule.none_of {
        if let Some(term) = policy.syntax.terms().find(|term| term.same(unwanted)) {
            found
                .policy(
                    policy,
                    term.span,
                    format!("{}: `{}` rules `{text}` out", names(actions), rule.name),
                )
                .help("write the condition in another way, or ask those who keep the rule")
                .key(format!("{} not {text}", rule.name));
        }
    }
}

/// Reads a rule; what cannot be used is a finding at its place. Nothing where it is about no action.
fn read<'r>(
    context: &Context<'r>,
    required: &'r RequiredCondition,
    found: &mut Found<'_>,
) -> Option<Rule<'r>> {
    let schema = context.schema()?;
    let mut actions = BTreeSet::new();
    for text in &required.actions {
        match parse_action(text, Some(schema))
            .map(|action| (schema.action(&action).is_some(), action))
        {
            Ok((true, action)) => {
                actions.extend(schema.members(&action));
                actions.insert(action);
            }
            Ok((false, _)) | Err(_) => {
                let message = format!(
                    "`{}` is about `{text}`, which is no action of the schema",
                    required.name
                );
                if let Some(finding) = fault(context, found, (text, Span::new(0, 0)), message) {
                    finding.help(
                        "name an action or a group of them: a rule about nothing requires nothing",
                    );
                }
            }
        }
    }
    for risk in &required.risks {
        let risk = match risk.as_str() {
            "external" => "egress",
            other => other,
        };
        let known = schema.actions().keys();
        actions.extend(
            known
                .filter(|action| context.risk(action) == Some(risk))
                .cloned(),
        );
    }
    let mut terms = |texts: &'r [Spanned<String>]| {
        let mut read = Vec::new();
        for text in texts {
            match parse_term(&text.value) {
                Ok(term) => read.push((text.value.as_str(), term)),
                Err(error) => {
                    let message = format!(
                        "`{}`: `{}` is no Cedar expression: {error}",
                        required.name, text.value
                    );
                    if let Some(finding) = fault(context, found, (&text.value, text.span), message)
                    {
                        finding
                            .help("write a condition, as it stands between the brackets of `when`");
                    }
                }
            }
        }
        read
    };
    Some(Rule {
        name: &required.name,
        all_of: terms(&required.all_of),
        any_of: terms(&required.any_of),
        none_of: terms(&required.none_of),
        actions,
    })
}
