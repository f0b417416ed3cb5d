//! Assertions on a replay.

use playback_core::Playback;
use playback_equalizer::{Criteria, Status};

use crate::AssertRun;

/// Asserts on a replay.
///
/// ```
/// # async fn add(one: u64, other: u64) -> u64 {
/// #     playback_core::operation("Add").args(&(one, other)).run_async(async move { one + other }).await
/// # }
/// use playback_testkit::{assert_replay, record};
///
/// # futures::executor::block_on(async {
/// let recording = record(add(2, 3)).await.recording();
/// let playback = playback_core::replay(&recording, |recording| {
///     let (one, other) = recording.arguments()?;
///     Ok(add(one, other))
/// })
/// .await?;
/// assert_replay(&playback).equal().all_inputs_read().replayed().returned(&5);
/// # Ok::<(), playback_core::ReplayError>(()) }).unwrap();
/// ```
pub fn assert_replay(playback: &Playback) -> AssertReplay<'_> {
    AssertReplay { playback }
}

/// A replay to be asserted on. See [`assert_replay`].
#[derive(Debug, Clone, Copy)]
pub struct AssertReplay<'p> {
    playback: &'p Playback,
}

impl<'p> AssertReplay<'p> {
    /// What went out is what was recorded: the result, and every output.
    ///
    /// # Panics
    /// If it is not, with the differences.
    #[track_caller]
    pub fn equal(self) -> Self {
        self.equal_by(&Criteria::new())
    }

    /// What went out is what was recorded, as far as it counts.
    ///
    /// # Panics
    /// If it is not, with the differences.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub fn equal_by(self, criteria: &Criteria) -> Self {
        let verdict = criteria.judge(self.playback);
        if verdict.status != Status::Equal {
            let id = self.playback.recording().id();
            panic!("the replay of {id} is {verdict}\n(recorded -> replayed)");
        }
        self
    }

    /// Every recorded input was read.
    ///
    /// # Panics
    /// If one was not.
    #[track_caller]
    pub fn all_inputs_read(self) -> Self {
        let unread: Vec<String> = self.playback.unread_inputs().map(|call| format!("\n  {call:?}")).collect();
        if !unread.is_empty() {
            self.replayed().fail(&format!("recorded inputs were not read:{}", unread.concat()));
        }
        self
    }

    /// Nothing was called outside the replay.
    ///
    /// # Panics
    /// If something was.
    #[track_caller]
    pub fn no_escapes(self) -> Self {
        let escapes: Vec<String> =
            self.playback.escapes().iter().map(|escape| format!("\n  {escape}")).collect();
        if !escapes.is_empty() {
            self.replayed().fail(&format!("the replay did not keep to itself:{}", escapes.concat()));
        }
        self
    }

    /// What ran in the replay, to be asserted on call by call.
    #[must_use = "nothing is asserted of it yet"]
    pub fn replayed(self) -> AssertRun<'p> {
        AssertRun::replayed(self.playback.replayed())
    }
}
