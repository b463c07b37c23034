//! The outline of a JSON value of which perhaps only the beginning is there: its kind and its keys, nothing else.

use std::collections::BTreeSet;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// An object.
    Object,
    /// An array.
    Array,
}

/// The outline of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outline {
    /// What the value is.
    pub(super) root: Root,
    /// The keys of the object, or of the first element of the array where that is an object.
    pub(super) keys: BTreeSet<String>,
    /// The keys one level further down, behind the key above them.
    pub(super) inner: BTreeSet<(String, String)>,
    /// Offset just behind the value, where its end is there.
    pub(super) end: Option<usize>,
    /// Offset of the first line feed inside the value.
    pub(super) line_feed: Option<usize>,
}

impl Outline {
    /// The outline of the value that begins here, where it is an object or an array.
    pub(super) fn of(bytes: &[u8]) -> Option<Outline> {
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let root = match bytes.get(start)? {
            b'{' => Root::Object,
            b'[' => Root::Array,
            _ => return None,
        };
        let mut scan = Scan {
            bytes,
            at: start,
            open: Vec::new(),
            key_next: false,
            first_element: true,
            outer: String::new(),
            outline: Outline {
                root,
                keys: BTreeSet::new(),
                inner: BTreeSet::new(),
                end: None,
                line_feed: None,
            },
        };
        scan.run();
        Some(scan.outline)
    }

    /// Whether the object has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether the member `outer` has this key.
    pub(super) fn has_inner(&self, outer: &str, key: &str) -> bool {
        self.inner.contains(&(outer.to_owned(), key.to_owned()))
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The brackets that are open, outermost first.
    open: Vec<u8>,
    /// Whether the next string is a key.
    key_next: bool,
    /// Whether the scan is still in the first element of the root, if that is an array.
    first_element: bool,
    /// The last key of the level at which `keys` are collected.
    outer: String,
    outline: Outline,
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'{' | b'[' => {
                    self.open.push(byte);
                    self.key_next = byte == b'{';
                }
                b'}' | b']' => {
                    self.open.pop();
                    self.key_next = false;
                    if self.open.is_empty() {
                        self.outline.end = Some(self.at + 1);
                        return;
                    }
                }
                b',' => {
                    self.key_next = self.open.last() == Some(&b'{');
                    self.first_element &= self.open.len() > 1;
                }
                b'\n' if self.outline.line_feed.is_none() => self.outline.line_feed = Some(self.at),
                b'"' => {
                    let Some(text) = self.string() else {
                        return;
                    };
                    if std::mem::take(&mut self.key_next) {
                        self.key(text);
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// The raw text of the string that begins here; afterwards `at` is on its closing quote. Nothing where it has no
    /// end, or a line feed, which no JSON string may have.
    fn string(&mut self) -> Option<String> {
        let start = self.at + 1;
        loop {
            self.at += 1;
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 1,
                b'\n' => {
                    self.outline.line_feed.get_or_insert(self.at);
                    return None;
                }
                b'"' => break,
                _ => {}
            }
        }
        let raw = self.bytes.get(start..self.at)?;
        Some(String::from_utf8_lossy(raw).into_owned())
    }

    fn key(&mut self, key: String) {
        let level = match self.outline.root {
            Root::Object => self.open.len(),
            Root::Array if self.first_element => self.open.len().saturating_sub(1),
            Root::Array => return,
        };
        match level {
            1 => {
                self.outline.keys.insert(key.clone());
                self.outer = key;
            }
            2 => {
                self.outline.inner.insert((self.outer.clone(), key));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let outline = Outline::of(text.as_bytes()).expect("an object or an array");
        outline.keys.into_iter().collect()
    }

    #[test]
    fn collects_keys_of_two_levels() {
        let text = br#" {"a":"{\"x\":1}","b":{"c":[{"d":1}],"e":2},"f":["g",{"h":1}]} tail"#;
        let outline = Outline::of(text).expect("an object");
        assert_eq!(outline.root, Root::Object);
        assert!(["a", "b", "f"].iter().all(|key| outline.has(key)));
        assert_eq!(outline.keys.len(), 3);
        assert!(outline.has_inner("b", "c") && outline.has_inner("b", "e"));
        assert!(!outline.has_inner("b", "d") && !outline.has_inner("f", "h"));
        assert_eq!(outline.end, Some(text.len() - 5));
        assert_eq!(outline.line_feed, None);
    }

    #[test]
    fn an_array_has_the_keys_of_its_first_element() {
        assert_eq!(
            keys(r#"[{"a":{"z":1},"b":[1,{"y":2}]},{"c":1}]"#),
            ["a", "b"]
        );
        assert_eq!(keys(r#"[1,{"c":1}]"#), [""; 0]);
        assert_eq!(keys("[]"), [""; 0]);
    }

    #[test]
    fn a_beginning_is_enough() {
        assert_eq!(keys(r#"{"a":1,"b":{"c"#), ["a", "b"]);
        assert_eq!(keys("{\"a\":1,\"b"), ["a"]);
        assert_eq!(keys("{\"a\\"), [""; 0]);
        assert!(Outline::of(b"").is_none() && Outline::of(b"17").is_none());
        let deep = Outline::of("[".repeat(65_536).as_bytes()).expect("an array");
        assert_eq!(deep.end, None);
    }

    #[test]
    fn a_line_feed_ends_a_broken_string() {
        let outline = Outline::of(b"{\"a\":\"cut\n{\"b\":1}").expect("an object");
        assert_eq!(outline.keys.len(), 1);
        assert_eq!((outline.end, outline.line_feed), (None, Some(9)));
    }
}
