//! Amounts that agents write as text.

use crate::model::Json;

const NONE: &str = "it is no amount that can be read in one way only";

/// What may stand before or behind a number, beside a code of three letters.
const SIGNS: [char; 4] = ['$', '€', '£', '¥'];

/// A number; of a text, `12`, `-12.50`, `$1,234.50`, `12.50 EUR`.
pub(super) fn decimal(json: &Json) -> Result<Json, &'static str> {
    match json {
        Json::Int(_) | Json::Float(_) => Ok(json.clone()),
        Json::String(text) => written(text).ok_or(NONE),
        _ => Err("it is no number and no text"),
    }
}

fn written(text: &str) -> Option<Json> {
    let number = without_currency(text.trim_ascii())?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (whole, part) = match number.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (number, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !part.is_none_or(digits) {
        return None;
    }
    // `1.500` is fifteen hundred to some.
    let grouped = (1..=3).contains(&whole.len()) && whole != "0";
    if grouped && part.is_some_and(|part| part.len() == 3) {
        return None;
    }
    let whole = match whole.contains(',') {
        // A comma alone may stand before the fraction: `1,234` is two numbers.
        true => part.and(ungrouped(whole))?,
        false => whole.to_owned(),
    };
    // `0123` is octal to some.
    if !digits(&whole) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    match part.map(|part| part.trim_end_matches('0')) {
        None | Some("") => format!("{sign}{whole}").parse().ok().map(Json::Int),
        // As many as Cedar has, and as a double holds exactly.
        Some(part) if part.len() <= 4 && whole.len() + part.len() <= 15 => {
            format!("{sign}{whole}.{part}")
                .parse()
                .ok()
                .map(Json::Float)
        }
        Some(_) => None,
    }
}

/// `1,234,567` without its commas.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let good = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    good.then(|| whole.replace(',', ""))
}

fn without_currency(text: &str) -> Option<&str> {
    let code = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let is = |text: &str| {
        let mut chars = text.chars();
        code(text) || (chars.next().is_some_and(|c| SIGNS.contains(&c)) && chars.next().is_none())
    };
    let number = |c: char| c.is_ascii_digit() || ".,-".contains(c);
    let first = text.find(number)?;
    let last = text.rfind(number)?;
    let (before, rest) = text.split_at_checked(first)?;
    let (middle, behind) = rest.split_at_checked(last + 1 - first)?;
    match (before.trim_ascii(), behind.trim_ascii()) {
        ("", "") => Some(middle),
        (currency, "") | ("", currency) if is(currency) => Some(middle),
        _ => None,
    }
}
