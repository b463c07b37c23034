//! Tests of cutting tables: quotes, lines, limits, and ends.

use super::*;
use proptest::prelude::*;
use std::io::{BufReader, Read};

fn limits(line: usize) -> Limits {
    Limits {
        line,
        ..Limits::default()
    }
}

type Found = Result<Vec<String>, String>;

/// The header, and each row with its first line; a row that is too long as its line.
fn cut(bytes: &[u8], limit: usize, size: usize, buffer: usize) -> (Vec<String>, Vec<(u64, Found)>) {
    let reader = BufReader::with_capacity(buffer, bytes);
    let (mut header, mut found, mut firsts) = (Vec::new(), Vec::new(), 0);
    for chunk in RowChunks::new(reader, b',', limits(limit), size) {
        match chunk {
            Ok(rows) => {
                header = rows.header.to_vec();
                firsts += usize::from(rows.first);
                found.extend(rows.rows.into_iter().map(|row| (row.line, row.cells)));
            }
            Err(ItemError::LineTooLong { line, .. }) => {
                found.push((line, Err("too long".to_owned())))
            }
            Err(error) => found.push((0, Err(error.to_string()))),
        }
    }
    assert!(firsts <= 1);
    (header, found)
}

fn rows(text: &str) -> Vec<(u64, Found)> {
    let whole = cut(text.as_bytes(), 1 << 20, 1 << 20, 1 << 16);
    for (size, buffer) in [(1, 1), (7, 2), (1 << 20, 3)] {
        assert_eq!(
            cut(text.as_bytes(), 1 << 20, size, buffer),
            whole,
            "{text:?}"
        );
    }
    whole.1
}

fn cells(cells: &[&str]) -> Found {
    Ok(cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[test]
fn a_row_may_go_over_lines_and_knows_where_it_begins() {
    let text = "a,b\r\n1,2\r\n\r\n\"x\ny \"\"z\"\", w\",3\r\n,\n\"\",\"last\"";
    assert_eq!(
        rows(text),
        [
            (2, cells(&["1", "2"])),
            (4, cells(&["x\ny \"z\", w", "3"])),
            (6, cells(&["", ""])),
            (7, cells(&["", "last"])),
        ]
    );
}

#[test]
fn every_end_of_a_line_is_one() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "1,2", "", "3,4", ""].join(end);
        assert_eq!(
            rows(&text),
            [(2, cells(&["1", "2"])), (4, cells(&["3", "4"]))],
            "{end:?}"
        );
    }
}

#[test]
fn a_row_that_does_not_fit_is_a_fault_of_its_own() {
    let found = rows("a,b\n1\n1,2,3\n\"1\n\n\",2,3\n4,5\n");
    let fault = |fault: &str| Err(fault.to_owned());
    assert_eq!(
        found,
        [
            (2, fault("the row has 1 cells, and the header 2")),
            (3, fault("the row has 3 cells, and the header 2")),
            (
                4,
                fault("the row has 3 cells, and the header 2; it goes up to line 6")
            ),
            (7, cells(&["4", "5"])),
        ]
    );
}

#[test]
fn a_quote_that_nothing_closes_is_a_fault() {
    for end in ["", "\n", "\n7,8\n"] {
        let found = rows(&format!("a,b\n1,2\n3,\"4{end}"));
        assert_eq!(found.len(), 2, "{found:?}");
        let fault = found[1].1.clone().expect_err("a fault");
        assert!(
            fault.starts_with("a quote is opened that nothing closes"),
            "{fault}"
        );
        assert_eq!(found[1].0, 3);
    }
}

#[test]
fn what_is_too_long_is_passed_over_and_takes_no_memory() {
    let long = "x".repeat(100);
    let text = format!("a,b\n1,2\n\"{long}\n{long}\",{long}\n3,4\n");
    let found = cut(text.as_bytes(), 50, 1 << 10, 8);
    assert_eq!(
        found.1,
        [
            (2, cells(&["1", "2"])),
            (3, Err("too long".to_owned())),
            (5, cells(&["3", "4"])),
        ]
    );
}

#[test]
fn nothing_is_nothing_and_a_header_alone_is_looked_at() {
    assert_eq!(cut(b"", 99, 99, 9), (Vec::new(), Vec::new()));
    assert_eq!(cut(b"\n\r\n", 99, 99, 9), (Vec::new(), Vec::new()));
    let reader = &b"a,b\n"[..];
    let chunks: Vec<_> = RowChunks::new(reader, b',', limits(99), 99).collect();
    let [Ok(rows)] = &chunks[..] else {
        panic!("the header");
    };
    assert!(rows.first && rows.rows.is_empty());
    assert_eq!(rows.header.to_vec(), ["a", "b"]);
}

#[test]
fn other_delimiters_and_bytes_that_are_no_text() {
    let mut chunks = RowChunks::new(&b"a;b\n1,5;\xff\n\"x;y\";2"[..], b';', limits(99), 99);
    let rows = chunks.next().expect("rows").expect("readable").rows;
    assert_eq!(rows[0].cells, Err("a cell is not UTF-8 text".to_owned()));
    assert_eq!(rows[1].cells, cells(&["x;y", "2"]));
    assert!(chunks.next().is_none());
}

/// Gives some bytes, then fails.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.is_empty() {
            true => Err(io::Error::other("bad disk")),
            false => self.0.read(buffer),
        }
    }
}

#[test]
fn what_was_read_before_an_error_comes_first() {
    let reader = BufReader::with_capacity(4, Broken(b"a,b\n1,2\n3,"));
    let chunks: Vec<_> = RowChunks::new(reader, b',', limits(99), 99).collect();
    let [Ok(rows), Err(ItemError::Io(_))] = &chunks[..] else {
        panic!("{chunks:?}");
    };
    assert_eq!(rows.rows.len(), 1);
}

proptest! {
    /// What is written as RFC 4180 wants it is read as it was, however it is cut.
    #[test]
    fn what_is_quoted_is_read_as_it_was(
        table in proptest::collection::vec(proptest::collection::vec("[a\",\n\r é]{0,4}", 3), 1..8),
        size in 1_usize..40,
        buffer in 1_usize..16,
    ) {
        let line = |row: &Vec<String>| {
            let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            cells.join(",") + "\n"
        };
        let text: String = table.iter().map(line).collect();
        let (header, found) = cut(text.as_bytes(), 1 << 20, size, buffer);
        prop_assert_eq!(&header, &table[0]);
        let found: Vec<_> = found.into_iter().map(|(_, row)| row.expect("a row")).collect();
        prop_assert_eq!(&found[..], &table[1..]);
    }

    /// Nothing makes it panic or run on.
    #[test]
    fn any_bytes_come_to_an_end(
        bytes in proptest::collection::vec(prop::sample::select(&b"a\",\n\r\xff"[..]), 0..80),
        limit in 1_usize..40,
        size in 1_usize..40,
        buffer in 1_usize..8,
    ) {
        let (_, found) = cut(&bytes, limit, size, buffer);
        prop_assert!(found.iter().map(|(line, _)| line).is_sorted());
    }
}
