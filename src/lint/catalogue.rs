//! What a lint is, and the list of all of them.

use super::context::{Policy, Repository};
use super::found::Found;
use super::rules;
use crate::repository::LintLevel;

/// A lint: what it is called, what it needs, and how it looks.
pub struct Lint {
    /// Its code, `AZ101`. Never given to another lint.
    pub code: &'static str,
    /// Its name, `string-in`.
    pub slug: &'static str,
    /// What it says, in one line.
    pub title: &'static str,
    /// Its level where nothing else is said.
    pub level: LintLevel,
    /// What it rests upon.
    pub evidence: &'static [Evidence],
    /// What kind of fix it has, where it has one.
    pub fix: Option<FixKind>,
    /// What must be there for it to run.
    pub needs: &'static [Need],
    /// Kinds of findings of Cedar's validator, and of the checks of a repository, that it passes on under its code.
    pub passes: &'static [&'static str],
    /// How it looks.
    pub run: Run,
    /// Its page, in Markdown.
    pub page: &'static str,
}

/// What a lint looks at.
pub enum Run {
    /// One policy after the other.
    Policy(fn(&Policy<'_>, &mut Found<'_>)),
    /// Everything at once.
    Repository(fn(&Repository<'_>, &mut Found<'_>)),
    /// Nothing of its own: it passes on what others found.
    Passed,
    /// Only a solver can tell.
    Solver,
}

/// What a finding rests upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Text and comments.
    Text,
    /// The policy as it is written.
    Policy,
    /// The schema, and Cedar's type checker.
    Schema,
    /// Inventory, entities, tool lists, links and tests as they are written.
    Repository,
    /// What tests did.
    Tests,
}

impl Evidence {
    /// The evidence in a word.
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Text => "text",
            Evidence::Policy => "policy",
            Evidence::Schema => "schema",
            Evidence::Repository => "repository",
            Evidence::Tests => "tests",
        }
    }
}

/// What applying a fix may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FixKind {
    /// Nothing: the same decision, reasons and errors for every request.
    Equivalent,
    /// An error may become a value, and nothing else changes.
    Repair,
    /// Anything: a person decides.
    Suggested,
}

impl FixKind {
    /// The kind in a word.
    pub fn name(self) -> &'static str {
        match self {
            FixKind::Equivalent => "equivalent",
            FixKind::Repair => "repair",
            FixKind::Suggested => "suggested",
        }
    }
}

/// What must be there for a lint to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// A schema that parses.
    Schema,
    /// `@risk` on some action.
    Risks,
    /// Agents in the inventory.
    Agents,
    /// A list of tools.
    Tools,
    /// Unit tests as they are written.
    Suites,
    /// What unit tests did (`--with-tests`).
    TestRun,
    /// What became of mutants of the policies (`--with-mutants`).
    Mutants,
    /// `lint.options.approval`.
    Approval,
    /// `lint.options.amounts`.
    Amounts,
    /// `lint.options.required`.
    Required,
    /// `lint.options.control_resources`.
    ControlResources,
    /// `lint.options.secret_resources`.
    SecretResources,
    /// `lint.options.private_resources` and `untrusted_resources`.
    DataClasses,
    /// `lint.options.environments`.
    Environments,
    /// `lint.options.deref_level`.
    DerefLevel,
}

/// Every lint, in order of the codes.
pub fn catalogue() -> &'static [&'static Lint] {
    rules::ALL
}

/// The lint of a code or name.
pub fn by_name(name: &str) -> Option<&'static Lint> {
    catalogue()
        .iter()
        .copied()
        .find(|lint| lint.code.eq_ignore_ascii_case(name) || lint.slug == name)
}

impl Lint {
    /// The first digit of its code as the name of a group.
    pub fn group(&self) -> &'static str {
        match self.code.get(2..3) {
            Some("1") => "correctness",
            Some("2") => "security",
            Some("3") => "agents",
            Some("4") => "hygiene",
            Some("5") => "style",
            Some("6") => "tests",
            _ => "performance",
        }
    }

    /// Whether it runs where nothing is said of levels.
    pub fn is_on(&self) -> bool {
        self.level != LintLevel::Off
    }
}

impl std::fmt::Debug for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)
    }
}

impl PartialEq for Lint {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Lint {}
