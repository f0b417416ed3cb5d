//! A recorder for tests: at once, in memory, and the same ids every time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use playback_core::{
    DiscardReason, Finished, OperationStart, Recorder, Recording, RecordingId, RecordingStart, Service,
};

/// 2026-01-01T00:00:00Z, in seconds after the Unix epoch.
const NEW_YEAR: u64 = 1_767_225_600;

/// Keeps every recording in memory, in the order in which they ended.
///
/// Its clock stands still at the beginning of 2026 and its ids count up, so that a test sees the same in
/// every run: the first recording of `Checkout` is `Checkout/20260101/01KDVDNA000000000000000001`. Clones
/// keep to the same place. Sampling rates are not looked at: a test records to see the recording.
///
/// ```
/// use playback_core::{RecorderExt, operation};
/// use playback_testkit::MemoryRecorder;
///
/// let recorder = MemoryRecorder::new();
/// recorder.scope_blocking(|| operation("Count").args(&("a b",)).run(|| 2));
/// let [recording] = &recorder.recordings()[..] else { panic!("one operation, one recording") };
/// assert_eq!(recording.id().to_string(), "Count/20260101/01KDVDNA000000000000000001");
/// ```
#[derive(Debug, Clone)]
pub struct MemoryRecorder {
    service: Option<Service>,
    only_if_forced: bool,
    max_bytes: usize,
    max_calls: usize,
    max_value_bytes: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    started: u64,
    recordings: Vec<Recording>,
    discarded: Vec<(RecordingId, DiscardReason)>,
}

impl MemoryRecorder {
    /// A recorder that has kept nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            service: None,
            only_if_forced: false,
            max_bytes: usize::MAX,
            max_calls: usize::MAX,
            max_value_bytes: usize::MAX,
            kept: Arc::default(),
        }
    }

    /// Names the service in the metadata of what is recorded.
    #[must_use]
    pub fn service(mut self, name: &str, version: &str) -> Self {
        self.service = Some(Service { name: name.to_owned(), version: version.to_owned() });
        self
    }

    /// Keeps only what [`force_sample_recording`](playback_core::force_sample_recording) was called for.
    #[must_use]
    pub fn only_if_forced(mut self) -> Self {
        self.only_if_forced = true;
        self
    }

    /// Gives up a recording that grows past this many bytes.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Gives up a recording that makes more calls than this.
    #[must_use]
    pub fn max_calls(mut self, max_calls: usize) -> Self {
        self.max_calls = max_calls;
        self
    }

    /// Gives up a recording with a value of more than this many bytes.
    #[must_use]
    pub fn max_value_bytes(mut self, max_bytes: usize) -> Self {
        self.max_value_bytes = max_bytes;
        self
    }

    /// What was recorded, in the order in which the operations ended.
    #[must_use]
    pub fn recordings(&self) -> Vec<Recording> {
        self.kept().recordings.clone()
    }

    /// What was not kept, and why.
    #[must_use]
    pub fn discarded(&self) -> Vec<(RecordingId, DiscardReason)> {
        self.kept().discarded.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing is left half done under the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryRecorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder for MemoryRecorder {
    fn start(&self, operation: &OperationStart<'_>) -> Option<RecordingStart> {
        let number = {
            let mut kept = self.kept();
            kept.started += 1;
            kept.started
        };
        let id = RecordingId::new(operation.category, "20260101", std::str::from_utf8(&ulid(number)).ok()?);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NEW_YEAR);
        Some(RecordingStart {
            service: self.service.clone(),
            only_if_forced: self.only_if_forced,
            max_bytes: self.max_bytes,
            max_calls: self.max_calls,
            max_value_bytes: self.max_value_bytes,
            ..RecordingStart::new(id.ok()?, now)
        })
    }

    fn finish(&self, finished: Finished) {
        let mut kept = self.kept();
        match finished {
            Finished::Recorded(recording) => kept.recordings.push(recording),
            Finished::Discarded { id, reason } => kept.discarded.push((id, reason)),
        }
    }
}

/// A ULID of the clock's time, counted up in decimal digits, which are digits of base 32 as well.
fn ulid(number: u64) -> [u8; 26] {
    const COUNTED: usize = 16;
    let mut ulid = *b"01KDVDNA000000000000000000";
    let mut left = number;
    // By hand, since what a test measures is not to be this.
    for digit in ulid.iter_mut().rev().take(COUNTED) {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    ulid
}
