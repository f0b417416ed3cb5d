//! Finding the recorded call that answers a replayed one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::closest::equivalent;
use super::playback::RecordedBy;
use crate::context::Lane;
use crate::recording::{Ended, List};
use crate::value::{self, DecodeError};
use crate::{Call, End, Kind, Tape};

/// A replayed call that looks for its answer.
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    pub(crate) alias: &'a str,
    pub(crate) fallbacks: &'a [Cow<'static, str>],
    pub(crate) lane: &'a Lane,
    pub(crate) arguments: &'a [u8],
    /// The same without what is secret, if that is something else.
    pub(crate) redacted_alias: Option<&'a str>,
    pub(crate) redacted_arguments: Option<&'a [u8]>,
}

impl<'a> Asked<'a> {
    /// The aliases that may answer, and whether they are fallbacks.
    fn aliases(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let own = std::iter::once(self.alias).chain(self.redacted_alias).map(|alias| (alias, false));
        own.chain(self.fallbacks.iter().map(|alias| (alias.as_ref(), true)))
    }

    /// The arguments as they may have been recorded.
    fn forms(&self) -> impl Iterator<Item = &'a [u8]> {
        std::iter::once(self.arguments).chain(self.redacted_arguments)
    }
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
    pub(crate) fn result<'t>(&self, tape: &'t Tape) -> Result<Cow<'t, [u8]>, DecodeError> {
        let result = tape.at(self.position).map(|call| call.result_bytes()).transpose()?;
        Ok(result.flatten().unwrap_or_default())
    }

    /// How the recorded call ended, with its encoded answer.
    pub(crate) fn ended<'r>(&self, tape: &Tape, result: &'r [u8]) -> Ended<'r> {
        match tape.at(self.position).map(|call| call.end()) {
            Some(End::Returned(_)) => Ended::Returned(result),
            Some(End::Panicked) => Ended::Panicked,
            _ => Ended::Cancelled,
        }
    }
}

/// What has been used of a recording, and where each lane stands.
pub(crate) struct Cursor {
    /// Calls that answered one of their own lane. What another lane was answered with is left to them.
    used: Vec<bool>,
    /// Calls that answered any.
    answered: Vec<bool>,
    /// How many calls at the front of a list are used.
    fronts: HashMap<List, usize>,
    /// How many calls of a list answered a lane that has none on it.
    strangers: HashMap<(u32, List), usize>,
}

impl Cursor {
    pub(crate) fn new(tape: &Tape) -> Self {
        let unused = vec![false; tape.parts().entries.len()];
        Self { used: unused.clone(), answered: unused, fronts: HashMap::new(), strangers: HashMap::new() }
    }

    /// Whether the recorded call at a position has answered a replayed one.
    pub(crate) fn is_used(&self, position: u32) -> bool {
        self.answered.get(position as usize).copied().unwrap_or(false)
    }

    /// Finds the answer to a call, and uses it up.
    pub(crate) fn look_up(&mut self, tape: &Tape, asked: &Asked<'_>) -> Lookup {
        let found = asked.aliases().find_map(|(alias, fallback)| {
            let found = match asked.kind {
                Kind::Input => asked.forms().find_map(|arguments| self.input(tape, asked, alias, arguments)),
                Kind::Output => self.output(tape, asked, alias),
                Kind::Operation | Kind::Data => None,
            };
            found.map(|mut found| {
                found.by.fallback = fallback;
                found
            })
        });
        let Some(found) = found else { return Lookup::Missing };
        let at = found.position as usize;
        if let Some(answered) = self.answered.get_mut(at) {
            *answered = true;
        }
        if let Some(used) = self.used.get_mut(at).filter(|_| !found.by.other_lane) {
            *used = true;
        }
        match tape.at(found.position).map(|call| call.end()) {
            Some(End::Returned(_)) => Lookup::Found(found),
            Some(End::Cancelled) => Lookup::Cancelled(found),
            Some(End::Panicked) => Lookup::Panicked,
            None => Lookup::Missing,
        }
    }

    fn input(&mut self, tape: &Tape, asked: &Asked<'_>, alias: &str, arguments: &[u8]) -> Option<Found> {
        let list = tape.index().of_key(Kind::Input, alias, arguments, asked.lane.path());
        if let Some(found) = self.next(tape, list, asked.lane, true) {
            return Some(found);
        }
        // The same arguments may be written in another way, as after fields were reordered.
        let arguments = value::decode_value(arguments).ok()?;
        let means_the_same =
            |call: &Call<'_>| call.arguments().is_ok_and(|recorded| equivalent(&recorded, &arguments));
        let same = tape.index().calls_of_alias(tape, Kind::Input, alias).find(means_the_same)?;
        let list = tape.index().of_key(Kind::Input, alias, &same.argument_bytes().ok()?, asked.lane.path());
        let mut found = self.next(tape, list, asked.lane, true)?;
        found.by.equivalent = true;
        Some(found)
    }

    /// Outputs answer in their order. Concurrent ones may have begun in another, so among those that are left
    /// one that sent the same is preferred.
    fn output(&mut self, tape: &Tape, asked: &Asked<'_>, alias: &str) -> Option<Found> {
        let index = tape.index();
        let all = index.of_alias(Kind::Output, alias, asked.lane.path());
        if !has_own(all) || index.positions(all).is_empty() {
            return self.next(tape, all, asked.lane, false);
        }
        let same = asked.forms().find_map(|arguments| {
            let same = index.of_key(Kind::Output, alias, arguments, asked.lane.path());
            self.unused(index.positions(same), same)
        });
        let position = same.or_else(|| self.unused(index.positions(all), all))?;
        Some(Found { position, by: RecordedBy::default() })
    }

    /// The call of a list to answer with: the next of the same lane. A lane that has none at all, as after work was
    /// moved to a task of its own, goes through those of all lanes, and leaves them to their own. Where they have
    /// run out, the last answers again if it may be `reused`.
    fn next(&mut self, tape: &Tape, list: List, lane: &Lane, reused: bool) -> Option<Found> {
        let index = tape.index();
        let own = if has_own(list) { index.positions(list) } else { &[] };
        let (fresh, calls, other_lane) = if own.is_empty() {
            let calls = index.positions(list.of_all_lanes());
            let turn = self.strangers.entry((lane.index(), list)).or_default();
            *turn += 1;
            (calls.get(*turn - 1).copied(), calls, true)
        } else {
            (self.unused(own, list), own, false)
        };
        let position = fresh.or_else(|| calls.last().copied().filter(|_| reused))?;
        let by = RecordedBy { reused: fresh.is_none(), other_lane, ..RecordedBy::default() };
        Some(Found { position, by })
    }

    /// The first call of a list that is not used.
    fn unused(&mut self, positions: &[u32], list: List) -> Option<u32> {
        let front = self.fronts.entry(list).or_default();
        let is_used = |position: &u32| self.used.get(*position as usize).copied().unwrap_or(true);
        while positions.get(*front).is_some_and(is_used) {
            *front += 1;
        }
        positions.get(*front).copied()
    }
}

/// Whether a list is of a lane that the recording knows.
fn has_own(list: List) -> bool {
    list != list.of_all_lanes()
}
