//! AZ216: a range of addresses that holds so many that it keeps nobody out.

use super::shared_pattern::opens;
use crate::cedar::{Term, TermKind};
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Policy;
use crate::lint::found::Found;
use crate::repository::LintLevel;
// The type of an address, and no network.
use core::net::IpAddr;

pub(super) static LINT: Lint = Lint {
    code: "AZ216",
    slug: "ip-too-wide",
    title: "a range of addresses that keeps nobody out",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("ip-too-wide.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for (term, polarity) in policy.syntax.atoms() {
        let TermKind::Call(name, arguments) = &term.kind else {
            continue;
        };
        let range = match (name.as_ref(), arguments.as_slice()) {
            ("isInRange", [_, range]) => literal(range),
            _ => None,
        };
        let Some((text, Some((address, length)))) = range.map(|text| (text, parsed(text))) else {
            continue;
        };
        let opens = opens(policy, polarity) == Some(true);
        if length > 0 && !(opens && is_wide(address, length)) {
            continue;
        }
        let kind = match address {
            IpAddr::V4(_) => "IPv4",
            IpAddr::V6(_) => "IPv6",
        };
        let (what, level) = match (length, opens) {
            (0, true) => (format!("holds every {kind} address"), LintLevel::Warning),
            (0, false) => (format!("holds every {kind} address"), LintLevel::Info),
            (_, _) => (
                format!("holds {} all {kind} addresses", share(length)),
                LintLevel::Warning,
            ),
        };
        found
            .policy(policy, term.span, format!("`{text}` {what}"))
            .level(level)
            .help("name the networks that are meant, as `ip(\"10.20.0.0/16\")`; where any address will do, leave the condition out");
    }
}

/// The text of `ip("…")`.
fn literal(term: &Term) -> Option<&str> {
    match &term.kind {
        TermKind::Call(name, arguments) if name.as_ref() == "ip" => match arguments.as_slice() {
            [text] => text.as_text(),
            _ => None,
        },
        _ => None,
    }
}

fn parsed(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

/// Whether a range is one of those that nobody gives to a network. Multicast, and what is for private use, are not.
fn is_wide(address: IpAddr, length: u32) -> bool {
    match address {
        IpAddr::V4(address) => length <= 7 && !(address.is_multicast() && length >= 4),
        IpAddr::V6(address) => {
            let private = address.is_unique_local() || address.is_unicast_link_local();
            length <= 16 && !((private || address.is_multicast()) && length >= 7)
        }
    }
}

fn share(length: u32) -> String {
    match length {
        1 => "half of".to_owned(),
        2 => "a quarter of".to_owned(),
        length => format!(
            "one in {} of",
            1_u64.checked_shl(length).unwrap_or(u64::MAX)
        ),
    }
}
