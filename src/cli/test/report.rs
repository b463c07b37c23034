//! What is written of the tests.

use crate::cli::args::Format;
use crate::cli::output::{Output, Report};
use crate::cli::versions::Loaded;
use crate::model::Sources;
use crate::render::{self, Header};
use crate::testing::TestReport;

/// What became of the tests of a version.
pub(super) struct Tested<'l> {
    header: Header,
    report: TestReport,
    sources: &'l Sources,
    /// Where the repository stands in git, for formats that name files from there.
    directory: String,
}

impl<'l> Tested<'l> {
    pub(super) fn new(output: &Output, loaded: &'l Loaded, report: TestReport) -> Self {
        let directory = crate::cli::plan::directory(loaded);
        Self {
            header: output.header(
                loaded.version.manifest.name.as_ref(),
                vec![loaded.header.clone()],
            ),
            report,
            sources: &loaded.version.sources,
            directory,
        }
    }
}

impl Report for Tested<'_> {
    fn terminal(&self) -> String {
        render::test(&self.header, &self.report, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::test_json(&self.header, &self.report, self.sources)
    }

    fn other(&self, format: Format) -> Option<String> {
        match format {
            Format::Junit => Some(render::test_junit(&self.report)),
            Format::Github => Some(render::test_github(
                &self.report,
                self.sources,
                &self.directory,
            )),
            Format::Terminal | Format::Json | Format::Markdown | Format::Html | Format::Sarif => {
                None
            }
        }
    }
}
