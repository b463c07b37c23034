//! Which cases are run: `-k`, and `--shard`.

use crate::engine::Case;

/// Which cases are asked for: those that any of the conditions holds for, or all where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// A piece of the full name.
    Piece(String),
    /// Every one of these.
    All(Vec<(Key, Pattern)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Suite,
    File,
    Test,
    Row,
    Agent,
    Action,
    Tag,
}

const KEYS: [(&str, Key); 7] = [
    ("suite", Key::Suite),
    ("file", Key::File),
    ("test", Key::Test),
    ("row", Key::Row),
    ("agent", Key::Agent),
    ("action", Key::Action),
    ("tag", Key::Tag),
];

/// A text in which `*` stands for any letters: the pieces between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern(Vec<String>);

impl Pattern {
    fn holds(&self, text: &str) -> bool {
        let mut rest = text;
        let last = self.0.len().saturating_sub(1);
        for (at, piece) in self.0.iter().enumerate() {
            rest = match (at == 0, at == last) {
                (true, true) => return rest == piece,
                (true, false) => match rest.strip_prefix(piece.as_str()) {
                    Some(rest) => rest,
                    None => return false,
                },
                (false, true) => return rest.ends_with(piece.as_str()),
                (false, false) => match rest.split_once(piece.as_str()) {
                    Some((_, rest)) => rest,
                    None => return false,
                },
            };
        }
        true
    }
}

impl Filter {
    /// Reads the texts of `-k`: a piece of a name, or `key=value` with `;` between several. In a value `*` stands for any
    /// letters, and a backslash takes away what the next letter means.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        texts
            .iter()
            .map(|text| condition(text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether it asks for a case.
    pub fn wants(&self, case: &Case) -> bool {
        self.0.is_empty() || self.0.iter().any(|condition| condition.holds(case))
    }

    /// Whether it asks for everything.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it may ask for what is no case: a budget of this suite, with this name.
    pub fn wants_named(&self, suite: &str, file: &str, name: &str) -> bool {
        let holds = |condition: &Condition| match condition {
            Condition::Piece(piece) => format!("{suite} › {name}").contains(piece.as_str()),
            Condition::All(parts) => parts.iter().all(|(key, pattern)| match key {
                Key::Suite => pattern.holds(suite),
                Key::File => pattern.holds(file),
                Key::Test => pattern.holds(name),
                Key::Row | Key::Agent | Key::Action | Key::Tag => false,
            }),
        };
        self.0.is_empty() || self.0.iter().any(holds)
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let keyed = text
        .split_once('=')
        .is_some_and(|(key, _)| KEYS.iter().any(|(name, _)| *name == key.trim()));
    if text.trim().is_empty() {
        return Err("`-k` names nothing".to_owned());
    }
    if !keyed {
        return Ok(Condition::Piece(text.to_owned()));
    }
    let mut parts = Vec::new();
    for part in split(text) {
        let key = part.0.trim();
        if key.is_empty() {
            return Err(format!(
                "`-k {text}`: there is no key before a `=`, or nothing behind a `;`"
            ));
        }
        let known = KEYS.iter().find(|(name, _)| *name == key);
        let (_, key) = known.ok_or_else(|| {
            let names = KEYS.map(|(name, _)| name).join("`, `");
            format!("`-k {text}`: `{key}` is no key; they are `{names}`")
        })?;
        parts.push((*key, part.1));
    }
    Ok(Condition::All(parts))
}

/// `key=value` between `;`, with the value's escapes read. White space around a value is none of it, unless it is
/// escaped.
fn split(text: &str) -> Vec<(String, Pattern)> {
    let mut out = Vec::new();
    let mut key = None;
    let mut pieces = vec![String::new()];
    // White space that is part of the value if something comes behind it.
    let mut blanks = String::new();
    let mut letters = text.chars();
    let mut finish = |key: &mut Option<String>, pieces: &mut Vec<String>| {
        let pattern = Pattern(std::mem::replace(pieces, vec![String::new()]));
        match key.take() {
            Some(key) => out.push((key, pattern)),
            // A piece without `=`: the key that it would be is unknown.
            None => out.push((pattern.0.concat(), Pattern(Vec::new()))),
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            ';' => {
                blanks.clear();
                finish(&mut key, &mut pieces);
            }
            letter if letter.is_whitespace() && key.is_some() => {
                if pieces.iter().any(|piece| !piece.is_empty()) || pieces.len() > 1 {
                    blanks.push(letter);
                }
            }
            '=' if key.is_none() => {
                key = Some(pieces.concat());
                pieces = vec![String::new()];
            }
            '*' if key.is_some() => {
                add(&mut pieces, &std::mem::take(&mut blanks));
                pieces.push(String::new());
            }
            letter => {
                let letter = match letter {
                    '\\' => letters.next().unwrap_or('\\'),
                    letter => letter,
                };
                blanks.push(letter);
                add(&mut pieces, &std::mem::take(&mut blanks));
            }
        }
    }
    finish(&mut key, &mut pieces);
    out
}

fn add(pieces: &mut [String], text: &str) {
    if let Some(piece) = pieces.last_mut() {
        piece.push_str(text);
    }
}

impl Condition {
    fn holds(&self, case: &Case) -> bool {
        match self {
            Condition::Piece(piece) => case.name().contains(piece.as_str()),
            Condition::All(parts) => parts.iter().all(|(key, pattern)| has(case, *key, pattern)),
        }
    }
}

fn has(case: &Case, key: Key, pattern: &Pattern) -> bool {
    // Who asks for what in a broken case is not known; it is not lost for that.
    let broken = case.input.is_err();
    let request = case.input.as_ref().ok().map(|input| &input.request.request);
    let entity = |uid: Option<&crate::model::EntityRef>| {
        uid.is_some_and(|uid| {
            let short = format!("{}::{}", uid.ty, uid.id);
            [uid.id.as_ref(), &short, &uid.to_string()]
                .iter()
                .any(|name| pattern.holds(name))
        })
    };
    match key {
        Key::Suite => pattern.holds(&case.suite),
        Key::File => pattern.holds(&case.file),
        Key::Test => pattern.holds(&case.test),
        Key::Row => case.row.as_ref().is_some_and(|row| pattern.holds(row)),
        Key::Agent => broken || entity(request.map(|request| &request.principal)),
        Key::Action => broken || entity(request.map(|request| &request.action)),
        Key::Tag => case.tags.iter().any(|tag| pattern.holds(tag)),
    }
}

/// One of several equal parts of the cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub part: usize,
    /// How many there are.
    pub of: usize,
}

impl Shard {
    /// Reads `i/n`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no part; write `1/4` for the first of four");
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| wrong());
        let (part, of) = (number(part)?, number(of)?);
        match (1..=of).contains(&part) {
            true => Ok(Self { part, of }),
            false => Err(wrong()),
        }
    }

    /// Whether the case of this number, from 0 among those that are asked for, is in the part.
    pub fn holds(self, at: usize) -> bool {
        at % self.of == self.part - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold() {
        let read = |text: &str| split(&format!("test={text}")).remove(0).1;
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("*b*", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("a\\*c", "a*c", true),
            ("a\\*c", "abc", false),
            ("*", "", true),
            ("", "", true),
            ("a\\;b=c", "a;b=c", true),
            ("aa*a", "aa", false),
            (" one two ", "one two", true),
            (" one * two", "one  two", true),
            ("\\ one\\ ", " one ", true),
            ("\\ one", "one", false),
            ("\tone\n", "one", true),
            ("\\\tone", "\tone", true),
        ] {
            assert_eq!(read(pattern).holds(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn conditions_are_read() {
        let piece = |text: &str| Condition::Piece(text.to_owned());
        assert_eq!(condition("refund"), Ok(piece("refund")));
        assert_eq!(condition("amount=5"), Ok(piece("amount=5")));
        assert_eq!(condition("suite = a ; tag = b"), condition("suite=a;tag=b"));
        assert!(
            matches!(condition("suite=a;tag=b"), Ok(Condition::All(parts)) if parts.len() == 2)
        );
        for text in ["suite=a;tgs=b", "suite=a;b", "suite=a;", "", " "] {
            assert!(condition(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shards_part_the_cases() {
        let shards: Vec<Shard> = (1..=3)
            .map(|part| Shard::parse(&format!("{part}/3")).unwrap())
            .collect();
        for at in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.holds(at)).count(), 1);
        }
        for text in ["0/3", "4/3", "1/0", "1", "a/b", "1/2/3"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
    }
}
