//! The recordings of the example are what `support/traffic.rs` makes. `AGENTAUTHZ_BLESS=1` writes them anew.

#[path = "support/traffic.rs"]
mod traffic;

use agentauthz::model::{RecordedAction, RecordedDecision};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MONTHS: [&str; 2] = ["2026-09", "2026-10"];

#[test]
fn the_recordings_are_the_traffic() {
    let committed = MONTHS.map(read);
    let decisions = committed
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| serde_json::from_str::<RecordedAction>(line).unwrap())
        .filter_map(|action| Some((action.id, action.recorded?)))
        .collect();
    let made = with_decisions(traffic::actions(), decisions);
    let bless = std::env::var_os("AGENTAUTHZ_BLESS").is_some();
    for (month, found) in MONTHS.into_iter().zip(&committed) {
        let want = text(&made, month);
        if bless {
            let packed = zstd::encode_all(want.as_bytes(), 19).unwrap();
            fs::create_dir_all(path(month).parent().unwrap()).unwrap();
            fs::write(path(month), packed).unwrap();
            continue;
        }
        for (made, committed) in want.lines().zip(found.lines()) {
            assert_eq!(made, committed);
        }
        assert_eq!(want.len(), found.len(), "{month}: one is longer");
    }
}

#[test]
fn every_action_has_its_own_id_and_place() {
    let actions = traffic::actions();
    let mut places = BTreeMap::new();
    for (at, action) in actions.iter().enumerate() {
        assert_eq!(action.id, format!("a-{:05}", at + 1));
        assert!(action.call.is_some() && action.time.is_some() && action.request.is_none());
        let next: &mut u64 = places.entry(action.session.clone()).or_default();
        assert_eq!(action.sequence, Some(*next), "{}", action.id);
        *next += 1;
    }
    assert_eq!((actions.len(), places.len()), (4_663, 620));
}

#[test]
fn twelve_recorded_decisions_deviate() {
    let mut deviating = 0;
    for line in MONTHS.map(read).iter().flat_map(|text| text.lines()) {
        let action: RecordedAction = serde_json::from_str(line).unwrap();
        if let Some((decision, determining)) = traffic::deviation(&action) {
            let recorded = action.recorded.unwrap();
            assert_eq!(recorded.decision, decision);
            assert_eq!(recorded.determining.unwrap(), determining);
            deviating += 1;
        }
    }
    assert_eq!(deviating, 12);
}

/// What the enforcement point decided at the time, by the action's id.
fn with_decisions(
    actions: Vec<RecordedAction>,
    mut decisions: BTreeMap<String, RecordedDecision>,
) -> Vec<RecordedAction> {
    actions
        .into_iter()
        .map(|action| RecordedAction {
            recorded: decisions.remove(&action.id),
            ..action
        })
        .collect()
}

fn path(month: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/recordings")
        .join(format!("{month}.jsonl.zst"))
}

/// The text of a recording; nothing where it has not been written yet.
fn read(month: &str) -> String {
    fs::read(path(month)).map_or_else(
        |_| String::new(),
        |packed| String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap(),
    )
}

fn text(actions: &[RecordedAction], month: &str) -> String {
    actions
        .iter()
        .filter(|action| {
            action
                .time
                .as_ref()
                .is_some_and(|time| time.starts_with(month))
        })
        .map(|action| serde_json::to_string(action).unwrap() + "\n")
        .collect()
}
