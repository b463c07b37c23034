//! A line of a native recording, taken apart without building it.
//!
//! Invariant: a line that is taken is a [`crate::model::RecordedAction`] of version 1 with a request and without unknown
//! fields, repeated keys or entities of its own, and its parts are those that the general reader finds.

use super::context::uid;
use super::scan::{Quoted, Scanner};
use crate::engine::compiled::datetime;
use crate::model::Decision;
use jiff::{SignedDuration, Timestamp};

/// When something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment<'l> {
    /// Seconds since 1970, and nanoseconds behind them.
    pub instant: (i64, i32),
    /// As it was written.
    pub text: &'l str,
}

/// An instant of a [`Moment`]; nothing where the calendar does not have it.
pub fn timestamp((seconds, nanos): (i64, i32)) -> Option<Timestamp> {
    let whole = Timestamp::new(seconds, 0).ok()?;
    match nanos {
        0 => Some(whole),
        nanos => whole
            .checked_add(SignedDuration::from_nanos(nanos.into()))
            .ok(),
    }
}

/// The parts of a line.
#[derive(Debug, Default)]
pub struct Line<'l> {
    pub id: Option<Quoted<'l>>,
    pub session: Option<Quoted<'l>>,
    pub sequence: Option<u64>,
    pub agent: Option<Quoted<'l>>,
    pub time: Option<Moment<'l>>,
    pub recorded: Option<Decision>,
    /// Whether it holds a tool call.
    pub call: bool,
    /// The digests by which its request was made.
    pub mapping: Option<&'l str>,
    pub schema: Option<&'l str>,
    /// Principal, action and resource as they stand there.
    pub request: [Option<&'l str>; 3],
    pub context: Option<&'l str>,
    /// All of it from the request on, where it is written as we write it.
    pub rest: Option<&'l str>,
}

/// Whether it is known how a line goes on from its request, where a call stands before it or none.
pub type Known<'k> = dyn FnMut(bool, &str) -> bool + 'k;

/// Takes a line apart. The context is handed over when principal, action and resource are known. Where `known` knows how
/// the line goes on from its request, that is not looked at, and nothing of it stands in the parts.
pub fn line<'l>(
    scanner: &mut Scanner<'l>,
    known: Option<&mut Known<'_>>,
    context: &mut impl FnMut(&mut Scanner<'l>, [&'l str; 3]) -> Option<()>,
) -> Option<Line<'l>> {
    let from = *scanner;
    let mut fits = true;
    let written = as_written(scanner, known, &mut |scanner, request| {
        let found = context(scanner, request);
        fits = found.is_some();
        found
    });
    if written.is_some() || !fits {
        return written;
    }
    *scanner = from;
    in_any_order(scanner, context)
}

/// A line as `recording/native.rs` writes it: keys in the order of the type, and no spaces.
fn as_written<'l>(
    scanner: &mut Scanner<'l>,
    known: Option<&mut Known<'_>>,
    context: &mut impl FnMut(&mut Scanner<'l>, [&'l str; 3]) -> Option<()>,
) -> Option<Line<'l>> {
    let mut line = Line::default();
    scanner.literal("{\"version\":1,\"id\":").then_some(())?;
    line.id = Some(scanner.string()?);
    if scanner.literal(",\"session\":") {
        line.session = Some(scanner.string()?);
    }
    if scanner.literal(",\"sequence\":") {
        line.sequence = Some(sequence(scanner)?);
    }
    if scanner.literal(",\"time\":") {
        line.time = Some(moment(scanner.string()?.plain()?)?);
    }
    if scanner.literal(",\"agent\":") {
        line.agent = Some(scanner.string()?);
    }
    for key in [",\"user\":", ",\"system\":"] {
        if scanner.literal(key) {
            scanner.string()?;
        }
    }
    if scanner.literal(",\"meta\":") {
        meta(scanner)?;
    }
    if scanner.literal(",\"call\":") {
        call(scanner)?;
        line.call = true;
    }
    line.rest = Some(scanner.rest());
    if let (Some(known), Some(rest)) = (known, line.rest)
        && known(line.call, rest)
    {
        return Some(line);
    }
    let part = |scanner: &mut Scanner<'l>, key: &str| {
        scanner.literal(key).then_some(())?;
        let from = scanner.position();
        uid(scanner)?;
        scanner.since(from)
    };
    let request = [
        part(scanner, ",\"request\":{\"cedar\":{\"principal\":")?,
        part(scanner, ",\"action\":")?,
        part(scanner, ",\"resource\":")?,
    ];
    line.request = request.map(Some);
    if scanner.literal(",\"context\":") {
        let from = scanner.position();
        context(scanner, request)?;
        line.context = Some(scanner.since(from)?);
    } else {
        context(&mut Scanner::new("{}"), request)?;
        line.context = Some("{}");
    }
    scanner.literal("}").then_some(())?;
    if scanner.literal(",\"mapping\":") {
        line.mapping = Some(scanner.string()?.plain()?);
    }
    if scanner.literal(",\"schema\":") {
        line.schema = Some(scanner.string()?.plain()?);
    }
    scanner.literal("}").then_some(())?;
    if scanner.literal(",\"recorded\":") {
        line.recorded = Some(recorded(scanner)?);
    }
    (scanner.literal("}") && scanner.is_done()).then_some(line)
}

/// A line with its keys in any order.
fn in_any_order<'l>(
    scanner: &mut Scanner<'l>,
    context: &mut impl FnMut(&mut Scanner<'l>, [&'l str; 3]) -> Option<()>,
) -> Option<Line<'l>> {
    let mut line = Line::default();
    let mut once = Once::default();
    scanner.members(|scanner, key| {
        once.see(
            key,
            &[
                "version", "id", "session", "sequence", "time", "agent", "user", "system", "meta",
                "call", "request", "recorded",
            ],
        )?;
        match key {
            "version" => (scanner.integer()? == 1).then_some(())?,
            "id" => line.id = Some(scanner.string()?),
            "session" => line.session = Some(scanner.string()?),
            "sequence" => line.sequence = Some(sequence(scanner)?),
            "time" => line.time = Some(moment(scanner.string()?.plain()?)?),
            "agent" => line.agent = Some(scanner.string()?),
            "user" | "system" => {
                scanner.string()?;
            }
            "meta" => meta(scanner)?,
            "call" => {
                call(scanner)?;
                line.call = true;
            }
            "request" => request(scanner, &mut line, context)?,
            _ => line.recorded = Some(recorded(scanner)?),
        }
        Some(())
    })?;
    let complete = once.seen(0) && line.id.is_some() && line.context.is_some();
    (complete && scanner.is_done()).then_some(line)
}

/// The keys of an object that were seen.
#[derive(Default)]
struct Once(u32);

impl Once {
    /// Notes a key, which must be one of these and not have been seen.
    fn see(&mut self, key: &str, known: &[&str]) -> Option<()> {
        let at = known.iter().position(|known| *known == key)?;
        let fresh = self.0 & (1 << at) == 0;
        self.0 |= 1 << at;
        fresh.then_some(())
    }

    /// Whether the key at this place of the list was seen.
    fn seen(&self, at: u32) -> bool {
        self.0 & (1 << at) != 0
    }
}

fn sequence(scanner: &mut Scanner<'_>) -> Option<u64> {
    u64::try_from(scanner.integer()?).ok()
}

/// So many fields an action has beside the known ones, at most.
const META: usize = 32;

/// Fields that only tools know; which of two of one name counts is the general reader's to say.
fn meta(scanner: &mut Scanner<'_>) -> Option<()> {
    let mut keys = [""; META];
    let mut count = 0;
    scanner.each_member(|scanner, key| {
        let key = key.plain()?;
        let fresh = !keys.get(..count)?.contains(&key);
        *keys.get_mut(count).filter(|_| fresh)? = key;
        count += 1;
        scanner.skip()
    })
}

fn call(scanner: &mut Scanner<'_>) -> Option<()> {
    let mut once = Once::default();
    scanner.members(|scanner, key| {
        once.see(key, &["tool", "args"])?;
        match key {
            "tool" => scanner.string().map(|_| ()),
            // `null` is no arguments at all, which is something else than none.
            _ if scanner.next() == b'n' => None,
            _ => scanner.skip(),
        }
    })?;
    once.seen(0).then_some(())
}

fn request<'l>(
    scanner: &mut Scanner<'l>,
    line: &mut Line<'l>,
    context: &mut impl FnMut(&mut Scanner<'l>, [&'l str; 3]) -> Option<()>,
) -> Option<()> {
    let mut once = Once::default();
    scanner.members(|scanner, key| {
        once.see(key, &["cedar", "entities", "mapping", "schema"])?;
        match key {
            "cedar" => cedar(scanner, line, context)?,
            "mapping" => line.mapping = Some(scanner.string()?.plain()?),
            "schema" => line.schema = Some(scanner.string()?.plain()?),
            // A request with entities of its own needs a store of its own.
            _ => {
                scanner.must(b'[')?;
                scanner.must(b']')?;
            }
        }
        Some(())
    })
}

fn cedar<'l>(
    scanner: &mut Scanner<'l>,
    line: &mut Line<'l>,
    context: &mut impl FnMut(&mut Scanner<'l>, [&'l str; 3]) -> Option<()>,
) -> Option<()> {
    let mut once = Once::default();
    let mut read = false;
    scanner.members(|scanner, key| {
        once.see(
            key,
            &["principal", "action", "resource", "context", "unknown"],
        )?;
        let from = scanner.position();
        let place = match key {
            "principal" => 0,
            "action" => 1,
            "resource" => 2,
            "context" => {
                match line.request {
                    [Some(principal), Some(action), Some(resource)] => {
                        context(scanner, [principal, action, resource])?;
                        read = true;
                    }
                    _ => {
                        (scanner.next() == b'{').then_some(())?;
                        scanner.skip()?;
                    }
                }
                line.context = Some(scanner.since(from)?);
                return Some(());
            }
            // Unknown fields are the general way's.
            _ => {
                scanner.must(b'[')?;
                return scanner.must(b']');
            }
        };
        uid(scanner)?;
        *line.request.get_mut(place)? = Some(scanner.since(from)?);
        Some(())
    })?;
    let [Some(principal), Some(action), Some(resource)] = line.request else {
        return None;
    };
    let text = *line.context.get_or_insert("{}");
    if !read {
        let mut scanner = Scanner::new(text);
        context(&mut scanner, [principal, action, resource])?;
    }
    Some(())
}

fn recorded(scanner: &mut Scanner<'_>) -> Option<Decision> {
    let mut once = Once::default();
    let mut decision = None;
    scanner.members(|scanner, key| {
        once.see(key, &["decision", "determining", "policy_version"])?;
        match key {
            "decision" => {
                decision = Some(match scanner.string()?.plain()? {
                    "allow" => Decision::Allow,
                    "deny" => Decision::Deny,
                    _ => return None,
                });
            }
            "determining" => scanner.items(|scanner| scanner.string().map(|_| ()))?,
            _ => {
                scanner.string()?;
            }
        }
        Some(())
    })?;
    decision
}

/// The years 1 to 9998 in milliseconds since 1970.
const YEARS: std::ops::Range<i64> = -62_135_596_800_000..253_370_764_800_000;

/// RFC 3339 with `T`, up to nine digits behind the point, and `Z` or an offset `+hh:mm`, in years that every calendar
/// of ours has.
fn moment(text: &str) -> Option<Moment<'_>> {
    // How most are written.
    if text.len() == 20 {
        let millis = datetime(text).filter(|millis| YEARS.contains(millis))?;
        return Some(Moment {
            instant: (millis.div_euclid(1000), 0),
            text,
        });
    }
    let date_time = text.get(..19)?;
    let year = text.get(..4)?;
    if !("0001"..="9998").contains(&year) {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        let scale = 10_i32.pow(9 - u32::try_from(digits).ok()?);
        nanos = fraction.get(..digits)?.parse::<i32>().ok()? * scale;
        rest = fraction.get(digits..)?;
    }
    // The same calendar as that of Cedar's `datetime`, whose offsets have no colon.
    let mut plain = [0_u8; 24];
    let zone = rest.as_bytes();
    plain.get_mut(..19)?.copy_from_slice(date_time.as_bytes());
    let len = match zone {
        // An offset that nobody knows.
        b"-00:00" => return None,
        b"Z" => {
            *plain.get_mut(19)? = b'Z';
            20
        }
        [sign, h1, h2, b':', m1, m2] => {
            plain
                .get_mut(19..)?
                .copy_from_slice(&[*sign, *h1, *h2, *m1, *m2]);
            24
        }
        _ => return None,
    };
    let millis = datetime(std::str::from_utf8(plain.get(..len)?).ok()?)?;
    Some(Moment {
        instant: (millis.div_euclid(1000), nanos),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_stand_twice_are_the_general_readers() {
        let taken = |begin: &str, meta: &str| {
            let uid = r#"{"type":"A","id":"a"}"#;
            let text = format!(
                r#"{{{begin},"meta":{meta},"request":{{"cedar":{{"principal":{uid},"action":{uid},"resource":{uid},"context":{{}}}}}}}}"#
            );
            line(&mut Scanner::new(&text), None, &mut |scanner, _| {
                scanner.skip()
            })
            .is_some()
        };
        for begin in [r#""version":1,"id":"a""#, r#""id":"a","version":1"#] {
            assert!(taken(begin, r#"{"a":1,"b":{"a":1}}"#));
            assert!(taken(begin, "{}"));
            for meta in [r#"{"a":1,"a":2}"#, r#"{"a":1,"\u0061":2}"#, "null", "[1]"] {
                assert!(!taken(begin, meta), "{begin} {meta}");
            }
            let many: Vec<String> = (0..=META).map(|at| format!(r#""k{at}":{at}"#)).collect();
            assert!(taken(begin, &format!("{{{}}}", many[1..].join(","))));
            assert!(!taken(begin, &format!("{{{}}}", many.join(","))));
        }
    }

    #[test]
    fn moments_are_those_of_the_general_reader() {
        for text in [
            "2026-09-01T09:48:24Z",
            "2026-09-01T09:48:24.5Z",
            "2026-09-01T09:48:24.123456789+02:00",
            "1969-12-31T23:59:59.999Z",
            "0001-01-01T00:00:00Z",
            "9998-12-31T23:59:59-23:59",
        ] {
            let instant: jiff::Timestamp = text.parse().unwrap();
            let found = timestamp(moment(text).unwrap().instant);
            assert_eq!(Some(instant), found, "{text}");
        }
        for text in [
            "2026-09-01",
            "2026-09-01 09:48:24Z",
            "2026-02-30T09:48:24Z",
            "2026-09-01T24:00:00Z",
            "2026-09-01T09:48:60Z",
            "2026-09-01T09:48:24.Z",
            "2026-09-01T09:48:24",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(moment(text).is_none(), "{text}");
        }
    }
}
