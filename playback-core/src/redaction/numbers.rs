//! Pseudonyms of numbers: each number of a range becomes another of the same range, no two the same one.
//!
//! A Feistel network of ten rounds over HMAC-SHA-256, walked until the outcome is in the range again: the constructions
//! "Feistel" and "cycle-walking cipher" of Black and Rogaway, *Ciphers with Arbitrary Finite Domains* (2002). Ranges are
//! those that a type of integers has and the next smaller one has not, so that what read a number reads its pseudonym.

use super::pseudonym::Key;
use crate::value::Integer;

const ROUNDS: u8 = 10;

/// The pseudonym of a number. Zero, which is nobody's, stays zero.
pub(super) fn permuted(number: Integer, key: &Key) -> Integer {
    if let Ok(number) = u128::try_from(number) {
        let bounds = [7, 8, 15, 16, 31, 32, 63, 64, 127].map(|bits| 1_u128 << bits);
        let low = bounds.iter().rev().find(|bound| **bound <= number).copied().unwrap_or(1);
        let high = bounds.iter().find(|bound| **bound > number).map_or(u128::MAX, |bound| bound - 1);
        if number == 0 {
            return Integer::from(0);
        }
        return Integer::from(low + within(number - low, high - low, b'+', key));
    }
    let Ok(number) = i128::try_from(number) else { return number };
    // -1 is 0, -128 is 127: what an `i8` holds, and so on.
    let mirrored = (!number).cast_unsigned();
    let bounds = [7, 15, 31, 63].map(|bits| 1_u128 << bits);
    let low = bounds.iter().rev().find(|bound| **bound <= mirrored).copied().unwrap_or(0);
    let high = bounds.iter().find(|bound| **bound > mirrored).map_or((1 << 127) - 1, |bound| bound - 1);
    Integer::from(!(low + within(mirrored - low, high - low, b'-', key)).cast_signed())
}

/// The pseudonym of so many bits, an even number. None if there are more than 128.
pub(super) fn permuted_bits(bits: u128, count: u32, key: &Key) -> Option<u128> {
    let most = u128::MAX.checked_shr(128_u32.checked_sub(count)?)?;
    Some(within(bits, most, b'b', key))
}

/// Another number from 0 to `most`.
fn within(mut number: u128, most: u128, range: u8, key: &Key) -> u128 {
    let half = (128 - most.leading_zeros()).div_ceil(2).max(1);
    loop {
        number = feistel(number, half, most, range, key);
        if number <= most {
            return number;
        }
    }
}

fn feistel(number: u128, half: u32, most: u128, range: u8, key: &Key) -> u128 {
    let mask = (1_u128 << half) - 1;
    let (mut left, mut right) = (number >> half, number & mask);
    for round in 0..ROUNDS {
        let digest = key.digest("number", &[&[range, round], &most.to_be_bytes(), &right.to_be_bytes()]);
        let bits = digest.iter().take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        (left, right) = (right, left ^ (bits & mask));
    }
    (left << half) | right
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_stay_in_their_type_and_no_two_become_the_same() {
        let key = Key::new([7; 32]).unwrap();
        for (low, high) in [(1_i128, 127_i128), (128, 255), (-128, -1), (256, 1_000), (-1_000, -129)] {
            let pseudonyms: BTreeSet<Integer> =
                (low..=high).map(|number| permuted(Integer::from(number), &key)).collect();
            assert_eq!(pseudonyms.len(), usize::try_from(high - low + 1).unwrap());
        }
        let fits = |number: i128, fits: fn(Integer) -> bool| fits(permuted(Integer::from(number), &key));
        assert!((1..=127).all(|number| fits(number, |number| i8::try_from(number).is_ok_and(|n| n > 0))));
        assert!((128..=255).all(|number| fits(number, |number| u8::try_from(number).is_ok())));
        assert!((-128..0).all(|number| fits(number, |number| i8::try_from(number).is_ok_and(|n| n < 0))));
        assert!(fits(i128::from(i32::MIN), |number| i32::try_from(number).is_ok()));
        assert!(fits(i128::from(u32::MAX), |number| u32::try_from(number).is_ok()));
        assert!(fits(i128::from(i64::MAX), |number| i64::try_from(number).is_ok()));
        assert!(fits(i128::from(u64::MAX), |number| u64::try_from(number).is_ok()));
        assert!(fits(i128::MIN, |number| i128::try_from(number).is_ok()));
        assert!(u128::try_from(permuted(Integer::from(u128::MAX), &key)).is_ok());
        assert_eq!(permuted(Integer::from(0), &key), Integer::from(0));
    }

    #[test]
    fn another_key_makes_other_pseudonyms() {
        let (one, other) = (Key::new([1; 16]).unwrap(), Key::new([2; 16]).unwrap());
        let number = Integer::from(123_456_789);
        assert_eq!(permuted(number, &one), permuted(number, &one));
        assert_ne!(permuted(number, &one), number);
        assert_ne!(permuted(number, &one), permuted(number, &other));
    }
}
