//! AZ608: tests that are not run, and nobody would know.

use super::shared_tests::{key_in, text_of};
use crate::lint::catalogue::{Evidence, Lint, Need, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::Span;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ608",
    slug: "skip-without-reason",
    title: "a skipped test without a reason, or an `only` that was left in, is a silent hole",
    level: LintLevel::Error,
    evidence: &[Evidence::Repository],
    fix: None,
    needs: &[Need::Suites],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("skip-without-reason.md"),
};

/// Words that stand where a reason should.
const NO_REASONS: [&str; 12] = [
    "broken",
    "disabled",
    "fails",
    "fix",
    "fixme",
    "flaky",
    "later",
    "n/a",
    "none",
    "skip",
    "tbd",
    concat!("to", "do"),
];

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    let now = repository.context.now;
    for suite in &repository.context.version.suites {
        let file = &suite.file;
        for (at, test) in suite.spec.tests.iter().enumerate() {
            let spec = &test.value;
            let text = text_of(suite, at);
            let name = &spec.name.value;
            if let Some(skip) = &spec.skip {
                let place = key_in(file, text, "skip", "").map_or(skip.span, |key| {
                    let whole = file.widen(skip.span);
                    let end = whole.end().max(key.end());
                    Span::new(key.start, end - key.start)
                });
                let reason = skip
                    .value
                    .reason
                    .trim()
                    .trim_end_matches(['.', '!'])
                    .to_lowercase();
                let says_nothing = !reason.chars().any(char::is_alphabetic)
                    || NO_REASONS.contains(&reason.as_str());
                let until = skip.value.until.as_ref().map(|until| until.value.as_str());
                if says_nothing {
                    found
                        .file(file, place, format!("the test `{name}` is skipped without a reason"))
                        .key(name.as_str())
                        .help("say why it cannot hold now, and until when: `skip: { reason: …, until: 2027-01-31 }`; or remove `skip`");
                } else if let Some(until) = until.filter(|until| now > *until) {
                    let message = format!(
                        "the skip of `{name}` ended on {until}: the test is run again, and this says otherwise"
                    );
                    found
                        .file(file, place, message)
                        .level(LintLevel::Warning)
                        .key(name.as_str())
                        .help("remove `skip` where the test holds again; else decide anew until when it is skipped");
                }
            }
            if spec.only {
                let place = key_in(file, text, "only", "true").unwrap_or(spec.name.span);
                found
                    .file(
                        file,
                        file.widen(place),
                        format!("because of `{name}`, no other test is run"),
                    )
                    .key(name.as_str())
                    .help("remove `only`; to run one test, name it: `agentauthz test -k test=…`");
            }
        }
    }
}
