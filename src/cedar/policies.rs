//! Policy files: text in, policies with ids and spans out.

use super::diagnostics::convert;
use super::nesting::too_deep;
use super::pieces::{padded, pieces};
use super::syntax::{Syntax, keep_written};
use crate::model::{Diagnostic, Effect, SourceFile, Span, Stage, refuse_repeated_keys};
use cedar_policy_core::{ast, parser};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

/// One policy or template as it stands in its file.
#[derive(Debug, Clone)]
pub struct ParsedPolicy {
    /// Its `@id`; nothing where it has none.
    pub id: Option<Arc<str>>,
    /// The file it stands in.
    pub file: Arc<str>,
    /// Its place in the file, from the first annotation to the semicolon. Empty for Cedar's JSON form.
    pub span: Span,
    /// The line where it begins, from 1.
    pub line: usize,
    /// Its number in the file, from 1.
    pub ordinal: usize,
    /// Its effect.
    pub effect: Effect,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Whether it is a template.
    pub is_template: bool,
    pub(super) template: Arc<ast::Template>,
    /// How it is written, where that was kept.
    pub(super) written: Option<Arc<Syntax>>,
}

/// What of policies is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kept {
    /// What they mean.
    #[default]
    Meaning,
    /// How they are written, too, for who asks for [`ParsedPolicy::syntax`]: they need not be parsed again.
    Form,
}

impl ParsedPolicy {
    /// Whether it has what is to be kept. Cedar's JSON form has nothing but its meaning.
    pub fn has(&self, kept: Kept) -> bool {
        kept == Kept::Meaning || self.written.is_some() || self.span.len == 0
    }

    /// What it is called in reports: its `@id`, else `path#n`.
    pub fn display_id(&self) -> Arc<str> {
        self.id
            .clone()
            .unwrap_or_else(|| format!("{}#{}", self.file, self.ordinal).into())
    }

    /// Whether two policies have the same effect, scope and condition; ids, annotations and places do not count.
    pub fn same_tree(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.template.principal_constraint() == other.template.principal_constraint()
            && self.template.action_constraint() == other.template.action_constraint()
            && self.template.resource_constraint() == other.template.resource_constraint()
            && self.template.non_scope_constraints() == other.template.non_scope_constraints()
    }
}

/// Parses one policy file, in Cedar's syntax or, for `.json`, in Cedar's JSON form.
pub fn parse_policies(file: &SourceFile) -> (Vec<ParsedPolicy>, Vec<Diagnostic>) {
    parse_and_keep(file, Kept::Meaning)
}

/// The same; of Cedar's JSON form there is nothing to keep.
pub fn parse_and_keep(file: &SourceFile, kept: Kept) -> (Vec<ParsedPolicy>, Vec<Diagnostic>) {
    let pieces = if file.path.ends_with(".json") {
        parse_json(file).map(|set| vec![of_set(AsRef::<ast::PolicySet>::as_ref(&set), file)])
    } else if let Some(fault) = too_deep(file, "policy_syntax", false) {
        Err(vec![fault])
    } else {
        parse_text(file, kept)
    };
    let mut policies: Vec<ParsedPolicy> = match pieces {
        Ok(pieces) => pieces.into_iter().flatten().collect(),
        Err(diagnostics) => return (Vec::new(), diagnostics),
    };
    policies.sort_by(|a, b| {
        (a.span.start, a.template.id().to_string())
            .cmp(&(b.span.start, b.template.id().to_string()))
    });
    let (mut line, mut read) = (1, 0);
    for (at, policy) in policies.iter_mut().enumerate() {
        let between = file.text.get(read..policy.span.start).unwrap_or_default();
        line += between.matches('\n').count();
        read = policy.span.start.max(read);
        (policy.ordinal, policy.line) = (at + 1, line);
        // What a parser calls its policies says nothing outside of one text.
        let id = ast::PolicyID::from_string(policy.display_id());
        policy.template = Arc::new(policy.template.new_id(id));
    }
    (policies, Vec::new())
}

/// A long file is parsed in pieces. Where a piece does not parse, the whole is, for its messages.
fn parse_text(file: &SourceFile, kept: Kept) -> Result<Vec<Vec<ParsedPolicy>>, Vec<Diagnostic>> {
    let parts = pieces(&file.text, 2 * rayon::current_num_threads());
    let sets: Option<Vec<Vec<ParsedPolicy>>> = match parts.as_slice() {
        [_] => parse_piece(&file.text, file, kept).map(|policies| vec![policies]),
        _ => parts
            .par_iter()
            .map(|piece| parse_piece(&padded(&file.text, piece), file, kept))
            .collect(),
    };
    if let Some(sets) = sets {
        return Ok(sets);
    }
    let set = cedar_policy::PolicySet::from_str(&file.text)
        .map_err(|error| convert_parse_errors(&error, file))?;
    Ok(vec![of_set(AsRef::<ast::PolicySet>::as_ref(&set), file)])
}

/// What [`parser::parse_policyset`] makes of a text, by the same two steps.
fn parse_piece(text: &str, file: &SourceFile, kept: Kept) -> Option<Vec<ParsedPolicy>> {
    let concrete = parser::text_to_cst::parse_policies(text).ok()?;
    let mut policies = of_set(&concrete.to_policyset().ok()?, file);
    if kept == Kept::Form {
        keep_written(&mut policies, &concrete, file);
    }
    Some(policies)
}

fn of_set(set: &ast::PolicySet, file: &SourceFile) -> Vec<ParsedPolicy> {
    let all = set.all_templates();
    all.map(|template| parsed(template, file)).collect()
}

/// Cedar reports all errors of a file as one diagnostic whose first error stands for it and relates the rest.
fn convert_parse_errors(errors: &cedar_policy::ParseErrors, file: &SourceFile) -> Vec<Diagnostic> {
    errors
        .iter()
        .flat_map(|error| convert(error, Stage::Parse, "policy_syntax", file))
        .collect()
}

fn parse_json(file: &SourceFile) -> Result<cedar_policy::PolicySet, Vec<Diagnostic>> {
    let fault = |message: String| {
        vec![
            Diagnostic::error(Stage::Parse, "policy_syntax", message)
                .in_file(file.path.clone())
                .with_help("a JSON policy file holds a policy set (`staticPolicies`, `templates`) or one policy"),
        ]
    };
    let json: serde_json::Value = refuse_repeated_keys(&file.text)
        .and_then(|()| serde_json::from_str(&file.text))
        .map_err(|error| fault(format!("this cannot be read as JSON: {error}")))?;
    if json.get("effect").is_some() {
        let policy = cedar_policy::Policy::from_json(None, json)
            .map_err(|error| fault(super::diagnostics::message(&error)))?;
        return cedar_policy::PolicySet::from_policies([policy])
            .map_err(|error| fault(super::diagnostics::message(&error)));
    }
    if json
        .get("templateLinks")
        .and_then(|links| links.as_array())
        .is_some_and(|l| !l.is_empty())
    {
        return Err(fault(
            "template links in a JSON policy set are not read; write them in `links.yaml`"
                .to_owned(),
        ));
    }
    cedar_policy::PolicySet::from_json_value(json)
        .map_err(|error| fault(super::diagnostics::message(&error)))
}

fn parsed(template: &ast::Template, file: &SourceFile) -> ParsedPolicy {
    let annotations: BTreeMap<String, String> = template
        .annotations()
        .map(|(key, value)| (key.to_string(), value.val.to_string()))
        .collect();
    // A JSON policy set names its policies by key, so the key is the id where no annotation says otherwise.
    let key: &str = template.id().as_ref();
    let from_key = (file.path.ends_with(".json") && key != "JSON policy").then_some(key);
    let id = annotations
        .get("id")
        .map(String::as_str)
        .or(from_key)
        .filter(|id| !id.is_empty())
        .map(Arc::from);
    ParsedPolicy {
        id,
        file: file.path.clone(),
        span: template.loc().map_or(Span::new(0, 0), |loc| {
            Span::new(loc.start(), loc.end() - loc.start())
        }),
        line: 1,
        ordinal: 0,
        effect: match template.effect() {
            ast::Effect::Permit => Effect::Permit,
            ast::Effect::Forbid => Effect::Forbid,
        },
        annotations,
        is_template: !template.is_static(),
        template: Arc::new(template.clone()),
        written: None,
    }
}
