//! AZ211: a directory whose pattern `..` leads out of.

use super::shared_breadth::{granted, is_untested};
use super::shared_operand::{Kind, kind, named};
use super::shared_pattern::{Like, filled, likes, shown};
use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::{PatternPart, Variable};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ211",
    slug: "path-prefix-traversal",
    title: "a pattern of a directory that `..` leads out of",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("path-prefix-traversal.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let guards: Vec<&Policy<'_>> = repository
        .policies
        .iter()
        .filter(|policy| {
            policy.is_forbid()
                && is_untested(policy, Variable::Principal)
                && is_untested(policy, Variable::Resource)
                && likes(policy).iter().any(is_exclusion)
        })
        .collect();
    for policy in &repository.policies {
        let likes = likes(policy);
        for like in &likes {
            let Some(directory) = directory(like) else {
                continue;
            };
            let same = |other: &Like<'_>| is_exclusion(other) && other.operand.same(like.operand);
            let agent = policy.trust(like.operand) == Some(Trust::Agent);
            if !agent
                || likes.iter().any(same)
                || guards
                    .iter()
                    .any(|forbid| excludes(forbid, policy, like.operand))
            {
                continue;
            }
            report(policy, like, directory, found);
        }
    }
}

fn report(policy: &Policy<'_>, like: &Like<'_>, directory: &str, found: &mut Found<'_>) {
    let ups = directory.matches('/').count().max(1);
    let last = like.pattern.last();
    let end = match last {
        Some(PatternPart::Text(text)) => format!("secret{text}"),
        Some(PatternPart::Wildcard) | None => "etc/passwd".to_owned(),
    };
    let mut pattern: Vec<PatternPart> = like.pattern.to_vec();
    if let Some(PatternPart::Text(_)) = last {
        pattern.pop();
    }
    let way = filled(&pattern, "");
    let slash = if way.ends_with('/') { "" } else { "/" };
    let outside = format!("{way}{slash}{}{end}", "../".repeat(ups));
    let finding = found
        .policy(
            policy,
            like.term.span,
            format!(
                "`{}` matches `{outside}` too: {} may lead out of `{directory}`",
                shown(like.pattern),
                named(policy, like.operand)
            ),
        )
        .help("keep `..` out in the same condition, and let the tool resolve links before it asks");
    if policy.has_places() {
        let (whole, operand) = (policy.text(like.term.span), policy.text(like.operand.span));
        let fixed = format!("{whole} && !({operand} like \"*..*\")");
        finding.fix("keep `..` out", [(like.term.span, fixed)]);
    }
}

/// The directory that a pattern lets a request into, where what is compared is a path.
fn directory<'p>(like: &Like<'p>) -> Option<&'p str> {
    let [PatternPart::Text(text), rest @ ..] = like.pattern else {
        return None;
    };
    let open = rest
        .iter()
        .any(|part| matches!(part, PatternPart::Wildcard));
    let rooted = ["/", "./", "~/"].iter().any(|root| text.starts_with(root));
    let path = match text.split_once("://") {
        Some((scheme, _)) => scheme == "file",
        None => rooted || kind(like.operand) == Kind::Path || is_place(like.operand),
    };
    let slash = text.rfind('/')?;
    (like.opens == Some(true) && open && path && !text.contains(".."))
        .then(|| text.get(..=slash))
        .flatten()
}

/// Whether a name is one of those that paths have beside `path` and `file`.
fn is_place(operand: &Term) -> bool {
    let name = operand.path().and_then(|(_, path)| path.last().copied());
    let places = [
        "script",
        "src",
        "dst",
        "dest",
        "source",
        "destination",
        "output",
        "location",
    ];
    name.is_some_and(|name| places.contains(&name.to_lowercase().as_str()))
}

/// Whether a `like` keeps out what holds `..`.
fn is_exclusion(like: &Like<'_>) -> bool {
    like.opens == Some(false)
        && like
            .pattern
            .iter()
            .any(|part| matches!(part, PatternPart::Text(text) if text.contains("..")))
}

/// Whether a forbid keeps `..` out of a path wherever a policy lets it in.
fn excludes(forbid: &Policy<'_>, policy: &Policy<'_>, operand: &Term) -> bool {
    let demands = forbid.syntax.demands();
    let alone = demands.iter().all(|demand| {
        suffices(demand.term, demand.denied, operand)
            || (!demand.denied && matches!(demand.term.kind, TermKind::Has(..)))
    });
    let actions = forbid.actions();
    alone
        && granted(policy)
            .iter()
            .all(|action| actions.contains(action))
}

/// Whether it is enough for a condition to hold that a path has `..` in it.
fn suffices(term: &Term, denied: bool, operand: &Term) -> bool {
    match (&term.kind, denied) {
        (TermKind::Not(inner), _) => suffices(inner, !denied, operand),
        (TermKind::Or(parts), false) | (TermKind::And(parts), true) => {
            parts.iter().any(|part| suffices(part, denied, operand))
        }
        (TermKind::And(parts), false) | (TermKind::Or(parts), true) => {
            let ready = |part: &Term| !denied && matches!(part.kind, TermKind::Has(..));
            parts
                .iter()
                .all(|part| ready(part) || suffices(part, denied, operand))
        }
        (TermKind::Like(other, pattern), false) => {
            let dots =
                |part: &PatternPart| matches!(part, PatternPart::Text(text) if text.contains(".."));
            other.same(operand) && pattern.iter().any(dots)
        }
        _ => false,
    }
}
