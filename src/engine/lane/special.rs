//! Finds where a string of JSON ends, many bytes at a time.

use wide::u8x16;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Whether a byte is a quote, a backslash or a control character.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..0x20)
}

/// The place of the next quote, backslash or control character from a place on.
#[inline(always)]
pub fn special(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        let found = in_block(block);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += 16;
    }
    while let Some(word) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = in_word(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let found = bytes.get(at..)?.iter().position(|byte| is_special(*byte))?;
    Some(at + found)
}

/// A bit for each special byte.
#[inline(always)]
fn in_block(block: &[u8; 16]) -> u32 {
    let bytes = u8x16::new(*block);
    let equal = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
    // No more than 0x1f: the smaller of both is the byte itself.
    let control = bytes.min(u8x16::splat(0x1f)).simd_eq(bytes);
    (equal(b'"') | equal(b'\\') | control).to_bitmask()
}

/// A high bit at the first special byte, and maybe at some behind it.
#[inline(always)]
fn in_word(word: u64) -> u64 {
    // A byte lends from the one behind it only where it is one that is looked for itself.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    equal(b'"') | equal(b'\\') | below(word, 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn it_is_the_first_one(
            bytes in prop::collection::vec(prop_oneof![20 => b'a'..=b'z', 1 => any::<u8>()], 0..80),
            from in 0_usize..90,
        ) {
            let mut rest = bytes.iter().enumerate().skip(from);
            let first = rest.find(|(_, byte)| is_special(**byte)).map(|(at, _)| at);
            prop_assert_eq!(special(&bytes, from), first);
        }

        #[test]
        fn words_are_searched_alike(bytes in any::<[u8; 8]>()) {
            let first = bytes.iter().position(|byte| is_special(*byte));
            let found = in_word(u64::from_le_bytes(bytes));
            prop_assert_eq!((found != 0).then(|| found.trailing_zeros() as usize / 8), first);
        }
    }

    #[test]
    fn every_byte_is_told_at_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..40 {
                let mut bytes = [b'x'; 40];
                bytes[at] = byte;
                assert_eq!(
                    special(&bytes, 0),
                    is_special(byte).then_some(at),
                    "{byte} {at}"
                );
            }
        }
    }
}
