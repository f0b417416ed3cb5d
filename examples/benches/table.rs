//! What the benches found, as one table.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pairs::Timing;

/// One comparison.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Which bench it is of, such as `B2`.
    pub(crate) bench: String,
    /// What was compared with what.
    pub(crate) name: String,
    pub(crate) ours: Quantity,
    pub(crate) other: Quantity,
    /// In the direction in which the goal states it.
    pub(crate) ratio: f64,
    pub(crate) goal: Goal,
    /// Whether it is reached; unsaid where nothing is asked.
    pub(crate) met: Option<bool>,
}

/// What was measured, and in what.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "unit", content = "value", rename_all = "snake_case")]
pub(crate) enum Quantity {
    Nanoseconds(f64),
    Bytes(f64),
    Count(f64),
    PerSecond(f64),
}

/// What is wanted of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtMost(f64),
    Below(f64),
    AtLeast(f64),
    /// For orientation.
    None,
}

impl Row {
    /// A comparison of which the ratio is ours to the other's.
    pub(crate) fn new(bench: &str, name: impl Into<String>, ours: Quantity, other: Quantity) -> Self {
        let (bench, name) = (bench.to_owned(), name.into());
        let ratio = ours.value() / other.value();
        Self { bench, name, ours, other, ratio, goal: Goal::None, met: None }
    }

    /// A comparison of times, of which the ratio is ours to the other's.
    pub(crate) fn slower(bench: &str, name: impl Into<String>, ours: &Timing, other: &Timing) -> Self {
        let row =
            Self::new(bench, name, Quantity::Nanoseconds(ours.nanos), Quantity::Nanoseconds(other.nanos));
        row.ratio(other.first_to_this / ours.first_to_this)
    }

    /// A comparison of times, of which the ratio is the other's to ours.
    pub(crate) fn faster(bench: &str, name: impl Into<String>, ours: &Timing, other: &Timing) -> Self {
        let row = Self::slower(bench, name, ours, other);
        let ratio = 1.0 / row.ratio;
        row.ratio(ratio)
    }

    /// With a ratio that was measured as such: the median of those of samples taken side by side.
    pub(crate) fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// With a goal for the ratio.
    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self.met = goal.is_met(self.ratio);
        self
    }
}

impl Goal {
    fn is_met(self, ratio: f64) -> Option<bool> {
        match self {
            Self::AtMost(most) => Some(ratio <= most),
            Self::Below(limit) => Some(ratio < limit),
            Self::AtLeast(least) => Some(ratio >= least),
            Self::None => None,
        }
    }
}

impl Quantity {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Nanoseconds(value) | Self::Bytes(value) | Self::Count(value) | Self::PerSecond(value) => {
                value
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nanoseconds(nanos) if nanos < 1e3 => write!(f, "{} ns", digits(nanos)),
            Self::Nanoseconds(nanos) if nanos < 1e6 => write!(f, "{} µs", digits(nanos / 1e3)),
            Self::Nanoseconds(nanos) if nanos < 1e9 => write!(f, "{} ms", digits(nanos / 1e6)),
            Self::Nanoseconds(nanos) => write!(f, "{} s", digits(nanos / 1e9)),
            Self::Bytes(bytes) if bytes < 1e4 => write!(f, "{bytes} B"),
            Self::Bytes(bytes) if bytes < 1e6 => write!(f, "{} kB", digits(bytes / 1e3)),
            Self::Bytes(bytes) => write!(f, "{} MB", digits(bytes / 1e6)),
            Self::Count(count) => write!(f, "{}", digits(count)),
            Self::PerSecond(rate) => write!(f, "{}/s", digits(rate)),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::Below(limit) => write!(f, "< {limit}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::None => Ok(()),
        }
    }
}

/// Three digits that count, at least.
pub(crate) fn digits(value: f64) -> String {
    match value {
        value if value == value.trunc() || value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// The rows as a Markdown table, its columns as wide as they have to be.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut cells = vec![["no.", "what", "ours", "other", "ratio", "goal", ""].map(str::to_owned)];
    let mut bench = "";
    for row in rows {
        let number = if row.bench == bench { String::new() } else { row.bench.clone() };
        bench = &row.bench;
        let met = match row.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let (ours, other) = (row.ours.to_string(), row.other.to_string());
        let (ratio, goal) = (digits(row.ratio), row.goal.to_string());
        cells.push([number, row.name.clone(), ours, other, ratio, goal, met.to_owned()]);
    }
    let mut widths = [3; 7];
    for line in &cells {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for (number, line) in cells.iter().enumerate() {
        for (width, cell) in widths.iter().zip(line) {
            table.push_str(&format!("| {cell:<width$} "));
        }
        table.push_str("|\n");
        if number == 0 {
            for width in widths {
                table.push_str(&format!("|-{:-<width$}-", ""));
            }
            table.push_str("|\n");
        }
    }
    table
}
