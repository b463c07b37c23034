//! What a format is to the rest: how it is known, how it is cut, how a piece of it is read.

use super::outline::Outline;
use super::{Item, Malformed, Parsed};
use crate::model::Importer;

/// One format, in a file of its own.
pub(super) struct Format {
    /// Its name.
    pub(super) importer: Importer,
    /// Whether a value bears its marks. The first format that says so is it.
    pub(super) marks: fn(&Outline) -> bool,
    /// How a recording is cut, by its first bytes without a byte order mark.
    pub(super) layout: fn(&[u8]) -> Layout,
    /// Reads the actions of one item. The text is the stem of the recording's name.
    pub(super) parse: fn(&Item, &str) -> Result<Parsed, Malformed>,
}

/// How a recording is cut into items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One item a line.
    Lines,
    /// One item in all.
    Document,
}

/// The formats, those with the surest marks first.
static FORMATS: &[&Format] = &[
    &super::native::FORMAT,
    &super::agentdojo::FORMAT,
    &super::tau2::FORMAT,
    &super::otel::FORMAT,
    &super::agentcore::FORMAT,
    &super::openai_agents::FORMAT,
    &super::openai::FORMAT,
];

/// What is known of a format.
pub(super) fn format(importer: Importer) -> &'static Format {
    let mut all = FORMATS.iter().copied();
    all.find(|format| format.importer == importer)
        .unwrap_or(&super::native::FORMAT)
}

/// The format whose marks a value bears.
pub(super) fn format_of(outline: &Outline) -> Option<&'static Format> {
    let mut all = FORMATS.iter().copied();
    all.find(|format| (format.marks)(outline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_importer_is_a_format() {
        for importer in Importer::ALL {
            assert_eq!(format(*importer).importer, *importer);
        }
        assert_eq!(FORMATS.len(), Importer::ALL.len());
    }
}
