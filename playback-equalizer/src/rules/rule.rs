//! One thing that does not matter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use playback_core::value::{Path, Pattern, PatternParseError};
use playback_core::{RESULT_ALIAS, Value};
use regex::{Regex, RegexBuilder};
use wildmatch::WildMatch;

use super::instant::time_apart;

use super::tolerance::Tolerance;

/// What the operation's result is called where rules name outputs.
const RESULT: &str = "result";

/// One thing that does not matter, and where.
///
/// A rule holds for the values that its pattern of paths leads to, and for all that is inside them; only the order of
/// a list concerns the list alone. Patterns are written as [`Rules`](crate::Rules) says.
///
/// ```
/// use playback_equalizer::{Rule, Rules};
///
/// let rule = Rule::ignore("**.updated_at")?.category("Checkout").output("checkout.*");
/// let rules = Rules::new().with(rule);
/// # Ok::<(), playback_equalizer::RuleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) pattern: Pattern,
    pub(super) what: What,
    pub(super) category: Option<WildMatch>,
    pub(super) output: Option<WildMatch>,
    pub(super) origin: Option<Arc<str>>,
}

/// What does not matter.
#[derive(Debug, Clone)]
pub(super) enum What {
    Ignored,
    Unordered { by: Option<Path> },
    Tolerance(Tolerance),
    Time(Duration),
    Replaced { regex: Box<Regex>, with: String },
    Case,
    DefaultIsAbsent,
}

/// A rule that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The path is no pattern of paths.
    #[error("`{pattern}` is no pattern of paths: {why}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// Where it goes wrong, and what would have been right.
        why: String,
    },
    /// The key of a list's elements is no path.
    #[error("the elements of a list cannot be told by `{key}`: {why}")]
    Key {
        /// What was given.
        key: String,
        /// Why it is no path.
        why: String,
    },
    /// The regular expression is none.
    #[error("`{regex}` is no regular expression: {why}")]
    Regex {
        /// What was given.
        regex: String,
        /// Why it is none.
        why: String,
    },
    /// The tolerance is negative or not finite.
    #[error("numbers cannot be allowed to be {by} apart; give a number that is 0 or more, and finite")]
    Tolerance {
        /// What was given.
        by: String,
    },
}

/// How large a compiled regular expression may be, in bytes.
const REGEX_SIZE: usize = 1 << 20;

impl Rule {
    /// The values do not matter at all, nor whether they are there. An output whose whole value is ignored, by the
    /// pattern `**`, may be missing or added.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn ignore(pattern: &str) -> Result<Self, RuleError> {
        Self::new(pattern, What::Ignored)
    }

    /// The order of the elements of the lists does not matter. Elements that are equal belong together, then those
    /// that resemble each other most.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn unordered(pattern: &str) -> Result<Self, RuleError> {
        Self::new(pattern, What::Unordered { by: None })
    }

    /// The order of the elements of the lists does not matter, and those belong together that have the same value at
    /// the path `key`, such as `id`.
    ///
    /// # Errors
    /// [`RuleError::Pattern`], [`RuleError::Key`].
    pub fn unordered_by(pattern: &str, key: &str) -> Result<Self, RuleError> {
        let path: Result<Path, _> = key.parse();
        let by = path.map_err(|why| RuleError::Key { key: key.to_owned(), why: why.to_string() })?;
        Self::new(pattern, What::Unordered { by: Some(by) })
    }

    /// Numbers that are near each other are the same.
    ///
    /// # Errors
    /// [`RuleError::Pattern`], [`RuleError::Tolerance`].
    pub fn tolerance(pattern: &str, tolerance: Tolerance) -> Result<Self, RuleError> {
        if !tolerance.is_valid() {
            let wrong = [tolerance.allowed_absolutely(), tolerance.allowed_relatively()];
            let by = wrong.into_iter().find(|by| !by.is_finite() || *by < 0.0).unwrap_or_default();
            return Err(RuleError::Tolerance { by: by.to_string() });
        }
        Self::new(pattern, What::Tolerance(tolerance))
    }

    /// Times that are as near to each other are the same.
    ///
    /// Times are texts after RFC 3339 or ISO 8601 (also without an offset, and with a space in place of the `T`), a
    /// `SystemTime` (a struct of `secs_since_epoch` and `nanos_since_epoch`) and a `Duration` (a struct of `secs` and
    /// `nanos`). One without an offset is near no other that has one.
    /// For seconds or milliseconds since 1970 as plain numbers there is [`tolerance`](Self::tolerance).
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn time_tolerance(pattern: &str, within: Duration) -> Result<Self, RuleError> {
        Self::new(pattern, What::Time(within))
    }

    /// Strings are the same if they are after every match of a regular expression is replaced. The replacement may
    /// name groups, as `$1` or `${name}`; `$$` is a dollar sign.
    ///
    /// # Errors
    /// [`RuleError::Pattern`], [`RuleError::Regex`].
    pub fn replace(pattern: &str, regex: &str, with: &str) -> Result<Self, RuleError> {
        let wrong = |why: regex::Error| RuleError::Regex { regex: regex.to_owned(), why: why.to_string() };
        let compiled = RegexBuilder::new(regex).size_limit(REGEX_SIZE).build().map_err(wrong)?;
        Self::new(pattern, What::Replaced { regex: Box::new(compiled), with: with.to_owned() })
    }

    /// Strings that differ in upper and lower case only are the same.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn ignore_case(pattern: &str) -> Result<Self, RuleError> {
        Self::new(pattern, What::Case)
    }

    /// A field that is absent, or `None`, is the same as one of its type's default: `None`, `false`, zero, an empty
    /// string, list or map, or a struct of nothing but these. A `Some` is no default. Entries of a map are fields as well,
    /// and so are arguments whose names are known; an element of a list is none.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn default_is_absent(pattern: &str) -> Result<Self, RuleError> {
        Self::new(pattern, What::DefaultIsAbsent)
    }

    /// For recordings of this category only; `*` in it is any characters, and `?` is one.
    #[must_use]
    pub fn category(mut self, category: &str) -> Self {
        self.category = Some(WildMatch::new(category));
        self
    }

    /// For this output only; `*` in it is any characters, and `?` is one. `result` is the operation's result, and no
    /// output of that alias.
    #[must_use]
    pub fn output(mut self, alias: &str) -> Self {
        self.output = Some(WildMatch::new(alias));
        self
    }

    /// Where the rule was read from, such as `rules.toml:7`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The rule on one line, and where it was read from: `tolerance "**.price", absolute 0.01 (rules.toml:7)`.
    #[must_use]
    pub fn in_short(&self) -> String {
        super::write::in_short(self)
    }

    fn new(pattern: &str, what: What) -> Result<Self, RuleError> {
        let wrong =
            |why: PatternParseError| RuleError::Pattern { pattern: pattern.to_owned(), why: why.to_string() };
        Ok(Self {
            pattern: pattern.parse().map_err(wrong)?,
            what,
            category: None,
            output: None,
            origin: None,
        })
    }

    /// Whether it is for an output of recordings of a category, as far as these are known.
    pub(super) fn is_for(&self, category: Option<&str>, alias: Option<&str>) -> bool {
        let fits = |scope: &Option<WildMatch>, of: Option<&str>| {
            scope.as_ref().is_none_or(|scope| of.is_some_and(|of| scope.matches(of)))
        };
        let is_of_result = self
            .output
            .as_ref()
            .is_some_and(|output| output.pattern_chars().iter().copied().eq(RESULT.chars()));
        let fits_output = if is_of_result { alias == Some(RESULT_ALIAS) } else { fits(&self.output, alias) };
        fits(&self.category, category) && fits_output
    }
}

impl What {
    /// Whether it makes two values that are not of text the same.
    pub(super) fn forgives(&self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Ignored => true,
            Self::Tolerance(tolerance) => tolerance.allows(one, other),
            Self::Time(within) => time_apart(one, other).is_some_and(|apart| apart <= *within),
            Self::DefaultIsAbsent => {
                (is_absent(one) && is_default(other)) || (is_absent(other) && is_default(one))
            }
            Self::Unordered { .. } | Self::Replaced { .. } | Self::Case => false,
        }
    }

    /// Whether a value may as well not be there.
    pub(super) fn forgives_absence(&self, value: &Value) -> bool {
        match self {
            Self::Ignored => true,
            Self::DefaultIsAbsent => is_default(value),
            _ => false,
        }
    }
}

fn is_absent(value: &Value) -> bool {
    matches!(value, Value::None | Value::Unit)
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::None | Value::Unit | Value::Bool(false) | Value::Char('\0') => true,
        Value::Integer(number) => number.as_u64() == Some(0),
        Value::F32(number) => *number == 0.0,
        Value::F64(number) => *number == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Seq(elements) => elements.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Struct(fields) => fields.iter().all(|(_, value)| is_default(value)),
        Value::Bool(true) | Value::Char(_) | Value::Some(_) | Value::Variant(..) => false,
    }
}

/// The rule as it stands in a file of rules.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::write::rule(self, f)
    }
}
