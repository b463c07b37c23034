//! Taking secrets out of what is shown: out of drawn lines of a file, and out of messages that quote it.

use super::{Secret, Sources, Span, secrets};

/// The secrets of some files.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    /// What is hidden of each, longest first, so that one that begins like another does not leave its end.
    hidden: Vec<String>,
}

/// What is looked for in a message, in bytes: it may quote no more than the beginning of a secret.
const BEGINNING: usize = 6;

impl Mask {
    /// The secrets of all files.
    pub fn of(sources: &Sources) -> Self {
        let mut hidden: Vec<String> = Vec::new();
        for file in sources.iter() {
            let all = secrets(&file.text);
            for secret in &all {
                // A private key may be quoted in another layout, and its lines may end in escapes.
                let text = file.slice(secret.hidden);
                let text = text.replace("\\n", " ").replace("\\r", " ");
                hidden.extend(text.split_whitespace().map(str::to_owned));
            }
        }
        hidden.retain(|text| text.len() >= BEGINNING);
        hidden.sort_by(|a, b| (b.len(), a).cmp(&(a.len(), b)));
        hidden.dedup();
        Self { hidden }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hidden.is_empty()
    }

    /// Whether a text holds one of them, or the beginning of one.
    pub fn finds(&self, text: &str) -> bool {
        self.hidden
            .iter()
            .any(|hidden| beginning(hidden).is_some_and(|start| text.contains(start)))
    }

    /// A text with `…` in the place of each of them, of which it may hold only the beginning.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for hidden in &self.hidden {
            let Some(start) = beginning(hidden) else {
                continue;
            };
            let mut out = String::new();
            let mut rest = text.as_str();
            while let Some((before, _)) = rest.split_once(start) {
                let found = rest.get(before.len()..).unwrap_or_default();
                out.push_str(before);
                out.push('…');
                rest = found.get(common(found, hidden)..).unwrap_or_default();
            }
            out.push_str(rest);
            text = out;
        }
        text
    }
}

fn beginning(hidden: &str) -> Option<&str> {
    (BEGINNING..=hidden.len()).find_map(|end| hidden.get(..end))
}

/// How many bytes two texts begin with in common.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs
        .take_while(|(one, other)| one == other)
        .map(|(letter, _)| letter.len_utf8())
        .sum()
}

/// A piece of a text, which begins at an offset of it, with nothing to read in the place of its secrets. It stays as long as it
/// is, in bytes, and so do its lines.
pub fn masked_piece(piece: &str, from: usize, secrets: &[Secret]) -> String {
    let reach = Span::new(from, piece.len());
    let near: Vec<Span> = secrets
        .iter()
        .map(|secret| secret.hidden)
        .filter(|hidden| hidden.start < reach.end() && reach.start < hidden.end())
        .collect();
    if near.is_empty() {
        return piece.to_owned();
    }
    let is_hidden = |at: usize| near.iter().any(|span| span.start <= at && at < span.end());
    piece
        .char_indices()
        .map(|(at, letter)| match letter.len_utf8() {
            _ if letter.is_whitespace() || !is_hidden(from + at) => letter,
            1 => '*',
            2 => '·',
            3 => '…',
            _ => '\u{1f7e5}',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceFile;

    /// Put together here, so that no file of the project looks as if it held one.
    const BODY: &str = "q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1KuB0";

    fn token() -> String {
        format!("ghp_{BODY}")
    }

    #[test]
    fn a_piece_keeps_its_length_and_what_is_no_secret() {
        let text = format!("ä {} and {}\nend", token(), token());
        let found = secrets(&text);
        let stars = "*".repeat(36);
        let whole = masked_piece(&text, 0, &found);
        assert_eq!(whole, format!("ä ghp_{stars} and ghp_{stars}\nend"));
        let from = text.find("Zk").unwrap();
        let piece = masked_piece(&text[from..], from, &found);
        assert_eq!(piece, whole[from..]);
    }

    #[test]
    fn of_a_private_key_its_lines_are_left() {
        let text = format!(
            "-----BEGIN RSA PRIVATE KEY-----\n  {BODY}\n  {BODY}\n  -----END RSA PRIVATE KEY-----\nx"
        );
        let stars = "*".repeat(36);
        assert_eq!(
            masked_piece(&text, 0, &secrets(&text)),
            format!(
                "-----BEGIN RSA PRIVATE KEY-----\n  {stars}\n  {stars}\n  -----END RSA PRIVATE KEY-----\nx"
            )
        );
        // Where nothing says where it ends, it ends with what looks like one.
        let open = format!("-----BEGIN PRIVATE KEY-----\\n{BODY}{BODY}\"; x");
        let masked = masked_piece(&open, 0, &secrets(&open));
        assert!(
            !masked.contains("Zk") && masked.ends_with("*\"; x"),
            "{masked}"
        );
    }

    #[test]
    fn a_message_may_quote_the_beginning_of_one() {
        let mut sources = Sources::default();
        sources.insert(SourceFile::new("a.cedar", format!("// {}", token())));
        let mask = Mask::of(&sources);
        for (message, expected) in [
            (
                format!("`\"{}\"` is never met", token()),
                "`\"ghp_…\"` is never met",
            ),
            (format!("`\"ghp_{}…", &BODY[..20]), "`\"ghp_……"),
            (format!("{BODY}{BODY}"), "……"),
            ("`ghp_` begins one".to_owned(), "`ghp_` begins one"),
        ] {
            assert_eq!(mask.masked(&message), expected);
            assert_eq!(mask.finds(&message), message != expected, "{message}");
        }
        assert!(Mask::of(&Sources::default()).is_empty());
    }
}
