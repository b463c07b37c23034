//! The outline of a JSON value of which perhaps only the beginning is there: its kind and the paths of its keys, nothing else.

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
    /// The paths of the keys, as keys joined by line feeds, which no key has. Of arrays the first element counts alone, and
    /// it adds nothing to the path.
    paths: BTreeSet<String>,
    /// Offset just behind the value, where its end is there.
    pub(super) end: Option<usize>,
    /// Offset of the first line feed inside the value.
    pub(super) line_feed: Option<usize>,
}

/// So deep are keys collected.
const DEPTH: usize = 5;

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
            keys: Vec::new(),
            outline: Outline {
                root,
                paths: BTreeSet::new(),
                end: None,
                line_feed: None,
            },
        };
        scan.run();
        Some(scan.outline)
    }

    /// Whether the object, or the first element of the array, has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.paths.contains(key)
    }

    /// Whether there is such a path of keys; arrays on the way are passed through by their first element.
    pub(super) fn has_path(&self, path: &[&str]) -> bool {
        self.paths.contains(&path.join("\n"))
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    /// What is open, outermost first.
    open: Vec<Open>,
    /// Whether the next string is a key.
    key_next: bool,
    /// The last key of each object that is open and counts.
    keys: Vec<String>,
    outline: Outline,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// An object whose keys count.
    Object,
    /// The first element of an array that counts.
    First,
    /// An array behind its first element.
    Rest,
    /// Something in what does not count.
    Ignored(u8),
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'{' | b'[' => self.open(byte),
                b'}' | b']' => {
                    if self.open.pop() == Some(Open::Object) {
                        self.keys.pop();
                    }
                    self.key_next = false;
                    if self.open.is_empty() {
                        self.outline.end = Some(self.at + 1);
                        return;
                    }
                }
                b',' => {
                    if let Some(last @ Open::First) = self.open.last_mut() {
                        *last = Open::Rest;
                    }
                    let last = self.open.last();
                    self.key_next = matches!(last, Some(Open::Object | Open::Ignored(b'{')));
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

    fn open(&mut self, byte: u8) {
        let counts = matches!(self.open.last(), None | Some(Open::Object | Open::First));
        let open = match byte {
            _ if !counts || self.keys.len() >= DEPTH => Open::Ignored(byte),
            b'{' => Open::Object,
            _ => Open::First,
        };
        if open == Open::Object {
            self.keys.push(String::new());
        }
        self.open.push(open);
        self.key_next = byte == b'{';
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
        if self.open.last() == Some(&Open::Object) {
            if let Some(last) = self.keys.last_mut() {
                *last = key;
            }
            self.outline.paths.insert(self.keys.join("\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let outline = Outline::of(text.as_bytes()).expect("an object or an array");
        let top = outline.paths.into_iter();
        top.filter(|path| !path.contains('\n')).collect()
    }

    #[test]
    fn collects_paths_of_keys() {
        let text = br#" {"a":"{\"x\":1}","b":{"c":[{"d":1}],"e":2},"f":["g",{"h":1}]} tail"#;
        let outline = Outline::of(text).expect("an object");
        assert_eq!(outline.root, Root::Object);
        assert!(["a", "b", "f"].iter().all(|key| outline.has(key)));
        assert!(outline.has_path(&["b", "c", "d"]) && outline.has_path(&["b", "e"]));
        assert!(!outline.has_path(&["b", "d"]) && !outline.has_path(&["f", "h"]));
        assert_eq!(outline.paths.len(), 6);
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
        assert_eq!(outline.paths.len(), 1);
        assert_eq!((outline.end, outline.line_feed), (None, Some(9)));
    }
}
