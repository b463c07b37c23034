//! AZ127: policies without a schema that they are validated by.

use super::shared_words::plural;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::{SourceFile, Span};
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ127",
    slug: "unvalidated-policy",
    title: "policies without a schema that they are validated by",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[],
    passes: &["no_schema"],
    run: Run::Repository(look),
    page: include_str!("unvalidated-policy.md"),
};

const MANIFEST: &str = "agentauthz.yaml";

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let Some(first) = repository.policies.first() else {
        return;
    };
    // Where there are files that do not parse, that is told elsewhere.
    if context.schema().is_some() || !context.version.schema_files().is_empty() {
        return;
    }
    let count = repository.policies.len();
    let patterns = context.version.manifest.schema.join("`, `");
    let message = format!(
        "no schema file matches `{patterns}`, so {count} {} not validated",
        plural(count, "policy is", "policies are")
    );
    let finding = match context.file(MANIFEST) {
        Some(file) => found.file(file, place(file), message),
        None => found.policy(first, first.syntax.effect, message),
    };
    finding.help("write a schema with the actions, agents and resources that the policies name, or name its files under `schema` in the manifest: without one, a misspelt attribute is found when a forbid is skipped");
}

/// The line that says where the schema is; else the first one.
fn place(manifest: &SourceFile) -> Span {
    let mut at = 0;
    let mut first = None;
    for line in manifest.text.split_inclusive('\n') {
        let text = line.trim_end();
        let span = Span::new(at, text.len());
        if text.starts_with("schema:") {
            return span;
        }
        if first.is_none() && !text.is_empty() && !text.starts_with('#') {
            first = Some(span);
        }
        at += line.len();
    }
    first.unwrap_or_default()
}
