//! `fmt`: policies as Cedar's formatter lays them out, schemas without white space that says nothing, and the members of
//! YAML files in their order.

mod members;

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

/// Formats files: policies, schemas and YAML; the others are passed over.
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
    // How lines end is the file's own affair, where they all end in one way.
    let returns = file.text.matches("\r\n").count();
    let ends_in_two = returns > 0 && returns == file.text.matches('\n').count();
    let text = match ends_in_two {
        true => file.text.replace("\r\n", "\n"),
        false => file.text.to_string(),
    };
    let done = if file.path.ends_with(".cedar") {
        policies(file, &text, ends_in_two)
    } else if file.path.ends_with(".cedarschema") {
        schema(&text).map(|done| ended(done, ends_in_two))
    } else if file.path.ends_with(".yaml") || file.path.ends_with(".yml") {
        Ok(match members::ordered(&text) {
            Some(done) => ended(done, ends_in_two),
            None => file.text.to_string(),
        })
    } else {
        return None;
    };
    Some(done)
}

/// A text with the line ends of its file.
fn ended(text: String, in_two: bool) -> String {
    match in_two {
        true => text.replace('\n', "\r\n"),
        false => text,
    }
}

/// The policies of a file as they are laid out; comments alone stay as they are.
fn policies(file: &SourceFile, text: &str, in_two: bool) -> Result<String, String> {
    let (old, faults) = cedar::parse_policies(file);
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault.message);
    }
    if old.is_empty() {
        return Ok(file.text.to_string());
    }
    let done = ended(cedar::format(text)?, in_two);
    // A line end inside of a text is a part of the policy.
    let (new, _) = cedar::parse_policies(&SourceFile::new(file.path.clone(), done.as_str()));
    let same = old.len() == new.len()
        && old
            .iter()
            .zip(&new)
            .all(|(old, new)| old.same_tree(new) && old.annotations == new.annotations);
    match same {
        true => Ok(done),
        false => Err("a text that goes over several lines would change".to_owned()),
    }
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
    // A file may be a part of a schema, which does not stand by itself.
    let declared = |text: &str| cedar::declared_as(&SourceFile::new("schema.cedarschema", text));
    match (declared(text), declared(&out)) {
        (None, _) => Err("it does not parse".to_owned()),
        (old, new) if old == new => Ok(out),
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
    fn what_a_schema_says_stays() {
        // A part that does not stand by itself, with a text that holds spaces.
        let text = "@doc(\"one  \n\n\ntwo\")\nentity A in [Elsewhere];\n";
        assert!(of("a.cedarschema", text).is_err());
        let text = "entity A in [Elsewhere];   \n";
        assert_eq!(
            of("a.cedarschema", text).as_deref(),
            Ok("entity A in [Elsewhere];\n")
        );
        assert!(of("a.cedarschema", "entity Broken = {{{").is_err());
    }

    #[test]
    fn a_line_end_in_a_text_is_no_layout() {
        let mixed = "permit(principal,action,resource)when{context.a==\"a\nb\"};\r\n";
        let file = |text: &str| SourceFile::new("a.cedar", text);
        let done = of("a.cedar", mixed).unwrap();
        let (old, new) = (
            cedar::parse_policies(&file(mixed)).0,
            cedar::parse_policies(&file(&done)).0,
        );
        assert!(old[0].same_tree(&new[0]), "{done}");
        // What does not parse as it stands is not formatted as something else.
        let all = mixed.replace("\r\n", "\n").replace('\n', "\r\n");
        let parses = !cedar::parse_policies(&file(&all)).0.is_empty();
        assert_eq!(of("a.cedar", &all).is_ok(), parses);
        assert_eq!(
            of("a.cedar", "// nothing yet\n").as_deref(),
            Ok("// nothing yet\n")
        );
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
            SourceFile::new("d.json", "{ }"),
            SourceFile::new("e.yaml", "name: n\nversion: 1\n"),
        ];
        let report = format(&files);
        assert_eq!(
            (report.changed.len(), report.well, report.refused.len()),
            (2, 1, 1)
        );
    }
}
