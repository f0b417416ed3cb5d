//! Recording what a test runs.

use std::future::Future;

use playback_core::{DiscardReason, RecorderExt, Recording, RecordingId};

use crate::MemoryRecorder;

/// Runs `future` under a [`MemoryRecorder`] of its own and gives back what it recorded.
///
/// Nothing global is touched: tests that run at the same time do not see each other.
///
/// ```
/// # futures::executor::block_on(async {
/// use playback_core::operation;
///
/// let recorded = playback_testkit::record(async { operation("Add").args(&(1, 2)).run(|| 1 + 2) }).await;
/// assert_eq!(recorded.result, 3);
/// assert_eq!(recorded.recording().arguments::<(u8, u8)>()?, (1, 2));
/// # Ok::<(), playback_core::ReplayError>(()) }).unwrap();
/// ```
pub async fn record<F: Future>(future: F) -> Recorded<F::Output> {
    let recorder = MemoryRecorder::new();
    let result = recorder.scope(future).await;
    Recorded::of(result, &recorder)
}

/// Runs `body` under a [`MemoryRecorder`] of its own and gives back what it recorded. See [`record`].
///
/// ```
/// use playback_core::operation;
///
/// let recorded = playback_testkit::record_blocking(|| operation("Add").args(&(1, 2)).run(|| 1 + 2));
/// assert_eq!(recorded.result, 3);
/// assert_eq!(recorded.recording().id().category(), "Add");
/// ```
pub fn record_blocking<R>(body: impl FnOnce() -> R) -> Recorded<R> {
    let recorder = MemoryRecorder::new();
    let result = recorder.scope_blocking(body);
    Recorded::of(result, &recorder)
}

/// What a test ran and what was recorded of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded<R> {
    /// What the future or closure returned.
    pub result: R,
    /// A recording for each operation, in the order in which they ended.
    pub recordings: Vec<Recording>,
    /// The recordings that were not kept, and why.
    pub discarded: Vec<(RecordingId, DiscardReason)>,
}

impl<R> Recorded<R> {
    fn of(result: R, recorder: &MemoryRecorder) -> Self {
        Self { result, recordings: recorder.recordings(), discarded: recorder.discarded() }
    }

    /// The one recording that was made.
    ///
    /// # Panics
    /// If none or several were made, saying which and what was discarded.
    #[track_caller]
    #[must_use]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub fn recording(self) -> Recording {
        let Self { recordings, discarded, .. } = self;
        match <[Recording; 1]>::try_from(recordings) {
            Ok([recording]) => recording,
            Err(none) if none.is_empty() && discarded.is_empty() => {
                panic!("nothing was recorded: the code under test entered no operation")
            }
            Err(none) if none.is_empty() => {
                let why: Vec<String> = discarded.iter().map(|(id, why)| format!("\n  {id}: {why}")).collect();
                panic!("every recording was discarded:{}", why.concat())
            }
            Err(several) => {
                let ids: Vec<String> =
                    several.iter().map(|recording| format!("\n  {}", recording.id())).collect();
                panic!("{} recordings were made; take one of `recordings`:{}", several.len(), ids.concat())
            }
        }
    }
}
