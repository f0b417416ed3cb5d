//! What the counts may be at most.

use std::fmt::Write as _;
use std::fs;

use crate::{Counted, Error};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bounds.txt");

/// What is left above a count for what compilers and seeds of hashes change: 3%, and one at least.
const HEADROOM: f64 = 0.03;

const HEAD: &str = "\
# At most so many instructions and allocations for one run of each. Written by
#     cargo bench -p playback-counts -- --rebound
# and held by `bash .ci/run counts`. What costs more has to say why, and write new bounds.
";

/// The most that one run of each may take.
pub(crate) struct Bounds(Vec<(String, f64, f64)>);

impl Bounds {
    pub(crate) fn read() -> Result<Self, Error> {
        let bound = |line: &str| {
            let mut words = line.split_whitespace();
            let name = words.next()?.to_owned();
            Some((name, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        };
        let text = fs::read_to_string(FILE)?;
        let bounds = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read = |line: &str| bound(line).ok_or_else(|| format!("bounds.txt: `{line}` is no bound"));
        Ok(Self(bounds.map(read).collect::<Result<_, _>>()?))
    }

    /// A little above what was counted.
    pub(crate) fn of(counted: &[Counted]) -> Self {
        let above = |count: f64| (count * (1.0 + HEADROOM)).max(count + 1.0).ceil();
        let bound = |one: &Counted| (one.name.to_owned(), above(one.instructions), one.allocations.ceil());
        Self(counted.iter().map(bound).collect())
    }

    pub(crate) fn write(&self) -> Result<(), Error> {
        let mut text = HEAD.to_owned();
        for (name, instructions, allocations) in &self.0 {
            writeln!(text, "{name:<28} {instructions:>12} {allocations:>11}")?;
        }
        Ok(fs::write(FILE, text)?)
    }

    /// Says which are passed.
    pub(crate) fn hold(&self, counted: &[Counted]) -> Result<(), Error> {
        let mut passed = String::new();
        for (name, instructions, allocations) in &self.0 {
            let one = counted.iter().find(|one| one.name == name);
            let one = one.ok_or_else(|| format!("bounds.txt: nothing is called `{name}`"))?;
            if one.instructions > *instructions {
                writeln!(
                    passed,
                    "{name}: {:.1} instructions, and {instructions} are allowed",
                    one.instructions
                )?;
            }
            if one.allocations > *allocations {
                writeln!(
                    passed,
                    "{name}: {:.2} allocations, and {allocations} are allowed",
                    one.allocations
                )?;
            }
        }
        match passed.is_empty() {
            true => Ok(()),
            false => Err(passed.into()),
        }
    }
}
