//! Just enough of Rust's grammar to look at code without its comments, strings and test modules.

use crate::project::File;
use std::collections::BTreeSet;

/// The code alone: comments and the insides of strings become blanks; lines stay where they are.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skip(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(
                chars[at..end]
                    .iter()
                    .map(|c| if *c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    out
}

/// The end of the comment or literal that starts here; `at` itself where none does.
fn skip(chars: &[char], at: usize) -> usize {
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let starts_word = at == 0 || !word(get(at - 1));
    match (get(at), get(at + 1)) {
        ('/', '/') => until(chars, at, |at| get(at) == '\n'),
        ('/', '*') => {
            let mut depth = 0;
            let mut end = at;
            loop {
                match (get(end), get(end + 1)) {
                    ('/', '*') => (depth, end) = (depth + 1, end + 2),
                    ('*', '/') => (depth, end) = (depth - 1, end + 2),
                    _ => end += 1,
                }
                if depth == 0 || end >= chars.len() {
                    return end.min(chars.len());
                }
            }
        }
        ('"', _) => quoted(chars, at, '"'),
        ('b', '"') if starts_word => quoted(chars, at + 1, '"'),
        ('r', '"' | '#') if starts_word || get(at - 1) == 'b' => {
            let quote = until(chars, at + 1, |at| get(at) != '#');
            if get(quote) != '"' {
                return at;
            }
            let hashes = quote - at - 1;
            let close = |end: usize| get(end) == '"' && (1..=hashes).all(|n| get(end + n) == '#');
            (until(chars, quote + 1, close) + 1 + hashes).min(chars.len())
        }
        // A character, not a lifetime.
        ('\'', '\\') => quoted(chars, at, '\''),
        ('\'', _) if get(at + 2) == '\'' => at + 3,
        _ => at,
    }
}

fn until(chars: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..chars.len())
        .find(|at| stop(*at))
        .unwrap_or(chars.len())
}

fn quoted(chars: &[char], open: usize, quote: char) -> usize {
    let mut at = open + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            c if c == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// Code without what `#[cfg(test)]` guards; lines stay where they are.
pub fn without_tests(code: &str) -> String {
    const GUARD: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(GUARD) {
        let (before, guarded) = rest.split_at(at);
        out.push_str(before);
        let end = item_end(guarded);
        out.extend(guarded[..end].chars().filter(|c| *c == '\n'));
        rest = &guarded[end..];
    }
    out.push_str(rest);
    out
}

/// The end of an item: its closing brace, or the semicolon where it has none.
fn item_end(item: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in item.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

/// The names that follow `ROOT::` in code, each with its line; of `ROOT::{a::b, c}` both `a` and `c`.
pub fn heads(code: &str, root: &str) -> Vec<(usize, String)> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let prefix = format!("{root}::");
    let mut out = Vec::new();
    for (at, _) in code.match_indices(&prefix) {
        if code[..at]
            .chars()
            .next_back()
            .is_some_and(|c| word(c) || c == ':')
        {
            continue;
        }
        let start = at + prefix.len();
        let mut note = |from: usize| {
            let from = from + code[from..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
            let name: String = code[from..].chars().take_while(|c| word(*c)).collect();
            if !name.is_empty() {
                out.push((code[..from].matches('\n').count() + 1, name));
            }
        };
        if !code[start..].starts_with('{') {
            note(start);
            continue;
        }
        let mut depth = 0usize;
        for (offset, c) in code[start..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => break,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 1 && (c == '{' || c == ',') {
                note(start + offset + 1);
            }
        }
    }
    out
}

/// The files of test modules that have a file of their own: `#[cfg(test)] mod NAME;`.
pub fn declared_tests(sources: &[File]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (path, text) in sources {
        let code = code(text);
        let inside = match path.rsplit_once('/') {
            Some((directory, "mod.rs" | "lib.rs" | "main.rs")) => directory.to_owned(),
            _ => path.trim_end_matches(".rs").to_owned(),
        };
        for (at, guard) in code.match_indices("#[cfg(test)]") {
            let item = code[at + guard.len()..].trim_start();
            let Some(rest) = item.strip_prefix("mod ") else {
                continue;
            };
            if let Some(end) = rest.find([';', '{'])
                && rest[end..].starts_with(';')
            {
                out.insert(format!("{inside}/{}.rs", rest[..end].trim()));
            }
        }
    }
    out
}
