//! The policies of a repository as lints look at them.

use super::context::{Context, Policy};
use crate::cedar::ParsedPolicy;
use crate::model::SourceFile;
use rayon::prelude::*;
use std::sync::OnceLock;

/// The policies and templates, in order of their files and places.
pub(super) fn policies<'r>(context: &'r Context<'r>) -> Vec<Policy<'r>> {
    static NOTHING: OnceLock<SourceFile> = OnceLock::new();
    let nothing = NOTHING.get_or_init(|| SourceFile::new("", ""));
    let mut all: Vec<&ParsedPolicy> = context.version.parsed.iter().collect();
    all.sort_by_key(|parsed| (&parsed.file, parsed.span.start, parsed.ordinal));
    let found = all.par_iter().map(|parsed| {
        let file = context.file(&parsed.file).unwrap_or(nothing);
        Policy {
            context,
            parsed,
            syntax: parsed.syntax(file),
            file,
            typing: OnceLock::new(),
            actions: OnceLock::new(),
            samples: OnceLock::new(),
            live: OnceLock::new(),
            live_samples: OnceLock::new(),
            live_for_agents: OnceLock::new(),
            conflict: OnceLock::new(),
        }
    });
    found.collect()
}
