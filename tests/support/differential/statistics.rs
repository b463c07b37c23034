//! What was tried: how many cases, what they came to, and which operators they reached.

use super::operators::{NAMES, Operators};
use agentauthz::model::{ChangeClass, Status};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Default)]
pub struct Statistics {
    pub worlds: u64,
    /// Lines compared.
    pub cases: u64,
    pub rules: u64,
    pub links: u64,
    /// Policies and templates of versions with a schema, and those that strict validation takes.
    pub typed: (u64, u64),
    pub entities: u64,
    /// What the cases came to, by name.
    pub counts: BTreeMap<&'static str, u64>,
    pub classes: BTreeMap<ChangeClass, u64>,
    /// By operator: cases with a policy that holds it and whose scope holds; and of those policies how many were
    /// satisfied, not satisfied, in error.
    pub operators: BTreeMap<&'static str, [u64; 4]>,
    /// The same of those cases that the compiled engine decided.
    pub compiled: BTreeMap<&'static str, [u64; 4]>,
    pub differences: Vec<String>,
}

impl Statistics {
    pub fn add(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// Counts the policies whose scope holds in one case.
    pub fn reached(&mut self, policies: &[(Operators, Status)], by_compiled: bool) {
        let table = match by_compiled {
            true => &mut self.compiled,
            false => &mut self.operators,
        };
        let all = policies
            .iter()
            .fold(0, |all, (operators, _)| all | operators);
        for (at, name) in NAMES.iter().enumerate() {
            if all >> at & 1 == 0 {
                continue;
            }
            let counts = table.entry(name).or_default();
            counts[0] += 1;
            for (operators, status) in policies {
                let place = match status {
                    Status::Satisfied => 1,
                    Status::NotSatisfied => 2,
                    Status::Error | Status::NotSatisfiedOrError | Status::Unknown => 3,
                };
                counts[place] += operators >> at & 1;
            }
        }
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.worlds += other.worlds;
        self.cases += other.cases;
        self.rules += other.rules;
        self.links += other.links;
        self.typed = (self.typed.0 + other.typed.0, self.typed.1 + other.typed.1);
        self.entities += other.entities;
        for (what, count) in other.counts {
            *self.counts.entry(what).or_default() += count;
        }
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
        for (mine, other) in [
            (&mut self.operators, other.operators),
            (&mut self.compiled, other.compiled),
        ] {
            for (name, counts) in other {
                let mine = mine.entry(name).or_default();
                for (mine, other) in mine.iter_mut().zip(counts) {
                    *mine += other;
                }
            }
        }
        self.differences.extend(other.differences);
        self
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "differential: {} cases on {} pairs of versions; {} policies and templates, {} links, {} entities; of {} \
             policies with a schema strict validation takes {}",
            self.cases,
            self.worlds,
            self.rules,
            self.links,
            self.entities,
            self.typed.0,
            self.typed.1
        )?;
        for (what, count) in &self.counts {
            writeln!(f, "  {what:<34} {count:>10}")?;
        }
        writeln!(f, "classes of change")?;
        for class in ChangeClass::ALL {
            let count = self.classes.get(&class).copied().unwrap_or_default();
            writeln!(f, "  {:<34} {count:>10}", class.name())?;
        }
        writeln!(
            f,
            "operators: cases that reach them; those policies satisfied, not satisfied, in error; and those cases that \
             the compiled engine decided"
        )?;
        for name in NAMES {
            let [cases, satisfied, not, errors] =
                self.operators.get(name).copied().unwrap_or_default();
            let [compiled, ..] = self.compiled.get(name).copied().unwrap_or_default();
            writeln!(
                f,
                "  {name:<26} {cases:>10} {satisfied:>10} {not:>10} {errors:>10} {compiled:>10}"
            )?;
        }
        Ok(())
    }
}
