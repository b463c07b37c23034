//! `agentauthz explain AZ101`: the page of a lint; and the list of all of them.

use super::error::CliError;
use super::output::{Output, Report};
use crate::lint::{Lint, by_name, catalogue};
use crate::render;
use serde_json::{Value, json};

/// The pages of lints.
struct Pages(Vec<&'static Lint>);

impl Report for Pages {
    fn terminal(&self) -> String {
        match self.0.as_slice() {
            [one] => render::lint_page(one),
            all => render::lint_list(all),
        }
    }

    fn json(&self) -> Value {
        let all: Vec<Value> = self.0.iter().map(|lint| page(lint)).collect();
        json!({ "format": "agentauthz.lints/1", "lints": all })
    }
}

fn page(lint: &Lint) -> Value {
    let evidence: Vec<&str> = lint.evidence.iter().map(|one| one.name()).collect();
    json!({
        "code": lint.code,
        "slug": lint.slug,
        "group": lint.group(),
        "title": lint.title,
        "level": lint.level.name(),
        "fix": lint.fix.map(crate::lint::FixKind::name),
        "evidence": evidence,
        "needs_solver": matches!(lint.run, crate::lint::Run::Solver),
        "page": lint.page,
    })
}

/// Whether a name has the form of a lint's code.
fn is_code(name: &str) -> bool {
    let digits = name.get(2..).unwrap_or_default();
    let begins = name
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("AZ"));
    begins && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// There is no such code: those are named that differ from it in a digit, or of which one was left out.
fn unknown(name: &str) -> CliError {
    let upper = name.to_ascii_uppercase();
    let all = catalogue().iter().copied();
    let mut near: Vec<&Lint> = all.filter(|lint| one_apart(lint.code, &upper)).collect();
    // The later they differ, and the less, the nearer they are.
    let number = |code: &str| code.get(2..).and_then(|digits| digits.parse::<u64>().ok());
    near.sort_by_key(|lint| {
        let apart = number(lint.code).zip(number(&upper));
        let apart = apart.map(|(one, other)| one.abs_diff(other));
        (std::cmp::Reverse(in_common(lint.code, &upper)), apart)
    });
    let near: Vec<String> = near
        .into_iter()
        .take(3)
        .map(|lint| format!("{} {}", lint.code, lint.slug))
        .collect();
    let list = "`agentauthz explain lints` lists them all";
    let help = match near.is_empty() {
        true => list.to_owned(),
        false => format!("near it are {}; {list}", near.join(", ")),
    };
    CliError::new(format!("there is no lint `{name}`")).with_help(help)
}

/// With how many bytes two texts begin in common.
fn in_common(one: &str, other: &str) -> usize {
    let pairs = one.bytes().zip(other.bytes());
    pairs.take_while(|(a, b)| a == b).count()
}

/// Whether two texts differ in one letter, or one of them has one more.
fn one_apart(one: &str, other: &str) -> bool {
    let (short, long) = match one.len() <= other.len() {
        true => (one, other),
        false => (other, one),
    };
    let start = in_common(short, long);
    let skipped = usize::from(short.len() == long.len());
    long.len() - short.len() <= 1 && short.get(start + skipped..) == long.get(start + 1..)
}

/// Shows what a name means, where it is that of a lint, or `lints`; whether it is.
pub fn explain(name: &str, output: &Output) -> Result<bool, CliError> {
    let found = match name {
        "lints" => catalogue().to_vec(),
        name => by_name(name).into_iter().collect(),
    };
    if found.is_empty() {
        return match is_code(name) {
            true => Err(unknown(name)),
            false => Ok(false),
        };
    }
    output.write(&Pages(found))?;
    Ok(true)
}
