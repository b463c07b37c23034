//! The comment above a policy.

use crate::lint::context::Policy;

/// The last paragraph of the comment that stands directly above a policy, one line after the other; empty where there is
/// none, and in Cedar's JSON form. What is meant for tools is left out.
pub(super) fn heading(policy: &Policy<'_>) -> Vec<String> {
    let start = policy.parsed.span.start;
    let Some(before) = policy
        .file
        .text
        .get(..start)
        .filter(|_| policy.has_places())
    else {
        return Vec::new();
    };
    let mut lines = before.rsplit('\n');
    // Something else stands before it on its line.
    if lines.next().is_none_or(|line| !line.trim().is_empty()) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for line in lines {
        let Some(text) = line.trim().strip_prefix("//") else {
            break;
        };
        let text = text.trim_start_matches('/').trim();
        if text.is_empty() && !found.is_empty() {
            break;
        }
        if !text.is_empty() && !text.starts_with("agentauthz:") {
            found.push(text.to_owned());
        }
    }
    found.reverse();
    found
}
