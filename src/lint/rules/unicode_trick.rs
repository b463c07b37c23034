//! AZ213: text that does not read as it looks.

use crate::cedar::is_of_one_script;
use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::comments::comments;
use crate::lint::context::{Context, Repository};
use crate::lint::found::Found;
use crate::model::{Diagnostic, SourceFile, Span};
use crate::repository::LintLevel;
use std::collections::BTreeSet;

pub(super) static LINT: Lint = Lint {
    code: "AZ213",
    slug: "unicode-trick",
    title: "text that does not read as it looks",
    level: LintLevel::Error,
    evidence: &[Evidence::Text, Evidence::Schema],
    fix: None,
    needs: &[],
    passes: &["confusable_text"],
    run: Run::Repository(look),
    page: include_str!("unicode-trick.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let context = repository.context;
    let suites: BTreeSet<&str> = context
        .version
        .suites
        .iter()
        .map(|suite| suite.file.path.as_ref())
        .collect();
    let tools: BTreeSet<&str> = context
        .version
        .tool_lists
        .iter()
        .map(|list| list.file.path.as_ref())
        .collect();
    let mut marked: Vec<(&str, Span)> = Vec::new();
    for file in context.version.sources.iter() {
        let path = file.path.as_ref();
        // The texts of tests and tools come from others, and what they may hold is prose in any language.
        let foreign = suites.contains(path) || tools.contains(path);
        for span in hidden(&file.text) {
            marked.push((path, span));
            let level = match suites.contains(path) {
                true => LintLevel::Warning,
                false => LintLevel::Error,
            };
            report_hidden(file, span, level, found);
        }
        if tools.contains(path) {
            escaped(file, found);
        }
        if !foreign && !file.text.is_ascii() {
            mixed(file, &mut marked, found);
        }
    }
    of_cedar(context, &marked, found);
}

/// What Cedar's validator says of texts and ids of policies, where it was not found in a smaller place.
fn of_cedar(context: &Context<'_>, marked: &[(&str, Span)], found: &mut Found<'_>) {
    let diagnostics: &[Diagnostic] = &context.version.diagnostics;
    for diagnostic in diagnostics
        .iter()
        .filter(|found| found.code == "confusable_text")
    {
        let file = diagnostic
            .path
            .as_deref()
            .and_then(|path| context.file(path));
        let (Some(file), Some(span)) = (file, diagnostic.span()) else {
            continue;
        };
        let said = marked.iter().any(|(path, other)| {
            *path == file.path.as_ref() && span.start < other.end() && other.start < span.end()
        });
        if said {
            continue;
        }
        // What is only unusual, as a dash in an id, is no trick yet.
        let sure = !is_of_one_script(file.slice(span)) || diagnostic.message.contains("BIDI");
        let finding = found
            .file(file, span, diagnostic.message.clone())
            .evidence(Evidence::Schema)
            .help("write it in the letters of one script, and in printable ones");
        if !sure {
            finding.level(LintLevel::Warning);
        }
    }
}

fn report_hidden(file: &SourceFile, span: Span, level: LintLevel, found: &mut Found<'_>) {
    let text = file.slice(span);
    let count = text.chars().count();
    let first = text.chars().next().unwrap_or_default();
    let spelled: String = text.chars().filter_map(tag).take(60).collect();
    let code = format!("U+{:04X}", u32::from(first));
    let message = match (is_direction(first), spelled.trim()) {
        (true, _) => format!(
            "{code} turns the direction of the text, so it does not run in the order in which it is shown"
        ),
        (false, "") if count == 1 => format!("{code} is here, and is not shown"),
        (false, "") => format!("{count} characters that are not shown begin with {code}"),
        (false, spelled) => format!("{count} characters that are not shown spell `{spelled}`"),
    };
    found
        .file(file, span, message)
        .level(level)
        .key(format!("{code} {count}"))
        .help("remove it: a person reviews what is shown, and a machine reads the rest");
}

/// Characters of lists of tools that JSON writes as `\u202e`: a model is shown what they stand for.
fn escaped(file: &SourceFile, found: &mut Found<'_>) {
    let mut run: Option<(Span, String)> = None;
    let close = |run: &mut Option<(Span, String)>, found: &mut Found<'_>| {
        if let Some((span, text)) = run.take() {
            let spelled: String = text.chars().filter_map(tag).take(60).collect();
            let what = match spelled.trim() {
                "" => format!(
                    "`{}` is not shown, or turns the direction of what is",
                    file.slice(Span::new(span.start, span.len.min(12)))
                ),
                spelled => format!(
                    "{} characters that are not shown spell `{spelled}`",
                    text.chars().count()
                ),
            };
            found
                .file(file, span, format!("a model reads more of this tool than a person is shown: {what}"))
                .help("do not connect the server until its operator explains it: text that is hidden in a tool is how agents are given orders");
        }
    };
    let mut at = 0;
    while let Some(next) = file.text.get(at..).and_then(|rest| rest.find("\\u")) {
        let start = at + next;
        let Some((letter, length)) = decoded(&file.text, start) else {
            at = start + 2;
            continue;
        };
        at = start + length;
        if !is_hidden(letter) && !is_direction(letter) {
            continue;
        }
        match &mut run {
            Some((span, text)) if span.end() == start => {
                span.len += length;
                text.push(letter);
            }
            _ => {
                close(&mut run, found);
                run = Some((Span::new(start, length), letter.to_string()));
            }
        }
    }
    close(&mut run, found);
}

/// The character of `\uXXXX`, or of a pair of them, and how long it is written.
fn decoded(text: &str, start: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit(start)?;
    let units = [Some(first), unit(start + 6)];
    let letter = char::decode_utf16(units.into_iter().flatten())
        .next()?
        .ok()?;
    Some((letter, 6 * letter.len_utf16()))
}

/// Words of more than one script. Cedar's validator decides what that is, as it does for texts of conditions.
fn mixed<'f>(file: &'f SourceFile, marked: &mut Vec<(&'f str, Span)>, found: &mut Found<'_>) {
    let comments = comments(file);
    for (span, word) in words(&file.text) {
        if word.is_ascii() || is_of_one_script(word) {
            continue;
        }
        marked.push((file.path.as_ref(), span));
        let commented = comments
            .iter()
            .any(|comment| comment.span.start <= span.start && span.end() <= comment.span.end());
        let odd = word
            .chars()
            .find(|letter| !letter.is_ascii() && !is_of_one_script(&format!("a{letter}")));
        let odd = odd.map_or_else(String::new, |odd| {
            format!(": `{odd}` is U+{:04X}, and no Latin letter", u32::from(odd))
        });
        let finding = found
            .file(file, span, format!("`{word}` mixes letters of several scripts{odd}"))
            .help("write the word in one script: letters that look alike are not equal, and a name that looks known is another one");
        if commented {
            finding.level(LintLevel::Warning);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let is_word = |letter: char| letter.is_alphanumeric();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find(is_word)?;
        let rest = text.get(start..)?;
        let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        at = start + length;
        Some((Span::new(start, length), rest.get(..length)?))
    })
}

/// The runs of characters that are not shown, or turn what is.
fn hidden(text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    if text.is_ascii() {
        return found;
    }
    let mut before = None;
    // Flags of regions are a black flag with at most seven tags.
    let mut tags = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let length = letter.len_utf8();
        let after = letters.peek().map(|(_, letter)| *letter);
        // What joins the parts of an emoji, or the letters of a script that needs it, does what it is for.
        let joins = matches!(letter, '\u{200c}' | '\u{200d}')
            && !before.is_some_and(|letter: char| letter.is_ascii())
            && !after.is_some_and(|letter: char| letter.is_ascii());
        let flag = is_tag(letter) && tags > 0;
        tags = match letter {
            '\u{1f3f4}' => 7,
            _ if flag => tags - 1,
            _ => 0,
        };
        if !joins && !flag && (is_hidden(letter) || is_direction(letter)) {
            match found.last_mut() {
                Some(last) if last.end() == at => last.len += length,
                _ => found.push(Span::new(at, length)),
            }
        }
        before = Some(letter);
    }
    found
}

/// Whether a character turns the direction of a text; Cedar's validator names most of them.
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Whether a character takes no place and is not shown.
fn is_hidden(letter: char) -> bool {
    let none = matches!(
        letter,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}'
    );
    none || is_tag(letter)
}

fn is_tag(letter: char) -> bool {
    matches!(letter, '\u{e0000}'..='\u{e007f}')
}

/// The character that a tag stands for: tags are a second ASCII that is not shown.
fn tag(letter: char) -> Option<char> {
    let code = u32::from(letter).checked_sub(0xe0000)?;
    char::from_u32(code).filter(|letter| (' '..='~').contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        hidden(text)
            .iter()
            .map(|span| &text[span.start..span.end()])
            .collect()
    }

    #[test]
    fn what_is_not_shown_is_found() {
        assert_eq!(
            of("a\u{202e}b\u{200b}\u{200b}c"),
            ["\u{202e}", "\u{200b}\u{200b}"]
        );
        assert_eq!(
            of("soft\u{ad}hyphen, j\u{200d}oined"),
            ["\u{ad}", "\u{200d}"]
        );
        assert_eq!(of("x\u{e0068}\u{e0069}"), ["\u{e0068}\u{e0069}"]);
        // A woman at a computer, a Persian word, the flag of Wales.
        assert_eq!(
            of(
                "👩\u{200d}💻 می\u{200c}خواهم 🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f} é"
            ),
            [""; 0]
        );
    }

    #[test]
    fn escapes_are_read_as_json_reads_them() {
        assert_eq!(decoded("\\u202ex", 0), Some(('\u{202e}', 6)));
        assert_eq!(decoded("\\udb40\\udc41", 0), Some(('\u{e0041}', 12)));
        assert_eq!(decoded("\\udb40", 0), None);
        assert_eq!(decoded("\\uzzzz", 0), None);
        assert_eq!(tag('\u{e0041}'), Some('A'));
    }
}
