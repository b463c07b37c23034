//! Names as keyed hashes: equal names stay equal, and without the key nobody can tell which they were.

use sha2::{Digest as _, Sha256};

/// The length of a block of SHA-256.
const BLOCK: usize = 64;

/// A key for hashing names (HMAC with SHA-256, RFC 2104).
#[derive(Clone)]
pub struct HashKey([u8; BLOCK]);

/// No shorter key is taken.
const SHORTEST: usize = 16;

impl HashKey {
    /// A key of these bytes; nothing where there are too few.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= SHORTEST).then(|| Self::padded(bytes))
    }

    fn padded(bytes: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        let digest = Sha256::digest(bytes);
        let bytes = match bytes.len() > BLOCK {
            true => digest.as_slice(),
            false => bytes,
        };
        for (to, from) in block.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self(block)
    }

    /// The hash of a name of a kind, as 32 hexadecimal digits.
    pub fn hash(&self, kind: &str, name: &str) -> String {
        let mac = self.mac(&[kind.as_bytes(), &[0], name.as_bytes()].concat());
        hexadecimal(mac.get(..16).unwrap_or_default())
    }

    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let pad = |with: u8| self.0.map(|byte| byte ^ with);
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(message)
            .finalize();
        let outer = Sha256::new().chain_update(pad(0x5c)).chain_update(inner);
        outer.finalize().into()
    }
}

/// Bytes as digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn it_is_hmac() {
        for (key, message, mac) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let found = HashKey::padded(&key).mac(message.as_bytes());
            assert_eq!(hexadecimal(&found), mac);
        }
    }

    #[test]
    fn a_short_key_is_none() {
        assert!(HashKey::new(b"too short").is_none());
        let key = HashKey::new(b"long enough to be one").expect("a key");
        assert_ne!(key.hash("session", "a"), key.hash("resource", "a"));
    }
}
