//! Texts that mean something to Cedar: the arguments of its extension types, valid and invalid, strings that are easy
//! to get wrong, and how names and strings are written in policies.

use super::random::Random;

pub const STRINGS: [&str; 26] = [
    "",
    "a",
    "ab",
    "abc",
    "A",
    "b",
    "a*b",
    "*",
    "a\\b",
    "\\",
    "line\nbreak",
    "tab\t",
    "say \"x\"",
    "é",
    "e\u{301}",
    "日本",
    "🦀",
    "a🦀b",
    "10.0.0.1",
    "1.5",
    "2024-10-15",
    "\u{2028}",
    "\u{1}",
    "/",
    "{\"a\":1}",
    "a string that is longer than what is kept inline",
];

pub const LONGS: [i64; 20] = [
    -2,
    -1,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    10,
    100,
    1000,
    86_400_000,
    i64::MAX,
    i64::MAX - 1,
    i64::MIN,
    i64::MIN + 1,
    3_037_000_500,
    -4_611_686_018_427_387_904,
];

pub const DECIMALS: [&str; 17] = [
    "1.0",
    "1.00",
    "1.0000",
    "-0.0001",
    "0.0",
    "-0.0",
    "0.1",
    "0.5",
    "1.5",
    "1.50",
    "2.0",
    "99.9999",
    "100.0",
    "00.5",
    "-1.5",
    "922337203685477.5807",
    "-922337203685477.5808",
];

pub const IPS: [&str; 24] = [
    "1.2.3.4",
    "1.2.3.4/8",
    "1.2.3.4/32",
    "10.0.0.1",
    "10.0.0.0/8",
    "10.255.0.0/16",
    "127.0.0.1",
    "127.0.0.0/8",
    "127.0.0.1/7",
    "0.0.0.0/0",
    "255.255.255.255",
    "224.0.0.1",
    "224.0.0.0/3",
    "239.1.1.1/4",
    "::1",
    "::1/128",
    "::1/127",
    "::",
    "::/0",
    "ff02::1",
    "ff00::/8",
    "2001:db8::/32",
    "2001:DB8::1",
    "0:0:0:0:0:0:0:1",
];

pub const DATETIMES: [&str; 18] = [
    "2024-10-15",
    "2024-10-15T00:00:00Z",
    "2024-10-15T11:35:00Z",
    "2024-10-15T11:35:00.000Z",
    "2024-10-15T11:35:00.000+0200",
    "2024-10-15T11:35:00+0200",
    "2024-10-15T09:35:00Z",
    "2024-10-15T11:35:00.123-0930",
    "2024-10-14",
    "2024-10-16T01:00:00Z",
    "1970-01-01",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00.001Z",
    "0000-01-01",
    "9999-12-31T23:59:59.999Z",
    "2024-02-29",
    "1969-07-20T20:17:40Z",
    "2024-10-15T23:59:59.999-2359",
];

pub const DURATIONS: [&str; 17] = [
    "0ms",
    "1ms",
    "-1ms",
    "1s",
    "-3s",
    "5m",
    "300s",
    "1h",
    "60m",
    "1d",
    "24h",
    "-1d",
    "1d2h3m4s5ms",
    "90d",
    "9223372036854775807ms",
    "-9223372036854775808ms",
    "106751991167d",
];

/// Texts that some constructor refuses, or all of them do.
pub const BAD: [&str; 34] = [
    "",
    "x",
    "1",
    "1.",
    ".5",
    "+1.0",
    "1.00000",
    "-",
    "1.0 ",
    " 1.0",
    "1e3",
    "922337203685477.5808",
    "\u{661}.\u{660}",
    "1.2.3",
    "1.2.3.4/33",
    "1.2.3.4/08",
    "01.2.3.4",
    "::ffff:1.2.3.4",
    "1.2.3.4/",
    ":::",
    "::1/129",
    "2024-13-01",
    "2024-02-30",
    "2024-10-15T24:00:00Z",
    "2024-10-15T11:35:00",
    "2024-10-15T11:35Z",
    "2024-10-15T11:35:00+2400",
    "2024-10-15 ",
    "1d1d",
    "1h1d",
    "ms",
    "1",
    "9223372036854775808ms",
    "🦀",
];

/// The extension types with their constructors' valid arguments.
pub const CONSTRUCTORS: [(&str, &[&str]); 4] = [
    ("decimal", &DECIMALS),
    ("ip", &IPS),
    ("datetime", &DATETIMES),
    ("duration", &DURATIONS),
];

const RESERVED: [&str; 9] = [
    "true", "false", "if", "then", "else", "in", "is", "like", "has",
];

/// Whether a name can stand after a dot.
pub fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !RESERVED.contains(&name)
}

/// An attribute's name where a name is defined.
pub fn name(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// An attribute's name behind a value: `.a` or `["a b"]`.
pub fn step(random: &mut Random, name: &str) -> String {
    if is_plain(name) && random.percent(90) {
        format!(".{name}")
    } else {
        format!("[{}]", written(random, name))
    }
}

/// Cedar's written form of a string, every odd letter escaped.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

/// Some written form of a string.
pub fn written(random: &mut Random, text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(letter.escape_default()),
            _ if letter.is_control() => out.extend(letter.escape_default()),
            _ if random.percent(10) => out.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

/// The written form of an entity's uid.
pub fn uid(ty: &str, id: &str) -> String {
    format!("{ty}::{}", quoted(id))
}

/// A pattern for `like` that has something to do with this text.
pub fn pattern(random: &mut Random, text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::from("\"");
    let mut at = 0;
    if random.percent(20) {
        out.push('*');
    }
    while at < letters.len() {
        match random.weighted(&[12, 4, 1, 1]) {
            0 => {
                out.push_str(&match letters[at] {
                    '*' => "\\*".to_owned(),
                    letter @ ('"' | '\\') => letter.escape_default().to_string(),
                    letter if letter.is_control() || random.percent(10) => {
                        format!("\\u{{{:x}}}", u32::from(letter))
                    }
                    letter => letter.to_string(),
                });
                at += 1;
            }
            1 => {
                out.push('*');
                at += random.below(letters.len() - at + 1);
            }
            2 => out.push_str(random.word(&["**", "\\*", "x", "é"])),
            _ => at += 1,
        }
    }
    if random.percent(30) {
        out.push('*');
    }
    out.push('"');
    out
}
