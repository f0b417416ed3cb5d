//! Finding the recorded call that answers a replayed one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::closest::equivalent;
use super::playback::RecordedBy;
use crate::context::Lane;
use crate::recording::{Ended, index::Index};
use crate::{Call, End, Kind, Tape, Value, value};

/// A replayed call that looks for its answer.
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    pub(crate) alias: &'a str,
    pub(crate) fallbacks: &'a [Cow<'static, str>],
    pub(crate) lane: &'a Lane,
    pub(crate) arguments: &'a [u8],
}

/// What a look-up came to.
pub(crate) enum Lookup {
    Found(Found),
    /// The recorded call was cancelled while it waited.
    Cancelled(Found),
    /// The recorded call panicked.
    Panicked,
    Missing,
}

/// The recorded call that answers a replayed one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) position: u32,
    pub(crate) by: RecordedBy,
}

impl Found {
    /// The encoded answer.
    pub(crate) fn result<'t>(&self, tape: &'t Tape) -> &'t [u8] {
        tape.at(self.position).and_then(|call| call.result_bytes()).unwrap_or_default()
    }

    /// How the recorded call ended.
    pub(crate) fn ended<'t>(&self, tape: &'t Tape) -> Ended<'t> {
        match tape.at(self.position).map(|call| (call.end(), call.result_bytes())) {
            Some((_, Some(result))) => Ended::Returned(result),
            Some((End::Panicked, None)) => Ended::Panicked,
            _ => Ended::Cancelled,
        }
    }
}

/// What has been used of a recording, and where each lane stands.
pub(crate) struct Cursor {
    used: Vec<bool>,
    /// How many outputs each lane has made of each alias.
    outputs: HashMap<(u32, String), usize>,
}

impl Cursor {
    pub(crate) fn new(tape: &Tape) -> Self {
        Self { used: vec![false; tape.parts().entries.len()], outputs: HashMap::new() }
    }

    /// Whether the recorded call at a position has answered a replayed one.
    pub(crate) fn is_used(&self, position: u32) -> bool {
        self.used.get(position as usize).copied().unwrap_or(false)
    }

    /// Finds the answer to a call, and uses it up.
    pub(crate) fn look_up(&mut self, tape: &Tape, asked: &Asked<'_>) -> Lookup {
        let found = match asked.kind {
            Kind::Input => self.input(tape, asked),
            Kind::Output => self.output(tape, asked),
            Kind::Operation | Kind::Data => None,
        };
        let Some(found) = found else { return Lookup::Missing };
        if let Some(used) = self.used.get_mut(found.position as usize) {
            *used = true;
        }
        match tape.at(found.position).map(|call| call.end()) {
            Some(End::Returned(_)) => Lookup::Found(found),
            Some(End::Cancelled) => Lookup::Cancelled(found),
            Some(End::Panicked) => Lookup::Panicked,
            None => Lookup::Missing,
        }
    }

    fn input(&self, tape: &Tape, asked: &Asked<'_>) -> Option<Found> {
        let index = tape.index();
        let aliases = std::iter::once(asked.alias).chain(asked.fallbacks.iter().map(Cow::as_ref));
        aliases.enumerate().find_map(|(number, alias)| {
            let fallback = number > 0;
            let exactly = || index.inputs(tape, alias, asked.arguments);
            let exact = self.next(exactly, asked.lane).map(|found| found.with(fallback, false));
            exact.or_else(|| {
                // The same arguments may be written in another way, as after fields were reordered.
                let arguments = value::decode_value(asked.arguments).ok()?;
                let same = equivalents(index, tape, alias, &arguments);
                self.next(|| same.iter().copied(), asked.lane).map(|found| found.with(fallback, true))
            })
        })
    }

    /// The call to answer with, of those that have the same key: the next of the same lane, else the next
    /// of any, else the last again.
    fn next<'t, I>(&self, calls: impl Fn() -> I, lane: &Lane) -> Option<Found>
    where
        I: Iterator<Item = Call<'t>>,
    {
        let unused = |call: &Call<'t>| !self.is_used(call.position());
        let own = |call: &Call<'t>| call.lane() == lane.path();
        let fresh = calls().find(|call| unused(call) && own(call)).or_else(|| {
            // Only if the lane has none at all: what belongs to another is left to it.
            let own_at_all = calls().any(|call| own(&call));
            if own_at_all { None } else { calls().find(unused) }
        });
        let reused = fresh.is_none();
        let call = fresh.or_else(|| calls().filter(own).last()).or_else(|| calls().last())?;
        let by = RecordedBy { reused, other_lane: !own(&call), ..RecordedBy::default() };
        Some(Found { position: call.position(), by })
    }

    fn output(&mut self, tape: &Tape, asked: &Asked<'_>) -> Option<Found> {
        let number = self.outputs.entry((asked.lane.index(), asked.alias.to_owned())).or_default();
        let nth = *number;
        *number += 1;
        let index = tape.index();
        let aliases = std::iter::once(asked.alias).chain(asked.fallbacks.iter().map(Cow::as_ref));
        aliases.enumerate().find_map(|(number, alias)| {
            let fallback = number > 0;
            let calls = || index.of_alias(tape, Kind::Output, alias);
            let own = |call: &Call<'_>| call.lane() == asked.lane.path();
            let unused = |call: &Call<'_>| !self.used.get(call.position() as usize).copied().unwrap_or(false);
            // Several aliases may have come of one, so under a fallback it is what is left that counts.
            let same =
                || if fallback { calls().filter(own).find(unused) } else { calls().filter(own).nth(nth) };
            let call = same().or_else(|| {
                // A lane that the recording does not know, as after work was moved to a task of its own.
                let known = tape.parts().lanes.iter().any(|lane| lane == asked.lane.path());
                if known { None } else { calls().find(unused) }
            })?;
            let by = RecordedBy { other_lane: !own(&call), ..RecordedBy::default() };
            Some(Found { position: call.position(), by }.with(fallback, false))
        })
    }
}

impl Found {
    fn with(mut self, fallback: bool, equivalent: bool) -> Self {
        self.by.fallback = fallback;
        self.by.equivalent = equivalent;
        self
    }
}

/// The inputs of an alias whose arguments mean the same as these.
fn equivalents<'t>(index: &'t Index, tape: &'t Tape, alias: &'t str, arguments: &Value) -> Vec<Call<'t>> {
    let means_the_same =
        |call: &Call<'t>| call.arguments().is_ok_and(|recorded| equivalent(&recorded, arguments));
    index.of_alias(tape, Kind::Input, alias).filter(means_the_same).collect()
}
