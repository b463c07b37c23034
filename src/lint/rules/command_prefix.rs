//! AZ218: a beginning of a command line, behind which another command can stand.

use super::shared_keeper::Keeper;
use super::shared_operand::{Kind, kind, named};
use super::shared_pattern::{Like, filled, likes, says_something, shown};
use crate::cedar::TermKind;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::{Policy, Repository, Trust};
use crate::lint::found::Found;
use crate::model::PatternPart;
use crate::repository::{Derivation, LintLevel};

pub(super) static LINT: Lint = Lint {
    code: "AZ218",
    slug: "command-prefix",
    title: "a command line that begins as it should can go on with another command",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("command-prefix.md"),
};

/// What joins commands, or starts one within another, and how the line goes on.
const SIGNS: &[(char, &str)] = &[
    (';', "; rm -rf /"),
    ('|', " | sh"),
    ('&', " && rm -rf /"),
    ('$', " $(rm -rf /)"),
    ('`', " `rm -rf /`"),
    ('\n', "\nrm -rf /"),
    ('>', " > ~/.profile"),
    ('<', " <(rm -rf /)"),
];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let keeper = Keeper::of(repository, |like| {
        SIGNS.iter().any(|(sign, _)| keeps_out(like, *sign))
    });
    for policy in &repository.policies {
        let likes = likes(policy);
        for like in &likes {
            if !lets_in(policy, like) || compares_commands(policy) {
                continue;
            }
            let is_open = |sign: char| {
                let here = likes
                    .iter()
                    .any(|other| keeps_out(other, sign) && other.operand.same(like.operand));
                !here && !keeper.keeps(policy, like.operand, &|part| text(part) == Some(sign))
            };
            if let Some((_, rest)) = SIGNS.iter().find(|(sign, _)| is_open(*sign)) {
                report(policy, like, rest, found);
            }
        }
    }
}

/// Whether a pattern of command lines that the agent writes lets requests through, and leaves open how they go on.
fn lets_in(policy: &Policy<'_>, like: &Like<'_>) -> bool {
    let open = like
        .pattern
        .iter()
        .any(|part| matches!(part, PatternPart::Wildcard));
    // The arguments of one command are no line for a shell.
    let name = like
        .operand
        .path()
        .and_then(|(_, path)| path.last().copied());
    let arguments = name.is_some_and(|name| ["args", "argv"].contains(&name));
    like.opens == Some(true)
        && open
        && !arguments
        && says_something(like.pattern)
        && kind(like.operand) == Kind::Command
        && policy.trust(like.operand) == Some(Trust::Agent)
}

/// Whether a policy also reads what the mapping takes from a command line by the rules of a shell.
fn compares_commands(policy: &Policy<'_>) -> bool {
    let parsed = [Derivation::Commands, Derivation::Words];
    policy
        .syntax
        .terms()
        .any(|term| matches!(term.kind, TermKind::Get(..)) && policy.is_derived(term, &parsed))
}

/// Whether a `like` keeps out what holds a sign, alone.
fn keeps_out(like: &Like<'_>, sign: char) -> bool {
    let [PatternPart::Wildcard, part, PatternPart::Wildcard] = like.pattern else {
        return false;
    };
    like.opens == Some(false) && text(part) == Some(sign)
}

/// A piece of a pattern that is one sign.
fn text(part: &PatternPart) -> Option<char> {
    let PatternPart::Text(text) = part else {
        return None;
    };
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn report(policy: &Policy<'_>, like: &Like<'_>, rest: &str, found: &mut Found<'_>) {
    let at = like
        .pattern
        .iter()
        .rposition(|part| matches!(part, PatternPart::Wildcard));
    let (before, after) = like.pattern.split_at(at.unwrap_or(like.pattern.len()));
    let after = after.get(1..).unwrap_or_default();
    let tail = match after.is_empty() {
        true => String::new(),
        false => format!("; {}", filled(after, "").trim_start()),
    };
    let line = format!("{}{rest}{tail}", filled(before, "").trim_end());
    let line = line.replace('\n', "\\n");
    let (operand, pattern) = (named(policy, like.operand), shown(like.pattern));
    found
        .policy(
            policy,
            like.term.span,
            format!("`{pattern}` matches `{line}` too: a shell runs more than one command"),
        )
        .help(format!(
            "permit whole lines, `[\"git status\"].contains({})`; or let the mapping read the line as a shell does, \
             `{{args.command | commands}}`, `words` and `dynamic`, and compare what it finds",
            operand.trim_matches('`')
        ));
}
