//! Writing maps.

use std::cmp::Ordering;

use super::EncodeError;
use super::order::{KeyOrder, rank};
use super::output::Output;
use super::shapes::Mark;
use super::write::{Counted, Writer};

/// Handed about by value, so that it can stay in registers between the calls of a `Serialize`.
#[derive(Clone, Copy)]
pub(super) struct OpenMap {
    at: usize,
    announced: usize,
    /// Where this map's entries start among those of all open maps.
    first: usize,
    /// Where the current entry starts, and its value.
    key: usize,
    value: usize,
    /// The shapes that an entry leaves as they were.
    mark: Mark,
}

/// Where the bytes of an entry of a map stand in the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// [`rank`], once it is known.
    rank: u64,
    key: usize,
    value: usize,
    end: usize,
}

impl Writer<'_> {
    /// Opens a map that claims to have `len` entries; a wrong or missing claim costs a move at the end.
    #[inline(always)]
    pub(super) fn map(&mut self, len: Option<usize>) -> Result<OpenMap, EncodeError> {
        self.enter()?;
        let at = self.out.len();
        let announced = len.unwrap_or(0);
        self.count(Counted::Map, announced)?;
        let (first, mark) = (self.entries.len(), self.shapes.mark());
        Ok(OpenMap { at, announced, first, key: at, value: at, mark })
    }

    /// The key of the next entry is what is written from here on.
    #[inline(always)]
    pub(super) fn key(&mut self, map: &mut OpenMap) {
        map.key = self.out.len();
        self.shapes.hide();
    }

    /// The value of the entry is what is written from here on.
    #[inline(always)]
    pub(super) fn value(&mut self, map: &mut OpenMap) {
        self.shapes.restore(map.mark);
        map.value = self.out.len();
    }

    #[inline(always)]
    pub(super) fn end_entry(&mut self, map: OpenMap) {
        self.shapes.restore(map.mark);
        self.entries.push(Entry { rank: 0, key: map.key, value: map.value, end: self.out.len() });
    }

    /// The bytes of the key whose value is being written.
    pub(super) fn current_key(&self, map: OpenMap) -> &[u8] {
        self.out.between(map.key, map.value)
    }

    #[inline(always)]
    pub(super) fn end_map(&mut self, map: OpenMap) {
        self.leave();
        if !self.is_sorted(map.first) {
            self.sort(map.first);
        }
        let count = self.entries.len() - map.first;
        self.entries.truncate(map.first);
        self.correct_count(Counted::Map, map.at, map.announced, count);
    }

    /// Ranks the keys and says whether they are in order.
    ///
    /// That is left to the end of a map, when what was written last has reached the cache: reading a word that was just
    /// written in parts would wait for it.
    fn is_sorted(&mut self, first: usize) -> bool {
        let Writer { out, entries, .. } = self;
        let mut sorted = true;
        let mut before: Option<Entry> = None;
        for entry in entries.get_mut(first..).unwrap_or_default() {
            entry.rank = rank(out, entry.key, entry.value);
            sorted = sorted && before.is_none_or(|before| before.compare(entry, out).is_lt());
            before = Some(*entry);
        }
        sorted
    }

    #[inline(never)]
    fn sort(&mut self, first: usize) {
        let Writer { out, entries, sorted, .. } = self;
        let entries = entries.get_mut(first..).unwrap_or_default();
        let Some(start) = entries.first().map(|entry| entry.key) else { return };
        entries.sort_unstable_by(|a, b| a.compare(b, out));
        sorted.clear();
        for entry in entries {
            sorted.extend_from_slice(out.between(entry.key, entry.end));
        }
        out.rewrite(start, sorted);
    }
}

impl Entry {
    #[inline(always)]
    fn compare(&self, other: &Self, out: &Output) -> Ordering {
        match self.rank.cmp(&other.rank) {
            Ordering::Equal => self.compare_keys(other, out).then(self.key.cmp(&other.key)),
            different => different,
        }
    }

    #[cold]
    #[inline(never)]
    fn compare_keys(&self, other: &Self, out: &Output) -> Ordering {
        KeyOrder::of(self.key_in(out)).cmp(&KeyOrder::of(other.key_in(out)))
    }

    fn key_in<'a>(&self, out: &'a Output) -> &'a [u8] {
        out.between(self.key, self.value)
    }
}
