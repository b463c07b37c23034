//! AZ108: an attribute that the schema does not have.

use super::shared_edit::attribute;
use super::shared_validator::{Said, quoted, read_at, said, skipped};
use super::shared_words::{names, plural};
use crate::cedar::TermKind;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Need, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ108",
    slug: "unknown-attribute",
    title: "an attribute that the schema does not have",
    level: LintLevel::Error,
    evidence: &[Evidence::Schema],
    fix: Some(FixKind::Suggested),
    needs: &[Need::Schema],
    passes: &["unknown_attribute", "no_tags"],
    run: Run::Policy(look),
    page: include_str!("unknown-attribute.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for said in said(policy, LINT.passes) {
        let effect = skipped(policy);
        if said.code == "no_tags" {
            let message = format!("the schema gives these entities no tags: {effect}");
            found
                .policy(policy, said.span, message)
                .help("declare `tags String` on the entity type, or read an attribute");
            continue;
        }
        let text = policy.text(said.span);
        let text = match text.is_empty() {
            true => said.message(),
            false => format!("`{text}`"),
        };
        let (message, missing) = match lacking(&said) {
            Some((place, count)) => (format!("{text} is not there {place}: {effect}"), count),
            None => (format!("{text} is not in the schema: {effect}"), 0),
        };
        let help = said.help();
        let meant = help
            .as_deref()
            .and_then(|help| quoted(help, "did you mean"));
        let meant = meant.map(str::to_owned);
        let finding = found.policy(policy, said.span, message).help(match &meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if missing > 0 && missing < policy.actions().len() => {
                "leave the actions that lack it out of the scope, or ask first with `has`"
                    .to_owned()
            }
            None => "declare it in the schema, or read what is there".to_owned(),
        });
        if let Some(meant) = meant
            && attribute(&meant) == meant
            && let Some(span) = name_of(policy, &said)
        {
            finding.fix(format!("read `{meant}`"), [(span, meant)]);
        }
    }
}

/// Where the attribute lacks, and in how many places.
fn lacking(said: &Said<'_>) -> Option<(String, usize)> {
    let of = |words: &str| -> BTreeSet<String> {
        let places = said.all.iter().filter_map(|diagnostic| {
            let (_, rest) = diagnostic.message.split_once(words)?;
            let name = rest.strip_suffix(" not found")?;
            Some(name.trim_matches('`').to_owned())
        });
        places.collect()
    };
    let actions = of(" in context for ");
    if !actions.is_empty() {
        let count = actions.len();
        return Some((format!("in the context of {}", names(actions)), count));
    }
    let types = of(" on entity type ");
    let word = plural(types.len(), "entities of type", "entities of the types");
    (!types.is_empty()).then(|| (format!("on {word} {}", names(types)), 0))
}

/// The place of the name of the attribute that is read, where it stands once in what is marked.
fn name_of(policy: &Policy<'_>, said: &Said<'_>) -> Option<Span> {
    let TermKind::Get(_, name) = &read_at(policy, said)?.kind else {
        return None;
    };
    let text = policy.text(said.span);
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut places = text.match_indices(name.as_ref()).filter(|(at, found)| {
        let before = text
            .get(..*at)
            .and_then(|before| before.chars().next_back());
        let after = text
            .get(at + found.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(word) && !after.is_some_and(word)
    });
    let (at, found) = places.next().filter(|_| places.next().is_none())?;
    Some(Span::new(said.span.start + at, found.len()))
}
