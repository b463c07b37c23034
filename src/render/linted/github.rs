//! Findings as annotations of GitHub Actions: workflow commands, one a line, beside the very line.

use crate::lint::{Finding, LintReport};
use crate::model::Sources;
use crate::render::escape::inert;
use crate::render::github::{ANNOTATIONS, Annotation, line};
use crate::render::words::Level;
use crate::repository::LintLevel;

/// At most ten lines, errors first; the last one counts the rest. `directory` is where the repository stands in git.
pub fn github(report: &LintReport, sources: &Sources, directory: &str) -> String {
    let mut found: Vec<Annotation> = report
        .findings
        .iter()
        .map(|finding| annotation(finding, sources, directory))
        .collect();
    found.extend(report.unread.iter().map(|fault| {
        Annotation {
            level: Level::Error,
            place: fault
                .path
                .as_deref()
                .map(|path| (whole(path, directory), 1)),
            title: "a file was not linted".to_owned(),
            message: inert(&fault.message, 300),
        }
    }));
    found.sort_by_key(|annotation| annotation.level);
    if found.len() > ANNOTATIONS {
        let rest = found.split_off(ANNOTATIONS - 1);
        let level = rest.first().map_or(Level::Note, |first| first.level);
        found.push(Annotation {
            level,
            place: None,
            title: "more findings".to_owned(),
            message: format!("and {} more; `agentauthz lint` shows them", rest.len()),
        });
    }
    found.iter().map(line).collect()
}

fn annotation(finding: &Finding, sources: &Sources, directory: &str) -> Annotation {
    let file = sources.get(&finding.path);
    let at = file.map_or(1, |file| file.line_column(finding.span.start).0);
    let mut message = inert(&finding.message, 300);
    if let Some(help) = &finding.help {
        message.push_str(&format!("\nhelp: {}", inert(help, 300)));
    }
    Annotation {
        level: match finding.level {
            LintLevel::Error => Level::Error,
            LintLevel::Warning => Level::Warning,
            LintLevel::Info | LintLevel::Off => Level::Note,
        },
        place: Some((whole(&finding.path, directory), at as u64)),
        title: format!("{} {}", finding.lint.code, finding.lint.slug),
        message,
    }
}

fn whole(path: &str, directory: &str) -> String {
    match directory.trim_end_matches('/') {
        "" => path.to_owned(),
        directory => format!("{directory}/{path}"),
    }
}
