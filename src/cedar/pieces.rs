//! A long policy file in pieces that can be parsed at the same time. A piece is the file's text with blanks in front
//! of it, so every place in it is the place in the file.

use std::ops::Range;

/// Shorter files are parsed whole.
const LONG: usize = 256 << 10;

/// Longer files are parsed whole too: each piece costs the memory of all that stands before it.
const LONGEST: usize = 16 << 20;

/// The pieces of a text, each of whole policies; one piece where cutting is of no use or could be wrong.
///
/// Outside of strings and comments, `;` stands at the end of a policy and nowhere else, and no token reaches across
/// it. So the tokens of the pieces are those of the text, and the policies too, where every piece parses. Where one
/// does not, the caller reads the whole text.
pub(super) fn pieces(text: &str, wanted: usize) -> Vec<Range<usize>> {
    let whole = std::iter::once(0..text.len()).collect();
    if text.len() < LONG || text.len() > LONGEST || wanted < 2 {
        return whole;
    }
    cut(text, text.len().div_ceil(wanted)).unwrap_or(whole)
}

/// Cuts behind the first `;` after each `size` bytes; nothing where a string has no end.
fn cut(text: &str, size: usize) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                loop {
                    match bytes.get(at)? {
                        b'"' => break,
                        b'\\' => at += 2,
                        _ => at += 1,
                    }
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let rest = bytes.get(at..)?;
                let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                at += end.unwrap_or(rest.len());
                continue;
            }
            b';' if at + 1 - start >= size => {
                out.push(start..at + 1);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    match out.last_mut() {
        // What is left may be a comment alone, which is no policy set: it stays with the last piece.
        Some(last) if text.len() - start < size => last.end = text.len(),
        _ => out.push(start..text.len()),
    }
    Some(out)
}

/// The text of one piece: blanks, then the piece at its place.
pub(super) fn padded(text: &str, piece: &Range<usize>) -> String {
    let mut out = " ".repeat(piece.start);
    out.push_str(text.get(piece.clone()).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICIES: &str = "// first; not an end \"\n@id(\"a;b\\\";\") permit (principal, action, resource);\r\n\
        forbid (principal, action, resource) when { \"\u{e9};//\" like \"*;\\*\" }; // ; end\r\
        permit (principal, action, resource); // last";

    #[test]
    fn pieces_hold_whole_policies() {
        for size in [1, 20, 100, 150, 1_000] {
            let found = cut(POLICIES, size).unwrap();
            let joined: String = found.iter().map(|piece| &POLICIES[piece.clone()]).collect();
            assert_eq!(joined, POLICIES);
            let mut policies = 0;
            for piece in &found {
                let text = padded(POLICIES, piece);
                let set = cedar_policy_core::parser::parse_policyset(&text).unwrap();
                for policy in set.all_templates() {
                    let loc = policy.loc().unwrap();
                    let own = &POLICIES[loc.start()..loc.end()];
                    assert_eq!(loc.snippet(), Some(own));
                    assert!(own.ends_with(';'), "{own}");
                    policies += 1;
                }
            }
            assert_eq!(policies, 3, "{size}");
        }
        assert_eq!(cut("permit (\"open", 1), None);
        assert_eq!(cut("a\"\\", 1), None);
        assert_eq!(pieces(POLICIES, 4), vec![0..POLICIES.len()]);
    }
}
