//! Recorded actions in other forms than as the request alone: as a tool call, and with an entity of their own.

use super::world::{GRADES, TOOL_VERBS, VERBS, World};
use super::{Form, Spec};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Attributes of the context that the mapping fills from arguments of the same name.
const ATTRIBUTES: [&str; 11] = [
    "approval", "channel", "env", "hour", "input", "ip", "labels", "minute", "price", "session",
    "started",
];

/// How calls become the requests that other forms hold.
pub fn mapping() -> String {
    let mut text = String::from(
        "version: 1\nprincipal: Agent::\"{agent}\"\naction: Action::\"{tool}\"\nresource: Record::\"{args.resource}\"\ncontext:\n",
    );
    for name in ATTRIBUTES {
        let _ = writeln!(text, "  {name}: \"{{args.{name}}}\"");
    }
    text.push_str("tools:\n");
    for verb in &VERBS[TOOL_VERBS..] {
        let _ = writeln!(
            text,
            "  \"*_{verb}\":\n    resource: Tool::\"{{args.resource}}\""
        );
    }
    text
}

/// Puts a request into the form of a specification.
pub struct Forms {
    form: Form,
    /// Records and tools by id, where they are asked for.
    entities: BTreeMap<String, serde_json::Value>,
}

impl Forms {
    /// For the actions of a specification.
    pub fn new(spec: &Spec, world: &World) -> Self {
        let mut entities = BTreeMap::new();
        if spec.form == Form::WithEntity {
            for (_, text) in world.entity_files() {
                let all: Vec<serde_json::Value> = serde_json::from_str(&text).expect("it is JSON");
                let held = all
                    .into_iter()
                    .filter(|entity| entity["attrs"].get("sensitivity").is_some());
                entities.extend(held.map(|entity| {
                    let id = entity["uid"]["id"].as_str().expect("a text").to_owned();
                    (id, entity)
                }));
            }
        }
        Self {
            form: spec.form,
            entities,
        }
    }

    /// The member of a line that says what was asked.
    pub fn member(&self, request: &str) -> String {
        match self.form {
            Form::Request => format!(r#""request":{request}"#),
            Form::Call => call(request),
            Form::WithEntity => {
                let cedar = request.strip_suffix('}').expect("an object");
                format!(
                    r#""request":{cedar},"entities":[{}]}}"#,
                    self.entity(request)
                )
            }
        }
    }

    /// The resource as it was when it was asked for: more or less sensitive than it is now.
    fn entity(&self, request: &str) -> String {
        let request: serde_json::Value = serde_json::from_str(request).expect("it is JSON");
        let id = &request["cedar"]["resource"]["id"];
        let mut entity = self.entities[id.as_str().expect("a text")].clone();
        let now = entity["attrs"]["sensitivity"].as_u64().expect("a number");
        entity["attrs"]["sensitivity"] = ((now * 7 + 13) % GRADES as u64).into();
        written(&entity)
    }
}

/// The call of which the mapping makes this request: extension values and entities are plain there.
fn call(request: &str) -> String {
    let mut request: serde_json::Value = serde_json::from_str(request).expect("it is JSON");
    let cedar = &mut request["cedar"];
    let mut args = cedar["context"].take();
    if let Some(approval) = args.get_mut("approval") {
        approval["by"] = approval["by"]["__entity"]["id"].take();
    }
    for name in ["ip", "started"] {
        args[name] = args[name]["__extn"]["arg"].take();
    }
    if let Some(price) = args.get_mut("price") {
        let text = price["__extn"]["arg"].as_str().expect("a text");
        *price = serde_json::from_str(text).expect("a number");
    }
    args["resource"] = cedar["resource"]["id"].take();
    format!(
        r#""call":{{"tool":{},"args":{}}}"#,
        cedar["action"]["id"],
        written(&args)
    )
}

/// JSON with the keys of objects in order, however the values are held.
fn written(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members
                .into_iter()
                .map(|(key, value)| format!("\"{key}\":{}", written(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        serde_json::Value::Array(items) => {
            let items: Vec<_> = items.iter().map(written).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}
