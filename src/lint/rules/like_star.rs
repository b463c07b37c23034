//! AZ205: a pattern that matches every text.

use super::shared_entailment::matches_every;
use super::shared_operand::named;
use super::shared_pattern::shown;
use crate::cedar::TermKind;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ205",
    slug: "like-star",
    title: "a pattern of `*` alone matches every text",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("like-star.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    let demands = policy.syntax.demands();
    for term in policy.syntax.terms() {
        let TermKind::Like(operand, pattern) = &term.kind else {
            continue;
        };
        if !matches_every(pattern) {
            continue;
        }
        let never = demands
            .iter()
            .any(|demand| demand.denied && demand.term.span == term.span);
        let effect = match (never && policy.has_places(), policy.is_forbid()) {
            (true, true) => "so this never forbids anything",
            (true, false) => "so this never permits anything",
            (false, _) => "so it keeps nothing out",
        };
        let (operand, pattern) = (named(policy, operand), shown(pattern));
        let finding = found
            .policy(
                policy,
                term.span,
                format!("`like \"{pattern}\"` holds for every text that {operand} can be, {effect}"),
            )
            .help("say which texts are meant, as in `like \"docs/*\"`; to ask whether there is one at all, write `context has …`");
        if !policy.has_places() {
            continue;
        }
        let edit = match conjunct(&policy.file.text, term.span) {
            Some(span) => (span, String::new()),
            None => (term.span, "true".to_owned()),
        };
        let title = match edit.1.is_empty() {
            true => "remove the comparison",
            false => "write `true`, which is what it means",
        };
        finding.fix(title, [edit]);
    }
}

/// The place of an operand of `&&` with the operator; nothing where there is none beside it.
fn conjunct(text: &str, span: Span) -> Option<Span> {
    let after = text.get(span.end()..)?;
    let spaces = after.len() - after.trim_start().len();
    if let Some(rest) = after.trim_start().strip_prefix("&&") {
        let more = rest.len() - rest.trim_start().len();
        return Some(Span::new(span.start, span.len + spaces + 2 + more));
    }
    let before = text.get(..span.start)?;
    let rest = before.trim_end().strip_suffix("&&")?.trim_end();
    let line = rest.rsplit('\n').next().unwrap_or_default();
    // A comment there would swallow what follows.
    (!line.contains("//")).then(|| Span::new(rest.len(), span.end() - rest.len()))
}
