//! What does not matter: rules, in code and in a file beside the tests.

mod decimal;
mod instant;
mod lens;
mod read;
mod rule;
mod tolerance;
mod write;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use playback_core::Value;

pub(crate) use instant::time_apart;
pub(crate) use lens::{Lens, Number};
pub(crate) use playback_core::value::Way;
pub use read::RulesError;
pub use rule::{Rule, RuleError};
pub use tolerance::Tolerance;
pub(crate) use tolerance::apart;

/// What does not matter when a replay is compared with its recording.
///
/// Each rule has a pattern of the paths that it holds for, as differences print them:
///
/// | written | leads |
/// |---|---|
/// | `name`, `."a b"` | to the field of that name, to the payload of the variant (`Ok.total`), to the entry of a map with it as key |
/// | `*_at` | to all whose names are like it, `*` being any characters |
/// | `[3]`, `["a b"]` | to that element of a list, or the entry of a map with it as key |
/// | `[*]` | to all elements of a list, and all entries of a map |
/// | `*` | to all that is directly inside |
/// | `**` | to the value itself and all that is inside it, however deep |
///
/// The empty pattern leads to the whole of what an output sent, or the operation returned.
///
/// ```
/// # use playback_core::Value;
/// use playback_equalizer::{Rules, Tolerance, diff_with};
///
/// let rules = Rules::new()
///     .ignore("**.updated_at")?
///     .unordered_by("lines", "id")?
///     .tolerance("**.price", Tolerance::absolute(0.01))?;
///
/// let line = |id: u64, price: f64| Value::fields_of([("id", id.into()), ("price", price.into())]);
/// let order = |lines: Vec<Value>, at: &str| {
///     Value::fields_of([("lines", lines.into()), ("updated_at", at.into())])
/// };
/// let recorded = order(vec![line(1, 9.99), line(2, 5.00)], "10:00");
/// let replayed = order(vec![line(2, 5.75), line(1, 9.994)], "10:01");
/// let diff = diff_with(&recorded, &replayed, &rules, 100);
/// assert_eq!(diff.differences.len(), 1);
/// assert_eq!(diff.differences[0].to_string(), "~ lines[1].price: 5.0 -> 5.75");
/// # Ok::<(), playback_equalizer::RuleError>(())
/// ```
///
/// The same rules in a file, which [`load`](Self::load) reads, and which `{}` writes. Rules of one kind stand in a list,
/// of paths or of tables, or each below a `[[…]]` of its own:
///
/// ```
/// let rules = playback_equalizer::Rules::from_toml(r#"
///     ignore = ["**.updated_at"]
///
///     [[unordered]]
///     path = "lines"
///     by = "id"                    # elements of the same id belong together; may be left out
///
///     [[tolerance]]
///     path = "**.price"
///     absolute = 0.01              # or relative = 0.001, or both: the larger holds
///     category = "Checkout"        # every rule may be for a category only, or for an output,
///     output = "checkout.*"        # such as `result`; in both `*` is any characters, and `?` is one
///
///     [[time]]
///     path = "**.created"
///     within = "5s"                # ns, us, ms, s, m, h, d
///
///     [[replace]]
///     path = "**.url"
///     pattern = 'session=\w+'
///     with = "session=…"           # nothing if left out
///
///     [[ignore_case]]
///     path = "**.email"
///
///     [[default_is_absent]]
///     path = "**"
/// "#)?;
/// assert_eq!(rules.len(), 7);
/// # Ok::<(), playback_equalizer::RulesError>(())
/// ```
///
/// Clones count together what their rules are good for, so that a whole run can be asked which of them matched
/// [nothing](Self::unused).
#[derive(Debug, Clone, Default)]
pub struct Rules {
    entries: Vec<Arc<Entry>>,
}

/// A rule, and what it was good for so far.
#[derive(Debug)]
struct Entry {
    rule: Rule,
    found: AtomicBool,
    forgave: AtomicU64,
}

/// What a rule was good for so far.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Usage {
    /// The rule.
    pub rule: Rule,
    /// Whether its pattern led anywhere at all, whether there was a difference or not.
    pub found: bool,
    /// In how many places it made different values the same.
    pub forgave: u64,
}

impl Rules {
    /// No rules: everything matters.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// These, and one more.
    #[must_use]
    pub fn with(mut self, rule: Rule) -> Self {
        let entry = Entry { rule, found: AtomicBool::new(false), forgave: AtomicU64::new(0) };
        self.entries.push(Arc::new(entry));
        self
    }

    /// These, and those as well. What they are good for is counted together with those they come from.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.entries.extend(others.entries.iter().cloned());
        self
    }

    /// And a [`Rule::ignore`].
    ///
    /// # Errors
    /// As there.
    pub fn ignore(self, pattern: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::ignore(pattern)?))
    }

    /// And a [`Rule::unordered`].
    ///
    /// # Errors
    /// As there.
    pub fn unordered(self, pattern: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::unordered(pattern)?))
    }

    /// And a [`Rule::unordered_by`].
    ///
    /// # Errors
    /// As there.
    pub fn unordered_by(self, pattern: &str, key: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::unordered_by(pattern, key)?))
    }

    /// And a [`Rule::tolerance`].
    ///
    /// # Errors
    /// As there.
    pub fn tolerance(self, pattern: &str, tolerance: Tolerance) -> Result<Self, RuleError> {
        Ok(self.with(Rule::tolerance(pattern, tolerance)?))
    }

    /// And a [`Rule::time_tolerance`].
    ///
    /// # Errors
    /// As there.
    pub fn time_tolerance(self, pattern: &str, within: Duration) -> Result<Self, RuleError> {
        Ok(self.with(Rule::time_tolerance(pattern, within)?))
    }

    /// And a [`Rule::replace`].
    ///
    /// # Errors
    /// As there.
    pub fn replace(self, pattern: &str, regex: &str, with: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::replace(pattern, regex, with)?))
    }

    /// And a [`Rule::ignore_case`].
    ///
    /// # Errors
    /// As there.
    pub fn ignore_case(self, pattern: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::ignore_case(pattern)?))
    }

    /// And a [`Rule::default_is_absent`].
    ///
    /// # Errors
    /// As there.
    pub fn default_is_absent(self, pattern: &str) -> Result<Self, RuleError> {
        Ok(self.with(Rule::default_is_absent(pattern)?))
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.entries.iter().map(|entry| &entry.rule)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What each rule was good for so far, in their order.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        let usage = |entry: &Arc<Entry>| Usage {
            rule: entry.rule.clone(),
            found: entry.found.load(Relaxed),
            forgave: entry.forgave.load(Relaxed),
        };
        self.entries.iter().map(usage).collect()
    }

    /// The rules that matched nothing so far: there was no such place in any recording nor replay, so they are out of
    /// date or have a mistake.
    #[must_use]
    pub fn unused(&self) -> Vec<&Rule> {
        self.entries.iter().filter(|entry| !entry.found.load(Relaxed)).map(|entry| &entry.rule).collect()
    }

    /// Adds what the same rules were good for elsewhere, such as in another process, given in their order.
    pub fn add_usage(&self, usage: impl IntoIterator<Item = (bool, u64)>) {
        for (entry, (found, forgave)) in self.entries.iter().zip(usage) {
            if found {
                entry.found();
            }
            entry.forgave.fetch_add(forgave, Relaxed);
        }
    }

    fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// Counts that rules made different values the same, each in so many places.
    pub(crate) fn count(&self, forgave: &[u64]) {
        for (entry, places) in self.entries.iter().zip(forgave) {
            entry.forgave.fetch_add(*places, Relaxed);
        }
    }

    /// Whether the place of a rule was not found anywhere yet.
    pub(crate) fn is_looked_for(&self) -> bool {
        self.entries.iter().any(|entry| !entry.found.load(Relaxed))
    }

    /// Looks for the places of rules that were not found anywhere yet. Comparing looks no further where two values
    /// are equal, so it finds those only where something differs.
    pub(crate) fn look_for(&self, value: &Value, root: impl FnOnce(&Self) -> Lens<'_>) {
        let missing = self.entries.iter().filter(|entry| !entry.found.load(Relaxed)).cloned();
        let missing = Self { entries: missing.collect() };
        if !missing.is_empty() {
            root(&missing).look_through(value);
        }
    }
}

impl Entry {
    fn found(&self) {
        if !self.found.load(Relaxed) {
            self.found.store(true, Relaxed);
        }
    }
}

impl FromIterator<Rule> for Rules {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(Self::new(), Self::with)
    }
}

/// The rules as a file of rules, which [`Rules::from_toml`] reads.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rule) in self.iter().enumerate() {
            let gap = if at == 0 { "" } else { "\n" };
            write!(f, "{gap}{rule}")?;
        }
        Ok(())
    }
}
