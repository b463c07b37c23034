//! The published JSON Schemas are those of the types. `AGENTAUTHZ_BLESS=1` writes them anew.

use agentauthz::diff::document;
use agentauthz::repository::{SCHEMAS, json_schema};
use agentauthz::testing::coverage;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn published(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.schema.json"))
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let written = SCHEMAS.map(|name| (name, json_schema(name).unwrap()));
    let read = [
        ("coverage-report", coverage::json_schema()),
        ("diff", document::json_schema()),
        ("mapping-report", agentauthz::mapping::json_schema()),
        (
            "mutation-report",
            agentauthz::testing::mutate::document::json_schema(),
        ),
        ("test-report", agentauthz::render::test_schema()),
    ];
    for (name, schema) in written.into_iter().chain(read) {
        jsonschema::meta::validate(&schema).unwrap();
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = published(name);
        if std::env::var_os("AGENTAUTHZ_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else {
            let found = fs::read_to_string(&path).unwrap();
            assert_eq!(found, text, "{name}: run the test with AGENTAUTHZ_BLESS=1");
        }
    }
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every YAML file of the example conforms to its published schema, and a misspelt key does not.
#[test]
fn the_example_conforms_to_the_schemas() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut files = vec![
        ("manifest", root.join("agentauthz.yaml")),
        ("agents", root.join("agents.yaml")),
        ("links", root.join("links.yaml")),
        ("mapping", root.join("mapping.yaml")),
    ];
    for (name, directory) in [("entities", "entities"), ("test", "tests")] {
        for entry in fs::read_dir(root.join(directory)).unwrap() {
            files.push((name, entry.unwrap().path()));
        }
    }
    assert!(files.len() > 10);
    for (name, path) in files {
        let validator = jsonschema::validator_for(&json_schema(name).unwrap()).unwrap();
        let mut value = yaml(&path);
        if let Err(error) = validator.validate(&value) {
            panic!("{}: {error}", path.display());
        }
        value["a_key_that_nobody_knows"] = Value::Null;
        assert!(!validator.is_valid(&value), "{}", path.display());
    }
}
