//! Where reports go: standard output, and files, which are never left half written.

use super::args::{Color, Format, Global};
use super::error::CliError;
use crate::render::{Detail, Header, Version, json_text};
use crate::repository::is_day;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The global options, understood.
pub struct Output {
    format: Format,
    reports: Vec<(Format, PathBuf)>,
    color: Color,
    quiet: bool,
    verbose: bool,
    /// Whether a progress bar may be shown.
    pub progress: bool,
    /// The day by which expiry and age are judged: the only clock.
    pub now: String,
}

/// The formats that every command has.
pub const BASIC: &[Format] = &[Format::Terminal, Format::Json];

/// A report that can be written in every format that its command has.
pub trait Report {
    /// As text with styles.
    fn terminal(&self) -> String;
    /// As JSON.
    fn json(&self) -> serde_json::Value;
    /// In one of the other formats; nothing where the report has no such format.
    fn other(&self, _format: Format) -> Option<String> {
        None
    }
}

impl Output {
    /// Reads the global options. The formats are those that the command has; what cannot be written is an error before the
    /// work begins.
    pub fn new(global: &Global, formats: &[Format]) -> Result<Self, CliError> {
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        let names = names.join(", ");
        let had = |format: Format| match formats.contains(&format) {
            true => Ok(format),
            false => Err(
                CliError::new(format!("this command has no format `{}`", format.name()))
                    .with_help(format!("it has {names}")),
            ),
        };
        let mut reports: Vec<(Format, PathBuf)> = Vec::new();
        for report in &global.report {
            let wrong = || {
                CliError::new(format!("`--report {report}` is not `FORMAT=PATH`"))
                    .with_help(format!("formats are {names}"))
            };
            let (format, path) = report.split_once('=').ok_or_else(wrong)?;
            let format = Format::from_str(format, false).map_err(|_| wrong())?;
            let path = PathBuf::from(path);
            if path.as_os_str().is_empty() {
                return Err(wrong());
            }
            if reports.iter().any(|(_, other)| *other == path) {
                let message = format!("two reports are to be written to `{}`", path.display());
                return Err(CliError::new(message).with_help("name a path for each"));
            }
            writable(&path)?;
            reports.push((had(format)?, path));
        }
        had(global.format)?;
        let now = match &global.now {
            Some(now) if is_day(now) => now.clone(),
            Some(now) => {
                return Err(CliError::new(format!("`--now {now}` is no day"))
                    .with_help("write it as `YYYY-MM-DD`"));
            }
            None => jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        };
        Ok(Self {
            now,
            format: global.format,
            reports,
            color: global.color,
            quiet: global.quiet,
            verbose: global.verbose,
            progress: !global.no_progress && !global.quiet && std::io::stderr().is_terminal(),
        })
    }

    /// The header of a report about these versions.
    pub fn header(&self, name: Option<&String>, versions: Vec<Version>) -> Header {
        Header {
            name: name.cloned(),
            versions,
            verbose: self.verbose,
            quiet: self.quiet,
        }
    }

    /// Writes a report to standard output and to the files that were asked for.
    pub fn write(&self, report: &dyn Report) -> Result<(), CliError> {
        for (format, path) in &self.reports {
            write_file(path, plain(&text(report, *format)?).as_bytes())?;
        }
        self.print(&text(report, self.format)?)
    }

    /// The files that reports are written to.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.reports.iter().map(|(_, path)| path)
    }

    /// The format of standard output.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether some report tells more than the result: what is said to people without `--quiet`, or JSON.
    pub fn explains(&self) -> bool {
        let tells = |format: Format| match format {
            Format::Terminal => !self.quiet,
            Format::Json => true,
            _ => false,
        };
        tells(self.format) || self.reports.iter().any(|(format, _)| tells(*format))
    }

    /// Writes text that is no part of a report: to standard output where reports are read by people, else to standard
    /// error.
    pub fn aside(&self, text: &str) -> Result<(), CliError> {
        match self.format {
            Format::Terminal => self.print(text),
            Format::Json
            | Format::Markdown
            | Format::Html
            | Format::Sarif
            | Format::Github
            | Format::Junit => {
                self.to_stderr(text);
                Ok(())
            }
        }
    }

    /// Writes a report to the files that were asked for, and to standard error instead of standard output.
    pub fn write_aside(&self, report: &dyn Report) -> Result<(), CliError> {
        for (format, path) in &self.reports {
            write_file(path, plain(&text(report, *format)?).as_bytes())?;
        }
        self.to_stderr(&text(report, self.format)?);
        Ok(())
    }

    /// Writes text with styles to standard error. Where that is closed, there is nobody to tell.
    pub fn to_stderr(&self, text: &str) {
        let text = match self.color {
            Color::Never => plain(text),
            Color::Auto | Color::Always => text.to_owned(),
        };
        let _ = anstream::stderr().write_all(text.as_bytes());
    }

    /// How much of a report is shown on a terminal.
    pub fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Result,
            (false, true) => Detail::Everything,
            (false, false) => Detail::Screen,
        }
    }

    /// Writes text as it is to standard output.
    pub fn print_raw(&self, text: &str) -> Result<(), CliError> {
        let mut stdout = std::io::stdout().lock();
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|error| CliError::output(&error))
    }

    /// Writes text with styles to standard output.
    pub fn print(&self, text: &str) -> Result<(), CliError> {
        let stdout = std::io::stdout();
        let choice = match self.color {
            Color::Auto => anstream::AutoStream::choice(&stdout),
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let text = match choice {
            anstream::ColorChoice::Never => plain(text),
            _ => text.to_owned(),
        };
        let mut stdout = stdout.lock();
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .or_else(|error| match error.kind() {
                // Whoever reads has read enough; what was found still decides the exit code.
                std::io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(CliError::output(&error)),
            })
    }
}

fn text(report: &dyn Report, format: Format) -> Result<String, CliError> {
    match format {
        Format::Terminal => Ok(report.terminal()),
        Format::Json => Ok(json_text(&report.json())),
        Format::Markdown | Format::Html | Format::Sarif | Format::Github | Format::Junit => {
            report.other(format).ok_or_else(|| {
                CliError::new(format!("this report has no format `{}`", format.name()))
                    .with_help("every report has terminal, json")
            })
        }
    }
}

/// Fails where a file of this name cannot be written, before the work is done for nothing.
pub fn writable(path: &Path) -> Result<(), CliError> {
    let fault = |kind: std::io::ErrorKind| CliError::file("write", path, &kind.into());
    if path.is_dir() {
        return Err(fault(std::io::ErrorKind::IsADirectory));
    }
    match std::fs::metadata(directory_of(path)) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(fault(std::io::ErrorKind::NotADirectory)),
        Err(error) => Err(CliError::file("write", path, &error)),
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The text without styles.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Writes a file whole or not at all: to a temporary file beside it, which then takes its name.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let fault = |error: std::io::Error| CliError::file("write", path, &error);
    let mut file = temporary_beside(path)?;
    file.write_all(bytes).map_err(fault)?;
    file.persist(path).map_err(|error| fault(error.error))?;
    Ok(())
}

/// Writes another text into a file that a person wrote: what a link leads to is written, and a byte order mark stays.
pub fn rewrite_file(path: &Path, text: &str) -> Result<(), CliError> {
    let file = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let kept_mark = std::fs::read(&file).is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf"));
    let mut bytes = match kept_mark {
        true => b"\xef\xbb\xbf".to_vec(),
        false => Vec::new(),
    };
    bytes.extend_from_slice(text.as_bytes());
    write_file(&file, &bytes)
}

/// A temporary file in the directory of `path`.
pub fn temporary_beside(path: &Path) -> Result<tempfile::NamedTempFile, CliError> {
    let directory = directory_of(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".agentauthz-");
    // A report is no secret: it gets the permissions that any new file gets.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory).map_err(|error| {
        // The library's message names the temporary file, whose name is chance.
        let plain = std::fs::metadata(directory)
            .err()
            .unwrap_or_else(|| error.kind().into());
        CliError::file("write", path, &plain)
    })
}
