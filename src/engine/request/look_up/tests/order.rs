//! Which of several changes came last; and entities of requests that no call leads to.

use super::*;
use crate::model::{RecordedRequest, WrittenRequest};

/// The order 1 behind these calls, which have the places in the session that they are given with.
fn order(earlier: &[(u64, RecordedAction)]) -> String {
    let calls: Vec<RecordedAction> = earlier
        .iter()
        .map(|(place, call)| RecordedAction {
            sequence: Some(*place),
            ..call.clone()
        })
        .collect();
    let mut action = call("use", r#"{"id": "1"}"#, None);
    action.sequence = Some(9);
    match entities(&after(action, &calls)) {
        Ok(found) => {
            let mut orders = found.into_iter();
            orders.find(|one| one.starts_with("Order")).unwrap()
        }
        Err(reason) => reason.to_string(),
    }
}

fn close(to: &str) -> RecordedAction {
    call(
        "close",
        &format!(r#"{{"id": "1", "to": "{to}"}}"#),
        Some(false),
    )
}

fn moved(item: &str, failed: Option<bool>) -> RecordedAction {
    call(
        "move",
        &format!(r#"{{"id": "1", "item": "{item}"}}"#),
        failed,
    )
}

#[test]
fn of_two_changes_of_one_place_nobody_knows_which_came_last() {
    let found = order(&[(1, close("ann")), (1, close("di"))]);
    assert!(found.contains("owner=?"), "{found}");
    // Both say so.
    assert!(
        found.contains("status=\"closed\"") && !found.contains("note="),
        "{found}"
    );
    let found = order(&[(1, close("ann")), (1, close("di")), (2, close("cy"))]);
    assert!(found.contains("owner=User::\"cy\""), "{found}");
    let found = order(&[(1, close("ann")), (2, close("di"))]);
    assert!(found.contains("owner=User::\"di\""), "{found}");
    // The first of two in the session stands behind the other, at the same time.
    let found = order(&[(2, close("ann")), (1, close("di"))]);
    assert!(found.contains("owner=?"), "{found}");
    let found = order(&[
        (1, moved("pen", Some(false))),
        (1, moved("cup", Some(false))),
    ]);
    assert_eq!(found, "unknown_entity");
    let found = order(&[
        (1, moved("pen", Some(false))),
        (2, moved("cup", Some(false))),
    ]);
    assert!(
        found.ends_with("in Item::\"cup\"") && !found.contains("Item::\"pen\""),
        "{found}"
    );
}

#[test]
fn a_change_that_may_have_failed_leaves_known_what_both_ways_lead_to() {
    let unsure = |to: &str| RecordedAction {
        meta: BTreeMap::new(),
        ..close(to)
    };
    let found = order(&[(1, close("ann")), (2, unsure("di"))]);
    assert!(
        found.contains("owner=?") && found.contains("status=\"closed\""),
        "{found}"
    );
    // What surely came later counts alone.
    let found = order(&[(1, unsure("ann")), (2, close("di"))]);
    assert!(found.contains("owner=User::\"di\""), "{found}");
    let found = order(&[(1, moved("pen", None)), (2, moved("cup", Some(false)))]);
    assert!(found.ends_with("in Item::\"cup\""), "{found}");
    let found = order(&[(1, moved("cup", Some(false))), (2, moved("cup", None))]);
    assert!(found.ends_with("in Item::\"cup\""), "{found}");
}

/// What an enforcement point recorded: a request without a call.
fn recorded(order: &str, entities: &str) -> RecordedAction {
    let mut action = call("use", "{}", None);
    action.call = None;
    let cedar: WrittenRequest = serde_json::from_str(&format!(
        r#"{{ "principal": {{"type": "Agent", "id": "a"}}, "action": {{"type": "Action", "id": "use"}},
              "resource": {{"type": "Shop", "id": "s"}},
              "context": {{ "order": {{"type": "Order", "id": "{order}"}}, "session": {{"type": "Session", "id": "s"}} }} }}"#
    ))
    .unwrap();
    action.request = Some(RecordedRequest {
        cedar,
        entities: serde_json::from_str(entities).unwrap(),
        looked_up: Vec::new(),
        mapping: None,
        schema: None,
    });
    action
}

#[test]
fn requests_without_calls_are_looked_up_for() {
    assert_eq!(decided(&recorded("1", "[]")), "decided");
    assert_eq!(decided(&recorded("2", "[]")), "undecidable Order.status");
    let closed = after(recorded("1", "[]"), &[close("ann")]);
    assert_eq!(decided(&closed), "decided closed");
    // What came with the request goes before.
    let own = r#"[{ "uid": {"type": "Order", "id": "2"}, "parents": [], "attrs": {
        "owner": {"type": "User", "id": "ann"}, "status": "closed", "count": 1, "total": "1.0",
        "placed": "2026-01-01T00:00:00Z" } }]"#;
    assert_eq!(decided(&recorded("2", own)), "decided closed");
}

#[test]
fn what_policies_name_is_looked_up() {
    let version = version_with(
        r#"@id("all") permit(principal, action, resource);
           @id("named") forbid(principal, action, resource) when { Order::"1".status == "closed" };
           @id("deep") forbid(principal, action, resource) when { Order::"1".owner has level && Order::"1".owner.level == "high" };
           @id("in") forbid(principal, action, resource) when { Order::"9" in Item::"cup" };"#,
    );
    let action = call("use", "{}", None);
    assert_eq!(decided_by(&version, &action), "decided");
    let closed = after(action.clone(), &[close("ann")]);
    assert_eq!(decided_by(&version, &closed), "decided named");
    let mut later = action.clone();
    later.time = Some("2026-03-01T00:00:00Z".to_owned());
    assert_eq!(decided_by(&version, &later), "decided deep");
    let moved = call("move", r#"{"id": "9", "item": "cup"}"#, Some(false));
    assert_eq!(decided_by(&version, &after(action, &[moved])), "decided in");
    let closed = after(recorded("3", "[]"), &[close("ann")]);
    assert_eq!(decided_by(&version, &closed), "unknown_entity");
}
