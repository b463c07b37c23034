//! Reports full of texts that would act on whoever shows them, and of extreme numbers.

use super::realistic;
use agentauthz::diff::document::Document;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an attacker may write, in one text.
pub const HOSTILE: &str = concat!(
    "<script>alert(1)</script></script><img src=x onerror=alert(1)>\"'>](javascript:alert(1))![x](http://evil.example/x)",
    "\u{1b}[31mred\u{1b}]8;;http://evil.example\u{7}link\u{9b}2J\u{202e}desrever\u{2066}\u{200f}\u{200b}\u{feff}",
    "\r\n::error file=x::owned\n::add-mask::x\n##[error]owned\n]]>&amp;--><!-- {{7*7}} {% for x in y %} ${{ github.token }}",
    " ``` ```` ` | a | b |\n# heading\n- [x] @everyone @org/team #1 GH-1 org/repo#2 https://evil.example/ www.evil.example",
    "\n</details></table><style>*{display:none}</style>\n~~~\n\0\u{1}\u{fffe}\u{2028}\u{e0041}\\ * _ ~ % %0A %0D , :",
);

/// The same, beginning elsewhere, so that what is shortened shows every part of it somewhere.
fn turned(at: usize) -> String {
    let starts: Vec<usize> = HOSTILE.char_indices().map(|(start, _)| start).collect();
    let (end, start) = HOSTILE.split_at(starts[at * 17 % starts.len()]);
    format!("{start}{end}")
}

/// A report in which every text is [`HOSTILE`], names of maps included; some are a megabyte long.
pub fn hostile() -> Document {
    let mut value = serde_json::to_value(realistic()).unwrap();
    let accepted: Vec<String> = leaves(&value)
        .into_iter()
        .filter(|path| {
            // A text of a closed set is refused.
            let mut trial = value.clone();
            *trial.pointer_mut(path).unwrap() = Value::from("no word of a closed set");
            serde_json::from_value::<Document>(trial).is_ok()
        })
        .collect();
    assert!(accepted.len() > 300, "{}", accepted.len());
    for (at, path) in accepted.iter().enumerate() {
        let text = match at % 29 {
            0 => turned(at).repeat((1 << 20) / HOSTILE.len() + 1),
            _ => turned(at),
        };
        *value.pointer_mut(path).unwrap() = Value::from(text);
    }
    let mut document: Document = serde_json::from_value(value).unwrap();
    let mut maps: Vec<&mut BTreeMap<String, u64>> = vec![
        &mut document.repeated_ids,
        &mut document.trust.undecided_changes,
    ];
    if let Some(traffic) = &mut document.traffic {
        maps.push(&mut traffic.agents);
    }
    for side in [&mut document.trust.base, &mut document.trust.head] {
        maps.extend([
            &mut side.wanting,
            &mut side.reasons,
            &mut side.unmapped_tools,
            &mut side.errors,
        ]);
    }
    for group in &mut document.groups {
        maps.extend([
            &mut group.by_action,
            &mut group.by_agent,
            &mut group.by_system,
        ]);
        for exemplar in &mut group.exemplars {
            if let Some(request) = &mut exemplar.request {
                request
                    .context
                    .insert(HOSTILE.to_owned(), HOSTILE.to_owned());
            }
            for side in [&mut exemplar.base, &mut exemplar.head] {
                side.saw.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
            }
        }
    }
    for map in maps {
        map.clear();
        map.extend((0..30).map(|at| (turned(at) + &at.to_string(), 1 + at as u64)));
    }
    document
}

/// A report whose numbers are as great as they can be, and whose lists do not fit each other.
pub fn extreme() -> Document {
    let mut value = serde_json::to_value(realistic()).unwrap();
    numbers(&mut value);
    let mut document: Document = serde_json::from_value(value).unwrap();
    for group in &mut document.groups {
        for value in &mut group.values {
            if let Some(histogram) = &mut value.histogram {
                histogram.limits = vec![f64::NAN, f64::INFINITY, -0.0];
                histogram.flipped.truncate(1);
            }
        }
        group.cause.units.clear();
    }
    document
}

fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_u64() => *value = Value::from(u64::MAX),
        Value::Array(items) => items.iter_mut().for_each(numbers),
        // Days are signed.
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| *name != "age_days")
            .for_each(|(_, member)| numbers(member)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The JSON pointers of all texts.
fn leaves(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::String(_) => found.push(path),
            Value::Array(items) => open.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| (format!("{path}/{at}"), item)),
            ),
            Value::Object(members) => open.extend(members.iter().map(|(name, item)| {
                (
                    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")),
                    item,
                )
            })),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}
