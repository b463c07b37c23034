//! Pieces of a recording whose lengths stand before them, as `Content-Length` headers and an empty line.

use super::ItemError;
use std::io::{BufRead, Read};

/// The name of the header that says how long a piece is.
const LENGTH: &[u8] = b"content-length:";

/// The name of the header that says what a piece is.
const TYPE: &[u8] = b"content-type:";

/// A header is no longer than this; what is longer is none.
const HEADER: u64 = 8 * 1024;

/// What stands at a place of a recording of frames.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A piece, or a line that belongs to none, and how many lines before it were headers.
    Piece(Vec<u8>, u64),
    /// A piece that is longer than the limit and was left out, and how many lines it and its headers have.
    TooLong(u64),
    /// Nothing comes any more.
    End,
}

/// Whether frames begin here.
pub(super) fn are(text: &[u8]) -> bool {
    length_header(behind_type(text)).is_some()
}

/// What stands in the first frame, as far as it is there.
pub(super) fn first(text: &[u8]) -> Option<&[u8]> {
    length_header(behind_type(text))?;
    let at = memchr::memmem::find(text, b"\n\r\n").map(|at| at + 3);
    let at = at.or_else(|| memchr::memmem::find(text, b"\n\n").map(|at| at + 2));
    text.get(at?..)
}

/// Reads the next piece, without headers. `length` is what headers said of a piece that was not read yet.
pub(super) fn next(
    reader: &mut impl BufRead,
    limit: usize,
    length: &mut Option<u64>,
) -> Result<Frame, ItemError> {
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        let read = reader.take(HEADER).read_until(b'\n', &mut line);
        if read.map_err(ItemError::Io)? == 0 {
            return Ok(Frame::End);
        }
        let whole = line.last() == Some(&b'\n');
        lines += u64::from(whole);
        let text = line.trim_ascii();
        let found = length_header(text);
        if text.is_empty() {
            // Empty lines stand between pieces, too.
            if let Some(length) = length.take() {
                return body(reader, length, lines, limit);
            }
        } else if found.is_some() {
            *length = found;
        } else if !(whole && (is_type(text) || (length.is_some() && is_header(text)))) {
            return stray(reader, line, lines, limit);
        }
    }
}

/// Whether a line is the header that may stand before the length.
fn is_type(line: &[u8]) -> bool {
    let name = line.get(..TYPE.len());
    name.is_some_and(|name| name.eq_ignore_ascii_case(TYPE)) && is_header(line)
}

/// Whether a line is a header of any name. What may hold a message is none.
fn is_header(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let (name, value) = line.split_at_checked(colon).unwrap_or_default();
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        // A length that cannot be read is none of another name.
        && LENGTH.strip_suffix(b":").is_some_and(|length| !name.eq_ignore_ascii_case(length))
        && !value.iter().any(|byte| matches!(byte, b'{' | b'['))
}

/// The text behind a header that may stand before the length.
fn behind_type(text: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
    match text.split_at_checked(end) {
        Some((line, rest)) if is_type(line.trim_ascii()) => rest,
        Some(_) | None => text,
    }
}

/// A line that belongs to no frame: it is given, so that whoever reads it says what is wrong.
fn stray(
    reader: &mut impl BufRead,
    mut line: Vec<u8>,
    lines: u64,
    limit: usize,
) -> Result<Frame, ItemError> {
    if line.last() == Some(&b'\n') {
        return Ok(Frame::Piece(line, lines.saturating_sub(1)));
    }
    let most = u64::try_from(limit.saturating_add(1)).unwrap_or(u64::MAX);
    let rest = reader.take(most).read_until(b'\n', &mut line);
    rest.map_err(ItemError::Io)?;
    if line.len() > limit {
        if line.last() != Some(&b'\n') {
            reader.skip_until(b'\n').map_err(ItemError::Io)?;
        }
        return Ok(Frame::TooLong(lines + 1));
    }
    Ok(Frame::Piece(line, lines))
}

fn body(
    reader: &mut impl BufRead,
    length: u64,
    lines: u64,
    limit: usize,
) -> Result<Frame, ItemError> {
    let mut bytes = Vec::new();
    let mut rest = reader.take(length);
    if usize::try_from(length).is_ok_and(|length| length <= limit) {
        rest.read_to_end(&mut bytes).map_err(ItemError::Io)?;
        return Ok(Frame::Piece(bytes, lines));
    }
    let mut inside = 0;
    loop {
        let buffer = rest.fill_buf().map_err(ItemError::Io)?;
        if buffer.is_empty() {
            return Ok(Frame::TooLong(lines + inside));
        }
        inside += memchr::memchr_iter(b'\n', buffer).count() as u64;
        let count = buffer.len();
        rest.consume(count);
    }
}

/// The length that a header line says; the line may have more behind it.
fn length_header(line: &[u8]) -> Option<u64> {
    let (name, rest) = line.split_at_checked(LENGTH.len())?;
    if !name.eq_ignore_ascii_case(LENGTH) {
        return None;
    }
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let digits = rest.get(..end)?.trim_ascii();
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut text: &[u8], limit: usize) -> Vec<Result<(String, u64), u64>> {
        let mut all = Vec::new();
        let mut length = None;
        loop {
            match next(&mut text, limit, &mut length).expect("a slice can be read") {
                Frame::Piece(bytes, lines) => {
                    all.push(Ok((String::from_utf8_lossy(&bytes).into_owned(), lines)));
                }
                Frame::TooLong(lines) => all.push(Err(lines)),
                Frame::End => return all,
            }
        }
    }

    fn piece(text: &str, lines: u64) -> Result<(String, u64), u64> {
        Ok((text.to_owned(), lines))
    }

    #[test]
    fn pieces_are_as_long_as_their_headers_say() {
        let text = b"Content-Length: 2\r\n\r\n{}content-length:5\nContent-Type: x\n\n[\n1\n]\n\nContent-Length: 9\r\n\r\n{}";
        assert_eq!(
            all(text, 100),
            [piece("{}", 2), piece("[\n1\n]", 3), piece("{}", 4)]
        );
        assert_eq!(first(text).map(|text| &text[..3]), Some(&b"{}c"[..]));
        assert!(are(text) && !are(b"{}") && first(b"Content-Length: 5\r\n").is_none());
    }

    #[test]
    fn what_is_in_no_frame_is_given_line_by_line() {
        let text = b"Content-Length: 2\n\n{}x}\nContent-Length: many\nContent-Length: 2\n\n[]";
        assert_eq!(
            all(text, 100),
            [
                piece("{}", 2),
                piece("x}\n", 0),
                piece("Content-Length: many\n", 0),
                piece("[]", 2),
            ]
        );
    }

    #[test]
    fn headers_stand_in_any_order() {
        let text = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}content-type: x\nX-Y: z\nContent-Length: 2\n\n[]";
        assert_eq!(
            all(text, 100),
            [piece("{}", 3), piece("X-Y: z\n", 1), piece("[]", 2)]
        );
        assert_eq!(first(text).map(|text| &text[..3]), Some(&b"{}c"[..]));
        assert!(are(text) && !are(b"Content-Type: x\n{}") && !are(b"Content-Type: x"));
    }

    #[test]
    fn text_behind_a_length_is_not_lost() {
        let text = b"Content-Length: 2\n{\"a\":1}\nX-Y: z\nserver started\nlog: {\"b\":2}\n\n{}{\"c\":3}\n";
        assert_eq!(
            all(text, 100),
            [
                piece("{\"a\":1}\n", 1),
                piece("server started\n", 1),
                piece("log: {\"b\":2}\n", 0),
                piece("{}", 1),
                piece("{\"c\":3}\n", 0),
            ]
        );
        let long = [
            b"Content-Length: 2\nx".to_vec(),
            b"y".repeat(9_000),
            b"\n\n{}".to_vec(),
        ];
        let all = all(&long.concat(), 10_000);
        assert_eq!((all.len(), &all[1]), (2, &piece("{}", 1)));
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let text = b"Content-Length: 12\n\n0123\n5678\nab\nContent-Length: 99999999999999999999\nContent-Length: 2\n\n[]";
        assert_eq!(
            all(text, 11),
            [
                Err(4),
                piece("Content-Length: 99999999999999999999\n", 1),
                piece("[]", 2)
            ]
        );
        let long = [b"x".repeat(20_000), b"\n[]\n".to_vec()].concat();
        assert_eq!(all(&long, 10_000), [Err(1), piece("[]\n", 0)]);
        assert_eq!(all(&long, 30_000).len(), 2);
    }
}
