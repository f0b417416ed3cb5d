//! Finds recorded calls by what they were called with.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::call::Call;
use super::tape::{Kind, Tape};
use crate::value::DecodeError;

/// Finds the calls of a tape by alias, by key and by lane. Built once per tape, when a replay first makes its calls in
/// another way than the recording did.
///
/// What calls have in common is told by a hash of 64 bits whose key is drawn for each tape, so that nobody can make two of
/// them collide.
pub(crate) struct Index {
    hasher: RandomState,
    lanes: HashMap<Vec<u32>, u32>,
    numbers: HashMap<Common, ListId>,
    /// Every list has positions of entries, in the order in which the calls began.
    lists: Vec<Vec<u32>>,
    /// For every entry what it stands on, and which call comes next.
    places: Vec<Place>,
    /// Why the index is not whole: stored values that cannot be fetched.
    fault: Option<DecodeError>,
}

/// What the calls of one list have in common: kind and alias, or kind, alias and arguments, by their hash; and the
/// lane, if it is a list of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Common {
    hash: u64,
    lane: Option<u32>,
}

/// The number of a list of calls, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ListId(u32);

impl ListId {
    /// Its place among as many as there are lists.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// The lists that calls with something in common stand on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// Those of one lane; none if it made no such call, or if the tape does not know it.
    pub(crate) own: Option<ListId>,
    /// Those of all lanes.
    pub(crate) all: Option<ListId>,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// The list of its key in its lane.
    key: Option<ListId>,
    /// The position of the input or output that began next.
    next: Option<u32>,
}

impl Index {
    pub(super) fn new(tape: &Tape) -> Self {
        let paths = tape.parts().lanes.iter().cloned();
        let mut index = Self {
            hasher: RandomState::new(),
            lanes: paths.zip(0..).collect(),
            numbers: HashMap::new(),
            lists: Vec::new(),
            places: vec![Place::default(); tape.parts().entries.len()],
            fault: None,
        };
        let mut last: Option<u32> = None;
        for call in tape.calls() {
            let arguments = match call.argument_bytes() {
                Ok(arguments) => arguments,
                Err(error) => {
                    index.fault = Some(error);
                    break;
                }
            };
            let lane = index.lanes.get(call.lane()).copied();
            let of_alias = index.hasher.hash_one((call.kind(), call.alias()));
            let of_key = index.hasher.hash_one((call.kind(), call.alias(), &*arguments));
            let position = call.position();
            index.put_down(of_alias, lane, position);
            let place = Place { key: index.put_down(of_key, lane, position).own, next: None };
            if let Some(here) = index.places.get_mut(position as usize) {
                *here = place;
            }
            if !matches!(call.kind(), Kind::Input | Kind::Output) {
                continue;
            }
            if let Some(last) = last.and_then(|last| index.places.get_mut(last as usize)) {
                last.next = Some(position);
            }
            last = Some(position);
        }
        index
    }

    fn put_down(&mut self, hash: u64, lane: Option<u32>, position: u32) -> Lists {
        let mut on = |lane| {
            let new = ListId(u32::try_from(self.lists.len()).unwrap_or(u32::MAX));
            let list = *self.numbers.entry(Common { hash, lane }).or_insert(new);
            if list == new {
                self.lists.push(Vec::new());
            }
            if let Some(positions) = self.lists.get_mut(list.place()) {
                positions.push(position);
            }
            Some(list)
        };
        Lists { all: on(None), own: lane.and_then(|lane| on(Some(lane))) }
    }

    /// Why calls are missing from the lists, if they are.
    pub(crate) fn fault(&self) -> Option<&DecodeError> {
        self.fault.as_ref()
    }

    /// How many lists there are.
    pub(crate) fn count(&self) -> usize {
        self.lists.len()
    }

    /// The calls of a kind and an alias.
    pub(crate) fn of_alias(&self, kind: Kind, alias: &str, lane: &[u32]) -> Lists {
        self.find(self.hasher.hash_one((kind, alias)), lane)
    }

    /// The same, of those with exactly these arguments.
    pub(crate) fn of_key(&self, kind: Kind, alias: &str, arguments: &[u8], lane: &[u32]) -> Lists {
        self.find(self.hasher.hash_one((kind, alias, arguments)), lane)
    }

    fn find(&self, hash: u64, lane: &[u32]) -> Lists {
        let on = |lane| self.numbers.get(&Common { hash, lane }).copied();
        Lists { all: on(None), own: self.lanes.get(lane).and_then(|&lane| on(Some(lane))) }
    }

    /// The list of the calls in the lane of the one at a position that have exactly its arguments.
    pub(crate) fn of_key_at(&self, position: u32) -> Option<ListId> {
        self.places.get(position as usize)?.key
    }

    /// The position of the input or output that began after the one at a position.
    pub(crate) fn after(&self, position: u32) -> Option<u32> {
        self.places.get(position as usize)?.next
    }

    /// The positions on a list.
    pub(crate) fn positions(&self, list: Option<ListId>) -> &[u32] {
        list.and_then(|list| self.lists.get(list.place())).map_or(&[], Vec::as_slice)
    }

    /// The calls of a kind and an alias, in the order in which they began.
    pub(crate) fn calls_of_alias<'t>(
        &'t self,
        tape: &'t Tape,
        kind: Kind,
        alias: &'t str,
    ) -> impl Iterator<Item = Call<'t>> + 't {
        let list = self.of_alias(kind, alias, &[]).all;
        self.positions(list).iter().filter_map(|&at| tape.at(at)).filter(move |call| call.alias() == alias)
    }
}
