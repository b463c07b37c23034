//! Plans that `diff -o` wrote, and the groups in them.

use super::error::CliError;
use crate::diff::document::{Document, FORMAT, GroupNote};
use crate::render::count;
use serde::Deserialize;
use std::path::Path;

/// Shorter prefixes of a fingerprint name a group by accident.
const SHORTEST: usize = 4;

/// So many groups are listed where one is not found.
const LISTED: usize = 10;

const AGAIN: &str = "`agentauthz diff BASE...HEAD -o plan.json` writes one";

#[derive(Deserialize)]
struct Named {
    format: Option<String>,
}

/// Reads a plan. An error says what the file is instead.
pub fn read_plan(path: &Path) -> Result<Document, CliError> {
    let bytes = std::fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
    parse_plan(&path.display().to_string(), &bytes)
}

fn parse_plan(path: &str, bytes: &[u8]) -> Result<Document, CliError> {
    let fault = |what: &str, error: &serde_json::Error| {
        CliError::new(format!("`{path}` is {what}: {error}")).with_help(AGAIN)
    };
    let kind = |error: &serde_json::Error| match error.is_data() {
        true => "no plan",
        false => "not JSON",
    };
    let named: Named =
        serde_json::from_slice(bytes).map_err(|error| fault(kind(&error), &error))?;
    match named.format.as_deref() {
        Some(FORMAT) => {}
        Some(format) => return Err(other_format(path, format)),
        None => {
            return Err(
                CliError::new(format!("`{path}` is no plan: it has no `format`")).with_help(AGAIN),
            );
        }
    }
    serde_json::from_slice(bytes).map_err(|error| fault("no whole plan", &error))
}

fn other_format(path: &str, format: &str) -> CliError {
    let version = |format: &str| -> Option<u64> {
        let (name, version) = format.rsplit_once('/')?;
        (Some(name) == FORMAT.rsplit_once('/').map(|(name, _)| name))
            .then(|| version.parse().ok())?
    };
    match (version(format), version(FORMAT)) {
        (Some(other), Some(own)) if other > own => CliError::new(format!(
            "`{path}` was written by a newer agentauthz: its format is `{format}`"
        ))
        .with_help(format!(
            "this one reads `{FORMAT}`: update it, or compute the plan again"
        )),
        (Some(_), _) => CliError::new(format!(
            "`{path}` was written by an older agentauthz: its format is `{format}`"
        ))
        .with_help(format!("this one reads `{FORMAT}`: {AGAIN}")),
        (None, _) => {
            CliError::new(format!("`{path}` is no plan: its format is `{format}`")).with_help(AGAIN)
        }
    }
}

/// Whether a text can name a group: a number, or the beginning of a fingerprint.
pub fn names_group(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits || (text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The group that a number, or the beginning of a fingerprint, names.
pub fn find_group<'a>(document: &'a Document, name: &str) -> Result<&'a GroupNote, CliError> {
    let number: Option<u64> = name.parse().ok();
    let prefix = name.to_ascii_lowercase();
    let found: Vec<&GroupNote> = document
        .groups
        .iter()
        .filter(|group| {
            let begins = prefix.len() >= SHORTEST
                && group.fingerprint.to_ascii_lowercase().starts_with(&prefix);
            begins || number == Some(group.number)
        })
        .collect();
    match found.as_slice() {
        [group] => Ok(group),
        [] => Err(missing(document, name)),
        several => Err(CliError::new(format!(
            "`{name}` names {}",
            count(several.len() as u64, "group")
        ))
        .with_help(format!(
            "write more of the fingerprint: {}",
            list(several.iter().copied())
        ))),
    }
}

fn missing(document: &Document, name: &str) -> CliError {
    if document.groups.is_empty() {
        return CliError::new(format!("there is no group `{name}`: no decision changed"))
            .with_help("`agentauthz diff` shows what was compared");
    }
    let short = name.len() < SHORTEST && !name.bytes().all(|byte| byte.is_ascii_digit());
    let error = CliError::new(format!("there is no group `{name}`"));
    let groups = list(document.groups.iter());
    error.with_help(match short {
        true => format!(
            "a group is named by its number, or by {SHORTEST} characters or more of its fingerprint: {groups}"
        ),
        false => format!("the groups are {groups}"),
    })
}

/// `1 (8c41d2…), 2 (…)`, as many as can be read.
fn list<'a>(groups: impl ExactSizeIterator<Item = &'a GroupNote>) -> String {
    let left = groups.len().saturating_sub(LISTED);
    let mut names: Vec<String> = groups
        .take(LISTED)
        .map(|group| format!("{} ({})", group.number, group.fingerprint))
        .collect();
    if left > 0 {
        names.push(format!("and {left} more"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(fingerprints: &[&str]) -> Document {
        let groups = fingerprints
            .iter()
            .zip(1..)
            .map(|(fingerprint, number)| GroupNote {
                number,
                fingerprint: (*fingerprint).to_owned(),
                ..GroupNote::default()
            });
        Document {
            format: FORMAT.to_owned(),
            groups: groups.collect(),
            ..Document::default()
        }
    }

    fn parse(text: &str) -> Result<Document, String> {
        parse_plan("plan.json", text.as_bytes()).map_err(|error| error.message)
    }

    #[test]
    fn a_plan_is_read_or_the_error_says_what_it_is() {
        let written = serde_json::to_string(&document(&["8c41d2aa"])).unwrap();
        assert_eq!(parse(&written).unwrap(), document(&["8c41d2aa"]));
        let message = |text: &str| parse(text).unwrap_err();
        assert!(message("{\n\"format\": ").starts_with("`plan.json` is not JSON: "));
        assert!(message("{\n\"format\": ").contains("line 2"));
        assert!(message("[]").starts_with("`plan.json` is no plan: "));
        assert_eq!(message("{}"), "`plan.json` is no plan: it has no `format`");
        assert!(message(r#"{"format": "x/2"}"#).ends_with("its format is `x/2`"));
        assert!(message(r#"{"format": "agentauthz.diff/3"}"#).contains("a newer agentauthz"));
        assert!(message(r#"{"format": "agentauthz.diff/1"}"#).contains("an older agentauthz"));
        let partial = format!(r#"{{"format": "{FORMAT}"}}"#);
        assert!(message(&partial).starts_with("`plan.json` is no whole plan: missing field"));
    }

    #[test]
    fn groups_are_named_by_number_or_fingerprint() {
        let document = document(&["8c41d2aa", "8c41ffff", "12345678"]);
        let find = |name: &str| find_group(&document, name).map(|group| group.number);
        assert_eq!(find("2").unwrap(), 2);
        assert_eq!(find("8C41D").unwrap(), 1);
        assert_eq!(find("1234").unwrap(), 3);
        let several = find("8c41").unwrap_err();
        assert_eq!(several.message, "`8c41` names 2 groups");
        assert!(
            several
                .help
                .unwrap()
                .ends_with("1 (8c41d2aa), 2 (8c41ffff)")
        );
        let missing = find("4").unwrap_err();
        assert_eq!(missing.message, "there is no group `4`");
        assert!(missing.help.unwrap().contains("3 (12345678)"));
        assert!(
            find("8c")
                .unwrap_err()
                .help
                .unwrap()
                .contains("4 characters")
        );
        let none = find_group(&Document::default(), "1").unwrap_err();
        assert!(none.message.ends_with("no decision changed"), "{none}");
    }

    #[test]
    fn a_number_and_a_fingerprint_that_name_different_groups_are_ambiguous() {
        let mut document = document(&["aaaa0000", "12345678"]);
        document.groups[0].number = 1234;
        assert!(find_group(&document, "1234").is_err());
        assert_eq!(find_group(&document, "12345").unwrap().number, 2);
    }

    #[test]
    fn recorded_actions_do_not_read_as_groups() {
        assert!(names_group("2") && names_group("8c41d2") && names_group("BEEF"));
        assert!(!names_group("") && !names_group("abc") && !names_group("a.jsonl#1"));
    }
}
