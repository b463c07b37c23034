//! A unit test's request, typed by the schema and ready to be decided.

use crate::cedar::{BuiltRequest, EntityStore, ParsedEntity};
use crate::engine::request::Mapped;
use crate::model::{Diagnostic, RecordType, Request, SourceFile, Span, Stage};
use crate::repository::{
    PolicyVersion, Suite, TestRequest, Typing, Writer, parse_action, parse_reference, typed_entity,
};
use crate::yaml::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// The entities that a suite's tests are decided with, or what is wrong with the suite's own.
pub(super) fn suite_store(
    version: &PolicyVersion,
    suite: &Suite,
) -> Result<EntityStore, Vec<Diagnostic>> {
    let mut entities: Vec<ParsedEntity> = Vec::new();
    let mut faults = Vec::new();
    for (name, spec) in &suite.spec.entities {
        let (entity, found) = typed_entity(
            name,
            spec,
            version.schema.as_ref(),
            &suite.file,
            Stage::Test,
        );
        faults.extend(found);
        entities.extend(entity);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    version.store.overlay(&entities).map_err(|message| {
        vec![Diagnostic::error(Stage::Test, "entities", message).in_file(suite.file.path.clone())]
    })
}

/// The request of one test, or what is wrong with its input.
pub(super) fn typed_request(
    version: &PolicyVersion,
    file: &SourceFile,
    asked: &Spanned<TestRequest>,
) -> Result<Mapped, Vec<Diagnostic>> {
    let mut faults = Vec::new();
    let schema = version.schema.as_ref();
    let mut fault = |span: Span, message: String| faults.push(self::fault(file, span, message));
    let spec = &asked.value;
    let mut part = |text: &Spanned<String>| match parse_reference(&text.value) {
        Ok(reference) => {
            if schema.is_some_and(|schema| schema.entity_type(&reference.ty).is_none()) {
                fault(
                    text.span,
                    format!("the schema has no entity type `{}`", reference.ty),
                );
            }
            Some(reference)
        }
        Err(message) => {
            fault(text.span, message);
            None
        }
    };
    let principal = part(&spec.principal);
    let resource = part(&spec.resource);
    let action = match parse_action(&spec.action.value, schema) {
        Ok(action) => Some(action),
        Err(message) => {
            fault(spec.action.span, message);
            None
        }
    };
    let info = action
        .as_ref()
        .and_then(|action| schema.and_then(|schema| schema.action(action)));
    if let (Some(action), None, Some(_)) = (&action, info, schema) {
        fault(
            spec.action.span,
            format!("the schema has no action {action}"),
        );
    }
    let mut context = BTreeMap::new();
    if let Some(info) = info {
        let empty = RecordType::default();
        let ty = info.context.as_ref().unwrap_or(&empty);
        let mut typing = Typing::new(Writer::Person);
        let members = spec
            .context
            .iter()
            .map(|(name, json)| (name.as_str(), &json.value));
        context = typing.record(members, ty, &[]);
        for problem in typing.problems {
            let key = problem
                .path
                .0
                .first()
                .map(String::as_str)
                .unwrap_or_default();
            let span = spec.context.get(key).map_or(asked.span, |json| json.span);
            fault(span, format!("{}: {}", problem.path, problem.message));
        }
    }
    let (Some(principal), Some(action), Some(resource), true) =
        (principal, action, resource, faults.is_empty())
    else {
        return Err(faults);
    };
    let mapped = Mapped {
        request: Request {
            principal,
            action,
            resource,
            context,
            unknown: BTreeSet::new(),
        },
        left_out: BTreeSet::new(),
    };
    let conforms = BuiltRequest::build(&mapped.request).and_then(|built| match schema {
        Some(schema) => built.conforms(schema),
        None => Ok(()),
    });
    conforms
        .map(|()| mapped)
        .map_err(|message| vec![self::fault(file, asked.span, message)])
}

/// A fault of a test's own input, at its place.
pub(super) fn fault(file: &SourceFile, span: Span, message: String) -> Diagnostic {
    Diagnostic::error(Stage::Test, "test_input", message)
        .in_file(file.path.clone())
        .with_label(file.widen(span), "")
}
