//! A strict scanner for one line of JSON. Whatever is unusual makes it give up, and the line goes the general way.
//!
//! Invariant: what it accepts is JSON (RFC 8259) on one line, and means to it what it means to
//! `serde_json`.

use super::special::special;
use crate::engine::compiled::WrittenKey;
use bumpalo::Bump;
use std::borrow::Cow;

/// A string as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'l> {
    line: &'l str,
    /// From where to where, in bytes: most strings are only skipped, and need not be cut out.
    from: usize,
    to: usize,
    /// Whether it has escapes. As wide as what is read of it at once: a narrower one would be read before it is written.
    escaped: usize,
}

impl<'l> Quoted<'l> {
    /// The text, if it has no escapes.
    pub fn plain(self) -> Option<&'l str> {
        self.raw().filter(|_| self.escaped == 0)
    }

    /// With its escapes.
    fn raw(self) -> Option<&'l str> {
        self.line.get(self.from..self.to)
    }

    /// The text.
    #[inline(always)]
    pub fn decode<'b>(self, room: &'b Bump) -> Option<&'b str>
    where
        'l: 'b,
    {
        match self.escaped {
            0 => self.raw(),
            _ => self.unescaped_in(room),
        }
    }

    /// The text, which is copied only if it has escapes.
    #[inline(always)]
    pub fn text(self) -> Option<Cow<'l, str>> {
        match self.escaped {
            0 => self.raw().map(Cow::Borrowed),
            _ => self.owned(),
        }
    }

    /// Whether it is this text.
    #[inline(always)]
    pub fn is(self, text: &str) -> bool {
        match self.escaped {
            0 => self.raw() == Some(text),
            _ => self.is_unescaped(text),
        }
    }

    // What is rare stands apart, so that what is usual stays small where it is inlined.
    #[cold]
    #[inline(never)]
    fn unescaped_in(self, room: &Bump) -> Option<&str> {
        Some(room.alloc_str(&self.unescaped()?))
    }

    #[cold]
    #[inline(never)]
    fn owned(self) -> Option<Cow<'l, str>> {
        self.unescaped().map(Cow::Owned)
    }

    #[cold]
    #[inline(never)]
    fn is_unescaped(self, text: &str) -> bool {
        self.unescaped().as_deref() == Some(text)
    }

    fn unescaped(self) -> Option<String> {
        let mut rest = self.raw()?;
        let mut out = String::with_capacity(rest.len());
        while let Some((before, behind)) = rest.split_once('\\') {
            out.push_str(before);
            let (letter, behind) = escape(behind)?;
            out.push(letter);
            rest = behind;
        }
        out.push_str(rest);
        Some(out)
    }
}

/// The letter of an escape, and what stands behind it.
fn escape(text: &str) -> Option<(char, &str)> {
    let kind = text.as_bytes().first()?;
    let behind = text.get(1..)?;
    let letter = match kind {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(behind),
        _ => return None,
    };
    Some((letter, behind))
}

/// `XXXX` behind `\u`, or two of them that make one letter.
fn unicode(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| -> Option<u32> {
        let digits = text.get(..4)?;
        let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| plain)
    };
    let first = unit(text)?;
    let behind = text.get(4..)?;
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first)?, behind));
    }
    let behind = behind.strip_prefix("\\u")?;
    let second = unit(behind)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let letter = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((letter, behind.get(4..)?))
}

/// Reads a line from left to right.
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'l> {
    text: &'l str,
    at: usize,
}

/// What may stand between the parts of a line; a line break ends it.
fn is_space(letter: u8) -> bool {
    matches!(letter, b' ' | b'\t' | b'\r')
}

/// How deep a value may nest that is only skipped.
const DEPTH: usize = 64;

impl<'l> Scanner<'l> {
    /// A scanner at the beginning of a line, or of a part of one.
    pub fn new(text: &'l str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn space(&mut self) {
        while is_space(self.peek()) {
            self.at += 1;
        }
    }

    /// The next letter that is no space, without taking it.
    pub fn next(&mut self) -> u8 {
        self.space();
        self.peek()
    }

    /// Takes a letter if it comes next.
    pub fn take(&mut self, letter: u8) -> bool {
        let found = self.next() == letter;
        self.at += usize::from(found);
        found
    }

    /// Takes a letter that must come next.
    pub fn must(&mut self, letter: u8) -> Option<()> {
        self.take(letter).then_some(())
    }

    /// Takes these letters if they come next, as they are.
    // Inlined, so that letters that are known when this is compiled are compared as words.
    #[inline(always)]
    pub fn literal(&mut self, letters: &str) -> bool {
        let (bytes, letters) = (self.text.as_bytes(), letters.as_bytes());
        let found = bytes
            .get(self.at..self.at + letters.len())
            .is_some_and(|next| next == letters);
        self.at += if found { letters.len() } else { 0 };
        found
    }

    /// Takes a key, with its quotes and colon, if it comes next as it is.
    #[inline(always)]
    pub fn written(&mut self, key: &WrittenKey) -> bool {
        let next = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let found = key.begins(next);
        self.at += if found { key.len() } else { 0 };
        found
    }

    /// Takes what stands behind a member or an item: whether another one comes, or the end of the object or array.
    #[inline(always)]
    pub fn goes_on(&mut self, end: u8) -> Option<bool> {
        let letter = match self.peek() {
            letter if is_space(letter) => self.next(),
            letter => letter,
        };
        self.at += 1;
        match letter {
            b',' => Some(true),
            letter if letter == end => Some(false),
            _ => None,
        }
    }

    /// Whether nothing but spaces comes.
    pub fn is_done(&mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    /// Where it stands, in bytes.
    pub fn position(&mut self) -> usize {
        self.space();
        self.at
    }

    /// What it has not taken.
    pub fn rest(&self) -> &'l str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What stands from a position up to here.
    pub fn since(&self, from: usize) -> Option<&'l str> {
        self.text.get(from..self.at)
    }

    /// Takes a string.
    // Inlined, as what it gives is then in registers: passed through memory it is read before it is fully written.
    #[inline(always)]
    pub fn string(&mut self) -> Option<Quoted<'l>> {
        if self.peek() != b'"' {
            self.space();
            (self.peek() == b'"').then_some(())?;
        }
        let from = self.at + 1;
        let at = special(self.text.as_bytes(), from)?;
        self.at = at;
        if self.peek() == b'"' {
            self.at += 1;
            return Some(Quoted {
                line: self.text,
                from,
                to: at,
                escaped: 0,
            });
        }
        self.escaped(from)
    }

    /// Takes the rest of a string that has escapes, from the first of them on; nothing where it has a control character.
    #[cold]
    fn escaped(&mut self, from: usize) -> Option<Quoted<'l>> {
        loop {
            self.at = special(self.text.as_bytes(), self.at)?;
            if self.peek() == b'"' {
                self.at += 1;
                return Some(Quoted {
                    line: self.text,
                    from,
                    to: self.at - 1,
                    escaped: 1,
                });
            }
            let rest = self.text.get(self.at..)?.strip_prefix('\\')?;
            let (_, behind) = escape(rest)?;
            self.at = self.text.len() - behind.len();
        }
    }

    /// Takes the key of a member, and the colon.
    pub fn key(&mut self) -> Option<Quoted<'l>> {
        let key = self.string()?;
        self.must(b':')?;
        Some(key)
    }

    /// Takes a word such as `true`.
    pub fn word(&mut self, word: &str) -> Option<()> {
        self.space();
        let found = self.text.get(self.at..)?.starts_with(word);
        self.at += word.len();
        found.then_some(())
    }

    /// Takes `true` or `false`.
    pub fn boolean(&mut self) -> Option<bool> {
        match self.next() {
            b't' => self.word("true").map(|()| true),
            b'f' => self.word("false").map(|()| false),
            _ => None,
        }
    }

    /// Takes an integer of 64 bits. `-0` is none: JSON readers take it for a fraction.
    #[inline]
    pub fn integer(&mut self) -> Option<i64> {
        let negative = self.take(b'-');
        let from = self.at;
        let mut number = 0_u64;
        loop {
            let digit = self.peek().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        let digits = self.at - from;
        let zero = self.text.as_bytes().get(from) == Some(&b'0') && (negative || digits > 1);
        let fraction = matches!(self.peek(), b'.' | b'e' | b'E');
        if digits == 0 || zero || fraction {
            return None;
        }
        if digits > 18 {
            let text = self.since(from - usize::from(negative))?;
            return text.parse().ok();
        }
        let number = i64::try_from(number).ok()?;
        Some(if negative { -number } else { number })
    }

    /// Skips a value, checking that it is one.
    pub fn skip(&mut self) -> Option<()> {
        self.skip_at(0)
    }

    fn skip_at(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match self.next() {
            b'"' => self.string().map(|_| ()),
            b'{' => self.each_member(|scanner, _| scanner.skip_at(depth + 1)),
            b'[' => self.items(|scanner| scanner.skip_at(depth + 1)),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    /// Skips a number of at most 17 digits in all and no exponent, which every reader takes.
    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        let whole = self.digits();
        let zero = whole.starts_with('0') && whole.len() > 1;
        let mut digits = whole.len();
        if whole.is_empty() || zero {
            return None;
        }
        if self.peek() == b'.' {
            self.at += 1;
            let fraction = self.digits().len();
            digits += fraction;
            if fraction == 0 {
                return None;
            }
        }
        (digits <= 17 && !matches!(self.peek(), b'e' | b'E')).then_some(())
    }

    fn digits(&mut self) -> &'l str {
        let from = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// Takes an object; `member` is given each key, and takes the value.
    pub fn members(&mut self, mut member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.each_member(|scanner, key| member(scanner, &key.text()?))
    }

    /// The same, with keys as they stand there.
    pub fn each_member(
        &mut self,
        mut member: impl FnMut(&mut Self, Quoted<'l>) -> Option<()>,
    ) -> Option<()> {
        self.must(b'{')?;
        if self.take(b'}') {
            return Some(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            if !self.goes_on(b'}')? {
                return Some(());
            }
        }
    }

    /// Takes an array; `item` takes each element.
    pub fn items(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.must(b'[')?;
        if self.take(b']') {
            return Some(());
        }
        loop {
            item(self)?;
            if !self.goes_on(b']')? {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
