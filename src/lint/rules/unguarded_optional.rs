//! AZ105: an optional attribute is read without asking whether it is there.

use super::shared_edit::{attribute, guarded, path_text};
use super::shared_validator::{read_at, said, skipped};
use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ105",
    slug: "unguarded-optional",
    title: "an optional attribute is read without asking whether it is there",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: Some(FixKind::Repair),
    needs: &[Need::Schema],
    passes: &["unguarded_attribute"],
    run: Run::Policy(look),
    page: include_str!("unguarded-optional.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for said in said(policy, LINT.passes) {
        let read = read_at(policy, &said);
        let asked = read.and_then(question);
        let effect = skipped(policy);
        let message = match read {
            Some(read) => format!(
                "`{}` is optional, and nothing asks whether it is there: without it, {effect}",
                path_text(read).unwrap_or_else(|| policy.text(read.span).to_owned())
            ),
            None => format!("{}: without it, {effect}", said.message()),
        };
        let help = match &asked {
            Some(asked) => format!("ask first: `{asked} && …`"),
            None => said
                .help()
                .unwrap_or_else(|| "ask first with `has`".to_owned()),
        };
        let finding = found.policy(policy, said.span, message).help(help);
        if let (Some(read), Some(asked)) = (read, asked)
            && let Some(edits) = guarded(policy, read, &asked)
        {
            finding.fix(format!("ask first whether `{asked}`"), edits);
        }
    }
}

/// What has to hold for the attribute to be there.
fn question(read: &Term) -> Option<String> {
    let TermKind::Get(of, name) = &read.kind else {
        return None;
    };
    let of = path_text(of)?;
    Some(format!("{of} has {}", attribute(name)))
}
