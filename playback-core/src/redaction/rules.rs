//! The redactor that goes by rules.

use std::sync::Arc;

use serde::Serialize;

use super::names::Ends;
use super::pseudonym::{Key, KeyError};
use super::redactor::{Known, Part, Place, Redactor, Unredactable};
use super::rule::{Action, Rule};
use super::texts::Texts;
use super::walk::{Remember, Replace, Walk};
use crate::Value;
use crate::value::{Glimpse, glance};

/// What is not recorded as it is: the [`Redactor`] that goes by [`Rule`]s.
///
/// ```
/// use playback_core::redaction::{Key, RedactorExt, Rule, Rules, Texts};
///
/// let rules = Rules::new()
///     .key(Key::new(b"32 random bytes, out of a vault.")?)
///     .with(Rule::field("password").remove())
///     .with(Rule::field("customer").pseudonym())
///     .with(Rule::text(Texts::Cards));
///
/// // In a service, once at its start: playback_core::redaction::set_global_redactor(rules)?;
/// let recorded = rules.scope_blocking(|| {
///     playback_testkit::record_blocking(|| {
///         playback_core::operation("Pay")
///             .argument_names(&["customer", "note"])
///             .args(&("ann", "card 4111 1111 1111 1111"))
///             .run(|| true)
///     })
/// });
/// let (customer, note): (String, String) = recorded.recording().arguments()?;
/// assert!(customer.starts_with("psn_"));
/// assert_eq!(note, "card [redacted]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Of the rules that are about the whole of a value the first one counts; within a text all do, in their order. A rule for
/// a value holds for all that is inside it.
///
/// Pseudonyms need a [`key`](Self::key). The same one makes the same pseudonyms in every recording. A replay needs it
/// only where the code brings values of its own, which are no pseudonyms yet; without one these stay as they are, while
/// a recording without one is discarded.
///
/// Pseudonyms of numbers, of IP addresses and of bytes cannot be told from other values, so rules that are applied again to what
/// is stored make other pseudonyms of them, the same for the same.
#[derive(Debug, Clone)]
#[must_use]
pub struct Rules {
    rules: Vec<Rule>,
    ends: Ends,
    key: Option<Key>,
    secrets: Action,
}

impl Rules {
    /// No rules: all is recorded as it is, but what is a [`Secret`](super::Secret).
    pub const fn new() -> Self {
        Self { rules: Vec::new(), ends: Ends::new(), key: None, secrets: Action::Mask(None) }
    }

    /// Rules for what services commonly should not record: fields with names as of passwords, tokens, keys and cookies, and
    /// texts that look like [cards, bearer tokens or keys](Texts).
    pub fn usual() -> Self {
        const NAMES: [&str; 27] = [
            "*password",
            "passwd",
            "passphrase",
            "pwd",
            "pin",
            "cvv",
            "cvc",
            "card_number",
            "cardnumber",
            "*secret",
            "*secret_key",
            "*secretkey",
            "*api_key",
            "*apikey",
            "*api-key",
            "*private_key",
            "*privatekey",
            "*access_key",
            "*accesskey",
            "*account_key",
            "*accountkey",
            "*signing_key",
            "*signingkey",
            "*token",
            "authorization",
            "proxy-authorization",
            "*cookie",
        ];
        let fields = NAMES.into_iter().map(Rule::field);
        let texts = [Texts::Cards, Texts::Bearers, Texts::Keys].into_iter().map(Rule::text);
        fields.chain(texts).fold(Self::new(), Self::with)
    }

    /// These, and one more.
    pub fn with(mut self, rule: Rule) -> Self {
        rule.add_ends(&mut self.ends);
        self.rules.push(rule);
        self
    }

    /// These, and those as well; what else they say holds if these say nothing.
    pub fn and(self, others: Self) -> Self {
        let key = self.key.clone().or(others.key);
        Self { key, ..others.rules.into_iter().fold(self, Self::with) }
    }

    /// What pseudonyms are made with.
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// What is recorded instead of a [`Secret`](super::Secret): a mask, unless said otherwise.
    pub fn secrets(mut self, action: Action) -> Self {
        self.secrets = action;
        self
    }

    /// The rules, if a recording can be made by them: if they have a key, where they give pseudonyms. Rules without one are
    /// enough to replay, and a recording that takes one is discarded: better known at a service's start.
    ///
    /// ```
    /// use playback_core::redaction::{Key, Rule, Rules};
    ///
    /// let rules = Rules::new().with(Rule::field("customer").pseudonym());
    /// let error = rules.clone().ready_to_record().unwrap_err();
    /// assert!(error.to_string().contains("have no key"));
    /// assert!(rules.key(Key::new([7; 32])?).ready_to_record().is_ok());
    /// # Ok::<(), playback_core::redaction::KeyError>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyError::Missing`].
    pub fn ready_to_record(self) -> Result<Self, KeyError> {
        if self.key.is_none() && self.remembers() { Err(KeyError::Missing) } else { Ok(self) }
    }

    /// These, counting from here on how many places [each of them changes](Rule::changes); clones count together.
    pub fn counting(mut self) -> Self {
        self.rules.iter_mut().for_each(|rule| rule.changes = Some(Arc::default()));
        self
    }

    /// The pseudonym that is recorded instead of a value, to look for it in metadata; none without a key.
    #[must_use]
    pub fn pseudonym_of<T: Serialize + ?Sized>(&self, value: &T) -> Option<Value> {
        let mut value = Value::of(value).ok()?;
        self.key.as_ref()?.replace(&mut value, &Known::default());
        Some(value)
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    fn walk<'a, V>(&'a self, place: &Place<'a>, visitor: V) -> Walk<'a, V> {
        let rules = self.rules.iter().filter(|rule| rule.is_for(place.alias)).collect();
        Walk { rules, secrets: &self.secrets, visitor }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor for Rules {
    fn concerns(&self, place: &Place<'_>, encoded: &[u8]) -> bool {
        let rules = || self.rules.iter().filter(|rule| rule.is_for(place.alias));
        let is_meant =
            |name: &str| self.ends.may_have(name) && rules().any(|rule| rule.may_lead_to_name(name));
        if rules().any(Rule::may_lead_anywhere)
            || place.argument_names.iter().any(|name| is_meant(name))
            || (place.part == Part::Data && is_meant(place.alias))
        {
            return true;
        }
        if encoded.is_empty() || rules().next().is_none() {
            return false;
        }
        // Nearly all values hold nothing that a rule is about, and decoding them costs many times as much as a glance.
        let about_texts = || rules().filter(|rule| rule.is_about_texts());
        glance(encoded, &mut |seen| match seen {
            Glimpse::Name(name) => is_meant(name),
            Glimpse::Key(key) => {
                is_meant(key) || about_texts().any(|rule| rule.is_about_text(key.as_bytes()))
            }
            Glimpse::Text(text) => about_texts().any(|rule| rule.is_about_text(text)),
        })
    }

    fn redact(&self, place: &Place<'_>, value: &mut Value, known: &Known) -> Result<(), Unredactable> {
        self.walk(place, Replace { key: self.key.as_ref(), known }).from(place, value)
    }

    fn remembers(&self) -> bool {
        let pseudonym = |action: &Action| *action == Action::Pseudonym;
        pseudonym(&self.secrets) || self.rules.iter().any(|rule| pseudonym(&rule.action))
    }

    fn remember(&self, place: &Place<'_>, recorded: &Value, known: &mut Known) {
        if place.part != Part::Name {
            // Looking changes nothing, and nothing can go wrong.
            let _ = self.walk(place, Remember(known)).from(place, &mut recorded.clone());
        }
    }
}
