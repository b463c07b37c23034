//! The page of each lint is its test: what it marks is found, and nothing else; what it prefers is silent; what it calls
//! fixed is what the fix makes.

#[path = "support/lints/mod.rs"]
mod lints;

use agentauthz::lint::{Finding, Lint, Run, catalogue};
use lints::{Block, Mark, Repo, Section, place, sections};

/// What is wrong with a page. It is read from its file, which is what the library holds.
fn faults(lint: &Lint) -> Vec<String> {
    let mut faults = Vec::new();
    let path = format!(
        "{}/src/lint/rules/{}.md",
        env!("CARGO_MANIFEST_DIR"),
        lint.slug
    );
    let Ok(page) = std::fs::read_to_string(&path) else {
        return vec![format!("there is no page `{path}`")];
    };
    let title = format!("# {} {}\n", lint.code, lint.slug);
    if !page.starts_with(&title) {
        faults.push(format!("the page does not begin with `{}`", title.trim()));
    }
    for heading in [
        "## Why it matters for agents\n",
        "## Avoid\n",
        "## Prefer\n",
    ] {
        if !page.contains(heading) {
            faults.push(format!("there is no `{}`", heading.trim()));
        }
    }
    if matches!(lint.run, Run::Solver) {
        return faults;
    }
    let sections = sections(&page);
    let marks = |section: &Section| -> usize {
        let of_blocks: usize = section.blocks.iter().map(|block| block.marks.len()).sum();
        of_blocks + section.noted.len()
    };
    let (avoid, prefer): (Vec<&Section>, Vec<&Section>) =
        sections.iter().partition(|section| section.avoid);
    if !avoid.iter().any(|section| marks(section) > 0) {
        faults.push("nothing is marked under `Avoid`".to_owned());
    }
    if prefer.iter().any(|section| marks(section) > 0) {
        faults.push("something is marked under `Prefer`".to_owned());
    }
    let near_misses = prefer.iter().flat_map(|section| &section.blocks);
    if near_misses.filter(|block| !is_fixed(block)).count() == 0 {
        faults.push("no block under `Prefer` is a near miss (beside the `fixed` ones)".to_owned());
    }
    let mut repairs = Vec::new();
    for section in &avoid {
        let blocks: Vec<&Block> = section.blocks.iter().collect();
        repairs.extend(check(lint, section, &blocks, &mut faults));
    }
    for section in &prefer {
        let (fixed, blocks): (Vec<&Block>, Vec<&Block>) =
            section.blocks.iter().partition(|block| is_fixed(block));
        check(lint, section, &blocks, &mut faults);
        check(lint, section, &fixed, &mut faults);
        for block in fixed {
            if !repairs.contains(&block.text) {
                faults.push(format!(
                    "page line {}: no fix of a block under `Avoid` makes this; they make\n{}",
                    block.line,
                    repairs.join("\n---\n")
                ));
            }
        }
    }
    let has_fixed = prefer
        .iter()
        .flat_map(|section| &section.blocks)
        .any(is_fixed);
    if lint.fix.is_some() && !has_fixed {
        faults.push("the lint has a fix, and no block under `Prefer` is `fixed`".to_owned());
    }
    faults
}

fn is_fixed(block: &Block) -> bool {
    block.info.iter().any(|word| word == "fixed")
}

/// Compares what is found in a section with its marks; the text of each file after its fixes.
fn check(
    lint: &Lint,
    section: &Section,
    blocks: &[&Block],
    faults: &mut Vec<String>,
) -> Vec<String> {
    if blocks.is_empty() {
        return Vec::new();
    }
    let (repo, paths) = Repo::of(blocks);
    let version = repo.load();
    let start = blocks[0].line;
    let blocking = version
        .diagnostics
        .iter()
        .filter(|found| found.is_blocking());
    // What the lint passes on is what the page shows.
    for diagnostic in blocking.filter(|found| !lint.passes.contains(&found.code)) {
        faults.push(format!("page line {start}: {}", diagnostic.message));
    }
    let report = repo.lint(&version, lint);
    if let Some(other) = report.not_run.iter().find(|other| other.lint == lint)
        && section.avoid
    {
        faults.push(format!(
            "page line {start}: it did not run, {}",
            other.reason
        ));
    }
    let own: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|found| found.lint == lint)
        .collect();
    let mut noted = section.noted.clone();
    for finding in &own {
        let text = &repo.0[finding.path.as_ref()];
        let (line, columns) = place(text, finding.span);
        let block = paths.iter().position(|path| *path == finding.path.as_ref());
        let mark = block.and_then(|at| {
            blocks[at]
                .marks
                .iter()
                .find(|mark| is(mark, lint, line, columns))
        });
        let note = (lint.code.to_owned(), finding.path.to_string(), line);
        if let Some(at) = noted.iter().position(|other| *other == note) {
            noted.remove(at);
        } else if mark.is_none() {
            let page = block.map_or(0, |at| blocks[at].line);
            faults.push(format!(
                "page line {page}: found {}:{line} columns {}..{}, and not marked: {}",
                finding.path, columns.0, columns.1, finding.message
            ));
        }
    }
    for (path, block) in paths.iter().zip(blocks) {
        for mark in block.marks.iter().filter(|mark| mark.code == lint.code) {
            let met = own.iter().any(|finding| {
                let (line, columns) = place(&repo.0[finding.path.as_ref()], finding.span);
                finding.path.as_ref() == path && is(mark, lint, line, columns)
            });
            if !met {
                faults.push(format!(
                    "page line {}: marked, and not found: line {} columns {}..{}",
                    block.line, mark.line, mark.columns.0, mark.columns.1
                ));
            }
        }
        for mark in block.marks.iter().filter(|mark| mark.code != lint.code) {
            faults.push(format!("page line {}: it marks {}", block.line, mark.code));
        }
    }
    for (code, path, line) in noted {
        faults.push(format!("noted, and not found: {code} {path}:{line}"));
    }
    let own: Vec<Finding> = own.into_iter().cloned().collect();
    for finding in &own {
        if finding.help.is_none() {
            faults.push(format!("`{}` has no help", finding.message));
        }
        if let Some(fix) = &finding.fix {
            for edit in &fix.edits {
                if !repo.0.contains_key(edit.path.as_ref()) {
                    faults.push(format!("an edit of no file: {}", lints::say(edit)));
                }
            }
        }
    }
    paths.iter().map(|path| repo.fixed(&own, path)).collect()
}

/// Whether a mark is the one of a place. The sign of a comment hides what stands to the left of the first caret.
fn is(mark: &Mark, lint: &Lint, line: usize, columns: (usize, usize)) -> bool {
    let first = mark.columns.0 == columns.0 || (mark.columns.0 <= 2 && columns.0 < mark.columns.0);
    mark.code == lint.code && mark.line == line && first && mark.columns.1 == columns.1
}

#[test]
fn pages_hold() {
    let mut report = String::new();
    let only = std::env::var("AGENTAUTHZ_LINT").ok();
    for lint in catalogue() {
        if only
            .as_ref()
            .is_some_and(|only| only != lint.code && only != lint.slug)
        {
            continue;
        }
        for fault in faults(lint) {
            report.push_str(&format!("{} {}: {fault}\n", lint.code, lint.slug));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn codes_and_names_are_given_once_and_in_order() {
    let codes: Vec<&str> = catalogue().iter().map(|lint| lint.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
    let mut slugs: Vec<&str> = catalogue().iter().map(|lint| lint.slug).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), codes.len());
    for lint in catalogue() {
        assert!(
            !lint.evidence.is_empty(),
            "{} rests upon nothing",
            lint.code
        );
        assert!(!lint.title.ends_with('.'), "{}", lint.code);
    }
}

/// What a person sees of the first finding of each page.
#[test]
fn findings_read_well() {
    let mut out = String::new();
    for lint in catalogue() {
        let sections = sections(lint.page);
        for section in sections.iter().filter(|section| section.avoid) {
            let blocks: Vec<&Block> = section.blocks.iter().collect();
            let (repo, _) = Repo::of(&blocks);
            let version = repo.load();
            let report = repo.lint(&version, lint);
            let mut own = report.findings.iter().filter(|found| found.lint == *lint);
            let Some(first) = own.next() else { continue };
            let drawn = agentauthz::render::diagnostics([&first.diagnostic()], &version.sources);
            out.push_str(&anstream::adapter::strip_str(&drawn).to_string());
            out.push_str(&format!(
                "  {} · {}",
                first.level.name(),
                first.evidence.name()
            ));
            if let Some(fix) = &first.fix {
                out.push_str(&format!(" · {} fix: {}", fix.kind.name(), fix.title));
            }
            out.push_str("\n\n");
            break;
        }
    }
    insta::assert_snapshot!("findings", out);
}
