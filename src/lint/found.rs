//! Findings, and how lints hand them over.

use super::catalogue::{Evidence, FixKind, Lint};
use super::comments::of_cedar;
use super::context::Policy;
use super::fix::{Edit, Fix};
use crate::model::{Diagnostic, Digest, Label, Mask, Severity, SourceFile, Sources, Span, Stage};
use crate::repository::LintLevel;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// What a lint found at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The lint.
    pub lint: &'static Lint,
    /// How much it weighs here.
    pub level: LintLevel,
    /// The file.
    pub path: Arc<str>,
    /// The marked place.
    pub span: Span,
    /// Other marked places, with what to say there.
    pub labels: Vec<Label>,
    /// The policy it is about.
    pub policy: Option<Arc<str>>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// What it rests upon.
    pub evidence: Evidence,
    /// The change that answers it.
    pub fix: Option<Fix>,
    /// What it is about, independent of layout and place: the marked text without spaces and comments.
    pub key: String,
}

impl Finding {
    /// A name that stays the same under new layout and other places: a digest of the lint, the policy or file, and what it
    /// is about.
    pub fn fingerprint(&self) -> String {
        let about = self.policy.as_deref().unwrap_or(&self.path);
        let text = [self.lint.code, about, &self.key].join("\n");
        let digest = Digest::from_bytes(&Sha256::digest(text.as_bytes()));
        let digest = digest.to_string();
        let digits = digest.rsplit(':').next().unwrap_or(&digest);
        digits.chars().take(32).collect()
    }

    /// Takes secrets out of its words and its key; what a fix writes stays.
    fn mask(&mut self, mask: &Mask) {
        let texts = [&mut self.message, &mut self.key].into_iter();
        let texts = texts.chain(&mut self.help);
        let texts = texts.chain(self.labels.iter_mut().map(|label| &mut label.text));
        let texts = texts.chain(self.fix.as_mut().map(|fix| &mut fix.title));
        for text in texts.filter(|text| mask.finds(text)) {
            *text = mask.masked(text);
        }
    }

    /// As a diagnostic, for drawing.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut drawn = Diagnostic {
            severity: match self.level {
                LintLevel::Error => Severity::Error,
                LintLevel::Warning => Severity::Warning,
                LintLevel::Info | LintLevel::Off => Severity::Info,
            },
            ..Diagnostic::error(
                Stage::Check,
                self.lint.code,
                format!("{} {}: {}", self.lint.code, self.lint.slug, self.message),
            )
        }
        .in_file(self.path.clone())
        .with_label(self.span, "");
        drawn.labels.extend(self.labels.iter().cloned());
        drawn.help = self.help.clone();
        drawn
    }
}

/// Where findings are, by lint and file: each is held against thousands of others.
pub(super) struct FoundAt {
    by_lint: HashMap<&'static str, HashMap<Arc<str>, Vec<Span>>>,
}

impl FoundAt {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut by_lint: HashMap<_, HashMap<Arc<str>, Vec<Span>>> = HashMap::new();
        for found in findings {
            let of_lint = by_lint.entry(found.lint.code).or_default();
            of_lint
                .entry(found.path.clone())
                .or_default()
                .push(found.span);
        }
        Self { by_lint }
    }

    /// Whether a lint has found anything.
    pub(super) fn has(&self, code: &str) -> bool {
        self.by_lint.contains_key(code)
    }

    /// Whether a lint has found something that overlaps a place.
    pub(super) fn overlap(&self, code: &str, path: &str, span: Span) -> bool {
        let in_file = self.by_lint.get(code).and_then(|paths| paths.get(path));
        in_file.is_some_and(|spans| spans.iter().any(|other| other.overlaps(span)))
    }
}

/// Takes secrets out of what findings say and are known by: reports and baselines are read by more than the repository is.
pub(super) fn mask(findings: &mut [Finding], sources: &Sources) {
    let mask = Mask::of(sources);
    if !mask.is_empty() {
        findings.iter_mut().for_each(|found| found.mask(&mask));
    }
}

/// Where a lint puts what it finds.
pub struct Found<'l> {
    pub(super) lint: &'static Lint,
    pub(super) findings: &'l mut Vec<Finding>,
}

impl Found<'_> {
    /// A finding at a place of a policy. What is empty marks the policy's effect.
    pub fn policy(
        &mut self,
        policy: &Policy<'_>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        let span = match span.len {
            0 => policy.syntax.effect,
            _ => span,
        };
        let id = policy.id();
        let found = self.file(policy.file, span, message);
        found.policy = Some(id);
        if !policy.has_places() {
            // Nothing is marked in Cedar's JSON form: what is said tells two findings apart.
            found.key = found.message.clone();
        }
        found
    }

    /// A finding at a place of a file.
    pub fn file(
        &mut self,
        file: &SourceFile,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        let key = unlaid(file, span);
        self.findings.push(Finding {
            lint: self.lint,
            level: self.lint.level,
            path: file.path.clone(),
            span,
            labels: Vec::new(),
            policy: None,
            message: message.into(),
            help: None,
            evidence: self
                .lint
                .evidence
                .first()
                .copied()
                .unwrap_or(Evidence::Policy),
            fix: None,
            key,
        });
        let last = self.findings.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "one was pushed just now")]
        &mut self.findings[last]
    }
}

/// A marked text without what layout is: spaces outside of texts, and comments of Cedar, unless a comment is what is marked.
fn unlaid(file: &SourceFile, span: Span) -> String {
    let marked = file.slice(span);
    let is_cedar = file.path.ends_with(".cedar") || file.path.ends_with(".cedarschema");
    if !is_cedar || marked.starts_with("//") {
        return marked.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let mut comments = of_cedar(marked).into_iter().map(|comment| comment.span);
    let mut comment = comments.next();
    let (mut quoted, mut escaped) = (false, false);
    let mut out = String::with_capacity(marked.len());
    for (at, letter) in marked.char_indices() {
        while comment.is_some_and(|comment| comment.end() <= at) {
            comment = comments.next();
        }
        if comment.is_some_and(|comment| comment.start <= at) {
            continue;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = letter == '\\' && !escaped;
        if quoted || !letter.is_whitespace() {
            out.push(letter);
        }
    }
    out
}

impl Finding {
    /// The way out.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Another marked place.
    pub fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Another level than the lint's own: what is less sure weighs less.
    pub fn level(&mut self, level: LintLevel) -> &mut Self {
        self.level = level;
        self
    }

    /// What it rests upon, where that is not what the lint rests upon first.
    pub fn evidence(&mut self, evidence: Evidence) -> &mut Self {
        self.evidence = evidence;
        self
    }

    /// What it is about, where the marked text is not enough to tell two of a policy apart.
    pub fn key(&mut self, key: impl Into<String>) -> &mut Self {
        self.key = key.into();
        self
    }

    /// The change of the lint's kind that answers it: these pieces of its file are replaced.
    pub fn fix(
        &mut self,
        title: impl Into<String>,
        edits: impl IntoIterator<Item = (Span, String)>,
    ) -> &mut Self {
        let path = self.path.clone();
        if let Some(kind) = self.lint.fix {
            let edits = edits.into_iter().map(|(span, text)| Edit {
                path: path.clone(),
                span,
                text,
            });
            self.fix = Some(Fix {
                kind,
                title: title.into(),
                edits: edits.collect(),
            });
        }
        self
    }

    /// For a finding whose fix was given and rests on the schema: it is of this kind, which is weaker than the lint's, since a
    /// request that does not conform to the schema may tell the difference.
    pub fn rests_on_schema(&mut self, kind: FixKind) -> &mut Self {
        self.evidence = Evidence::Schema;
        if let Some(fix) = &mut self.fix {
            fix.kind = fix.kind.max(kind);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_no_part_of_a_key_and_texts_are() {
        let key =
            |path: &str, text: &str| unlaid(&SourceFile::new(path, text), Span::new(0, text.len()));
        let cedar = |text: &str| key("a.cedar", text);
        assert_eq!(cedar("a  == // why\n b"), "a==b");
        assert_eq!(cedar("a like \"https://x y\" // z"), "alike\"https://x y\"");
        assert_ne!(cedar("a like \"https://x\""), cedar("a like \"https://*\""));
        assert_eq!(cedar("a == \"\\\" // no\""), "a==\"\\\" // no\"");
        assert_eq!(cedar("// ask:  the bound"), "// ask: the bound");
        assert_eq!(key("a.yaml", "a:   https://x"), "a: https://x");
    }
}
