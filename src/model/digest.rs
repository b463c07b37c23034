//! Content digests, written `sha256:` and 64 hexadecimal digits.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A SHA-256 digest in its written form. Computed by the layers that hash; here it is only a name for the text.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of these 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::from("sha256:");
        for byte in bytes {
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text)
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> &str {
        let digits = self.0.strip_prefix("sha256:").unwrap_or(&self.0);
        digits.get(..12).unwrap_or(digits)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
