//! Tests of Verified Permissions events: the documentation's examples, typed values, and what is not known.

use super::*;

fn read(text: &str) -> Parsed {
    let item = Item {
        bytes: text.as_bytes().to_vec(),
        line: 1,
    };
    super::parse(&item, "trail").expect("JSON")
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

const WHO: &str = r#""principal":{"entityType":"PhotoFlash::User","entityId":"alice"},
    "action":{"actionType":"PhotoFlash::Action","actionId":"ViewPhoto"},
    "resource":{"entityType":"PhotoFlash::Photo","entityId":"94.jpg"}"#;

fn one(name: &str, parameters: &str, answer: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventTime":"2023-11-20T22:55:03Z","eventSource":"verifiedpermissions.amazonaws.com",
        "eventName":"{name}","eventID":"e1","requestParameters":{{"policyStoreId":"PS1",{parameters}}},
        "responseElements":null,"additionalEventData":{answer}}}"#
    )
}

fn action(parameters: &str) -> RecordedAction {
    let parsed = read(&one("IsAuthorized", parameters, r#"{"decision":"ALLOW"}"#));
    assert_eq!(parsed.actions.len(), 1);
    parsed
        .actions
        .into_iter()
        .next()
        .expect("one")
        .expect("an action")
}

fn context(context: &str) -> (Json, Vec<String>) {
    let action = action(&format!(r#"{WHO},"context":{context}"#));
    let cedar = action.request.expect("a request").cedar;
    let unknown = cedar.unknown.iter().map(ToString::to_string).collect();
    (Json::Object(cedar.context), unknown)
}

/// The example of the documentation: https://docs.aws.amazon.com/verifiedpermissions/latest/userguide/cloudtrail.html
#[test]
fn a_request_is_taken_as_it_is() {
    let action = action(WHO);
    assert_eq!(
        (action.id.as_str(), action.agent.as_deref()),
        ("e1", Some("alice"))
    );
    assert_eq!(action.time.as_deref(), Some("2023-11-20T22:55:03Z"));
    assert_eq!(action.meta["policy_store"].as_str(), Some("PS1"));
    assert_eq!(
        action.recorded.map(|recorded| recorded.decision),
        Some(Decision::Allow)
    );
    assert_eq!(action.call, None);
    let cedar = action.request.expect("a request").cedar;
    assert_eq!(cedar.principal, EntityRef::new("PhotoFlash::User", "alice"));
    assert_eq!(
        cedar.action,
        EntityRef::new("PhotoFlash::Action", "ViewPhoto")
    );
    assert_eq!(
        cedar.resource,
        EntityRef::new("PhotoFlash::Photo", "94.jpg")
    );
    // CloudTrail leaves sensitive parameters out: nobody knows whether there was a context.
    assert_eq!(cedar.unknown, BTreeSet::from([FieldPath(Vec::new())]));
}

/// The example of https://docs.aws.amazon.com/verifiedpermissions/latest/userguide/context.html, and the other types.
#[test]
fn typed_values_are_cedars() {
    let (found, unknown) = context(
        r#"{"contextMap":{"AccountCodes":{"set":[{"long":111122223333},{"long":444455556666}]},
        "approvedBy":{"entityIdentifier":{"entityId":"Bob","entityType":"DigitalPetStore::User"}},
        "MfaAuthorized":{"boolean":true},"NetworkInfo":{"record":{"Country":{"string":"US"},"SSL":{"boolean":false}}},
        "d":{"decimal":"1.1"},"i":{"ipaddr":"192.0.2.1"},"j":{"ip":"::1"},"t":{"datetime":"2024-10-15T11:35:00Z"},
        "l":{"duration":"1h30m"},"none":{"set":[]},"empty":{"record":{}}}}"#,
    );
    let expected = json(
        r#"{"AccountCodes":[111122223333,444455556666],"approvedBy":{"__entity":{"type":"DigitalPetStore::User","id":"Bob"}},
        "MfaAuthorized":true,"NetworkInfo":{"Country":"US","SSL":false},"d":{"__extn":{"fn":"decimal","arg":"1.1"}},
        "i":{"__extn":{"fn":"ip","arg":"192.0.2.1"}},"j":{"__extn":{"fn":"ip","arg":"::1"}},
        "t":{"__extn":{"fn":"datetime","arg":"2024-10-15T11:35:00Z"}},"l":{"__extn":{"fn":"duration","arg":"1h30m"}},
        "none":[],"empty":{}}"#,
    );
    assert_eq!((found, unknown), (expected, Vec::<String>::new()));
}

#[test]
fn what_cannot_be_read_is_unknown_and_nothing_else_is() {
    let (found, unknown) = context(
        r#"{"contextMap":{"ok":{"long":1},"a":{"long":"***"},"b":{"string":"HIDDEN_DUE_TO_SECURITY_REASONS"},"c":"***",
        "d":{"long":1,"string":"x"},"e":{},"f":{"set":[{"long":1},{"string":"***"}]},"g":{"long":1.5},"h":{"new":1},
        "r":{"record":{"x":{"boolean":true},"y":{"string":"***"}}},"__extn":{"string":"x"},"t":{"long":1},"t":{"long":2},
        "s":{"set":[{"record":{"z":{"decimal":"***"}}}]}}}"#,
    );
    assert_eq!(found, json(r#"{"ok":1,"r":{"x":true}}"#));
    let expected = [
        "__extn", "a", "b", "c", "d", "e", "f", "g", "h", "r.y", "s", "t",
    ];
    assert_eq!(unknown, expected.map(|path| format!("context.{path}")));
    for redacted in [
        "\"HIDDEN_DUE_TO_SECURITY_REASONS\"",
        "null",
        "{}",
        r#"{"contextMap":"***"}"#,
        r#"{"cedarJson":"{"}"#,
    ] {
        assert_eq!(
            context(redacted),
            (json("{}"), vec!["context".to_owned()]),
            "{redacted}"
        );
    }
    assert_eq!(context(r#"{"contextMap":{}}"#), (json("{}"), Vec::new()));
}

#[test]
fn cedars_own_json_is_taken_as_it_is() {
    let (found, unknown) =
        context(r#"{"cedarJson":"{\"a\":{\"__entity\":{\"type\":\"U\",\"id\":\"x\"}},\"n\":1}"}"#);
    assert_eq!(
        found,
        json(r#"{"a":{"__entity":{"type":"U","id":"x"}},"n":1}"#)
    );
    assert!(unknown.is_empty());
    assert_eq!(
        context(r#"{"cedarJson":"{\"n\":{\"a\":1,\"a\":2}}"}"#).1,
        ["context"]
    );
}

#[test]
fn entities_come_along_where_all_of_them_is_known() {
    let with = |entities: &str| {
        let action = action(&format!(
            r#"{WHO},"context":{{"contextMap":{{}}}},"entities":{entities}"#
        ));
        let redacted = action.meta.get("entities").cloned();
        (action.request.expect("a request").entities, redacted)
    };
    let listed = r#"{"entityList":[{"identifier":{"entityType":"U","entityId":"a"},"attributes":{"n":{"long":1}},
        "parents":[{"entityType":"G","entityId":"g"}],"tags":{"t":{"string":"x"}}},{"identifier":{"entityType":"U","entityId":"b"}}]}"#;
    let expected = [
        json(
            r#"{"uid":{"type":"U","id":"a"},"attrs":{"n":1},"parents":[{"type":"G","id":"g"}],"tags":{"t":"x"}}"#,
        ),
        json(r#"{"uid":{"type":"U","id":"b"},"attrs":{},"parents":[],"tags":{}}"#),
    ];
    assert_eq!(with(listed), (expected.to_vec(), None));
    let own =
        r#"{"cedarJson":"[{\"uid\":{\"type\":\"U\",\"id\":\"a\"},\"attrs\":{},\"parents\":[]}]"}"#;
    let expected = json(r#"{"uid":{"type":"U","id":"a"},"attrs":{},"parents":[]}"#);
    assert_eq!(with(own), (vec![expected], None));
    let redacted = Some(json(r#"{"$unknown":"redacted"}"#));
    let hidden = listed.replace(r#""long":1"#, r#""long":"***""#);
    for entities in [
        hidden.as_str(),
        "\"***\"",
        r#"{"cedarJson":"***"}"#,
        r#"{"entityList":{}}"#,
        "{}",
    ] {
        assert_eq!(with(entities), (Vec::new(), redacted.clone()), "{entities}");
    }
}

/// The example of the documentation: results repeat what was asked.
#[test]
fn a_batch_has_an_action_for_each_request() {
    let second = WHO.replace("ViewPhoto", "DeletePhoto");
    let requests = format!(r#""requests":[{{{WHO}}},{{{second}}},7,{{{WHO}}}]"#);
    let answer = format!(
        r#"{{"results":[{{"request":{{{WHO}}},"decision":"ALLOW"}},{{"request":{{{second}}},"decision":"DENY"}},{{}},
        {{"request":{{{second}}},"decision":"DENY"}}]}}"#
    );
    let parsed = read(&one("BatchIsAuthorized", &requests, &answer));
    let brief: Vec<_> = parsed
        .actions
        .iter()
        .map(|action| match action {
            Ok(action) => {
                let decision = action.recorded.as_ref().map(|recorded| recorded.decision);
                let asked = action
                    .request
                    .as_ref()
                    .map(|request| request.cedar.action.id.clone());
                format!("{} {asked:?} {decision:?}", action.id)
            }
            Err(fault) => fault.to_string(),
        })
        .collect();
    assert_eq!(
        brief,
        [
            "e1#0 Some(\"ViewPhoto\") Some(Allow)",
            "e1#1 Some(\"DeletePhoto\") Some(Deny)",
            "line 1: `requests[2]`: this is an integer, not an object",
            "e1#3 Some(\"ViewPhoto\") None",
        ]
    );
}

#[test]
fn a_principal_that_stands_in_a_token_is_not_known() {
    let (principal, rest) = WHO.split_once(",\n").expect("two parts");
    let with_token = |rest: &str, answer: &str| {
        let parameters = format!(r#""identityToken":"***",{rest}"#);
        let parsed = read(&one("IsAuthorizedWithToken", &parameters, answer));
        parsed
            .actions
            .into_iter()
            .next()
            .expect("one")
            .expect("an action")
    };
    let action = with_token(rest, r#"{"decision":"DENY"}"#);
    assert_eq!(action.request, None);
    assert_eq!(
        action.recorded.map(|recorded| recorded.decision),
        Some(Decision::Deny)
    );
    assert_eq!(
        action.meta["action"].as_str(),
        Some("PhotoFlash::Action::\"ViewPhoto\"")
    );
    assert_eq!(
        action.meta["resource"].as_str(),
        Some("PhotoFlash::Photo::\"94.jpg\"")
    );
    let named = with_token(rest, &format!(r#"{{"decision":"DENY",{principal}}}"#));
    assert_eq!(named.agent.as_deref(), Some("alice"));
    let hidden = action_without(&WHO.replace("94.jpg", "***"));
    assert_eq!(hidden.meta.get("resource"), None);
    assert!(hidden.meta.contains_key("principal"));
}

fn action_without(parameters: &str) -> RecordedAction {
    let action = action(parameters);
    assert_eq!(action.request, None);
    action
}

#[test]
fn files_of_records_hold_other_events_too() {
    let good = one("IsAuthorized", WHO, r#"{"decision":"ALLOW"}"#);
    let other = one("GetSchema", WHO, "null");
    let failed = good.replace(
        r#""responseElements":null"#,
        r#""errorCode":"ValidationException""#,
    );
    let s3 = r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;
    let text = format!(r#"{{"Records":[{good},{other},{failed},{s3},7,{{}}]}}"#);
    let parsed = read(&text);
    assert_eq!(
        parsed.dropped,
        BTreeMap::from([("other_event", 2), ("failed_call", 1)])
    );
    let faults: Vec<_> = parsed.actions.iter().skip(1).collect();
    assert!(parsed.actions[0].is_ok() && faults.len() == 2);
    let fault = |at: usize| faults[at].as_ref().expect_err("a fault").to_string();
    assert_eq!(fault(0), "line 1: this is an integer, not an object");
    assert_eq!(fault(1), "line 1: `eventSource` is missing");
    assert_eq!(read(&format!("[{good}]")).actions.len(), 1);
    let unnamed = read(&format!("[{}]", good.replace(r#""eventID":"e1","#, "")));
    assert_eq!(
        unnamed.actions[0].as_ref().map(|action| action.id.as_str()),
        Ok("trail:1/0")
    );
}

#[test]
fn a_file_is_a_document_however_it_is_laid_out() {
    let event = r#"{"eventSource":"s3","eventName":"Get"}"#;
    for (text, expected) in [
        (
            format!("{{\"Records\":[\n{event},\n{event}\n]}}"),
            Layout::Document,
        ),
        (
            format!("{{\"Records\":[{event},\n{event}]}}"),
            Layout::Document,
        ),
        (
            format!("{{\"Records\":[{event}]}}\n{{\"Records\":[]}}"),
            Layout::Lines,
        ),
        (format!("{event}\n{event}"), Layout::Lines),
        (format!("[{event},\n{event}]"), Layout::Document),
        (event.replace(',', ",\n"), Layout::Document),
    ] {
        assert_eq!(layout(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn what_is_broken_is_named() {
    let name = |text: String| {
        read(&text)
            .actions
            .remove(0)
            .expect_err("a fault")
            .to_string()
    };
    assert_eq!(
        name(one("IsAuthorized", r#""principal":7"#, "{}")),
        "line 1: `principal` has no `entityType` and `entityId`"
    );
    assert_eq!(
        name(one("IsAuthorized", r#""action":{"actionType":"A"}"#, "{}")),
        "line 1: `action` has no `actionType` and `actionId`"
    );
    assert_eq!(
        name(one("IsAuthorized", WHO, "[]")),
        "line 1: `additionalEventData` is an array, not an object"
    );
    assert_eq!(
        name(one("BatchIsAuthorized", r#""requests":7"#, "{}")),
        "line 1: `requests` is an integer, not an array"
    );
    assert_eq!(
        name(r#"{"Records":7}"#.to_owned()),
        "line 1: `Records` is an integer, not an array"
    );
    let bare = r#"{"eventSource":"verifiedpermissions.amazonaws.com","eventName":"IsAuthorized"}"#;
    assert_eq!(
        name(bare.to_owned()),
        "line 1: `requestParameters` is missing"
    );
}
