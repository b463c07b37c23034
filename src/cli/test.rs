//! `agentauthz test`

use super::args::TestArgs;
use super::coverage::CoveragePlan;
use super::error::CliError;
use super::origin::Origin;
use super::output::{Output, Report};
use super::versions::load_version;
use crate::model::Sources;
use crate::render::{self, Header};
use crate::testing::{TestReport, test_with};

struct Tested<'a> {
    header: Header,
    report: TestReport,
    sources: &'a Sources,
}

impl Report for Tested<'_> {
    fn terminal(&self) -> String {
        render::test(&self.header, &self.report, self.sources)
    }

    fn json(&self) -> serde_json::Value {
        render::test_json(&self.header, &self.report, self.sources)
    }
}

pub fn run(args: &TestArgs, output: &Output) -> Result<u8, CliError> {
    let plan = CoveragePlan::read(&args.coverage, output.format())?;
    let loaded = load_version(&Origin::or_working_tree(args.at.as_deref())?)?.whole()?;
    let report = test_with(&loaded.version, args.engine.into());
    if report
        .suites
        .iter()
        .all(|suite| suite.tests.is_empty() && suite.faults.is_empty())
    {
        let patterns = loaded.version.manifest.tests.join("`, `");
        return Err(CliError::new(format!(
            "there is no test: no file matches `{patterns}`, or none holds a test"
        ))
        .with_help("`agentauthz schema test` describes the format"));
    }
    let faulty = report.suites.iter().any(|suite| !suite.faults.is_empty());
    let code = match (report.broken() > 0 || faulty, report.failed() > 0) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    };
    let tested = Tested {
        header: output.header(
            loaded.version.manifest.name.as_ref(),
            vec![loaded.header.clone()],
        ),
        report,
        sources: &loaded.version.sources,
    };
    let covered = match &plan {
        None => {
            output.write(&tested)?;
            true
        }
        Some(plan) => {
            if plan.takes_stdout() {
                output.write_aside(&tested)?;
            } else {
                output.write(&tested)?;
            }
            plan.run(&loaded, output)?
        }
    };
    Ok(if covered { code } else { code.max(1) })
}
