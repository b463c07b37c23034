//! What Cedar's validator says of a policy, for lints that say it in their own words and know the way out.

use crate::cedar::{Term, TermKind};
use crate::lint::context::Policy;
use crate::model::{Diagnostic, Span};
use std::collections::BTreeMap;

/// What the validator says of one place of a policy. It looks at each request environment, so that it may say one thing
/// several times.
pub(super) struct Said<'r> {
    /// The kind.
    pub code: &'static str,
    /// The place; empty in Cedar's JSON form.
    pub span: Span,
    /// What it says, at least once.
    pub all: Vec<&'r Diagnostic>,
}

/// What the validator says of these kinds, in order of the places.
pub(super) fn said<'r>(policy: &Policy<'r>, codes: &[&str]) -> Vec<Said<'r>> {
    let mut found: BTreeMap<(Span, &'static str), Vec<&'r Diagnostic>> = BTreeMap::new();
    for diagnostic in &policy.context.version.diagnostics {
        if codes.contains(&diagnostic.code) && is_about(policy, diagnostic) {
            let span = diagnostic.span().unwrap_or_default();
            found
                .entry((span, diagnostic.code))
                .or_default()
                .push(diagnostic);
        }
    }
    let found = found.into_iter();
    found
        .map(|((span, code), all)| Said { code, span, all })
        .collect()
}

/// In Cedar's JSON form there are no places, but Cedar names the policy.
fn is_about(policy: &Policy<'_>, diagnostic: &Diagnostic) -> bool {
    if diagnostic.path.as_ref() != Some(&policy.parsed.file) || diagnostic.is_blocking() {
        return false;
    }
    match diagnostic.span() {
        Some(span) => {
            let whole = policy.parsed.span;
            whole.start <= span.start && span.end() <= whole.end()
        }
        None => {
            let named = format!("policy `{}`", policy.id());
            diagnostic.message.contains(&named)
                || diagnostic
                    .help
                    .as_ref()
                    .is_some_and(|help| help.contains(&named))
        }
    }
}

impl Said<'_> {
    /// The message, without the name of the policy in front.
    pub(super) fn message(&self) -> String {
        self.all
            .first()
            .map(|first| plain(&first.message))
            .unwrap_or_default()
    }

    /// Cedar's way out, where it has one.
    pub(super) fn help(&self) -> Option<String> {
        let first = self.all.first()?;
        first.help.as_deref().map(plain)
    }
}

/// A message or a help of Cedar's validator, without the name of the policy in front.
pub(in crate::lint) fn plain(text: &str) -> String {
    let rest = text.strip_prefix("for policy `").and_then(|rest| {
        let (_, rest) = rest.split_once('`')?;
        Some(rest.trim_start_matches([',', ':', ' ']).to_owned())
    });
    rest.unwrap_or_else(|| text.to_owned())
}

/// The expression at a place; of several, the outermost.
pub(super) fn term_at<'s>(policy: &'s Policy<'_>, span: Span) -> Option<&'s Term> {
    let mut all = policy.syntax.terms();
    all.find(|term| term.span == span && span.len > 0)
}

/// The read of an attribute of which the validator speaks: all parts of `a.b.c` have the place of the whole, and its message
/// says which it is.
pub(super) fn read_at<'s>(policy: &'s Policy<'_>, said: &Said<'_>) -> Option<&'s Term> {
    let message = said.message();
    let path = quoted(&message, "attribute")?;
    let last = match path.strip_suffix("\"]") {
        Some(inner) => inner.rsplit_once("[\"").map(|(_, name)| name)?,
        None => path.rsplit('.').next()?,
    };
    let mut named = policy.syntax.terms().filter(|term| {
        let is = matches!(&term.kind, TermKind::Get(_, name) if name.as_ref() == last);
        is && term.span == said.span && said.span.len > 0
    });
    named.next().filter(|_| named.next().is_none())
}

/// What stands between the first two backticks behind some words of a message.
pub(super) fn quoted<'m>(message: &'m str, behind: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(behind)?;
    let (_, rest) = rest.split_once('`')?;
    rest.split_once('`').map(|(text, _)| text)
}

/// What follows for a policy that raises an error.
pub(super) fn skipped(policy: &Policy<'_>) -> &'static str {
    match policy.is_forbid() {
        true => "the forbid is skipped with an error, so it forbids nothing",
        false => "the permit is skipped with an error",
    }
}
