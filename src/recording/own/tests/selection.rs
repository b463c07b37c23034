//! Which lines count.

use super::*;

#[test]
fn what_surely_is_none_of_the_wanted_lines_is_left_out() {
    let layout = LogLayout {
        only: vec![(at("m.kind"), ["call".to_owned()].into())],
        ..plain()
    };
    let read = |text: &str| {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line: 5,
        };
        parse_line(&layout, &item, "x.jsonl")
    };
    for text in [
        r#"{"tool":"t","m":"server started"}"#,
        r#"{"tool":"t","m":"call: {}"}"#,
        r#"{"tool":"t","m":"\"call\""}"#,
        r#"{"tool":"t","m":"7"}"#,
        r#"{"tool":"t","m":7}"#,
        r#"{"tool":"t","m":true}"#,
        r#"{"tool":"t","m":""}"#,
        r#"{"tool":"t"}"#,
    ] {
        let parsed = read(text);
        assert_eq!(parsed.actions, [], "{text}");
        assert_eq!(parsed.dropped, [("not_selected", 1)].into(), "{text}");
    }
    // What was cut off may have been one of them.
    for text in [
        r#"{"tool":"t","m":" {\"kind\":"}"#,
        r#"{"tool":"t","m":"[{"}"#,
    ] {
        assert!(read(text).actions[0].is_err(), "{text}");
    }
    let wanted = read(r#"{"tool":"t","m":"{\"kind\":\"call\"}"}"#);
    assert!(wanted.actions[0].is_ok());
}
