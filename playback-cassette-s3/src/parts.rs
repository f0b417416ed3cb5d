//! Tapes that are sent, and fetched, in parts.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use object_store::path::Path as Key;
use object_store::{
    Error as StoreError, GetResult, GetResultPayload, MultipartUpload, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutPayload, UploadPart,
};
use playback_cassette::format::{self, Incoming, ReadRange, TapeFile};
use playback_cassette::{Error, Recording, RecordingId};

use crate::failure::of_recording;
use crate::room::{Room, Taken};

/// How long a tape may be to be sent by one request, in bytes: 16 MiB.
pub(crate) const MAX_PUT_BYTES: u64 = 16 << 20;

/// How long a part is, in bytes, unless there would be too many of them: 5 MiB, the
/// least that S3 takes, since what is on its way is in memory.
const PART_BYTES: u64 = 5 << 20;

/// How many parts an object may have; S3 takes 10,000.
const MAX_PARTS: u64 = 9_000;

/// How many parts of one tape are on their way at the same time: few, where only those are in memory.
const CONCURRENT_OF_FILE: usize = 2;
const CONCURRENT_OF_MEMORY: usize = 4;

/// A tape that is sent in parts.
pub(crate) enum Large {
    /// Its values are in a file; a part takes room when it is read.
    File(TapeFile),
    /// All of it is in memory and has room already, in one piece.
    Memory(PutPayload),
}

impl Large {
    fn length(&self) -> u64 {
        match self {
            Self::File(tape) => tape.length(),
            Self::Memory(bytes) => bytes.content_length() as u64,
        }
    }

    fn parts(&self, bytes: u64) -> Box<dyn Iterator<Item = Result<PutPayload, Error>> + Send + '_> {
        match self {
            Self::File(tape) => Box::new(tape.parts(bytes).map(|part| Ok(part?.into()))),
            Self::Memory(whole) => {
                let (length, bytes) = (whole.content_length(), usize::try_from(bytes).unwrap_or(usize::MAX));
                let part = move |start: usize| {
                    let range = start..length.min(start.saturating_add(bytes));
                    Ok(whole.iter().map(|piece| piece.slice(range.clone())).collect())
                };
                Box::new((0..length).step_by(bytes).map(part))
            }
        }
    }
}

/// An object of a recording.
pub(crate) struct Object {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) place: Arc<str>,
    pub(crate) id: RecordingId,
    pub(crate) key: Key,
    pub(crate) room: Room,
}

impl Object {
    fn failed(&self, error: StoreError, act: &str) -> Error {
        of_recording(error, act, &self.id, &self.place)
    }

    /// Sends a tape in parts. The object is there when all are; after an error, nothing of them is.
    pub(crate) async fn put(&self, tape: &Large, options: PutMultipartOptions) -> Result<(), Error> {
        let upload = self.store.put_multipart_opts(&self.key, options).await;
        let mut upload = upload.map_err(|error| self.failed(error, "save"))?;
        let sent = match self.send(upload.as_mut(), tape).await {
            Ok(()) => upload.complete().await.map(drop).map_err(|error| self.failed(error, "save")),
            Err(error) => Err(error),
        };
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            // What is left costs room and is never visible.
            tracing::warn!(recording = %self.id, "the parts of a tape that failed could not be removed: {error}");
        }
        sent
    }

    async fn send(&self, upload: &mut dyn MultipartUpload, tape: &Large) -> Result<(), Error> {
        let bytes = PART_BYTES.max(tape.length().div_ceil(MAX_PARTS));
        let mut parts = tape.parts(bytes);
        let mut sending = FuturesUnordered::new();
        for _ in 0..tape.length().div_ceil(bytes) {
            // Before the part is read, so that no more are in memory than are on their way.
            let room = self.room_for_a_part(tape, bytes, &mut sending).await?;
            let Some(part) = parts.next() else { break };
            let part = upload.put_part(part?);
            sending.push(part.inspect(move |_| drop(room)).boxed());
        }
        while let Some(sent) = sending.next().await {
            sent.map_err(|error| self.failed(error, "save"))?;
        }
        Ok(())
    }

    /// Waits until there is room for one more part: for other tapes only when none of this one has any.
    async fn room_for_a_part(
        &self,
        tape: &Large,
        bytes: u64,
        sending: &mut FuturesUnordered<UploadPart>,
    ) -> Result<Taken, Error> {
        loop {
            let room = match tape {
                Large::File(_) if sending.len() < CONCURRENT_OF_FILE => self.room.try_take(bytes),
                Large::Memory(_) if sending.len() < CONCURRENT_OF_MEMORY => Some(None),
                _ => None,
            };
            if let Some(room) = room {
                return Ok(room);
            }
            match sending.next().await {
                Some(sent) => sent.map_err(|error| self.failed(error, "save"))?,
                None => return Ok(self.room.take(bytes).await),
            }
        }
    }

    /// Fetches a tape, into memory or, if it is large, into a temporary file.
    pub(crate) async fn load(&self) -> Result<Recording, Error> {
        let failed = |error| self.failed(error, "load");
        let object = self.store.get(&self.key).await.map_err(failed)?;
        if object.meta.size <= format::MAX_MEMORY_BYTES {
            return format::decode_recording(&self.id, &object.bytes().await.map_err(failed)?);
        }
        match object {
            // It is a file of this machine already; what replaces or deletes it leaves this one whole.
            GetResult { payload: GetResultPayload::File(file, _), .. } => {
                format::decode_recording_file(&self.id, file)
            }
            object => {
                let mut incoming = Incoming::new();
                let mut pieces = object.into_stream();
                while let Some(piece) = pieces.next().await {
                    incoming.write(&piece.map_err(failed)?)?;
                }
                incoming.decode_recording(&self.id)
            }
        }
    }
}

#[async_trait]
impl ReadRange for Object {
    async fn read_range(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = self.store.get_range(&self.key, range).await;
        bytes.map(Into::into).map_err(|error| self.failed(error, "load"))
    }
}
