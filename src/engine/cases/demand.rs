//! What is asked of a set of policies.

use std::collections::BTreeSet;
use std::sync::Arc;

/// What a set of policies must be like. What is left empty asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// The exact set.
    pub exactly: Option<BTreeSet<Arc<str>>>,
    /// Policies that it must have, among others.
    pub include: BTreeSet<Arc<str>>,
    /// Policies that it must not have.
    pub exclude: BTreeSet<Arc<str>>,
    /// Policies of which it must have at least one.
    pub any: BTreeSet<Arc<str>>,
    /// How many it must have.
    pub count: Option<usize>,
}

impl Demand {
    /// Exactly these.
    pub fn exactly(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        Self {
            exactly: Some(names.into_iter().collect()),
            ..Self::default()
        }
    }

    /// Whether a set is as asked.
    pub fn hold(&self, found: &BTreeSet<Arc<str>>) -> bool {
        self.exactly.as_ref().is_none_or(|exactly| exactly == found)
            && self.include.is_subset(found)
            && self.exclude.is_disjoint(found)
            && (self.any.is_empty() || !self.any.is_disjoint(found))
            && self.count.is_none_or(|count| count == found.len())
    }

    /// The policies that may or must be in the set, as the names say.
    pub fn wanted(&self) -> BTreeSet<Arc<str>> {
        let all = self.exactly.iter().flatten().chain(&self.include);
        all.chain(&self.any).cloned().collect()
    }

    /// The same in words.
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if let Some(exactly) = &self.exactly {
            parts.push(listed(exactly));
        }
        if !self.include.is_empty() {
            parts.push(format!("{} among others", listed(&self.include)));
        }
        if !self.any.is_empty() {
            parts.push(format!("at least one of {}", listed(&self.any)));
        }
        if !self.exclude.is_empty() {
            parts.push(format!("none of {}", listed(&self.exclude)));
        }
        if let Some(count) = self.count {
            parts.push(format!("{count} in number"));
        }
        match parts.is_empty() {
            true => "any".to_owned(),
            false => parts.join(", and "),
        }
    }
}

/// Names in backticks, or `none`.
pub fn listed(names: &BTreeSet<Arc<str>>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<Arc<str>> {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn every_part_is_asked() {
        let found = set(&["a", "b"]);
        let asked = |change: fn(&mut Demand)| {
            let mut names = Demand::default();
            change(&mut names);
            names.hold(&found)
        };
        assert!(asked(|_| {}));
        assert!(asked(|names| names.exactly = Some(set(&["a", "b"]))));
        assert!(!asked(|names| names.exactly = Some(set(&["a"]))));
        assert!(asked(|names| names.include = set(&["a"])));
        assert!(!asked(|names| names.include = set(&["a", "c"])));
        assert!(asked(|names| names.exclude = set(&["c"])));
        assert!(!asked(|names| names.exclude = set(&["a", "c"])));
        assert!(asked(|names| names.any = set(&["a", "c"])));
        assert!(!asked(|names| names.any = set(&["c"])));
        assert!(asked(|names| names.count = Some(2)));
        assert!(!asked(|names| names.count = Some(1)));
    }
}
