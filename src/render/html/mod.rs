//! The decision-diff report, and what unit tests cover, each as one HTML file: no network, no script needed to read it, nothing of the data acts.
//!
//! Views are made in Rust (`view/`), and shown by templates. Every text goes through [`write`], which makes it inert.

mod bars;
mod coverage;
mod csp;
mod groups;
mod histogram;
mod hunks;
mod island;
mod limits;
mod matrix;
mod page;
mod trust;
mod verdict;
mod words;

use super::escape::printable;
use super::numbers::{count, grouped};
use crate::diff::document::Document;
use crate::model::Sources;
use crate::testing::coverage::Coverage;
use limits::{LEVELS, Limits};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, escape_formatter,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};

const TEMPLATES: [(&str, &str); 10] = [
    ("coverage.html", include_str!("templates/coverage.html")),
    ("page.html", include_str!("templates/page.html")),
    ("macros.html", include_str!("templates/macros.html")),
    ("verdict.html", include_str!("templates/verdict.html")),
    ("groups.html", include_str!("templates/groups.html")),
    ("group.html", include_str!("templates/group.html")),
    ("flow.html", include_str!("templates/flow.html")),
    ("matrix.html", include_str!("templates/matrix.html")),
    ("trust.html", include_str!("templates/trust.html")),
    ("provenance.html", include_str!("templates/provenance.html")),
];

/// The most bytes of a report.
const MOST: usize = 5_000_000;

/// The report as one file of less than 5 MB, whatever the document: lists are cut, and say how much was left out.
pub fn diff(document: &Document) -> String {
    let mut text = String::new();
    for limits in LEVELS {
        text = match page(document, limits) {
            Ok(text) => text,
            Err(error) => return unreadable(&error),
        };
        if text.len() < MOST {
            break;
        }
    }
    text
}

/// The most policies of a coverage report, tried in turn until it is small enough.
const POLICIES: [usize; 5] = [10_000, 1_000, 300, 100, 20];

/// What unit tests cover, as one file of less than 5 MB. Texts of policies are those of `sources`.
pub fn coverage(coverage: &Coverage, sources: &Sources) -> String {
    let mut text = String::new();
    for most in POLICIES {
        let made = environment(LEVELS.first().map_or(0, |level| level.text)).and_then(|shown| {
            let view = coverage::view(coverage, sources, most);
            shown.get_template("coverage.html")?.render(Serde(view))
        });
        text = match made {
            Ok(text) => text,
            Err(error) => return unreadable(&error),
        };
        if text.len() < MOST {
            break;
        }
    }
    text
}

fn page(document: &Document, limits: Limits) -> Result<String, Error> {
    environment(limits.text)?
        .get_template("page.html")?
        .render(Serde(page::view(document, limits)))
}

/// The templates, with texts of at most `limit` characters.
fn environment(limit: usize) -> Result<Environment<'static>, Error> {
    let mut shown = Environment::new();
    shown.set_undefined_behavior(UndefinedBehavior::Strict);
    shown.set_auto_escape_callback(|_| AutoEscape::Html);
    shown.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    shown.set_formatter(move |out, state, value| write(out, state, value, limit));
    shown.add_filter("grouped", |number: u64| grouped(number));
    shown.add_filter("prose", words::prose);
    shown.add_function("noun", words::noun);
    shown.add_function("count", |number: u64, noun: String| count(number, &noun));
    for (name, text) in TEMPLATES {
        shown.add_template(name, text)?;
    }
    Ok(shown)
}

/// Writes a value of a template: texts come from attackers, so they are shortened and nothing in them acts.
fn write(out: &mut Output, state: &mut State, value: &Value, limit: usize) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            let text = printable(&limits::cut(text, limit));
            escape_formatter(out, state, &Value::from(text))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// What stands in place of a report that cannot be shown: a fault of the templates, which tests find.
fn unreadable(error: &Error) -> String {
    let error: String = printable(&error.to_string())
        .chars()
        .map(|c| match c {
            '<' | '>' | '&' | '"' | '\'' => '?',
            _ => c,
        })
        .collect();
    format!(
        "<!doctype html><html lang=\"en\"><title>agentauthz</title><p>This report cannot be shown: {error}. \
         Use another format."
    )
}
