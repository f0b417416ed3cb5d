//! Finds recorded calls by what they were called with.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::tape::{Call, Kind, Tape};

/// Finds the calls of a tape by alias, by key and by lane. Built once per tape, when first replayed.
pub(crate) struct Index {
    hasher: RandomState,
    /// Positions of inputs by the hash of alias and arguments, in the order in which they began.
    inputs: HashMap<u64, Vec<u32>>,
    /// Positions by kind and the hash of the alias, in the order in which they began.
    aliases: HashMap<(Kind, u64), Vec<u32>>,
}

impl Index {
    pub(super) fn new(tape: &Tape) -> Self {
        let mut index = Self { hasher: RandomState::new(), inputs: HashMap::new(), aliases: HashMap::new() };
        for call in tape.calls() {
            let alias = index.hasher.hash_one(call.alias());
            index.aliases.entry((call.kind(), alias)).or_default().push(call.position());
            if call.kind() == Kind::Input {
                let key = index.hasher.hash_one((call.alias(), call.argument_bytes()));
                index.inputs.entry(key).or_default().push(call.position());
            }
        }
        index
    }

    /// The inputs called as `alias` with exactly these arguments, in the order in which they began.
    pub(crate) fn inputs<'t>(
        &'t self,
        tape: &'t Tape,
        alias: &'t str,
        arguments: &'t [u8],
    ) -> impl Iterator<Item = Call<'t>> + 't {
        let positions = self.inputs.get(&self.hasher.hash_one((alias, arguments)));
        let same = move |call: &Call<'t>| call.alias() == alias && call.argument_bytes() == arguments;
        positions.into_iter().flatten().filter_map(|&at| tape.at(at)).filter(same)
    }

    /// The calls of a kind and an alias, in the order in which they began.
    pub(crate) fn of_alias<'t>(
        &'t self,
        tape: &'t Tape,
        kind: Kind,
        alias: &'t str,
    ) -> impl Iterator<Item = Call<'t>> + 't {
        let positions = self.aliases.get(&(kind, self.hasher.hash_one(alias)));
        positions
            .into_iter()
            .flatten()
            .filter_map(|&at| tape.at(at))
            .filter(move |call| call.alias() == alias)
    }
}
