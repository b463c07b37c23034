//! `lint` of many policies, type check included, beside `check` of the same.

use crate::binary::{agentauthz, run, scratch, took};
use crate::data::{Data, Spec};
use crate::measure::{Goal, Report, better};

/// What `lint` ends with: findings may fail.
const CODES: &[i32] = &[0, 1];

/// Seconds for 10,000 policies over 1,000 actions, every lint that is on by default.
pub fn measure(report: &mut Report) {
    let name = "lint_seconds";
    if !report.wants(&[name]) {
        return;
    }
    let (policies, rounds) = if report.quick {
        (1_000, 1)
    } else {
        (10_000, 3)
    };
    let directory = scratch();
    let root = directory.path();
    Data::new(Spec::new(policies))
        .write_repositories(root)
        .expect("repositories are written");
    let command = |args: &[&str]| {
        let mut command = agentauthz(root);
        command.args(args).args(["--at", "dir:base"]);
        command
    };
    let (mut lint, mut check) = (None, None);
    for _ in 0..rounds {
        let all = &mut command(&["lint", "--summary"]);
        lint = Some(better(lint, run(all, CODES).0));
        check = Some(better(check, run(&mut command(&["check"]), CODES).0));
    }
    let (Some(lint), Some(check)) = (lint, check) else {
        return;
    };
    let figures = [
        format!("{policies} policies, 1,000 actions, every lint that is on by default"),
        took("agentauthz check", check),
        took("agentauthz lint", lint),
    ];
    report.line(name, lint.wall, Goal::AtMost(3.0, "s"), &figures);
}
