//! JSON values that stand one behind the other in one item, for formats whose lines belong together.

use super::{Item, Malformed};
use serde::de::DeserializeOwned;

/// Gives the values of an item, one at a time. What is broken costs its line, and what stands behind it up to the next
/// line that begins a value.
pub(super) fn each<T: DeserializeOwned>(item: &Item, mut take: impl FnMut(Result<T, Malformed>)) {
    let mut rest = item.bytes.as_slice();
    let mut line = item.line;
    while !rest.is_empty() {
        let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<T>();
        let mut fault = None;
        for value in &mut stream {
            match value {
                Ok(value) => take(Ok(value)),
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        let Some(fault) = fault else {
            break;
        };
        let read = stream.byte_offset().min(rest.len());
        let here = Item {
            bytes: Vec::new(),
            line,
        };
        take(Err(Malformed::from_json(&here, &fault)));
        let next = next_line(rest, read);
        let (before, behind) = rest.split_at_checked(next).unwrap_or((rest, &[]));
        line = line.saturating_add(memchr::memchr_iter(b'\n', before).count() as u64);
        rest = behind;
    }
}

/// Where the next line begins that may begin a value.
fn next_line(bytes: &[u8], from: usize) -> usize {
    // The broken value begins on this line.
    let begin = bytes.get(from..).unwrap_or_default();
    let blank = begin.iter().take_while(|byte| byte.is_ascii_whitespace());
    let mut at = from + blank.count();
    while let Some(rest) = bytes.get(at..)
        && let Some(feed) = memchr::memchr(b'\n', rest)
    {
        at += feed + 1;
        if matches!(bytes.get(at), Some(b'{' | b'[')) {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Json;

    fn read(text: &str) -> Vec<String> {
        let item = Item {
            bytes: text.as_bytes().to_vec(),
            line: 1,
        };
        let mut found = Vec::new();
        each::<Json>(&item, |value| {
            found.push(match value {
                Ok(value) => serde_json::to_string(&value).expect("JSON"),
                Err(fault) => fault.to_string(),
            });
        });
        found
    }

    #[test]
    fn a_broken_value_costs_its_line() {
        assert_eq!(
            read("{\"a\":1}\n[2]\r\n\n{\"a\":\n3}"),
            [r#"{"a":1}"#, "[2]", r#"{"a":3}"#]
        );
        assert_eq!(
            read("{\"a\":1}\n\n{\"a\":\n{\"a\":3}\n"),
            [
                r#"{"a":1}"#,
                "line 5: the JSON ends too early, at column 0",
                r#"{"a":3}"#
            ]
        );
        assert_eq!(
            read("{\"a\":1}\n{\"a\" 2}\n{\"a\":3}"),
            [
                r#"{"a":1}"#,
                "line 2: expected `:`, at column 6",
                r#"{"a":3}"#
            ]
        );
        assert_eq!(
            read("x\n  {\"a\":1}\n{\"b\":1}\ny"),
            [
                "line 1: expected value, at column 1",
                r#"{"b":1}"#,
                "line 4: expected value, at column 1"
            ]
        );
        assert_eq!(read(""), [""; 0]);
        assert_eq!(read(" \n"), [""; 0]);
    }
}
