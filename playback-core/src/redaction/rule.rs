//! One thing that is not recorded, and where.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use regex::bytes::{Regex, RegexBuilder};
use wildmatch::WildMatch;

use super::names::{Ends, Names};
use super::texts::Texts;
use crate::value::Pattern;

/// One thing that is not recorded as it is, where it stands, and what is recorded instead: a mask, unless said otherwise.
///
/// ```
/// use playback_core::redaction::{Rule, Rules, Texts};
///
/// let rules = Rules::new()
///     .with(Rule::field("password").remove())                        // by name, anywhere
///     .with(Rule::path("customer.address")?.of("crm.*"))             // by path, in the calls of some aliases
///     .with(Rule::alias("session.read").mask_with("(a session)"))    // all of a call
///     .with(Rule::text(Texts::Cards))                                // in all texts
///     .with(Rule::matching(r"ticket=(\w+)")?);                       // in all texts, what the group matches
/// # let _ = rules;
/// # Ok::<(), playback_core::redaction::RuleError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) spot: Spot,
    pub(super) what: What,
    pub(super) of: Option<WildMatch>,
    pub(super) action: Action,
    /// Where it stands in a file of rules, from 1.
    pub(super) line: Option<usize>,
    /// How many places it changed, where that is counted.
    pub(super) changes: Option<Arc<AtomicU64>>,
}

/// Where a rule holds.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    Anywhere,
    Field(Box<Names>),
    Path(Box<Pattern>),
}

/// What a rule is about.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// The value, and all that is inside it.
    Whole,
    /// The keys of the map.
    Keys,
    /// Parts of texts.
    Texts(Texts),
    Matches(Box<Regex>),
}

/// What is recorded instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Nothing: a field of a struct or an entry of a map is left out. What cannot be left out, as an argument or a
    /// result, becomes the emptiest of its kind: no option, an empty text or list, zero.
    Remove,
    /// Something of the same kind that says nothing: zero, `false`, bytes of zeros, and for texts this text. Without one it
    /// is `[redacted]`, or an e-mail address, a UUID or an IP address where there was one.
    Mask(Option<String>),
    /// Something of the same kind that is the same wherever the value is the same, and tells nothing of it without the
    /// [key](super::Key) of the rules. Floats, booleans and characters become masks.
    Pseudonym,
}

/// A rule that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// The path is no pattern of paths.
    Pattern {
        /// What was given.
        pattern: String,
        /// Where it goes wrong, and what would have been right.
        why: String,
    },
    /// The regular expression is none.
    Regex {
        /// What was given.
        regex: String,
        /// Why it is none.
        why: String,
    },
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern { pattern, why } => write!(f, "`{pattern}` is no pattern of paths: {why}"),
            Self::Regex { regex, why } => write!(f, "`{regex}` is no regular expression: {why}"),
        }
    }
}

impl std::error::Error for RuleError {}

/// How large a compiled regular expression may be, in bytes.
const REGEX_SIZE: usize = 1 << 20;

impl Rule {
    /// All fields, arguments, entries of maps, data and fields of the metadata of this name, wherever they are. In it
    /// `*` is any characters and `?` is one; upper and lower case are alike.
    #[must_use]
    pub fn field(name: &str) -> Self {
        Self::new(Spot::Field(Box::new(Names::new(name))), What::Whole)
    }

    /// What a [pattern of paths](crate::value::Pattern) leads to, from the arguments of a call (which are told by their
    /// names and by `[0]`, `[1]`, …), from its result, from data, and from the metadata's fields.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn path(pattern: &str) -> Result<Self, RuleError> {
        Ok(Self::new(Self::spot(pattern)?, What::Whole))
    }

    /// All values of calls of an alias, arguments and result, and of data kept under that key. The alias of the operation
    /// is its category. In it `*` is any characters and `?` is one.
    #[must_use]
    pub fn alias(alias: &str) -> Self {
        Self::new(Spot::Anywhere, What::Whole).of(alias)
    }

    /// What looks like something well known, in all texts: strings, the text in bytes, keys of maps, names made while
    /// the code runs.
    #[must_use]
    pub fn text(texts: Texts) -> Self {
        Self::new(Spot::Anywhere, What::Texts(texts))
    }

    /// What a regular expression matches, in all texts; of one that has a group, what the first group matches.
    ///
    /// # Errors
    /// [`RuleError::Regex`].
    pub fn matching(regex: &str) -> Result<Self, RuleError> {
        let wrong = |why: regex::Error| RuleError::Regex { regex: regex.to_owned(), why: why.to_string() };
        let compiled = RegexBuilder::new(regex).size_limit(REGEX_SIZE).build().map_err(wrong)?;
        Ok(Self::new(Spot::Anywhere, What::Matches(Box::new(compiled))))
    }

    /// The keys of the maps that a [pattern of paths](crate::value::Pattern) leads to.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn keys(pattern: &str) -> Result<Self, RuleError> {
        Ok(Self::new(Self::spot(pattern)?, What::Keys))
    }

    /// Only in calls of this alias, and in data kept under this key. The alias of the operation, and of its metadata, is
    /// its category. In it `*` is any characters and `?` is one.
    #[must_use]
    pub fn of(mut self, alias: &str) -> Self {
        self.of = Some(WildMatch::new(alias));
        self
    }

    /// Only in what a [pattern of paths](crate::value::Pattern) leads to, and in all that is inside it.
    ///
    /// # Errors
    /// [`RuleError::Pattern`].
    pub fn within(mut self, pattern: &str) -> Result<Self, RuleError> {
        self.spot = Self::spot(pattern)?;
        Ok(self)
    }

    /// It is left out: [`Action::Remove`].
    #[must_use]
    pub fn remove(self) -> Self {
        self.action(Action::Remove)
    }

    /// A mask is recorded: [`Action::Mask`]. This is so if nothing is said.
    #[must_use]
    pub fn mask(self) -> Self {
        self.action(Action::Mask(None))
    }

    /// A mask is recorded, this one for texts: [`Action::Mask`].
    #[must_use]
    pub fn mask_with(self, text: &str) -> Self {
        self.action(Action::Mask(Some(text.to_owned())))
    }

    /// A pseudonym is recorded: [`Action::Pseudonym`].
    #[must_use]
    pub fn pseudonym(self) -> Self {
        self.action(Action::Pseudonym)
    }

    /// This is recorded instead.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    /// How many places it changed: values, keys of maps, parts of texts. It is counted from
    /// [`Rules::counting`](super::Rules::counting) on, and 0 without.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.as_ref().map_or(0, |changes| changes.load(Relaxed))
    }

    fn new(spot: Spot, what: What) -> Self {
        Self { spot, what, of: None, action: Action::Mask(None), line: None, changes: None }
    }

    pub(super) fn is_counting(&self) -> bool {
        self.changes.is_some()
    }

    pub(super) fn count(&self) {
        if let Some(changes) = &self.changes {
            changes.fetch_add(1, Relaxed);
        }
    }

    fn spot(pattern: &str) -> Result<Spot, RuleError> {
        let parsed = pattern.parse().map_err(|why: crate::value::PatternParseError| RuleError::Pattern {
            pattern: pattern.to_owned(),
            why: why.to_string(),
        });
        Ok(Spot::Path(Box::new(parsed?)))
    }

    /// Whether it may lead to something wherever there is a value, whatever that holds.
    pub(super) fn may_lead_anywhere(&self) -> bool {
        match (&self.what, &self.spot) {
            (What::Texts(_) | What::Matches(_), _) | (_, Spot::Field(_)) => false,
            (_, Spot::Anywhere) => true,
            (_, Spot::Path(path)) => path.last_name().is_none(),
        }
    }

    /// Adds the names without which it leads to nothing.
    pub(super) fn add_ends(&self, ends: &mut Ends) {
        match &self.spot {
            Spot::Field(names) => ends.add(names),
            Spot::Path(path) => path.last_name().into_iter().for_each(|name| ends.add_name(name)),
            Spot::Anywhere => {}
        }
    }

    /// Whether it may lead to something in values where a field, a variant or an entry of a map has this name.
    pub(super) fn may_lead_to_name(&self, name: &str) -> bool {
        match (&self.what, &self.spot) {
            (What::Texts(_) | What::Matches(_), _) => false,
            (_, Spot::Anywhere) => true,
            (_, Spot::Field(names)) => names.matches(name),
            (_, Spot::Path(path)) => path.last_name() == Some(name),
        }
    }

    /// Whether it is about parts of texts.
    pub(super) fn is_about_texts(&self) -> bool {
        matches!(self.what, What::Texts(_) | What::Matches(_))
    }

    /// Whether a text has what it is about, wherever that stands.
    pub(super) fn is_about_text(&self, text: &[u8]) -> bool {
        match &self.what {
            What::Texts(texts) => texts.find(text).is_none_or(|found| !found.is_empty()),
            What::Matches(regex) => regex.is_match(text),
            What::Whole | What::Keys => false,
        }
    }

    pub(super) fn is_for(&self, alias: &str) -> bool {
        self.of.as_ref().is_none_or(|of| of.matches(alias))
    }
}

/// What it is about and where, without what it is replaced by and without its regular expression: people write the very
/// secret there that must not show.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.what, &self.spot) {
            (What::Whole, Spot::Field(name)) => write!(f, "field {name}")?,
            (What::Whole, Spot::Path(path)) => write!(f, "path {path}")?,
            (What::Keys, Spot::Path(path)) => write!(f, "keys {path}")?,
            (What::Whole | What::Keys, _) => f.write_str("all")?,
            (What::Texts(texts), _) => write!(f, "text {}", texts.name())?,
            (What::Matches(_), _) => f.write_str("matching")?,
        }
        if let (What::Texts(_) | What::Matches(_), Spot::Path(within)) = (&self.what, &self.spot) {
            write!(f, " within {within}")?;
        }
        if let Some(of) = &self.of {
            write!(f, " of {of}")?;
        }
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}
