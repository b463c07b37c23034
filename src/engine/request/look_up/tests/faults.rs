//! What is wrong with data sets and changes of a mapping.

use super::*;

#[test]
fn faults_of_data_and_changes_name_what_is_wrong() {
    let found = |from: &str, to: &str| {
        assert!(MAPPING.contains(from), "{from}");
        let mapping = MAPPING.replace(from, to);
        let files = [
            ("agentauthz.yaml", "version: 1"),
            ("schema/s.cedarschema", SCHEMA),
            ("mapping.yaml", mapping.as_str()),
        ];
        let text = |path: &str| files.iter().find(|(name, _)| *name == path);
        let version = load(&Files {
            paths: files.iter().map(|(name, _)| (*name).to_owned()).collect(),
            read: &|path| {
                text(path)
                    .map(|(_, text)| text.as_bytes().to_vec())
                    .ok_or_else(String::new)
            },
            refused: Vec::new(),
        });
        let all = version.diagnostics.iter();
        assert!(all.clone().all(|found| !found.labels.is_empty()));
        all.map(|found| found.message.clone())
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (from, to, message) in [
        (
            "\"{row.status}\"",
            "\"{args.status}\"",
            "`{args.status}` is of a call, and a row has none",
        ),
        (
            "\"{row.status}\"",
            "\"{item.status}\"",
            "`{item.status}` is read in `as` alone",
        ),
        (
            "Order::\"{args.id}\"",
            "Order::\"{row.id}\"",
            "`{row.id}` is of a row",
        ),
        (
            "first: \"{args.items.0.name}\"",
            "first: \"{result}\"",
            "read in `changes` alone",
        ),
        (
            "note: \"{row.note}\"",
            "nota: \"{row.note}\"",
            "`Order` has no attribute `nota`; did you mean `note`?",
        ),
        (
            "{ level: \"{row.level}\" }",
            "{ levels: \"{row.level}\" }",
            "did you mean `level`?",
        ),
        (
            "User::\"{row.name}\"",
            "Usr::\"{row.name}\"",
            "the schema has no entity type `Usr`",
        ),
        ("shop.lines.*", "shop..*", "`shop..*` has an empty step"),
        (
            "tags: \"{row.tags}\"",
            "tags: \"{row.tags}!\"",
            "tags are named one by one",
        ),
        (
            "Item::\"{args.item}\"",
            "{args.item}",
            "what an entity is in is an entity",
        ),
        ("{keys.0}", "{keys.x}", "`{keys.x}` names no key"),
    ] {
        let said = found(from, to);
        assert!(said.contains(message), "{from}: {said}");
    }
}
