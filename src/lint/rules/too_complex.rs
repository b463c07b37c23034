//! AZ510: policies, lines and files that nobody can read at a glance.

use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository};
use crate::lint::found::Found;
use crate::model::{SourceFile, Span};
use crate::repository::LintLevel;
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ510",
    slug: "too-complex",
    title: "a policy, a line or a file that is too long to be read with care",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("too-complex.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let options = repository.context.options;
    let mut files: BTreeMap<&str, Vec<&Policy<'_>>> = BTreeMap::new();
    for policy in &repository.policies {
        files.entry(&policy.file.path).or_default().push(policy);
        conditions(policy, options.max_atoms, found);
        nesting(policy, options.max_depth, found);
    }
    for policies in files.values() {
        if let Some(first) = policies.first() {
            lines(first.file, options.max_line, found);
        }
        if let Some(policy) = policies.get(options.max_policies) {
            let (count, most) = (policies.len(), options.max_policies);
            found
                .file(
                    policy.file,
                    policy.syntax.effect,
                    format!("there are {count} policies in this file, and from here on they are more than {most}"),
                )
                .key("policies")
                .help("split the file by what its policies are about; `lint.options.max_policies` sets the bound");
        }
    }
}

fn conditions(policy: &Policy<'_>, most: usize, found: &mut Found<'_>) {
    let count = policy.syntax.atoms().len();
    if count > most {
        found
            .policy(
                policy,
                policy.syntax.effect,
                format!("this policy has {count} conditions, more than {most}"),
            )
            .key("conditions")
            .help("split it into policies that each say one thing: permits add up, and so do forbids; `lint.options.max_atoms` sets the bound");
    }
}

fn nesting(policy: &Policy<'_>, most: usize, found: &mut Found<'_>) {
    let deepest = policy
        .syntax
        .clauses
        .iter()
        .map(|clause| depth(&clause.body, 0));
    let Some((deep, term)) = deepest.max_by_key(|(deep, _)| *deep) else {
        return;
    };
    if deep > most {
        found
            .policy(
                policy,
                term.span,
                format!("conditions nest {deep} deep here, deeper than {most}"),
            )
            .key("nesting")
            .help("take `||` apart into policies of their own, or drop brackets that say nothing; `lint.options.max_depth` sets the bound");
    }
}

/// How many connectives stand around the innermost one, with it, and the innermost one.
fn depth(term: &Term, outer: usize) -> (usize, &Term) {
    let own = match &term.kind {
        TermKind::And(_) | TermKind::Or(_) | TermKind::If(_) => outer + 1,
        _ => outer,
    };
    let parts = term.parts().into_iter().map(|part| depth(part, own));
    let deepest = parts.filter(|(deep, _)| *deep > own);
    // Of two that are as deep, the first.
    deepest.fold(
        (own, term),
        |one, other| if other.0 > one.0 { other } else { one },
    )
}

/// Lines that are too long. A text in quotes cannot be broken, so a line that is too long for its sake alone is none.
fn lines(file: &SourceFile, most: usize, found: &mut Found<'_>) {
    if file.path.ends_with(".json") {
        return;
    }
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let text = line.trim_end();
        let count = text.chars().count();
        if count > most && count - longest_text(text) > most {
            let cut = text
                .char_indices()
                .nth(most)
                .map_or(text.len(), |(at, _)| at);
            found
                .file(
                    file,
                    Span::new(start + cut, text.len() - cut),
                    format!("this line has {count} letters, more than {most}"),
                )
                .help("break it, or let `agentauthz lint --fix` lay the file out (AZ501); `lint.options.max_line` sets the bound");
        }
        start += line.len();
    }
}

/// The letters of the longest piece of a line that cannot be broken: a quoted text, or a word such as an address.
fn longest_text(line: &str) -> usize {
    let quoted = line.split('"').skip(1).step_by(2);
    let words = line.split_whitespace();
    let lengths = quoted.chain(words).map(|text| text.chars().count());
    lengths.max().unwrap_or_default()
}
