//! How the atoms of a policy are connected, and what follows from their values.

/// What a boolean part of a policy came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It is true.
    True,
    /// It is false.
    False,
    /// It raised an error, or was no boolean where one is needed.
    Error,
}

impl From<bool> for Truth {
    fn from(flag: bool) -> Self {
        match flag {
            true => Truth::True,
            false => Truth::False,
        }
    }
}

/// What an evaluation saw of each atom, by its place; nothing where the atom was not reached.
pub type Seen = Vec<Option<Truth>>;

/// A connective, or an atom by its place in [`super::Tree::atoms`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An atom.
    Atom(usize),
    /// `!a`, and `unless { a }`.
    Not(Box<Node>),
    /// `a && b && …`, from left to right; true where it is empty.
    And(Vec<Node>),
    /// `a || b || …`, from left to right; false where it is empty.
    Or(Vec<Node>),
    /// `if a then b else c`.
    If(Box<[Node; 3]>),
}

impl Node {
    /// The value, in Cedar's order: `atom` is asked for the value of every atom that is reached, and of no other.
    pub fn evaluate(&self, atom: &mut impl FnMut(usize) -> Truth) -> Truth {
        match self {
            Node::Atom(at) => atom(*at),
            Node::Not(node) => match node.evaluate(atom) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Error => Truth::Error,
            },
            Node::And(nodes) => sequence(nodes, Truth::True, atom),
            Node::Or(nodes) => sequence(nodes, Truth::False, atom),
            Node::If(parts) => {
                let [test, then, other] = parts.as_ref();
                match test.evaluate(atom) {
                    Truth::True => then.evaluate(atom),
                    Truth::False => other.evaluate(atom),
                    Truth::Error => Truth::Error,
                }
            }
        }
    }

    /// What an evaluation that saw these values made of this part; nothing where it was not reached.
    pub fn value(&self, seen: &[Option<Truth>]) -> Option<Truth> {
        // Of a part that was reached, exactly the atoms that decide it were reached.
        let mut reached = true;
        let value = self.evaluate(&mut |at| match seen.get(at).copied().flatten() {
            Some(value) => value,
            None => {
                reached = false;
                Truth::Error
            }
        });
        reached.then_some(value)
    }
}

/// The operands from left to right: the first that is not `neutral` is the result.
fn sequence(nodes: &[Node], neutral: Truth, atom: &mut impl FnMut(usize) -> Truth) -> Truth {
    for node in nodes {
        match node.evaluate(atom) {
            value if value == neutral => {}
            value => return value,
        }
    }
    neutral
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_reached_is_not_asked_for() {
        let atom = Node::Atom;
        let tree = Node::And(vec![
            atom(0),
            Node::Or(vec![atom(1), Node::Not(Box::new(atom(2)))]),
            Node::If(Box::new([atom(3), atom(4), atom(5)])),
        ]);
        for (values, expected, asked) in [
            ("F.....", Truth::False, vec![0]),
            ("TT.TT.", Truth::True, vec![0, 1, 3, 4]),
            ("TFFF.F", Truth::False, vec![0, 1, 2, 3, 5]),
            ("TFT...", Truth::False, vec![0, 1, 2]),
            ("TFE...", Truth::Error, vec![0, 1, 2]),
            ("TT.E..", Truth::Error, vec![0, 1, 3]),
        ] {
            let mut reached = Vec::new();
            let found = tree.evaluate(&mut |at| {
                reached.push(at);
                match values.as_bytes()[at] {
                    b'T' => Truth::True,
                    b'F' => Truth::False,
                    b'E' => Truth::Error,
                    _ => panic!("{values}: atom {at} is not reached"),
                }
            });
            assert_eq!((found, &reached), (expected, &asked), "{values}");
            let seen: Seen = (0..6)
                .map(|at| {
                    reached.contains(&at).then(|| match values.as_bytes()[at] {
                        b'T' => Truth::True,
                        b'F' => Truth::False,
                        _ => Truth::Error,
                    })
                })
                .collect();
            assert_eq!(tree.value(&seen), Some(expected));
            if let Node::And(parts) = &tree {
                let third = (values == "TFFF.F").then_some(Truth::False);
                assert_eq!(parts[2].value(&seen).is_some(), asked.contains(&3));
                assert!(third.is_none() || parts[2].value(&seen) == third);
            }
        }
    }
}
