//! What happened in one run: the calls in their order, and their values.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::call::Call;
use super::index::Index;
use super::stored::StoredValues;
use crate::context::Muted;
use crate::value::DecodeError;

/// What kind of call an [`Entry`] is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The operation itself: its arguments and its result.
    Operation,
    /// A call that brought something in: its arguments are its key.
    Input,
    /// A call that sent something out: its arguments are what was sent, its result the answer.
    Output,
    /// A value kept by [`record_data`](crate::record_data).
    Data,
}

/// Where calls come from: an alias as it stands in the code, with the names of the arguments recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What kind of calls are made here.
    pub kind: Kind,
    /// The alias; the category for the operation, the key for data.
    pub alias: Arc<str>,
    /// The names of the recorded arguments in their order, or nothing where they are not known. They
    /// serve people; no key is made of them.
    pub argument_names: Arc<[Arc<str>]>,
}

impl Site {
    /// Bytes that it takes in memory.
    pub(super) fn size(&self) -> usize {
        let names: usize = self.argument_names.iter().map(|name| size_of::<Arc<str>>() + name.len()).sum();
        size_of::<Self>() + self.alias.len() + names
    }
}

/// Bytes that a lane takes in memory.
pub(super) fn lane_size(path: &[u32]) -> usize {
    size_of::<Vec<u32>>() + size_of_val(path)
}

/// One call as it stands on a [`Tape`]: everything but the bytes of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Index of the call's [`Site`].
    pub site: u32,
    /// Index of the lane that it was made in; 0 is the lane of the operation itself.
    pub lane: u32,
    /// The number of the call in the order in which calls of the recording *began*, from 0.
    pub order: u32,
    /// Where the bytes of the arguments are.
    pub arguments: Range<u64>,
    /// How it ended.
    pub end: End,
    /// When it began, after the beginning of the operation. Recordings note whole microseconds.
    pub started: Duration,
    /// How long it took, in whole microseconds too.
    pub duration: Duration,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It returned; where the bytes of its result are.
    Returned(Range<u64>),
    /// Its future was dropped before it was done, as by a time-out.
    Cancelled,
    /// It panicked.
    Panicked,
}

/// What happened in one run of an operation: calls, and the bytes of their values.
///
/// A tape is immutable and cheap to clone. Values are decoded when they are asked for, not before; those of a
/// tape too large for memory are fetched then, too, from where they are [stored](StoredValues).
#[derive(Clone)]
pub struct Tape(Arc<Inner>);

struct Inner {
    parts: TapeParts,
    /// The values that are not in `parts`.
    stored: Option<Arc<dyn StoredValues>>,
    /// Positions of `parts.entries`, in the order in which the calls began. Sorted when they are first asked for, which is
    /// not on the thread of the service.
    by_order: OnceLock<Vec<u32>>,
    index: OnceLock<Index>,
}

/// What it is made of is never changed, and what a panic leaves of values that are elsewhere shows when they are asked for.
impl UnwindSafe for Tape {}
impl RefUnwindSafe for Tape {}

/// The parts that a [`Tape`] is made of, for those who write and read tape files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapeParts {
    /// The encoded values, one after another; empty if they are not in memory.
    pub bytes: Vec<u8>,
    /// The sites that entries refer to by index.
    pub sites: Vec<Site>,
    /// The lanes that entries refer to by index: for each the numbers that lead to it, empty for the
    /// operation's own. `[2, 0]` is the first child bound in the third child bound in the operation.
    pub lanes: Vec<Vec<u32>>,
    /// The calls, in any order.
    pub entries: Vec<Entry>,
}

impl Tape {
    /// A tape of its parts.
    ///
    /// # Errors
    /// [`InvalidTape`] if an entry refers to bytes, a site or a lane that are not there, or if there is
    /// more than one operation.
    pub fn new(parts: TapeParts) -> Result<Self, InvalidTape> {
        check(&parts, parts.bytes.len() as u64)?;
        Ok(Self::trusted(parts, None))
    }

    /// A tape whose values are somewhere else than in memory; `parts.bytes` is passed over.
    ///
    /// # Errors
    /// As [`new`](Self::new) has them.
    pub fn with_stored(mut parts: TapeParts, values: Arc<dyn StoredValues>) -> Result<Self, InvalidTape> {
        parts.bytes = Vec::new();
        check(&parts, values.length())?;
        Ok(Self::trusted(parts, Some(values)))
    }

    /// A tape of parts that are known to fit.
    pub(crate) fn trusted(parts: TapeParts, stored: Option<Arc<dyn StoredValues>>) -> Self {
        Self(Arc::new(Inner { parts, stored, by_order: OnceLock::new(), index: OnceLock::new() }))
    }

    /// The parts that the tape is made of. Their bytes are empty if the values are [stored](Self::stored).
    #[must_use]
    pub fn parts(&self) -> &TapeParts {
        &self.0.parts
    }

    /// Where the values are, if they are not in memory.
    #[must_use]
    pub fn stored(&self) -> Option<&Arc<dyn StoredValues>> {
        self.0.stored.as_ref()
    }

    /// All calls, in the order in which they began.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = Call<'_>> {
        self.in_order().iter().filter_map(|&at| self.at(at))
    }

    /// The positions of all calls, in the order in which they began.
    pub(crate) fn in_order(&self) -> &[u32] {
        self.0.by_order.get_or_init(|| {
            let entries = &self.0.parts.entries;
            let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
            let mut by_order: Vec<u32> = (0..count).collect();
            by_order.sort_by_key(|&at| entries.get(at as usize).map(|entry| entry.order));
            by_order
        })
    }

    /// The calls of one kind, in the order in which they began.
    pub fn calls_of(&self, kind: Kind) -> impl DoubleEndedIterator<Item = Call<'_>> {
        self.calls().filter(move |call| call.kind() == kind)
    }

    /// The operation, if the tape has it.
    #[must_use]
    pub fn operation(&self) -> Option<Call<'_>> {
        self.calls_of(Kind::Operation).next()
    }

    /// The value kept under `key` by [`record_data`](crate::record_data), the last if there are several.
    #[must_use]
    pub fn data(&self, key: &str) -> Option<Call<'_>> {
        self.calls_of(Kind::Data).rfind(|call| call.alias() == key)
    }

    /// How large the tape is in memory, in bytes, up to small change: values that are there, calls, aliases and names, and
    /// lanes.
    #[must_use]
    pub fn size(&self) -> usize {
        let TapeParts { bytes, sites, lanes, entries } = &self.0.parts;
        let sites: usize = sites.iter().map(Site::size).sum();
        let lanes: usize = lanes.iter().map(|lane| lane_size(lane)).sum();
        bytes.len() + entries.len() * size_of::<Entry>() + sites + lanes
    }

    /// The call at a position among the entries.
    pub(crate) fn at(&self, position: u32) -> Option<Call<'_>> {
        let entry = self.0.parts.entries.get(position as usize)?;
        let site = self.0.parts.sites.get(entry.site as usize)?;
        Some(Call::new(self, position, entry, site))
    }

    pub(crate) fn index(&self) -> &Index {
        self.0.index.get_or_init(|| Index::new(self))
    }

    /// The bytes of a value.
    #[inline]
    pub(super) fn read(&self, range: &Range<u64>) -> Result<Cow<'_, [u8]>, DecodeError> {
        match self.in_memory(range) {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => self.fetch(range),
        }
    }

    /// The bytes of a value, if they are in memory.
    #[inline]
    pub(crate) fn in_memory(&self, range: &Range<u64>) -> Option<&[u8]> {
        let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        // Those of a tape with stored values are empty.
        self.0.parts.bytes.get(start..end).filter(|_| self.0.stored.is_none())
    }

    #[cold]
    fn fetch(&self, range: &Range<u64>) -> Result<Cow<'_, [u8]>, DecodeError> {
        match &self.0.stored {
            Some(stored) => {
                // Whoever fetches it may be instrumented, and its calls are none of what is recorded or replayed here.
                let _muted = Muted::new();
                stored.read(range.clone()).map(Cow::Owned).map_err(|error| DecodeError::unreadable(&*error))
            }
            // Ranges were checked when the tape was made.
            None => Ok(Cow::Borrowed(&[])),
        }
    }

    /// How many bytes all values take.
    fn length(&self) -> u64 {
        self.stored().map_or(self.0.parts.bytes.len() as u64, |stored| stored.length())
    }

    /// Whether the values are the same, those that cannot be read being the same as none.
    fn same_values(&self, other: &Self) -> bool {
        const AT_ONCE: u64 = 1 << 20;
        let length = self.length();
        let pieces = (0..length).step_by(AT_ONCE as usize).map(|start| start..length.min(start + AT_ONCE));
        let same =
            |piece| matches!((self.read(&piece), other.read(&piece)), (Ok(one), Ok(other)) if one == other);
        length == other.length() && pieces.into_iter().all(same)
    }
}

impl PartialEq for Tape {
    fn eq(&self, other: &Self) -> bool {
        // Where all is in memory, the values are among the parts.
        let stored = self.stored().or(other.stored()).is_some();
        let (one, another) = (&self.0.parts, &other.0.parts);
        if stored {
            (&one.sites, &one.lanes, &one.entries) == (&another.sites, &another.lanes, &another.entries)
                && self.same_values(other)
        } else {
            one == another
        }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.calls()).finish()
    }
}

/// Parts that do not make a [`Tape`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTape {
    entry: usize,
    why: &'static str,
}

impl fmt::Display for InvalidTape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} of the tape {}", self.entry, self.why)
    }
}

impl std::error::Error for InvalidTape {}

fn check(parts: &TapeParts, length: u64) -> Result<(), InvalidTape> {
    let inside = |range: &Range<u64>| range.start <= range.end && range.end <= length;
    let mut operations = 0;
    for (at, entry) in parts.entries.iter().enumerate() {
        let refuse = |why| Err(InvalidTape { entry: at, why });
        let Some(site) = parts.sites.get(entry.site as usize) else {
            return refuse("refers to a site that is not there");
        };
        if parts.lanes.get(entry.lane as usize).is_none() {
            return refuse("refers to a lane that is not there");
        }
        let result_inside = match &entry.end {
            End::Returned(range) => inside(range),
            End::Cancelled | End::Panicked => true,
        };
        if !inside(&entry.arguments) || !result_inside {
            return refuse("refers to bytes that are not there");
        }
        operations += usize::from(site.kind == Kind::Operation);
        if operations > 1 {
            return refuse("is a second operation; a tape holds one");
        }
    }
    if parts.entries.len() > u32::MAX as usize {
        return Err(InvalidTape { entry: u32::MAX as usize, why: "is one more than a tape can hold" });
    }
    Ok(())
}
