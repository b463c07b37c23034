//! Digests of what was loaded.

use super::MANIFEST;
use crate::model::{Digest, SourceFile, Sources};
use crate::repository::globs::select;
use crate::repository::manifest::MappingSource;
use crate::repository::version::PolicyVersion;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;

/// The digest of what decides: of all files that were read, but for unit tests and whatever else only judges.
pub fn deciding_digest(version: &PolicyVersion) -> Digest {
    let manifest = &version.manifest;
    let lists = [
        &manifest.schema,
        &manifest.policies,
        &manifest.links,
        &manifest.agents,
        &manifest.entities,
    ];
    let mut patterns: Vec<String> = lists.into_iter().flatten().cloned().collect();
    match &manifest.mapping {
        MappingSource::Files(files) => patterns.extend(files.iter().cloned()),
        MappingSource::Here(_) => {}
    }
    let paths = version.sources.iter().map(|file| file.path.as_ref());
    let (decides, _) = select(&patterns, paths, MANIFEST);
    let decides: HashSet<&str> = decides
        .iter()
        .map(String::as_str)
        .chain([MANIFEST])
        .collect();
    let files = version.sources.iter();
    digest_of(files.filter(|file| decides.contains(file.path.as_ref())))
}

/// The digest of all files that were read.
pub(super) fn digest(sources: &Sources) -> Digest {
    digest_of(sources.iter())
}

fn digest_of<'f>(files: impl Iterator<Item = &'f SourceFile>) -> Digest {
    let mut hash = Sha256::new();
    for file in files {
        for part in [file.path.as_bytes(), file.text.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    Digest::from_bytes(&hash.finalize())
}
