//! Tests of putting lines together.

use super::*;

/// A line in a language of its own: `+a` begins a, `-a` ends a, `!` is read for itself, `?` only where it ends nothing,
/// `=` says that keys name a call for good, `~` that they are alike, `0a` forgets what begins with a; `%a` begins a and
/// says no to it, `*` begins something without a key.
fn look(text: &str) -> Ends {
    let mut ends = Ends {
        keep: Keep::Never,
        ..Ends::default()
    };
    for word in text.split_whitespace() {
        let (mark, key) = word.split_at(1);
        match mark {
            "+" => {
                ends.begins.push(key.to_owned());
                ends.keep = Keep::Always;
            }
            "%" => {
                ends.begins.push(key.to_owned());
                ends.says.push((key.to_owned(), "no"));
                ends.keep = Keep::Always;
            }
            "*" => {
                ends.nameless = true;
                ends.keep = Keep::Always;
            }
            "." => ends.begins.push(key.to_owned()),
            "-" => ends
                .ends
                .push((key.to_owned(), Json::String(text.to_owned()))),
            "!" => ends.keep = Keep::Always,
            "?" => ends.keep = Keep::Alone,
            "=" => ends.keys = Keys::Unique,
            "~" => ends.keys = Keys::Alike,
            "0" => ends.forgets = Some(key.to_owned()),
            _ => panic!("{word}"),
        }
    }
    ends
}

fn brief(item: Item) -> String {
    let (line, notes) = split(&item.bytes);
    let line = String::from_utf8(line.to_vec()).expect("UTF-8");
    let mut brief = format!("{} {line}", item.line);
    for (key, note) in notes {
        let note = match &note {
            Json::Object(members) => members.keys().cloned().collect::<Vec<_>>().join(" "),
            note => note.as_str().unwrap_or("?").to_owned(),
        };
        brief.push_str(&format!(" [{key}: {note}]"));
    }
    brief
}

/// What comes out, and behind which line.
fn given(lines: &[&str]) -> Vec<String> {
    let mut window = Window::default();
    let mut given = Vec::new();
    for (line, text) in (1..).zip(lines) {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line,
        };
        window.take(item, look(text));
        while let Some(item) = window.ready() {
            given.push(format!("{line}: {}", brief(item)));
        }
    }
    while let Some(item) = window.rest() {
        given.push(format!("end: {}", brief(item)));
    }
    assert!(window.is_empty() && window.open.is_empty());
    assert_eq!(window.bytes, 0);
    given
}

#[test]
fn a_call_waits_for_its_end() {
    assert_eq!(
        given(&["+a", "-a", "!", "-b", "+c"]),
        ["2: 1 +a [a: -a]", "3: 3 !", "end: 5 +c"]
    );
}

#[test]
fn calls_are_given_in_the_order_of_the_recording() {
    assert_eq!(
        given(&["+a +b", "+c", "!", "-c", "-b", "-a"]),
        ["6: 1 +a +b [a: -a] [b: -b]", "6: 2 +c [c: -c]", "6: 3 !"]
    );
}

#[test]
fn nobody_knows_which_of_two_calls_is_ended() {
    assert_eq!(given(&["+a", "+a", "-a"]), ["end: 1 +a", "end: 2 +a"]);
    // Another request that has the key, though it is no call.
    assert_eq!(given(&[".a", "+a", "-a"]), ["end: 2 +a"]);
    assert_eq!(given(&[".a", "-a", "+a", "-a"]), ["4: 3 +a [a: -a]"]);
    // A new connection.
    assert_eq!(
        given(&["+a1", "+b", "0a .a1", "-a1", "+a1", "-a1", "-b"]),
        ["3: 1 +a1", "7: 2 +b [b: -b]", "7: 5 +a1 [a1: -a1]"]
    );
}

#[test]
fn of_calls_that_are_alike_the_last_is_ended() {
    assert_eq!(
        given(&["~ +a", "~ +a", "~ ? -a", "~ ? -a", "~ ? -a"]),
        [
            "4: 1 ~ +a [a: ~ ? -a]",
            "4: 2 ~ +a [a: ~ ? -a]",
            "5: 5 ~ ? -a"
        ]
    );
}

#[test]
fn what_is_recorded_again_is_left_out() {
    assert_eq!(
        given(&["= +a", "= +a", "= +a +b", "= -a", "= +a", "= -b"]),
        [
            "4: 1 = +a [a: = -a]",
            "6: 3 = +a +b [a: repeated] [b: = -b]"
        ]
    );
    // An end whose beginning is not recorded, and what comes after it.
    assert_eq!(
        given(&["= ? -a", "= ? -a", "= +a", "= +b", "= ? -b", "= ? -b"]),
        ["1: 1 = ? -a", "5: 4 = +b [b: = ? -b]"]
    );
}

#[test]
fn what_is_said_of_a_call_that_is_recorded_again_is_noted() {
    assert_eq!(given(&["= +a", "= %a", "= %a"]), ["end: 1 = +a [a: no]"]);
    // Said once for good, and nothing new is said.
    assert_eq!(given(&["= %a", "= %a", "= +a"]), ["end: 1 = %a"]);
    // The call does not wait any more: what is new of it is not lost.
    assert_eq!(
        given(&["= +a", "= -a", "= +a", "= %a", "= %a"]),
        ["2: 1 = +a [a: = -a]", "end: 4 = %a"]
    );
    let mut window = Window::default();
    let line = |text: &str| Item {
        bytes: text.as_bytes().to_vec(),
        line: 1,
    };
    window.take(line("1"), look("= +a"));
    window.take(line("2"), look("= %a"));
    let note = Json::Object([("done".to_owned(), Json::Bool(true))].into());
    window.end("a", note, Keys::Unique);
    let item = window.ready().expect("it waits no longer");
    assert_eq!(brief(item), "1 1 [a: done no]");
}

#[test]
fn a_call_without_a_key_is_no_call_that_is_recorded_again() {
    assert_eq!(
        given(&["= +a", "= +a *", "= +a", "= -a"]),
        ["4: 1 = +a [a: = -a]", "4: 2 = +a * [a: repeated]"]
    );
}

#[test]
fn only_so_much_waits() {
    let mut lines = vec!["+first".to_owned()];
    lines.extend((0..2 * LINES).map(|at| format!("+{at} -{}", at.wrapping_sub(1))));
    lines.push("-first".to_owned());
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let given = given(&lines);
    assert_eq!(given.len(), 2 * LINES + 1);
    assert_eq!(given[0], format!("{}: 1 +first", LINES + 1));
    assert!(given[1].starts_with(&format!("{}: 2 +0 -", LINES + 1)));

    let mut window = Window::default();
    for line in 1..100 {
        let item = Item {
            bytes: vec![b'x'; 1 << 20],
            line,
        };
        window.take(item, look(&format!("+{line}")));
        while window.ready().is_some() {}
        assert!(window.bytes <= BYTES);
    }
    for name in 0..2 * NAMES {
        window.remember(&name.to_string());
    }
    assert_eq!((window.names.len(), window.order.len()), (NAMES, NAMES));
    let long = "x".repeat(NAME + 1);
    assert!(window.remember(&long) && window.remember(&long));
    assert!(window.remember("0") && !window.remember(&(2 * NAMES - 1).to_string()));
}

#[test]
fn notes_are_what_stands_behind_the_last_separator() {
    for (text, line, count) in [
        (&b"{}"[..], &b"{}"[..], 0),
        (b"{}\x1e", b"{}", 0),
        (b"a\x1eb\x1e{\"k\":1}", b"a\x1eb", 1),
        (b"a\x1e{\"k\":", b"a", 0),
        (b"", b"", 0),
    ] {
        let (found, notes) = split(text);
        assert_eq!((found, notes.len()), (line, count), "{text:?}");
    }
}
