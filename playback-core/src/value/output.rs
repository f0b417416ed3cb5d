//! The bytes as they are written.

use super::EncodeError;
use super::tags::SMALL_STRING;

type Done = Result<(), EncodeError>;

/// What was written so far, and room behind it.
///
/// The room is part of the vector and holds zeros or leftovers. So whatever is short, a number or a small string with
/// its tag, is written as an array of constant size, of which only the part that counts is kept: one check and a few
/// stores, where a push for each part would check each time and copying a string would be a call.
///
/// A value that is the first in its vector is begun in a page of the output's own, which holds room from one value to the
/// next and is copied at the end: to make room in a vector each time costs more than a small value does. What is too large
/// for the page goes on in the vector.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// What is written: the page, or the caller's vector.
    bytes: Vec<u8>,
    /// The other of the two, if the value was begun in the page.
    other: Vec<u8>,
    place: Place,
    /// Whether this is not the first value, so that the page is worth its memory.
    used: bool,
    /// Where what is written ends and room begins.
    end: usize,
    /// Where the value begins, and how many bytes it may have.
    start: usize,
    limit: usize,
    reached_limit: bool,
}

/// Where a value is written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the caller's vector, which has the page meanwhile.
    #[default]
    Vector,
    Page,
    /// It was begun in the page, and is in the caller's vector now.
    PastPage,
}

/// How large the page is.
const PAGE: usize = 4 << 10;

/// The room that is made at a time: as much as the value has by then, within these bounds.
const LEAST_ROOM: usize = 512;
const MOST_ROOM: usize = 2 << 10;

/// How many bytes may be asked for to write fewer.
const SPARE: usize = 64;

/// A tag and the longest varint of 64 and of 128 bits.
const INTEGER: usize = 11;
const INTEGER_128: usize = 20;

impl Output {
    /// Takes a vector over, to append one value to it.
    pub(super) fn start(&mut self, out: &mut Vec<u8>) {
        self.end = out.len();
        if out.is_empty() && self.used {
            self.place = Place::Page;
            std::mem::swap(&mut self.other, out);
            if self.bytes.len() != PAGE {
                self.new_page();
            }
        } else {
            self.place = Place::Vector;
            std::mem::swap(&mut self.bytes, out);
        }
    }

    /// Begins a value of at most `limit` bytes.
    pub(super) fn begin(&mut self, limit: usize) {
        (self.start, self.limit, self.reached_limit) = (self.end, limit, false);
    }

    /// Gives the vector back with what was written.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        match self.place {
            Place::Page => {
                self.copy_page();
                std::mem::swap(&mut self.other, out);
            }
            Place::Vector => {
                self.bytes.truncate(self.end);
                std::mem::swap(&mut self.bytes, out);
            }
            Place::PastPage => {
                self.bytes.truncate(self.end);
                std::mem::swap(&mut self.bytes, &mut self.other);
                std::mem::swap(&mut self.other, out);
            }
        }
        self.used = true;
    }

    /// A page that was not there yet, or was cut or lengthened.
    #[cold]
    fn new_page(&mut self) {
        self.bytes = vec![0; PAGE];
    }

    fn copy_page(&mut self) {
        self.other.extend_from_slice(self.bytes.get(..self.end).unwrap_or_default());
    }

    /// Whether all that was written is within the limit.
    #[inline]
    pub(super) fn check(&mut self) -> Done {
        if self.end - self.start > self.limit { Err(self.too_large()) } else { Ok(()) }
    }

    /// Whether the value was refused for its size.
    pub(super) fn has_reached_limit(&self) -> bool {
        self.reached_limit
    }

    #[cold]
    #[inline(never)]
    fn too_large(&mut self) -> EncodeError {
        self.reached_limit = true;
        EncodeError::too_large(self.limit)
    }

    /// All that is written.
    #[inline]
    pub(super) fn written(&self) -> &[u8] {
        self.between(0, self.end)
    }

    /// Forgets what is written behind the first `length` bytes. What it took is room again.
    pub(super) fn truncate(&mut self, length: usize) {
        self.end = self.end.min(length);
    }

    /// How many bytes it has taken memory for.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Puts bytes that are encoded already behind what is written.
    pub(super) fn put_encoded(&mut self, bytes: &[u8]) {
        self.bytes.truncate(self.end);
        self.bytes.extend_from_slice(bytes);
        self.end = self.bytes.len();
    }

    /// The length of what is written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.end
    }

    /// What is written between two places.
    #[inline]
    pub(super) fn between(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The first eight bytes between two places as a number, the first of them its highest; zeros if there are fewer.
    #[inline]
    pub(super) fn eight_between(&self, start: usize, end: usize) -> u64 {
        match self.bytes.get(start..).and_then(<[u8]>::first_chunk) {
            Some(eight) => {
                let length = end.saturating_sub(start).min(8) as u32;
                let behind_end = u64::MAX.checked_shr(8 * length).unwrap_or_default();
                u64::from_be_bytes(*eight) & !behind_end
            }
            None => self.few_between(start, end),
        }
    }

    #[cold]
    fn few_between(&self, start: usize, end: usize) -> u64 {
        let few = self.between(start, end).iter().take(8).zip(1..);
        few.fold(0, |number, (byte, n)| number | u64::from(*byte) << (64 - 8 * n))
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) -> Done {
        self.put(|room: &mut [u8; 1]| {
            *room = [byte];
            1
        })
    }

    /// A tag and four bytes of a float.
    #[inline]
    pub(super) fn four(&mut self, tag: u8, float: u32) -> Done {
        self.put(|room: &mut [u8; 5]| {
            let [first, rest @ ..] = room;
            *first = tag;
            *rest = float.to_le_bytes();
            5
        })
    }

    /// A tag and eight bytes of a float.
    #[inline]
    pub(super) fn eight(&mut self, tag: u8, float: u64) -> Done {
        self.put(|room: &mut [u8; 9]| {
            let [first, rest @ ..] = room;
            *first = tag;
            *rest = float.to_le_bytes();
            9
        })
    }

    /// A tag and a varint.
    #[inline(never)]
    pub(super) fn varint(&mut self, tag: u8, n: u64) -> Done {
        self.put(|room: &mut [u8; INTEGER]| {
            let [first, rest @ ..] = room;
            *first = tag;
            1 + put_varint(rest, n)
        })
    }

    /// A tag and a varint of up to 128 bits.
    pub(super) fn varint_128(&mut self, tag: u8, n: u128) -> Done {
        self.put(|room: &mut [u8; INTEGER_128]| {
            let [first, rest @ ..] = room;
            *first = tag;
            let (mut n, mut length) = (n, 1);
            for byte in rest {
                length += 1;
                *byte = (n & 0x7F) as u8 | 0x80;
                n >>= 7;
                if n == 0 {
                    *byte &= 0x7F;
                    break;
                }
            }
            length
        })
    }

    /// A string of fewer than 64 bytes, and whether it was one.
    #[inline]
    pub(super) fn small_string(&mut self, text: &[u8]) -> Option<Done> {
        if text.len() >= SPARE {
            return None;
        }
        Some(self.put(|room: &mut [u8; SPARE]| {
            let [tag, rest @ ..] = room;
            *tag = SMALL_STRING + (text.len() & 0x3F) as u8;
            copy_small(rest, text);
            1 + text.len()
        }))
    }

    #[inline]
    pub(super) fn slice(&mut self, bytes: &[u8]) -> Done {
        let end = self.end + bytes.len();
        if let Some(room) = self.bytes.get_mut(self.end..end) {
            room.copy_from_slice(bytes);
            self.end = end;
            return Ok(());
        }
        self.long_slice(bytes)
    }

    #[cold]
    #[inline(never)]
    fn long_slice(&mut self, bytes: &[u8]) -> Done {
        self.make_room(bytes.len())?;
        self.slice(bytes)
    }

    /// Puts other bytes in the place of some that were written.
    pub(super) fn replace(&mut self, start: usize, end: usize, bytes: &[u8]) {
        self.bytes.truncate(self.end);
        self.bytes.splice(start..end, bytes.iter().copied());
        self.end = self.bytes.len();
    }

    /// Puts other bytes of the same length in the place of all from `start` on.
    pub(super) fn rewrite(&mut self, start: usize, bytes: &[u8]) {
        if let Some(old) = self.bytes.get_mut(start..self.end).filter(|old| old.len() == bytes.len()) {
            old.copy_from_slice(bytes);
        }
    }

    /// Writes at most `N` bytes, at most [`SPARE`], and keeps as many as the closure says.
    #[inline(always)]
    fn put<const N: usize>(&mut self, write: impl Fn(&mut [u8; N]) -> usize) -> Done {
        loop {
            let end = self.end;
            let room = self.bytes.get_mut(end..end.wrapping_add(N)).and_then(|room| room.try_into().ok());
            if let Some(room) = room {
                self.end = end + write(room);
                return Ok(());
            }
            self.make_room(SPARE)?;
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, needed: usize) -> Done {
        let written = self.end - self.start;
        if written.saturating_add(needed) > self.limit.saturating_add(SPARE) {
            return Err(self.too_large());
        }
        if self.place == Place::Page {
            self.copy_page();
            std::mem::swap(&mut self.bytes, &mut self.other);
            self.place = Place::PastPage;
        }
        let wanted = written.clamp(LEAST_ROOM, MOST_ROOM);
        let free = self.bytes.capacity() - self.end;
        // Room that is there already is taken before there is more made.
        let room = if free < needed { wanted } else { wanted.min(free) };
        self.bytes.resize(self.end + room.max(needed), 0);
        Ok(())
    }
}

/// Writes a varint and says how long it is.
#[inline]
fn put_varint<const N: usize>(room: &mut [u8; N], mut n: u64) -> usize {
    let mut length = 0;
    for byte in room {
        length += 1;
        *byte = (n & 0x7F) as u8;
        n >>= 7;
        if n == 0 {
            break;
        }
        *byte |= 0x80;
    }
    length
}

/// Copies fewer than 64 bytes: their first and their last few, which overlap.
#[inline]
fn copy_small(to: &mut [u8; SPARE - 1], from: &[u8]) {
    #[inline]
    fn copy<const N: usize>(to: &mut [u8; SPARE - 1], from: &[u8]) -> Option<()> {
        *to.first_chunk_mut::<N>()? = *from.first_chunk()?;
        *to.get_mut(..from.len())?.last_chunk_mut::<N>()? = *from.last_chunk()?;
        Some(())
    }
    let _none_if_empty = match from.len() {
        32.. => copy::<32>(to, from),
        16.. => copy::<16>(to, from),
        8.. => copy::<8>(to, from),
        4.. => copy::<4>(to, from),
        2.. => copy::<2>(to, from),
        _ => copy::<1>(to, from),
    };
}
