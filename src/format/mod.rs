//! `fmt`: policies as Cedar's formatter lays them out, and schemas without white space that says nothing.

use crate::cedar;
use crate::model::SourceFile;
use std::sync::Arc;

/// What became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatReport {
    /// The files that are laid out otherwise, with their new texts, in order of their paths.
    pub changed: Vec<Formatted>,
    /// How many files are laid out well.
    pub well: usize,
    /// Files that cannot be formatted, and why.
    pub refused: Vec<(Arc<str>, String)>,
}

/// A file with its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formatted {
    /// The file as it is.
    pub file: SourceFile,
    /// As it is laid out.
    pub text: String,
}

/// Formats files: policies and schemas; the others are passed over.
pub fn format<'f>(files: impl IntoIterator<Item = &'f SourceFile>) -> FormatReport {
    let mut report = FormatReport::default();
    for file in files {
        let done = match one(file) {
            None => continue,
            Some(done) => done,
        };
        match done {
            Ok(text) if text == *file.text => report.well += 1,
            Ok(text) => report.changed.push(Formatted {
                file: file.clone(),
                text,
            }),
            Err(why) => report.refused.push((file.path.clone(), why)),
        }
    }
    report
}

/// The text of a file as it is laid out; nothing for a file that is not formatted here.
///
/// # Errors
///
/// Where the text does not parse, or the formatter would change or lose something.
pub fn one(file: &SourceFile) -> Option<Result<String, String>> {
    // How lines end is the file's own affair.
    let ends_in_two = file.text.contains("\r\n");
    let text = match ends_in_two {
        true => file.text.replace("\r\n", "\n"),
        false => file.text.to_string(),
    };
    let done = if file.path.ends_with(".cedar") {
        match text.trim().is_empty() {
            true => Ok(text),
            false => cedar::format(&text),
        }
    } else if file.path.ends_with(".cedarschema") {
        schema(&text)
    } else {
        return None;
    };
    Some(done.map(|done| match ends_in_two {
        true => done.replace('\n', "\r\n"),
        false => done,
    }))
}

/// A schema without spaces at the ends of lines, with one empty line at most between others, and one line end at the end.
/// Cedar's own formatter for schemas drops comments.
fn schema(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if empty > 0 && !out.is_empty() {
            out.push('\n');
        }
        empty = 0;
        out.push_str(line);
        out.push('\n');
    }
    let parse = |text: &str| cedar::parse_schema(&[SourceFile::new("schema.cedarschema", text)]).0;
    match (parse(text), parse(&out)) {
        // A file that is a part of a schema may need the others.
        (None, None) => Ok(out),
        (Some(old), Some(new)) if old.digest() == new.digest() => Ok(out),
        _ => Err("the schema would say something else".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Result<String, String> {
        one(&SourceFile::new(path, text)).unwrap()
    }

    #[test]
    fn schemas_lose_white_space_alone() {
        let text =
            "\n\nentity A;  \n\n\n// why\t\nentity B in [A]; // who \naction \"a  b\";\n\n\n";
        let done = "entity A;\n\n// why\nentity B in [A]; // who\naction \"a  b\";\n";
        assert_eq!(of("a.cedarschema", text).as_deref(), Ok(done));
        assert_eq!(of("a.cedarschema", done).as_deref(), Ok(done));
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        let text = "permit(principal,action,resource);\r\n";
        let done = of("a.cedar", text).unwrap();
        assert_eq!(done, "permit (principal, action, resource);\r\n");
        assert_eq!(of("a.cedar", " \n").as_deref(), Ok(" \n"));
    }

    #[test]
    fn what_is_not_formatted_is_counted_nowhere() {
        let files = [
            SourceFile::new("a.cedar", "permit(principal,action,resource);"),
            SourceFile::new("b.cedar", "permit (principal, action, resource);\n"),
            SourceFile::new("c.cedar", "permit ("),
            SourceFile::new("d.yaml", "a:   1"),
        ];
        let report = format(&files);
        assert_eq!(
            (report.changed.len(), report.well, report.refused.len()),
            (1, 1, 1)
        );
    }
}
