//! Extension values: decimal, ipaddr, datetime and duration, as Cedar's `extensions/*.rs` define them.
//!
//! The texts that are accepted are exactly those that Cedar accepts; `tests/properties.rs` and the unit tests here hold
//! them to Cedar's own constructors.

use super::value::{Ip, Val};
use core::net::{IpAddr, Ipv4Addr};

/// An evaluation error of Cedar's, without its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raised;

/// An extension function or method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Decimal,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    Ip,
    IsIpv4,
    IsIpv6,
    IsLoopback,
    IsMulticast,
    IsInRange,
    Datetime,
    Duration,
    Offset,
    DurationSince,
    ToDate,
    ToTime,
    ToMilliseconds,
    ToSeconds,
    ToMinutes,
    ToHours,
    ToDays,
}

impl Function {
    /// The function of this name with so many arguments.
    pub fn named(name: &str, arguments: usize) -> Option<Self> {
        let (function, arity) = match name {
            "decimal" => (Self::Decimal, 1),
            "lessThan" => (Self::LessThan, 2),
            "lessThanOrEqual" => (Self::LessThanOrEqual, 2),
            "greaterThan" => (Self::GreaterThan, 2),
            "greaterThanOrEqual" => (Self::GreaterThanOrEqual, 2),
            "ip" => (Self::Ip, 1),
            "isIpv4" => (Self::IsIpv4, 1),
            "isIpv6" => (Self::IsIpv6, 1),
            "isLoopback" => (Self::IsLoopback, 1),
            "isMulticast" => (Self::IsMulticast, 1),
            "isInRange" => (Self::IsInRange, 2),
            "datetime" => (Self::Datetime, 1),
            "duration" => (Self::Duration, 1),
            "offset" => (Self::Offset, 2),
            "durationSince" => (Self::DurationSince, 2),
            "toDate" => (Self::ToDate, 1),
            "toTime" => (Self::ToTime, 1),
            "toMilliseconds" => (Self::ToMilliseconds, 1),
            "toSeconds" => (Self::ToSeconds, 1),
            "toMinutes" => (Self::ToMinutes, 1),
            "toHours" => (Self::ToHours, 1),
            "toDays" => (Self::ToDays, 1),
            _ => return None,
        };
        (arguments == arity).then_some(function)
    }
}

/// The value that a constructor makes of a text; nothing where it is no constructor or refuses the text.
pub fn construct<'a>(function: &str, argument: &str) -> Option<Val<'a>> {
    match Function::named(function, 1)? {
        Function::Decimal => decimal(argument).map(Val::Decimal),
        Function::Ip => ip(argument).map(Val::Ip),
        Function::Datetime => datetime(argument).map(Val::Datetime),
        Function::Duration => duration(argument).map(Val::Duration),
        Function::LessThan
        | Function::LessThanOrEqual
        | Function::GreaterThan
        | Function::GreaterThanOrEqual
        | Function::IsIpv4
        | Function::IsIpv6
        | Function::IsLoopback
        | Function::IsMulticast
        | Function::IsInRange
        | Function::Offset
        | Function::DurationSince
        | Function::ToDate
        | Function::ToTime
        | Function::ToMilliseconds
        | Function::ToSeconds
        | Function::ToMinutes
        | Function::ToHours
        | Function::ToDays => None,
    }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Calls a function on values.
pub fn call<'a>(function: Function, arguments: &[Val<'a>]) -> Result<Val<'a>, Raised> {
    let first = *arguments.first().ok_or(Raised)?;
    let second = || arguments.get(1).copied().ok_or(Raised);
    Ok(match function {
        Function::Decimal => Val::Decimal(decimal(text(first)?).ok_or(Raised)?),
        Function::Ip => Val::Ip(ip(text(first)?).ok_or(Raised)?),
        Function::Datetime => Val::Datetime(datetime(text(first)?).ok_or(Raised)?),
        Function::Duration => Val::Duration(duration(text(first)?).ok_or(Raised)?),
        Function::LessThan => Val::Bool(as_decimal(first)? < as_decimal(second()?)?),
        Function::LessThanOrEqual => Val::Bool(as_decimal(first)? <= as_decimal(second()?)?),
        Function::GreaterThan => Val::Bool(as_decimal(first)? > as_decimal(second()?)?),
        Function::GreaterThanOrEqual => Val::Bool(as_decimal(first)? >= as_decimal(second()?)?),
        Function::IsIpv4 => Val::Bool(as_ip(first)?.address.is_ipv4()),
        Function::IsIpv6 => Val::Bool(as_ip(first)?.address.is_ipv6()),
        Function::IsLoopback => Val::Bool(is_loopback(as_ip(first)?)),
        Function::IsMulticast => Val::Bool(is_multicast(as_ip(first)?)),
        Function::IsInRange => Val::Bool(is_in_range(as_ip(first)?, as_ip(second()?)?)),
        Function::Offset => {
            let (time, by) = (as_datetime(first)?, as_duration(second()?)?);
            Val::Datetime(time.checked_add(by).ok_or(Raised)?)
        }
        Function::DurationSince => {
            let (time, since) = (as_datetime(first)?, as_datetime(second()?)?);
            Val::Duration(time.checked_sub(since).ok_or(Raised)?)
        }
        Function::ToDate => {
            let time = as_datetime(first)?;
            Val::Datetime(time.checked_sub(time.rem_euclid(DAY)).ok_or(Raised)?)
        }
        Function::ToTime => Val::Duration(as_datetime(first)?.rem_euclid(DAY)),
        Function::ToMilliseconds => Val::Long(as_duration(first)?),
        Function::ToSeconds => Val::Long(as_duration(first)? / SECOND),
        Function::ToMinutes => Val::Long(as_duration(first)? / MINUTE),
        Function::ToHours => Val::Long(as_duration(first)? / HOUR),
        Function::ToDays => Val::Long(as_duration(first)? / DAY),
    })
}

fn text(value: Val<'_>) -> Result<&str, Raised> {
    match value {
        Val::Text(text) => Ok(text),
        _ => Err(Raised),
    }
}

fn as_decimal(value: Val<'_>) -> Result<i64, Raised> {
    match value {
        Val::Decimal(number) => Ok(number),
        _ => Err(Raised),
    }
}

fn as_datetime(value: Val<'_>) -> Result<i64, Raised> {
    match value {
        Val::Datetime(time) => Ok(time),
        _ => Err(Raised),
    }
}

fn as_duration(value: Val<'_>) -> Result<i64, Raised> {
    match value {
        Val::Duration(length) => Ok(length),
        _ => Err(Raised),
    }
}

fn as_ip(value: Val<'_>) -> Result<Ip, Raised> {
    match value {
        Val::Ip(ip) => Ok(ip),
        _ => Err(Raised),
    }
}

/// `-?\d+\.\d{1,4}`, in ten-thousandths.
pub fn decimal(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let (negative, digits) = match whole.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, whole),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(digits) || !all_digits(fraction) || fraction.len() > 4 {
        return None;
    }
    let whole = whole.parse::<i64>().ok()?.checked_mul(10_000)?;
    let scale = 10_i64.pow(4 - u32::try_from(fraction.len()).ok()?);
    let fraction = fraction.parse::<i64>().ok()? * scale;
    match negative {
        true => whole.checked_sub(fraction),
        false => whole.checked_add(fraction),
    }
}

/// `a.b.c.d` without leading zeros, as [`core::net::Ipv4Addr`] reads it.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut number, mut digits, mut dots) = (0_u32, 0_u32, 0, 0);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            if digits > 0 && number == 0 {
                return None;
            }
            number = number * 10 + u32::from(digit);
            digits += 1;
            if number > 255 {
                return None;
            }
        } else if *byte == b'.' && digits > 0 && dots < 3 {
            address = address << 8 | number;
            (number, digits, dots) = (0, 0, dots + 1);
        } else {
            return None;
        }
    }
    (dots == 3 && digits > 0).then_some(Ipv4Addr::from_bits(address << 8 | number))
}

/// An address, or `address/prefix`; no IPv4 inside of IPv6.
pub fn ip(text: &str) -> Option<Ip> {
    // What most addresses are.
    if let Some(address) = ipv4(text.as_bytes()) {
        return Some(Ip {
            address: IpAddr::V4(address),
            prefix: 32,
        });
    }
    let twice = |letter: u8| text.bytes().filter(|b| *b == letter).count() >= 2;
    if text.len() > 43 || (twice(b':') && twice(b'.')) {
        return None;
    }
    let slash = text.bytes().position(|b| b == b'/');
    let Some((address, prefix)) = slash.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
    else {
        let address: IpAddr = text.parse().ok()?;
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        return Some(Ip { address, prefix });
    };
    let address: IpAddr = address.parse().ok()?;
    let (most, digits) = match address.is_ipv4() {
        true => (32, 2),
        false => (128, 3),
    };
    let plain = prefix.len() <= digits
        && prefix.bytes().all(|b| b.is_ascii_digit())
        && (prefix == "0" || !prefix.starts_with('0'));
    let prefix: u8 = prefix.parse().ok().filter(|_| plain)?;
    (prefix <= most).then_some(Ip { address, prefix })
}

fn is_loopback(ip: Ip) -> bool {
    ip.address.is_loopback() && ip.prefix >= if ip.address.is_ipv4() { 8 } else { 128 }
}

fn is_multicast(ip: Ip) -> bool {
    ip.address.is_multicast() && ip.prefix >= if ip.address.is_ipv4() { 4 } else { 8 }
}

fn is_in_range(ip: Ip, range: Ip) -> bool {
    // Addresses as numbers of 128 bits, with the bits behind an IPv4 address cut off.
    let bounds = |address: u128, prefix: u8, bits: u32| {
        let host = match bits - u32::from(prefix) {
            128 => u128::MAX,
            free => (1_u128 << free) - 1,
        };
        (address & !host, address | host)
    };
    let (inner, outer) = match (ip.address, range.address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (
            bounds(u32::from(a).into(), ip.prefix, 32),
            bounds(u32::from(b).into(), range.prefix, 32),
        ),
        (IpAddr::V6(a), IpAddr::V6(b)) => (
            bounds(a.into(), ip.prefix, 128),
            bounds(b.into(), range.prefix, 128),
        ),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    outer.0 <= inner.0 && inner.1 <= outer.1
}

/// `YYYY-MM-DD`, then nothing, or `Thh:mm:ss`, `.SSS` or nothing, and `Z` or an offset `+hhmm`. In milliseconds since
/// 1970.
pub fn datetime(text: &str) -> Option<i64> {
    let (date, rest) = text.as_bytes().split_first_chunk::<10>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return None;
    };
    let (year, month, day) = (
        number([y1, y2, y3, y4])?,
        number([m1, m2])?,
        number([d1, d2])?,
    );
    if !is_date(year, month, day) {
        return None;
    }
    let date = days(year, month, day) * DAY;
    let Some((time, rest)) = rest.split_first_chunk::<9>() else {
        return rest.is_empty().then_some(date);
    };
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *time else {
        return None;
    };
    let (hour, minute, second) = (number([h1, h2])?, number([m1, m2])?, number([s1, s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (millis, zone) = match *rest {
        [b'.', a, b, c, ref zone @ ..] => (number([a, b, c])?, zone),
        ref zone => (0, zone),
    };
    let offset = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            let (hours, minutes) = (number([h1, h2])?, number([m1, m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = i64::from(hours * 60 + minutes) * MINUTE;
            if sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    let seconds = i64::from((hour * 60 + minute) * 60 + second);
    Some(date + seconds * SECOND + i64::from(millis) - offset)
}

/// The number of some digits.
fn number<const N: usize>(digits: [u8; N]) -> Option<u32> {
    let (mut sum, mut good) = (0, true);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        good &= digit <= 9;
        sum = sum * 10 + u32::from(digit);
    }
    good.then_some(sum)
}

fn is_date(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=last).contains(&day)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`), for years from 0 on. An era of 400 years is added, so that nothing is negative before
/// the end.
fn days(year: u32, month: u32, day: u32) -> i64 {
    let year = year + 400 - u32::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    i64::from(days) - 719_468 - 146_097
}

/// `-?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?`, of which something must be there. In milliseconds.
pub fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut parts = [0_i128; 5];
    let mut from = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = rest.split_at_checked(digits)?;
        let number = i128::from(number.parse::<u64>().ok()?);
        let units = ["d", "h", "m", "s", "ms"];
        // `m` is also how `ms` begins.
        let unit = match behind.starts_with("ms") {
            true => 4,
            false => units.iter().position(|unit| behind.starts_with(unit))?,
        };
        if unit < from {
            return None;
        }
        *parts.get_mut(unit)? = number;
        from = unit + 1;
        rest = behind.strip_prefix(units.get(unit)?)?;
    }
    let [days, hours, minutes, seconds, millis] = parts;
    // Cedar adds from the smallest unit up, and each step, and each product, must fit 64 bits.
    let steps = [
        (millis, 1),
        (seconds, SECOND),
        (minutes, MINUTE),
        (hours, HOUR),
        (days, DAY),
    ];
    let mut sum = 0_i64;
    for (at, (number, unit)) in steps.into_iter().enumerate() {
        let product = match at {
            0 => i64::try_from(sign * number).ok()?,
            _ => {
                let product = i64::try_from(number).ok()?.checked_mul(unit)?;
                if sign < 0 {
                    sum = sum.checked_sub(product)?;
                    continue;
                }
                product
            }
        };
        sum = sum.checked_add(product)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests;
