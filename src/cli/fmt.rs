//! `agentauthz fmt`

use super::args::FmtArgs;
use super::error::CliError;
use super::output::{Output, Report, rewrite_file};
use super::paths::below_root;
use super::versions::root;
use crate::format::{self, FormatReport};
use crate::model::SourceFile;
use crate::render;
use crate::repository::{Manifest, MappingSource, matching};
use crate::source::Tree;
use std::io::Read as _;
use std::path::Path;

struct Formatted<'r> {
    report: &'r FormatReport,
    quiet: bool,
    /// Whether differences are shown.
    diff: bool,
    /// Whether nothing was written.
    dry: bool,
}

impl Report for Formatted<'_> {
    fn terminal(&self) -> String {
        render::formatted(self.report, self.quiet, self.diff, self.dry)
    }

    fn json(&self) -> serde_json::Value {
        let changed: Vec<&str> = self
            .report
            .changed
            .iter()
            .map(|one| one.file.path.as_ref())
            .collect();
        let refused: Vec<serde_json::Value> = self
            .report
            .refused
            .iter()
            .map(|(path, why)| serde_json::json!({ "path": path, "reason": why }))
            .collect();
        serde_json::json!({
            "format": "agentauthz.fmt/1",
            "written": !self.dry,
            "changed": changed,
            "well": self.report.well,
            "refused": refused,
        })
    }
}

pub fn run(args: &FmtArgs, output: &Output) -> Result<u8, CliError> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return standard_input(args, output);
    }
    let files = files(args)?;
    let report = format::format(&files);
    let dry = args.check || args.diff;
    if !dry {
        let root = root()?;
        for one in &report.changed {
            rewrite_file(&root.join(one.file.path.as_ref()), &one.text)?;
        }
    }
    finish(args, &report, output)
}

/// Says what was changed, or would be.
fn finish(args: &FmtArgs, report: &FormatReport, output: &Output) -> Result<u8, CliError> {
    let dry = args.check || args.diff;
    output.write(&Formatted {
        report,
        quiet: output.detail() == render::Detail::Result,
        diff: args.diff,
        dry,
    })?;
    Ok(
        match (report.refused.is_empty(), dry && !report.changed.is_empty()) {
            (false, _) => 2,
            (true, changed) => u8::from(changed),
        },
    )
}

/// A policy file from standard input to standard output.
fn standard_input(args: &FmtArgs, output: &Output) -> Result<u8, CliError> {
    if args.paths.len() > 1 {
        return Err(CliError::new("`-` stands alone")
            .with_help("`agentauthz fmt -` reads a policy file and writes it to standard output"));
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| CliError::new(format!("standard input cannot be read: {error}")))?;
    let file = SourceFile::new("standard input.cedar", text);
    if args.check || args.diff {
        let report = format::format(&[file]);
        return finish(args, &report, output);
    }
    match format::one(&file) {
        Some(Ok(done)) => output.print_raw(&done).map(|()| 0),
        Some(Err(why)) => Err(CliError::new(format!("standard input: {why}"))),
        None => Ok(0),
    }
}

/// The manifest and the files that it names, of those that are asked for.
fn files(args: &FmtArgs) -> Result<Vec<SourceFile>, CliError> {
    let tree = Tree::directory(&root()?, true)?;
    let bytes = |path: &str| {
        tree.read(path)
            .map_err(|error| CliError::new(error.message))
    };
    let manifest = bytes(crate::source::MANIFEST)?;
    let manifest = SourceFile::new(
        crate::source::MANIFEST,
        String::from_utf8_lossy(&manifest).into_owned(),
    );
    let manifest: Manifest = crate::yaml::parse(&manifest).map_err(|fault| {
        let mut sources = crate::model::Sources::default();
        sources.insert(manifest.clone());
        CliError {
            diagnostics: Some((vec![fault], Box::new(sources))),
            ..CliError::new("the manifest cannot be read")
        }
    })?;
    let mapping = match &manifest.mapping {
        MappingSource::Files(patterns) => patterns.as_slice(),
        MappingSource::Here(_) => &[],
    };
    let patterns = [
        &manifest.policies,
        &manifest.schema,
        &manifest.links,
        &manifest.agents,
        &manifest.entities,
        &manifest.tests,
        mapping,
        &[crate::source::MANIFEST.to_owned()],
    ]
    .concat();
    let wanted = below_root(&args.paths)?;
    let mut met = vec![false; wanted.len()];
    let mut found = Vec::new();
    for path in tree.paths().filter(|path| matching(&patterns, path)) {
        let mut taken = wanted.is_empty();
        for (wanted, met) in wanted.iter().zip(&mut met) {
            if super::lint::is_within(path, wanted) {
                (taken, *met) = (true, true);
            }
        }
        if !taken {
            continue;
        }
        let text = String::from_utf8(bytes(path)?)
            .map_err(|_| CliError::new(format!("`{path}` is not UTF-8 text")))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        found.push(SourceFile::new(path, text));
    }
    if let Some((path, _)) = wanted.iter().zip(met).find(|(_, met)| !met) {
        return Err(
            CliError::new(format!("`{path}` is no file that the manifest names"))
                .with_help("paths are relative to the working directory"),
        );
    }
    Ok(found)
}
