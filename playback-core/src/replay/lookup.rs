//! Finding the recorded call that answers a replayed one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use super::closest::meaning;
use super::playback::RecordedBy;
use crate::context::Lane;
use crate::recording::{ListId, Lists};
use crate::value::{self, DecodeError};
use crate::{End, Kind, Tape, Value};

/// A replayed call that looks for its answer.
pub(crate) struct Asked<'a> {
    pub(crate) kind: Kind,
    pub(crate) alias: &'a str,
    pub(crate) fallbacks: &'a [Cow<'static, str>],
    pub(crate) lane: &'a Lane,
    pub(crate) arguments: &'a [u8],
    /// The same without what is secret, if that is something else.
    pub(crate) redacted_alias: Option<&'a str>,
    pub(crate) redacted_fallbacks: &'a [String],
    pub(crate) redacted_arguments: Option<&'a [u8]>,
}

impl<'a> Asked<'a> {
    /// The aliases that may answer, and whether they are fallbacks.
    fn aliases(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let own = std::iter::once(self.alias).chain(self.redacted_alias).map(|alias| (alias, false));
        let fallbacks =
            self.fallbacks.iter().map(AsRef::as_ref).chain(self.redacted_fallbacks.iter().map(AsRef::as_ref));
        own.chain(fallbacks.map(|alias| (alias, true)))
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
}

/// What has been used of a recording, and where each lane stands.
pub(crate) struct Cursor {
    /// What each call was used for.
    uses: Vec<Use>,
    /// How many calls at the front of a list are used; none until lists are needed.
    fronts: Vec<u32>,
    /// How many calls of a list answered a lane that has none on it.
    strangers: HashMap<(u32, ListId), usize>,
    /// The call that comes next if the replay goes on as the recording did, which is where it is looked for first.
    expected: Option<u32>,
    /// Whether the replay has made the recorded calls one by one, from the first. Whatever comes before the expected call
    /// is used then, so that lists of calls have nothing to tell, and need not be made.
    in_step: bool,
    /// How many calls of the recording, in their order, are behind one that is in step, the expected one included.
    behind: usize,
    /// For each alias the inputs by the hash of what their arguments mean; made when a call's are written as none of them
    /// were.
    meanings: HashMap<String, HashMap<u64, u32>>,
    looks: Looks,
}

/// How many recorded calls were looked at, for tests to see how that grows.
#[derive(Default)]
struct Looks(#[cfg(test)] std::cell::Cell<usize>);

impl Looks {
    fn one_more(&self) {
        #[cfg(test)]
        self.0.update(|count| count + 1);
    }
}

/// What a recorded call was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    None,
    /// It answered another lane, and is left to its own.
    Stranger,
    /// It answered its own lane.
    Own,
}

impl Cursor {
    pub(crate) fn new(tape: &Tape) -> Self {
        let mut cursor = Self {
            uses: vec![Use::None; tape.parts().entries.len()],
            fronts: Vec::new(),
            strangers: HashMap::new(),
            expected: None,
            in_step: true,
            behind: 0,
            meanings: HashMap::new(),
            looks: Looks::default(),
        };
        cursor.expected = cursor.step(tape);
        cursor
    }

    /// Goes past the next input or output in the order of the recording, and returns its position.
    fn step(&mut self, tape: &Tape) -> Option<u32> {
        let rest = tape.in_order().get(self.behind..)?;
        let is_next = |&&at: &&u32| {
            self.behind += 1;
            tape.at(at).is_some_and(|call| matches!(call.kind(), Kind::Input | Kind::Output))
        };
        rest.iter().find(is_next).copied()
    }

    /// Whether the recorded call at a position has answered a replayed one.
    pub(crate) fn is_used(&self, position: u32) -> bool {
        self.uses.get(position as usize).is_some_and(|used| *used != Use::None)
    }

    /// Finds the answer to a call, and uses it up.
    pub(crate) fn look_up(&mut self, tape: &Tape, asked: &Asked<'_>) -> Lookup {
        let found = self.as_expected(tape, asked).or_else(|| self.search(tape, asked));
        let Some(found) = found else { return Lookup::Missing };
        if let Some(used) = self.uses.get_mut(found.position as usize)
            && *used != Use::Own
        {
            *used = if found.by.other_lane { Use::Stranger } else { Use::Own };
        }
        self.expected = if self.in_step { self.step(tape) } else { tape.index().after(found.position) };
        match tape.at(found.position).map(|call| call.end()) {
            Some(End::Returned(_)) => Lookup::Found(found),
            Some(End::Cancelled) => Lookup::Cancelled(found),
            Some(End::Panicked) => Lookup::Panicked,
            None => Lookup::Missing,
        }
    }

    /// What [`search`](Self::search) would find, if the call is the very one that came next when it was recorded.
    fn as_expected(&mut self, tape: &Tape, asked: &Asked<'_>) -> Option<Found> {
        let expected = tape.at(self.expected?)?;
        self.looks.one_more();
        // Values that are not in memory are not fetched for this.
        let is_same = expected.kind() == asked.kind
            && expected.alias() == asked.alias
            && expected.lane() == asked.lane.path()
            && tape.in_memory(&expected.entry().arguments) == Some(asked.arguments);
        if !is_same {
            return None;
        }
        let position = if self.in_step {
            expected.position()
        } else {
            self.unused(tape, tape.index().of_key_at(expected.position()))?
        };
        Some(Found { position, by: RecordedBy::default() })
    }

    fn search(&mut self, tape: &Tape, asked: &Asked<'_>) -> Option<Found> {
        self.in_step = false;
        asked.aliases().find_map(|(alias, fallback)| {
            let found = match asked.kind {
                Kind::Input => asked.forms().find_map(|arguments| self.input(tape, asked, alias, arguments)),
                Kind::Output => self.output(tape, asked, alias),
                Kind::Operation | Kind::Data => None,
            };
            found.map(|mut found| {
                found.by.fallback = fallback;
                found
            })
        })
    }

    fn input(&mut self, tape: &Tape, asked: &Asked<'_>, alias: &str, arguments: &[u8]) -> Option<Found> {
        let lists = tape.index().of_key(Kind::Input, alias, arguments, asked.lane.path());
        if let Some(found) = self.next(tape, lists, asked.lane, true) {
            return Some(found);
        }
        // The same arguments may be written in another way, as after fields were reordered.
        let same = tape.at(self.of_meaning(tape, alias, value::decode_value(arguments).ok()?)?)?;
        let arguments = same.argument_bytes().ok()?;
        let lists = tape.index().of_key(Kind::Input, alias, &arguments, asked.lane.path());
        let mut found = self.next(tape, lists, asked.lane, true)?;
        found.by.equivalent = true;
        Some(found)
    }

    /// The first input of an alias whose arguments mean the same.
    fn of_meaning(&mut self, tape: &Tape, alias: &str, arguments: Value) -> Option<u32> {
        let hasher = self.meanings.hasher().clone();
        let meanings = self.meanings.entry(alias.to_owned()).or_insert_with(|| {
            let mut meanings = HashMap::new();
            for call in tape.index().calls_of_alias(tape, Kind::Input, alias) {
                self.looks.one_more();
                if let Ok(arguments) = call.arguments() {
                    meanings.entry(hasher.hash_one(meaning(arguments))).or_insert(call.position());
                }
            }
            meanings
        });
        let asked = meaning(arguments);
        let position = *meanings.get(&hasher.hash_one(&asked))?;
        let recorded = tape.at(position)?.arguments().ok()?;
        (meaning(recorded) == asked).then_some(position)
    }

    /// Outputs answer in their order. Concurrent ones may have begun in another, so among those that are left
    /// one that sent the same is preferred.
    fn output(&mut self, tape: &Tape, asked: &Asked<'_>, alias: &str) -> Option<Found> {
        let index = tape.index();
        let all = index.of_alias(Kind::Output, alias, asked.lane.path());
        if all.own.is_none() {
            // Each call takes its turn, whichever way it is answered.
            let in_turn = self.next(tape, all, asked.lane, false);
            let same = asked.forms().find_map(|arguments| {
                let same = index.of_key(Kind::Output, alias, arguments, asked.lane.path());
                self.next(tape, same, asked.lane, false)
            });
            return same.or(in_turn);
        }
        let same = asked.forms().find_map(|arguments| {
            let same = index.of_key(Kind::Output, alias, arguments, asked.lane.path());
            self.unused(tape, same.own)
        });
        let position = same.or_else(|| self.unused(tape, all.own))?;
        Some(Found { position, by: RecordedBy::default() })
    }

    /// The call of a list to answer with: the next of the same lane. A lane that has none at all, as after work was
    /// moved to a task of its own, goes through those of all lanes, and leaves them to their own. Where they have
    /// run out, the last answers again if it may be `reused`.
    fn next(&mut self, tape: &Tape, lists: Lists, lane: &Lane, reused: bool) -> Option<Found> {
        let index = tape.index();
        let (fresh, calls) = if lists.own.is_some() {
            (self.unused(tape, lists.own), index.positions(lists.own))
        } else {
            let calls = index.positions(lists.all);
            let turn = self.strangers.entry((lane.index(), lists.all?)).or_default();
            *turn += 1;
            (calls.get(*turn - 1).copied(), calls)
        };
        let position = fresh.or_else(|| calls.last().copied().filter(|_| reused))?;
        let by =
            RecordedBy { reused: fresh.is_none(), other_lane: lists.own.is_none(), ..RecordedBy::default() };
        Some(Found { position, by })
    }

    /// The first call of a list that is not used.
    fn unused(&mut self, tape: &Tape, list: Option<ListId>) -> Option<u32> {
        let positions = tape.index().positions(list);
        if self.fronts.is_empty() {
            self.fronts.resize(tape.index().count(), 0);
        }
        let front = self.fronts.get_mut(list?.place())?;
        let is_used = |position: &u32| self.uses.get(*position as usize).is_none_or(|used| *used == Use::Own);
        while positions.get(*front as usize).is_some_and(is_used) {
            *front += 1;
        }
        positions.get(*front as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::context::Session;
    use crate::recording::{Ended, EndedCall, TapeBuilder};
    use crate::{Metadata, Recording, RecordingId, replay};

    /// A tape of calls, each of the arguments that `arguments` makes of its number.
    fn tape(kind: Kind, count: u32, arguments: impl Fn(u32) -> Vec<u8>) -> Tape {
        let mut tape = TapeBuilder::new();
        for order in 0..count {
            tape.push(&EndedCall {
                kind,
                alias: &Cow::Borrowed("call"),
                argument_names: &[],
                lane: 0,
                order,
                arguments: &arguments(order),
                end: Ended::Returned(&[]),
                started: Duration::ZERO,
                duration: Duration::ZERO,
            });
        }
        tape.finish()
    }

    /// Makes the calls of a tape in an order, and holds how many recorded ones are looked at to a few for each, and one
    /// more look at all.
    fn check(kind: Kind, tape: &Tape, order: impl Iterator<Item = u32>, arguments: impl Fn(u32) -> Vec<u8>) {
        let id = RecordingId::new("Op", "20260101", "01KDVDNA000000000000000001").unwrap();
        let metadata = Metadata::new("Op", SystemTime::UNIX_EPOCH);
        let session = replay::Session::new(Recording::new(id, metadata, tape.clone())).unwrap();
        let lane = Lane::root(Session::Replaying(Arc::clone(&session)));
        let mut cursor = Cursor::new(tape);
        for (made, number) in order.enumerate() {
            let arguments = arguments(number);
            let asked = Asked {
                kind,
                alias: "call",
                fallbacks: &[],
                lane: &lane,
                arguments: &arguments,
                redacted_alias: None,
                redacted_fallbacks: &[],
                redacted_arguments: None,
            };
            let Lookup::Found(found) = cursor.look_up(tape, &asked) else {
                panic!("call {made} is answered")
            };
            assert_eq!(tape.at(found.position).unwrap().order(), number);
            let looked_at = cursor.looks.0.get();
            let most = tape.parts().entries.len() + 8 * (made + 1);
            assert!(looked_at <= most, "{looked_at} recorded calls were looked at for {made}");
        }
    }

    #[test]
    fn a_call_is_found_at_the_same_cost_however_many_there_are() {
        const CALLS: u32 = 20_000;
        const HALF: u32 = CALLS / 2;
        let same = |_| value::encode(&("the same",)).unwrap();
        let own = |number: u32| value::encode(&(number,)).unwrap();
        for kind in [Kind::Input, Kind::Output] {
            let of_one_key = tape(kind, CALLS, same);
            check(kind, &of_one_key, 0..CALLS, same);
            let of_many_keys = tape(kind, CALLS, own);
            check(kind, &of_many_keys, 0..CALLS, own);
            check(kind, &of_many_keys, (0..CALLS).rev(), own);
            check(kind, &of_many_keys, (0..HALF).chain((HALF..CALLS).rev()), own);
        }
        // What was used in step is used for the lists as well.
        let in_turns = |number: u32| value::encode(&(number % 2,)).unwrap();
        let of_two_keys = tape(Kind::Input, CALLS, in_turns);
        let order = (0..HALF).chain((HALF..CALLS).step_by(2)).chain((HALF + 1..CALLS).step_by(2));
        check(Kind::Input, &of_two_keys, order, in_turns);
        let fields = |names: [&'static str; 2]| {
            move |number: u32| {
                value::encode(&(Value::fields_of(names.map(|name| (name, number.into()))),)).unwrap()
            }
        };
        let before = tape(Kind::Input, CALLS, fields(["a", "b"]));
        check(Kind::Input, &before, (0..CALLS).rev(), fields(["b", "a"]));
    }
}
