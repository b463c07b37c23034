//! Conditions over atoms, evaluated and judged without trees: every pair of runs is looked at.

/// A condition over atoms that are told apart by numbers, each written once.
#[derive(Debug, Clone)]
pub enum Condition {
    Atom(usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    If(Box<Condition>, Box<Condition>, Box<Condition>),
}

/// A value of an atom, or of a whole; nothing for an error.
pub type Value = Option<bool>;

impl Condition {
    /// What becomes of it, and the atoms that were evaluated on the way.
    pub fn run(&self, values: &[Value], reached: &mut Vec<usize>) -> Value {
        match self {
            Condition::Atom(at) => {
                reached.push(*at);
                values[*at]
            }
            Condition::Not(inner) => Some(!inner.run(values, reached)?),
            Condition::And(left, right) => match left.run(values, reached)? {
                true => right.run(values, reached),
                false => Some(false),
            },
            Condition::Or(left, right) => match left.run(values, reached)? {
                true => Some(true),
                false => right.run(values, reached),
            },
            Condition::If(test, then, other) => match test.run(values, reached)? {
                true => then.run(values, reached),
                false => other.run(values, reached),
            },
        }
    }

    /// The same in Cedar's syntax, with a text for each atom.
    pub fn text(&self, atom: &dyn Fn(usize) -> String) -> String {
        match self {
            Condition::Atom(at) => atom(*at),
            Condition::Not(inner) => format!("!({})", inner.text(atom)),
            Condition::And(left, right) => {
                format!("({} &&\n  {})", left.text(atom), right.text(atom))
            }
            Condition::Or(left, right) => format!("({} || {})", left.text(atom), right.text(atom)),
            Condition::If(test, then, other) => format!(
                "(if {} then {} else {})",
                test.text(atom),
                then.text(atom),
                other.text(atom)
            ),
        }
    }
}

/// What one run has shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// What was seen of each atom; nothing where it was not reached.
    pub seen: Vec<Option<Value>>,
    pub result: Value,
}

/// Runs a condition.
pub fn run(condition: &Condition, values: &[Value]) -> Shown {
    let mut reached = Vec::new();
    let result = condition.run(values, &mut reached);
    let mut seen = vec![None; values.len()];
    for at in reached {
        seen[at] = Some(values[at]);
    }
    Shown { seen, result }
}

/// Whether some two runs show that an atom changes the outcome by itself: it is true in one and false in the other, the
/// outcome differs, and whatever else differs is masked. An atom that a run did not reach may have had any value, so it
/// is given the one that it had in the other run. What then still differs is masked where the outcome stays the same as
/// long as the atom itself does, whether the others have the values of the one run or of the other.
pub fn independent(condition: &Condition, runs: &[Shown], atom: usize) -> bool {
    runs.iter().any(|one| {
        runs.iter().any(|other| {
            let (Some(Some(true)), Some(Some(false))) = (one.seen[atom], other.seen[atom]) else {
                return false;
            };
            let (Some(first), Some(second)) = (one.result, other.result) else {
                return false;
            };
            let fill = |own: &Shown, other: &Shown| -> Vec<Value> {
                own.seen
                    .iter()
                    .zip(&other.seen)
                    .map(|(own, other)| own.or(*other).unwrap_or(Some(false)))
                    .collect()
            };
            let (mut u, mut v) = (fill(one, other), fill(other, one));
            u[atom] = Some(false);
            v[atom] = Some(true);
            first != second
                && run(condition, &u).result == Some(second)
                && run(condition, &v).result == Some(first)
        })
    })
}
