//! What a value has to be like.

use std::cmp::Ordering;

use playback_core::Value;
use serde_json::Value as Json;

use super::compare;
use super::field::Actual;

/// What a value of a recording's metadata has to be like: one of some alternatives.
///
/// Made of a value, it asks for an equal one; made of a list, for any of its members, where `()` and `None`
/// stand for an absent field.
///
/// ```
/// use playback_cassette::{Condition, Query};
///
/// let query = Query::new()
///     .field("status", Condition::at_least(500))
///     .field("customer.country", Condition::any_of(["DE", "A?"]))
///     .field("coupon", Condition::any_of([Condition::equal("SUMMER*"), Condition::absent()]));
/// # let _ = query;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub(super) alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alternative {
    pub(super) operator: Operator,
    pub(super) value: Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// Equal, a text as a pattern.
    Like,
    Exactly,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Condition {
    /// Equal to `value`. In a text, `*` stands for any text and `?` for any one character.
    pub fn equal(value: impl Into<Value>) -> Self {
        Self::of(Operator::Like, value.into())
    }

    /// Equal to `value`, with no character standing for others.
    pub fn exactly(value: impl Into<Value>) -> Self {
        Self::of(Operator::Exactly, value.into())
    }

    /// Less than `value`; a text, sorted before it.
    pub fn less_than(value: impl Into<Value>) -> Self {
        Self::of(Operator::Less, value.into())
    }

    /// Less than `value`, or equal to it.
    pub fn at_most(value: impl Into<Value>) -> Self {
        Self::of(Operator::AtMost, value.into())
    }

    /// More than `value`; a text, sorted behind it.
    pub fn more_than(value: impl Into<Value>) -> Self {
        Self::of(Operator::More, value.into())
    }

    /// More than `value`, or equal to it.
    pub fn at_least(value: impl Into<Value>) -> Self {
        Self::of(Operator::AtLeast, value.into())
    }

    /// Not there, or null.
    #[must_use]
    pub fn absent() -> Self {
        Self::equal(Value::None)
    }

    /// As any of these, which are conditions or values to equal. None of them, and nothing matches.
    pub fn any_of(conditions: impl IntoIterator<Item = impl Into<Condition>>) -> Self {
        Self { alternatives: conditions.into_iter().flat_map(|any| any.into().alternatives).collect() }
    }

    fn of(operator: Operator, value: Value) -> Self {
        let members = match value {
            Value::Seq(members) => members,
            value => vec![value],
        };
        let alternative = |value| Some(Alternative { operator, value: compare::as_wanted(&value)? });
        Self { alternatives: members.into_iter().filter_map(alternative).collect() }
    }

    pub(super) fn is_met_by(&self, actual: &Actual<'_>) -> bool {
        self.alternatives.iter().any(|alternative| alternative.is_met_by(actual))
    }
}

impl<T: Into<Value>> From<T> for Condition {
    fn from(value: T) -> Self {
        Self::equal(value)
    }
}

impl Alternative {
    fn is_met_by(&self, actual: &Actual<'_>) -> bool {
        match (self.operator, &self.value, actual.as_text().as_deref()) {
            (Operator::Like | Operator::Exactly, Json::Null, _) => actual.is_absent(),
            (Operator::Like, Json::String(pattern), Some(text)) if compare::is_like(pattern, text) => true,
            (operator, wanted, _) => operator.fits(actual.compare(wanted, operator.needs_order())),
        }
    }
}

impl Operator {
    fn needs_order(self) -> bool {
        !matches!(self, Self::Like | Self::Exactly)
    }

    fn fits(self, ordering: Option<Ordering>) -> bool {
        ordering.is_some_and(|ordering| match self {
            Self::Like | Self::Exactly => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        })
    }
}
