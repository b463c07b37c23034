//! Pieces of a recording whose lengths stand before them, as `Content-Length` headers and an empty line.

use super::ItemError;
use std::io::{BufRead, Read};

/// The name of the header that says how long a piece is.
const LENGTH: &[u8] = b"content-length:";

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
    length_header(text).is_some()
}

/// What stands in the first frame, as far as it is there.
pub(super) fn first(text: &[u8]) -> Option<&[u8]> {
    length_header(text)?;
    let at = memchr::memmem::find(text, b"\n\r\n").map(|at| at + 3);
    let at = at.or_else(|| memchr::memmem::find(text, b"\n\n").map(|at| at + 2));
    text.get(at?..)
}

/// Reads the next piece, without headers.
pub(super) fn next(reader: &mut impl BufRead, limit: usize) -> Result<Frame, ItemError> {
    let mut length = None;
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        let read = reader.take(HEADER).read_until(b'\n', &mut line);
        if read.map_err(ItemError::Io)? == 0 {
            return Ok(Frame::End);
        }
        lines += u64::from(line.last() == Some(&b'\n'));
        let text = line.trim_ascii();
        match (length_header(text), length) {
            (Some(found), _) => length = Some(found),
            (None, Some(length)) if text.is_empty() => return body(reader, length, lines, limit),
            // Headers of other names, and empty lines between pieces.
            (None, Some(_)) => {}
            (None, None) if text.is_empty() => {}
            (None, None) => return stray(reader, line, lines, limit),
        }
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
        loop {
            match next(&mut text, limit).expect("a slice can be read") {
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
