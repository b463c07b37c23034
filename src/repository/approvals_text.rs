//! Edits of `approvals.yaml` as text, so that everything that a person wrote there stays.

use super::approvals::{Approval, ApprovalsFile, Written};
use crate::model::SourceFile;
use crate::yaml;
use std::collections::BTreeSet;

/// Longer lists stand line by line.
const LINE: usize = 80;

/// Letters that nobody sees.
const INVISIBLE: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

/// An approval as an entry of `approvals.yaml`, its dash after so many blanks.
pub fn approval_text(approval: &Approval, indent: usize) -> String {
    let class = serde_json::to_value(approval.class).unwrap_or_default();
    let envelope = &approval.envelope;
    let mut lines = vec![
        format!("- group: {}", quoted(&approval.group)),
        format!("  class: {}", class.as_str().unwrap_or_default()),
        format!("  title: {}", quoted(&approval.title)),
        format!("  reason: {}", quoted(&approval.reason)),
        format!("  owner: {}", quoted(&approval.owner)),
        format!("  approver: {}", quoted(&approval.approver)),
        format!("  expires: {}", approval.expires),
        "  envelope:".to_owned(),
    ];
    for (key, names) in [("agents", &envelope.agents), ("actions", &envelope.actions)] {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        let line = format!("    {key}: [{}]", names.join(", "));
        if line.len() <= LINE || names.len() < 2 {
            lines.push(line);
        } else {
            lines.push(format!("    {key}:"));
            lines.extend(names.iter().map(|name| format!("      - {name}")));
        }
    }
    if !envelope.values.is_empty() {
        lines.push("    values:".to_owned());
    }
    for (path, value) in &envelope.values {
        let mut members = Vec::new();
        for (key, bound) in [("min", &value.min), ("max", &value.max)] {
            members.extend(
                bound
                    .as_ref()
                    .map(|bound| format!("{key}: {}", written(bound))),
            );
        }
        if !value.any_of.is_empty() {
            let texts: Vec<String> = value.any_of.iter().map(written).collect();
            members.push(format!("any_of: [{}]", texts.join(", ")));
        }
        for (key, flag) in [("any", value.any), ("absent", value.absent)] {
            members.extend(flag.then(|| format!("{key}: true")));
        }
        lines.push(format!(
            "      {}: {{ {} }}",
            quoted(path),
            members.join(", ")
        ));
    }
    lines.push(format!("    count: {}", envelope.count));
    let blanks = " ".repeat(indent);
    lines
        .iter()
        .map(|line| format!("{blanks}{line}\n"))
        .collect()
}

/// Integers stand as they are, everything else in quotes.
fn written(value: &Written) -> String {
    match value.0.parse::<i64>() {
        Ok(number) if number.to_string() == value.0 => value.0.clone(),
        Ok(_) | Err(_) => quoted(&value.0),
    }
}

/// The text in double quotes, with an escape for whatever is neither a letter, a digit nor a sign of ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if INVISIBLE.contains(&c) => out.push_str(&escaped(c)),
            c if c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() => out.push(c),
            c => out.push_str(&escaped(c)),
        }
    }
    out.push('"');
    out
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xffff => format!("\\u{code:04X}"),
        code => format!("\\U{code:08X}"),
    }
}

/// Whether an entry of a text names this group, be it at fault or not.
pub fn has_approval(text: &str, group: &str) -> bool {
    groups(text).is_some_and(|groups| groups.iter().any(|known| known == group))
}

/// The text of `approvals.yaml` with one approval more, behind the others. Nothing where the text is written in a form
/// into which no line can be put.
pub fn add_approval(text: &str, approval: &Approval) -> Option<String> {
    let added = inserted(text, approval)?;
    let mut expected = groups(text)?;
    expected.push(approval.group.clone());
    (groups(&added)? == expected).then_some(added)
}

fn inserted(text: &str, approval: &Approval) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let entries = entries(text)?;
    let mut out = String::new();
    if let Some(last) = entries.last() {
        let indent = lines.get(last.first).map_or(0, |line| indent(line));
        for (at, line) in lines.iter().enumerate() {
            out.push_str(line);
            if at == last.end {
                close(&mut out);
                out.push_str(&approval_text(approval, indent));
            }
        }
        return Some(out);
    }
    let mut found = false;
    for line in &lines {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(rest) = code.strip_prefix("approvals:")
            && matches!(rest.trim(), "" | "[]")
        {
            found = true;
            out.push_str("approvals:\n");
            out.push_str(&approval_text(approval, 2));
        } else {
            out.push_str(line);
        }
    }
    if !found {
        close(&mut out);
        if groups(text).is_some_and(|_| !says_something(text)) {
            out.push_str("version: 1\n");
        }
        out.push_str("approvals:\n");
        out.push_str(&approval_text(approval, 2));
    }
    Some(out)
}

/// The text of `approvals.yaml` without the entries of these groups, and without the comments right above them. Nothing
/// where the entries do not stand line by line.
pub fn remove_approvals(text: &str, removed: &BTreeSet<String>) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let entries = entries(text)?;
    let mut gone = BTreeSet::new();
    for entry in entries
        .iter()
        .filter(|entry| removed.contains(&entry.group))
    {
        let own = indent(lines.get(entry.first)?);
        let above = lines.iter().take(entry.first).rev();
        let comments = above
            .take_while(|line| line.trim_start().starts_with('#') && indent(line) == own)
            .count();
        gone.extend(entry.first - comments..=entry.end);
    }
    let none_left = entries.iter().all(|entry| removed.contains(&entry.group));
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        match line.strip_prefix("approvals:") {
            _ if gone.contains(&at) => {}
            Some(rest) if none_left && !entries.is_empty() => {
                out.push_str("approvals: []");
                out.push_str(rest);
            }
            Some(_) | None => out.push_str(line),
        }
    }
    let expected: Vec<String> = groups(text)?
        .into_iter()
        .filter(|group| !removed.contains(group))
        .collect();
    (groups(&out)? == expected).then_some(out)
}

/// Whether a text has more than comments.
fn says_something(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Lets the last line end.
fn close(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// An entry by its lines.
struct Entry {
    group: String,
    first: usize,
    end: usize,
}

fn read(text: &str) -> Option<ApprovalsFile> {
    yaml::parse(&SourceFile::new("approvals.yaml", text)).ok()
}

fn groups(text: &str) -> Option<Vec<String>> {
    let read = read(text)?.approvals.into_iter();
    Some(read.map(|entry| entry.value.group.value).collect())
}

/// The entries, each with its lines: from the one with its dash to the last one that stands further in.
fn entries(text: &str) -> Option<Vec<Entry>> {
    let file = SourceFile::new("approvals.yaml", text);
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for entry in read(text)?.approvals {
        let (line, _) = file.line_column(entry.value.group.span.start);
        // The keys may stand in any order, and above them is the dash.
        let mut first = line.checked_sub(1)?;
        let inner = indent(lines.get(first)?);
        while !lines.get(first)?.trim_start().starts_with("- ") {
            first = first.checked_sub(1)?;
        }
        let own = indent(lines.get(first)?);
        // A dash further in would be that of a list inside of the entry.
        if own > inner {
            return None;
        }
        let mut end = first;
        for (at, line) in lines.iter().enumerate().skip(first + 1) {
            if line.trim().is_empty() {
                continue;
            }
            if indent(line) <= own {
                break;
            }
            end = at;
        }
        found.push(Entry {
            group: entry.value.group.value,
            first,
            end,
        });
    }
    Some(found)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeClass, Span};
    use crate::repository::{Envelope, ValueEnvelope};
    use std::collections::BTreeMap;

    fn approval(group: &str) -> Approval {
        let bounds = |min: &str, max: &str| ValueEnvelope {
            min: Some(Written(min.to_owned())),
            max: Some(Written(max.to_owned())),
            ..ValueEnvelope::default()
        };
        let texts = ValueEnvelope {
            any_of: BTreeSet::from([
                Written("\"a: #\\n\"".to_owned()),
                Written("true".to_owned()),
            ]),
            absent: true,
            ..ValueEnvelope::default()
        };
        Approval {
            group: group.to_owned(),
            class: ChangeClass::NewlyAllowed,
            title: "`p` {{7*7}} \u{1b}[31m \u{202e}\u{3164}ü ☃ \u{1f600} \"q\" \\ 'x'\nnext: # no"
                .to_owned(),
            reason: "wanted".to_owned(),
            owner: "maria".to_owned(),
            approver: "jon".to_owned(),
            expires: "2027-01-31".to_owned(),
            envelope: Envelope {
                agents: BTreeSet::from(["bot".to_owned(), "- x: [".to_owned()]),
                actions: (0..9).map(|at| format!("Action::\"act {at}\"")).collect(),
                values: BTreeMap::from([
                    ("context.n".to_owned(), bounds("-5", "9")),
                    (
                        "context.d".to_owned(),
                        bounds("decimal(\"1.5\")", "decimal(\"2.0\")"),
                    ),
                    ("context[\"a b\"]".to_owned(), texts),
                ]),
                count: 7,
            },
            file: "approvals.yaml".into(),
            span: Span::new(0, 0),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = add_approval("", &approval("0123")).unwrap();
        let odd = |c: &char| !c.is_ascii_graphic() && !c.is_alphanumeric() && !" \n".contains(*c);
        assert_eq!(text.chars().find(odd), None);
        let spec = read(&text).unwrap();
        let read = &spec.approvals[0].value;
        let wrote = approval("0123");
        assert_eq!(spec.version, 1);
        assert_eq!(read.group.value, wrote.group);
        assert_eq!(read.title, wrote.title);
        assert_eq!(read.envelope.value, wrote.envelope);
        assert_eq!(read.expires.value, wrote.expires);
        assert_eq!(read.class.value, wrote.class);
    }

    const BY_HAND: &str = "\
# Ours.
version: 1
approvals:   # by hand
  # About the first.
  - class: newly_allowed
    group: first # its print
    reason: |
      several
      # lines
    owner: a
    approver: b
    expires: 2027-01-31
    envelope: { agents: [x], actions: [y], count: 1 }

  # About the second.
  - { group: second, class: newly_denied, reason: r, owner: a, approver: b,
      expires: 2027-01-31, envelope: { agents: [], actions: [], count: 1 } }
# The end.
";

    #[test]
    fn what_a_person_wrote_stays() {
        let added = add_approval(BY_HAND, &approval("third")).unwrap();
        assert_eq!(groups(&added).unwrap(), ["first", "second", "third"]);
        let entry = approval_text(&approval("third"), 2);
        assert_eq!(added.replacen(&entry, "", 1), BY_HAND);
        assert!(added.ends_with("# The end.\n"));
        let only = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let removed = remove_approvals(&added, &only(&["third"])).unwrap();
        assert_eq!(removed, BY_HAND);
        let removed = remove_approvals(BY_HAND, &only(&["first"])).unwrap();
        assert!(removed.contains("# About the second.") && !removed.contains("first"));
        assert!(removed.starts_with("# Ours.") && removed.ends_with("# The end.\n"));
        let removed = remove_approvals(BY_HAND, &only(&["second"])).unwrap();
        assert!(removed.contains("# About the first.") && !removed.contains("second"));
        let none = remove_approvals(BY_HAND, &only(&["first", "second"])).unwrap();
        assert_eq!(
            none.trim_end(),
            "# Ours.\nversion: 1\napprovals: []   # by hand\n\n# The end."
        );
        let again = add_approval(&none, &approval("fourth")).unwrap();
        assert_eq!(groups(&again).unwrap(), ["fourth"]);
    }

    #[test]
    fn files_without_entries_and_other_forms() {
        for text in [
            "",
            "# Nothing yet.",
            "version: 1",
            "version: 1\napprovals: []\n",
            "version: 1\napprovals: [] # none\n",
        ] {
            let added = add_approval(text, &approval("a")).unwrap();
            assert_eq!(groups(&added).unwrap(), ["a"], "{added}");
            assert_eq!(read(&added).unwrap().version, 1);
        }
        let flow = "{version: 1, approvals: [{group: g, class: newly_denied, reason: r, owner: a, approver: b, expires: 2027-01-31, envelope: {agents: [], actions: [], count: 1}}]}";
        assert_eq!(groups(flow).unwrap(), ["g"]);
        assert_eq!(add_approval(flow, &approval("a")), None);
        assert_eq!(
            remove_approvals(flow, &BTreeSet::from(["g".to_owned()])),
            None
        );
        assert_eq!(add_approval("approvals: {", &approval("a")), None);
    }
}
