//! AZ414: comments that say what is still to be done, and policies that are commented out.

use crate::cedar::parse_policies;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::comments::{Comment, comments};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{SourceFile, Span};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ414",
    slug: "leftover-comment",
    title: "a comment about what is still to be done, or a policy that is commented out",
    level: LintLevel::Info,
    evidence: &[Evidence::Text],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("leftover-comment.md"),
};

/// Words, in small letters, that mark what is still to be done.
const MARKS: &[&str] = &["todo", "fixme", "xxx"];

/// So many lines at most are taken for one policy.
const LONGEST: usize = 80;

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    for file in repository.context.version.sources.iter() {
        let all = comments(file);
        for comment in &all {
            if let Some(span) = mark(file, comment) {
                let word = file.slice(span);
                found
                    .file(file, comment.span, format!("`{word}`: something is still to be done here"))
                    .help("do it, or open a ticket and name it (`@ticket`): nobody is reminded of a comment");
            }
        }
        if file.path.ends_with(".cedar") {
            policies(file, &all, found);
        }
    }
}

/// Where a comment has such a word: in capitals, or in small letters with a colon behind it.
fn mark(file: &SourceFile, comment: &Comment<'_>) -> Option<Span> {
    let text = file.slice(comment.span);
    let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let mut at = 0;
    for word in words {
        let start = at;
        at += word.len();
        let behind = text.get(at..).unwrap_or_default();
        at += behind.chars().next().map_or(0, char::len_utf8);
        let is_mark = MARKS.contains(&word.to_lowercase().as_str());
        let loud = word.chars().all(char::is_uppercase) || behind.starts_with(':');
        if is_mark && loud {
            return Some(Span::new(comment.span.start + start, word.len()));
        }
    }
    None
}

/// Comments, one line after the other, that are a policy without their signs.
fn policies(file: &SourceFile, comments: &[Comment<'_>], found: &mut Found<'_>) {
    let mut at = 0;
    while let Some(first) = comments.get(at) {
        match commented_out(file, comments.get(at..).unwrap_or_default()) {
            Some((lines, what)) => {
                let last = comments
                    .get(at + lines - 1)
                    .map_or(first.span, |last| last.span);
                let span = Span::new(first.span.start, last.end() - first.span.start);
                found
                    .file(file, span, format!("this {what} is commented out"))
                    .key(file.slice(span).split_whitespace().collect::<String>())
                    .help("remove it, git keeps it; who skims the file takes it for a rule that holds");
                at += lines;
            }
            None => at += 1,
        }
    }
}

/// How many of these lines are a policy, and what it is.
fn commented_out(file: &SourceFile, lines: &[Comment<'_>]) -> Option<(usize, &'static str)> {
    let first = lines.first().filter(|line| line.alone)?;
    let begins = first.text.trim_start();
    let is_begin = begins.starts_with('@')
        || ["permit", "forbid"].iter().any(|word| {
            begins
                .strip_prefix(word)
                .is_some_and(|rest| rest.trim_start().starts_with('(') || rest.trim().is_empty())
        });
    if !is_begin {
        return None;
    }
    let mut text = String::new();
    let mut before: Option<&Comment<'_>> = None;
    for (count, line) in lines.iter().take(LONGEST).enumerate() {
        let follows = before.is_none_or(|before| {
            let between = file.text.get(before.span.end()..line.span.start);
            between.is_some_and(|gap| gap.trim().is_empty() && gap.matches('\n').count() == 1)
        });
        if !follows || !line.alone {
            return None;
        }
        text.push_str(line.text);
        text.push('\n');
        before = Some(line);
        if line.text.contains(';') {
            let (parsed, _) = parse_policies(&SourceFile::new("comment.cedar", text.as_str()));
            if let Some(policy) = parsed.first() {
                let what = match policy.effect {
                    crate::model::Effect::Permit => "permit",
                    crate::model::Effect::Forbid => "forbid",
                };
                return Some((count + 1, what));
            }
        }
    }
    None
}
