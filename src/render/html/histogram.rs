//! The distribution of a deciding value as a drawing, and as a table that says the same.

use super::super::numbers::grouped;
use super::limits::{Limits, capped};
use crate::diff::document::Histogram;
use serde::Serialize;

/// A drawing of `width` by `height`, all in its own units.
#[derive(Debug, Serialize)]
pub(super) struct HistogramView {
    pub width: u64,
    pub height: u64,
    /// The two panels: actions that flipped, and those that did not.
    pub panels: Vec<Panel>,
    pub thresholds: Vec<Line>,
    /// Where the lines begin and end.
    pub top: u64,
    pub bottom: u64,
    pub ticks: Vec<Tick>,
    pub table: Vec<BinRow>,
    pub more_bins: u64,
    pub more_thresholds: u64,
    pub sampled: bool,
    /// Whether the limits of the bins are known.
    pub limits: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Panel {
    pub name: &'static str,
    pub class: &'static str,
    pub bars: Vec<Bin>,
    pub base: u64,
    pub top: u64,
    pub most: u64,
    pub total: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Bin {
    pub x: String,
    pub y: u64,
    pub width: String,
    pub height: u64,
}

/// A threshold: a line, and its label above it.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub x: String,
    pub label_y: u64,
    pub anchor: &'static str,
    pub label_x: String,
    /// `base`, `head` or `both`, as the name of a class of the style.
    pub class: &'static str,
    pub label: String,
    pub text: String,
    /// Between which bins it stands, from 1.
    pub after: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Tick {
    pub x: String,
    pub anchor: &'static str,
    pub label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct BinRow {
    pub from: Option<String>,
    pub to: Option<String>,
    pub flipped: u64,
    pub unflipped: u64,
}

const WIDTH: u64 = 560;
const PANEL: u64 = 62;
const GAP: u64 = 22;
const ROW: u64 = 16;
const THRESHOLDS: usize = 6;
const BINS: usize = 60;

pub(super) fn histogram(histogram: &Histogram, limits: Limits) -> HistogramView {
    let all = histogram.flipped.len().max(histogram.unflipped.len());
    let bins = all.min(BINS);
    let thresholds = capped(histogram.thresholds.iter(), THRESHOLDS.min(limits.rows));
    let (more_thresholds, thresholds) = (thresholds.left, thresholds.shown);
    let top = ROW * thresholds.len() as u64 + 6;
    let step = WIDTH as f64 / bins.max(1) as f64;
    let lower = top + GAP + PANEL;
    let panels = vec![
        panel(
            "flipped",
            "flipped",
            &histogram.flipped,
            bins,
            top + GAP - 6,
        ),
        panel(
            "did not flip",
            "unflipped",
            &histogram.unflipped,
            bins,
            lower + GAP,
        ),
    ];
    let bottom = lower + GAP + PANEL;
    let lines = thresholds.iter().enumerate().map(|(row, threshold)| {
        let class = match threshold.side.as_str() {
            "base" => "base",
            "head" => "head",
            _ => "both",
        };
        let place = threshold.limit.min(bins as u64);
        let x = place as f64 * step;
        let right = x > WIDTH as f64 / 2.0;
        Line {
            x: fixed(x),
            label_x: fixed(if right { x - 5.0 } else { x + 5.0 }),
            label_y: ROW * (row as u64 + 1) - 3,
            anchor: if right { "end" } else { "start" },
            class,
            label: format!(
                "{} {}",
                match class {
                    "both" => "base and head",
                    one => one,
                },
                number(threshold.at)
            ),
            text: threshold.text.clone(),
            after: place,
        }
    });
    let limit = |at: usize| histogram.limits.get(at).map(|at| number(*at));
    let mut ticks = Vec::new();
    for (at, anchor, x) in [(0, "start", 0.0), (bins, "end", WIDTH as f64)] {
        if let Some(label) = limit(at) {
            ticks.push(Tick {
                x: fixed(x),
                anchor,
                label,
            });
        }
    }
    let count = |of: &[u64], at: usize| of.get(at).copied().unwrap_or_default();
    let table = (0..bins).map(|at| BinRow {
        from: limit(at),
        to: limit(at + 1),
        flipped: count(&histogram.flipped, at),
        unflipped: count(&histogram.unflipped, at),
    });
    HistogramView {
        width: WIDTH,
        height: bottom + 22,
        panels,
        thresholds: lines.collect(),
        top: 2,
        bottom,
        ticks,
        table: table.collect(),
        more_bins: (all - bins) as u64,
        more_thresholds,
        sampled: histogram.sampled,
        limits: !histogram.limits.is_empty(),
    }
}

/// Bars that stand on the line at `top` + [`PANEL`], each panel with a scale of its own.
fn panel(name: &'static str, class: &'static str, counts: &[u64], bins: usize, top: u64) -> Panel {
    let counts = counts.get(..bins).unwrap_or(counts);
    let most = counts.iter().copied().max().unwrap_or_default();
    let step = WIDTH as f64 / bins.max(1) as f64;
    let gap = if step > 6.0 { 1.5 } else { 0.25 };
    let base = top + PANEL;
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let bars = bars.map(|(at, count)| {
        // What is there is seen, however little it is.
        let height = u128::from(*count) * u128::from(PANEL) / u128::from(most.max(1));
        let height = (height as u64).clamp(2, PANEL);
        Bin {
            x: fixed(at as f64 * step + gap / 2.0),
            y: base - height,
            width: fixed(step - gap),
            height,
        }
    });
    Panel {
        name,
        class,
        bars: bars.collect(),
        base,
        top,
        most,
        total: counts.iter().fold(0, |sum, n| sum.saturating_add(*n)),
    }
}

fn fixed(number: f64) -> String {
    format!("{number:.1}")
}

/// A number as people write it.
pub(super) fn number(number: f64) -> String {
    let whole = number.abs() < 9e15 && number.fract() == 0.0;
    match whole {
        true if number < 0.0 => format!("−{}", grouped(number.abs() as u64)),
        true => grouped(number as u64),
        false if number.is_finite() && (1e-4..9e15).contains(&number.abs()) => {
            // Four places are all that a decimal has.
            let text = format!("{number:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        false => format!("{number:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::document::Threshold;

    #[test]
    fn numbers_are_written_as_people_do() {
        for (given, shown) in [
            (0.0, "0"),
            (-12_000.0, "−12,000"),
            (0.25, "0.25"),
            (1e20, "1e20"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(number(given), shown);
        }
    }

    #[test]
    fn any_numbers_can_be_drawn() {
        let odd = Histogram {
            limits: vec![f64::NAN, f64::INFINITY],
            flipped: vec![u64::MAX, 1, 0],
            unflipped: Vec::new(),
            thresholds: vec![Threshold {
                at: f64::NEG_INFINITY,
                limit: u64::MAX,
                ..Threshold::default()
            }],
            sampled: false,
        };
        let view = histogram(&odd, super::super::limits::LEVELS[0]);
        assert_eq!(view.table.len(), 3);
        assert_eq!(view.panels[0].bars.len(), 2);
        assert_eq!(view.thresholds[0].x, "560.0");
        let none = histogram(&Histogram::default(), super::super::limits::LEVELS[0]);
        assert!(none.table.is_empty());
    }
}
