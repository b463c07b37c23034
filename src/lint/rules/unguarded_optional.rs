//! AZ105: an optional attribute is read without asking whether it is there.

use super::shared_edit::{attribute, guarded, path_text};
use super::shared_normal::unplaced;
use super::shared_validator::{read_at, said, skipped};
use super::shared_within::is_known;
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
        let known = read
            .zip(asked.as_ref())
            .is_some_and(|(read, (condition, _))| is_known(&policy.syntax, read, condition));
        let effect = skipped(policy);
        let what = match read.and_then(path_text) {
            Some(read) => format!("`{read}` is optional"),
            None => said.message(),
        };
        let message = match known {
            false => format!("{what}, and nothing asks whether it is there: without it, {effect}"),
            true => format!(
                "{what}, and Cedar's validator does not see that it is there: it refuses the policy"
            ),
        };
        let help = match &asked {
            Some((_, asked)) => format!("ask first: `{asked} && …`"),
            None => said
                .help()
                .unwrap_or_else(|| "ask first with `has`".to_owned()),
        };
        let finding = found.policy(policy, said.span, message).help(help);
        if let (Some(read), Some((_, asked)), false) = (read, asked, known)
            && let Some(edits) = guarded(policy, read, &asked)
        {
            finding.fix(format!("ask first whether `{asked}`"), edits);
        }
    }
}

/// What has to hold for the attribute to be there, and how it is written.
fn question(read: &Term) -> Option<(Term, String)> {
    let TermKind::Get(of, name) = &read.kind else {
        return None;
    };
    let condition = unplaced(TermKind::Has(of.clone(), vec![name.clone()]));
    let written = format!("{} has {}", path_text(of)?, attribute(name));
    Some((condition, written))
}
