//! Encoding without allocation: buffers that are used again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::context::Muted;
use crate::pool::{self, Pool};
use crate::value::BufferedEncoder;

/// How large a buffer a thread keeps, so that one large value does not stay for good.
const KEPT_BYTES: usize = 1 << 20;

thread_local! {
    static POOL: Pool<BufferedEncoder> = const { Pool::new() };
}

/// An encoder and its buffer, from the thread's pool and back to it when dropped.
#[derive(Default)]
pub(crate) struct Scratch {
    encoder: Option<Box<BufferedEncoder>>,
    marked: bool,
    /// How many bytes one value may have, where that is bounded.
    max_bytes: Option<usize>,
}

impl Scratch {
    pub(crate) fn take() -> Self {
        Self { encoder: pool::take(&POOL), ..Self::default() }
    }

    /// One that stops writing a value that grows past a bound.
    pub(crate) fn bounded(max_bytes: Option<usize>) -> Self {
        let mut scratch = Self::take();
        scratch.max_bytes = max_bytes;
        scratch
    }

    /// What was written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.encoder.as_ref().map_or(&[], |encoder| encoder.bytes())
    }

    /// Whether something in the last value is marked as secret.
    pub(crate) fn has_marked(&self) -> bool {
        self.marked
    }

    /// Puts other bytes in the place of what was written behind the first `start` bytes.
    pub(crate) fn replace(&mut self, start: usize, bytes: &[u8]) {
        if let Some(encoder) = &mut self.encoder {
            encoder.truncate(start);
            encoder.put_encoded(bytes);
        }
        self.marked = false;
    }

    /// Writes a value behind what was written so far, with what is secret in it marked. Nothing is written where that
    /// fails or panics.
    pub(crate) fn write(&mut self, write: &mut Write<'_>) -> Result<(), Unwritten> {
        let encoder = self.encoder.get_or_insert_default();
        let before = encoder.bytes().len();
        encoder.limit(self.max_bytes);
        let written = guarded(|| write(encoder));
        self.marked = written.is_ok() && encoder.has_marked();
        let Err(error) = written else { return Ok(()) };
        let reached_limit = encoder.has_reached_limit();
        encoder.truncate(before);
        encoder.reset();
        match self.max_bytes {
            Some(max_bytes) if reached_limit => Err(Unwritten::TooLarge { max_bytes }),
            _ => Err(Unwritten::Failed(error)),
        }
    }
}

/// Why a value was not written.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// It takes more bytes than it may.
    TooLarge { max_bytes: usize },
    /// Writing it failed, or it could not be made.
    Failed(String),
}

impl From<String> for Unwritten {
    fn from(error: String) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { max_bytes } => write!(f, "encoded, it is larger than {max_bytes} bytes"),
            Self::Failed(error) => f.write_str(error),
        }
    }
}

/// Something that writes one value.
pub(crate) type Write<'w> = dyn FnMut(&mut BufferedEncoder) -> Result<(), String> + 'w;

/// Writes a value as it is.
pub(crate) fn plain<T: Serialize + ?Sized>(
    value: &T,
) -> impl FnMut(&mut BufferedEncoder) -> Result<(), String> {
    move |encoder| encoder.encode(value).map_err(|error| error.to_string())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(mut encoder) = self.encoder.take()
            && encoder.capacity() <= KEPT_BYTES
        {
            encoder.truncate(0);
            pool::give_back(&POOL, encoder);
        }
    }
}

/// Runs code of the user's that recording must survive, and that is no part of what is recorded: a panic in it counts as
/// failing, and what it calls is as if nothing were there.
pub(crate) fn guarded<R>(code: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    let _muted = Muted::new();
    caught(code).flatten()
}

/// Runs code of the user's that recording must survive: a panic in it counts as failing.
pub(crate) fn caught<R>(code: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(code))
        .map_err(|panic| format!("it panicked: {}", panic_message(panic.as_ref())))
}

/// The text of a panic.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("with a value that is no text")
}
