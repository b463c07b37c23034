//! AZ106: a tag is read without asking whether it is there.

use super::shared_edit::{guarded, path_text};
use super::shared_normal::constant;
use super::shared_validator::{said, skipped, term_at};
use crate::cedar::{BinaryOperator, Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ106",
    slug: "unguarded-tag",
    title: "a tag is read without asking whether it is there",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: Some(FixKind::Repair),
    needs: &[Need::Schema],
    passes: &["unguarded_tag"],
    run: Run::Policy(look),
    page: include_str!("unguarded-tag.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for said in said(policy, LINT.passes) {
        let read = term_at(policy, said.span);
        let asked = read.and_then(question);
        let effect = skipped(policy);
        let help = match &asked {
            Some(asked) => format!("ask first: `{asked} && …`"),
            None => said
                .help()
                .unwrap_or_else(|| "ask first with `.hasTag(…)`".to_owned()),
        };
        let finding = found
            .policy(
                policy,
                said.span,
                format!("no entity must have a tag, and nothing asks whether this one is there: without it, {effect}"),
            )
            .help(help);
        if let (Some(read), Some(asked)) = (read, asked)
            && let Some(edits) = guarded(policy, read, &asked)
        {
            finding.fix(format!("ask first whether `{asked}`"), edits);
        }
    }
}

/// What has to hold for the tag to be there.
fn question(read: &Term) -> Option<String> {
    let TermKind::Binary(BinaryOperator::GetTag, sides) = &read.kind else {
        return None;
    };
    let [of, tag] = sides.as_ref();
    let of = path_text(of)?;
    let tag = match constant(tag) {
        Some(tag) => tag.to_string(),
        None => path_text(tag)?,
    };
    Some(format!("{of}.hasTag({tag})"))
}
