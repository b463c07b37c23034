//! The domain of an e-mail address.

use url::Host;

const NONE: &str = "it is not one e-mail address";

/// The domain of `a@b.example` or `Name <a@b.example>`, in the form of DNS.
pub(super) fn domain(text: &str) -> Result<String, &'static str> {
    let text = text.trim_ascii();
    let address = match text.strip_suffix('>') {
        Some(named) => named.rsplit_once('<').ok_or(NONE)?.1,
        None => text,
    };
    // What stands beside a bracketed address could be read as another one.
    let single = text.matches('@').count() == 1 && !text.contains([',', ';']);
    let (local, domain) = address.split_once('@').filter(|_| single).ok_or(NONE)?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"()<>[]:\\".contains(c);
    if local.is_empty() || !local.chars().all(plain) || !domain.chars().all(plain) {
        return Err(NONE);
    }
    match Host::parse(domain) {
        Ok(Host::Domain(name)) if !domain.contains('%') => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            match name.is_empty() {
                true => Err(NONE),
                false => Ok(name.to_owned()),
            }
        }
        Ok(_) | Err(_) => Err(NONE),
    }
}
