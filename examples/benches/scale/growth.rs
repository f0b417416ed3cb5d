//! How several costs grow with one thing.

use crate::table::{Quantity, digits};

/// Costs, at several sizes of one thing.
pub(crate) struct Growth {
    /// What grows, such as "entries of a recording".
    pub(crate) of: &'static str,
    /// What a cost is of, such as "an entry".
    pub(crate) each: &'static str,
    pub(crate) curves: Vec<Curve>,
}

/// One cost, in nanoseconds, by size.
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Growth {
    pub(crate) fn new(of: &'static str, each: &'static str, names: &[&'static str]) -> Self {
        let curves = names.iter().map(|name| Curve { name, points: Vec::new() }).collect();
        Self { of, each, curves }
    }

    /// The costs at one size, in the order of the names.
    pub(crate) fn add(&mut self, size: u64, nanos: &[f64]) {
        eprintln!("{} {}: {:?}", size, self.of, nanos);
        for (curve, nanos) in self.curves.iter_mut().zip(nanos) {
            curve.points.push((size as f64, *nanos));
        }
    }

    /// One line for each size.
    pub(crate) fn markdown(&self) -> String {
        let names: Vec<_> = self.curves.iter().map(|curve| curve.name).collect();
        let (of, each, rule) = (self.of, self.each, "---:|".repeat(names.len()));
        let mut text = format!("The cost of {each}:\n\n| {of} | {} |\n|---:|{rule}\n", names.join(" | "));
        let sizes = self.curves.first().map_or(0, |curve| curve.points.len());
        for line in 0..sizes {
            text.push_str(&format!("| {} ", thousands(self.curves[0].points[line].0)));
            for curve in &self.curves {
                text.push_str(&format!("| {} ", cost(curve.points[line].1)));
            }
            text.push_str("|\n");
        }
        text
    }
}

fn cost(nanos: f64) -> String {
    if nanos < 10.0 { format!("{} ns", digits(nanos)) } else { Quantity::Nanoseconds(nanos).to_string() }
}

/// A whole number with commas.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
