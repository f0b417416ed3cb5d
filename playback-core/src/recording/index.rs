//! Finds recorded calls by what they were called with.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::call::Call;
use super::tape::{Kind, Tape};
use crate::value::DecodeError;

/// Finds the calls of a tape by alias, by key and by lane. Built once per tape, when first replayed.
///
/// Every list has positions of entries, in the order in which the calls began. What calls have in common is told by a
/// hash of 64 bits whose key is drawn for each tape, so that nobody can make two of them collide.
pub(crate) struct Index {
    hasher: RandomState,
    lanes: HashMap<Vec<u32>, u32>,
    lists: HashMap<List, Vec<u32>>,
    /// Why the index is not whole: stored values that cannot be fetched.
    fault: Option<DecodeError>,
}

/// What the calls of one list have in common: kind and alias, or kind, alias and arguments, by their hash; and the
/// lane, if it is a list of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct List {
    common: u64,
    lane: Option<u32>,
}

impl List {
    /// The list of all lanes.
    pub(crate) fn of_all_lanes(self) -> Self {
        Self { lane: None, ..self }
    }
}

impl Index {
    pub(super) fn new(tape: &Tape) -> Self {
        let paths = tape.parts().lanes.iter().cloned();
        let lanes = paths.zip(0..).collect();
        let mut index = Self { hasher: RandomState::new(), lanes, lists: HashMap::new(), fault: None };
        for call in tape.calls() {
            let (kind, alias, lane) = (call.kind(), call.alias(), call.lane());
            let of_alias = index.of_alias(kind, alias, lane);
            let arguments = match call.argument_bytes() {
                Ok(arguments) => arguments,
                Err(error) => {
                    index.fault = Some(error);
                    break;
                }
            };
            let of_key = index.of_key(kind, alias, &arguments, lane);
            for list in [of_alias, of_key] {
                index.lists.entry(list).or_default().push(call.position());
                index.lists.entry(list.of_all_lanes()).or_default().push(call.position());
            }
        }
        index
    }

    /// Why calls are missing from the lists, if they are.
    pub(crate) fn fault(&self) -> Option<&DecodeError> {
        self.fault.as_ref()
    }

    /// The calls of a kind and an alias in one lane; those of all lanes, if the tape does not know the lane.
    pub(crate) fn of_alias(&self, kind: Kind, alias: &str, lane: &[u32]) -> List {
        List { common: self.hasher.hash_one((kind, alias)), lane: self.lanes.get(lane).copied() }
    }

    /// The same, of those with exactly these arguments.
    pub(crate) fn of_key(&self, kind: Kind, alias: &str, arguments: &[u8], lane: &[u32]) -> List {
        List { common: self.hasher.hash_one((kind, alias, arguments)), lane: self.lanes.get(lane).copied() }
    }

    /// The positions on a list.
    pub(crate) fn positions(&self, list: List) -> &[u32] {
        self.lists.get(&list).map_or(&[], Vec::as_slice)
    }

    /// The calls of a kind and an alias, in the order in which they began.
    pub(crate) fn calls_of_alias<'t>(
        &'t self,
        tape: &'t Tape,
        kind: Kind,
        alias: &'t str,
    ) -> impl Iterator<Item = Call<'t>> + 't {
        let list = self.of_alias(kind, alias, &[]).of_all_lanes();
        self.positions(list).iter().filter_map(|&at| tape.at(at)).filter(move |call| call.alias() == alias)
    }
}
