//! Suppressions: comments that accept findings, with a reason and until a day.
//!
//! `// agentauthz: allow(AZ206, until = 2027-01-01) -- reason` accepts what it names in the policy that follows or holds
//! it; in the first lines of a file, with an empty line behind it, in the whole file. In YAML the sign is `#`, and what
//! follows is the next line.

use super::catalogue::{by_name, catalogue};
use super::comments::{Comment, comments};
use crate::cedar::ParsedPolicy;
use crate::model::{SourceFile, Span};
use crate::repository::is_day;
use std::sync::Arc;

/// A comment that accepts findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The file.
    pub path: Arc<str>,
    /// The comment.
    pub span: Span,
    /// The codes it names.
    pub codes: Vec<&'static str>,
    /// The last day on which it holds.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// What is wrong with it.
    pub faults: Vec<String>,
    /// Where it holds: bytes of the file.
    pub reach: Span,
}

impl Suppression {
    /// Whether it holds on a day.
    pub fn holds(&self, now: &str) -> bool {
        self.faults.is_empty() && self.until.as_deref().is_none_or(|until| now <= until)
    }

    /// Whether it is about a lint at a place.
    pub fn covers(&self, code: &str, path: &str, span: Span) -> bool {
        self.path.as_ref() == path
            && self.codes.contains(&code)
            && self.reach.start <= span.start
            && span.start < self.reach.end().max(self.reach.start + 1)
    }
}

/// The suppressions of a file, in order.
pub(super) fn suppressions(file: &SourceFile, policies: &[&ParsedPolicy]) -> Vec<Suppression> {
    let all = comments(file);
    all.iter()
        .filter_map(|comment| {
            let directive = comment.text.trim().strip_prefix("agentauthz:")?;
            let mut found = read(directive.trim());
            found.path = file.path.clone();
            found.span = comment.span;
            found.reach = reach(file, comment, policies);
            Some(found)
        })
        .collect()
}

/// Where a comment holds.
fn reach(file: &SourceFile, comment: &Comment<'_>, policies: &[&ParsedPolicy]) -> Span {
    let text = file.text.as_ref();
    if is_at_top(text, comment.span) {
        return Span::new(0, text.len());
    }
    let around = policies.iter().find(|policy| {
        policy.span.start <= comment.span.start && comment.span.start < policy.span.end()
    });
    let line_end = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.find('\n').unwrap_or(rest.len())
    };
    // Behind the semicolon on the line of a policy's end: that policy.
    let behind = policies.iter().rev().find(|policy| {
        !comment.alone
            && policy.span.end() <= comment.span.start
            && comment.span.start < line_end(policy.span.end())
    });
    let next = policies
        .iter()
        .find(|policy| policy.span.start >= comment.span.end());
    if let Some(policy) = around.or(behind).or(next) {
        return policy.span;
    }
    // No policies: what stands on its own line, or the next one that says something; annotations belong to what follows.
    if !comment.alone {
        let start = text.get(..comment.span.start).unwrap_or_default();
        let start = start.rfind('\n').map_or(0, |at| at + 1);
        return Span::new(start, comment.span.end() - start);
    }
    let mut at = line_end(comment.span.end());
    let start = at;
    while at < text.len() {
        let end = line_end(at + 1);
        let line = text.get(at..end).unwrap_or_default().trim();
        let is_said = !line.is_empty()
            && !line.starts_with("//")
            && !line.starts_with('#')
            && !line.starts_with('@');
        if is_said {
            return Span::new(start, end - start);
        }
        at = end;
    }
    Span::new(start, 0)
}

/// Whether a comment stands in the first lines of a file that say anything, which an empty line parts from what follows.
/// Empty lines before them say nothing.
fn is_at_top(text: &str, comment: Span) -> bool {
    let mut at = 0;
    let mut begun = false;
    for line in text.split_inclusive('\n') {
        let said = line.trim();
        if said.is_empty() {
            if begun {
                return comment.start < at;
            }
        } else if !said.starts_with("//") && !said.starts_with('#') {
            return false;
        }
        begun |= !said.is_empty();
        at += line.len();
    }
    begun
}

fn read(directive: &str) -> Suppression {
    let mut found = Suppression {
        path: "".into(),
        span: Span::new(0, 0),
        codes: Vec::new(),
        until: None,
        reason: String::new(),
        faults: Vec::new(),
        reach: Span::new(0, 0),
    };
    let (said, reason) = match directive.split_once("--") {
        Some((said, reason)) => (said.trim(), reason.trim()),
        None => (directive, ""),
    };
    found.reason = reason.to_owned();
    let inner = said
        .strip_prefix("allow")
        .map(str::trim_start)
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.strip_suffix(')'));
    let Some(inner) = inner else {
        found.faults.push(format!(
            "`{said}` is not understood; write `allow(CODE, until = YYYY-MM-DD) -- reason`"
        ));
        return found;
    };
    for part in inner.split(',').map(str::trim) {
        match part.split_once('=') {
            Some((key, day)) if key.trim() == "until" => {
                let day = day.trim().trim_matches('"');
                match is_day(day) {
                    true => found.until = Some(day.to_owned()),
                    false => found
                        .faults
                        .push(format!("`{day}` is no day; write `YYYY-MM-DD`")),
                }
            }
            Some((key, _)) => found
                .faults
                .push(format!("`{}` is not known here", key.trim())),
            None => match by_name(part) {
                Some(lint) => found.codes.push(lint.code),
                None if is_group(part) => found.faults.push(format!(
                    "`{part}` names several lints; name each that is accepted, since more may come to it"
                )),
                None => found.faults.push(format!("there is no lint `{part}`")),
            },
        }
    }
    if found.codes.is_empty() && found.faults.is_empty() {
        found.faults.push("it names no lint".to_owned());
    }
    if found.reason.is_empty() {
        found
            .faults
            .push("it gives no reason; write it behind `--`".to_owned());
    }
    found
}

/// Whether a name is that of a group of lints, or of all, by which levels can be set.
fn is_group(name: &str) -> bool {
    name == "all" || catalogue().iter().any(|lint| lint.group() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cedar::parse_policies;

    fn of(text: &str) -> (SourceFile, Vec<Suppression>) {
        let file = SourceFile::new("a.cedar", text);
        let (policies, faults) = parse_policies(&file);
        assert!(faults.is_empty());
        let policies: Vec<&ParsedPolicy> = policies.iter().collect();
        let found = suppressions(&file, &policies);
        (file, found)
    }

    #[test]
    fn a_comment_reaches_the_policy_that_follows_or_holds_it() {
        let (file, found) = of(
            "permit (principal, action, resource); // agentauthz: allow(AZ201) -- own\n\
             // agentauthz: allow(string-in, AZ201, until = 2027-01-01) -- next\n// more\n\
             forbid (principal, action, resource)\n// agentauthz: allow(AZ201) -- inside\nwhen { true };\n",
        );
        let reached: Vec<(&str, &str, Vec<&str>)> = found
            .iter()
            .map(|one| {
                let word = file.slice(Span::new(one.reach.start, 6));
                (one.reason.as_str(), word, one.codes.clone())
            })
            .collect();
        assert_eq!(
            reached,
            [
                ("own", "permit", vec!["AZ201"]),
                ("next", "forbid", vec!["AZ101", "AZ201"]),
                ("inside", "forbid", vec!["AZ201"]),
            ]
        );
        assert!(found[1].holds("2027-01-01") && !found[1].holds("2027-01-02"));
    }

    #[test]
    fn at_the_top_it_reaches_the_whole_file() {
        let (file, found) = of(
            "// Owned by finance.\n// agentauthz: allow(AZ201) -- old\n\n// first\npermit (principal, action, resource);\n",
        );
        assert_eq!(found[0].reach, Span::new(0, file.text.len()));
        let (_, found) = of(
            "// agentauthz: allow(AZ201) -- old\npermit (principal, action, resource);\npermit (principal, action, resource);\n",
        );
        assert_eq!(found[0].reach.start, 35);
        let (_, found) = of(
            "// a\n\n// agentauthz: allow(AZ201) -- old\n\npermit (principal, action, resource);\n",
        );
        assert!(found[0].reach.start > 0);
        let (file, found) =
            of("\n\n// agentauthz: allow(AZ201) -- old\n\npermit (principal, action, resource);\n");
        assert_eq!(found[0].reach, Span::new(0, file.text.len()));
    }

    #[test]
    fn what_is_wrong_with_it_is_said() {
        for (text, fault) in [
            ("allow(AZ201)", "it gives no reason; write it behind `--`"),
            ("allow(AZ999) -- x", "there is no lint `AZ999`"),
            (
                "allow(AZ201, until = tomorrow) -- x",
                "`tomorrow` is no day; write `YYYY-MM-DD`",
            ),
            (
                "allow(security) -- x",
                "`security` names several lints; name each that is accepted, since more may come to it",
            ),
            ("allow(AZ201, by = me) -- x", "`by` is not known here"),
            ("allow() -- x", "there is no lint ``"),
            (
                "ignore -- x",
                "`ignore` is not understood; write `allow(CODE, until = YYYY-MM-DD) -- reason`",
            ),
        ] {
            assert_eq!(read(text).faults, [fault], "{text}");
        }
    }
}
