//! Comparison shifted: `<` and `<=`, `>` and `>=`, whole numbers by 1, decimals by 0.0001.

use super::{Draft, Operator};
use crate::cedar::mutants::sites::Sites;
use crate::cedar::quantity::decimal_text;

/// Digits behind the point of a decimal.
const DIGITS: usize = 4;

pub(super) fn drafts(sites: &Sites<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut draft = |span, with: String| {
        drafts.push(Draft::new(Operator::ComparisonShifted, span, with));
    };
    for span in &sites.comparisons {
        let with = match sites.at(*span) {
            "<" => "<=",
            "<=" => "<",
            ">" => ">=",
            _ => ">",
        };
        draft(*span, with.to_owned());
    }
    for span in &sites.methods {
        let with = match sites.at(*span) {
            "lessThan" => "lessThanOrEqual",
            "lessThanOrEqual" => "lessThan",
            "greaterThan" => "greaterThanOrEqual",
            "greaterThanOrEqual" => "greaterThan",
            _ => continue,
        };
        draft(*span, with.to_owned());
    }
    for (span, number) in &sites.numbers {
        if let Some(more) = number.checked_add(1) {
            draft(*span, more.to_string());
        }
        match number.checked_sub(1) {
            Some(less) => draft(*span, less.to_string()),
            None => draft(*span, "(-1)".to_owned()),
        }
    }
    for span in &sites.decimals {
        let quoted = sites.at(*span).strip_prefix('"');
        let units = quoted
            .and_then(|text| text.strip_suffix('"'))
            .and_then(units);
        for step in [1, -1] {
            let shifted = units.and_then(|units| units.checked_add(step));
            if let Some(shifted) = shifted {
                draft(*span, format!("\"{}\"", decimal_text(shifted)));
            }
        }
    }
    drafts
}

/// A decimal in units of its last digit.
fn units(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.')?;
    if fraction.len() > DIGITS {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    format!("{sign}{whole}{fraction:0<DIGITS$}").parse().ok()
}
