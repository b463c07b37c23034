//! What tokens and keys look like. Only forms that say what they are: a known beginning, a known length.

use super::Span;

/// A piece of text that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub name: &'static str,
    /// Its place.
    pub span: Span,
    /// What nobody else may read: without the beginning that says nothing; of a private key, what follows its first line.
    pub hidden: Span,
    /// Whether it is surely one that matters: no key of a test system, and no token that may have expired.
    pub sure: bool,
}

/// A kind of token: what it begins with, and how many characters of which kind follow.
struct Form {
    name: &'static str,
    prefix: &'static str,
    body: fn(char) -> bool,
    least: usize,
    most: usize,
    sure: bool,
}

const fn form(
    name: &'static str,
    prefix: &'static str,
    body: fn(char) -> bool,
    least: usize,
    most: usize,
) -> Form {
    Form {
        name,
        prefix,
        body,
        least,
        most,
        sure: true,
    }
}

const LONG: usize = 400;

const FORMS: &[Form] = &[
    form("an AWS access key", "AKIA", is_base32, 16, 16),
    form("a temporary AWS access key", "ASIA", is_base32, 16, 16),
    form("a GitHub token", "ghp_", is_alphanumeric, 36, LONG),
    form("a GitHub token", "gho_", is_alphanumeric, 36, LONG),
    form("a GitHub token", "ghu_", is_alphanumeric, 36, LONG),
    form("a GitHub token", "ghs_", is_alphanumeric, 36, LONG),
    form("a GitHub token", "ghr_", is_alphanumeric, 36, LONG),
    form("a GitHub token", "github_pat_", is_word, 60, LONG),
    form("a GitLab token", "glpat-", is_token, 20, LONG),
    form("a Slack token", "xoxb-", is_dashed, 30, LONG),
    form("a Slack token", "xoxp-", is_dashed, 30, LONG),
    form("a Slack token", "xoxa-", is_dashed, 30, LONG),
    form("a Slack token", "xoxr-", is_dashed, 30, LONG),
    form("a Slack token", "xapp-", is_dashed, 30, LONG),
    form(
        "a Slack webhook",
        "https://hooks.slack.com/services/T",
        is_path,
        30,
        LONG,
    ),
    form("a Stripe key", "sk_live_", is_alphanumeric, 24, LONG),
    form("a Stripe key", "rk_live_", is_alphanumeric, 24, LONG),
    Form {
        sure: false,
        ..form("a Stripe test key", "sk_test_", is_alphanumeric, 24, LONG)
    },
    form("a Google API key", "AIza", is_token, 35, 35),
    form("an Anthropic key", "sk-ant-", is_token, 40, LONG),
    form("an OpenAI key", "sk-proj-", is_token, 40, LONG),
    form("a Hugging Face token", "hf_", is_alphanumeric, 34, 40),
    form("an npm token", "npm_", is_alphanumeric, 36, 36),
    form("a PyPI token", "pypi-AgEIcHlwaS5vcmc", is_token, 40, LONG),
    form("a DigitalOcean token", "dop_v1_", is_hexadecimal, 64, 64),
    form("a SendGrid key", "SG.", is_dotted, 60, 75),
    form("a bearer token", "Bearer ", is_dotted, 24, 4000),
    form("a bearer token", "bearer ", is_dotted, 24, 4000),
];

/// No secret is shorter, in bytes: the shortest is a password in a URL.
const SHORTEST: usize = 13;

/// What the first secret in a text is, if there is one.
pub fn secret_in(text: &str) -> Option<&'static str> {
    if text.len() < SHORTEST {
        return None;
    }
    secrets(text).first().map(|secret| secret.name)
}

/// Everything in a text that looks like a secret, in order.
pub fn secrets(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = FORMS.iter().flat_map(|form| of_form(text, form)).collect();
    found.extend(web_tokens(text));
    found.extend(private_keys(text));
    found.extend(passwords(text));
    found.sort_by_key(|secret| (secret.span.start, std::cmp::Reverse(secret.span.len)));
    let mut end = 0;
    found.retain(|secret| {
        let inside = secret.span.end() <= end;
        end = end.max(secret.span.end());
        !inside
    });
    found
}

fn of_form(text: &str, form: &Form) -> Vec<Secret> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), form.prefix) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let body = run(text, at + form.prefix.len(), form.body);
        let fits = (form.least..=form.most).contains(&body.len());
        let inside = before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        // A short one that goes on in other letters is the beginning of something else.
        let after = text.get(at + form.prefix.len() + body.len()..);
        let goes_on = after.is_some_and(|rest| {
            rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
        });
        if fits && !inside && !goes_on && is_random(body) {
            found.push(Secret {
                name: form.name,
                span: Span::new(at, form.prefix.len() + body.len()),
                hidden: Span::new(at + form.prefix.len(), body.len()),
                sure: form.sure,
            });
        }
    }
    found
}

/// JSON web tokens: three parts, of which the first two are JSON in base64.
fn web_tokens(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), "eyJ") {
        let whole = run(text, at, is_dotted);
        let parts: Vec<&str> = whole.split('.').collect();
        let [head, body, signature] = parts.as_slice() else {
            continue;
        };
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let inside = before.is_some_and(is_dotted);
        let fits = head.len() >= 12 && body.starts_with("eyJ") && body.len() >= 12;
        if !inside && fits && signature.len() >= 20 && is_random(signature) {
            found.push(Secret {
                name: "a JSON web token",
                span: Span::new(at, whole.len()),
                hidden: Span::new(at + 3, whole.len() - 3),
                sure: false,
            });
        }
    }
    found
}

/// Private keys: the line that begins one, with a key behind it. A policy that looks for such lines holds none.
fn private_keys(text: &str) -> Vec<Secret> {
    const BEGIN: &str = "-----BEGIN ";
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), BEGIN) {
        let rest = text.get(at + BEGIN.len()..).unwrap_or_default();
        let Some((name, after)) = rest.split_once("-----") else {
            continue;
        };
        let named = name.len() <= 30
            && (name.ends_with("PRIVATE KEY") || name.ends_with("PRIVATE KEY BLOCK"));
        let key: String = after
            .replace("\\r", "")
            .replace("\\n", "")
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .take_while(|letter| letter.is_ascii_alphanumeric() || "+/=".contains(*letter))
            .take(64)
            .collect();
        if named && key.len() >= 40 && is_random(&key) {
            let length = BEGIN.len() + name.len() + 5;
            found.push(Secret {
                name: "a private key",
                span: Span::new(at, length),
                hidden: Span::new(at + length, key_length(after)),
                sure: true,
            });
        }
    }
    found
}

/// How long a private key is that stands behind its first line: up to its last line, else as far as it looks like one.
fn key_length(after: &str) -> usize {
    let end = memchr::memmem::find(after.as_bytes(), b"-----END ");
    end.unwrap_or_else(|| {
        let is_key = |letter: char| {
            letter.is_whitespace() || letter.is_ascii_alphanumeric() || "+/=\\".contains(letter)
        };
        after.find(|letter| !is_key(letter)).unwrap_or(after.len())
    })
}

/// Passwords in URLs: `postgres://user:password@host`.
fn passwords(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text.as_bytes(), "://") {
        let start = at + 3;
        let authority = run(text, start, |letter| {
            !letter.is_whitespace() && !"/\"'<>{}$*`|,".contains(letter)
        });
        let Some((user, password)) = authority
            .rsplit_once('@')
            .and_then(|(login, _)| login.split_once(':'))
        else {
            continue;
        };
        let kinds = [char::is_lowercase, char::is_uppercase, char::is_numeric];
        let kinds = kinds
            .iter()
            .filter(|kind| password.contains(**kind))
            .count();
        if password.len() >= 8 && kinds >= 2 && !is_placeholder(password) {
            let span = Span::new(start + user.len() + 1, password.len());
            found.push(Secret {
                name: "a password in a URL",
                span,
                hidden: span,
                sure: false,
            });
        }
    }
    found
}

fn run(text: &str, from: usize, is_part: impl Fn(char) -> bool) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
    rest.get(..length).unwrap_or_default()
}

/// Whether a text looks like chance, and not like a word or what stands in for a secret.
fn is_random(body: &str) -> bool {
    let mut letters: Vec<char> = body.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    letters.len() >= 9
        && body.contains(|letter: char| letter.is_ascii_digit())
        && !is_placeholder(body)
}

fn is_placeholder(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = [
        "example",
        "placeholder",
        "redacted",
        "changeme",
        "dummy",
        "xxxx",
        "0000",
        "aaaa",
        "your",
        "123456789",
        "abcdefg",
        "password",
        "secret",
        "...",
    ];
    words.iter().any(|word| text.contains(word))
}

fn is_alphanumeric(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
}

fn is_base32(letter: char) -> bool {
    letter.is_ascii_uppercase() || ('2'..='7').contains(&letter)
}

fn is_hexadecimal(letter: char) -> bool {
    letter.is_ascii_hexdigit()
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn is_dashed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

fn is_token(letter: char) -> bool {
    is_word(letter) || letter == '-'
}

fn is_dotted(letter: char) -> bool {
    is_token(letter) || letter == '.'
}

fn is_path(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '/'
}
