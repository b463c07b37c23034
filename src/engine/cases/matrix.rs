//! Matrices → drafts: each combination of a principal, an action and a resource is a case.

use super::choices::{Chosen, Offer};
use super::draft::Draft;
use super::faults::fault;
use crate::model::{Diagnostic, EntityRef};
use crate::repository::{Choices, ExceptSpec, Expectation, MatrixSpec};
use crate::yaml::Spanned;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The cells of an exception; nothing stands for all.
struct Exception<'s> {
    spec: &'s Spanned<ExceptSpec>,
    principals: Option<BTreeSet<EntityRef>>,
    actions: Option<BTreeSet<EntityRef>>,
    resources: Option<BTreeSet<EntityRef>>,
    matched: bool,
}

impl Exception<'_> {
    fn holds(&self, principal: &EntityRef, action: &EntityRef, resource: &EntityRef) -> bool {
        let has = |set: &Option<BTreeSet<EntityRef>>, one| {
            set.as_ref().is_none_or(|set| set.contains(one))
        };
        has(&self.principals, principal)
            && has(&self.actions, action)
            && has(&self.resources, resource)
    }
}

/// The cells of a matrix as drafts, and how many are left out, because the action does not take them; or what is wrong
/// with the matrix as a whole.
pub(super) fn cells(
    offer: &Offer<'_>,
    base: &Draft,
    matrix: &Spanned<MatrixSpec>,
    except: &[Spanned<ExceptSpec>],
) -> Result<(Vec<Draft>, usize), Vec<Diagnostic>> {
    let spec = &matrix.value;
    let actions = offer.actions(&spec.action)?;
    let [principal_types, resource_types] = offer.types(&actions.all);
    let principals = offer.entities(&spec.principal, &principal_types);
    let resources = offer.entities(&spec.resource, &resource_types);
    let (principals, resources) = match (principals, resources) {
        (Ok(principals), Ok(resources)) => (principals, resources),
        (principals, resources) => {
            let faults = [principals.err(), resources.err()];
            return Err(faults.into_iter().flatten().flatten().collect());
        }
    };
    let mut faults = Vec::new();
    let mut exceptions = Vec::new();
    for spec in except {
        let types = [&principal_types, &resource_types];
        match exception(offer, spec, types, [&principals, &actions, &resources]) {
            Ok(exception) => exceptions.push(exception),
            Err(found) => faults.extend(found),
        }
    }
    let mut drafts = Vec::new();
    let mut left_out = 0;
    let mut taken: [BTreeSet<&EntityRef>; 3] = Default::default();
    for principal in &principals.all {
        for action in &actions.all {
            for resource in &resources.all {
                if !offer.applies(principal, action, resource) {
                    left_out += 1;
                    continue;
                }
                for (set, part) in taken.iter_mut().zip([principal, action, resource]) {
                    set.insert(part);
                }
                let mut draft = cell(offer, base, spec, [principal, action, resource]);
                let mut over = exceptions
                    .iter_mut()
                    .filter(|found| found.holds(principal, action, resource));
                if let Some(exception) = over.next() {
                    exception.matched = true;
                    draft.span = exception.spec.span;
                    draft.expected = exception.spec.span;
                    draft.expect = expected(&exception.spec.value);
                }
                for second in over {
                    second.matched = true;
                    let message = "another exception holds for this cell too";
                    draft.fault(offer.file, second.spec.span, message);
                }
                drafts.push(draft);
            }
        }
    }
    for exception in exceptions.iter().filter(|exception| !exception.matched) {
        let message = "the exception matches no cell of the matrix".to_owned();
        faults.push(fault(offer.file, exception.spec.span, message));
    }
    if drafts.is_empty() {
        let message =
            "no cell of the matrix is a request: the actions take no such principals and resources";
        faults.push(fault(offer.file, matrix.span, message.to_owned()));
    } else {
        // What is named is meant to be tested: it may not fall away with the cells that are left out.
        for (chosen, taken) in [&principals, &actions, &resources].into_iter().zip(&taken) {
            for (text, span) in chosen.idle(taken) {
                let message = format!(
                    "`{text}` is in no cell of the matrix: the schema allows no request with it and the others here"
                );
                faults.push(fault(offer.file, span, message));
            }
        }
    }
    // Of the matrix's context, each cell takes what its action knows; what none knows is a slip.
    faults.extend(super::input::unknown_facts(
        offer.version,
        offer.file,
        &spec.context,
        &actions.all,
    ));
    match faults.is_empty() {
        true => Ok((drafts, left_out)),
        false => Err(faults),
    }
}

fn cell(offer: &Offer<'_>, base: &Draft, spec: &MatrixSpec, cell: [&EntityRef; 3]) -> Draft {
    let [principal, action, resource] = cell;
    let (who, what, which) = (
        offer.entity(principal),
        offer.action(action),
        offer.entity(resource),
    );
    let part = |entity: &EntityRef, span| {
        Some(Spanned {
            value: entity.to_string(),
            span,
        })
    };
    let mut draft = base.clone();
    draft.row = Some(Arc::from(format!("{who} {what} {which}")));
    draft.principal = part(principal, spec.principal.span);
    draft.action = part(action, spec.action.span);
    draft.resource = part(resource, spec.resource.span);
    draft.offered.extend(spec.context.clone());
    draft
        .by_default
        .retain(|name| !spec.context.contains_key(name));
    draft
}

fn expected(spec: &ExceptSpec) -> Expectation {
    Expectation {
        decision: Some(spec.decision.clone()),
        reasons: spec.reasons.clone(),
        errors: spec.errors.clone(),
        ..Expectation::default()
    }
}

fn exception<'s>(
    offer: &Offer<'_>,
    spec: &'s Spanned<ExceptSpec>,
    types: [&BTreeSet<Arc<str>>; 2],
    among: [&Chosen; 3],
) -> Result<Exception<'s>, Vec<Diagnostic>> {
    let [all_principals, all_actions, all_resources] = among;
    let set = |found: Result<Chosen, Vec<Diagnostic>>, among: &Chosen| {
        let found = found?;
        let idle = found.idle(&among.all.iter().collect());
        let faults: Vec<Diagnostic> = idle
            .into_iter()
            .map(|(text, span)| {
                let message = format!("the exception matches no cell of the matrix for `{text}`");
                fault(offer.file, span, message)
            })
            .collect();
        match faults.is_empty() {
            true => Ok(Some(found.all.into_iter().collect::<BTreeSet<_>>())),
            false => Err(faults),
        }
    };
    let entities = |choices: &Option<Spanned<Choices>>, types, among| match choices {
        Some(choices) => set(offer.entities(choices, types), among),
        None => Ok(None),
    };
    let [principal_types, resource_types] = types;
    let value = &spec.value;
    let principals = entities(&value.principal, principal_types, all_principals);
    let resources = entities(&value.resource, resource_types, all_resources);
    let actions = match &value.action {
        Some(choices) => set(offer.actions(choices), all_actions),
        None => Ok(None),
    };
    match (principals, actions, resources) {
        (Ok(principals), Ok(actions), Ok(resources)) => Ok(Exception {
            spec,
            principals,
            actions,
            resources,
            matched: false,
        }),
        (principals, actions, resources) => {
            let faults = [principals.err(), actions.err(), resources.err()];
            Err(faults.into_iter().flatten().flatten().collect())
        }
    }
}
