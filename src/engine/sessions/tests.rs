//! Which calls of a session are given to an action, and how surely.

use super::*;
use crate::model::{Json, SourceFile, ToolCall};
use crate::repository::MappingFile;
use crate::yaml;

fn changing() -> Changing {
    let text =
        "tools: { write: { changes: [ { entity: 'D::\"{args.id}\"', attrs: { a: '{result}' } } ] },
                         close: { changes: [ { entity: 'D::\"{args.id}\"', attrs: { a: ~ } } ] } }";
    let file = SourceFile::new("mapping.yaml", text);
    let spec: MappingFile = yaml::parse(&file).expect("a mapping");
    let (mapping, faults) = Mapping::compile(&spec, &file, None);
    assert_eq!(faults, []);
    Changing::of([&mapping]).expect("it changes something")
}

fn action(id: &str, session: Option<&str>, sequence: Option<u64>, tool: &str) -> RecordedAction {
    let mut action = RecordedAction::new(id);
    action.session = session.map(str::to_owned);
    action.sequence = sequence;
    action.call = Some(ToolCall {
        tool: tool.to_owned(),
        args: None,
        result: None,
    });
    action
}

/// What each of these has before it, of one recording in this order; `?` where that is not sure.
fn earlier(actions: &[RecordedAction]) -> Vec<String> {
    let at: Vec<Standing> = (0..actions.len()).map(|line| (0, line as u64, 0)).collect();
    let all: Vec<_> = at.into_iter().zip(actions).collect();
    given(&all, &[])
}

fn read(all: &[(Standing, &RecordedAction)], lost: &[Standing]) -> Reading {
    let several = all.iter().any(|(at, _)| at.0 > 0);
    let mut reading = changing().begin(several);
    // The order in which threads read does not matter.
    for (at, action) in all.iter().rev() {
        reading.see(*at, action);
    }
    for at in lost {
        let place = Place {
            recording: format!("r{}", at.0).into(),
            line: at.1,
        };
        reading.lose(*at, &place);
    }
    reading
}

fn given(all: &[(Standing, &RecordedAction)], lost: &[Standing]) -> Vec<String> {
    let sessions = read(all, lost).finish().expect("little enough");
    let show =
        |call: &EarlierCall| format!("{}{}", call.call.id, if call.surely { "" } else { "?" });
    all.iter()
        .map(|(at, action)| {
            let mut action = RecordedAction::clone(action);
            sessions.give(*at, &mut action);
            let ids: Vec<String> = action.earlier.iter().map(show).collect();
            ids.join(" ")
        })
        .collect()
}

fn timed(id: &str, tool: &str, sequence: Option<u64>, time: &str) -> RecordedAction {
    let mut action = action(id, Some("s"), sequence, tool);
    action.time = Some(format!("2026-01-{time}T00:00:00Z"));
    action
}

#[test]
fn a_call_has_the_earlier_calls_of_its_session_that_change_something() {
    let found = earlier(&[
        action("1", Some("s"), Some(0), "write"),
        action("2", Some("s"), Some(1), "read"),
        action("3", Some("t"), Some(1), "read"),
        action("4", Some("s"), Some(2), "write"),
        action("5", Some("s"), None, "read"),
        action("6", None, None, "write"),
        action("7", None, None, "read"),
    ]);
    assert_eq!(found, ["", "1", "", "1", "1? 4?", "", ""]);
}

#[test]
fn places_and_times_tell_the_order_where_they_agree() {
    // Lines in any order, and times that say what places say.
    let found = earlier(&[
        timed("3", "read", Some(3), "03"),
        timed("1", "write", Some(1), "01"),
        timed("2", "write", Some(2), "02"),
    ]);
    assert_eq!(found, ["1 2", "", "1"]);
    // Without times nobody knows whether the places or the lines are right.
    let found = earlier(&[
        action("2", Some("s"), Some(2), "read"),
        action("1", Some("s"), Some(1), "write"),
    ]);
    assert_eq!(found, ["1?", ""]);
    // Places and times contradict one another.
    let found = earlier(&[
        timed("1", "write", Some(1), "02"),
        timed("2", "read", Some(2), "01"),
    ]);
    assert_eq!(found, ["", "1?"]);
    // Of one place, either may have been first.
    let found = earlier(&[
        timed("1", "write", Some(1), "01"),
        timed("2", "write", Some(1), "02"),
    ]);
    assert_eq!(found, ["2?", "1?"]);
    // Times alone, and lines that say something else.
    let found = earlier(&[
        timed("2", "read", None, "02"),
        timed("1", "write", None, "01"),
        timed("3", "read", None, "02"),
    ]);
    assert_eq!(found, ["1?", "", "1"]);
}

#[test]
fn a_session_goes_on_in_another_recording() {
    let write = timed("1", "write", Some(9), "01");
    let read = timed("2", "read", Some(1), "02");
    // Places begin anew there; times tell.
    let later = [((1, 0, 0), &read), ((0, 5, 0), &write)];
    assert_eq!(given(&later, &[]), ["1", ""]);
    let named_first = [((0, 0, 0), &read), ((1, 5, 0), &write)];
    assert_eq!(given(&named_first, &[]), ["1", ""]);
    // Without times the places say one thing, and the order in which the recordings were named another one.
    let (write, read) = (
        action("1", Some("s"), Some(9), "write"),
        action("2", Some("s"), Some(1), "read"),
    );
    assert_eq!(
        given(&[((1, 0, 0), &read), ((0, 5, 0), &write)], &[]),
        ["1?", ""]
    );
    // Neither has a place.
    let (write, read) = (
        action("1", Some("s"), None, "write"),
        action("2", Some("s"), None, "read"),
    );
    assert_eq!(
        given(&[((1, 0, 0), &read), ((0, 5, 0), &write)], &[]),
        ["1", ""]
    );
    assert_eq!(
        given(&[((0, 0, 0), &read), ((1, 5, 0), &write)], &[]),
        ["", ""]
    );
}

#[test]
fn what_two_recordings_say_of_one_call_may_be_one_or_two() {
    let told = timed("1", "write", None, "01");
    let told_again = timed("1", "write", None, "05");
    let between = timed("2", "write", None, "02");
    let later = timed("3", "read", None, "09");
    let all = [
        ((0, 0, 0), &told),
        ((0, 1, 0), &between),
        ((0, 2, 0), &later),
        ((1, 0, 0), &told_again),
    ];
    assert_eq!(given(&all, &[]), ["", "1?", "1? 2 1?", "1? 2"]);
    // Another tool is another call.
    let other = timed("1", "close", None, "05");
    let all = [((0, 0, 0), &told), ((0, 2, 0), &later), ((1, 0, 0), &other)];
    assert_eq!(given(&all, &[]), ["", "1 1", "1"]);
    // One of them says that it failed.
    let mut failed = told_again.clone();
    failed.meta.insert("is_error".to_owned(), Json::Bool(true));
    let all = [
        ((0, 0, 0), &told),
        ((0, 2, 0), &later),
        ((1, 0, 0), &failed),
    ];
    assert_eq!(given(&all, &[]), ["", "1?", "1?"]);
}

#[test]
fn the_order_of_recordings_says_nothing_of_times() {
    let at = |sequence: Option<u64>, time: Option<i128>, at: Standing| Moment {
        sequence,
        time,
        at,
        lines: Lines::Count,
        lost: false,
    };
    let (first, second) = ((0, 0, 0), (1, 0, 0));
    // One has a time; both have the same.
    for (one, other) in [(None, Some(1)), (Some(1), None), (Some(1), Some(1))] {
        let (one, other) = (at(Some(1), one, first), at(Some(2), other, second));
        assert_eq!(one.order(&other), None);
        assert_eq!(other.order(&one), None);
    }
    let (one, other) = (at(Some(1), None, first), at(Some(2), None, second));
    assert_eq!(one.order(&other), Some(Ordering::Less));
}

#[test]
fn without_place_and_time_among_others_that_have_them_a_call_may_have_been_anywhere() {
    let found = earlier(&[
        timed("1", "read", None, "05"),
        action("2", Some("s"), None, "write"),
        timed("3", "read", None, "03"),
    ]);
    assert_eq!(found, ["2?", "", "2?"]);
}

#[test]
fn what_is_lost_is_the_same_for_every_action() {
    let (jumbled, sound) = (
        timed("1", "write", None, "05"),
        timed("2", "write", None, "01"),
    );
    let mut elsewhere = timed("3", "read", None, "09");
    elsewhere.session = Some("t".to_owned());
    let all = [
        ((0, 0, 0), &jumbled),
        ((0, 2, 0), &sound),
        ((0, 5, 0), &elsewhere),
    ];
    let sessions = read(&all, &[(0, 3, 0)]).finish().expect("little enough");
    let lost = |at: Standing, action: &RecordedAction| {
        let mut action = action.clone();
        sessions.give(at, &mut action);
        let lost = action.earlier.iter().find(|call| call.moment.lost).cloned();
        lost.expect("one").moment
    };
    assert_eq!(lost((0, 0, 0), &jumbled), lost((0, 5, 0), &elsewhere));
}

#[test]
fn lines_that_are_out_of_order_decide_nothing() {
    // By places and times the third comes first, so nobody knows where the second belongs.
    let (b, c, a) = (
        timed("b", "write", Some(2), "02"),
        action("c", Some("s"), None, "read"),
        timed("a", "write", Some(1), "01"),
    );
    assert_eq!(earlier(&[b, c, a]), ["a", "b? a?", ""]);
    // What is lost may have been anywhere.
    let (late, early) = (
        timed("late", "read", Some(5), "05"),
        timed("early", "write", Some(1), "01"),
    );
    let all = [((0, 1, 0), &late), ((0, 2, 0), &early)];
    let found = given(&all, &[(0, 3, 0)]);
    assert_eq!(found[0], "r0:3, which cannot be read,? early");
}

#[test]
fn a_session_that_cannot_be_put_into_one_recording_is_named() {
    let (write, read_only, elsewhere) = (
        timed("1", "write", None, "01"),
        timed("2", "read", None, "02"),
        action("3", Some("t"), None, "read"),
    );
    let mixed = |all: &[(Standing, &RecordedAction)], lost: &[Standing]| {
        let sessions = read(all, lost).finish().expect("little enough");
        sessions.mixed()
    };
    let two = [((0, 0, 0), &write), ((1, 0, 0), &read_only)];
    assert_eq!(mixed(&two, &[]), Some("the session `s`".to_owned()));
    assert_eq!(
        mixed(&[((0, 0, 0), &write), ((0, 1, 0), &read_only)], &[]),
        None
    );
    let harmless = [((0, 0, 0), &elsewhere), ((1, 0, 0), &elsewhere)];
    assert_eq!(mixed(&harmless, &[]), None);
    assert_eq!(mixed(&harmless, &[(1, 7, 0)]), Some("a session".to_owned()));
}

#[test]
fn results_that_nobody_reads_are_not_kept() {
    let mut silent = action("1", Some("s"), None, "close");
    let mut spoken = action("2", Some("s"), None, "write");
    for action in [&mut silent, &mut spoken] {
        if let Some(call) = &mut action.call {
            call.result = Some(Json::Null);
        }
    }
    let mut last = action("3", Some("s"), None, "read");
    let all = [((0, 0, 0), &silent), ((0, 1, 0), &spoken)];
    let sessions = read(&all, &[]).finish().expect("little enough");
    sessions.give((0, 2, 0), &mut last);
    let kept = |call: &EarlierCall| {
        call.call
            .call
            .as_ref()
            .is_some_and(|call| call.result.is_some())
    };
    let kept: Vec<bool> = last.earlier.iter().map(kept).collect();
    assert_eq!(kept, [false, true]);
}

#[test]
fn what_cannot_be_read_may_have_changed_something() {
    let read = action("1", Some("s"), None, "read");
    let found = given(
        &[((0, 5, 0), &read), ((0, 9, 0), &read)],
        &[(0, 7, 0), (0, 8, 0)],
    );
    assert_eq!(found, ["", "r0:8, which cannot be read,?"]);
    // In another recording of the session, which has no times.
    let all = [((0, 5, 0), &read), ((1, 1, 0), &read), ((2, 1, 0), &read)];
    let lost = "r0:7, which cannot be read,?";
    assert_eq!(given(&all, &[(0, 7, 0)]), ["", lost, lost]);
    let timed = timed("2", "read", None, "01");
    let all = [((0, 5, 0), &timed), ((1, 1, 0), &timed)];
    assert_eq!(
        given(&all, &[(1, 7, 0)]),
        ["r1:7, which cannot be read,?", ""]
    );
    // The session is not in that one.
    assert_eq!(given(&[((1, 1, 0), &read)], &[(0, 7, 0)]), [""]);
}

#[test]
fn a_failed_call_changes_nothing() {
    let mut failed = action("1", Some("s"), None, "write");
    failed.meta.insert("is_error".to_owned(), Json::Bool(true));
    let read = action("2", Some("s"), None, "read");
    assert_eq!(earlier(&[failed, read]), ["", ""]);
}

#[test]
fn memory_is_bounded() {
    let mut reading = changing().begin(false);
    reading.limit = 500;
    for number in 0..10 {
        let write = action("w", Some("s"), Some(number), "write");
        reading.see((0, number, 0), &write);
    }
    let fault = reading.finish().expect_err("too much");
    assert!(fault.contains("takes more than"), "{fault}");
}

#[test]
fn results_are_kept_where_they_are_read() {
    let changing = changing();
    assert!(changing.reads_result(&action("1", None, None, "write")));
    assert!(!changing.reads_result(&action("1", None, None, "read")));
}
