//! File patterns of the manifest.

use super::version::Refused;
use crate::model::{Diagnostic, Stage};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Longer patterns are refused: alternatives inside alternatives cost time.
const LONGEST: usize = 1_000;

/// The paths that some pattern matches, in order; patterns that cannot be used are reported.
pub(super) fn select<'p>(
    patterns: &[String],
    paths: impl Iterator<Item = &'p str>,
    manifest: &str,
) -> (Vec<String>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let set = compile(patterns, manifest, &mut diagnostics);
    let selected = paths
        .filter(|path| set.is_match(path))
        .map(str::to_owned)
        .collect();
    (selected, diagnostics)
}

/// Whether a path matches one of these patterns; those that cannot be used match nothing.
pub fn matching(patterns: &[String], path: &str) -> bool {
    compile(patterns, "", &mut Vec::new()).is_match(path)
}

/// Whether a refused path is one that a pattern takes, or may hide such paths below it.
pub(super) fn concerns(patterns: &[String], refused: &Refused) -> bool {
    let set = compile(patterns, "", &mut Vec::new());
    let path: Vec<&str> = refused.path.split('/').collect();
    set.is_match(&refused.path)
        || (refused.below && patterns.iter().any(|p| reaches_below(p, &path)))
}

/// Whether a pattern may match something below a directory.
fn reaches_below(pattern: &str, directory: &[&str]) -> bool {
    let mut steps = pattern.split('/');
    for part in directory {
        match steps.next() {
            // What `**` and alternatives across directories take is not looked at closer.
            Some(step) if step == "**" || step.contains('{') => return true,
            Some(step) => {
                let glob = GlobBuilder::new(step).literal_separator(true).build();
                if !glob.is_ok_and(|glob| glob.compile_matcher().is_match(part)) {
                    return false;
                }
            }
            None => return false,
        }
    }
    steps.next().is_some()
}

/// The patterns that can be used, as one set; the others are reported.
pub(super) fn compile(
    patterns: &[String],
    manifest: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    let mut fault = |message: String| {
        diagnostics.push(Diagnostic::error(Stage::Parse, "pattern", message).in_file(manifest));
    };
    for pattern in patterns {
        if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
            fault(format!("the pattern `{pattern}` leaves the repository"));
            continue;
        }
        if pattern.len() > LONGEST {
            fault(format!("a pattern has more than {LONGEST} bytes"));
            continue;
        }
        match GlobBuilder::new(pattern).literal_separator(true).build() {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => fault(format!("`{pattern}` is no file pattern: {error}")),
        }
    }
    builder.build().unwrap_or_else(|_| GlobSet::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(pattern: &str, path: &str) -> bool {
        let refused = Refused {
            path: path.to_owned(),
            message: String::new(),
            below: true,
        };
        concerns(&[pattern.to_owned()], &refused)
    }

    #[test]
    fn a_refused_directory_concerns_the_patterns_that_reach_below_it() {
        assert!(hides("policies/**/*.cedar", "policies/shared"));
        assert!(hides("policies/**/*.cedar", "policies"));
        assert!(hides("p*/a/*.cedar", "policies/a"));
        assert!(hides("**/*.cedar", "anything"));
        assert!(hides("policies/*.cedar", "policies/a.cedar"));
        assert!(!hides("policies/*.cedar", "policies/shared"));
        assert!(!hides("policies/**/*.cedar", "docs"));
        assert!(!hides("agents.yaml", "agents"));
    }
}
