//! AZ214: a secret in a file that agents and reviewers read.

use crate::lint::catalogue::{Evidence, Lint, Run};
use crate::lint::context::Repository;
use crate::lint::found::Found;
use crate::model::secrets;
use crate::repository::LintLevel;

pub(super) static LINT: Lint = Lint {
    code: "AZ214",
    slug: "secret-in-policy",
    title: "a token, key or password in a file of the repository",
    level: LintLevel::Error,
    evidence: &[Evidence::Text],
    fix: None,
    needs: &[],
    passes: &[],
    run: Run::Repository(look),
    page: include_str!("secret-in-policy.md"),
};

fn look(repository: &Repository<'_>, found: &mut Found<'_>) {
    for file in repository.context.version.sources.iter() {
        for secret in secrets(&file.text) {
            let text = file.slice(secret.span);
            let shown = text.get(..secret.hidden.start - secret.span.start);
            // Of a private key, the first line is marked, and all of it says nothing.
            let masked = match shown.filter(|shown| *shown != text) {
                None => String::new(),
                Some(shown) => format!(", `{shown}…` ({} characters)", text.chars().count()),
            };
            // The key stands in baselines and reports, so it must not hold the secret.
            let key = format!("{}{masked}", secret.name);
            found
                .file(
                    file,
                    secret.span,
                    format!("this looks like {}{masked}", secret.name),
                )
                .level(match secret.sure {
                    true => LintLevel::Error,
                    false => LintLevel::Warning,
                })
                .key(key)
                .help("revoke it, since it stays in the history of the repository; then take it out: policies need no secrets, and tests can say `Bearer …` without one");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::secrets;

    /// Put together here, so that no file of the project looks as if it held one.
    fn token(prefix: &str, length: usize) -> String {
        let letters = "q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1Ku";
        let body: String = letters.chars().cycle().take(length).collect();
        format!("{prefix}{body}")
    }

    fn names(text: &str) -> Vec<&'static str> {
        secrets(text).iter().map(|secret| secret.name).collect()
    }

    #[test]
    fn known_forms_are_found() {
        for (text, expected) in [
            (token("ghp_", 36), "a GitHub token"),
            (token("github_pat_", 82), "a GitHub token"),
            (token("xoxb-", 40), "a Slack token"),
            (token("sk_live_", 24), "a Stripe key"),
            (token("sk_test_", 24), "a Stripe test key"),
            (token("AIza", 35), "a Google API key"),
            (token("Bearer ", 40), "a bearer token"),
            (format!("AKIA{}", "Q7WM2ZKR5XTF4LBV"), "an AWS access key"),
            (
                format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.{}", token("", 43)),
                "a JSON web token",
            ),
            (
                format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n", token("", 60)),
                "a private key",
            ),
            (
                "postgres://app:q7Wm2ZkR@db/x".to_owned(),
                "a password in a URL",
            ),
        ] {
            assert_eq!(names(&format!("key: \"{text}\"")), [expected], "{text}");
        }
        assert_eq!(
            names(&format!("Authorization: Bearer {}", token("ghp_", 36))),
            ["a bearer token"]
        );
    }

    #[test]
    fn what_only_begins_like_one_is_not() {
        for text in [
            "context.input.body like \"*ghp_*\"",
            "like \"*-----BEGIN RSA PRIVATE KEY-----*\"",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAXXXXXXXXXXXXXXXX",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "Bearer $TOKEN, Bearer <token>, Bearer tokens-are-not-for-agents-at-all",
            "https://user@example.com, https://example.com:8080/a@b",
            "postgres://app:${PASSWORD}@db, postgres://app:password1@db",
            "a_hf_q7Wm2ZkR9xTf4LbV8sHd3NcJ6pGy5Ev1Kuq7",
            "eyJhbGciOiJIUzI1NiJ9",
        ] {
            assert_eq!(names(text), [""; 0], "{text}");
        }
    }
}
