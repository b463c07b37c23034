//! Text of data in Markdown. It stands in code spans and code blocks, in which GitHub makes no links, no mentions, no
//! references and no markup; the words of our own sentences around it stay as they are.

use crate::render::escape::inert;

/// A code span, on one line, closed by nothing that is in it.
pub(super) fn code(text: &str, limit: usize) -> String {
    let text = inert(text, limit);
    let text = text.trim();
    if text.is_empty() {
        return "–".to_owned();
    }
    let ticks = "`".repeat(longest_run(text) + 1);
    // Blanks beside the ticks are not shown, and keep ticks of the text apart from ours.
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A code span in a table, where even within code a pipe ends the cell.
pub(super) fn cell(text: &str, limit: usize) -> String {
    code(
        &text
            .chars()
            .take(limit.saturating_add(1))
            .collect::<String>()
            .replace('|', "\\u{7c}"),
        limit,
    )
}

/// A sentence of ours that names things of others between backticks: plain words stay, everything else becomes code.
pub(super) fn sentence(text: &str, limit: usize) -> String {
    let text = inert(text, limit);
    let mut out: Vec<String> = Vec::new();
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    for (at, part) in parts.iter().enumerate() {
        if paired && at % 2 == 1 {
            out.push(code(part, limit));
            continue;
        }
        for word in part.split(' ').filter(|word| !word.is_empty()) {
            // Punctuation at the end is of the sentence.
            let bare = word.trim_end_matches([',', ';', ':', '.']);
            match is_plain(word) || bare.is_empty() {
                true => out.push(word.to_owned()),
                false => {
                    let end = word.get(bare.len()..).unwrap_or_default();
                    out.push(code(bare, limit) + end);
                }
            }
        }
    }
    out.join(" ")
        .replace("` ,", "`,")
        .replace("` :", "`:")
        .replace("` ;", "`;")
}

/// Whether a word means nothing to GitHub: letters, with hyphens between them, and one sign of punctuation around.
fn is_plain(word: &str) -> bool {
    let inner = word.strip_prefix('(').unwrap_or(word);
    let inner = inner
        .strip_suffix([',', ';', ':', '.', ')'])
        .unwrap_or(inner);
    if inner.is_empty() {
        return matches!(word, "," | ":" | ";");
    }
    if matches!(inner, "–" | "→" | "·") {
        return true;
    }
    if inner.chars().all(|c| c.is_ascii_digit()) {
        return inner.len() < 7;
    }
    // Something that could be the name of a commit is none.
    let commit = inner.len() >= 7 && inner.chars().all(|c| c.is_ascii_hexdigit());
    let parts = inner
        .split('-')
        .all(|part| !part.is_empty() && part.chars().all(char::is_alphabetic));
    parts && !commit
}

/// Lines as a code block.
pub(super) fn fence(lines: &[&str], language: &str) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            // The sign at the beginning of a line of a diff may be a blank.
            format!("{}{}", " ".repeat(blanks.min(60)), inert(line, 200))
        })
        .collect();
    let ticks = lines
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or_default();
    let ticks = "`".repeat(ticks.max(2) + 1);
    format!("{ticks}{language}\n{}\n{ticks}\n", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_closed_by_nothing_that_is_in_it() {
        assert_eq!(code("a``b", 80), "```a``b```");
        assert_eq!(code("`a`", 80), "`` `a` ``");
        assert_eq!(code(" \n ", 80), "–");
        assert_eq!(code("", 80), "–");
        assert_eq!(code("a\nb", 80), "`a\\u{a}b`");
        assert_eq!(cell("a | b", 80), "`a \\u{7c} b`");
    }

    #[test]
    fn a_sentence_keeps_its_words_and_makes_the_rest_code() {
        assert_eq!(
            sentence(
                "`refund-small` now lets refund-clerk do refund_payment",
                200
            ),
            "`refund-small` now lets refund-clerk do `refund_payment`"
        );
        assert_eq!(
            sentence("`a`: 10 → 1000000, as refund_payment: does", 200),
            "`a`: 10 → `1000000`, as `refund_payment`: does"
        );
        assert_eq!(
            sentence(
                "`a`: see #1 @all GH-1 www.x.example https://x defaced1",
                200
            ),
            "`a`: see `#1` `@all` `GH-1` `www.x.example` `https://x` `defaced1`"
        );
        assert_eq!(sentence("a ` <b>", 200), "a `\\u{3c}b>`");
    }

    #[test]
    fn a_block_is_closed_by_nothing_that_is_in_it() {
        assert_eq!(
            fence(&["- a ````", "   b"], "diff"),
            "`````diff\n- a ````\n   b\n`````\n"
        );
    }
}
