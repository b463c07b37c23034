//! `like` pattern loosened: a wildcard more at an end, or a text between wildcards less.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for span in &sites.patterns {
        let quoted = sites.at(*span).strip_prefix('"');
        let Some(pattern) = quoted.and_then(|text| text.strip_suffix('"')) else {
            continue;
        };
        let parts = parts(pattern);
        for looser in looser(&parts) {
            let with = format!("\"{}\"", looser.concat());
            drafts.push(Draft::new(Operator::LikeLoosened, *span, with));
        }
    }
    drafts
}

/// A pattern in its written form as wildcards and the texts between them; `\*` is no wildcard.
fn parts(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, letter) in pattern.char_indices() {
        if letter == '*' && !escaped {
            parts.extend(pattern.get(from..at).filter(|text| !text.is_empty()));
            parts.push("*");
            from = at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    parts.extend(pattern.get(from..).filter(|text| !text.is_empty()));
    parts
}

fn looser<'p>(parts: &[&'p str]) -> Vec<Vec<&'p str>> {
    let mut found = Vec::new();
    if parts.first() != Some(&"*") {
        found.push([&["*"], parts].concat());
    }
    if parts.last() != Some(&"*") {
        found.push([parts, &["*"]].concat());
    }
    let wild = parts.contains(&"*");
    let texts = parts.iter().enumerate().filter(|(_, part)| **part != "*");
    for (at, _) in texts.filter(|_| wild) {
        let mut rest: Vec<&str> = parts.to_vec();
        rest.remove(at);
        rest.dedup();
        found.push(rest);
    }
    found
}
