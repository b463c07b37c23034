//! How much a finding weighs: the lint's own level, the manifest's, that of the file, and that of the command line.

use super::catalogue::{Lint, catalogue};
use super::found::Finding;
use crate::repository::{LintLevel, LintSettings, matching, nearest};
use std::collections::BTreeMap;

/// Levels by code, name, group or the beginning of a code; what comes later counts more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    manifest: LintSettings,
    /// Those of the command line, in order.
    given: Vec<(String, LintLevel)>,
}

impl Levels {
    /// Those of a manifest, and of the command line.
    pub fn new(manifest: &LintSettings, given: Vec<(String, LintLevel)>) -> Self {
        Self {
            manifest: manifest.clone(),
            given,
        }
    }

    /// The names that are none of a lint, with one that may be meant.
    pub fn unknown(&self) -> Vec<(String, Option<&'static str>)> {
        let overrides = self.manifest.overrides.iter();
        let names = self
            .manifest
            .levels
            .keys()
            .chain(overrides.flat_map(|other| other.levels.keys()))
            .chain(self.given.iter().map(|(name, _)| name));
        names
            .filter(|name| !catalogue().iter().any(|lint| means(name, lint)))
            .map(|name| {
                let known = catalogue().iter().flat_map(|lint| [lint.code, lint.slug]);
                (name.clone(), nearest(name, known))
            })
            .collect()
    }

    /// Whether a lint runs at all.
    pub fn runs(&self, lint: &Lint) -> bool {
        let own = self.of(lint, lint.level, None);
        let elsewhere =
            self.manifest.overrides.iter().any(|other| {
                picked(&other.levels, lint).is_some_and(|level| level != LintLevel::Off)
            });
        own != LintLevel::Off || elsewhere
    }

    /// The level of a finding.
    pub fn of_finding(&self, finding: &Finding) -> LintLevel {
        self.of(finding.lint, finding.level, Some(&finding.path))
    }

    fn of(&self, lint: &Lint, own: LintLevel, path: Option<&str>) -> LintLevel {
        let mut level = picked(&self.manifest.levels, lint).unwrap_or(own);
        for other in &self.manifest.overrides {
            if path.is_some_and(|path| matching(&other.paths, path))
                && let Some(found) = picked(&other.levels, lint)
            {
                level = found;
            }
        }
        for (name, given) in &self.given {
            if name == "warnings" {
                if level == LintLevel::Warning {
                    level = *given;
                }
            } else if means(name, lint) {
                level = *given;
            }
        }
        level
    }
}

/// The level that the longest name gives.
fn picked(levels: &BTreeMap<String, LintLevel>, lint: &Lint) -> Option<LintLevel> {
    let exact = |name: &str| name.eq_ignore_ascii_case(lint.code) || name == lint.slug;
    levels
        .iter()
        .filter(|(name, _)| means(name, lint))
        .max_by_key(|(name, _)| (exact(name), name.len()))
        .map(|(_, level)| *level)
}

/// Whether a name is one of a lint: its code, its name, its group, or the beginning of its code.
fn means(name: &str, lint: &Lint) -> bool {
    let beginning = name.len() >= 2
        && lint
            .code
            .get(..name.len())
            .is_some_and(|code| code.eq_ignore_ascii_case(name));
    beginning || name == lint.slug || name == lint.group() || name == "all" || name == "warnings"
}
