//! AZ411: files and ids that are named so that a policy is not found where it is looked for.

use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static LINT: Lint = Lint {
    code: "AZ411",
    slug: "file-layout",
    title: "a policy that is not found where its name says",
    level: LintLevel::Info,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("file-layout.md"),
};

/// From so many ids on they have a way of being written.
const ENOUGH: usize = 5;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let mut files: BTreeMap<&str, &Policy<'_>> = BTreeMap::new();
    for policy in &repository.policies {
        files.entry(&policy.file.path).or_insert(policy);
    }
    for (path, first) in &files {
        let (_, name) = split(path);
        let odd = name.chars().find(|letter| {
            !letter.is_ascii_lowercase() && !letter.is_ascii_digit() && !"-_.".contains(*letter)
        });
        if odd.is_some() {
            let (line, _) = first
                .file
                .text
                .split_once('\n')
                .unwrap_or((&first.file.text, ""));
            found
                .file(
                    first.file,
                    Span::new(0, line.trim_end().len().max(1)),
                    format!("the file's name, `{name}`, is not in small letters without spaces"),
                )
                .key("name")
                .help("rename it, as `refunds-small.cedar`: such names are the same on every system, in patterns and in CODEOWNERS");
        }
    }
    let paths: BTreeSet<&str> = files.keys().copied().collect();
    let style = usual_style(&repository.policies);
    for policy in &repository.policies {
        let Some(id) = policy
            .parsed
            .annotations
            .get("id")
            .filter(|id| !id.is_empty())
        else {
            continue;
        };
        let annotations = &policy.syntax.annotations;
        let place = annotations
            .iter()
            .find(|said| *said.key == *"id")
            .map(|said| said.span);
        let place = place.unwrap_or(policy.syntax.effect);
        if let Some(other) = home(policy, id, &paths) {
            found
                .policy(
                    policy,
                    place,
                    format!("`{id}` is not in `{other}`, where its name says it is"),
                )
                .key(format!("home {id}"))
                .help(format!(
                    "move it to `{other}`, or give it a name that does not begin with that file's"
                ));
        } else if let (Some(usual), Some(own)) = (style, style_of(id))
            && usual != own
        {
            let example = usual.example();
            found
                .policy(
                    policy,
                    place,
                    format!(
                        "`{id}` is not written as the other ids are, in the way of `{example}`"
                    ),
                )
                .key(format!("style {id}"))
                .help("rename it, and the tests and approvals that name it");
        }
    }
}

/// The directory and the name of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The other file that is named as an id begins, in the same directory.
fn home<'p>(policy: &Policy<'_>, id: &str, paths: &BTreeSet<&'p str>) -> Option<&'p str> {
    let (directory, name) = split(&policy.file.path);
    let begins = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default();
        let rest = id.strip_prefix(stem).filter(|_| !stem.is_empty())?;
        rest.starts_with(['-', '_', '.', ':', '/'])
            .then_some(stem.len())
    };
    if begins(name).is_some() {
        return None;
    }
    let others = paths
        .iter()
        .copied()
        .filter(|path| split(path).0 == directory);
    let others = others.filter_map(|path| Some((begins(split(path).1)?, path)));
    others.max().map(|(_, path)| path)
}

/// How an id of several words is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    Kebab,
    Snake,
    Camel,
}

impl Style {
    fn example(self) -> &'static str {
        match self {
            Style::Kebab => "refund-small",
            Style::Snake => "refund_small",
            Style::Camel => "refundSmall",
        }
    }
}

/// Nothing for one word, and for what mixes several ways.
fn style_of(id: &str) -> Option<Style> {
    let kebab = id.contains('-');
    let snake = id.contains('_');
    let upper = id.chars().any(|letter| letter.is_ascii_uppercase());
    let plain = id
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    match (kebab, snake, upper) {
        _ if !plain => None,
        (true, false, false) => Some(Style::Kebab),
        (false, true, false) => Some(Style::Snake),
        (false, false, true) if id.chars().any(|letter| letter.is_ascii_lowercase()) => {
            Some(Style::Camel)
        }
        _ => None,
    }
}

/// The way in which at least four of five ids are written.
fn usual_style(policies: &[Policy<'_>]) -> Option<Style> {
    let ids = policies
        .iter()
        .filter_map(|policy| policy.parsed.id.as_deref());
    let mut counts: BTreeMap<Style, usize> = BTreeMap::new();
    for style in ids.filter_map(style_of) {
        *counts.entry(style).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let usual = counts.into_iter().max_by_key(|(_, count)| *count);
    usual
        .filter(|(_, count)| all >= ENOUGH && count * 5 >= all * 4)
        .map(|(style, _)| style)
}
