//! What the scanner accepts is JSON, and means the same.

use super::*;
use proptest::prelude::*;

/// Texts that are often, but not always, JSON.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "-?[0-9]{1,20}",
        "-?[0-9]{0,3}(\\.[0-9]{0,3})?([eE][0-9])?",
        "true|false|null|tru|nul",
        r#""([a-z é😀]|\\[nrtbf"/\\u]|\\u[0-9a-fA-F]{4}|\\ud83d\\ude00){0,12}""#,
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(("[a-c]{1,2}", inner), 0..4).prop_map(|members| {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_is_skipped_is_json(text in texts()) {
        let mut scanner = Scanner::new(&text);
        if scanner.skip().is_some() && scanner.is_done() {
            let read = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert!(read.is_ok(), "{text}: {read:?}");
        }
    }

    #[test]
    fn strings_and_integers_are_what_they_are(text in texts()) {
        let room = Bump::new();
        let read = serde_json::from_str::<serde_json::Value>(&text);
        let mut scanner = Scanner::new(&text);
        if let Some(found) = scanner.string().and_then(|found| found.decode(&room))
            && scanner.is_done()
        {
            prop_assert_eq!(read.as_ref().unwrap().as_str(), Some(found));
        }
        let mut scanner = Scanner::new(&text);
        if let Some(found) = scanner.integer() && scanner.is_done() {
            prop_assert_eq!(read.unwrap().as_i64(), Some(found));
        }
    }
}

#[test]
fn plain_json_is_skipped() {
    for text in [
        r#"{"a": [1, -2.5, "x\n\u00e9\ud83d\ude00"], "b": {"c": null}}"#,
        "[]",
        "{}",
        "\t{\"a\":\t1 \r,\"b\"\r:[\t]}\t",
        "0",
        "-7",
    ] {
        let mut scanner = Scanner::new(text);
        assert!(scanner.skip().is_some() && scanner.is_done(), "{text}");
    }
    for text in ["{\"a\":\u{b}1}", "\"a\tb\"", "[1,\n2]", "\"a\\\u{1}\""] {
        assert!(Scanner::new(text).skip().is_none(), "{text}");
    }
}
