//! The policies of a repository as lints look at them.

use super::context::{Context, Policy};
use crate::cedar::{ParsedPolicy, syntaxes};
use crate::model::SourceFile;
use rayon::prelude::*;
use std::sync::OnceLock;

/// So many policies of a file are read together.
const TOGETHER: usize = 128;

/// The policies and templates, in order of their files and places.
pub(super) fn policies<'r>(context: &'r Context<'r>) -> Vec<Policy<'r>> {
    static NOTHING: OnceLock<SourceFile> = OnceLock::new();
    let nothing = NOTHING.get_or_init(|| SourceFile::new("", ""));
    let mut all: Vec<&ParsedPolicy> = context.version.parsed.iter().collect();
    all.sort_by_key(|parsed| (&parsed.file, parsed.span.start, parsed.ordinal));
    let of_one_file = all.chunk_by(|one, other| one.file == other.file);
    let together: Vec<&[&ParsedPolicy]> = of_one_file
        .flat_map(|policies| policies.chunks(TOGETHER))
        .collect();
    let found = together.par_iter().map(|policies| {
        let file = policies
            .first()
            .and_then(|first| context.file(&first.file))
            .unwrap_or(nothing);
        let written = policies.iter().zip(syntaxes(policies, file));
        let found = written.map(|(parsed, syntax)| Policy {
            context,
            parsed,
            syntax,
            file,
            typing: OnceLock::new(),
            actions: OnceLock::new(),
            samples: OnceLock::new(),
            live: OnceLock::new(),
            live_samples: OnceLock::new(),
            live_for_agents: OnceLock::new(),
            conflict: OnceLock::new(),
        });
        found.collect::<Vec<_>>()
    });
    found.collect::<Vec<_>>().into_iter().flatten().collect()
}
