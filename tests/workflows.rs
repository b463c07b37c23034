//! The GitHub Action's and the workflows' YAML, and the recipes for continuous integration.

use agentauthz::model::{Json, SourceFile};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The project's directory.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> BTreeMap<String, Json> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    agentauthz::yaml::parse(&SourceFile::new(path, text))
        .unwrap_or_else(|found| panic!("{path}: {found:?}"))
}

fn member<'j>(json: &'j Json, key: &str) -> Option<&'j Json> {
    match json {
        Json::Object(members) => members.get(key),
        _ => None,
    }
}

/// Every text at a key, however deep.
fn all<'j>(json: &'j Json, key: &str, found: &mut Vec<&'j str>) {
    match json {
        Json::Object(members) => {
            for (name, json) in members {
                match json {
                    Json::String(text) if name == key => found.push(text),
                    other => all(other, key, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| all(item, key, found)),
        _ => {}
    }
}

#[test]
fn the_action_interpolates_nothing_into_scripts() {
    let action = Json::Object(yaml(".github/actions/agentauthz/action.yml"));
    let runs = member(&action, "runs").unwrap();
    assert_eq!(
        member(runs, "using"),
        Some(&Json::String("composite".to_owned()))
    );
    let Some(Json::Array(steps)) = member(runs, "steps") else {
        panic!("no steps")
    };
    assert_eq!(steps.len(), 7);
    let mut scripts = Vec::new();
    all(runs, "run", &mut scripts);
    assert_eq!(scripts.len(), 5);
    for script in scripts {
        assert!(!script.contains("${{"), "{script}");
        let name = script
            .strip_prefix("bash \"$ACTION_PATH/")
            .and_then(|rest| rest.strip_suffix('"'));
        let path = root()
            .join(".github/actions/agentauthz")
            .join(name.unwrap());
        assert!(path.is_file(), "{script}");
    }
    // Every input is used, and every one that is used exists.
    let Some(Json::Object(inputs)) = member(&action, "inputs") else {
        panic!("no inputs")
    };
    let text =
        std::fs::read_to_string(root().join(".github/actions/agentauthz/action.yml")).unwrap();
    for (name, input) in inputs {
        assert!(text.contains(&format!("inputs.{name} ")), "{name}");
        assert!(
            member(input, "description").is_some() && member(input, "default").is_some(),
            "{name}"
        );
    }
    for (at, _) in text.match_indices("inputs.") {
        let name: String = text[at + 7..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        assert!(inputs.contains_key(&name), "{name}");
    }
}

#[test]
fn what_is_used_is_pinned_by_commit() {
    for path in [
        ".github/actions/agentauthz/action.yml",
        ".github/workflows/policies.yml",
    ] {
        let mut used = Vec::new();
        let whole = Json::Object(yaml(path));
        all(&whole, "uses", &mut used);
        assert!(!used.is_empty());
        for name in used {
            let local = name.starts_with("./");
            let pinned = name.split_once('@').is_some_and(|(_, at)| {
                at.len() == 40 && at.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            assert!(local || pinned, "{path}: {name}");
        }
    }
}

#[test]
fn workflows_give_strangers_no_rights() {
    for path in [".github/workflows/ci.yml", ".github/workflows/policies.yml"] {
        let workflow = yaml(path);
        let on = &workflow["on"];
        assert!(member(on, "pull_request").is_some(), "{path}");
        assert!(member(on, "pull_request_target").is_none(), "{path}");
        let permissions = &workflow["permissions"];
        assert_eq!(
            member(permissions, "contents"),
            Some(&Json::String("read".to_owned())),
            "{path}"
        );
    }
    let workflow = yaml(".github/workflows/policies.yml");
    let job = member(&workflow["jobs"], "policies").unwrap();
    let Some(Json::Array(steps)) = member(job, "steps") else {
        panic!("no steps")
    };
    let checkout = member(&steps[0], "with").unwrap();
    assert_eq!(member(checkout, "fetch-depth"), Some(&Json::Int(0)));
    let action = member(steps.last().unwrap(), "with").unwrap();
    assert_eq!(
        member(action, "directory"),
        Some(&Json::String("policies".to_owned()))
    );
}

/// The YAML of the fenced blocks of a page.
fn blocks(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let mut blocks: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (line, inside) {
            ("```yaml", false) => {
                blocks.push(String::new());
                inside = true;
            }
            ("```", true) => inside = false,
            (line, true) => {
                let block = blocks.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            (_, false) => {}
        }
    }
    blocks
}

#[test]
fn the_recipes_are_yaml_and_name_inputs_that_exist() {
    let blocks = blocks("docs/ci.md");
    assert_eq!(blocks.len(), 3);
    let action = yaml(".github/actions/agentauthz/action.yml");
    for text in &blocks {
        let file = SourceFile::new("docs/ci.md", text.as_str());
        let read: BTreeMap<String, Json> =
            agentauthz::yaml::parse(&file).unwrap_or_else(|found| panic!("{text}: {found:?}"));
        let Some(jobs) = read.get("jobs") else {
            continue;
        };
        let steps = member(member(jobs, "agentauthz").unwrap(), "steps");
        let Some(Json::Array(steps)) = steps else {
            panic!("no steps")
        };
        let Some(Json::Object(with)) = member(steps.last().unwrap(), "with") else {
            panic!("no inputs")
        };
        for name in with.keys() {
            assert!(member(&action["inputs"], name).is_some(), "{name}");
        }
    }
    let page = std::fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let Json::Object(inputs) = &action["inputs"] else {
        panic!("no inputs")
    };
    for name in inputs.keys() {
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/ci.md does not tell of `{name}`"
        );
    }
}
