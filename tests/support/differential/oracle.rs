//! The oracle: a version's own texts and a question, decided by Cedar's public interface alone; and the class of a
//! change, by the table of `docs/architecture.md`.

use super::literals::CONSTRUCTORS;
use super::operators::{self, Operators};
use super::requests::Question;
use super::versions::Version;
use agentauthz::model::{Answer, ChangeClass, Decision, Effect, Status};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    Policy, PolicyId, PolicySet, Request, Schema, SlotId, Template,
};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::Arc;

/// What a policy is called where two versions are compared.
pub type Naming<'a> = &'a dyn Fn(&str) -> Arc<str>;

/// One version, ready to be asked.
pub struct Judge {
    set: PolicySet,
    entities: Entities,
    schema: Option<Schema>,
    names: BTreeMap<String, Arc<str>>,
    /// Each policy alone, by the name that both versions use.
    pub policies: BTreeMap<Arc<str>, Alone>,
    /// How many policies and templates Cedar's strict validation takes.
    pub well_typed: usize,
}

pub struct Alone {
    pub effect: Effect,
    pub operators: Operators,
    set: PolicySet,
}

/// What Cedar says of one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub answer: Answer,
    /// Whether the request does not conform to the schema.
    pub nonconforming: bool,
}

impl Judged {
    /// What a version without policies says of the same question.
    pub fn without_policies(&self) -> Self {
        let answer = Answer {
            decision: Some(Decision::Deny),
            determining: BTreeSet::new(),
            errors: BTreeSet::new(),
            unknown: BTreeSet::new(),
            may_err: BTreeSet::new(),
        };
        Self {
            answer,
            nonconforming: self.nonconforming,
        }
    }
}

impl Judge {
    pub fn of(version: &Version, naming: Naming<'_>) -> Result<Self, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut set = PolicySet::new();
        let mut texts = BTreeMap::new();
        for (rule, id) in version.rules.iter().zip(version.ids()) {
            texts.insert(id.clone(), rule.text());
            add(&mut set, &id, &rule.text(), rule.is_template())?;
        }
        for link in &version.links {
            bind(&mut set, link).map_err(|error| text(&error))?;
        }
        let schema = version
            .has_schema
            .then(|| Schema::from_cedarschema_str(&version.schema.text()).map(|(schema, _)| schema))
            .transpose()
            .map_err(|error| format!("{error:?}"))?;
        let mut policies = BTreeMap::new();
        let mut names = BTreeMap::new();
        for policy in set.policies() {
            let id = policy.id().to_string();
            let mut alone = PolicySet::new();
            match version.links.iter().find(|link| link.id == id) {
                Some(link) => {
                    add(&mut alone, &link.template, &texts[&link.template], true)?;
                    bind(&mut alone, link).map_err(|error| text(&error))?;
                }
                None => add(&mut alone, &id, &texts[&id], false)?,
            }
            let effect = match policy.effect() {
                cedar_policy::Effect::Permit => Effect::Permit,
                cedar_policy::Effect::Forbid => Effect::Forbid,
            };
            let name = naming(&id);
            names.insert(id, name.clone());
            policies.insert(
                name,
                Alone {
                    effect,
                    operators: operators::of(policy),
                    set: alone,
                },
            );
        }
        let all = texts.len();
        let well_typed = schema.as_ref().map_or(0, |schema| {
            let validator = cedar_policy::Validator::new(schema.clone());
            let result = validator.validate(&set, cedar_policy::ValidationMode::Strict);
            let faulty: BTreeSet<String> = result
                .validation_errors()
                .map(|error| error.policy_id().to_string())
                .collect();
            all - faulty.iter().filter(|id| texts.contains_key(*id)).count()
        });
        let entities = entities(&version.entities, schema.as_ref())?;
        Ok(Self {
            set,
            entities,
            schema,
            names,
            policies,
            well_typed,
        })
    }

    /// Cedar's answer; the error says why Cedar takes no such request.
    pub fn judge(&self, question: &Question) -> Result<Judged, String> {
        let (request, nonconforming) = self.request(question)?;
        Ok(Judged {
            answer: self.ask(&self.set, &request, &|id| self.names[id].clone()),
            nonconforming,
        })
    }

    /// The status of each policy, asked alone.
    pub fn statuses(
        &self,
        question: &Question,
    ) -> Result<BTreeMap<Arc<str>, (Effect, Status)>, String> {
        let (request, _) = self.request(question)?;
        let statuses = self.policies.iter().map(|(name, alone)| {
            let answer = self.ask(&alone.set, &request, &|id| Arc::from(id));
            let status = match (answer.determining.is_empty(), answer.errors.is_empty()) {
                (false, _) => Status::Satisfied,
                (true, false) => Status::Error,
                (true, true) => Status::NotSatisfied,
            };
            (name.clone(), (alone.effect, status))
        });
        Ok(statuses.collect())
    }

    /// Whether Cedar does not say what the context means: it refuses it by the schema, and some value in it could be
    /// typed by the schema all the same. The product then types what it can, and Cedar nothing.
    pub fn leaves_open(&self, question: &Question) -> bool {
        let (ty, id) = &question.action;
        let Some(schema) = &self.schema else {
            return false;
        };
        let Ok(action) = uid(ty, id) else {
            return false;
        };
        Context::from_json_str(&question.context, Some((schema, &action))).is_err()
            && serde_json::from_str(&question.context).is_ok_and(|json| holds_implicit(&json))
    }

    fn request(&self, question: &Question) -> Result<(Request, bool), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let [principal, action, resource] =
            [&question.principal, &question.action, &question.resource].map(|(ty, id)| uid(ty, id));
        let (principal, action, resource) = (principal?, action?, resource?);
        let schema = self.schema.as_ref();
        let typed = schema.and_then(|schema| {
            Context::from_json_str(&question.context, Some((schema, &action))).ok()
        });
        let context = match typed {
            Some(context) => context,
            None => {
                Context::from_json_str(&question.context, None).map_err(|error| text(&error))?
            }
        };
        let of = |context: Context, schema: Option<&Schema>| {
            Request::new(
                principal.clone(),
                action.clone(),
                resource.clone(),
                context,
                schema,
            )
        };
        let nonconforming = schema.is_some() && of(context.clone(), schema).is_err();
        let request = of(context, None).map_err(|error| text(&error))?;
        Ok((request, nonconforming))
    }

    fn ask(&self, set: &PolicySet, request: &Request, name: Naming<'_>) -> Answer {
        let response = Authorizer::new().is_authorized(request, set, &self.entities);
        let id = |id: &PolicyId| name(AsRef::<str>::as_ref(id));
        Answer {
            decision: Some(match response.decision() {
                cedar_policy::Decision::Allow => Decision::Allow,
                cedar_policy::Decision::Deny => Decision::Deny,
            }),
            determining: response.diagnostics().reason().map(id).collect(),
            errors: response
                .diagnostics()
                .errors()
                .map(|error| {
                    let AuthorizationError::PolicyEvaluationError(error) = error;
                    id(error.policy_id())
                })
                .collect(),
            unknown: BTreeSet::new(),
            may_err: BTreeSet::new(),
        }
    }
}

fn add(set: &mut PolicySet, id: &str, text: &str, template: bool) -> Result<(), String> {
    let id = PolicyId::new(id);
    let blame = |error: &dyn std::fmt::Display| format!("{error}: {text}");
    match template {
        true => {
            let template = Template::parse(Some(id), text).map_err(|error| blame(&error))?;
            set.add_template(template).map_err(|error| blame(&error))
        }
        false => {
            let policy = Policy::parse(Some(id), text).map_err(|error| blame(&error))?;
            set.add(policy).map_err(|error| blame(&error))
        }
    }
}

fn bind(set: &mut PolicySet, link: &super::versions::Link) -> Result<(), String> {
    let mut values = HashMap::new();
    for (slot, part) in [
        (SlotId::principal(), &link.principal),
        (SlotId::resource(), &link.resource),
    ] {
        if let Some((ty, id)) = part {
            values.insert(slot, uid(ty, id)?);
        }
    }
    set.link(
        PolicyId::new(&link.template),
        PolicyId::new(&link.id),
        values,
    )
    .map_err(|error| error.to_string())
}

fn uid(ty: &str, id: &str) -> Result<EntityUid, String> {
    let ty = EntityTypeName::from_str(ty).map_err(|error| error.to_string())?;
    Ok(EntityUid::from_type_name_and_id(ty, EntityId::new(id)))
}

/// All at once where all conform, else each by itself: what an entity says that does not conform is still a fact.
fn entities(all: &[Json], schema: Option<&Schema>) -> Result<Entities, String> {
    if let Ok(entities) = Entities::from_json_value(Json::Array(all.to_vec()), schema) {
        return Ok(entities);
    }
    let read = |json: &Json, schema: Option<&Schema>| Entity::from_json_value(json.clone(), schema);
    let mut out = Vec::new();
    for json in all {
        let entity = read(json, schema).or_else(|_| read(json, None));
        out.push(entity.map_err(|error| format!("{error:?}: {json}"))?);
    }
    if let Some(schema) = schema {
        let actions = schema
            .action_entities()
            .map_err(|error| error.to_string())?;
        out.extend(actions.iter().cloned());
    }
    Entities::from_entities(out, None).map_err(|error| error.to_string())
}

/// The class of a change, from Cedar's answers and the effects of the policies. Without a request there is no answer.
pub fn class(base: Option<&Judged>, head: Option<&Judged>, on_head: &Judge) -> ChangeClass {
    let (base, head) = match (base, head) {
        (Some(base), Some(head)) => (&base.answer, &head.answer),
        (Some(_), None) => return ChangeClass::NewlyUndecidable,
        (None, Some(_)) => return ChangeClass::NewlyDecidable,
        (None, None) => return ChangeClass::Unchanged,
    };
    let erring = |answer: &Answer, judge: &Judge, effect: Effect| -> BTreeSet<Arc<str>> {
        answer
            .errors
            .iter()
            .filter(|id| judge.policies[*id].effect == effect)
            .cloned()
            .collect()
    };
    match (base.decision, head.decision) {
        // Head allows, so none of its forbids is satisfied: every satisfied forbid of base was lifted.
        (Some(Decision::Deny), Some(Decision::Allow)) => {
            match base
                .determining
                .is_disjoint(&erring(head, on_head, Effect::Forbid))
            {
                true => ChangeClass::NewlyAllowed,
                false => ChangeClass::ErrorOpened,
            }
        }
        // Base allowed, so none of its forbids was satisfied: every satisfied forbid of head was gained.
        (Some(Decision::Allow), Some(Decision::Deny)) => {
            let closed = !base
                .determining
                .is_disjoint(&erring(head, on_head, Effect::Permit));
            match head.determining.is_empty() && closed {
                true => ChangeClass::ErrorClosed,
                false => ChangeClass::NewlyDenied,
            }
        }
        _ if base.errors != head.errors => ChangeClass::ErrorChanged,
        _ if base.determining != head.determining => ChangeClass::ReasonChanged,
        _ => ChangeClass::Unchanged,
    }
}

/// Whether some value is a call of several arguments or on other values than a text, with or without its escape.
pub fn holds_call(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().any(holds_call),
        Json::Object(members) => {
            let called = members.contains_key("fn")
                && (members.contains_key("args")
                    || members
                        .get("arg")
                        .is_some_and(|argument| !argument.is_string()));
            called || members.values().any(holds_call)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// Whether some value stands without its escape, or could.
fn holds_implicit(json: &Json) -> bool {
    match json {
        Json::String(text) => CONSTRUCTORS
            .iter()
            .any(|(_, arguments)| arguments.contains(&text.as_str())),
        // Where an entity is wanted, Cedar's reader takes a list of two texts for its type and id.
        Json::Array(items) => {
            matches!(&items[..], [Json::String(_), _]) || items.iter().any(holds_implicit)
        }
        Json::Object(members) if members.contains_key("__entity") => false,
        Json::Object(members) if members.contains_key("__extn") => {
            // The text of a constructor is its own; the arguments of other functions are typed by their signatures.
            let call = &members["__extn"];
            let constructs = CONSTRUCTORS
                .iter()
                .any(|(name, _)| call["fn"].as_str() == Some(name));
            !constructs
                && [&call["arg"], &call["args"]]
                    .into_iter()
                    .any(holds_implicit)
        }
        Json::Object(members) => {
            let pair = |first, second| members.contains_key(first) && members.contains_key(second);
            pair("type", "id")
                || pair("fn", "arg")
                || pair("fn", "args")
                || members.values().any(holds_implicit)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
