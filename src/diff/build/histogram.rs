//! How the numbers at a path are distributed, with what the policies compare them with.

use super::Context;
use super::predicate::Tried;
use crate::diff::document::{Histogram, Threshold};
use crate::engine::{Scalar, Side};
use crate::model::FieldPath;
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many bins of equal width; thresholds cut them.
const BINS: u32 = 12;

/// The histogram of a path that these units compare with a number; nothing where they do not, or where there is no number.
pub fn histogram(
    context: &Context<'_>,
    units: &[Arc<str>],
    path: &str,
    tried: &Tried,
) -> Option<Histogram> {
    let (path, mut thresholds, opens) = thresholds(context, units, path)?;
    let at = |trial: &super::predicate::Trial| measure(&Scalar::at(&trial.request, &path)?);
    let flipped: Vec<f64> = tried.flipped.iter().filter_map(at).collect();
    let unflipped: Vec<f64> = tried
        .unflipped
        .iter()
        .filter_map(|(trial, _)| at(trial))
        .collect();
    if flipped.is_empty() {
        return None;
    }
    let marks = thresholds.iter().map(|threshold| threshold.at);
    let all: Vec<f64> = flipped
        .iter()
        .chain(&unflipped)
        .copied()
        .chain(marks.clone())
        .collect();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut limits = bins(least, greatest);
    limits.push(greatest);
    limits.extend(marks);
    limits.sort_by(f64::total_cmp);
    limits.dedup();
    if let [only] = limits.as_slice() {
        limits = vec![*only, *only + 1.0];
    }
    for threshold in &mut thresholds {
        let before = limits.iter().filter(|limit| **limit < threshold.at).count();
        threshold.limit = before as u64;
    }
    let count_of_bins = limits.len().saturating_sub(1);
    let count = |values: &[f64]| {
        let mut counts = vec![0_u64; count_of_bins];
        for value in values {
            // A value that is a limit lies below it, or above it where thresholds leave it out.
            let below = match opens {
                true => limits.iter().filter(|limit| *limit <= value).count(),
                false => limits.iter().filter(|limit| *limit < value).count(),
            };
            let bin = below.saturating_sub(1).min(count_of_bins.saturating_sub(1));
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        counts
    };
    Some(Histogram {
        flipped: count(&flipped),
        unflipped: count(&unflipped),
        limits,
        thresholds,
        sampled: !tried.complete,
    })
}

/// Where bins begin: equally far apart, or, where the greatest number is many times the least, equally many times as far.
fn bins(least: f64, greatest: f64) -> Vec<f64> {
    let share = |bin: u32| f64::from(bin) / f64::from(BINS);
    let wide = least >= 0.0 && greatest > 1000.0 * least.max(1.0);
    match wide {
        true => {
            let (low, high) = (least.ln_1p(), greatest.ln_1p());
            let at = |bin: u32| (low + share(bin) * (high - low)).exp_m1();
            (0..BINS).map(|bin| round(at(bin))).collect()
        }
        false => (0..BINS)
            .map(|bin| least + share(bin) * (greatest - least))
            .collect(),
    }
}

/// A number with two digits that count, so that it reads well.
fn round(number: f64) -> f64 {
    if number <= 0.0 {
        return number;
    }
    let scale = 10_f64.powf(number.log10().floor() - 1.0);
    (number / scale).floor() * scale
}

/// The path, what it is compared with on each side, and whether values that are equal to a threshold lie above it.
fn thresholds(
    context: &Context<'_>,
    units: &[Arc<str>],
    path: &str,
) -> Option<(FieldPath, Vec<Threshold>, bool)> {
    let mut sides: BTreeMap<(String, u64), (f64, [bool; 2])> = BTreeMap::new();
    let mut found = None;
    let (mut opens, mut closes) = (0, 0);
    for (side, at) in [(context.base, 0), (context.head, 1)] {
        for compared in compared(context, side, units) {
            if compared.path.to_string() != path {
                continue;
            }
            let Some(mark) = measure(&Scalar::of(&compared.literal)) else {
                continue;
            };
            match compared.op {
                "<" | ">=" => opens += 1,
                _ => closes += 1,
            }
            found = Some(compared.path);
            let entry = sides.entry((compared.text, mark.to_bits()));
            let (_, on) = entry.or_insert((mark, [false; 2]));
            if let Some(on) = on.get_mut(at) {
                *on = true;
            }
        }
    }
    let mut thresholds: Vec<Threshold> = sides
        .into_iter()
        .map(|((text, _), (at, on))| Threshold {
            side: match on {
                [true, true] => "both",
                [true, false] => "base",
                [false, _] => "head",
            }
            .to_owned(),
            text,
            at,
            limit: 0,
        })
        .collect();
    thresholds.sort_by(|a, b| a.at.total_cmp(&b.at).then_with(|| a.text.cmp(&b.text)));
    Some((found?, thresholds, opens > closes))
}

fn compared(
    context: &Context<'_>,
    side: &Side<'_>,
    units: &[Arc<str>],
) -> Vec<crate::cedar::Comparison> {
    let places = side.places(|policy| units.contains(context.units.of(policy)));
    let policies = side.version().policies.policies();
    let those = places.iter().filter_map(|at| policies.get(*at));
    those.flat_map(|policy| policy.comparisons()).collect()
}

/// A number, a decimal in ones, a time or a duration in milliseconds.
fn measure(value: &Scalar) -> Option<f64> {
    let number = value.number()? as f64;
    Some(match value {
        Scalar::Decimal(_) => number / 10_000.0,
        _ => number,
    })
}
