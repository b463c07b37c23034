//! A fast hash of 64 bits that is the same on every machine and in every run, for counting and for telling apart.

/// The hash of some bytes, and another one for another seed. Every bit of it is as good as any other. Not for secrets:
/// who chooses the bytes can choose the hash, so nothing may rest on two texts having two hashes.
pub fn hash64(seed: u64, bytes: &[u8]) -> u64 {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut state = fold(seed ^ FIRST, length ^ SECOND);
    let mut pairs = bytes.chunks_exact(16);
    for pair in pairs.by_ref() {
        let (left, right) = pair.split_at(8);
        state = fold(word(left) ^ SECOND, word(right) ^ state);
    }
    let (left, right) = pairs
        .remainder()
        .split_at_checked(8)
        .unwrap_or((&[], pairs.remainder()));
    state = fold(word(left) ^ FIRST, word(right) ^ state);
    mix(state)
}

/// Digits of π: odd, and without a pattern.
const FIRST: u64 = 0x243f_6a88_85a3_08d3;
const SECOND: u64 = 0xa409_3822_299f_31d1;

/// At most eight bytes as a number.
fn word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// The product of two numbers in 128 bits, folded into 64: every bit of the one meets every bit of the other.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // The lower and the upper half.
    (product as u64) ^ ((product >> 64) as u64)
}

/// Spreads every bit over all bits (the finalizer of splitmix64).
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn texts_of_every_length_and_content_differ() {
        let mut seen = BTreeSet::new();
        let mut texts = 0;
        for length in 0..70 {
            for byte in [0, 1, b'a', 0xff] {
                let mut text = vec![byte; length];
                texts += usize::from(seen.insert(hash64(0, &text)));
                for at in 0..length {
                    text[at] ^= 0x40;
                    texts += usize::from(seen.insert(hash64(0, &text)));
                    text[at] ^= 0x40;
                }
            }
        }
        // Four texts of each length, and each with one bit changed; the four empty ones are one.
        let expected: usize = (1..70).map(|length| 4 * (1 + length)).sum();
        assert_eq!(texts, expected + 1);
        assert_ne!(hash64(0, b"a"), hash64(1, b"a"));
    }

    #[test]
    fn every_bit_is_set_half_of_the_time() {
        let count = 100_000_u32;
        let mut ones = [0_u32; 64];
        for at in 0..count {
            let hash = hash64(7, format!("session-{at}").as_bytes());
            for (bit, ones) in ones.iter_mut().enumerate() {
                *ones += u32::from(hash >> bit & 1 == 1);
            }
        }
        // Five standard deviations.
        assert!(
            ones.iter().all(|ones| ones.abs_diff(count / 2) < 800),
            "{ones:?}"
        );
    }
}
