//! What the evaluations of one policy show. Equal evaluations are counted together, so that memory does not grow with
//! the number of cases.

use crate::cedar::{Node, Tree, Truth};
use std::collections::{BTreeMap, HashMap};

/// More different evaluations than this are noted before more are collected.
const KEPT: usize = 4096;

/// A count and the first case of those that are counted, by its place among all cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) cases: u64,
    pub(super) first: Option<usize>,
}

impl Count {
    fn add(&mut self, cases: u64, first: usize) {
        self.cases += cases;
        self.first = Some(self.first.map_or(first, |before| before.min(first)));
    }

    pub(super) fn see(&mut self, case: usize) {
        self.add(1, case);
    }
}

/// What was seen of one atom.
#[derive(Debug, Clone, Default)]
pub(super) struct AtomAccount {
    pub(super) hold: Count,
    pub(super) fail: Count,
    pub(super) raise: Count,
    /// A case in which it is true and one in which it is false, which show that it changes the outcome by itself.
    pub(super) pair: Option<[usize; 2]>,
    /// Half pairs, by how the tests of `if` on the way to the atom went with what came of them.
    half: BTreeMap<Vec<bool>, [Option<usize>; 2]>,
}

/// What was seen of one policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    pub(super) cases: u64,
    pub(super) scope_reached: Count,
    pub(super) satisfied: Count,
    pub(super) not_satisfied: Count,
    pub(super) errored: Count,
    pub(super) determining: Count,
    pub(super) decisive: Count,
    pub(super) atoms: Vec<AtomAccount>,
    /// Evaluations by what was seen of each atom.
    kept: HashMap<Box<[Option<Truth>]>, (Count, Truth)>,
}

impl Account {
    pub(super) fn of(tree: &Tree) -> Self {
        Self {
            atoms: vec![AtomAccount::default(); tree.atoms.len()],
            ..Self::default()
        }
    }

    /// Notes one evaluation.
    pub(super) fn note(&mut self, tree: &Tree, seen: &[Option<Truth>], result: Truth, case: usize) {
        self.cases += 1;
        if let Some((count, _)) = self.kept.get_mut(seen) {
            count.see(case);
            return;
        }
        if self.kept.len() >= KEPT {
            self.settle(tree);
        }
        let mut count = Count::default();
        count.see(case);
        self.kept.insert(seen.into(), (count, result));
    }

    /// Brings what was collected into the counts.
    pub(super) fn settle(&mut self, tree: &Tree) {
        let mut kept: Vec<_> = std::mem::take(&mut self.kept).into_iter().collect();
        kept.sort_by_key(|(_, (count, _))| count.first);
        for (seen, (count, result)) in kept {
            let Some(first) = count.first else { continue };
            let outcome = match result {
                Truth::True => &mut self.satisfied,
                Truth::False => &mut self.not_satisfied,
                Truth::Error => &mut self.errored,
            };
            outcome.add(count.cases, first);
            if tree.scope_holds(&seen) {
                self.scope_reached.add(count.cases, first);
            }
            for (atom, value) in self.atoms.iter_mut().zip(&seen) {
                match value {
                    Some(Truth::True) => atom.hold.add(count.cases, first),
                    Some(Truth::False) => atom.fail.add(count.cases, first),
                    Some(Truth::Error) => atom.raise.add(count.cases, first),
                    None => {}
                }
            }
            // What ends in an error shows nothing of how values change the outcome.
            if result != Truth::Error {
                self.independent(&tree.root, result, &seen, first, &mut Vec::new());
            }
        }
    }

    /// Follows `node`, whose value is that of everything around it or follows from it by `!`, down to the atoms whose
    /// value goes through to the outcome.
    ///
    /// Two evaluations show that an atom changes the outcome by itself where it is true in one and false in the other,
    /// and so is every part around it, up to the policy. Then the operands before it came out the same in both, and those
    /// behind it were reached in one of them at most: whatever other atoms differ, they are masked. An evaluation goes
    /// through an `&&` or `||` where the operand has the value of the whole; through `!` and the branches of an `if`
    /// always; and through the test of an `if` in one of two ways, which both evaluations must have in common.
    fn independent(
        &mut self,
        node: &Node,
        value: Truth,
        seen: &[Option<Truth>],
        case: usize,
        way: &mut Vec<bool>,
    ) {
        match node {
            Node::Atom(at) => {
                if let Some(atom) = self.atoms.get_mut(*at) {
                    atom.pair_up(value == Truth::True, case, way);
                }
            }
            Node::Not(inner) => {
                let value = Truth::from(value == Truth::False);
                self.independent(inner, value, seen, case, way);
            }
            Node::And(nodes) | Node::Or(nodes) => {
                for inner in nodes {
                    match inner.value(seen) {
                        Some(own) if own == value => {
                            self.independent(inner, value, seen, case, way);
                        }
                        Some(_) => {}
                        None => break,
                    }
                }
            }
            Node::If(parts) => {
                let [test, then, other] = parts.as_ref();
                let Some(tested) = test.value(seen) else {
                    return;
                };
                way.push(tested == value);
                self.independent(test, tested, seen, case, way);
                way.pop();
                let branch = if tested == Truth::True { then } else { other };
                self.independent(branch, value, seen, case, way);
            }
        }
    }
}

impl AtomAccount {
    fn pair_up(&mut self, value: bool, case: usize, way: &[bool]) {
        if self.pair.is_some() {
            return;
        }
        let half = self.half.entry(way.to_vec()).or_default();
        let place = match value {
            true => &mut half[0],
            false => &mut half[1],
        };
        place.get_or_insert(case);
        if let [Some(hold), Some(fail)] = *half {
            self.pair = Some([hold, fail]);
            self.half = BTreeMap::new();
        }
    }
}
