//! What a mapping can derive from a value: `{args.url | host}`.

/// Names the rules by which values are derived. It is part of the digest of every mapping that derives one: when a rule
/// changes, or a parser that a rule rests on, this does too, and recorded requests are mapped anew.
pub(super) const DERIVATIONS: &str = " agentauthz.derivations/1";

/// One step of a placeholder, behind a `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Derivation {
    /// `http`: a URL, which is one of the web where it does not say.
    Http,
    /// `scheme`
    Scheme,
    /// `host`
    Host,
    /// `port`
    Port,
    /// `url_path`
    UrlPath,
    /// `path`: a path without `.` and `..`.
    Path,
    /// `escapes`: whether a path leads out of where it begins.
    Escapes,
    /// `commands`: the names of the commands in a shell script.
    Commands,
    /// `words`: the words of a shell script.
    Words,
    /// `dynamic`: whether some of a shell script is only known when it runs.
    Dynamic,
    /// `decimal`: an amount.
    Decimal,
    /// `email_domain`
    EmailDomain,
    /// `size`: how many different elements an array has.
    Size,
    /// `count`: how many elements an array or an object has, each counted.
    Count,
    /// `keys`: the keys of an object.
    Keys,
    /// `first`: the first element of an array.
    First,
    /// `last`
    Last,
    /// `json`: what a text holds as JSON.
    Json,
}

impl Derivation {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Http,
        Self::Scheme,
        Self::Host,
        Self::Port,
        Self::UrlPath,
        Self::Path,
        Self::Escapes,
        Self::Commands,
        Self::Words,
        Self::Dynamic,
        Self::Decimal,
        Self::EmailDomain,
        Self::Size,
        Self::Count,
        Self::Keys,
        Self::First,
        Self::Last,
        Self::Json,
    ];

    /// Its name in a mapping.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Scheme => "scheme",
            Self::Host => "host",
            Self::Port => "port",
            Self::UrlPath => "url_path",
            Self::Path => "path",
            Self::Escapes => "escapes",
            Self::Commands => "commands",
            Self::Words => "words",
            Self::Dynamic => "dynamic",
            Self::Decimal => "decimal",
            Self::EmailDomain => "email_domain",
            Self::Size => "size",
            Self::Count => "count",
            Self::Keys => "keys",
            Self::First => "first",
            Self::Last => "last",
            Self::Json => "json",
        }
    }

    /// The derivation of a name; the error names those that there are.
    pub fn named(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.iter().copied();
        all.find(|one| one.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = super::references::nearest(name, names.iter().copied());
            match near {
                Some(near) => format!("there is no step `{name}`; did you mean `{near}`?"),
                None => format!(
                    "there is no step `{name}`; there are {}",
                    names.map(|name| format!("`{name}`")).join(", ")
                ),
            }
        })
    }
}
