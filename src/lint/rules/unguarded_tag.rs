//! AZ106: a tag is read without asking whether it is there.

use super::shared_edit::{guarded, path_text};
use super::shared_normal::{binary, constant};
use super::shared_validator::{said, skipped, term_at};
use super::shared_within::is_known;
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
        let known = read
            .zip(asked.as_ref())
            .is_some_and(|(read, (condition, _))| is_known(&policy.syntax, read, condition));
        let effect = skipped(policy);
        let message = match known {
            false => format!(
                "no entity must have a tag, and nothing asks whether this one is there: without it, {effect}"
            ),
            true => "no entity must have a tag, and Cedar's validator does not see that this one is there: it refuses the policy".to_owned(),
        };
        let help = match &asked {
            Some((_, asked)) => format!("ask first: `{asked} && …`"),
            None => said
                .help()
                .unwrap_or_else(|| "ask first with `.hasTag(…)`".to_owned()),
        };
        let finding = found.policy(policy, said.span, message).help(help);
        if let (Some(read), Some((_, asked)), false) = (read, asked, known)
            && let Some(edits) = guarded(policy, read, &asked)
        {
            finding.fix(format!("ask first whether `{asked}`"), edits);
        }
    }
}

/// What has to hold for the tag to be there, and how it is written.
fn question(read: &Term) -> Option<(Term, String)> {
    let TermKind::Binary(BinaryOperator::GetTag, sides) = &read.kind else {
        return None;
    };
    let [of, tag] = sides.as_ref();
    let written = match constant(tag) {
        Some(tag) => tag.to_string(),
        None => path_text(tag)?,
    };
    let written = format!("{}.hasTag({written})", path_text(of)?);
    let condition = binary(BinaryOperator::HasTag, of.clone(), tag.clone());
    Some((condition, written))
}
