//! `test --mutate` as `agentauthz.mutation/1`.

use crate::model::Sources;
use crate::render::Header;
use crate::testing::mutate::MutationReport;
use crate::testing::mutate::document::{Document, VersionNote};

/// The document of a report, with the versions that the header names.
pub fn mutation(header: &Header, report: &MutationReport, sources: &Sources) -> Document {
    let versions = header.versions.iter();
    let versions = versions.map(|version| VersionNote {
        label: version.label.clone(),
        digest: version.digest.clone(),
    });
    Document::of(report, header.name.clone(), versions.collect(), sources)
}
