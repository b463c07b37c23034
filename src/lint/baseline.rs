//! The baseline: findings that were there before linting began, by code, policy and what they are about. Layout and place
//! do not count, and what is listed and not found any more is a finding itself.

use super::found::Finding;
use crate::model::{Diagnostic, SourceFile};
use crate::yaml::{self, Spanned, scalar};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A file of known findings.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The version of this format: 1.
    pub version: u32,
    /// The findings.
    #[serde(default)]
    pub findings: Vec<Spanned<Known>>,
}

/// A known finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The lint's code.
    pub code: String,
    /// The policy; of a finding about none, the file.
    pub about: String,
    /// The marked text without spaces.
    #[serde(default)]
    pub what: String,
    /// How many alike there are.
    #[serde(default = "one")]
    pub count: usize,
}

fn one() -> usize {
    1
}

impl Known {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.lint.code.to_owned(),
            about: finding
                .policy
                .as_deref()
                .unwrap_or(finding.path.as_ref())
                .to_owned(),
            what: finding.key.clone(),
            count: 1,
        }
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// Where the file is no YAML, or holds what is not known here.
    pub fn read(file: &SourceFile) -> Result<Self, Diagnostic> {
        let found: Self = yaml::parse(file)?;
        match crate::repository::version_fault(file, found.version) {
            Some(fault) => Err(fault),
            None => Ok(found),
        }
    }

    /// The baseline of these findings, as text.
    pub fn text<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
        let mut counted: BTreeMap<Known, usize> = BTreeMap::new();
        for finding in findings {
            *counted.entry(Known::of(finding)).or_default() += 1;
        }
        let mut out = String::from(
            "# Findings that were there before linting began. `agentauthz lint --update-baseline` writes this file;\n\
             # what is repaired leaves it then.\nversion: 1\n",
        );
        if counted.is_empty() {
            out.push_str("findings: []\n");
            return out;
        }
        out.push_str("findings:\n");
        for (known, count) in counted {
            let _ = writeln!(out, "  - code: {}", scalar(&known.code));
            let _ = writeln!(out, "    about: {}", scalar(&known.about));
            if !known.what.is_empty() {
                let _ = writeln!(out, "    what: {}", scalar(&known.what));
            }
            if count > 1 {
                let _ = writeln!(out, "    count: {count}");
            }
        }
        out
    }

    /// Takes the known findings out, and returns them, and what is listed and not found, by place in the list.
    pub fn take(&self, findings: &mut Vec<Finding>) -> (Vec<Finding>, Vec<usize>) {
        let mut left: BTreeMap<Known, usize> = BTreeMap::new();
        for known in &self.findings {
            let known = &known.value;
            let key = Known {
                count: 1,
                ..known.clone()
            };
            *left.entry(key).or_default() += known.count;
        }
        let mut taken = Vec::new();
        let mut kept = Vec::new();
        for finding in std::mem::take(findings) {
            match left.get_mut(&Known::of(&finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    taken.push(finding);
                }
                Some(_) | None => kept.push(finding),
            }
        }
        *findings = kept;
        let stale = self.findings.iter().enumerate().filter(|(_, known)| {
            let key = Known {
                count: 1,
                ..known.value.clone()
            };
            left.get(&key).is_some_and(|count| *count > 0)
        });
        (taken, stale.map(|(at, _)| at).collect())
    }
}
