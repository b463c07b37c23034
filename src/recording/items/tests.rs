//! Tests of cutting recordings into items.

use super::*;
use std::io::BufReader;

fn limits(line: usize, document: usize) -> Limits {
    Limits { line, document }
}

fn items(text: &[u8], importer: Importer, limits: Limits) -> Vec<Result<(String, u64), String>> {
    Items::open(text, Some(importer), "x", limits)
        .expect("a slice can be read")
        .map(|item| match item {
            Ok(item) => Ok((String::from_utf8_lossy(&item.bytes).into_owned(), item.line)),
            Err(ItemError::LineTooLong { line, limit }) => Err(format!("{line} > {limit}")),
            Err(error) => Err(error.to_string()),
        })
        .collect()
}

fn some(text: &str, line: u64) -> Result<(String, u64), String> {
    Ok((text.to_owned(), line))
}

#[test]
fn lines_lose_their_ends_and_keep_their_numbers() {
    let text = b"\xef\xbb\xbf{}\r\n\r\n  \n[1]\n\r\r\nlast";
    assert_eq!(
        items(text, Importer::Native, Limits::default()),
        [some("{}", 1), some("[1]", 4), some("last", 6)]
    );
}

#[test]
fn nothing_has_no_items() {
    for text in [&b""[..], b"\n", b"\xef\xbb\xbf", b" \r\n\n"] {
        for importer in [Importer::Native, Importer::Tau2, Importer::Openai] {
            assert_eq!(items(text, importer, Limits::default()), [], "{text:?}");
        }
    }
}

#[test]
fn a_long_line_is_left_out_and_counted() {
    let text = b"1234\r\n12345\n\n123456\r\n1234567890\n1234\n12345";
    assert_eq!(
        items(text, Importer::Native, limits(4, 4)),
        [
            some("1234", 1),
            Err("2 > 4".to_owned()),
            Err("4 > 4".to_owned()),
            Err("5 > 4".to_owned()),
            some("1234", 6),
            Err("7 > 4".to_owned()),
        ]
    );
}

#[test]
fn a_line_of_exactly_the_limit_is_read_at_every_buffer_size() {
    for size in 1..20 {
        let reader = BufReader::with_capacity(size, &b"12345678\r\n123456789\n12345678\n"[..]);
        let found: Vec<_> = Items::open(reader, Some(Importer::Native), "x", limits(8, 8))
            .expect("readable")
            .map(|item| {
                item.map(|item| item.line)
                    .map_err(|error| error.to_string())
            })
            .collect();
        let too_long = Err("the line is longer than 8 bytes".to_owned());
        assert_eq!(found, [Ok(1), too_long, Ok(3)], "buffer of {size}");
    }
}

#[test]
fn a_hundred_megabytes_in_one_line_do_not_stop_the_next_line() {
    let long = BufReader::new(io::repeat(b'x').take(100_000_000));
    let reader = long.chain(&b"\n{}\n"[..]);
    let found: Vec<_> = Items::open(reader, Some(Importer::Native), "x", Limits::default())
        .expect("readable")
        .map(|item| item.map_err(|error| error.to_string()))
        .collect();
    let next = Item {
        bytes: b"{}".to_vec(),
        line: 2,
    };
    let too_long = "the line is longer than 67108864 bytes".to_owned();
    assert_eq!(found, [Err(too_long), Ok(next)]);
}

#[test]
fn a_document_is_one_item_up_to_its_limit() {
    let text = b"\xef\xbb\xbf\n{\n}\n";
    assert_eq!(
        items(text, Importer::Tau2, limits(1, 5)),
        [some("\n{\n}\n", 1)]
    );
    let too_long = "the document is longer than 4 bytes";
    assert_eq!(
        items(text, Importer::Tau2, limits(1, 4)),
        [Err(too_long.to_owned())]
    );
}

#[test]
fn the_prefix_is_not_lost() {
    let line = format!(
        "{{\"role\":\"user\",\"content\":\"{}\"}}\n",
        "y".repeat(50_000)
    );
    let text = line.repeat(5);
    let recording = Items::open(text.as_bytes(), None, "x", Limits::default()).expect("known");
    assert_eq!(recording.importer(), Importer::Openai);
    let found: Vec<_> = recording.map(|item| item.expect("a line").bytes).collect();
    assert_eq!(found, vec![line.trim_end().as_bytes().to_vec(); 5]);
}

#[test]
fn what_cannot_be_read_or_known_is_said() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad disk"))
        }
    }
    let broken = || BufReader::new(Broken);
    let open = |importer| Items::open(broken(), importer, "x", Limits::default());
    assert!(matches!(open(None), Err(OpenError::Io(_))));
    let unknown = Items::open(&b"{}"[..], None, "x", Limits::default());
    assert!(matches!(unknown, Err(OpenError::UnknownFormat)));

    // The prefix can be read, what follows cannot: the items before the fault come, then the fault, then nothing.
    let line = format!("{}\n", "z".repeat(PREFIX / 2 - 1));
    let reader = line.repeat(2).into_bytes();
    let reader = (&reader[..]).chain(broken());
    let items = Items::open(reader, Some(Importer::Native), "x", Limits::default());
    let found: Vec<_> = items
        .expect("the prefix")
        .map(|item| item.is_ok())
        .collect();
    assert_eq!(found, [true, true, false]);
}
