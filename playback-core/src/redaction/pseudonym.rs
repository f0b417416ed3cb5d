//! Pseudonyms: other values of the same kind, the same for the same value.
//!
//! All are made by HMAC-SHA-256 (RFC 2104, FIPS 180-4) under the key of the rules. A pseudonym of a text has a seal, made of
//! the pseudonym and the key, by which it is known again, so that it is not made into another one.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::look::{Look, uuid_bytes, uuid_text};
use super::mask::{is_mask, mask};
use super::numbers;
use super::redactor::Known;
use crate::Value;

/// How long a key is at least, in bytes.
const KEY_BYTES: usize = 16;

/// What pseudonyms begin with, and how many letters follow: of the hash, and of its seal.
const PREFIX: &str = "psn_";
const HASH: usize = 16;
const SEAL: usize = 10;
const DOMAIN: &str = "@pseudonym.invalid";

/// The secret that pseudonyms are made with. It is printed by nothing, and recorded nowhere.
///
/// Whoever has it can tell whether a value they guess is behind a pseudonym. Without it pseudonyms of texts, and of numbers
/// where there are many to choose from, tell nothing but which of them are the same.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// A key of 16 random bytes at least, 32 being usual.
    ///
    /// # Errors
    /// [`KeyError`] if it is shorter.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let bytes = bytes.as_ref();
        if bytes.len() < KEY_BYTES {
            return Err(KeyError::Short { bytes: bytes.len() });
        }
        // Any length will do for an HMAC.
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| KeyError::Short { bytes: bytes.len() })
    }

    /// The key that stands in a variable of the environment.
    ///
    /// # Errors
    /// [`KeyError`] if the variable is not set, is no text, or is too short.
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let key = std::env::var(variable).map_err(|_| KeyError::Unset { variable: variable.to_owned() })?;
        Self::new(key.trim())
    }

    pub(super) fn digest(&self, purpose: &str, data: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        data.iter().for_each(|data| mac.update(data));
        mac.finalize().into_bytes().into()
    }

    /// Puts a pseudonym in the place of a value, and in the places of all that is inside it.
    pub(super) fn replace(&self, value: &mut Value, known: &Known) {
        if known.contains(value) {
            return;
        }
        match value {
            Value::String(text) => *text = self.text(text, known),
            Value::Integer(number) => *number = numbers::permuted(*number, self),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Some(inner) | Value::Variant(_, Some(inner)) => self.replace(inner, known),
            Value::Seq(elements) => match as_bytes(elements, 16) {
                Some(mut bytes) => {
                    self.bytes(&mut bytes);
                    *elements = bytes.into_iter().map(Value::from).collect();
                }
                None => elements.iter_mut().for_each(|element| self.replace(element, known)),
            },
            Value::Struct(fields) => fields.iter_mut().for_each(|(_, value)| self.replace(value, known)),
            Value::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    self.replace(key, known);
                    self.replace(value, known);
                }
                super::sort(entries);
            }
            other => mask(other, None),
        }
    }

    /// The pseudonym of a text; the text itself, if it is one, or a mask.
    pub(super) fn text(&self, text: &str, known: &Known) -> String {
        if text.is_empty()
            || is_mask(text)
            || self.is_own(text)
            || known.contains(&Value::String(text.to_owned()))
        {
            return text.to_owned();
        }
        match Look::of(text) {
            Look::Uuid => {
                let digest = self.digest("uuid", &[text.to_ascii_lowercase().as_bytes()]);
                let mut bytes = [0; 16];
                bytes.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
                uuid_text(self.seal_uuid(bytes))
            }
            Look::Email => format!("{}{DOMAIN}", self.word("email", text)),
            Look::V4(address) => numbers::permuted_bits(u128::from(address.to_bits()), 32, self)
                .and_then(|bits| u32::try_from(bits).ok())
                .map_or_else(String::new, |bits| std::net::Ipv4Addr::from_bits(bits).to_string()),
            Look::V6(address) => numbers::permuted_bits(address.to_bits(), 128, self)
                .map_or_else(String::new, |bits| std::net::Ipv6Addr::from_bits(bits).to_string()),
            Look::Plain => self.word("text", text),
        }
    }

    /// Whether a text is a pseudonym made with this key, which is known by its seal.
    pub(super) fn is_own(&self, text: &str) -> bool {
        if let Some(bytes) = uuid_bytes(text) {
            return self.seal_uuid(bytes) == bytes;
        }
        let word = text.strip_suffix(DOMAIN).unwrap_or(text);
        let Some(letters) = word.strip_prefix(PREFIX) else { return false };
        letters.split_at_checked(HASH).is_some_and(|(hash, seal)| seal == self.seal(hash))
    }

    fn word(&self, purpose: &str, text: &str) -> String {
        let hash = letters(&self.digest(purpose, &[text.as_bytes()]), HASH);
        let seal = self.seal(&hash);
        format!("{PREFIX}{hash}{seal}")
    }

    fn seal(&self, hash: &str) -> String {
        letters(&self.digest("seal", &[hash.as_bytes()]), SEAL)
    }

    /// Makes the first half of a UUID a pseudonym, of version 8 (RFC 9562), and the second half its seal.
    fn seal_uuid(&self, mut bytes: [u8; 16]) -> [u8; 16] {
        bytes[6] = (bytes[6] & 0x0F) | 0x80;
        let (hash, seal) = bytes.split_at_mut(8);
        let digest = self.digest("uuid seal", &[hash]);
        seal.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
        bytes[8] = (bytes[8] & 0x3F) | 0x80;
        bytes
    }

    fn bytes(&self, bytes: &mut [u8]) {
        let hash = self.digest("bytes", &[bytes]);
        for (chunk, number) in bytes.chunks_mut(32).zip(0_u64..) {
            let stream = self.digest("stream", &[&hash, &number.to_be_bytes()]);
            chunk.iter_mut().zip(stream).for_each(|(byte, other)| *byte = other);
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What cannot be a [`Key`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// It is too short to be safe.
    Short {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The variable of the environment is not set, or is no text.
    Unset {
        /// The variable.
        variable: String,
    },
    /// Rules give pseudonyms and have none.
    Missing,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { bytes } => {
                write!(f, "a key of {bytes} bytes can be guessed; give {KEY_BYTES} random bytes or more")
            }
            Self::Unset { variable } => write!(f, "the key for pseudonyms is not there: set {variable}"),
            Self::Missing => f.write_str(
                "the rules give pseudonyms and have no key for them: set the variable that `key_env` names, or give one \
                 by `Rules::key`",
            ),
        }
    }
}

impl std::error::Error for KeyError {}

/// The elements as bytes, if they are that, and at least so many: a `Vec<u8>` is a list to serde.
pub(super) fn as_bytes(elements: &[Value], least: usize) -> Option<Vec<u8>> {
    if elements.len() < least {
        return None;
    }
    elements.iter().map(|element| u8::try_from(element.as_u64()?).ok()).collect()
}

/// The first letters of a digest in base 32, five bits each.
fn letters(digest: &[u8; 32], count: usize) -> String {
    const LETTERS: [char; 32] = [
        'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
        'u', 'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7',
    ];
    // A byte each is enough: there are more of them than are asked for.
    digest
        .iter()
        .take(count)
        .map(|byte| LETTERS.get(usize::from(byte & 31)).copied().unwrap_or('a'))
        .collect()
}
