//! AZ210: a pattern of hosts that matches hosts of strangers.

use super::shared_operand::{Kind, kind};
use super::shared_pattern::{Like, filled, likes, matches, shown};
use crate::lint::catalogue::{Evidence, FixKind, Lint, Run};
use crate::lint::context::{Policy, Trust};
use crate::lint::found::Found;
use crate::model::PatternPart;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ210",
    slug: "host-suffix",
    title: "a pattern of hosts that matches those of strangers",
    level: LintLevel::Warning,
    evidence: &[Evidence::Policy],
    fix: Some(FixKind::Suggested),
    needs: &[],
    passes: &[],
    run: Run::Policy(look),
    page: include_str!("host-suffix.md"),
};

fn look(policy: &Policy<'_>, found: &mut Found<'_>) {
    for like in likes(policy).iter().filter(|like| like.opens == Some(true)) {
        if let Some(domain) = suffix(like) {
            ends_with(policy, like, domain, found);
        } else if let Some(prefix) = prefix(like.pattern) {
            begins_with(policy, like, prefix, found);
        } else if let Some((domain, written)) = within(like) {
            holds(policy, like, (domain, written), found);
        }
    }
}

/// What the agent does not choose can still be what somebody registered, and weighs less.
fn level(policy: &Policy<'_>, like: &Like<'_>) -> LintLevel {
    match policy.trust(like.operand) {
        Some(Trust::Agent | Trust::User) => LintLevel::Warning,
        Some(Trust::System) | None => LintLevel::Info,
    }
}

/// `*example.com`
fn ends_with(policy: &Policy<'_>, like: &Like<'_>, domain: &str, found: &mut Found<'_>) {
    let kind = kind(like.operand);
    let stranger = match kind {
        Kind::Mail => format!("mallory@evil-{domain}"),
        Kind::Url => format!("https://evil-{domain}"),
        _ => format!("evil-{domain}"),
    };
    let help = match kind {
        Kind::Mail => format!("a domain begins behind the `@`: `like \"*@{domain}\"`"),
        Kind::Url => "a URL ends with its path: let the harness pass the host as an attribute of its own, and compare that".to_owned(),
        _ => format!("hosts below a domain end with a dot and the domain: `like \"*.{domain}\"`, beside `== \"{domain}\"` where the domain itself is meant"),
    };
    let finding = found
        .policy(
            policy,
            like.term.span,
            format!("`*{domain}` matches `{stranger}` too, which anybody can register"),
        )
        .level(level(policy, like))
        .help(help);
    if !policy.has_places() {
        return;
    }
    let text = policy.text(like.operand.span);
    match kind {
        Kind::Url => {}
        Kind::Mail => {
            let fixed = format!("{text} like \"*@{domain}\"");
            finding.fix(
                "let the domain begin behind the `@`",
                [(like.term.span, fixed)],
            );
        }
        _ => {
            let fixed = format!("({text} == \"{domain}\" || {text} like \"*.{domain}\")");
            finding.fix(
                "take the domain and what is below it",
                [(like.term.span, fixed)],
            );
        }
    }
}

/// `https://example.com*`
fn begins_with(policy: &Policy<'_>, like: &Like<'_>, prefix: &str, found: &mut Found<'_>) {
    let rest = like.pattern.get(2..).unwrap_or_default();
    let stranger = format!("{prefix}.evil.example{}", filled(rest, ""));
    if !matches(like.pattern, &stranger) {
        return;
    }
    let written = shown(like.pattern);
    let finding = found
        .policy(
            policy,
            like.term.span,
            format!("`{written}` matches `{stranger}` too, which is a host of somebody else"),
        )
        .level(level(policy, like))
        .help("a host ends with a slash: write it before the `*`");
    if policy.has_places() {
        let mut pattern = like.pattern.to_vec();
        if let Some(PatternPart::Text(text)) = pattern.first_mut() {
            *text = format!("{text}/").into();
        }
        let fixed = format!(
            "{} like \"{}\"",
            policy.text(like.operand.span),
            shown(&pattern)
        );
        finding.fix("end the host with a slash", [(like.term.span, fixed)]);
    }
}

/// `*example.com*`
fn holds(
    policy: &Policy<'_>,
    like: &Like<'_>,
    (domain, written): (&str, &str),
    found: &mut Found<'_>,
) {
    let kind = kind(like.operand);
    let stranger = match kind {
        Kind::Mail => format!("mallory@{domain}.evil.example"),
        Kind::Url => format!("https://evil.example/?{written}"),
        _ => format!("www.{domain}.evil.example"),
    };
    if !matches(like.pattern, &stranger) {
        return;
    }
    let help = match kind {
        Kind::Mail => format!("say where the domain begins and ends: `like \"*@{domain}\"`"),
        Kind::Url => "a URL holds whatever its path says: let the mapping pass the host as an attribute of its own, `{args.url | host}`, and compare that".to_owned(),
        _ => format!("say where the domain begins and ends: `like \"*.{domain}\"`, beside `== \"{domain}\"` where the domain itself is meant"),
    };
    let finding = found
        .policy(
            policy,
            like.term.span,
            format!(
                "`{}` matches `{stranger}` too, which is somebody else's",
                shown(like.pattern)
            ),
        )
        .level(level(policy, like))
        .help(help);
    if !policy.has_places() || kind == Kind::Url {
        return;
    }
    let text = policy.text(like.operand.span);
    let fixed = match (kind, written.starts_with('.')) {
        (Kind::Mail, _) => format!("{text} like \"*@{domain}\""),
        (_, true) => format!("{text} like \"*.{domain}\""),
        (_, false) => format!("({text} == \"{domain}\" || {text} like \"*.{domain}\")"),
    };
    finding.fix("let the domain end the text", [(like.term.span, fixed)]);
}

/// The domain of a pattern `*domain*` on a text that names hosts, and the same as it is written.
fn within<'p>(like: &Like<'p>) -> Option<(&'p str, &'p str)> {
    let [
        PatternPart::Wildcard,
        PatternPart::Text(text),
        PatternPart::Wildcard,
    ] = like.pattern
    else {
        return None;
    };
    let hosts = matches!(kind(like.operand), Kind::Host | Kind::Url | Kind::Mail);
    let domain = text.trim_start_matches(['.', '@', ':', '/']);
    let domain = domain.trim_end_matches(['/', ':']);
    (hosts && is_domain(domain)).then_some((domain, text.as_ref()))
}

/// The domain of a pattern `*domain` on a text that names hosts.
fn suffix<'p>(like: &Like<'p>) -> Option<&'p str> {
    let [PatternPart::Wildcard, PatternPart::Text(text)] = like.pattern else {
        return None;
    };
    let hosts = matches!(kind(like.operand), Kind::Host | Kind::Url | Kind::Mail);
    (hosts && is_domain(text)).then_some(text.as_ref())
}

/// The scheme and host of a pattern `https://domain*…`.
fn prefix(pattern: &[PatternPart]) -> Option<&str> {
    let [PatternPart::Text(text), PatternPart::Wildcard, ..] = pattern else {
        return None;
    };
    let (scheme, host) = text.split_once("://")?;
    let known = ["http", "https", "ws", "wss", "ftp"].contains(&scheme);
    (known && is_domain(host)).then_some(text.as_ref())
}

/// Whether a text is a domain of at least two labels, of which the last one is of letters.
fn is_domain(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let label = |label: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-')
    };
    let top = labels
        .last()
        .is_some_and(|top| top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic()));
    labels.len() >= 2 && top && labels.iter().all(label)
}
