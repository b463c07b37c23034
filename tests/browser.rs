//! The HTML reports in a real browser: `tests/browser/check.js` drives Chromium where there is one.

#[path = "support/documents.rs"]
mod documents;
#[path = "support/great.rs"]
mod great;
#[path = "support/repository.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod repository;

use agentauthz::render::html::{coverage, diff};
use agentauthz::testing::coverage::{CoverageOptions, coverage as measure};
use std::path::Path;
use std::process::{Command, Stdio};

fn runs(program: &str) -> bool {
    let quiet = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

#[test]
fn reports_work_in_a_browser() {
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let browser = browsers.into_iter().find(|name| runs(name));
    let missing = match browser {
        _ if !runs("node") => "there is no node",
        _ if !checks.join("node_modules/puppeteer-core").exists()
            || !checks.join("node_modules/axe-core").exists() =>
        {
            "run `npm ci` in tests/browser"
        }
        None => "there is no chromium",
        Some(_) => "",
    };
    let (Some(browser), "") = (browser, missing) else {
        println!("skipped: the HTML report in a browser: {missing}");
        return;
    };
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::remove_dir_all(&pages).ok();
    std::fs::create_dir_all(&pages).unwrap();
    for (name, document) in [
        ("realistic", documents::realistic()),
        ("hidden", documents::realistic().without_values()),
        ("hostile", documents::hostile()),
        ("empty", documents::empty()),
        ("clean", documents::clean()),
        ("great", great::great(500)),
    ] {
        std::fs::write(pages.join(format!("{name}.html")), diff(&document)).unwrap();
    }
    let mut example = repository::load_directory("policies");
    for name in ["coverage", "coverage-gaps"] {
        let options = CoverageOptions {
            thresholds: example.manifest.coverage,
            ..CoverageOptions::default()
        };
        let page = coverage(&measure(&example, &options), &example.sources);
        std::fs::write(pages.join(format!("{name}.html")), page).unwrap();
        // Then without the tests that cover what the others leave out.
        let edges = |path: &str| path.contains("edges-");
        example.suites.retain(|suite| !edges(&suite.file.path));
    }
    let mut check = Command::new("node");
    check.arg(checks.join("check.js")).arg(browser).arg(&pages);
    // Screenshots for people: AGENTAUTHZ_SHOTS=FOLDER.
    check.args(std::env::var_os("AGENTAUTHZ_SHOTS"));
    let output = check.output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
