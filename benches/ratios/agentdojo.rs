//! Real recordings (measure 7): AgentDojo's banking and slack suites, imported, and diffed under six rules.

use crate::binary::{agentauthz, run};
use crate::measure::{Goal, Report, Spent, better};
use crate::rules;
use std::path::Path;

fn repository(root: &Path, policies: &str) {
    for (path, text) in [
        ("agentauthz.yaml", rules::MANIFEST),
        ("mapping.yaml", rules::MAPPING),
        ("schema/agentdojo.cedarschema", rules::SCHEMA),
        ("policies/rules.cedar", policies),
    ] {
        let path = root.join(path);
        path.parent()
            .map(std::fs::create_dir_all)
            .transpose()
            .expect("target/ can be written");
        std::fs::write(path, text).expect("target/ can be written");
    }
}

/// Measure 7.
pub fn measure(report: &mut Report) {
    let names = ["agentdojo_import", "agentdojo_diff"];
    if !report.wants(&names) {
        return;
    }
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings/agentdojo");
    if !shared.exists() {
        names
            .iter()
            .for_each(|name| report.skipped(name, "there is no ../shared/recordings/agentdojo"));
        return;
    }
    // Not below the target directory, which git ignores, as the files of a working tree in there would be.
    let directory = tempfile::tempdir().expect("the system has a directory for temporary files");
    let root = directory.path();
    let six = [
        rules::PAYEE,
        rules::AMOUNT,
        rules::PASSWORD,
        rules::POST,
        &rules::host(),
        rules::MEMBERS,
    ];
    repository(&root.join("base"), rules::EVERYTHING);
    repository(
        &root.join("head"),
        &format!("{}{}", rules::EVERYTHING, six.concat()),
    );
    std::fs::create_dir(root.join("native")).expect("target/ can be written");
    let none = Spent {
        wall: 0.0,
        cpu: 0.0,
    };
    let (mut import, mut figures) = (none, Vec::new());
    for suite in ["banking", "slack"] {
        let mut best = None;
        for _ in 0..3 {
            let mut command = agentauthz(root);
            command
                .args(["-C", "base", "import", "--from", "agentdojo"])
                .arg(shared.join(format!("{suite}.jsonl.zst")))
                .arg("-o")
                .arg(root.join(format!("native/{suite}.jsonl")));
            let _ = std::fs::remove_file(root.join(format!("native/{suite}.jsonl")));
            best = Some(better(best, run(&mut command, &[0]).0));
        }
        let spent = best.unwrap_or(none);
        import = Spent {
            wall: import.wall + spent.wall,
            cpu: import.cpu + spent.cpu,
        };
        figures.push(format!(
            "{suite}: {:.3} s ({:.2} s of processor time)",
            spent.wall, spent.cpu
        ));
    }
    report.line(names[0], import.wall, Goal::AtMost(5.0, "s"), &figures);
    let calls: usize = ["banking", "slack"]
        .iter()
        .filter_map(|suite| {
            std::fs::read_to_string(root.join(format!("native/{suite}.jsonl"))).ok()
        })
        .map(|text| text.lines().count())
        .sum();
    let mut best = None;
    for _ in 0..5 {
        let mut command = agentauthz(root);
        command.args([
            "diff",
            "dir:base",
            "dir:head",
            "--fail-on",
            "none",
            "--recordings",
            "native",
        ]);
        best = Some(better(best, run(&mut command, &[0, 1, 3]).0));
    }
    let spent = best.unwrap_or(none);
    let figures = [format!(
        "{calls} calls, six rules ({:.2} s of processor time)",
        spent.cpu
    )];
    report.line(names[1], spent.wall, Goal::AtMost(0.5, "s"), &figures);
}
