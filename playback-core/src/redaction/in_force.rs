//! What a recording or a replay does about redaction.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::alias::{Changes, Made};
use super::redactor::{self, Known, Part, Place, Redactor, Unredactable};
use super::secret::{mask_marked, strip_marks};
use crate::scratch::guarded;
use crate::value::{self, Value};
use crate::{Kind, Tape};

/// What a recording or a replay does about redaction, settled when it begins.
#[derive(Clone, Default)]
pub(crate) struct InForce(Option<Arc<dyn Redactor>>);

/// What is told instead of a text that code of the user's made, which may hold values.
pub(crate) const WITHHELD: &str = "(withheld, since a redactor is in force)";

/// What may be told of such a text outside any recording.
pub(crate) fn tellable_here(text: &str) -> &str {
    if InForce::here().is_none() { text } else { WITHHELD }
}

/// A call's values as they were encoded, and whether something in them is marked as secret.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) marked: bool,
}

/// What became of values by redaction.
pub(crate) struct Redacted {
    /// What is to be recorded; none if it is what it was.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The alias to record it under; none if it is what it was.
    pub(crate) alias: Option<String>,
    /// What other names of the call became, if they did.
    pub(crate) fallbacks: Vec<String>,
}

impl InForce {
    /// What holds for what begins here.
    pub(crate) fn here() -> Self {
        Self(redactor::in_force())
    }

    /// What holds where `redactor` is in force.
    pub(super) fn of(redactor: Arc<dyn Redactor>) -> Self {
        Self(Some(redactor))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// What is to be recorded of encoded values. A name that was `made` while the code ran is redacted along with them.
    pub(crate) fn values(
        &self,
        place: &Place<'_>,
        encoded: Encoded<'_>,
        made: Option<Made<'_>>,
        known: &Known,
    ) -> Result<Redacted, Unredactable> {
        let concerned = match &self.0 {
            Some(redactor) => unfailing(|| Ok(redactor.concerns(place, encoded.bytes)))?,
            None => false,
        };
        let made = made.filter(|_| self.0.is_some() || encoded.marked);
        let mut changes = Changes::default();
        let bytes = if concerned || encoded.marked {
            let mut after = decoded(encoded.bytes)?;
            // Whoever asks for data has the key and not the value.
            let before = made.filter(|_| place.part != Part::Data).map(|_| after.clone());
            self.value(place, &mut after, known)?;
            before.iter().for_each(|before| changes.add(before, &after));
            Some(encode(&after)?).filter(|bytes| bytes != encoded.bytes)
        } else {
            None
        };
        let Some(made) = made else { return Ok(Redacted { bytes, alias: None, fallbacks: Vec::new() }) };
        for captured in made.of {
            let before = captured.argument();
            let mut after = before.clone();
            self.value(&Place { part: Part::Captured, ..*place }, &mut after, known)?;
            changes.add(&before, &after);
        }
        let name = |text: &str| {
            let replaced = changes.replaced_in(text);
            let redacted = self.name(place.alias, Some(&replaced), known)?;
            let named = redacted.map_or(replaced, Cow::Owned);
            Ok((named != text).then(|| named.into_owned()))
        };
        let fallbacks = made.fallbacks.iter().filter_map(|fallback| name(fallback).transpose());
        Ok(Redacted { bytes, alias: name(made.text)?, fallbacks: fallbacks.collect::<Result<_, _>>()? })
    }

    /// Redacts a value.
    pub(crate) fn value(
        &self,
        place: &Place<'_>,
        value: &mut Value,
        known: &Known,
    ) -> Result<(), Unredactable> {
        if let Some(redactor) = &self.0 {
            unfailing(|| redactor.redact(place, value, known))?;
        }
        mask_marked(value);
        Ok(())
    }

    /// What is to be recorded of a field of the metadata of an operation, if anything.
    pub(crate) fn field(
        &self,
        category: &str,
        key: &str,
        value: Value,
        known: &Known,
    ) -> Result<Option<(String, Value)>, Unredactable> {
        let mut field = Value::fields_of([(key, value)]);
        self.value(&Place::new(Part::Metadata, category), &mut field, known)?;
        let name = self.name(category, Some(key), known)?;
        let Value::Struct(fields) = field else {
            return Err(Unredactable::new("the redactor made something else of the metadata's fields"));
        };
        Ok(fields.into_iter().next().map(|(_, value)| (name.unwrap_or_else(|| key.to_owned()), value)))
    }

    /// What a name is to be recorded as that was made while the code ran; none if as it is.
    pub(crate) fn name(
        &self,
        alias: &str,
        made: Option<&str>,
        known: &Known,
    ) -> Result<Option<String>, Unredactable> {
        let (Some(made), false) = (made, self.is_none()) else { return Ok(None) };
        let mut value = Value::String(made.to_owned());
        self.value(&Place::new(Part::Name, alias), &mut value, known)?;
        match value {
            Value::String(text) if text == made => Ok(None),
            Value::String(text) => Ok(Some(text)),
            _ => Err(Unredactable::new("the redactor made something else of a name")),
        }
    }

    /// What the values of a recording say of values that are redacted already.
    pub(crate) fn known_of(&self, tape: &Tape) -> Known {
        let mut known = Known::of_replay();
        let Some(redactor) = self.0.as_ref().filter(|redactor| redactor.remembers()) else { return known };
        for call in tape.calls() {
            let names: Vec<&str> = call.argument_names().iter().map(AsRef::as_ref).collect();
            let result = if call.kind() == Kind::Data { Part::Data } else { Part::Result };
            let recorded = [(Part::Arguments, call.arguments().ok()), (result, call.result().ok().flatten())];
            for (part, value) in recorded {
                let Some(value) = value else { continue };
                let place = Place::new(part, call.alias()).argument_names(&names);
                let remember = || {
                    redactor.remember(&place, &value, &mut known);
                    Ok(())
                };
                // A redactor that panics here knows less, which shows in what does not match.
                let _: Result<(), Unredactable> = unfailing(remember);
            }
        }
        known
    }

    /// Puts down what a value, just redacted, says of values that are redacted already.
    pub(crate) fn remember(&self, place: &Place<'_>, encoded: &[u8], known: &mut Known) {
        if let Some(redactor) = self.0.as_ref().filter(|redactor| redactor.remembers())
            && let Ok(value) = value::decode_value(encoded)
        {
            let remember = || {
                redactor.remember(place, &value, known);
                Ok(())
            };
            let _: Result<(), Unredactable> = unfailing(remember);
        }
    }
}

impl fmt::Debug for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What was encoded, without the marks of what is secret, and as it was otherwise.
pub(crate) fn unmarked(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut value = value::decode_value(encoded).ok()?;
    strip_marks(&mut value);
    encode(&value).ok()
}

fn decoded(bytes: &[u8]) -> Result<Value, Unredactable> {
    if bytes.is_empty() {
        return Ok(Value::Unit);
    }
    value::decode_value(bytes).map_err(|_| Unredactable::new("it cannot be decoded"))
}

fn encode(value: &Value) -> Result<Vec<u8>, Unredactable> {
    let mut bytes = Vec::new();
    let encoded = value.encode_into(&mut bytes);
    encoded.map(|()| bytes).map_err(|_| Unredactable::new("it cannot be encoded again"))
}

/// Runs a redactor, whose panics say what nobody may read.
fn unfailing<R>(code: impl FnOnce() -> Result<R, Unredactable>) -> Result<R, Unredactable> {
    guarded(|| Ok(code())).unwrap_or_else(|_| Err(Unredactable::new("the redactor panicked")))
}
