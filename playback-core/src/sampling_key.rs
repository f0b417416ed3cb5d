//! What runs have in common that are to be sampled together.

use std::fmt::{self, Display, Write as _};

use crate::redaction::tellable_here;
use crate::scratch::guarded;

/// What a run belongs to, such as its customer: runs of one key are kept together or left out together, in every
/// category, process and service, as long as their rates are the same. What a low rate keeps, every higher one
/// keeps too.
///
/// Only a hash of the key is known, and nothing of it is stored: FNV-1a (64 bits, offset basis `cbf29ce484222325`, prime
/// `100000001b3`) over the UTF-8 text that the key prints as, and over that the finalizer of SplitMix64 (`z ^= z >> 30;
/// z *= bf58476d1ce4e5b9; z ^= z >> 27; z *= 94d049bb133111eb; z ^= z >> 31`). It stays that way in all versions.
///
/// ```
/// use playback_core::SamplingKey;
///
/// // The number and the text of it are one key: services may write it differently.
/// assert_eq!(SamplingKey::of(17), SamplingKey::of("17"));
/// assert!((SamplingKey::of("customer-17").share() - 0.350).abs() < 0.001);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SamplingKey(u64);

impl SamplingKey {
    /// The key of what prints as this text.
    #[must_use]
    pub fn of(key: impl Display) -> Self {
        let mut hash = Fnv::default();
        // Of what cannot be printed, what there is counts.
        let _ = write!(hash, "{key}");
        Self(mix(hash.0))
    }

    /// Where it stands among all keys, from 0 to 1, without 1: it is in the sample of each rate that is above.
    #[must_use]
    pub fn share(self) -> f64 {
        // The 53 bits that a float holds exactly.
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The key, unless printing it panics.
pub(crate) fn of_users(key: &dyn Display) -> Option<SamplingKey> {
    guarded(|| Ok(SamplingKey::of(key)))
        .inspect_err(|error| {
            let error = tellable_here(error);
            tracing::warn!("a sampling key could not be printed, and is not looked at: {error}")
        })
        .ok()
}

/// Hashes text piece by piece, without having it in one place.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        Ok(())
    }
}

/// Without it, keys that differ in their last byte would stand next to each other.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_same_hash_in_every_version() {
        // Worked out with another program, from what the documentation says.
        let known = [
            ("", 0xf52a_15e9_a9b5_e89b),
            ("17", 0x6a44_8196_3632_e6c0),
            ("customer-17", 0x5996_dcbc_2083_d0a8),
            ("Ærøskøbing", 0xacea_bd3d_01ae_442d),
        ];
        for (key, hash) in known {
            assert_eq!(SamplingKey::of(key).0, hash, "{key}");
        }
    }
}
