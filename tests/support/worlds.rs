//! Random small policy repositories over one rich schema, what is asked of them, and an oracle that decides by
//! Cedar's public interface alone.

#[path = "fillings.rs"]
mod fillings;

pub use fillings::{Filling, fill, filling, vague_request};

use agentauthz::model::{
    Answer, Decision, Effect, EntityRef, FieldPath, Json, RecordedAction, RecordedRequest, Request,
    Status, ToolCall, Value,
};
use agentauthz::repository::{Files, PolicyVersion, load};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub const SCHEMA: &str = r#"
entity Org;
entity Team in [Team, Org];
entity User in [Team] = { name: String, level: Long, manager?: User, limit?: decimal, home?: ipaddr } tags String;
entity Agent in [Team] = { owner: User, level: Long, active: Bool };
entity Folder in [Folder];
entity File in [Folder] = { owner: User, size: Long, labels?: Set<String>, created?: datetime, meta: { kind: String, pages?: Long } };
type Inner = { x: Long };
type Facts = {
  n: Long, flag: Bool, text: String, amount?: decimal, ip?: ipaddr, when?: datetime, wait?: duration,
  names: Set<String>, numbers?: Set<Long>, who?: User, rec: { a: Long, b?: String, inner?: Inner },
  @clock now: datetime,
};
action all;
action readers, writers in [all];
action read, list in [readers] appliesTo { principal: [User, Agent], resource: [File, Folder], context: Facts };
action write, delete in [writers] appliesTo { principal: [User, Agent], resource: [File, Folder], context: Facts };
namespace Acme {
  entity Bot in [Team, Crew] = { level: Long };
  entity Crew;
  action ping appliesTo { principal: [Bot], resource: [Bot], context: { n: Long } };
}
"#;

/// One policy without its id.
#[derive(Debug, Clone)]
pub struct Draft {
    pub permit: bool,
    pub principal: String,
    pub action: String,
    pub resource: String,
    pub conditions: Vec<String>,
}

impl Draft {
    fn text(&self) -> String {
        format!(
            "{}({}, {}, {}){};\n",
            if self.permit { "permit" } else { "forbid" },
            self.principal,
            self.action,
            self.resource,
            self.conditions.concat()
        )
    }

    fn slots(&self) -> (bool, bool) {
        (self.principal.contains('?'), self.resource.contains('?'))
    }

    fn is_template(&self) -> bool {
        self.slots() != (false, false)
    }
}

#[derive(Debug, Clone)]
pub struct Rule {
    /// Its `@id`, or nothing.
    pub id: Option<String>,
    /// The number of the file it stands in.
    pub file: usize,
    pub draft: Draft,
}

#[derive(Debug, Clone)]
pub struct World {
    pub rules: Vec<Rule>,
    /// Which template each link links, and with what.
    pub links: Vec<(prop::sample::Index, EntityRef, EntityRef)>,
    pub entities: Vec<serde_json::Value>,
}

impl World {
    /// The links that stand, with ids: the template's id, and what fills its slots.
    pub fn linked(&self) -> Vec<(String, &Rule, Option<&EntityRef>, Option<&EntityRef>)> {
        let templates: Vec<&Rule> = self
            .rules
            .iter()
            .filter(|rule| rule.id.is_some() && rule.draft.is_template())
            .collect();
        let mut out = Vec::new();
        for (at, (index, principal, resource)) in self.links.iter().enumerate() {
            if !templates.is_empty() {
                let rule = templates[index.index(templates.len())];
                let (p, r) = rule.draft.slots();
                let id = format!("link{at}");
                out.push((id, rule, p.then_some(principal), r.then_some(resource)));
            }
        }
        out
    }

    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::from([
            ("agentauthz.yaml".to_owned(), "version: 1\n".to_owned()),
            ("schema/s.cedarschema".to_owned(), SCHEMA.to_owned()),
            ("mapping.yaml".to_owned(), mapping().to_string()),
            (
                "entities/e.json".to_owned(),
                json!(self.entities).to_string(),
            ),
        ]);
        for rule in &self.rules {
            let text = files.entry(path(rule)).or_default();
            if let Some(id) = &rule.id {
                text.push_str(&format!("@id(\"{}\")\n", id.escape_debug()));
            }
            text.push_str(&rule.draft.text());
        }
        let links: Vec<_> = self
            .linked()
            .into_iter()
            .map(|(id, rule, principal, resource)| {
                let mut link = json!({ "id": id, "template": rule.id });
                for (slot, uid) in [("principal", principal), ("resource", resource)] {
                    if let Some(uid) = uid {
                        link[slot] = json!(uid.to_string());
                    }
                }
                link
            })
            .collect();
        let links = json!({ "version": 1, "links": links });
        files.insert("links.yaml".to_owned(), links.to_string());
        files
    }

    pub fn load(&self) -> PolicyVersion {
        let version = load_files(&self.files());
        let blocking: Vec<_> = version
            .diagnostics
            .iter()
            .filter(|found| found.is_blocking())
            .collect();
        assert!(blocking.is_empty(), "{blocking:#?}\n{:#?}", self.files());
        version
    }

    /// The id of each rule in reports.
    fn ids(&self) -> Vec<String> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        self.rules
            .iter()
            .map(|rule| {
                let place = places.entry(path(rule)).or_default();
                *place += 1;
                let by_place = || format!("{}#{place}", path(rule));
                rule.id.clone().unwrap_or_else(by_place)
            })
            .collect()
    }
}

fn path(rule: &Rule) -> String {
    format!("policies/{}/p.cedar", rule.file)
}

pub fn load_files(files: &BTreeMap<String, String>) -> PolicyVersion {
    load(&Files {
        paths: files.keys().cloned().collect(),
        read: &|path| match files.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err("there is no such file".to_owned()),
        },
        refused: Vec::new(),
    })
}

fn mapping() -> serde_json::Value {
    let names = [
        "n", "flag", "text", "amount", "ip", "when", "wait", "names", "numbers", "who", "rec",
    ];
    let context: BTreeMap<&str, String> = names
        .into_iter()
        .map(|name| (name, format!("{{args.{name}}}")))
        .collect();
    json!({
        "version": 1, "principal": "Agent::\"{agent}\"", "action": "{tool}", "resource": "File::\"{args.file}\"",
        "context": context,
        "tools": {
            "list": { "principal": "User::\"{user}\"", "resource": "Folder::\"{args.file}\"" },
            "skipped": { "skip": true },
        },
    })
}

// ── the oracle ──

/// Cedar's public interface on the world's own texts: nothing of ours takes part.
pub struct Oracle {
    all: cedar_policy::PolicySet,
    /// Each policy alone.
    each: Vec<(String, Effect, cedar_policy::PolicySet)>,
    entities: cedar_policy::Entities,
}

impl Oracle {
    pub fn of(world: &World) -> Self {
        let mut all = cedar_policy::PolicySet::new();
        let mut each = Vec::new();
        let ids = world.ids();
        let policy_id = |id: &str| cedar_policy::PolicyId::new(id);
        let effect = |rule: &Rule| match rule.draft.permit {
            true => Effect::Permit,
            false => Effect::Forbid,
        };
        for (rule, id) in world.rules.iter().zip(&ids) {
            let text = rule.draft.text();
            if rule.draft.is_template() {
                let template = cedar_policy::Template::parse(Some(policy_id(id)), &text).unwrap();
                all.add_template(template).unwrap();
            } else {
                let policy = cedar_policy::Policy::parse(Some(policy_id(id)), &text).unwrap();
                let alone = cedar_policy::PolicySet::from_policies([policy.clone()]).unwrap();
                each.push((id.clone(), effect(rule), alone));
                all.add(policy).unwrap();
            }
        }
        for (id, rule, principal, resource) in world.linked() {
            let mut values = HashMap::new();
            for (slot, value) in [
                (cedar_policy::SlotId::principal(), principal),
                (cedar_policy::SlotId::resource(), resource),
            ] {
                if let Some(value) = value {
                    values.insert(slot, uid(value));
                }
            }
            let name = rule.id.clone().unwrap();
            all.link(policy_id(&name), policy_id(&id), values.clone())
                .unwrap();
            let mut alone = cedar_policy::PolicySet::new();
            let template =
                cedar_policy::Template::parse(Some(policy_id(&name)), rule.draft.text()).unwrap();
            alone.add_template(template).unwrap();
            alone
                .link(policy_id(&name), policy_id(&id), values)
                .unwrap();
            each.push((id, effect(rule), alone));
        }
        let (schema, _) = cedar_policy::Schema::from_cedarschema_str(SCHEMA).unwrap();
        let entities = world.entities.iter().map(|json| {
            cedar_policy::Entity::from_json_value(json.clone(), Some(&schema))
                .map_or_else(
                    |_| cedar_policy::Entity::from_json_value(json.clone(), None).ok(),
                    Some,
                )
                .unwrap()
        });
        let actions = schema.action_entities().unwrap();
        let entities =
            cedar_policy::Entities::from_entities(entities.chain(actions.iter().cloned()), None)
                .unwrap();
        Self {
            all,
            each,
            entities,
        }
    }

    pub fn decide(&self, request: &Request) -> Answer {
        self.ask(&self.all, &cedar(request))
    }

    /// The status of each policy, asked alone.
    pub fn statuses(&self, request: &Request) -> BTreeMap<String, (Effect, Status)> {
        let request = cedar(request);
        self.each
            .iter()
            .map(|(id, effect, alone)| {
                let answer = self.ask(alone, &request);
                let status = match (answer.determining.is_empty(), answer.errors.is_empty()) {
                    (false, _) => Status::Satisfied,
                    (true, false) => Status::Error,
                    (true, true) => Status::NotSatisfied,
                };
                (id.clone(), (*effect, status))
            })
            .collect()
    }

    fn ask(&self, set: &cedar_policy::PolicySet, request: &cedar_policy::Request) -> Answer {
        let response = cedar_policy::Authorizer::new().is_authorized(request, set, &self.entities);
        let name = |id: &cedar_policy::PolicyId| id.to_string().into();
        Answer {
            decision: Some(match response.decision() {
                cedar_policy::Decision::Allow => Decision::Allow,
                cedar_policy::Decision::Deny => Decision::Deny,
            }),
            determining: response.diagnostics().reason().map(name).collect(),
            errors: response
                .diagnostics()
                .errors()
                .map(|error| {
                    let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
                    name(error.policy_id())
                })
                .collect(),
            unknown: BTreeSet::new(),
            may_err: BTreeSet::new(),
        }
    }
}

fn uid(of: &EntityRef) -> cedar_policy::EntityUid {
    cedar_policy::EntityUid::from_type_name_and_id(
        of.ty.parse().unwrap(),
        cedar_policy::EntityId::new(&of.id),
    )
}

fn cedar(request: &Request) -> cedar_policy::Request {
    let context = serde_json::to_value(&request.context).unwrap();
    cedar_policy::Request::new(
        uid(&request.principal),
        uid(&request.action),
        uid(&request.resource),
        cedar_policy::Context::from_json_value(context, None).unwrap(),
        None,
    )
    .unwrap()
}

// ── entities ──

fn one(texts: &[&str]) -> BoxedStrategy<String> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    select(texts).boxed()
}

const TEAMS: [&str; 4] = ["t0", "t1", "t2", "t3"];
const USERS: [&str; 5] = ["u0", "u1", "u2", "u3", "gone"];
const AGENTS: [&str; 4] = ["a0", "a1", "a2", "gone"];
const FOLDERS: [&str; 4] = ["f0", "f1", "f2", "gone"];
const FILES: [&str; 5] = ["x0", "x1", "x2", "x3", "gone"];

fn refs(ty: &'static str, ids: &'static [&'static str]) -> BoxedStrategy<EntityRef> {
    select(ids)
        .prop_map(move |id| EntityRef::new(ty, id))
        .boxed()
}

fn principal() -> BoxedStrategy<EntityRef> {
    prop_oneof![
        9 => refs("User", &USERS),
        9 => refs("Agent", &AGENTS),
        1 => refs("Acme::Bot", &["b0", "b1"]),
        1 => refs("Team", &TEAMS),
    ]
    .boxed()
}

fn resource() -> BoxedStrategy<EntityRef> {
    prop_oneof![
        14 => refs("File", &FILES),
        5 => refs("Folder", &FOLDERS),
        1 => refs("User", &USERS),
    ]
    .boxed()
}

fn some_of(ty: &'static str, ids: Vec<&'static str>) -> BoxedStrategy<Vec<serde_json::Value>> {
    prop::sample::subsequence(ids.clone(), 0..=ids.len().min(2))
        .prop_map(move |ids| {
            ids.into_iter()
                .map(|id| json!({ "type": ty, "id": id }))
                .collect()
        })
        .boxed()
}

/// Entities without cycles; each may be missing, and some do not conform to the schema.
fn entities() -> BoxedStrategy<Vec<serde_json::Value>> {
    let mut all: Vec<BoxedStrategy<serde_json::Value>> = Vec::new();
    for (at, id) in TEAMS.into_iter().enumerate() {
        let above = some_of("Team", TEAMS[at + 1..].to_vec());
        all.push(
            above
                .prop_map(move |parents| json!({ "uid": { "type": "Team", "id": id }, "attrs": {}, "parents": parents }))
                .boxed(),
        );
    }
    for (at, id) in FOLDERS[..3].iter().enumerate() {
        let above = some_of("Folder", FOLDERS[at + 1..].to_vec());
        all.push(
            above
                .prop_map(move |parents| json!({ "uid": { "type": "Folder", "id": id }, "attrs": {}, "parents": parents }))
                .boxed(),
        );
    }
    for id in &USERS[..4] {
        let parts = (
            some_of("Team", TEAMS.to_vec()),
            -1i64..5,
            prop::option::of(select(&USERS[..])),
            any::<bool>(),
            prop::option::of(one(&["v", "w"])),
            prop::bool::weighted(0.9),
        );
        let made = parts.prop_map(move |(parents, level, manager, limit, tag, whole)| {
            let mut attrs = json!({ "name": format!("name {id}"), "level": level });
            if let Some(manager) = manager {
                attrs["manager"] = json!({ "__entity": { "type": "User", "id": manager } });
            }
            if limit {
                attrs["limit"] = json!({ "__extn": { "fn": "decimal", "arg": "12.5" } });
                attrs["home"] = json!({ "__extn": { "fn": "ip", "arg": "10.1.2.3" } });
            }
            if !whole {
                attrs.as_object_mut().unwrap().remove("level");
                attrs["odd"] = json!(1);
            }
            let tags: BTreeMap<&str, String> = tag.into_iter().map(|tag| ("k", tag)).collect();
            json!({ "uid": { "type": "User", "id": id }, "attrs": attrs, "parents": parents, "tags": tags })
        });
        all.push(made.boxed());
    }
    for id in &AGENTS[..3] {
        let parts = (
            some_of("Team", TEAMS.to_vec()),
            select(&USERS[..]),
            0i64..4,
            any::<bool>(),
        );
        let made = parts.prop_map(move |(parents, owner, level, active)| {
            json!({
                "uid": { "type": "Agent", "id": id }, "parents": parents,
                "attrs": { "owner": { "__entity": { "type": "User", "id": owner } }, "level": level, "active": active },
            })
        });
        all.push(made.boxed());
    }
    for id in &FILES[..4] {
        let parts = (
            some_of("Folder", FOLDERS.to_vec()),
            select(&USERS[..]),
            prop_oneof![Just(i64::MAX), 0i64..10],
            prop::option::of(0i64..5),
            any::<bool>(),
        );
        let made = parts.prop_map(move |(parents, owner, size, pages, labels)| {
            let mut attrs = json!({
                "owner": { "__entity": { "type": "User", "id": owner } }, "size": size, "meta": { "kind": "doc" },
            });
            if let Some(pages) = pages {
                attrs["meta"]["pages"] = json!(pages);
                attrs["created"] = json!({ "__extn": { "fn": "datetime", "arg": "2024-05-01" } });
            }
            if labels {
                attrs["labels"] = json!(["a", "b"]);
            }
            json!({ "uid": { "type": "File", "id": id }, "attrs": attrs, "parents": parents })
        });
        all.push(made.boxed());
    }
    let each: Vec<_> = all
        .into_iter()
        .map(|entity| prop::option::weighted(0.85, entity))
        .collect();
    each.prop_map(|all| all.into_iter().flatten().collect())
        .boxed()
}

// ── policies ──

fn scope(
    what: &'static str,
    known: BoxedStrategy<EntityRef>,
    types: &'static [&'static str],
) -> BoxedStrategy<String> {
    prop_oneof![
        14 => Just(what.to_owned()),
        1 => known.clone().prop_map(move |uid| format!("{what} == {uid}")),
        3 => known.clone().prop_map(move |uid| format!("{what} in {uid}")),
        3 => select(types).prop_map(move |ty| format!("{what} is {ty}")),
        2 => (select(types), known).prop_map(move |(ty, uid)| format!("{what} is {ty} in {uid}")),
        2 => select(types).prop_flat_map(move |ty| one(&[
            &format!("{what} == ?{what}"), &format!("{what} in ?{what}"), &format!("{what} is {ty} in ?{what}"),
        ])),
    ]
    .boxed()
}

fn action_uid() -> BoxedStrategy<String> {
    one(&[
        "Action::\"read\"",
        "Action::\"list\"",
        "Action::\"write\"",
        "Action::\"delete\"",
        "Action::\"readers\"",
        "Action::\"writers\"",
        "Action::\"all\"",
        "Action::\"all\"",
        "Acme::Action::\"ping\"",
        "Action::\"nope\"",
    ])
}

fn action_scope() -> BoxedStrategy<String> {
    prop_oneof![
        9 => Just("action".to_owned()),
        1 => action_uid().prop_map(|uid| format!("action == {uid}")),
        3 => action_uid().prop_map(|uid| format!("action in {uid}")),
        2 => prop::collection::vec(action_uid(), 0..4).prop_map(|uids| format!("action in [{}]", uids.join(", "))),
    ]
    .boxed()
}

fn long() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => one(&["0", "1", "2", "5", "-1", "9223372036854775807", "-9223372036854775808"]),
        4 => one(&["context.n", "context.rec.a", "context[\"n\"]", "context.rec.inner.x"]),
        2 => one(&["principal.level", "resource.size", "resource.meta.pages", "principal.owner.level",
            "context.who.level", "principal.manager.manager.level", "context.wait.toSeconds()"]),
    ]
    .boxed();
    prop_oneof![
        5 => leaf.clone(),
        2 => (leaf.clone(), one(&["+", "-", "*"]), leaf.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => leaf.clone().prop_map(|a| format!("(-({a}))")),
        1 => (leaf.clone(), leaf).prop_map(|(a, b)| format!("(if context.flag then {a} else {b})")),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    one(&[
        "\"a\"",
        "\"ab\"",
        "\"\"",
        "\"10.0.0.1\"",
        "context.text",
        "context.rec.b",
        "principal.name",
        "resource.meta.kind",
    ])
}

fn atom() -> BoxedStrategy<String> {
    let compare = one(&["<", "<=", ">", ">=", "==", "!="]);
    let fixed = one(&[
        "true",
        "false",
        "context.flag",
        "context has n",
        "context has amount",
        "context has nothing",
        "context.amount.lessThan(decimal(\"1.5\"))",
        "context.amount.greaterThanOrEqual(decimal(\"0.1\"))",
        "(context has amount && context.amount.lessThan(decimal(\"2.0\")))",
        "context.ip.isInRange(ip(\"10.0.0.0/8\"))",
        "context.ip.isLoopback()",
        "context.ip == ip(\"10.0.0.1\")",
        "context.when > datetime(\"2024-01-01\")",
        "context.now.offset(duration(\"1d\")) < context.when",
        "context.when.toDate() == datetime(\"2024-05-01\")",
        "context.wait < duration(\"1h\")",
        "context.when.durationSince(context.now) > context.wait",
        "context.now.toTime() >= duration(\"0ms\")",
        "context.names.contains(\"a\")",
        "context.names.containsAll([\"a\", \"b\"])",
        "context.names.isEmpty()",
        "context.names.containsAny([context.text])",
        "context.numbers.contains(context.n)",
        "context.who == principal",
        "context.who in Team::\"t0\"",
        "context.who is User",
        "context has who.name",
        "context.rec has b",
        "context has rec.inner.x",
        "context has rec.inner",
        "context.rec == {a: 1}",
        "context == {}",
        "context.rec has inner.x && context.rec.inner.x == 1",
        "context has rec.nothing.x",
        "{k: context.n}.k == 1",
        "[context.n, 1].contains(2)",
        "{a: context}.a.n == 1",
        "{a: context.rec} has a.b",
        "(if context.flag then context.rec else {a: 1, b: \"x\"}).a == 1",
        "(if resource.size > 5 then {a: 1, b: \"q\"} else context.rec) has b",
        "[context.rec.a, context.text].isEmpty()",
        "[context.rec].contains({a: 1})",
        "principal has manager && principal.manager.level > 1",
        "principal has manager.manager.level",
        "principal in Team::\"t1\"",
        "principal in [Team::\"t2\", Org::\"o\", User::\"u0\"]",
        "principal in resource",
        "principal.hasTag(\"k\")",
        "principal.getTag(\"k\") == \"v\"",
        "principal.getTag(context.text) == \"v\"",
        "resource.owner == principal",
        "resource.owner in Team::\"t0\"",
        "resource has meta.pages",
        "resource in Folder::\"f1\"",
        "resource.labels.contains(\"a\")",
        "resource.created < context.when",
        "action in Action::\"readers\"",
        "action == Action::\"read\"",
        "action in [Action::\"all\"]",
        "principal is Agent && principal.owner.level > 1",
        "principal is User in Team::\"t0\"",
        "User::\"gone\".level > 1",
        "User::\"u1\" in Team::\"t0\"",
        "User::\"gone\" has level",
        "principal.limit.lessThan(decimal(\"99.0\"))",
        "principal.home.isIpv4()",
        // Ill-typed, or always an error.
        "context.missing",
        "principal.nothing == 1",
        "\"a\" < 1",
        "decimal(\"x\").lessThan(decimal(\"1.0\"))",
        "ip(context.text).isIpv4()",
        "decimal(context.text).lessThan(decimal(\"1.0\"))",
        "context.n",
        "\"x\"",
        "principal in context.text",
        "principal in [1]",
        "context.n.contains(1)",
        "context.text has a",
        "context.text.a == 1",
        "principal like \"x\"",
        "!(context.n)",
        "(1 && true)",
        "(true && 1)",
        "(false && 1)",
        "(context.flag || 1)",
        "principal.level.x == 1",
        "[1, \"a\"].contains(\"a\")",
        "datetime(\"never\") == context.when",
    ]);
    prop_oneof![
        3 => (long(), compare.clone(), long()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (text(), compare, text()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (text(), one(&["*", "a*", "*b", "", "a\\*"])).prop_map(|(a, pattern)| format!("({a} like \"{pattern}\")")),
        8 => fixed.prop_map(|text| format!("({text})")),
    ]
    .boxed()
}

pub fn condition() -> BoxedStrategy<String> {
    atom()
        .prop_recursive(3, 10, 3, |inner| {
            prop_oneof![
                4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
                2 => inner.clone().prop_map(|a| format!("(!{a})")),
                2 => (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} == {b})")),
                1 => (inner.clone(), long()).prop_map(|(a, n)| format!("((if {a} then {n} else 1) > 0)")),
                1 => (inner.clone(), inner).prop_map(|(a, b)| format!("([{a}, {b}].contains(true))")),
            ]
        })
        .boxed()
}

pub fn draft(permit: BoxedStrategy<bool>) -> BoxedStrategy<Draft> {
    let condition = (one(&["when", "when", "when", "unless"]), condition())
        .prop_map(|(word, text)| format!(" {word} {{ {text} }}"));
    let parties = prop_oneof![
        3 => refs("User", &USERS), 3 => refs("Agent", &AGENTS), 5 => refs("Team", &TEAMS), 1 => refs("Org", &["o"]),
    ];
    let things = prop_oneof![3 => refs("File", &FILES), 5 => refs("Folder", &FOLDERS)];
    (
        permit,
        scope(
            "principal",
            parties.boxed(),
            &["User", "Agent", "Acme::Bot"],
        ),
        action_scope(),
        scope("resource", things.boxed(), &["File", "Folder", "User"]),
        prop_oneof![1 => Just(Vec::new()), 4 => prop::collection::vec(condition, 1..3)],
    )
        .prop_map(|(permit, principal, action, resource, conditions)| Draft {
            permit,
            principal,
            action,
            resource,
            conditions,
        })
        .boxed()
}

/// A world in which each policy has an `@id`, or most of them.
pub fn world(all_named: bool) -> BoxedStrategy<World> {
    let rule = (
        prop::bool::weighted(0.8),
        0usize..3,
        draft(prop::bool::weighted(0.6).boxed()),
    );
    let filler = prop_oneof![1 => principal(), 1 => refs("Team", &TEAMS)];
    let things = prop_oneof![1 => resource(), 1 => refs("Folder", &FOLDERS)];
    let links = (any::<prop::sample::Index>(), filler, things);
    (
        prop::collection::vec(rule, 1..8),
        prop::collection::vec(links, 1..5),
        entities(),
    )
        .prop_map(move |(rules, links, entities)| World {
            rules: rules
                .into_iter()
                .enumerate()
                .map(|(at, (named, file, draft))| Rule {
                    id: (named || all_named).then(|| format!("p{at}")),
                    file,
                    draft,
                })
                .collect(),
            links,
            entities,
        })
        .boxed()
}

// ── requests and recorded actions ──

fn extension(function: &'static str, texts: &[&str]) -> BoxedStrategy<Value> {
    one(texts)
        .prop_map(move |text| Value::Extension(function.into(), text))
        .boxed()
}

fn string() -> BoxedStrategy<Value> {
    one(&["a", "ab", "", "k", "10.0.0.1", "1.5"])
        .prop_map(Value::String)
        .boxed()
}

fn number() -> BoxedStrategy<Value> {
    prop_oneof![6 => -2i64..6, 1 => Just(i64::MAX), 1 => Just(i64::MIN)]
        .prop_map(Value::Long)
        .boxed()
}

fn inner() -> BoxedStrategy<Value> {
    number()
        .prop_map(|x| Value::Record(BTreeMap::from([("x".to_owned(), x)])))
        .boxed()
}

fn rec() -> BoxedStrategy<Value> {
    (
        prop::option::weighted(0.9, number()),
        prop::option::of(string()),
        prop::option::of(inner()),
    )
        .prop_map(|(a, b, inner)| {
            let members = [("a", a), ("b", b), ("inner", inner)];
            let members = members.into_iter();
            Value::Record(
                members
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                    .collect(),
            )
        })
        .boxed()
}

/// The attributes of the context, each with values of its type.
fn attributes() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    let set = |element: BoxedStrategy<Value>| {
        prop::collection::vec(element, 0..3)
            .prop_map(Value::Set)
            .boxed()
    };
    vec![
        ("n", number()),
        ("flag", any::<bool>().prop_map(Value::Bool).boxed()),
        ("text", string()),
        ("amount", extension("decimal", &["0.1", "1.50", "99.9999"])),
        ("ip", extension("ip", &["10.0.0.1", "127.0.0.1", "::1"])),
        (
            "when",
            extension("datetime", &["2024-05-01", "2023-01-01T00:00:00Z"]),
        ),
        ("wait", extension("duration", &["5m", "1d", "-3s"])),
        ("names", set(string())),
        ("numbers", set(number())),
        ("who", refs("User", &USERS).prop_map(Value::Entity).boxed()),
        ("rec", rec()),
        (
            "now",
            extension("datetime", &["2024-04-30", "2024-05-01T12:00:00Z"]),
        ),
    ]
}

pub fn any_value() -> BoxedStrategy<Value> {
    let all: Vec<_> = attributes().into_iter().map(|(_, values)| values).collect();
    prop::strategy::Union::new(all).boxed()
}

pub fn request() -> BoxedStrategy<Request> {
    let context: Vec<_> = attributes()
        .into_iter()
        .map(|(name, values)| {
            let value = prop_oneof![
                30 => values.prop_map(Some),
                3 => Just(None),
                1 => any_value().prop_map(Some),
            ];
            value.prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    let action = prop_oneof![
        12 => refs("Action", &["read", "list", "write", "delete"]),
        1 => refs("Acme::Action", &["ping"]),
        1 => refs("Action", &["readers", "all", "nope"]),
    ];
    (principal(), action, resource(), context)
        .prop_map(|(principal, action, resource, context)| Request {
            principal,
            action,
            resource,
            context: context.into_iter().flatten().collect(),
            unknown: BTreeSet::new(),
        })
        .boxed()
}

fn paths() -> Vec<FieldPath> {
    let names = attributes().into_iter().map(|(name, _)| vec![name]);
    let nested = [
        vec!["rec", "a"],
        vec!["rec", "b"],
        vec!["rec", "inner"],
        vec!["rec", "inner", "x"],
        vec!["missing"],
        vec!["who"],
    ];
    names
        .chain(nested)
        .map(|path| FieldPath(path.into_iter().map(str::to_owned).collect()))
        .collect()
}

/// A recorded request without a call.
pub fn recorded(id: usize, request: Request) -> RecordedAction {
    let mut action = RecordedAction::new(format!("r{id}"));
    action.request = Some(RecordedRequest {
        cedar: request.into(),
        entities: Vec::new(),
        looked_up: Vec::new(),
        mapping: None,
        schema: None,
    });
    action
}

/// A tool call, some of whose arguments are missing, null, of another type, or marked unknown.
pub fn call() -> BoxedStrategy<RecordedAction> {
    let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    let odd = select(vec![
        json("null"),
        json("\"a\""),
        json("1"),
        json("1.5"),
        json("[]"),
        json("{}"),
        json("{\"$unknown\": \"redacted\"}"),
        json("{\"a\": \"x\"}"),
        json("true"),
        json("{\"x\": 1, \"x\": 2}"),
    ]);
    let typed: Vec<(&str, Vec<Json>)> = vec![
        (
            "n",
            vec![json("1"), json("2.0"), json("9223372036854775807")],
        ),
        ("flag", vec![json("true"), json("false")]),
        ("text", vec![json("\"a\""), json("\"k\"")]),
        ("amount", vec![json("1.5"), json("3")]),
        ("ip", vec![json("\"10.0.0.1\"")]),
        ("when", vec![json("\"2024-05-01\"")]),
        ("wait", vec![json("\"5m\"")]),
        ("names", vec![json("[\"a\"]"), json("[]")]),
        ("numbers", vec![json("[1, 2]")]),
        ("who", vec![json("\"u0\""), json("\"gone\"")]),
        (
            "rec",
            vec![
                json("{\"a\": 1}"),
                json("{\"a\": 2, \"b\": \"a\", \"inner\": {\"x\": 1}, \"more\": 1}"),
            ],
        ),
        (
            "file",
            vec![json("\"x0\""), json("\"f0\""), json("\"gone\"")],
        ),
        ("extra", vec![json("1")]),
    ];
    let args: Vec<_> = typed
        .into_iter()
        .map(|(name, values)| {
            let value = prop_oneof![
                60 => select(values).prop_map(Some),
                2 => Just(None),
                1 => odd.clone().prop_map(Some),
            ];
            value.prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    let tool = prop_oneof![12 => one(&["read", "list", "write", "delete"]), 1 => one(&["ping", "skipped", "nope"])];
    (
        tool,
        prop::option::weighted(0.95, args),
        prop::option::weighted(0.95, select(&AGENTS[..])),
        prop::option::weighted(0.95, select(&USERS[..])),
        prop::option::weighted(
            0.9,
            one(&[
                "2024-05-01T00:00:00Z",
                "2024-04-01T10:00:00+02:00",
                "2024-05-02T10:00:00.5Z",
                "yesterday",
            ]),
        ),
        0u8..4,
    )
        .prop_map(|(tool, args, agent, user, time, session)| {
            let mut action = RecordedAction::new("c");
            action.call = Some(ToolCall {
                tool,
                args: args.map(|args| Json::Object(args.into_iter().flatten().collect())),
                result: None,
            });
            action.agent = agent.map(str::to_owned);
            action.user = user.map(str::to_owned);
            action.time = time;
            action.session = Some(format!("s{session}"));
            action
        })
        .boxed()
}

/// Recorded actions of every kind: requests, requests with unknown fields, and tool calls.
pub fn actions(range: std::ops::Range<usize>) -> BoxedStrategy<Vec<RecordedAction>> {
    let one = prop_oneof![
        4 => request().prop_map(|request| recorded(0, request)),
        1 => vague_request().prop_map(|request| recorded(0, request)),
        3 => call(),
    ];
    prop::collection::vec(one, range)
        .prop_map(|mut all| {
            for (at, action) in all.iter_mut().enumerate() {
                action.id = format!("{at}");
            }
            all
        })
        .boxed()
}
