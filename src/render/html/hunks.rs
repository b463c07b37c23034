//! The hunks of a policy side by side, with what changed within a line marked.

use super::limits::{Capped, Limits, capped, cut};
use crate::diff::document::{HunkNote, PolicyChangeNote};
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A hunk.
#[derive(Debug, Serialize)]
pub(super) struct HunkView {
    pub rows: Capped<Row>,
}

/// A line of base beside the line of head that took its place.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub base: Option<Line>,
    pub head: Option<Line>,
    /// Whether the two are different.
    pub changed: bool,
}

/// A line.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// Its number in the file; nothing where it is not known.
    pub number: Option<u64>,
    pub parts: Vec<Part>,
}

/// A part of a line.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    pub text: String,
    /// Whether the other side does not have it.
    pub marked: bool,
}

/// Of two lines of which less than this share is the same, one did not become the other.
const ALIKE: f64 = 0.4;

/// The most words of a line in which changes are marked.
const WORDS: usize = 400;

pub(super) fn hunks(change: &PolicyChangeNote, limits: Limits) -> Vec<HunkView> {
    let hunks = change.hunks.iter().take(limits.rows);
    hunks.map(|hunk| view(hunk, limits)).collect()
}

fn view(hunk: &HunkNote, limits: Limits) -> HunkView {
    let mut rows = Vec::new();
    let mut at = Numbers {
        base: hunk.base_line,
        head: hunk.head_line,
    };
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for line in &hunk.lines {
        let (sign, text) = match line.chars().next() {
            Some(sign @ (' ' | '-' | '+')) => (sign, line.get(1..).unwrap_or_default()),
            _ => (' ', line.as_str()),
        };
        let text = cut(text, limits.text);
        match sign {
            '-' => {
                // What comes next takes the place of what went before it, and not of this.
                if !come.is_empty() {
                    pair(&mut rows, &mut at, &mut gone, &mut come);
                }
                gone.push(text);
            }
            '+' => come.push(text),
            _ => {
                pair(&mut rows, &mut at, &mut gone, &mut come);
                let line = |number| Line {
                    number,
                    parts: plain(&text),
                };
                rows.push(Row {
                    base: Some(line(at.base())),
                    head: Some(line(at.head())),
                    changed: false,
                });
            }
        }
    }
    pair(&mut rows, &mut at, &mut gone, &mut come);
    HunkView {
        rows: capped(rows, limits.rows.saturating_mul(2)),
    }
}

struct Numbers {
    base: u64,
    head: u64,
}

impl Numbers {
    fn base(&mut self) -> Option<u64> {
        next(&mut self.base)
    }

    fn head(&mut self) -> Option<u64> {
        next(&mut self.head)
    }
}

fn next(line: &mut u64) -> Option<u64> {
    let this = *line;
    if this == 0 {
        return None;
    }
    *line = this.saturating_add(1);
    Some(this)
}

/// Puts lines that went beside those that came: each beside the first one that is like it, in order.
fn pair(rows: &mut Vec<Row>, at: &mut Numbers, gone: &mut Vec<String>, come: &mut Vec<String>) {
    let mut heads = std::mem::take(come).into_iter().collect::<Vec<_>>();
    for base in std::mem::take(gone) {
        let like = heads
            .iter()
            .take(20)
            .position(|head| likeness(&base, head) >= ALIKE);
        let Some(like) = like else {
            rows.push(Row {
                base: Some(Line {
                    number: at.base(),
                    parts: plain(&base),
                }),
                head: None,
                changed: true,
            });
            continue;
        };
        let rest = heads.split_off(like.saturating_add(1));
        let partner = heads.pop();
        for only in std::mem::replace(&mut heads, rest) {
            rows.push(only_head(at, &only));
        }
        if let Some(head) = partner {
            let (left, right) = marked(&base, &head);
            rows.push(Row {
                base: Some(Line {
                    number: at.base(),
                    parts: left,
                }),
                head: Some(Line {
                    number: at.head(),
                    parts: right,
                }),
                changed: true,
            });
        }
    }
    for only in heads {
        rows.push(only_head(at, &only));
    }
}

fn only_head(at: &mut Numbers, text: &str) -> Row {
    Row {
        base: None,
        head: Some(Line {
            number: at.head(),
            parts: plain(text),
        }),
        changed: true,
    }
}

fn plain(text: &str) -> Vec<Part> {
    vec![Part {
        text: text.to_owned(),
        marked: false,
    }]
}

/// Names, numbers, texts and spaces as wholes, all else letter by letter.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        _ if c.is_whitespace() => 1,
        _ => 2,
    };
    let mut out = Vec::new();
    let (mut start, mut last) = (0, None);
    for (at, c) in text.char_indices() {
        if last.is_some_and(|last| last == 2 || last != kind(c)) {
            out.extend(text.get(start..at));
            start = at;
        }
        last = Some(kind(c));
    }
    out.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    out
}

fn likeness(base: &str, head: &str) -> f64 {
    let (left, right) = (words(base), words(head));
    if left.len() > WORDS || right.len() > WORDS {
        return if base == head { 1.0 } else { 0.0 };
    }
    let weigh = |words: &[&str]| words.iter().map(|word| word.trim().len()).sum::<usize>();
    let same: usize = capture_diff_slices(Algorithm::Myers, &left, &right)
        .iter()
        .map(|op| match op {
            DiffOp::Equal { .. } => weigh(left.get(op.old_range()).unwrap_or_default()),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => 0,
        })
        .sum();
    let all = weigh(&left).max(weigh(&right));
    if all == 0 {
        return 1.0;
    }
    same as f64 / all as f64
}

fn marked(base: &str, head: &str) -> (Vec<Part>, Vec<Part>) {
    let (left, right) = (words(base), words(head));
    if left.len() > WORDS || right.len() > WORDS {
        return (plain(base), plain(head));
    }
    let mut out = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &left, &right) {
        let same = matches!(op, DiffOp::Equal { .. });
        for (parts, words, range) in [
            (&mut out.0, &left, op.old_range()),
            (&mut out.1, &right, op.new_range()),
        ] {
            let text = words.get(range).unwrap_or_default().concat();
            if !text.is_empty() {
                parts.push(Part {
                    text,
                    marked: !same,
                });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[&str]) -> Vec<String> {
        let hunk = HunkNote {
            base_line: 8,
            head_line: 9,
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        let side = |line: &Option<Line>| match line {
            None => "-".to_owned(),
            Some(line) => {
                let parts = line.parts.iter().map(|part| match part.marked {
                    true => format!("[{}]", part.text),
                    false => part.text.clone(),
                });
                format!(
                    "{}:{}",
                    line.number.unwrap_or_default(),
                    parts.collect::<String>()
                )
            }
        };
        let limits = super::super::limits::LEVELS[0];
        let rows = view(&hunk, limits).rows.shown;
        rows.iter()
            .map(|row| format!("{} | {}", side(&row.base), side(&row.head)))
            .collect()
    }

    #[test]
    fn the_changed_word_is_marked() {
        assert_eq!(
            shown(&[
                " when {",
                "-  context.input.amount <= 500",
                "+  context.input.amount <= 10_000 &&",
                "+  resource.open",
                " };",
            ]),
            [
                "8:when { | 9:when {",
                "9:  context.input.amount <= [500] | 10:  context.input.amount <= [10_000 &&]",
                "- | 11:  resource.open",
                "10:}; | 12:};",
            ]
        );
    }

    #[test]
    fn lines_that_are_not_alike_stand_alone() {
        assert_eq!(
            shown(&["-permit (a);", "+zzz"]),
            ["8:permit (a); | -", "- | 9:zzz"]
        );
        assert_eq!(shown(&["-  a", "+  x", "+  a  "]).len(), 2);
    }

    #[test]
    fn odd_lines_do_no_harm() {
        assert_eq!(shown(&["", "ä", "-", "+"]).len(), 3);
        let long = format!("-{}", "a ".repeat(10_000));
        assert_eq!(shown(&[&long, "+b"]).len(), 2);
    }
}
