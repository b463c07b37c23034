//! Recordings with something wrong in them, and what holds of every importer whatever it reads.

use super::data::logs;
use agentauthz::model::{Importer, RecordedAction};
use agentauthz::recording::{
    Item, ItemError, Items, Limits, PREFIX, Parsed, Peeked, detect, parse, parse_line, parse_row,
    write,
};
use std::io::{BufReader, Cursor, Read};
use std::ops::RangeInclusive;

/// A little of every format.
pub const SEEDS: [&str; 11] = [
    "{\"version\":1,\"id\":\"a\",\"session\":\"s\",\"sequence\":0,\"time\":\"2026-03-02T09:00:00Z\",\"call\":{\"tool\":\"t\",\"args\":{\"n\":1.5}}}\n{\"version\":1,\"id\":\"b\",\"recorded\":{\"decision\":\"deny\"}}\n",
    "{\"suite_name\":\"s\",\"pipeline_name\":\"p\",\"user_task_id\":\"u\",\"injection_task_id\":null,\"error\":null,\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":\"pay\",\"args\":{\"amount\":5},\"id\":\"c\"}]}]}\n",
    "{\"info\":{\"agent_info\":{\"llm\":\"m\"}},\n\"simulations\":[{\"id\":\"s\",\"messages\":[{\"timestamp\":\"2025-08-01T16:20:50\",\"tool_calls\":[{\"id\":\"c\",\"name\":\"refund\",\"arguments\":{\"amount\":5},\"requestor\":\"assistant\"}]}]}]}",
    "[{\"task_id\":0,\"reward\":1.0,\"info\":{\"task\":{\"user_id\":\"u\"}},\"traj\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}}]}],\"trial\":0}]",
    "{\"type\":\"assistant\",\"sessionId\":\"s\",\"uuid\":\"u\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}]}}\n{\"type\":\"user\",\"sessionId\":\"s\",\"uuid\":\"v\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"toolu_1\",\"content\":\"The user doesn't want to proceed with this tool use.\",\"is_error\":true}]}}\n",
    "{\"session_id\":\"s\",\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Write\",\"tool_input\":{\"file_path\":\"/x\"},\"tool_use_id\":\"toolu_1\"}\n{\"session_id\":\"s\",\"hook_event_name\":\"PostToolUse\",\"tool_name\":\"Write\",\"tool_input\":{\"file_path\":\"/x\"},\"tool_use_id\":\"toolu_1\"}\n{\"session_id\":\"s\",\"event\":\"PreToolUse\",\"tool_name\":\"Bash\",\"bash_command\":\"ls\"}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"arguments\":{\"a\":[1]}}}\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"isError\":true}}\n{\"ts\":\"2026-03-02T09:00:00Z\",\"dir\":\"out\",\"server\":\"g\",\"session\":\"s\",\"msg\":{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}}\n",
    "Content-Length: 65\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
    "2026-03-02T09:00:00Z [git] [info] Message from client: {\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"arguments\":{}},\"jsonrpc\":\"2.0\",\"id\":3} { metadata: undefined }\n2026-03-02T09:00:01Z [git] [info] Message from server: {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n",
    "[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\n{\"type\":\"function_call\",\"call_id\":\"d\",\"name\":\"g\",\"arguments\":\"{\"}]",
    "{\"messages\":[{\"role\":\"assistant\",\"function_call\":{\"name\":\"f\",\"arguments\":\"\"}}],\"id\":\"x\"}\n{\"role\":\"assistant\",\"tool_calls\":[]}\n",
];

/// What readers stumble over.
const PIECES: [&[u8]; 24] = [
    b"null",
    b"[]",
    b"{}",
    b"\"\"",
    b"1e999",
    b"-18446744073709551616",
    b"\"\\ud800\"",
    b"\\u0000",
    b"\x00",
    b"\x1e",
    b"\xff\xfe",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"{\"a\":1,\"a\":2}",
    b",",
    b"Content-Length: 7\r\n\r\n",
    b"Content-Length: 18446744073709551615\n\n",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"true",
    b"\"tool_use\"",
    b"\"jsonrpc\":\"2.0\",",
    b"{\"$unknown\":1}",
];

/// A good recording.
pub struct Seed {
    /// Its format, where it is known.
    pub importer: Option<Importer>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Seed {
    /// A recording whose format shows.
    pub fn of(bytes: Vec<u8>) -> Self {
        let importer = detect(&bytes, "x.jsonl");
        Self { importer, bytes }
    }
}

/// A little of every format: what readers once stumbled over, and a few sessions.
pub fn seeds() -> Vec<Seed> {
    let texts = SEEDS.map(|seed| Seed::of(seed.as_bytes().to_vec()));
    let logs = Importer::ALL.iter().map(|importer| Seed {
        importer: Some(*importer),
        bytes: logs::log(*importer, 1_000).bytes,
    });
    texts.into_iter().chain(logs).collect()
}

/// SplitMix64: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..(start + self.below(most)).min(length)
    }
}

/// One of the seeds with a few things wrong in it; always the same in the same round. Most are seeds of the format.
pub fn mangle(importer: Importer, seeds: &[Seed], round: u64) -> Vec<u8> {
    let mut numbers = Numbers(round.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let mut own = seeds.iter().filter(|seed| seed.importer == Some(importer));
    let count = own.clone().count();
    let seed = match count > 0 && !round.is_multiple_of(4) {
        true => own.nth(numbers.below(count)),
        false => seeds.get(numbers.below(seeds.len())),
    };
    let mut bytes = seed.map(|seed| seed.bytes.clone()).unwrap_or_default();
    for _ in 0..numbers.below(6) {
        let length = bytes.len();
        match numbers.below(9) {
            0 if length > 0 => {
                let at = numbers.below(length);
                bytes[at] = numbers.next() as u8;
            }
            1 => drop(bytes.drain(numbers.range(length, 40))),
            2 => bytes.truncate(numbers.below(length + 1)),
            3 => {
                let copy = bytes[numbers.range(length, 400)].to_vec();
                let at = numbers.below(length + 1);
                bytes.splice(at..at, copy);
            }
            4 => {
                let other = &seeds[numbers.below(seeds.len())].bytes;
                let piece = other[numbers.range(other.len(), 400)].to_vec();
                let at = numbers.below(length + 1);
                bytes.splice(at..at, piece);
            }
            5 => {
                let piece = PIECES[numbers.below(PIECES.len())];
                let at = numbers.below(length + 1);
                bytes.splice(at..at, piece.iter().copied());
            }
            // In place of a value or a key.
            6 => {
                let from = numbers.below(length + 1);
                let begin = bytes[from..].iter().position(|byte| b":[{,".contains(byte));
                let begin = from + begin.map_or(length - from, |at| at + 1);
                let end = bytes[begin..]
                    .iter()
                    .position(|byte| b",]}:".contains(byte));
                let end = end.map_or(length, |at| begin + at);
                let piece = PIECES[numbers.below(PIECES.len())];
                bytes.splice(begin..end, piece.iter().copied());
            }
            // A line again, somewhere else.
            7 => {
                let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                let line = lines[numbers
                    .below(lines.len())
                    .min(lines.len().saturating_sub(1))..]
                    .first()
                    .map(|line| line.to_vec())
                    .unwrap_or_default();
                bytes.extend(line);
            }
            _ => bytes.extend(&seeds[numbers.below(SEEDS.len().min(seeds.len()))].bytes),
        }
    }
    bytes
}

/// Mangled recordings one behind the other, which are made as they are read.
struct Endless<'s> {
    importer: Importer,
    seeds: &'s [Seed],
    round: u64,
    made: Cursor<Vec<u8>>,
    /// So many bytes more are made.
    left: usize,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut count = self.made.read(buffer)?;
        while count == 0 && self.left > 0 {
            let mut bytes = mangle(self.importer, self.seeds, self.round);
            bytes.push(b'\n');
            self.round += 1;
            self.left = self.left.saturating_sub(bytes.len());
            self.made = Cursor::new(bytes);
            count = self.made.read(buffer)?;
        }
        Ok(count)
    }
}

/// Reads a recording of so many bytes, of which nothing but what is read is in memory; how many items there are. It begins
/// well, so that it is read line by line where the format has lines; a document is read up to its limit.
pub fn stream(importer: Importer, seeds: &[Seed], bytes: usize) -> usize {
    let endless = BufReader::new(Endless {
        importer,
        seeds,
        round: 0,
        made: Cursor::new(logs::log(importer, PREFIX).bytes),
        left: bytes,
    });
    let peeked = Peeked::at(endless, "x.jsonl").expect("it can be read");
    if importer == Importer::Csv {
        return peeked.rows(b',', LIMITS, 10_000).count();
    }
    let items = peeked.items(importer, LIMITS);
    items
        .inspect(|item| {
            if let Ok(item) = item {
                parse(importer, item, "x.jsonl");
            }
        })
        .count()
}

/// So much may be in memory at once.
const LIMITS: Limits = Limits {
    line: 30_000,
    document: 100_000,
};

/// What came out.
#[derive(Debug, Default)]
pub struct Tally {
    pub rounds: u64,
    pub bytes: u64,
    pub actions: u64,
    pub malformed: u64,
    pub dropped: u64,
}

/// Reads the bytes with an importer, and holds what comes out to what is possible.
pub fn hold(importer: Importer, bytes: &[u8], tally: &mut Tally) {
    tally.rounds += 1;
    tally.bytes += bytes.len() as u64;
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    if importer == Importer::Csv {
        return hold_table(bytes, tally);
    }
    let own = logs::layout();
    let read = |item: &Item| match importer {
        Importer::Jsonl => parse_line(&own, item, "x.jsonl"),
        importer => parse(importer, item, "x.jsonl"),
    };
    let items = Items::open(bytes, Some(importer), "x.jsonl", LIMITS);
    let mut size = 0;
    for item in items.expect("bytes in memory can be read") {
        match item {
            Ok(item) => {
                assert!((1..=lines).contains(&item.line), "{importer:?}");
                size += item.bytes.len();
                let parsed = read(&item);
                assert_eq!(parsed, read(&item), "{importer:?}");
                hold_item(importer, item.bytes.len(), item.line..=lines, parsed, tally);
            }
            Err(error) => hold_error(&error, lines),
        }
    }
    // An item is a part of the recording, and at most a short note on it for each line.
    assert!(size <= bytes.len() + 200 * lines as usize, "{importer:?}");
}

/// A table is cut into rows, which may go over several lines; a carriage return ends a line, too.
fn hold_table(bytes: &[u8], tally: &mut Tally) {
    let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r'));
    let lines = 1 + ends.count() as u64;
    let own = logs::layout();
    let peeked = Peeked::at(bytes, "x.csv").expect("bytes in memory can be read");
    for rows in peeked.rows(own.delimiter, LIMITS, 1_000) {
        match rows {
            Ok(rows) => {
                for row in &rows.rows {
                    let parsed = parse_row(&own, &rows.header, row, "x.csv");
                    let size = bytes.len();
                    hold_item(Importer::Csv, size, row.line..=lines, parsed, tally);
                }
            }
            Err(error) => hold_error(&error, lines),
        }
    }
}

fn hold_error(error: &ItemError, lines: u64) {
    match error {
        ItemError::LineTooLong { line, limit } => {
            assert!(*limit == 30_000 && (1..=lines).contains(line));
        }
        ItemError::DocumentTooLong { limit } => assert_eq!(*limit, 100_000),
        other => panic!("{other}"),
    }
}

fn hold_item(
    importer: Importer,
    size: usize,
    lines: RangeInclusive<u64>,
    parsed: Parsed,
    tally: &mut Tally,
) {
    let count = parsed.actions.len();
    // The shortest call or fault has some bytes.
    assert!(count <= 1 + size / 2, "{importer:?}: {count}");
    for action in parsed.actions {
        match action {
            Ok(action) => {
                tally.actions += 1;
                let something = action.call.is_some() || action.request.is_some();
                // Of a decision nothing more may be recorded than that something was decided.
                let bare = matches!(
                    importer,
                    Importer::Native | Importer::VerifiedPermissions | Importer::Agentcore
                );
                assert!(something || bare, "{importer:?}");
                hold_action(&action);
            }
            Err(malformed) => {
                tally.malformed += 1;
                assert!(lines.contains(&malformed.line), "{importer:?}");
                assert!(!malformed.message.is_empty() && malformed.message.len() < 2_000);
            }
        }
    }
    tally.dropped += parsed.dropped.values().sum::<u64>();
}

/// What is written natively reads as what it was.
fn hold_action(action: &RecordedAction) {
    let mut line = Vec::new();
    write(action, &mut line).expect("a vector takes everything");
    let item = Item {
        bytes: line.trim_ascii_end().to_vec(),
        line: 1,
    };
    let back = parse(Importer::Native, &item, "x.jsonl");
    let back = back.actions.into_iter().next();
    let back = back.expect("an action").expect("what was written");
    // A repeated key is written as a mark.
    let mut again = Vec::new();
    write(&back, &mut again).expect("a vector takes everything");
    assert_eq!(again, line);
}
