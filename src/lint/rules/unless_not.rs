//! AZ509: `unless` on a negation.

use super::shared_edits::{edit, fitted, short, written};
use super::shared_terms::Binding;
use crate::cedar::{BinaryOperator, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ509",
    slug: "unless-not",
    title: "`unless` on a negation is a `when`",
    level: LintLevel::Info,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("unless-not.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for clause in policy.syntax.clauses.iter().filter(|clause| clause.unless) {
        let text = match &clause.body.kind {
            // Another lint answers two of them.
            TermKind::Not(inner) => match &inner.kind {
                TermKind::Not(_) | TermKind::Binary(BinaryOperator::NotEq, _) => continue,
                _ => written(policy, inner),
            },
            TermKind::Binary(BinaryOperator::NotEq, sides) => {
                let [left, right] = sides
                    .each_ref()
                    .map(|side| fitted(policy, side, Binding::Sum));
                format!("{left} == {right}")
            }
            _ => continue,
        };
        let finding = found
            .policy(
                policy,
                clause.span,
                format!("`unless` and a negation say `when {{ {} }}`", short(&text)),
            )
            .help("say when the policy applies, without a negation");
        let edits = [
            edit(policy, clause.keyword, "when".to_owned()),
            edit(policy, clause.body.span, text.clone()),
        ];
        if let [Some(keyword), Some(body)] = edits {
            finding.fix(
                format!("write `when {{ {} }}`", short(&text)),
                [keyword, body],
            );
        }
    }
}
