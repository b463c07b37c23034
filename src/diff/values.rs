//! The values at one path of the context, over many actions, with bounded memory.

use crate::engine::{Merge, Scalar};
use std::collections::BTreeSet;

/// So many different texts are kept; each of them not longer than so many bytes, without quotes and escapes.
const TEXTS: usize = 32;
const LONG: usize = 200;

/// The values at one path.
///
/// What is kept is the same in whatever order values come and parts are merged: the ends of the range, the smallest texts,
/// and whether there were others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The least and the greatest number, decimal, time or duration; of several kinds, by kind.
    pub ends: Option<(Scalar, Scalar)>,
    /// The first different texts, entities, addresses and truth values in their order.
    pub texts: BTreeSet<Scalar>,
    /// Whether there were values that are neither in the range nor among the texts.
    pub more: bool,
    /// Actions without a value, or with one that is not known.
    pub absent: u64,
}

impl Values {
    /// Notes a value; says whether it is greater than all numbers before.
    pub fn see(&mut self, value: Option<&Scalar>) -> bool {
        self.see_many(value, 1)
    }

    /// The same for so many actions.
    pub fn see_many(&mut self, value: Option<&Scalar>, count: u64) -> bool {
        let Some(value) = value else {
            self.absent += count;
            return false;
        };
        if value.is_number() {
            let greatest = match &mut self.ends {
                None => {
                    self.ends = Some((value.clone(), value.clone()));
                    return true;
                }
                Some((least, _)) if value < least => {
                    *least = value.clone();
                    return false;
                }
                Some((_, greatest)) => greatest,
            };
            if value > greatest {
                *greatest = value.clone();
                return true;
            }
            return false;
        }
        match value {
            Scalar::Other => self.more = true,
            value => self.text(value),
        }
        false
    }

    fn text(&mut self, value: &Scalar) {
        if length(value) > LONG {
            self.more = true;
            return;
        }
        if self.texts.len() < TEXTS || self.texts.last().is_some_and(|last| value <= last) {
            if self.texts.contains(value) {
                return;
            }
            self.texts.insert(value.clone());
            if self.texts.len() > TEXTS {
                self.texts.pop_last();
                self.more = true;
            }
        } else {
            self.more = true;
        }
    }
}

/// The length of a text, or of the texts of a value.
fn length(value: &Scalar) -> usize {
    match value {
        Scalar::Text(text) | Scalar::Address(text) => text.len(),
        Scalar::Entity(entity) => entity.ty.len() + entity.id.len(),
        Scalar::Bool(_)
        | Scalar::Long(_)
        | Scalar::Decimal(_)
        | Scalar::Datetime(_)
        | Scalar::Duration(_)
        | Scalar::Other => 0,
    }
}

impl Merge for Values {
    fn merge(&mut self, other: Self) {
        if let Some((least, greatest)) = other.ends {
            self.see(Some(&least));
            self.see(Some(&greatest));
        }
        other.texts.iter().for_each(|text| self.text(text));
        self.more |= other.more;
        self.absent += other.absent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_and_any_parts_give_the_same() {
        let mut values: Vec<Scalar> = (0..60_i64).map(|at| Scalar::Long(at * 7 % 60)).collect();
        values.extend((0..50).map(|at| Scalar::Text(format!("t{:02}", at * 11 % 50))));
        values.push(Scalar::Text("x".repeat(LONG + 1)));
        values.push(Scalar::Other);
        let of = |values: &[Scalar]| {
            let mut all = Values::default();
            for value in values {
                all.see(Some(value));
            }
            all.see(None);
            all
        };
        let whole = of(&values);
        assert_eq!(whole.ends, Some((Scalar::Long(0), Scalar::Long(59))));
        assert_eq!(
            (whole.texts.len(), whole.more, whole.absent),
            (TEXTS, true, 1)
        );
        for turn in [1, 30, 77] {
            values.rotate_left(turn);
            assert_eq!(of(&values), whole);
            let (left, right) = values.split_at(values.len() / 3);
            let mut parts = of(left);
            parts.merge(of(right));
            assert_eq!(parts.absent, 2);
            assert_eq!(Values { absent: 1, ..parts }, whole);
        }
    }
}
