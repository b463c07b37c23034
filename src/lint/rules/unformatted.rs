//! AZ501: a policy file that is not laid out as Cedar's formatter lays it out.

use crate::cedar::{ParsedPolicy, format, format_parsed};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{SourceFile, Span};
use crate::repository::LintLevel;
use rayon::prelude::*;
use std::collections::BTreeMap;

pub(super) static LINT: Lint = Lint {
    code: "AZ501",
    slug: "unformatted",
    title: "a policy file that Cedar's formatter would lay out otherwise",
    level: LintLevel::Warning,
    evidence: &[Evidence::Text],
    fix: Some(FixKind::Equivalent),
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("unformatted.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let mut files: BTreeMap<&str, (&SourceFile, Vec<&ParsedPolicy>)> = BTreeMap::new();
    for policy in &repository.policies {
        if policy.file.path.ends_with(".cedar") {
            let (_, policies) = files
                .entry(&policy.file.path)
                .or_insert((policy.file, Vec::new()));
            policies.push(policy.parsed);
        }
    }
    let files: Vec<(&SourceFile, Vec<&ParsedPolicy>)> = files.into_values().collect();
    let formatted: Vec<Option<String>> = files
        .par_iter()
        .map(|(file, policies)| formatted(file, policies))
        .collect();
    for ((file, _), formatted) in files.into_iter().zip(formatted) {
        let Some(formatted) = formatted.filter(|formatted| **formatted != *file.text) else {
            continue;
        };
        let (changed, text) = change(&file.text, &formatted);
        found
            .file(
                file,
                marked(&file.text, changed.start),
                "from here on the file is not laid out as Cedar's formatter lays it out",
            )
            .key("layout")
            .help("`agentauthz lint --fix` lays it out, and changes no policy and no comment; `cedar format` writes the same")
            .fix(
                format!("lay out `{}`", file.path),
                [(changed, text.to_owned())],
            );
    }
}

/// The text as it should be, with the file's own line ends; nothing where the formatter cannot be trusted with it.
fn formatted(file: &SourceFile, policies: &[&ParsedPolicy]) -> Option<String> {
    if !file.text.contains("\r\n") {
        return format_parsed(&file.text, policies).ok();
    }
    let text = format(&file.text.replace("\r\n", "\n")).ok()?;
    Some(text.replace('\n', "\r\n"))
}

/// The lines that differ, without those at the beginning and the end that do not, and what takes their place.
fn change<'t>(old: &str, new: &'t str) -> (Span, &'t str) {
    let ahead: usize = old
        .split_inclusive('\n')
        .zip(new.split_inclusive('\n'))
        .take_while(|(old, new)| old == new)
        .map(|(line, _)| line.len())
        .sum();
    let (old, new) = (
        old.get(ahead..).unwrap_or_default(),
        new.get(ahead..).unwrap_or_default(),
    );
    // Only whole lines are left as they are.
    let behind: usize = match (old.ends_with('\n'), new.ends_with('\n')) {
        (true, true) => old
            .split_inclusive('\n')
            .rev()
            .zip(new.split_inclusive('\n').rev())
            .take_while(|(old, new)| old == new)
            .map(|(line, _)| line.len())
            .sum(),
        _ => 0,
    };
    let kept = new.get(..new.len() - behind).unwrap_or_default();
    (Span::new(ahead, old.len() - behind), kept)
}

/// The first line from a place on that has something on it; the last one that has where there is none.
fn marked(text: &str, from: usize) -> Span {
    let mut at = 0;
    let mut last = Span::new(0, 0);
    for line in text.split_inclusive('\n') {
        let said = line.trim();
        if !said.is_empty() {
            last = Span::new(at + line.len() - line.trim_start().len(), said.len());
            if at >= from {
                break;
            }
        }
        at += line.len();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_differ_are_replaced() {
        for (old, new) in [
            ("a\nb\nc\n", "a\nB\nc\n"),
            ("a\nb\n", "a\nb\n\nc\n"),
            ("a\nb", "a\nb\n"),
            ("a\n\n\nb\n", "a\n\nb\n"),
            ("x\nx\n", "x\n"),
            ("x\n", "x\nx\n"),
            ("", "a\n"),
        ] {
            let (span, text) = change(old, new);
            let after = [&old[..span.start], text, &old[span.end()..]].concat();
            assert_eq!(after, new, "{old:?}");
        }
        assert_eq!(change("a\nb\nc\n", "a\nB\nc\n"), (Span::new(2, 2), "B\n"));
        assert_eq!(marked("a\n\n  b\n", 1), Span::new(5, 1));
        assert_eq!(marked("a\nb", 2), Span::new(2, 1));
        assert_eq!(marked("a\nb\n\n", 4), Span::new(2, 1));
    }
}
