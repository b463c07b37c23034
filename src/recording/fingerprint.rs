//! A hash that is the same on every machine and in every run: FNV-1a over 64 bits, mixed at the end.

/// The hash of some bytes. Not for secrets: who chooses the bytes can choose the hash.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix(hash)
}

/// Spreads every bit over all bits (the finalizer of splitmix64).
pub(super) fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_changes() {
        // Ids of imported actions contain it: another value here breaks references to them.
        assert_eq!(fingerprint(b""), mix(0xcbf2_9ce4_8422_2325));
        assert_eq!(fingerprint(b"a"), mix(0xaf63_dc4c_8601_ec8c));
        assert_eq!(fingerprint(b"agentauthz"), 1_515_503_659_088_774_891);
    }
}
