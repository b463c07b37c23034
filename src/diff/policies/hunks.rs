//! What changed in the text of a policy, with the lines in its file.

use similar::TextDiff;

/// A run of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The line of the first one in the file on base; 0 where no line is of base, or the lines are not those of a file.
    pub base_line: usize,
    /// The same on head.
    pub head_line: usize,
    /// The lines: a sign (` `, `-`, `+`) and the text of each.
    pub lines: Vec<(char, String)>,
}

/// How two texts differ.
pub(super) struct TextChange {
    pub(super) hunks: Vec<Hunk>,
    /// The first line that differs, from 0: on base, and on head. Where lines were only added or only removed, the other
    /// side has the line before which they would stand.
    pub(super) first: (usize, usize),
}

impl TextChange {
    /// Texts that begin at these lines of their files.
    pub(super) fn of(base: &str, head: &str, lines: Option<(usize, usize)>) -> Self {
        let diff = TextDiff::from_lines(base, head);
        let hunks = diff
            .grouped_ops(1)
            .iter()
            .map(|group| {
                let (mut from, mut to) = (None, None);
                for op in group {
                    let (old, new) = (op.old_range(), op.new_range());
                    from = from.or((!old.is_empty()).then_some(old.start));
                    to = to.or((!new.is_empty()).then_some(new.start));
                }
                let line = |first: Option<usize>, begin: Option<usize>| {
                    first.zip(begin).map_or(0, |(first, begin)| first + begin)
                };
                Hunk {
                    base_line: line(from, lines.map(|(base, _)| base)),
                    head_line: line(to, lines.map(|(_, head)| head)),
                    lines: group
                        .iter()
                        .flat_map(|op| diff.iter_changes(op))
                        .map(|line| {
                            let sign = match line.tag() {
                                similar::ChangeTag::Equal => ' ',
                                similar::ChangeTag::Delete => '-',
                                similar::ChangeTag::Insert => '+',
                            };
                            (sign, line.value().trim_end_matches(['\n', '\r']).to_owned())
                        })
                        .collect(),
                }
            })
            .collect();
        let different = |op: &&similar::DiffOp| !matches!(op, similar::DiffOp::Equal { .. });
        let first = diff.ops().iter().find(different);
        let last = |text: &str| text.lines().count().saturating_sub(1);
        let first = first.map_or((0, 0), |op| {
            (
                op.old_range().start.min(last(base)),
                op.new_range().start.min(last(head)),
            )
        });
        Self { hunks, first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_know_their_lines_in_both_files() {
        let base = "a\nb\nc\nd\ne\nf\ng\n";
        let head = "a\nb\nC\nd\ne\nf\ng\nh\n";
        let change = TextChange::of(base, head, Some((10, 20)));
        let at: Vec<_> = change
            .hunks
            .iter()
            .map(|hunk| (hunk.base_line, hunk.head_line, hunk.lines.len()))
            .collect();
        assert_eq!(at, [(11, 21, 4), (16, 26, 2)]);
        assert_eq!(change.first, (2, 2));
    }

    #[test]
    fn what_is_on_one_side_has_no_line_on_the_other() {
        let added = TextChange::of("", "a\nb\n", Some((0, 5)));
        let hunk = added.hunks.first().unwrap();
        assert_eq!((hunk.base_line, hunk.head_line), (0, 5));
        assert_eq!(added.first, (0, 0));
        let grown = TextChange::of("a\n", "a\nb\n", Some((1, 1)));
        assert_eq!(grown.first, (0, 1));
        let unplaced = TextChange::of("a\n", "b\n", None);
        let hunk = unplaced.hunks.first().unwrap();
        assert_eq!((hunk.base_line, hunk.head_line), (0, 0));
    }
}
