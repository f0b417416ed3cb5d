//! Rules as a file of rules.

use std::fmt;
use std::time::Duration;

use toml::Value as Toml;

use super::rule::{Rule, What};

/// A rule as a table of such a file.
pub(super) fn rule(rule: &Rule, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (table, keys) = parts(rule);
    writeln!(f, "[[{table}]]")?;
    keys.iter().try_for_each(|(key, value)| writeln!(f, "{key} = {value}"))
}

/// A rule on one line, for people.
pub(super) fn in_short(rule: &Rule) -> String {
    let (table, keys) = parts(rule);
    let mut text = table.to_owned();
    for (at, (key, value)) in keys.iter().enumerate() {
        text.push_str(&if at == 0 { format!(" {value}") } else { format!(", {key} {value}") });
    }
    match rule.origin() {
        Some(origin) => format!("{text} ({origin})"),
        None => text,
    }
}

fn parts(rule: &Rule) -> (&'static str, Vec<(&'static str, Toml)>) {
    let mut keys = vec![("path", text(rule.pattern.to_string()))];
    let table = match &rule.what {
        What::Ignored => "ignore",
        What::Unordered { by } => {
            keys.extend(by.as_ref().map(|by| ("by", text(by.to_string()))));
            "unordered"
        }
        What::Tolerance(tolerance) => {
            let (absolute, relative) = (tolerance.allowed_absolutely(), tolerance.allowed_relatively());
            if absolute != 0.0 || relative == 0.0 {
                keys.push(("absolute", Toml::Float(absolute)));
            }
            if relative != 0.0 {
                keys.push(("relative", Toml::Float(relative)));
            }
            "tolerance"
        }
        What::Time(within) => {
            keys.push(("within", text(duration(*within))));
            "time"
        }
        What::Replaced { regex, with } => {
            keys.push(("pattern", text(regex.as_str().to_owned())));
            keys.push(("with", text(with.clone())));
            "replace"
        }
        What::Case => "ignore_case",
        What::DefaultIsAbsent => "default_is_absent",
    };
    keys.extend(rule.category.as_ref().map(|category| ("category", text(category.pattern()))));
    keys.extend(rule.output.as_ref().map(|output| ("output", text(output.pattern()))));
    (table, keys)
}

fn text(text: String) -> Toml {
    Toml::String(text)
}

/// A duration in the largest unit that it is a whole number of.
pub(super) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let unit = UNITS.iter().rev().find(|(_, unit)| nanos.is_multiple_of(*unit));
    let (name, unit) = unit.copied().unwrap_or(("ns", 1));
    if nanos == 0 { "0s".to_owned() } else { format!("{}{name}", nanos / unit) }
}

/// Units of time with their nanoseconds, from the smallest.
pub(super) const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];
