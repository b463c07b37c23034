//! How much a finding weighs: the lint's own level, the manifest's, that of the file, and that of the command line.

use super::catalogue::{Lint, by_name, catalogue};
use super::found::Finding;
use crate::repository::{LintLevel, LintSettings, matching, nearest};
use std::collections::BTreeMap;

/// Levels by code, name, group or the beginning of a code; what comes later counts more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    manifest: LintSettings,
    /// Those of the command line, the more precise ones later.
    given: Vec<(String, LintLevel)>,
}

impl Levels {
    /// Those of a manifest, and of the command line.
    /// Of two names for one lint, the more precise counts, and then the stricter level.
    pub fn new(manifest: &LintSettings, mut given: Vec<(String, LintLevel)>) -> Self {
        given.sort_by_key(|(name, level)| (name == WARNINGS, precision(name), *level));
        Self {
            manifest: manifest.clone(),
            given,
        }
    }

    /// The names that are none of a lint, with one that may be meant.
    pub fn unknown(&self) -> Vec<(String, Option<&'static str>)> {
        let overrides = self.manifest.overrides.iter();
        let of_manifest = self
            .manifest
            .levels
            .keys()
            .chain(overrides.flat_map(|other| other.levels.keys()));
        let given = self.given.iter().map(|(name, _)| name);
        of_manifest
            .chain(given.filter(|name| *name != WARNINGS))
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
            if name == WARNINGS {
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

/// All that warn, on the command line alone: in a manifest nobody could say which levels are meant.
const WARNINGS: &str = "warnings";

/// The level that the most precise name gives.
fn picked(levels: &BTreeMap<String, LintLevel>, lint: &Lint) -> Option<LintLevel> {
    levels
        .iter()
        .filter(|(name, _)| means(name, lint))
        .max_by_key(|(name, level)| (precision(name), **level))
        .map(|(_, level)| *level)
}

/// How precise a name is: all, a group, the beginning of a code by its length, a code or a lint's name.
fn precision(name: &str) -> (u8, usize) {
    if by_name(name).is_some() {
        (3, 0)
    } else if name == "all" {
        (0, 0)
    } else if catalogue().iter().any(|lint| lint.group() == name) {
        (1, 0)
    } else {
        (2, name.len())
    }
}

/// Whether a name is one of a lint: its code, its name, its group, or the beginning of its code.
fn means(name: &str, lint: &Lint) -> bool {
    let beginning = name.len() >= 2
        && lint
            .code
            .get(..name.len())
            .is_some_and(|code| code.eq_ignore_ascii_case(name));
    beginning || name == lint.slug || name == lint.group() || name == "all"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_precise_name_counts() {
        let lint = by_name("AZ201").unwrap();
        let level = |levels: &[(&str, LintLevel)], given: &[(&str, LintLevel)]| {
            let named = |all: &[(&str, LintLevel)]| -> Vec<(String, LintLevel)> {
                all.iter()
                    .map(|(name, level)| ((*name).to_owned(), *level))
                    .collect()
            };
            let manifest = LintSettings {
                levels: named(levels).into_iter().collect(),
                ..LintSettings::default()
            };
            Levels::new(&manifest, named(given)).of(lint, LintLevel::Error, None)
        };
        use LintLevel::{Error, Info, Off, Warning};
        assert_eq!(level(&[("all", Off), ("AZ2", Warning)], &[]), Warning);
        assert_eq!(level(&[("security", Off), ("AZ20", Warning)], &[]), Warning);
        assert_eq!(level(&[("security", Off), ("all", Warning)], &[]), Off);
        assert_eq!(level(&[("AZ201", Info), ("AZ20", Error)], &[]), Info);
        assert_eq!(level(&[], &[("AZ20", Warning), ("security", Off)]), Warning);
        assert_eq!(level(&[("all", Warning)], &[("warnings", Info)]), Info);
        assert_eq!(level(&[("all", Info)], &[("warnings", Error)]), Info);
        // In a manifest it is no name.
        assert_eq!(level(&[("warnings", Off)], &[]), Error);
        let manifest = LintSettings {
            levels: BTreeMap::from([(WARNINGS.to_owned(), Off)]),
            ..LintSettings::default()
        };
        assert_eq!(Levels::new(&manifest, Vec::new()).unknown().len(), 1);
        let given = vec![(WARNINGS.to_owned(), Error)];
        assert!(
            Levels::new(&LintSettings::default(), given)
                .unknown()
                .is_empty()
        );
    }
}
