//! AZ401: a policy without `@id`.

use super::shared_heading::heading;
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::fix::Edit;
use crate::lint::found::Found;
use crate::model::{SourceFile, Span, Variable};
use crate::repository::LintLevel;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) static LINT: Lint = Lint {
    code: "AZ401",
    slug: "missing-id",
    title: "a policy without `@id` is called by its place in its file",
    level: LintLevel::Error,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("missing-id.md"),
};

/// Names of files that say nothing of what is in them.
const PLAIN: &[&str] = &[
    "agents", "all", "base", "common", "default", "index", "main", "policies", "policy", "rules",
    "static",
];

/// A comment of more words is no name.
const WORDS: usize = 4;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let version = repository.context.version;
    let ids = version
        .parsed
        .iter()
        .filter_map(|policy| policy.id.as_deref());
    let links = version.links.iter().map(|link| link.id.as_ref());
    let mut taken: BTreeSet<String> = ids.chain(links).map(str::to_owned).collect();
    let nameless = repository
        .policies
        .iter()
        .filter(|policy| policy.parsed.id.is_none());
    for policy in nameless {
        let id = free(&name(policy), &mut taken);
        let called = policy.id();
        let effect = if policy.is_forbid() {
            "forbid"
        } else {
            "permit"
        };
        let what = if policy.parsed.is_template {
            "template"
        } else {
            effect
        };
        let empty = policy
            .syntax
            .annotations
            .iter()
            .find(|said| *said.key == *"id");
        let place = empty.map_or(policy.syntax.effect, |said| said.span);
        let finding = found
            .policy(
                policy,
                place,
                format!("this {what} has no `@id`, so it is called `{called}` for as long as it stands there"),
            )
            .help(format!("give it a name that stays, such as `@id(\"{id}\")`"));
        if !policy.has_places() {
            continue;
        }
        let text = format!("@id(\"{id}\")");
        let edit = match empty {
            Some(said) => (said.span, text),
            None => {
                let start = policy.parsed.span.start;
                (
                    Span::new(start, 0),
                    format!("{text}\n{}", indent(policy.file, start)),
                )
            }
        };
        finding.fix(format!("call it `{id}`"), [edit]);
        if let Some(fix) = &mut finding.fix {
            fix.edits.extend(mentions(repository, &called, &id));
        }
    }
}

/// What stands before a place on its line, where that is nothing but spaces.
fn indent(file: &SourceFile, start: usize) -> &str {
    let before = file.text.get(..start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.trim().is_empty() { line } else { "" }
}

/// The edits that put the new name where tests, approvals and others call the policy by its place.
fn mentions(repository: &Repository<'_>, called: &str, id: &str) -> Vec<Edit> {
    let sources = repository.context.version.sources.iter();
    let files = sources.filter(|file| {
        let named = [".yaml", ".yml", ".json"]
            .iter()
            .any(|end| file.path.ends_with(end));
        named && !file.path.ends_with(".cedar.json")
    });
    let mut edits = Vec::new();
    for file in files {
        for (at, _) in file.text.match_indices(called) {
            let before = file
                .text
                .get(..at)
                .and_then(|text| text.chars().next_back());
            let after = file
                .text
                .get(at + called.len()..)
                .and_then(|text| text.chars().next());
            let inside = |letter: char| letter.is_alphanumeric() || "/._-".contains(letter);
            if !before.is_some_and(inside) && !after.is_some_and(|letter| letter.is_alphanumeric())
            {
                edits.push(Edit {
                    path: Arc::clone(&file.path),
                    span: Span::new(at, called.len()),
                    text: id.to_owned(),
                });
            }
        }
    }
    edits
}

/// The name, or with a number behind it, that no other policy has.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2_usize..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// A name from the comment above the policy where that is short, else from its scope; of a permit with the file's name.
fn name(policy: &Policy<'_>) -> String {
    let lines = heading(policy).join(" ");
    let title = lines.split(['.', ':', ';', ',']).next().and_then(words);
    let title = title
        .filter(|words| words.len() <= WORDS)
        .map(|words| words.join("-"));
    let file = stem(policy);
    match (title, policy.is_forbid()) {
        (Some(title), true) if title.starts_with("no-") => title,
        (None, true) => match scope(policy).as_str() {
            "" => ["no", file.as_deref().unwrap_or("access")].join("-"),
            scope => ["no", scope].join("-"),
        },
        (title, _) => {
            let title = title.unwrap_or_else(|| scope(policy));
            match (file, title.as_str()) {
                (None, "") => "all".to_owned(),
                (Some(file), "") => file,
                (Some(file), _) if !title.starts_with(&file) => [file, title].join("-"),
                (Some(_) | None, _) => title,
            }
        }
    }
}

/// The file's name, where it says what is in it.
fn stem(policy: &Policy<'_>) -> Option<String> {
    let name = policy.file.path.rsplit('/').next()?;
    let stem = words(name.split('.').next()?)?.join("-");
    let plain = stem.bytes().all(|byte| byte.is_ascii_digit()) || PLAIN.contains(&stem.as_str());
    (!plain).then_some(stem)
}

/// Who and what, as far as the scope says so: `support-bot-send-mail`.
fn scope(policy: &Policy<'_>) -> String {
    let of = |variable| {
        let test = policy.syntax.scope_of(variable)?.test.as_ref()?;
        match test.entities.as_slice() {
            [(entity, _)] => words(&entity.id),
            _ => None,
        }
    };
    let who = of(Variable::Principal);
    let what = of(Variable::Action).or_else(|| of(Variable::Resource));
    let parts: Vec<String> = [who, what].into_iter().flatten().flatten().collect();
    parts.join("-")
}

/// The words of a text in small letters; nothing where there is none, or where it has letters that no id should have.
fn words(text: &str) -> Option<Vec<String>> {
    if !text.is_ascii() {
        return None;
    }
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    (!words.is_empty()).then_some(words)
}
