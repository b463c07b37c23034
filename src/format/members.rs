//! The order of a YAML file's members, where they can be moved safely.

use crate::model::{Json, SourceFile};
use crate::yaml;
use std::collections::BTreeMap;

/// The members of the files of a repository in the order in which the documentation lists them, all kinds of files in one.
const ORDER: &[&str] = &[
    "version",
    "name",
    "suite",
    "include",
    "defaults",
    "tags",
    "principal",
    "action",
    "resource",
    "context",
    "schema",
    "policies",
    "links",
    "agents",
    "agent_type",
    "entities",
    "mapping",
    "tests",
    "properties",
    "replay",
    "recordings",
    "data",
    "approvals",
    "gates",
    "coverage",
    "reports",
    "mutation",
    "tools",
    "lint",
];

/// The file with its members in their order: each takes the comment directly above it along. Nothing where they stand so
/// already, and where it is not sure that moving them changes nothing else.
pub(super) fn ordered(text: &str) -> Option<String> {
    let (head, mut members) = members(text)?;
    let before: Vec<&str> = members.iter().map(|member| member.name).collect();
    members.sort_by_key(|member| {
        let place = ORDER.iter().position(|name| *name == member.name);
        place.unwrap_or(ORDER.len())
    });
    if members.iter().map(|member| member.name).eq(before) {
        return None;
    }
    let mut out = head.to_owned();
    for member in &members {
        out.push_str(member.text);
        if !out.ends_with('\n') {
            out.push('\n');
        }
    }
    (said(&out) == said(text) && said(text).is_some()).then_some(out)
}

/// A member with its comment and the empty lines behind it.
struct Member<'t> {
    name: &'t str,
    text: &'t str,
}

/// What stands above the first member, and the members. Nothing where a line that is not indented is no member, no comment
/// and not empty, or where the first member has a comment that may be the file's.
fn members(text: &str) -> Option<(&str, Vec<Member<'_>>)> {
    let mut found: Vec<(&str, usize)> = Vec::new();
    let mut at = 0;
    // Where the comment begins that stands directly above the next line.
    let mut comment = None;
    let mut commented = false;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // Of whom does a comment speak that stands alone?
        if line.trim().is_empty() && comment.is_some() && !found.is_empty() {
            return None;
        }
        match line.chars().next() {
            Some('#') => {
                comment.get_or_insert(start);
                continue;
            }
            Some(letter) if letter.is_alphabetic() => {
                let (name, _) = line.split_once(':')?;
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return None;
                }
                commented |= found.is_empty() && comment.is_some();
                found.push((name, comment.unwrap_or(start)));
            }
            Some(' ' | '\n' | '\r') => {}
            _ => return None,
        }
        comment = None;
    }
    let first = found.first()?;
    if comment.is_some() {
        return None;
    }
    if commented && first.0 != "version" {
        return None;
    }
    // The comment above `version` speaks of the file, and `version` stays first.
    let head = text.get(..first.1)?;
    let ends = found.iter().skip(1).map(|(_, start)| *start);
    let ends: Vec<usize> = ends.chain([text.len()]).collect();
    let members = found.iter().zip(ends).map(|((name, start), end)| {
        let text = text.get(*start..end)?;
        Some(Member { name, text })
    });
    Some((head, members.collect::<Option<Vec<_>>>()?))
}

/// What a file says, whatever the order.
fn said(text: &str) -> Option<BTreeMap<String, Json>> {
    yaml::parse(&SourceFile::new("a.yaml", text)).ok()
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn members_move_with_their_comments() {
        let text = "# The file.\nversion: 1\n\ntests: [a]\n# why\npolicies:\n  - x # y\n\nname: n";
        let done =
            "# The file.\nversion: 1\n\nname: n\n# why\npolicies:\n  - x # y\n\ntests: [a]\n";
        assert_eq!(ordered(text).as_deref(), Some(done));
        assert_eq!(ordered(done), None);
    }

    #[test]
    fn unknown_members_keep_their_places_at_the_end() {
        let text = "zeta: 1\nalpha: 2\nversion: 1\n";
        let done = "version: 1\nzeta: 1\nalpha: 2\n";
        assert_eq!(ordered(text).as_deref(), Some(done));
    }

    #[test]
    fn what_may_change_something_stays() {
        for text in [
            // Of whom does the comment speak?
            "# of the file?\nname: n\nversion: 1\n",
            "name: &n x\nversion: *n\n",
            "---\nname: n\nversion: 1\n",
            "name: n\n# alone\n\nversion: 1\n",
            "name: n\nversion: 1\n# at the end\n",
            "name: [a,\nb]\nversion: 1\n",
            "\"name\": n\nversion: 1\n",
            "name: n\nname: m\nversion: 1\n",
            "- name: n\n- version: 1\n",
            "name: n\n\tversion: 1\n",
            "",
            "# nothing\n",
        ] {
            assert_eq!(ordered(text), None, "{text}");
        }
    }

    #[test]
    fn a_block_of_text_keeps_its_lines() {
        let text = "tests: |\n  version: 1\n\n  name: n\nversion: 1\n";
        let done = "version: 1\ntests: |\n  version: 1\n\n  name: n\n";
        assert_eq!(ordered(text).as_deref(), Some(done));
        // Behind `|+` the empty lines are a part of the text.
        let text = "tests: |+\n  a\n\n\nname: n\n\nversion: 1\n";
        let done = "version: 1\nname: n\n\ntests: |+\n  a\n\n\n";
        assert_eq!(ordered(text).as_deref(), Some(done));
    }
}
