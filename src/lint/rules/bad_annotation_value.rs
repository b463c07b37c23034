//! AZ404: an annotation whose value nobody can use.

use super::shared_edits::short;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::{LintLevel, is_day, nearest};

pub(super) static LINT: Lint = Lint {
    code: "AZ404",
    slug: "bad-annotation-value",
    title: "an annotation whose value says nothing that can be used",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy, Evidence::Repository],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("bad-annotation-value.md"),
};

/// What is written where something must be written.
const NOTHING: &[&str] = &[
    "-", "?", "...", "…", "fixme", "n/a", "na", "nobody", "none", "null", "pending", "tba", "tbd",
    "todo", "unknown", "xxx",
];

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for said in &policy.syntax.annotations {
        let value = said.value.as_deref().unwrap_or_default().trim();
        let key = said.key.as_ref();
        let fault = match key {
            "expires" if !is_day(value) => Some((
                format!("`{}` is no day", short(value)),
                "write the last day on which it holds, as `@expires(\"2027-01-31\")`".to_owned(),
            )),
            "id" | "owner" | "reason" | "doc" | "exception" if value.is_empty() => None,
            "id" if value.chars().any(char::is_whitespace) => Some((
                format!("the id `{}` has spaces in it", short(value)),
                "write it as one word, as `refund-small`: commands, tests and logs take it for one"
                    .to_owned(),
            )),
            "owner" | "reason" | "ticket" | "doc" if is_nothing(value) => Some((
                format!("`{}` says nothing", short(value)),
                format!(
                    "write what is asked, or leave `@{key}` out: a gap that is seen can be filled"
                ),
            )),
            "ticket" if !are_tickets(value) => Some((
                format!("`{}` leads to no ticket", short(value)),
                "write its address, as `https://…`, or its key, as `SEC-123`".to_owned(),
            )),
            "owner" => owner(policy, value),
            _ => None,
        };
        if let Some((message, help)) = fault {
            found.policy(policy, said.span, message).help(help);
        }
    }
}

/// What is wrong with an owner, where the manifest says who there is.
fn owner(policy: &Policy<'_>, value: &str) -> Option<(String, String)> {
    let owners = &policy.context.options.owners;
    if owners.is_empty() || owners.iter().any(|owner| owner == value) {
        return None;
    }
    let help = match nearest(value, owners.iter().map(String::as_str)) {
        Some(owner) => {
            format!("did you mean `{owner}`? `lint.options.owners` lists who may own a policy")
        }
        None => "write one of `lint.options.owners`, or add it there".to_owned(),
    };
    Some((
        format!(
            "`{}` is none of the owners that the manifest lists",
            short(value)
        ),
        help,
    ))
}

fn is_nothing(value: &str) -> bool {
    NOTHING.contains(&value.to_lowercase().as_str())
}

/// One ticket, or several with commas or spaces between them.
fn are_tickets(value: &str) -> bool {
    let mut tickets = value
        .split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|ticket| !ticket.is_empty())
        .peekable();
    tickets.peek().is_some() && tickets.all(is_ticket)
}

/// An address, or the key of an issue: `SEC-123`, `#12`, `org/repo#12`.
fn is_ticket(value: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let address = ["https://", "http://"].iter().any(|scheme| {
        let rest = value.strip_prefix(scheme);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_alphanumeric()))
    });
    let key = value.rsplit_once('-').is_some_and(|(project, count)| {
        let letters = project
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let first = project
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic());
        letters && first && number(count)
    });
    let hash = value
        .rsplit_once('#')
        .is_some_and(|(_, count)| number(count));
    address || key || hash
}
