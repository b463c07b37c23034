//! AZ211: a directory whose pattern `..` leads out of.

use super::shared_keeper::Keeper;
use super::shared_operand::{Kind, kind, named};
use super::shared_pattern::{Like, filled, likes, shown};
use crate::cedar::Term;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::PatternPart;
use crate::repository::{Derivation, LintLevel};

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
    let keeper = Keeper::of(repository, is_exclusion);
    for policy in &repository.policies {
        let likes = likes(policy);
        for like in &likes {
            let Some(directory) = directory(like) else {
                continue;
            };
            let same = |other: &Like<'_>| is_exclusion(other) && other.operand.same(like.operand);
            let agent = policy.trust(like.operand) == Some(Trust::Agent);
            // What the mapping folds has no `..` behind its beginning.
            let folded = policy.is_derived(like.operand, &[Derivation::Path, Derivation::UrlPath]);
            if !agent
                || folded
                || likes.iter().any(same)
                || keeper.keeps(policy, like.operand, &has_dots)
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
    like.opens == Some(false) && like.pattern.iter().any(has_dots)
}

fn has_dots(part: &PatternPart) -> bool {
    matches!(part, PatternPart::Text(text) if text.contains(".."))
}
