//! Writing maps.

use super::EncodeError;
use super::order::KeyOrder;
use super::shapes::Mark;
use super::tags::MAP;
use super::write::{Writer, push_counted};

pub(super) struct OpenMap {
    at: usize,
    announced: usize,
    /// Where this map's entries start among those of all open maps.
    first: usize,
    /// Whether all entries so far came in the order of their keys.
    sorted: bool,
    /// Where the current entry starts, and its value.
    key: usize,
    value: usize,
    /// The shapes that an entry leaves as they were.
    mark: Mark,
}

/// Where the bytes of an entry of a map stand in the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    key: usize,
    value: usize,
    end: usize,
}

impl Writer<'_> {
    /// Opens a map that claims to have `len` entries; a wrong or missing claim costs a move at the end.
    #[inline]
    pub(super) fn map(&mut self, len: Option<usize>) -> Result<OpenMap, EncodeError> {
        self.enter()?;
        let at = self.out.len();
        let announced = len.unwrap_or(0);
        push_counted(&mut self.out, MAP, announced);
        let (first, mark) = (self.entries.len(), self.shapes.mark());
        Ok(OpenMap { at, announced, first, sorted: true, key: at, value: at, mark })
    }

    /// The key of the next entry is what is written from here on.
    #[inline]
    pub(super) fn key(&mut self, map: &mut OpenMap) {
        map.key = self.out.len();
        self.shapes.hide();
    }

    /// The value of the entry is what is written from here on.
    #[inline]
    pub(super) fn value(&mut self, map: &mut OpenMap) {
        self.shapes.restore(map.mark);
        map.value = self.out.len();
        if map.sorted && self.entries.len() > map.first {
            let before = self.entries.last().map_or(&[][..], |entry| entry.key_in(&self.out));
            map.sorted = KeyOrder::of(before) <= KeyOrder::of(self.current_key(map));
        }
    }

    #[inline]
    pub(super) fn end_entry(&mut self, map: &OpenMap) {
        self.shapes.restore(map.mark);
        self.entries.push(Entry { key: map.key, value: map.value, end: self.out.len() });
    }

    /// The bytes of the key whose value is being written.
    pub(super) fn current_key(&self, map: &OpenMap) -> &[u8] {
        self.out.get(map.key..map.value).unwrap_or_default()
    }

    #[inline]
    pub(super) fn end_map(&mut self, map: &OpenMap) {
        self.leave();
        if !map.sorted {
            self.sort(map.first);
        }
        let count = self.entries.len() - map.first;
        self.entries.truncate(map.first);
        self.correct_count(map.at, map.announced, count);
    }

    fn sort(&mut self, first: usize) {
        let Writer { out, entries, sorted, .. } = self;
        let entries = entries.get_mut(first..).unwrap_or_default();
        let Some(start) = entries.first().map(|entry| entry.key) else { return };
        entries.sort_unstable_by(|a, b| {
            KeyOrder::of(a.key_in(out)).cmp(&KeyOrder::of(b.key_in(out))).then(a.key.cmp(&b.key))
        });
        sorted.clear();
        for entry in entries {
            sorted.extend_from_slice(out.get(entry.key..entry.end).unwrap_or_default());
        }
        out.truncate(start);
        out.extend_from_slice(sorted);
    }
}

impl Entry {
    fn key_in<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        out.get(self.key..self.value).unwrap_or_default()
    }
}
