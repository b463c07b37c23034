//! Tests as `cedar run-tests` reads them: a JSON array, each test with its entities.

use super::expectation::ExpectedDecision;
use crate::model::{Diagnostic, Json, SourceFile, Span, Stage, refuse_repeated_keys};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// One test of a file of `cedar run-tests`.
#[derive(Debug, Clone)]
pub struct RunTest {
    /// Its place in the file.
    pub span: Span,
    /// What it is called, or its number from 1 where it says nothing.
    pub name: String,
    /// What it asks, or why it cannot be read.
    pub asked: Result<AskedTest, String>,
}

/// What a test of `cedar run-tests` asks.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedTest {
    /// Who acts, as Cedar writes it.
    pub principal: String,
    /// What is done.
    pub action: String,
    /// To what.
    pub resource: String,
    /// The facts of the moment, as Cedar's JSON.
    pub context: BTreeMap<String, Json>,
    /// All entities there are.
    pub entities: RunTestEntities,
    /// The decision.
    pub decision: ExpectedDecision,
    /// Policies that must be among the determining ones.
    pub reason: Vec<String>,
    /// How many policies raise an error.
    pub num_errors: usize,
}

/// The entities of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum RunTestEntities {
    /// Cedar's entity JSON.
    Here(Vec<serde_json::Value>),
    /// A file of it, by its path from the directory of the tests, with its entities once it is read.
    File(String, Vec<serde_json::Value>),
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: Option<String>,
}

/// The form of one test. Cedar takes keys that it does not know, and so does this.
#[derive(Deserialize)]
struct Written {
    request: WrittenRequest,
    entities: serde_json::Value,
    decision: WrittenDecision,
    reason: Vec<String>,
    num_errors: usize,
}

#[derive(Deserialize)]
struct WrittenRequest {
    principal: String,
    action: String,
    resource: String,
    context: BTreeMap<String, Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenDecision {
    Allow,
    Deny,
}

/// Whether a file is one of `cedar run-tests`: JSON whose outermost value is an array.
pub(in crate::repository) fn is_run_tests(file: &SourceFile) -> bool {
    file.path.ends_with(".json") && file.text.trim_start().starts_with('[')
}

/// The tests of a file, or why it is no array.
pub(in crate::repository) fn run_tests(file: &SourceFile) -> Result<Vec<RunTest>, Diagnostic> {
    let fault = |message: String| {
        Diagnostic::error(Stage::Parse, "run_tests", message).in_file(file.path.clone())
    };
    let text: &str = &file.text;
    let items = refuse_repeated_keys(text)
        .and_then(|()| serde_json::from_str::<Vec<&RawValue>>(text))
        .map_err(|error| {
            let at = offset(text, error.line(), error.column());
            fault(told(&error)).with_label(Span::new(at, 1), "here")
        })?;
    let tests = items.into_iter().enumerate().map(|(at, raw)| {
        // The raw value is a piece of the text, so this is where it stands.
        let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let named = serde_json::from_str::<Named>(raw.get()).ok();
        let asked = serde_json::from_str::<Written>(raw.get());
        RunTest {
            span: Span::new(start, raw.get().len()),
            name: named
                .and_then(|named| named.name)
                .unwrap_or_else(|| format!("{}", at + 1)),
            asked: asked.map_err(|error| told(&error)).and_then(understood),
        }
    });
    Ok(tests.collect())
}

fn understood(written: Written) -> Result<AskedTest, String> {
    let entities = match written.entities {
        serde_json::Value::Array(entities) => RunTestEntities::Here(entities),
        serde_json::Value::String(path) => RunTestEntities::File(path, Vec::new()),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Object(_) => {
            return Err("`entities` is neither an array nor the path of a file".to_owned());
        }
    };
    Ok(AskedTest {
        principal: written.request.principal,
        action: written.request.action,
        resource: written.request.resource,
        context: written.request.context,
        entities,
        decision: match written.decision {
            WrittenDecision::Allow => ExpectedDecision::Allow,
            WrittenDecision::Deny => ExpectedDecision::Deny,
        },
        reason: written.reason,
        num_errors: written.num_errors,
    })
}

/// The message without the library's place, which is shown as a mark.
fn told(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    if let Some(at) = message.rfind(" at line ") {
        message.truncate(at);
    }
    message
}

/// The byte offset of a line and column, both from 1; columns count bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len().saturating_sub(1));
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"name": "a", "request": {"principal": "A::\"x\"", "action": "Action::\"a\"",
        "resource": "R::\"y\"", "context": {}}, "entities": [], "decision": "allow", "reason": ["p"], "num_errors": 0}"#;

    fn read(text: &str) -> Result<Vec<RunTest>, Diagnostic> {
        run_tests(&SourceFile::new("t.test.json", text))
    }

    #[test]
    fn each_test_has_its_place() {
        let text = format!("[\n  {ONE},\n  {}\n]", ONE.replace("\"name\": \"a\", ", ""));
        let tests = read(&text).unwrap();
        let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
        assert_eq!(names, ["a", "2"]);
        assert_eq!(&text[tests[0].span.start..tests[0].span.end()], ONE);
        assert!(tests.iter().all(|test| test.asked.is_ok()));
    }

    #[test]
    fn one_that_cannot_be_read_leaves_the_others() {
        let tests = read(&format!("[{ONE}, {{\"name\": \"b\"}}]")).unwrap();
        assert!(tests[0].asked.is_ok());
        assert_eq!(tests[1].name, "b");
        assert!(tests[1].asked.as_ref().unwrap_err().contains("request"));
        let fault = read("[{\"a\": 1, \"a\": 2}]").unwrap_err();
        assert!(fault.message.contains("stands twice"), "{fault:?}");
        assert!(read("[1, ").unwrap_err().span().is_some());
    }
}
