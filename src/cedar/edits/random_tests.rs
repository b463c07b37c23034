//! Edits by chance: each is described as that edit, and as nothing else.

use super::tests::policy;
use crate::cedar::ParsedPolicy;
use proptest::prelude::*;

/// A policy as its parts, so that one of them can be edited.
#[derive(Debug, Clone)]
struct Parts {
    forbid: bool,
    principal: usize,
    /// Path, operator and number of each conjunct; a conjunct `[…].contains(path)` where there is no operator.
    conjuncts: Vec<(usize, Option<usize>, Vec<i64>)>,
}

const PRINCIPALS: [&str; 4] = ["== T::\"a\"", "is T in T::\"a\"", "is T", ""];
const OPERATORS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

impl Parts {
    fn conjunct(&self, at: usize) -> String {
        let (path, operator, numbers) = &self.conjuncts[at];
        match operator {
            Some(operator) => format!("context.a{path} {} {}", OPERATORS[*operator], numbers[0]),
            None => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                format!("[{}].contains(context.a{path})", numbers.join(", "))
            }
        }
    }

    fn parsed(&self) -> ParsedPolicy {
        let effect = if self.forbid { "forbid" } else { "permit" };
        let conjuncts: Vec<String> = (0..self.conjuncts.len())
            .map(|at| self.conjunct(at))
            .collect();
        let condition = match conjuncts.is_empty() {
            true => String::new(),
            false => format!("when {{ {} }}", conjuncts.join("\n && ")),
        };
        policy(&format!(
            "{effect} (principal {}, action, resource) {condition};",
            PRINCIPALS[self.principal]
        ))
    }

    /// An edit by its number and what must be said of it; nothing where these parts do not allow it.
    fn edited(&self, edit: usize, at: usize) -> Option<(Self, String)> {
        let mut head = self.clone();
        let count = self.conjuncts.len();
        let place = at.checked_rem(count);
        let phrase = match edit {
            0 => {
                head.forbid = !head.forbid;
                let [from, to] = if self.forbid {
                    ["forbid", "permit"]
                } else {
                    ["permit", "forbid"]
                };
                format!("effect {from} → {to}")
            }
            1 => {
                head.principal = at % PRINCIPALS.len();
                let how = match head.principal.cmp(&self.principal) {
                    std::cmp::Ordering::Less => "narrowed",
                    std::cmp::Ordering::Equal => return None,
                    std::cmp::Ordering::Greater => "widened",
                };
                let name = |at: usize| match PRINCIPALS[at] {
                    "" => "any",
                    test => test,
                };
                let (from, to) = (name(self.principal), name(head.principal));
                format!("scope of the principal {how}: {from} → {to}")
            }
            2 => {
                head.conjuncts.remove(place?);
                format!("conjunct removed: {}", self.conjunct(place?))
            }
            3 => {
                head.conjuncts
                    .insert(at % (count + 1), (99, Some(0), vec![7]));
                "conjunct added: context.a99 < 7".to_owned()
            }
            4 => {
                let (_, operator, numbers) = &mut head.conjuncts[place?];
                let within = self.conjunct(place?);
                match operator {
                    Some(_) => {
                        let from = numbers[0];
                        numbers[0] += 1000;
                        format!("literal {from} → {} in {within}", numbers[0])
                    }
                    None => {
                        numbers.push(1000);
                        format!("element 1000 added in {within}")
                    }
                }
            }
            5 => {
                let operator = head.conjuncts[place?].1.as_mut()?;
                let from = OPERATORS[*operator];
                *operator = (*operator + 1) % OPERATORS.len();
                let to = OPERATORS[*operator];
                format!("operator {from} → {to} in {}", self.conjunct(place?))
            }
            _ => {
                let other = place?.checked_sub(1)?;
                head.conjuncts.swap(place?, other);
                "conjuncts reordered".to_owned()
            }
        };
        Some((head, phrase))
    }
}

fn parts() -> impl Strategy<Value = Parts> {
    let numbers = prop::collection::vec(-50..50_i64, 1..4);
    let conjunct = (prop::option::weighted(0.8, 0..OPERATORS.len()), numbers);
    let conjuncts = prop::collection::vec(conjunct, 0..6);
    (any::<bool>(), 0..PRINCIPALS.len(), conjuncts).prop_map(|(forbid, principal, conjuncts)| {
        let numbered = conjuncts.into_iter().enumerate();
        Parts {
            forbid,
            principal,
            conjuncts: numbered
                .map(|(path, (operator, numbers))| (path, operator, numbers))
                .collect(),
        }
    })
}

proptest! {
    #[test]
    fn one_edit_is_described_as_that_edit(parts in parts(), edit in 0..7_usize, at in 0..100_usize) {
        let base = parts.parsed();
        prop_assert_eq!(base.edits_to(&parts.parsed()), Vec::<String>::new());
        if let Some((head, phrase)) = parts.edited(edit, at) {
            prop_assert_eq!(base.edits_to(&head.parsed()), vec![phrase]);
        }
    }

    #[test]
    fn different_trees_have_edits_and_equal_ones_have_none(base in parts(), head in parts()) {
        let (base, head) = (base.parsed(), head.parsed());
        prop_assert_eq!(base.edits_to(&head).is_empty(), base.same_tree(&head));
    }
}
