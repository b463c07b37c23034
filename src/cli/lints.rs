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

/// Shows what a name means, where it is that of a lint, or `lints`; whether it is.
pub fn explain(name: &str, output: &Output) -> Result<bool, CliError> {
    let found = match name {
        "lints" => catalogue().to_vec(),
        name => by_name(name).into_iter().collect(),
    };
    if found.is_empty() {
        return Ok(false);
    }
    output.write(&Pages(found))?;
    Ok(true)
}
