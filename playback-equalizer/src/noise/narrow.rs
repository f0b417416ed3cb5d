//! The narrowest rule that keeps quiet about what was seen.

use std::time::Duration;

use playback_core::Value;
use playback_core::value::Segment;

use crate::rules::{apart, time_apart};
use crate::{Change, Difference, Rule, RuleError, Tolerance};

/// What a rule would have to forgive.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Narrow {
    /// The order of a list.
    Order,
    /// Upper and lower case.
    Case,
    /// Times that are as much apart.
    Time(Duration),
    /// Numbers that are as much apart.
    Number(f64),
    /// What a regular expression of [`REGEXES`] matches in a text, by its number.
    Text(usize),
    /// Whether a default is there, of a field.
    Absence,
    /// Anything.
    #[default]
    All,
}

/// What is often made up inside a text, from the narrowest to the widest, and what stands for it.
const REGEXES: [(&str, &str); 4] = [
    ("(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?", "<time>"),
    ("(?i)[0-9a-f]{16,}", "<hex>"),
    (r"\d+", "<number>"),
];

/// Times that are further apart have nothing to do with each other.
const LONGEST: Duration = Duration::from_secs(3_600);
/// Numbers that differ by more than this part of them have nothing to do with each other.
const FURTHEST: f64 = 0.1;

/// The times that are proposed.
pub(super) const TIMES: [Duration; 7] = [
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
    Duration::from_secs(10),
    Duration::from_secs(60),
    LONGEST,
];

impl Narrow {
    /// What would have to be forgiven for this difference alone.
    pub(super) fn of(difference: &Difference) -> Self {
        let is_element = matches!(difference.path.segments().last(), Some(Segment::Index(_)));
        match &difference.change {
            Change::Changed { recorded, replayed } => Self::between(recorded, replayed),
            Change::Added { replayed: only } | Change::Removed { recorded: only }
                if !is_element && is_default(only) =>
            {
                Self::Absence
            }
            _ => Self::All,
        }
    }

    fn between(one: &Value, other: &Value) -> Self {
        if let Some(time) = time_apart(one, other).filter(|apart| *apart <= LONGEST) {
            return Self::Time(time);
        }
        if let Some(apart) = apart(one, other) {
            let is_near = apart.by <= FURTHEST * apart.largest;
            return if is_near { Self::Number(apart.by) } else { Self::All };
        }
        let (Value::String(one), Value::String(other)) = (one, other) else { return Self::All };
        if one.to_lowercase() == other.to_lowercase() {
            return Self::Case;
        }
        let silences = |(regex, with): &(&str, &str)| {
            regex::Regex::new(regex)
                .is_ok_and(|regex| regex.replace_all(one, *with) == regex.replace_all(other, *with))
        };
        REGEXES.iter().position(silences).map_or(Self::All, Self::Text)
    }

    /// What would have to be forgiven for both.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Time(one), Self::Time(other)) => Self::Time(one.max(other)),
            (Self::Number(one), Self::Number(other)) => Self::Number(one.max(other)),
            (one, other) if one == other => one,
            _ => Self::All,
        }
    }

    /// The rule that forgives it, with some room above what was seen.
    pub(super) fn rule(&self, pattern: &str) -> Result<Rule, RuleError> {
        match self {
            Self::Order => Rule::unordered(pattern),
            Self::Case => Rule::ignore_case(pattern),
            Self::Time(seen) => {
                let roomy = TIMES.into_iter().find(|time| *time >= *seen * 2).unwrap_or(LONGEST);
                Rule::time_tolerance(pattern, roomy)
            }
            Self::Number(seen) => Rule::tolerance(pattern, Tolerance::absolute(round_up(seen * 2.0))),
            Self::Text(number) => {
                let (regex, with) = REGEXES.get(*number).copied().unwrap_or_default();
                Rule::replace(pattern, regex, with)
            }
            Self::Absence => Rule::default_is_absent(pattern),
            Self::All => Rule::ignore(pattern),
        }
    }
}

fn is_default(value: &Value) -> bool {
    let rule = crate::Rules::new().default_is_absent("").unwrap_or_default();
    crate::diff_with(value, &Value::None, &rule, 1).count() == 0
}

/// The next of 1, 2, 5, 10, 20, …
fn round_up(number: f64) -> f64 {
    if number <= 0.0 || !number.is_finite() {
        return number.max(0.0);
    }
    let ten = 10_f64.powi(number.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * ten >= number).unwrap_or(10.0);
    // Through text, so that it is written as people would.
    format!("{:.0e}", step * ten).parse().unwrap_or(step * ten)
}
