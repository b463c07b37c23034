//! Parts of URLs, by the URL standard. A URL that programs are known to read in different ways is unknown.

use super::Derived;
use crate::model::Json;
use std::cell::Cell;
use url::{Host, SyntaxViolation, Url};

const DOUBTFUL: &str = "programs read such a URL in different ways";

/// Schemes of URLs that are complete without `//`.
const WITHOUT_HOST: [&str; 8] = [
    "about",
    "blob",
    "data",
    "file",
    "javascript",
    "mailto",
    "tel",
    "urn",
];

/// A URL with a scheme: `http`, where the text begins with a host. The mapping says by it that the tool does so.
pub(super) fn http(text: &str) -> Result<String, &'static str> {
    if let Some((scheme, _)) = text.split_once("://")
        && Url::parse(&format!("{scheme}://x")).is_ok_and(|url| url.scheme() == scheme)
    {
        return Ok(text.to_owned());
    }
    let end = text.find(['/', '?', '#', '\\']).unwrap_or(text.len());
    let host = text.get(..end).unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) => (name, port),
        None => (host, "0"),
    };
    // `mailto:x@example.com` and `http:/example.com` are no hosts.
    let plain = |c: char| c.is_alphanumeric() || "-._".contains(c);
    let is_host = !name.is_empty() && name.chars().all(plain);
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match is_host && is_port {
        true => Ok(format!("http://{text}")),
        false => Err(DOUBTFUL),
    }
}

fn read(text: &str) -> Result<Url, &'static str> {
    let doubtful = Cell::new(false);
    let see = |violation: SyntaxViolation| {
        doubtful.set(doubtful.get() || makes_doubtful(violation));
    };
    let parsed = Url::options()
        .syntax_violation_callback(Some(&see))
        .parse(text);
    let url = parsed.map_err(|_| "it is no URL with a scheme")?;
    // `example.com:80/x` has the scheme `example.com` for the standard, and a host for people.
    let complete = url.has_authority() || WITHOUT_HOST.contains(&url.scheme());
    match doubtful.get() || !complete {
        true => Err(DOUBTFUL),
        false => Ok(url),
    }
}

/// Whether a program that does not follow the standard may see another host.
fn makes_doubtful(violation: SyntaxViolation) -> bool {
    match violation {
        SyntaxViolation::EmbeddedCredentials
        | SyntaxViolation::NonUrlCodePoint
        | SyntaxViolation::NullInFragment
        | SyntaxViolation::PercentDecode => false,
        // Backslashes, spaces and line breaks that are left out, missing slashes, and what may be new.
        _ => true,
    }
}

fn part(text: &str, part: impl Fn(&Url) -> Derived) -> Derived {
    match read(text) {
        Ok(url) => part(&url),
        Err(why) => Derived::Unknown(why),
    }
}

pub(super) fn scheme(text: &str) -> Derived {
    part(text, |url| {
        Derived::Value(Json::String(url.scheme().to_owned()))
    })
}

/// The host in lower case, a name in the form of DNS without the last dot, an address in its usual form.
pub(super) fn host(text: &str) -> Derived {
    part(text, |url| {
        let host = match url.host() {
            // There is a place for one, and nothing in it.
            None if url.has_authority() && url.scheme() != "file" => {
                return Derived::Unknown(DOUBTFUL);
            }
            None => return Derived::Absent,
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name.to_ascii_lowercase()
            }
            Some(Host::Ipv4(address)) => {
                let written = address.to_string();
                // `0177.1` is an address to some, and a name to others.
                let (_, rest) = text.split_once("://").unwrap_or(("", text));
                let authority = rest.split(['/', '?', '#', '\\']).next();
                let named = authority.and_then(|authority| authority.rsplit('@').next());
                let behind = named.and_then(|named| named.strip_prefix(written.as_str()));
                if !behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(':')) {
                    return Derived::Unknown(DOUBTFUL);
                }
                written
            }
            Some(Host::Ipv6(address)) => address.to_string(),
        };
        let nameless = host.is_empty() || host.starts_with('.') || host.ends_with('.');
        match nameless || host.contains("..") || host.contains('%') {
            true => Derived::Unknown(DOUBTFUL),
            false => Derived::Value(Json::String(host)),
        }
    })
}

/// The port that is said, or else that of the scheme.
pub(super) fn port(text: &str) -> Derived {
    part(text, |url| match url.port_or_known_default() {
        Some(port) => Derived::Value(Json::Int(i64::from(port))),
        None => Derived::Absent,
    })
}

/// The path, with `.` and `..` folded as the standard does.
pub(super) fn path(text: &str) -> Derived {
    part(text, |url| {
        let lower = text.to_ascii_lowercase();
        if url.cannot_be_a_base() {
            return Derived::Absent;
        }
        // Some servers decode these before they fold, some after.
        match ["%2e", "%2f", "%5c"]
            .iter()
            .any(|code| lower.contains(code))
        {
            true => Derived::Unknown(DOUBTFUL),
            false => Derived::Value(Json::String(url.path().to_owned())),
        }
    })
}
