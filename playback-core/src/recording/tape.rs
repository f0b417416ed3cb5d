//! What happened in one run: the calls in their order, and their values in one buffer.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::index::Index;
use super::shown::ShownArguments;
use crate::Value;
use crate::value::{self, DecodeError};

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
    /// When it began, after the beginning of the operation.
    pub started: Duration,
    /// How long it took.
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

/// What happened in one run of an operation: calls, and the bytes of their values in one buffer.
///
/// A tape is immutable and cheap to clone. Values are decoded when they are asked for, not before.
#[derive(Clone)]
pub struct Tape(Arc<Inner>);

struct Inner {
    parts: TapeParts,
    /// Positions of `parts.entries`, in the order in which the calls began.
    by_order: Vec<u32>,
    index: OnceLock<Index>,
}

/// The parts that a [`Tape`] is made of, for those who write and read tape files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TapeParts {
    /// The encoded values, one after another.
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
        check(&parts)?;
        Ok(Self::trusted(parts))
    }

    /// A tape of parts that are known to fit.
    pub(crate) fn trusted(parts: TapeParts) -> Self {
        let count = u32::try_from(parts.entries.len()).unwrap_or(u32::MAX);
        let mut by_order: Vec<u32> = (0..count).collect();
        by_order.sort_by_key(|&at| parts.entries.get(at as usize).map(|entry| entry.order));
        Self(Arc::new(Inner { parts, by_order, index: OnceLock::new() }))
    }

    /// The parts that the tape is made of.
    #[must_use]
    pub fn parts(&self) -> &TapeParts {
        &self.0.parts
    }

    /// All calls, in the order in which they began.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = Call<'_>> {
        self.0.by_order.iter().filter_map(|&at| self.at(at))
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

    /// How large the tape is in memory, in bytes, up to small change.
    #[must_use]
    pub fn size(&self) -> usize {
        let parts = &self.0.parts;
        parts.bytes.len() + parts.entries.len() * size_of::<Entry>()
    }

    /// The call at a position among the entries.
    pub(crate) fn at(&self, position: u32) -> Option<Call<'_>> {
        let entry = self.0.parts.entries.get(position as usize)?;
        let site = self.0.parts.sites.get(entry.site as usize)?;
        Some(Call { tape: self, position, entry, site })
    }

    pub(crate) fn index(&self) -> &Index {
        self.0.index.get_or_init(|| Index::new(self))
    }

    fn slice(&self, range: &Range<u64>) -> &[u8] {
        let bounds = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        // Ranges were checked when the tape was made.
        bounds.and_then(|(start, end)| self.0.parts.bytes.get(start..end)).unwrap_or_default()
    }
}

impl PartialEq for Tape {
    fn eq(&self, other: &Self) -> bool {
        self.0.parts == other.0.parts
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.calls()).finish()
    }
}

/// One call on a [`Tape`].
#[derive(Clone, Copy)]
pub struct Call<'t> {
    tape: &'t Tape,
    position: u32,
    entry: &'t Entry,
    site: &'t Site,
}

impl<'t> Call<'t> {
    /// What kind of call it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.site.kind
    }

    /// The alias it was recorded under; the category for the operation, the key for data.
    #[must_use]
    pub fn alias(&self) -> &'t str {
        &self.site.alias
    }

    /// The names of the recorded arguments in their order, or nothing where they are not known.
    #[must_use]
    pub fn argument_names(&self) -> &'t [Arc<str>] {
        &self.site.argument_names
    }

    /// The numbers that lead to the lane it was made in, empty for the operation's own lane.
    #[must_use]
    pub fn lane(&self) -> &'t [u32] {
        self.tape.parts().lanes.get(self.entry.lane as usize).map_or(&[], Vec::as_slice)
    }

    /// The number of the call in the order in which calls of the recording began, from 0.
    #[must_use]
    pub fn order(&self) -> u32 {
        self.entry.order
    }

    /// When it began, after the beginning of the operation.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.entry.started
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.entry.duration
    }

    /// The encoded arguments.
    #[must_use]
    pub fn argument_bytes(&self) -> &'t [u8] {
        self.tape.slice(&self.entry.arguments)
    }

    /// How it ended.
    #[must_use]
    pub fn end(&self) -> &'t End {
        &self.entry.end
    }

    /// The encoded result; none if the call did not return.
    #[must_use]
    pub fn result_bytes(&self) -> Option<&'t [u8]> {
        match &self.entry.end {
            End::Returned(range) => Some(self.tape.slice(range)),
            End::Cancelled | End::Panicked => None,
        }
    }

    /// The arguments.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are corrupt.
    pub fn arguments(&self) -> Result<Value, DecodeError> {
        value::decode_value(self.argument_bytes())
    }

    /// The result; none if the call did not return.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are corrupt.
    pub fn result(&self) -> Result<Option<Value>, DecodeError> {
        self.result_bytes().map(value::decode_value).transpose()
    }

    /// Whether the call returned an `Err`.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.result_bytes().is_some_and(value::is_error)
    }

    /// Position among the entries of the tape.
    pub(crate) fn position(&self) -> u32 {
        self.position
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.alias())?;
        match self.arguments() {
            _ if self.kind() == Kind::Data => {}
            Ok(values) => write!(f, "{}", ShownArguments { names: self.argument_names(), values: &values })?,
            Err(error) => write!(f, "({error})")?,
        }
        match self.result() {
            Ok(Some(result)) => write!(f, " -> {result}"),
            Ok(None) => {
                write!(f, " {}", if *self.end() == End::Cancelled { "was cancelled" } else { "panicked" })
            }
            Err(error) => write!(f, " -> {error}"),
        }
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

fn check(parts: &TapeParts) -> Result<(), InvalidTape> {
    let length = parts.bytes.len() as u64;
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
