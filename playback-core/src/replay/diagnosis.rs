//! Why a call has no answer: what was asked, what comes closest, and what to do.

use std::fmt;
use std::sync::Arc;

use super::closest::{ArgumentDifference, differences};
use super::lookup::Cursor;
use crate::recording::ShownArguments;
use crate::value::{self, Name, Path, Segment};
use crate::{Call, Kind, RecordingId, Tape, Value};

/// Recorded calls that are looked at for the closest, and differences that are told.
const LOOKED_AT: usize = 1_000;
const TOLD: usize = 8;

/// Why a call has no answer in a recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The recording that was asked.
    pub recording: RecordingId,
    /// Whether it is an input or an output.
    pub kind: Kind,
    /// The alias that was asked for.
    pub alias: String,
    /// The arguments of the call.
    pub arguments: Value,
    /// The names of the arguments, where they are known.
    pub argument_names: &'static [&'static str],
    /// How many calls of the alias were recorded.
    pub recorded_calls: usize,
    /// How many of them have answered a call of this replay.
    pub used_calls: usize,
    /// The arguments of the recorded call that comes closest, if there is one of this alias.
    pub closest: Option<Value>,
    /// Whether the closest call has answered a call of this replay.
    pub closest_is_used: bool,
    /// Where the closest call's arguments differ.
    pub differences: Vec<ArgumentDifference>,
    /// The aliases of this kind that the recording has, if it has none of this one, nearest name first.
    pub other_aliases: Vec<String>,
}

impl Diagnosis {
    pub(crate) fn new(
        recording: &RecordingId,
        tape: &Tape,
        cursor: &Cursor,
        kind: Kind,
        alias: &str,
        argument_names: &'static [&'static str],
        arguments: &[u8],
    ) -> Self {
        let arguments = value::decode_value(arguments).unwrap_or(Value::Unit);
        let calls: Vec<Call<'_>> = tape.index().calls_of_alias(tape, kind, alias).collect();
        let is_used = |call: &&Call<'_>| cursor.is_used(call.position());
        let closest = calls
            .iter()
            .take(LOOKED_AT)
            .filter_map(|call| Some((call, call.arguments().ok()?)))
            .map(|(call, recorded)| (differences(&recorded, &arguments, usize::MAX), call, recorded))
            .min_by_key(|(differences, call, _)| (differences.len(), is_used(call)));
        let (differences, closest_is_used, closest) = match closest {
            Some((differences, call, recorded)) => (differences, is_used(&call), Some(recorded)),
            None => (Vec::new(), false, None),
        };
        Self {
            recording: recording.clone(),
            kind,
            alias: alias.to_owned(),
            recorded_calls: calls.len(),
            used_calls: calls.iter().filter(is_used).count(),
            closest,
            closest_is_used,
            differences: differences
                .into_iter()
                .map(|difference| named(difference, argument_names))
                .collect(),
            other_aliases: if calls.is_empty() { other_aliases(tape, kind, alias) } else { Vec::new() },
            arguments,
            argument_names,
        }
    }
}

/// A difference of arguments under the name of the argument, where it is known.
fn named(mut difference: ArgumentDifference, names: &[&str]) -> ArgumentDifference {
    if let Some((Segment::Index(at), rest)) = difference.path.segments().split_first()
        && let Some(name) = names.get(*at)
    {
        let mut path = Path::root();
        path.push(Segment::Field(Name::from(*name)));
        rest.iter().for_each(|segment| path.push(segment.clone()));
        difference.path = path;
    }
    difference
}

/// The aliases that a tape has of a kind, nearest name first.
fn other_aliases(tape: &Tape, kind: Kind, alias: &str) -> Vec<String> {
    let of_kind = tape.parts().sites.iter().filter(|site| site.kind == kind);
    let mut aliases: Vec<Arc<str>> = of_kind.map(|site| Arc::clone(&site.alias)).collect();
    let common = |other: &str| {
        let same = |(one, two): &(char, char)| one == two;
        let front = other.chars().zip(alias.chars()).take_while(same).count();
        let back = other.chars().rev().zip(alias.chars().rev()).take_while(same).count();
        front + back
    };
    aliases.sort_by_key(|other| std::cmp::Reverse(common(other)));
    aliases.iter().map(ToString::to_string).collect()
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recording, alias, .. } = self;
        let (kind, remedy) = match self.kind {
            Kind::Output => ("output", "`unrecorded = value(…)`"),
            _ => ("input", "`missing = call`, `missing = value(…)` or a `fallback` alias"),
        };
        let arguments = ShownArguments { names: self.argument_names, values: &self.arguments };
        writeln!(f, "{kind} `{alias}` has no recorded answer in {recording}")?;
        writeln!(f, "  called with: {arguments}")?;
        match (self.kind, &self.closest) {
            (_, None) => {
                writeln!(f, "  recorded:    no {kind} of this alias")?;
                if !self.other_aliases.is_empty() {
                    let aliases: Vec<String> =
                        self.other_aliases.iter().take(TOLD).map(|alias| format!("`{alias}`")).collect();
                    writeln!(f, "  it has:      {}", aliases.join(", "))?;
                }
            }
            (Kind::Output, Some(_)) => {
                writeln!(f, "  recorded:    {} calls of it, all of them answered", self.recorded_calls)?;
            }
            (_, Some(closest)) => {
                let closest = ShownArguments { names: self.argument_names, values: closest };
                let used = if self.closest_is_used { " (used already)" } else { "" };
                writeln!(f, "  closest:     {closest}{used}")?;
                for difference in self.differences.iter().take(TOLD) {
                    writeln!(f, "  differs at   {difference}")?;
                }
                if let Some(more) = self.differences.len().checked_sub(TOLD).filter(|more| *more > 0) {
                    writeln!(f, "  and in {more} more places")?;
                }
                writeln!(
                    f,
                    "  recorded:    {} calls of it, {} used already",
                    self.recorded_calls, self.used_calls
                )?;
            }
        }
        write!(f, "  if the call is new or was changed on purpose, say what answers it: {remedy}")
    }
}
