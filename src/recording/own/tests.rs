//! Tests of a team's own lines: places, forms, decisions, and what is broken.

use super::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(written: &str) -> LogPlace {
    LogPlace::parse(written).expect("a place")
}

fn field(written: &str, form: Option<LogForm>) -> LogField {
    LogField {
        at: at(written),
        form,
    }
}

/// A layout that names a tool alone.
fn plain() -> LogLayout {
    LogLayout {
        delimiter: b',',
        only: Vec::new(),
        id: None,
        session: None,
        sequence: None,
        time: None,
        agent: None,
        user: None,
        system: None,
        tool: at("tool"),
        args: LogArgs::Nowhere,
        meta: BTreeMap::new(),
        decision: None,
        determining: None,
        policy_version: None,
    }
}

fn line(layout: &LogLayout, text: &str) -> Parsed {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 5,
    };
    parse_line(layout, &item, "logs/agent.jsonl")
}

fn action(layout: &LogLayout, text: &str) -> RecordedAction {
    let parsed = line(layout, text);
    let mut actions = parsed.actions.into_iter();
    actions
        .next()
        .expect("one")
        .unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn fault(layout: &LogLayout, text: &str) -> String {
    line(layout, text)
        .actions
        .remove(0)
        .expect_err("a fault")
        .to_string()
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn every_part_is_found_where_it_was_said() {
    let layout = LogLayout {
        id: Some(at("request.id")),
        session: Some(at("conversation")),
        sequence: Some(at("step")),
        time: Some(field("ts", None)),
        agent: Some(at("caller.name")),
        user: Some(at("/caller/on.behalf")),
        system: Some(at("service")),
        tool: at("calls.0.name"),
        args: LogArgs::Whole(at("calls.0.arguments")),
        meta: BTreeMap::from([("region".to_owned(), field("aws.region", None))]),
        decision: Some(LogDecision {
            at: at("outcome"),
            allow: ["ok".to_owned()].into(),
            deny: ["blocked".to_owned()].into(),
            any_case: false,
        }),
        determining: Some(at("policies")),
        policy_version: Some(at("rev")),
        ..plain()
    };
    let action = action(
        &layout,
        r#"{"request":{"id":"r1"},"conversation":17,"step":3,"ts":"2026-01-01T00:00:00+01:00",
        "caller":{"name":"bot","on.behalf":"ann"},"service":"billing","aws.region":"eu",
        "calls":[{"name":"refund","arguments":"{\"amount\":5}"}],"outcome":"blocked","policies":["p1","p2"],"rev":"v7"}"#,
    );
    let mut expected = RecordedAction::new("r1");
    expected.session = Some("17".to_owned());
    expected.sequence = Some(3);
    expected.time = Some("2026-01-01T00:00:00+01:00".to_owned());
    expected.agent = Some("bot".to_owned());
    expected.user = Some("ann".to_owned());
    expected.system = Some("billing".to_owned());
    // The member of that name goes before the path.
    expected.meta.insert("region".to_owned(), json("\"eu\""));
    expected.call = Some(ToolCall {
        tool: "refund".to_owned(),
        args: Some(json(r#"{"amount":5}"#)),
        result: None,
    });
    expected.recorded = Some(RecordedDecision {
        decision: Decision::Deny,
        determining: Some(vec!["p1".to_owned(), "p2".to_owned()]),
        policy_version: Some("v7".to_owned()),
    });
    assert_eq!(action, expected);
}

#[test]
fn what_is_not_there_is_absent() {
    let layout = LogLayout {
        id: Some(at("id")),
        session: Some(at("a.b.c")),
        args: LogArgs::Whole(at("args")),
        decision: Some(LogDecision {
            at: at("d"),
            allow: BTreeSet::new(),
            deny: BTreeSet::new(),
            any_case: true,
        }),
        ..plain()
    };
    let found = action(&layout, r#"{"tool":"t","a":{"b":{}},"id":null}"#);
    assert_eq!(
        (found.id.as_str(), found.session.as_deref()),
        ("agent:5", None)
    );
    assert_eq!(found.recorded, None);
    assert_eq!(found.call.expect("a call").args, None);
    let args = |text: &str| action(&layout, text).call.expect("a call").args;
    assert_eq!(args(r#"{"tool":"t","args":{}}"#), Some(json("{}")));
    assert_eq!(
        args(r#"{"tool":"t","args":"?"}"#),
        Some(unknown("args_not_json"))
    );
    assert_eq!(
        args(r#"{"tool":"t","args":7}"#),
        Some(unknown("args_not_object"))
    );
    assert_eq!(
        args(r#"{"tool":"t","args":{},"args":{}}"#),
        Some(unknown("repeated_key"))
    );
    assert_eq!(
        action(&plain(), r#"{"tool":"t"}"#)
            .call
            .expect("a call")
            .args,
        None
    );
}

#[test]
fn what_no_path_leads_to_is_unknown_not_absent() {
    let whole = LogLayout {
        args: LogArgs::Whole(at("m.args")),
        ..plain()
    };
    let each = LogLayout {
        args: LogArgs::Each(BTreeMap::from([("x".to_owned(), field("m.args.x", None))])),
        meta: BTreeMap::from([("y".to_owned(), field("m.y", None))]),
        ..plain()
    };
    let args = |layout: &LogLayout, text: &str| action(layout, text).call.expect("a call").args;
    let unknown = || unknown("not_json");
    for blocked in [
        r#"{"tool":"t","m":"{\"args\":{\"x\""}"#,
        r#"{"tool":"t","m":{"args":{"x":1}},"m":{}}"#,
        r#"{"tool":"t","m":7}"#,
        r#"{"tool":"t","m":"7"}"#,
    ] {
        assert_eq!(args(&whole, blocked), Some(unknown()), "{blocked}");
        let found = action(&each, blocked);
        assert_eq!(found.meta.get("y"), Some(&unknown()), "{blocked}");
        let found = found.call.expect("a call").args.expect("arguments");
        assert_eq!(found.get("x"), Some(&unknown()), "{blocked}");
    }
    for open in [
        r#"{"tool":"t"}"#,
        r#"{"tool":"t","m":null}"#,
        r#"{"tool":"t","m":""}"#,
        r#"{"tool":"t","m":{}}"#,
        r#"{"tool":"t","m":"null"}"#,
        r#"{"tool":"t","m":[]}"#,
    ] {
        assert_eq!(args(&whole, open), None, "{open}");
        assert_eq!(args(&each, open), Some(json("{}")), "{open}");
    }
    let only = |place: &str| LogLayout {
        only: vec![(at(place), ["call".to_owned()].into())],
        ..plain()
    };
    assert_eq!(
        fault(&only("m.kind"), r#"{"tool":"t","m":"{\"agent\":"}"#),
        "line 5: `only` stands at `m.kind`, but the way there leads through a text that is no JSON"
    );
    assert_eq!(
        fault(&only("kind"), r#"{"tool":"t","kind":"call","kind":"x"}"#),
        "line 5: `only` stands at `kind`, which is a repeated key"
    );
    assert_eq!(
        fault(
            &only("m.kind"),
            r#"{"tool":"t","m":{"kind":"call"},"m":{}}"#
        ),
        "line 5: `only` stands at `m.kind`, but the way there leads through a repeated key"
    );
}

#[test]
fn values_are_read_as_it_was_said_or_unknown() {
    let read = |form: Option<LogForm>, value: &str| {
        let layout = LogLayout {
            args: LogArgs::Each(BTreeMap::from([("x".to_owned(), field("v", form))])),
            ..plain()
        };
        let found = action(&layout, &format!(r#"{{"tool":"t","v":{value}}}"#));
        let args = found.call.expect("a call").args.expect("arguments");
        serde_json::to_string(&args.get("x")).expect("JSON")
    };
    use LogForm::{Boolean, Json as Written, Milliseconds, Number, Seconds, Text};
    for (form, value, expected) in [
        (None, "1.5", "1.5"),
        (None, "\"1\"", "\"1\""),
        (None, "null", "null"),
        (Some(Text), "12", "\"12\""),
        (Some(Text), "true", "\"true\""),
        (Some(Text), "[1]", r#"{"$unknown":"not_a_text"}"#),
        (Some(Number), "\" 12 \"", "12"),
        (Some(Number), "\"-0.50\"", "-0.5"),
        (Some(Number), "7", "7"),
        (Some(Number), "\"1,000\"", r#"{"$unknown":"not_a_number"}"#),
        (Some(Number), "\"0x10\"", r#"{"$unknown":"not_a_number"}"#),
        (Some(Number), "\"true\"", r#"{"$unknown":"not_a_number"}"#),
        (Some(Number), "false", r#"{"$unknown":"not_a_number"}"#),
        (Some(Boolean), "\"TRUE\"", "true"),
        (Some(Boolean), "false", "false"),
        (Some(Boolean), "\"1\"", r#"{"$unknown":"not_a_boolean"}"#),
        (Some(Boolean), "1", r#"{"$unknown":"not_a_boolean"}"#),
        (Some(Written), r#""[1,{\"a\":2}]""#, r#"[1,{"a":2}]"#),
        (Some(Written), "\"[1\"", r#"{"$unknown":"not_json"}"#),
        (Some(Written), "[1]", "[1]"),
        (Some(Seconds), "0", "\"1970-01-01T00:00:00Z\""),
        (
            Some(Milliseconds),
            "\"1704067200001\"",
            "\"2024-01-01T00:00:00.001Z\"",
        ),
    ] {
        assert_eq!(read(form, value), expected, "{form:?} {value}");
    }
}

#[test]
fn times_are_counted_exactly() {
    let time = |form: LogForm, value: &str| {
        let layout = LogLayout {
            time: Some(field("ts", Some(form))),
            ..plain()
        };
        let found = action(&layout, &format!(r#"{{"tool":"t","ts":{value}}}"#));
        let kept = found
            .meta
            .get("timestamp")
            .map(|kept| serde_json::to_string(kept).expect("JSON"));
        found.time.or(kept).unwrap_or_default()
    };
    for (form, value, expected) in [
        (LogForm::Seconds, "1704067200", "2024-01-01T00:00:00Z"),
        (
            LogForm::Seconds,
            "\"1704067200.123456789\"",
            "2024-01-01T00:00:00.123456789Z",
        ),
        (LogForm::Seconds, "-1", "1969-12-31T23:59:59Z"),
        (
            LogForm::Milliseconds,
            "1704067200123",
            "2024-01-01T00:00:00.123Z",
        ),
        (
            LogForm::Milliseconds,
            "\"1704067200123.5\"",
            "2024-01-01T00:00:00.1235Z",
        ),
        // What is no such number stays as it was recorded.
        (LogForm::Seconds, "\"soon\"", "\"soon\""),
        (LogForm::Seconds, "1e300", "1e+300"),
        (LogForm::Seconds, "\"1.2.3\"", "\"1.2.3\""),
        (
            LogForm::Milliseconds,
            "\"99999999999999999999999\"",
            "\"99999999999999999999999\"",
        ),
        (LogForm::Milliseconds, "true", "true"),
        (LogForm::Seconds, "null", ""),
    ] {
        assert_eq!(time(form, value), expected, "{form:?} {value}");
    }
}

#[test]
fn decisions_are_told_by_their_words() {
    let decided = |decision: &LogDecision, said: &str| {
        let layout = LogLayout {
            decision: Some(decision.clone()),
            ..plain()
        };
        let found = action(&layout, &format!(r#"{{"tool":"t","d":{said}}}"#));
        let decision = found.recorded.map(|recorded| recorded.decision);
        (decision, found.meta.contains_key("decision"))
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let any = LogDecision {
        at: at("d"),
        allow: words(&["allow", "true"]),
        deny: words(&["deny", "false"]),
        any_case: true,
    };
    assert_eq!(decided(&any, "\"ALLOW\""), (Some(Decision::Allow), false));
    assert_eq!(decided(&any, "false"), (Some(Decision::Deny), false));
    assert_eq!(decided(&any, "\"escalate\""), (None, true));
    assert_eq!(decided(&any, "{}"), (None, true));
    assert_eq!(decided(&any, "null"), (None, false));
    let exact = LogDecision {
        allow: words(&["1"]),
        deny: words(&["0"]),
        any_case: false,
        ..any
    };
    assert_eq!(decided(&exact, "1"), (Some(Decision::Allow), false));
    assert_eq!(decided(&exact, "\"0\""), (Some(Decision::Deny), false));
    assert_eq!(decided(&exact, "true"), (None, true));
}

#[test]
fn lines_of_other_kinds_are_left_out_and_counted() {
    let layout = LogLayout {
        only: vec![(at("event.kind"), ["call".to_owned(), "3".to_owned()].into())],
        ..plain()
    };
    let counts = |text: &str| {
        let parsed = line(&layout, text);
        (
            parsed.actions.len(),
            parsed.dropped.get("not_selected").copied(),
        )
    };
    assert_eq!(counts(r#"{"tool":"t","event":{"kind":"call"}}"#), (1, None));
    assert_eq!(counts(r#"{"tool":"t","event":{"kind":3}}"#), (1, None));
    assert_eq!(counts(r#"{"event":{"kind":"reply"}}"#), (0, Some(1)));
    assert_eq!(counts(r#"{"event":{}}"#), (0, Some(1)));
}

#[test]
fn what_is_broken_is_named() {
    let layout = LogLayout {
        agent: Some(at("who.name")),
        sequence: Some(at("n")),
        decision: Some(LogDecision {
            at: at("d"),
            allow: ["a".to_owned()].into(),
            deny: BTreeSet::new(),
            any_case: false,
        }),
        determining: Some(at("p")),
        ..plain()
    };
    for (text, expected) in [
        ("", "the JSON ends too early, at column 0"),
        ("[]", "this is an array, not an object"),
        ("{}", "there is no tool at `tool`"),
        (
            r#"{"tool":["t"]}"#,
            "`tool` stands at `tool`, which is an array, not a text",
        ),
        (
            r#"{"tool":"t","tool":"u"}"#,
            "`tool` stands at `tool`, which is a repeated key, not a text",
        ),
        (
            r#"{"tool":"t","who":7}"#,
            "`agent` stands at `who.name`, but the way there leads through an integer",
        ),
        (
            r#"{"tool":"t","who":{"name":{}}}"#,
            "`agent` stands at `who.name`, which is an object, not a text",
        ),
        (
            r#"{"tool":"t","n":-1}"#,
            "`sequence` is `-1`, not a whole number from 0",
        ),
        (
            r#"{"tool":"t","n":"x"}"#,
            "`sequence` is `x`, not a whole number from 0",
        ),
        (
            r#"{"tool":"t","d":"a","p":[1]}"#,
            "`determining` stands at `p`, which holds an integer, not texts",
        ),
    ] {
        assert_eq!(
            fault(&layout, text),
            format!("line 5: {expected}"),
            "{text}"
        );
    }
    assert!(fault(&layout, &"[".repeat(9_999)).contains("nested deeper"));
}

fn row(line: u64, cells: &[&str]) -> Row {
    Row {
        line,
        last: line,
        cells: Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()),
    }
}

#[test]
fn cells_are_texts_and_empty_ones_are_nothing() {
    let layout = LogLayout {
        agent: Some(at("who")),
        args: LogArgs::Each(BTreeMap::from([
            ("amount".to_owned(), field("amount", Some(LogForm::Number))),
            ("note".to_owned(), field("note", None)),
            ("to".to_owned(), field("extra.to", None)),
        ])),
        ..plain()
    };
    let header: Arc<[String]> = ["tool", "amount", "note", "extra", "who"]
        .map(str::to_owned)
        .into();
    assert_eq!(missing_columns(&layout, &header), [].into());
    let read = |cells: &[&str]| {
        let mut parsed = parse_row(&layout, &header, &row(7, cells), "x/calls.csv.gz");
        parsed.actions.remove(0)
    };
    let found = read(&["pay", "12.50", "007", r#"{"to":"bob"}"#, ""]).expect("an action");
    assert_eq!((found.id.as_str(), &found.agent), ("calls:7", &None));
    let args = |action: RecordedAction| action.call.expect("a call").args;
    assert_eq!(
        args(found),
        Some(json(r#"{"amount":12.5,"note":"007","to":"bob"}"#))
    );
    let found = read(&["pay", "", "", "{}", "w"]).expect("an action");
    assert_eq!(args(found), Some(json("{}")));
    let found = read(&["pay", "", "", "no JSON", "w"]).expect("an action");
    assert_eq!(args(found), Some(json(r#"{"to":{"$unknown":"not_json"}}"#)));
    let fault = read(&["", "1", "", "", ""]).expect_err("no tool");
    assert_eq!(fault.to_string(), "line 7: there is no tool at `tool`");
    let broken = Row {
        cells: Err("a cell is not UTF-8 text".to_owned()),
        ..row(8, &[])
    };
    let fault = parse_row(&layout, &header, &broken, "x.csv")
        .actions
        .remove(0);
    assert_eq!(fault.expect_err("a fault").line, 8);
}

#[test]
fn columns_that_are_not_there_or_stand_twice_are_told() {
    let layout = LogLayout {
        agent: Some(at("who")),
        user: Some(at("a.b")),
        ..plain()
    };
    let header = ["tool", "tool"].map(str::to_owned);
    assert_eq!(missing_columns(&layout, &header), ["a.b", "who"].into());
    let read = parse_row(&layout, &header, &row(2, &["t", "u"]), "x.csv");
    assert!(read.actions[0].is_err(), "nobody knows which tool it was");
}

#[test]
fn without_a_layout_nothing_is_read() {
    let item = Item {
        bytes: b"{}".to_vec(),
        line: 1,
    };
    for importer in [Importer::Csv, Importer::Jsonl] {
        let parsed = super::super::parse(importer, &item, "x");
        assert!(parsed.actions[0].is_err());
    }
}

mod selection;
