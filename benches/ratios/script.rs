//! What a user would script: Cedar's authorizer called on both sets for each line, and the same lines merely parsed.

use crate::data::{Data, Version};
use agentauthz::model::ChangeClass;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, Response, Schema, SlotId,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;

/// Both sets and the entities, loaded.
pub struct Script {
    base: PolicySet,
    head: PolicySet,
    entities: Entities,
    authorizer: Authorizer,
}

#[derive(Deserialize)]
struct Uid {
    r#type: String,
    id: String,
}

#[derive(Deserialize)]
struct Cedar {
    principal: Uid,
    action: Uid,
    resource: Uid,
    context: serde_json::Value,
}

#[derive(Deserialize)]
struct Recorded {
    cedar: Cedar,
    #[serde(default)]
    entities: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Line {
    request: Recorded,
}

fn uid(uid: Uid) -> EntityUid {
    let kind = EntityTypeName::from_str(&uid.r#type).expect("a type");
    EntityUid::from_type_name_and_id(kind, EntityId::new(uid.id))
}

fn policies(data: &Data, version: Version) -> PolicySet {
    let parsed = PolicySet::from_str(&data.policies_text(version)).expect("policies parse");
    let named = |name: Option<&str>| PolicyId::new(name.expect("every policy has an id"));
    let mut set = PolicySet::new();
    for policy in parsed.policies() {
        set.add(policy.new_id(named(policy.annotation("id"))))
            .expect("ids differ");
    }
    for template in parsed.templates() {
        set.add_template(template.new_id(named(template.annotation("id"))))
            .expect("ids differ");
    }
    for (id, template, role, system) in data.links(version) {
        let of = |kind: &str, id: String| {
            uid(Uid {
                r#type: kind.to_owned(),
                id,
            })
        };
        let slots = HashMap::from([
            (SlotId::principal(), of("Role", role)),
            (SlotId::resource(), of("System", system)),
        ]);
        set.link(PolicyId::new(template), PolicyId::new(id), slots)
            .expect("it links");
    }
    set
}

impl Script {
    /// Loads everything with Cedar alone.
    pub fn new(data: &Data) -> Self {
        let (schema, _) = Schema::from_cedarschema_str(&data.schema_text()).expect("a schema");
        let entities = Entities::from_json_str(&data.world.entities_json(), Some(&schema));
        Self {
            base: policies(data, Version::Base),
            head: policies(data, Version::Head),
            entities: entities.expect("entities conform"),
            authorizer: Authorizer::new(),
        }
    }

    /// Decides one line under both sets. Requests are not validated: that is the fastest that a script can do.
    pub fn decide(&self, line: &str) -> (Response, Response) {
        let Line {
            request: Recorded { cedar, entities },
        } = serde_json::from_str(line).expect("it parses");
        let context = Context::from_json_value(cedar.context, None).expect("a context");
        let (principal, action, resource) =
            (uid(cedar.principal), uid(cedar.action), uid(cedar.resource));
        let request = Request::new(principal, action, resource, context, None).expect("a request");
        let entities = match entities.is_empty() {
            true => Cow::Borrowed(&self.entities),
            false => Cow::Owned(self.with(entities)),
        };
        let decide = |policies| self.authorizer.is_authorized(&request, policies, &entities);
        (decide(&self.base), decide(&self.head))
    }

    /// All entities, with these in place of those of the same name.
    fn with(&self, own: Vec<serde_json::Value>) -> Entities {
        let own = Entities::from_json_value(own.into(), None).expect("entities");
        let all = self.entities.clone();
        all.upsert_entities(own.iter().cloned(), None)
            .expect("entities")
    }
}

/// What a response says, to compare.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    pub allow: bool,
    pub determining: BTreeSet<String>,
    pub errors: BTreeSet<String>,
}

/// What a response of Cedar says.
pub fn said(response: &Response) -> Said {
    let name = |id: &PolicyId| AsRef::<str>::as_ref(id).to_owned();
    let errors = response.diagnostics().errors().map(|error| match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => name(error.policy_id()),
    });
    Said {
        allow: response.decision() == Decision::Allow,
        determining: response.diagnostics().reason().map(name).collect(),
        errors: errors.collect(),
    }
}

/// The class of a change by the table in `docs/architecture.md`, from what Cedar said alone: the determining policies
/// of a deny are its satisfied forbids, those of an allow its satisfied permits.
pub fn class(base: &Said, head: &Said) -> ChangeClass {
    match (base.allow, head.allow) {
        (false, true) if !base.determining.is_disjoint(&head.errors) => ChangeClass::ErrorOpened,
        (false, true) => ChangeClass::NewlyAllowed,
        (true, false)
            if head.determining.is_empty() && !base.determining.is_disjoint(&head.errors) =>
        {
            ChangeClass::ErrorClosed
        }
        (true, false) => ChangeClass::NewlyDenied,
        _ if base.errors != head.errors => ChangeClass::ErrorChanged,
        _ if base.determining != head.determining => ChangeClass::ReasonChanged,
        _ => ChangeClass::Unchanged,
    }
}

/// How many actions are in each class.
pub fn classes(all: &[(Said, Said)]) -> BTreeMap<ChangeClass, u64> {
    let mut counts = BTreeMap::new();
    for (base, head) in all {
        *counts.entry(class(base, head)).or_default() += 1;
    }
    counts
}

/// The floor: a line in borrowed structs, its context unread.
#[derive(Deserialize)]
#[allow(dead_code, reason = "parsing is what is measured")]
struct Borrowed<'a> {
    version: u32,
    id: &'a str,
    session: &'a str,
    time: &'a str,
    agent: &'a str,
    #[serde(borrow)]
    request: BorrowedRequest<'a>,
}

#[derive(Deserialize)]
struct BorrowedRequest<'a> {
    #[serde(borrow)]
    cedar: BorrowedCedar<'a>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "parsing is what is measured")]
struct BorrowedCedar<'a> {
    #[serde(borrow)]
    principal: BorrowedUid<'a>,
    #[serde(borrow)]
    action: BorrowedUid<'a>,
    #[serde(borrow)]
    resource: BorrowedUid<'a>,
    #[serde(borrow)]
    context: &'a RawValue,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "parsing is what is measured")]
struct BorrowedUid<'a> {
    r#type: &'a str,
    id: &'a str,
}

/// Parses every line; the sum keeps the work from being left out.
pub fn merely_parse(text: &str) -> usize {
    text.lines()
        .map(|line| {
            let parsed: Borrowed<'_> = serde_json::from_str(line).expect("it parses");
            let cedar = parsed.request.cedar;
            cedar.context.get().len() + cedar.principal.id.len() + cedar.resource.id.len()
        })
        .sum()
}
