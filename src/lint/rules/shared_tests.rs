//! What several lints of tests ask: what tests show of a policy, and where a test is written.

use crate::lint::context::{Policy, Repository};
use crate::lint::facts::{CaseFacts, TestFacts};
use crate::model::{SourceFile, Span, Status};
use crate::repository::Suite;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What tests show of one policy or link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// In how many cases its scope holds.
    pub reached: usize,
    /// In how many of them its condition holds, too.
    pub satisfied: usize,
    /// In how many it raises an error.
    pub failed: usize,
    /// How many it decides.
    pub decides: usize,
    /// Whether some case would fail if it were satisfied.
    pub watched: bool,
    /// The first case in whose scope it is.
    pub first: Option<String>,
}

impl Standing {
    fn add(&mut self, other: &Self) {
        self.reached += other.reached;
        self.satisfied += other.satisfied;
        self.failed += other.failed;
        self.decides += other.decides;
        self.watched |= other.watched;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }
}

/// What tests show of every policy and link that some test reaches.
pub(super) fn standings(facts: &TestFacts) -> BTreeMap<Arc<str>, Standing> {
    let mut all: BTreeMap<Arc<str>, Standing> = BTreeMap::new();
    for case in &facts.cases {
        for exercised in &case.policies {
            let standing = all.entry(exercised.policy.clone()).or_default();
            standing.reached += 1;
            standing.satisfied += usize::from(exercised.status == Status::Satisfied);
            standing.failed += usize::from(exercised.status == Status::Error);
            standing.decides += usize::from(case.determining.contains(&exercised.policy));
            standing.watched |= exercised.watched;
            standing.first.get_or_insert_with(|| case.name.clone());
        }
    }
    all
}

/// The policies of the set that a policy or template of a file is: itself, or its links.
pub(super) fn instances(repository: &Repository<'_>) -> BTreeMap<Arc<str>, Vec<Arc<str>>> {
    let mut all: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for policy in repository.context.version.policies.policies() {
        let written = policy.template.as_ref().unwrap_or(&policy.id);
        all.entry(written.clone())
            .or_default()
            .push(policy.id.clone());
    }
    all
}

/// What tests show of several policies together.
pub(super) fn together(all: &BTreeMap<Arc<str>, Standing>, of: &[Arc<str>]) -> Standing {
    let mut sum = Standing::default();
    for standing in of.iter().filter_map(|id| all.get(id)) {
        sum.add(standing);
    }
    sum
}

/// The word for a policy or template.
pub(super) fn noun(policy: &Policy<'_>) -> &'static str {
    match (policy.parsed.is_template, policy.is_forbid()) {
        (true, _) => "template",
        (false, true) => "forbid",
        (false, false) => "permit",
    }
}

/// `1 test` or `3 tests`.
pub(super) fn tests(number: usize) -> String {
    match number {
        1 => "1 test".to_owned(),
        more => format!("{more} tests"),
    }
}

/// `a`, or `a` and 2 more.
pub(super) fn some<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let first: Vec<String> = names
        .iter()
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// The cases of each test, by file, name of the test and form.
pub(super) fn by_test(facts: &TestFacts) -> BTreeMap<(&str, &str), Vec<&CaseFacts>> {
    let mut all: BTreeMap<(&str, &str), Vec<&CaseFacts>> = BTreeMap::new();
    for case in &facts.cases {
        let key = (case.file.as_ref(), case.test.as_ref());
        all.entry(key).or_default().push(case);
    }
    all
}

/// What is written of a test, by its number in the suite: from where it begins to where the next one does.
pub(super) fn text_of(suite: &Suite, at: usize) -> Span {
    let tests = &suite.spec.tests;
    let start = tests.get(at).map_or(0, |test| test.span.start);
    let next = tests.iter().map(|test| test.span.start);
    let end = next
        .filter(|next| *next > start)
        .min()
        .unwrap_or(suite.file.text.len());
    Span::new(start, end.saturating_sub(start))
}

/// Where a key with a value stands in a part of a YAML file, outside of comments and quotes: the place from the key to the
/// end of the value.
pub(super) fn key_in(file: &SourceFile, within: Span, key: &str, value: &str) -> Option<Span> {
    let text = file.slice(within);
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find(key)?;
        from = at + key.len();
        let before = text.get(..at).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let rest = text.get(from..).unwrap_or_default();
        let (opens, rest) = match (line.ends_with('"'), rest.strip_prefix('"')) {
            (true, Some(rest)) => (line.strip_suffix('"').unwrap_or(line), rest),
            (false, None) => (line, rest),
            _ => continue,
        };
        let begins = opens.is_empty() || opens.ends_with([' ', '{', ',', '-']);
        let commented = opens.trim_start().starts_with('#') || opens.contains(" #");
        let Some(found) = rest.strip_prefix(':').map(str::trim_start) else {
            continue;
        };
        if begins && !commented && found.starts_with(value) {
            let start = opens.len() + before.len() - line.len();
            let end = text.len() - found.len() + value.len();
            return Some(Span::new(within.start + start, end - start));
        }
    }
}

/// How a member is put behind another one of a YAML map: what goes between them.
pub(super) enum Joint {
    /// In braces.
    Braces,
    /// On a line of its own, behind so many blanks.
    Line(usize),
}

/// How members of the map are written in which `key` has the value at a place; nothing where that cannot be told.
pub(super) fn joint(file: &SourceFile, value: Span, key: &str) -> Option<Joint> {
    let before = file
        .text
        .get(..value.start)?
        .trim_end_matches([' ', '"', '\'']);
    let before = before.strip_suffix(':')?.trim_end_matches(['"', '\'']);
    let before = before.strip_suffix(key)?.trim_end_matches(['"', '\'']);
    if before.trim_end().ends_with(['{', ',']) {
        return Some(Joint::Braces);
    }
    let line = before.rsplit('\n').next()?;
    let rest = file.text.get(value.end()..)?;
    let rest = rest
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches(['"', '\'']);
    let is_block = line.chars().all(|letter| letter == ' ' || letter == '-');
    let is_last = rest.trim().is_empty() || rest.trim_start().starts_with('#');
    (is_block && is_last).then(|| Joint::Line(line.chars().count()))
}

/// Policies as a YAML list in brackets.
pub(super) fn list(names: &BTreeSet<Arc<str>>) -> String {
    let names: Vec<String> = names.iter().map(|name| crate::yaml::scalar(name)).collect();
    format!("[{}]", names.join(", "))
}

#[cfg(test)]
mod tests_of_places {
    use super::*;

    #[test]
    fn keys_are_found_outside_of_comments_and_quotes() {
        let text = "- name: \"only: true\" # only: true\n  # only: true\n  only: true\n- { name: b, \"only\": true }\n";
        let file = SourceFile::new("a.yaml", text);
        let whole = Span::new(0, text.len());
        let found = key_in(&file, whole, "only", "true").unwrap();
        assert_eq!(file.line_column(found.start), (3, 3));
        assert_eq!(file.slice(found), "only: true");
        let rest = Span::new(found.end(), text.len() - found.end());
        let found = key_in(&file, rest, "only", "true").unwrap();
        assert_eq!(file.slice(found), "\"only\": true");
        assert_eq!(key_in(&file, whole, "only", "false"), None);
    }
}
