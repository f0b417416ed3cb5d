//! Nobody's secrets are recorded: what is recorded is redacted before it is taken down.
//!
//! A [`Redactor`] changes values on their way to a recording, and never the values themselves. It is in force for the
//! process ([`set_global_redactor`]) or in a scope ([`RedactorExt::scope`]), for what is recorded and for what is
//! replayed: there, what the code asks for and sends is redacted alike, so that it matches what was recorded.
//! Recordings of values that cannot be redacted are discarded, and counted.
//!
//! A type of one's own can be a [`Secret`]: it needs no redactor.
//!
//! # Floor plan
//!
//! | file | what it holds |
//! |---|---|
//! | `redactor` | the [`Redactor`] trait, and which one is in force |
//! | `secret` | [`Secret`], and the marks that it leaves |
//! | `in_force` | what recordings and replays do with all this |
//! | `scrub` | redacting what is recorded already |
//! | `alias` | names that were made of arguments |
//! | `look`, `mask` | what a text looks like, and values that say nothing |
//! | `rules`, `rule`, `names`, `texts` (feature `redaction`) | the redactor of rules, and well-known texts |
//! | `read` (feature `redaction`) | rules from a file |
//! | `walk` (feature `redaction`) | rules on their way through a value |
//! | `pseudonym`, `numbers` (feature `redaction`) | values that stand for others |

mod alias;
mod in_force;
mod look;
mod mask;
#[cfg(feature = "redaction")]
mod names;
#[cfg(feature = "redaction")]
mod numbers;
#[cfg(feature = "redaction")]
mod pseudonym;
#[cfg(feature = "redaction")]
mod read;
mod redactor;
#[cfg(feature = "redaction")]
mod rule;
#[cfg(feature = "redaction")]
mod rules;
mod scrub;
mod secret;
#[cfg(feature = "redaction")]
mod texts;
#[cfg(feature = "redaction")]
mod walk;

pub(crate) use alias::{Captured, Made};
pub(crate) use in_force::{Encoded, InForce, Redacted, WITHHELD, tellable_here, unmarked};
#[cfg(feature = "redaction")]
pub use pseudonym::{Key, KeyError};
#[cfg(feature = "redaction")]
pub use read::RulesError;
pub use redactor::{
    GlobalRedactorSet, Known, Part, Place, Redactor, RedactorExt, Unredactable, set_global_redactor,
};
#[cfg(feature = "redaction")]
pub use rule::{Action, Rule, RuleError};
#[cfg(feature = "redaction")]
pub use rules::Rules;
pub use scrub::{ScrubError, scrub};
pub use secret::Secret;
#[cfg(feature = "redaction")]
pub use texts::Texts;

use crate::Value;

/// Brings the entries of a map into the order of their keys, after these were changed.
fn sort(entries: &mut Vec<(Value, Value)>) {
    if let Value::Map(sorted) = Value::map(std::mem::take(entries)) {
        *entries = sorted;
    }
}
