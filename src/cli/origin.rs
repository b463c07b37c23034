//! Versions as they are named on the command line.

use super::error::CliError;
use std::path::PathBuf;

/// Where a policy version comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The files on disk.
    WorkingTree,
    /// `dir:PATH`
    Directory(PathBuf),
    /// A git revision, with an optional `:DIRECTORY`.
    Revision(String),
}

/// Base and head, before merge bases are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// Two versions.
    Two(Origin, Origin),
    /// The merge base of two revisions, against the second.
    MergeBase(String, String),
}

impl Origin {
    /// Reads one version.
    pub fn parse(text: &str) -> Result<Self, CliError> {
        match text.strip_prefix("dir:") {
            Some("") => {
                Err(CliError::new("`dir:` names no directory").with_help("write `dir:PATH`"))
            }
            Some(path) => Ok(Origin::Directory(PathBuf::from(path))),
            None if text.is_empty() => {
                Err(CliError::new("a version is empty")
                    .with_help("name a git revision or `dir:PATH`"))
            }
            // An option cannot be meant, and git would read it as one.
            None if text.starts_with('-') => Err(CliError::new(format!("`{text}` is no version"))),
            None => Ok(Origin::Revision(text.to_owned())),
        }
    }

    /// The version that `--at` names, or the working tree.
    pub fn or_working_tree(text: Option<&str>) -> Result<Self, CliError> {
        text.map_or(Ok(Origin::WorkingTree), Self::parse)
    }
}

impl Range {
    /// Reads the versions of `diff`, as git reads them.
    pub fn parse(versions: &[String]) -> Result<Self, CliError> {
        let or_head = |text: &str| {
            if text.is_empty() {
                "HEAD".to_owned()
            } else {
                text.to_owned()
            }
        };
        match versions {
            [] => Ok(Range::Two(
                Origin::Revision("HEAD".to_owned()),
                Origin::WorkingTree,
            )),
            [one] if one.starts_with("dir:") => {
                Ok(Range::Two(Origin::parse(one)?, Origin::WorkingTree))
            }
            [one] => match (one.split_once("..."), one.split_once("..")) {
                (Some((a, b)), _) => Ok(Range::MergeBase(or_head(a), or_head(b))),
                (None, Some((a, b))) => Ok(Range::Two(
                    Origin::parse(&or_head(a))?,
                    Origin::parse(&or_head(b))?,
                )),
                (None, None) => Ok(Range::Two(Origin::parse(one)?, Origin::WorkingTree)),
            },
            [a, b] => Ok(Range::Two(Origin::parse(a)?, Origin::parse(b)?)),
            _ => Err(CliError::new("a diff has two versions")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(versions: &[&str]) -> Range {
        let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
        Range::parse(&versions).unwrap()
    }

    #[test]
    fn versions_read_as_in_git() {
        let rev = |text: &str| Origin::Revision(text.to_owned());
        let dir = |text: &str| Origin::Directory(PathBuf::from(text));
        assert_eq!(range(&[]), Range::Two(rev("HEAD"), Origin::WorkingTree));
        assert_eq!(
            range(&["main"]),
            Range::Two(rev("main"), Origin::WorkingTree)
        );
        assert_eq!(range(&["a..b"]), Range::Two(rev("a"), rev("b")));
        assert_eq!(range(&["a.."]), Range::Two(rev("a"), rev("HEAD")));
        assert_eq!(range(&["a...b"]), Range::MergeBase("a".into(), "b".into()));
        assert_eq!(range(&["dir:../x", "b"]), Range::Two(dir("../x"), rev("b")));
        assert_eq!(
            range(&["dir:../x"]),
            Range::Two(dir("../x"), Origin::WorkingTree)
        );
        assert!(Range::parse(&["dir:".to_owned()]).is_err());
        assert!(Range::parse(&["--upload-pack".to_owned()]).is_err());
    }
}
