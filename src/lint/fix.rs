//! Fixes as edits of texts, and how they are put into effect.

use super::catalogue::FixKind;
use crate::model::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A change that answers a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fix {
    /// What it may change.
    pub kind: FixKind,
    /// What it does, in words.
    pub title: String,
    /// The edits, which belong together.
    pub edits: Vec<Edit>,
}

/// One replaced piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The file.
    pub path: Arc<str>,
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What takes its place.
    pub text: String,
}

/// Why a fix was not put into effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The fix, by its place in what was asked for.
    pub fix: usize,
    /// Why.
    pub reason: String,
}

/// Texts with fixes in effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The new text of each changed file.
    pub texts: BTreeMap<Arc<str>, String>,
    /// The fixes that are in effect, by their places in what was asked for.
    pub done: Vec<usize>,
    /// Those that overlap with one that is.
    pub put_off: Vec<usize>,
}

/// Puts fixes into effect that do not touch the same place; the others wait for the next round.
pub fn apply<'t>(fixes: &[&Fix], text: &dyn Fn(&str) -> Option<&'t str>) -> Applied {
    let mut taken: BTreeMap<Arc<str>, Vec<&Edit>> = BTreeMap::new();
    let mut applied = Applied::default();
    for (at, fix) in fixes.iter().enumerate() {
        let fits = |edit: &Edit| {
            let whole = text(&edit.path);
            whole.is_some_and(|whole| whole.get(edit.span.start..edit.span.end()).is_some())
        };
        let free = |edit: &Edit| {
            let others = taken.get(&edit.path).into_iter().flatten();
            others.into_iter().all(|other| !touches(edit, other))
        };
        if fix.edits.is_empty() || !fix.edits.iter().all(|edit| fits(edit) && free(edit)) {
            applied.put_off.push(at);
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.path.clone()).or_default().push(edit);
        }
        applied.done.push(at);
    }
    for (path, mut edits) in taken {
        let Some(before) = text(&path) else { continue };
        edits.sort_by_key(|edit| (edit.span.start, edit.span.len));
        let mut after = String::with_capacity(before.len());
        let mut read = 0;
        for edit in edits {
            after.push_str(before.get(read..edit.span.start).unwrap_or_default());
            after.push_str(&edit.text);
            read = edit.span.end();
        }
        after.push_str(before.get(read..).unwrap_or_default());
        applied.texts.insert(path, after);
    }
    applied
}

/// Whether two edits are of the same place. Two insertions at one place are: which comes first is not known.
fn touches(one: &Edit, other: &Edit) -> bool {
    one.path == other.path
        && one.span.start <= other.span.end()
        && other.span.start <= one.span.end()
        && !(one.span.end() == other.span.start && one.span.len > 0 && other.span.len > 0)
        && !(other.span.end() == one.span.start && one.span.len > 0 && other.span.len > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edits = edits.iter().map(|(start, len, text)| Edit {
            path: "a".into(),
            span: Span::new(*start, *len),
            text: (*text).to_owned(),
        });
        Fix {
            kind: FixKind::Equivalent,
            title: String::new(),
            edits: edits.collect(),
        }
    }

    #[test]
    fn fixes_that_touch_wait() {
        let fixes = [
            fix(&[(0, 1, "A"), (4, 1, "E")]),
            fix(&[(1, 1, "B")]),
            fix(&[(3, 2, "?")]),
            fix(&[(2, 0, "+")]),
            fix(&[(2, 0, "-")]),
            fix(&[(9, 1, "?")]),
        ];
        let all: Vec<&Fix> = fixes.iter().collect();
        let applied = apply(&all, &|path| (path == "a").then_some("abcde"));
        assert_eq!(applied.texts["a"], "ABcdE");
        assert_eq!(applied.done, [0, 1]);
        assert_eq!(applied.put_off, [2, 3, 4, 5]);
    }
}
