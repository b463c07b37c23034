//! One word of a shell script: what it is, where the text alone says so.

use super::shell::{openings, runs};
use brush_parser::ParserOptions;
use brush_parser::word::{ParameterExpr, WordPiece, WordPieceWithSource, parse};

/// What is known of a word.
#[derive(Default)]
pub(super) struct Known {
    /// The word without its quotes, where nothing has to be filled in.
    pub text: Option<String>,
    /// The scripts that run to fill it in.
    pub scripts: Vec<String>,
    /// Whether there may be more of them.
    pub opaque: bool,
    /// What of it stands in no quotes.
    bare: String,
}

/// How much a word may have to be filled in: for each that is not closed the parser takes twice as long, for arithmetic
/// eight times.
const FILLED_IN: usize = 6;

/// What is known of a word as it is written.
pub(super) fn known(word: &str) -> Known {
    let mut known = Known::default();
    let arithmetic = 2 * word.matches("$((").count();
    let pieces = match openings(word) + arithmetic <= FILLED_IN {
        true => parse(word, &ParserOptions::default()).ok(),
        false => None,
    };
    let Some(pieces) = pieces else {
        known.opaque = runs(word);
        return known;
    };
    let mut text = String::new();
    let is_static = known.pieces(&pieces, false, &mut text);
    // Braces hold over quotes: `{r"m",-rf}` is two words.
    let is_static = is_static && !expands(&known.bare);
    known.text = is_static.then_some(text);
    known
}

impl Known {
    /// Whether all pieces are known; their text is put together.
    fn pieces(&mut self, pieces: &[WordPieceWithSource], quoted: bool, text: &mut String) -> bool {
        let mut is_static = true;
        for piece in pieces {
            is_static &= self.piece(&piece.piece, quoted, text);
        }
        is_static
    }

    fn piece(&mut self, piece: &WordPiece, quoted: bool, text: &mut String) -> bool {
        match piece {
            WordPiece::Text(plain) => {
                text.push_str(plain);
                if !quoted {
                    self.bare.push_str(plain);
                }
                match quoted {
                    // Lines that are joined.
                    true => !plain.contains("\\\n"),
                    false => !expands(plain),
                }
            }
            WordPiece::SingleQuotedText(plain) => {
                text.push_str(plain);
                true
            }
            WordPiece::AnsiCQuotedText(plain) => {
                text.push_str(plain);
                !plain.contains('\\')
            }
            WordPiece::DoubleQuotedSequence(inner) => self.pieces(inner, true, text),
            // Another language may say it in other words.
            WordPiece::GettextDoubleQuotedSequence(inner) => {
                self.pieces(inner, true, text);
                false
            }
            WordPiece::EscapeSequence(escape) => {
                let plain = escape.strip_prefix('\\').unwrap_or(escape);
                if plain != "\n" {
                    text.push_str(plain);
                }
                true
            }
            WordPiece::TildeExpansion(_) => false,
            WordPiece::ParameterExpansion(expression) => {
                // What stands in place of a variable may be a script.
                self.opaque |= !matches!(expression, ParameterExpr::Parameter { .. });
                false
            }
            WordPiece::CommandSubstitution(script) => {
                self.scripts.push(script.clone());
                false
            }
            WordPiece::BackquotedCommandSubstitution(script) => {
                self.scripts.push(unescaped(script));
                false
            }
            WordPiece::ArithmeticExpression(expression) => {
                self.opaque |= runs(&expression.to_string());
                false
            }
        }
    }
}

/// Whether a shell makes something else of a text without quotes: files that match it, or several words.
fn expands(text: &str) -> bool {
    let braces = text.contains('{') && (text.contains(',') || text.contains(".."));
    // `{fd}` before a redirection is the name of a variable, and no word.
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let names = inner.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    text.contains(['*', '?', '[']) || braces || names
}

/// A script between backquotes, without the backslashes that hide what is special there.
fn unescaped(script: &str) -> String {
    let mut out = String::new();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('`' | '\\' | '$')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}
