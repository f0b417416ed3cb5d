//! A recording of which only what is asked for is fetched.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use playback_core::value::{self, DecodeError};
use playback_core::{Call, End, Kind, Metadata, Recording, RecordingId, StoredValues, Tape, Value};

use super::blocks::unpack_one;
use super::front::Front;
use super::header::{self, Header};
use super::places::{Places, check_value};
use super::{DEFAULT_MAX_BYTES, of_id};
use crate::Error;

/// How much of a file is asked for at first, in bytes: enough for the index of all but the largest.
const FIRST_BYTES: u64 = 64 * 1024;

/// A tape file of which any range can be read.
#[async_trait]
pub trait ReadRange: Send + Sync {
    /// The bytes of a range; fewer where the file ends before it.
    ///
    /// # Errors
    /// Whatever goes wrong with the place.
    async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>, Error>;
}

/// A recording that is opened and not loaded: its metadata and its calls are here, and the values of a call are
/// fetched when they are asked for, so that one call of a recording of any size can be looked at.
///
/// It comes from [`Cassette::open`](crate::Cassette::open). To replay a recording,
/// [load](crate::Cassette::load) it.
///
/// ```
/// use playback_cassette::Cassette;
/// use playback_core::{Kind, output};
/// use playback_testkit::{MemoryCassette, record};
///
/// # #[tokio::main] async fn main() -> Result<(), playback_cassette::Error> {
/// let cassette = MemoryCassette::new();
/// let export = async {
///     playback_core::operation("Export").run(|| output("upload").args(&("page 1",)).run(|| 200))
/// };
/// let recording = record(export).await.recording();
/// cassette.save(&recording).await?;
///
/// let opened = cassette.open(recording.id()).await?;
/// for call in opened.calls().filter(|call| call.kind() == Kind::Output) {
///     assert_eq!(call.alias(), "upload");
///     assert_eq!(call.arguments().await?.to_string(), r#"["page 1"]"#);
/// }
/// # Ok(()) }
/// ```
pub struct Opened {
    recording: Recording,
    /// Where the values are; none if the recording has them.
    ranged: Option<Ranged>,
    /// How long its file is, as that says of itself.
    file: Option<u64>,
}

struct Ranged {
    /// What errors call the tape.
    name: String,
    source: Box<dyn ReadRange>,
    /// Where the blocks begin in the file.
    start: u64,
    places: Places,
    /// The block that was fetched last, and its number: calls that follow each other often share one.
    recent: Mutex<Option<(usize, Arc<Vec<u8>>)>>,
}

/// The recording in the tape file that is kept under `id`, by one request for the front of the file, or two if
/// it lists very many calls.
///
/// # Errors
/// As [`decode_recording`](super::decode_recording) has them, but for the values, which are checked when they
/// are fetched; and whatever `source` says.
pub async fn open(id: &RecordingId, source: Box<dyn ReadRange>) -> Result<Opened, Error> {
    let name = format!("recording {id}");
    let mut head = source.read_range(0..FIRST_BYTES).await?;
    let header = Header::parse(&name, &head)?;
    let there = head.len() as u64;
    let file = header.file().unwrap_or(u64::MAX);
    if there < FIRST_BYTES.min(file) {
        return Err(header::truncated(&name, there, file));
    }
    let front = header.front();
    if there < front {
        header.check_size(&name, DEFAULT_MAX_BYTES)?;
        head.extend(source.read_range(there..front).await?);
    }
    let packed = usize::try_from(front).ok().and_then(|front| head.get(header.length..front));
    let packed = packed.ok_or_else(|| header::truncated(&name, head.len() as u64, file))?;
    let Front { id: named, metadata, parts, blocks } =
        Front::parse(&name, &header, packed, DEFAULT_MAX_BYTES)?;
    let (tape, places) = if blocks.is_empty() {
        (Tape::new(parts), None)
    } else {
        let places = Places::new(&name, &blocks, header.parts.blocks)?;
        (Tape::with_stored(parts, Arc::new(Afar { length: places.raw })), Some(places))
    };
    let tape = tape.map_err(|error| Error::corrupt(&name, &error).with_source(error))?;
    let recording = of_id(id, &name, Recording::new(named, metadata, tape))?;
    let ranged = places.map(|places| Ranged { name, source, start: front, places, recent: Mutex::default() });
    Ok(Opened { recording, ranged, file: header.file() })
}

impl Opened {
    /// A recording that is loaded, opened: for cassettes that cannot read ranges.
    #[must_use]
    pub fn whole(recording: Recording) -> Self {
        Self { recording, ranged: None, file: None }
    }

    /// What the recording is called.
    #[must_use]
    pub fn id(&self) -> &RecordingId {
        self.recording.id()
    }

    /// What is known of it.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        self.recording.metadata()
    }

    /// How many bytes the tape file has, by what its header says: a file of another length is damaged. None of a recording
    /// that was loaded.
    #[must_use]
    pub fn file_length(&self) -> Option<u64> {
        self.file
    }

    /// All calls, in the order in which they began.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = OpenedCall<'_>> {
        self.recording.tape().calls().map(|call| OpenedCall { opened: self, call })
    }

    /// The operation, if the recording has it.
    #[must_use]
    pub fn operation(&self) -> Option<OpenedCall<'_>> {
        self.calls().find(|call| call.kind() == Kind::Operation)
    }

    /// The same recording as another cassette calls it.
    pub(crate) fn renamed(self, id: RecordingId, metadata: Metadata) -> Self {
        let tape = self.recording.tape().clone();
        Self { recording: Recording::new(id, metadata, tape), ..self }
    }

    fn corrupt(&self, error: DecodeError) -> Error {
        Error::corrupt(format_args!("recording {}", self.id()), &error).with_source(error)
    }
}

impl Ranged {
    async fn read(&self, range: &Range<u64>) -> Result<Vec<u8>, Error> {
        check_value(&self.name, range)?;
        let mut values = Vec::new();
        for number in self.places.holding(range) {
            let block = self.block(number).await?;
            if let Some(place) = self.places.all.get(number) {
                values.extend_from_slice(place.part(&block, range));
            }
        }
        Ok(values)
    }

    async fn block(&self, number: usize) -> Result<Arc<Vec<u8>>, Error> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, block)) = recent.filter(|(recent, _)| *recent == number) {
            return Ok(block);
        }
        let name = &self.name;
        let place = self.places.all.get(number);
        let place =
            place.ok_or_else(|| Error::corrupt(name, "its values are said to go on behind its end"))?;
        let stored = place.stored();
        let (from, to) = (self.start.saturating_add(stored.start), self.start.saturating_add(stored.end));
        let packed = self.source.read_range(from..to).await?;
        if packed.len() as u64 != to - from {
            return Err(header::truncated(name, from + packed.len() as u64, to));
        }
        let block = Arc::new(unpack_one(name, number, &place.block, &packed)?);
        *self.recent.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, Arc::clone(&block)));
        Ok(block)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("id", self.id())
            .field("metadata", self.metadata())
            .field("calls", &self.calls().count())
            .finish_non_exhaustive()
    }
}

/// One call of an [`Opened`] recording.
#[derive(Clone, Copy)]
pub struct OpenedCall<'o> {
    opened: &'o Opened,
    call: Call<'o>,
}

impl<'o> OpenedCall<'o> {
    /// What kind of call it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.call.kind()
    }

    /// The alias it was recorded under; the category for the operation, the key for data.
    #[must_use]
    pub fn alias(&self) -> &'o str {
        self.call.alias()
    }

    /// The names of the recorded arguments in their order, or nothing where they are not known.
    #[must_use]
    pub fn argument_names(&self) -> &'o [Arc<str>] {
        self.call.argument_names()
    }

    /// The numbers that lead to the lane it was made in, empty for the operation's own lane.
    #[must_use]
    pub fn lane(&self) -> &'o [u32] {
        self.call.lane()
    }

    /// The number of the call in the order in which calls of the recording began, from 0.
    #[must_use]
    pub fn order(&self) -> u32 {
        self.call.order()
    }

    /// When it began, after the beginning of the operation.
    #[must_use]
    pub fn started(&self) -> Duration {
        self.call.started()
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.call.duration()
    }

    /// How it ended.
    #[must_use]
    pub fn end(&self) -> &'o End {
        self.call.end()
    }

    /// How many bytes the encoded arguments take; nothing is fetched.
    #[must_use]
    pub fn argument_length(&self) -> u64 {
        self.call.argument_length()
    }

    /// How many bytes the encoded result takes, 0 if the call did not return; nothing is fetched.
    #[must_use]
    pub fn result_length(&self) -> u64 {
        self.call.result_length()
    }

    /// Fetches the encoded arguments.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) if they are not what was saved, and whatever goes
    /// wrong with the place.
    pub async fn argument_bytes(&self) -> Result<Vec<u8>, Error> {
        match &self.opened.ranged {
            Some(ranged) => ranged.read(&self.call.entry().arguments).await,
            None => self.call.argument_bytes().map(Into::into).map_err(|error| self.opened.corrupt(error)),
        }
    }

    /// Fetches the encoded result; none if the call did not return.
    ///
    /// # Errors
    /// As [`argument_bytes`](Self::argument_bytes) has them.
    pub async fn result_bytes(&self) -> Result<Option<Vec<u8>>, Error> {
        match (&self.opened.ranged, self.end()) {
            (Some(ranged), End::Returned(range)) => ranged.read(range).await.map(Some),
            (Some(_), _) => Ok(None),
            (None, _) => {
                let bytes = self.call.result_bytes().map_err(|error| self.opened.corrupt(error))?;
                Ok(bytes.map(Into::into))
            }
        }
    }

    /// Fetches the arguments; a unit for data, which have none.
    ///
    /// # Errors
    /// As [`argument_bytes`](Self::argument_bytes) has them.
    pub async fn arguments(&self) -> Result<Value, Error> {
        if self.kind() == Kind::Data && self.argument_length() == 0 {
            return Ok(Value::Unit);
        }
        value::decode_value(&self.argument_bytes().await?).map_err(|error| self.opened.corrupt(error))
    }

    /// Fetches the result; none if the call did not return.
    ///
    /// # Errors
    /// As [`argument_bytes`](Self::argument_bytes) has them.
    pub async fn result(&self) -> Result<Option<Value>, Error> {
        let bytes = self.result_bytes().await?;
        bytes.map(|bytes| value::decode_value(&bytes)).transpose().map_err(|error| self.opened.corrupt(error))
    }
}

impl fmt::Debug for OpenedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} #{}", self.kind(), self.alias(), self.order())
    }
}

/// The values of a tape of which only the calls are looked at.
#[derive(Debug)]
struct Afar {
    length: u64,
}

impl StoredValues for Afar {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, _: Range<u64>) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        Err("the recording is only opened; load it".into())
    }
}
