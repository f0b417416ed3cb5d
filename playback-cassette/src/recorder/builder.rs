//! How a recorder is set up.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use playback_core::Service;

use super::candidate::{Calculator, Candidate, Rate};
use super::queue::{Limits, Queue};
use super::sampling::{Random, Sampling};
use super::stats::Counters;
use super::{Inner, TapeRecorder, writer};
use crate::{Cassette, Clock, IdGenerator, SystemClock};

const MIB: usize = 1024 * 1024;

/// Sets up a [`TapeRecorder`].
///
/// | what | by default |
/// |---|---|
/// | [`enabled`](Self::enabled) | yes |
/// | [`sampling_rate`](Self::sampling_rate) | 1: everything |
/// | [`forced_sampling`](Self::forced_sampling) | yes |
/// | [`sampling_calculator`](Self::sampling_calculator) | none: all that was recorded is saved |
/// | [`max_recording_bytes`](Self::max_recording_bytes) | 64 MiB |
/// | [`queue_recordings`](Self::queue_recordings) | 1,000 |
/// | [`queue_bytes`](Self::queue_bytes) | 256 MiB |
/// | [`concurrent_saves`](Self::concurrent_saves) | 16 |
#[must_use]
pub struct TapeRecorderBuilder {
    cassette: Box<dyn Cassette>,
    enabled: bool,
    sampling_rate: f64,
    forced_sampling: bool,
    calculator: Option<Box<Rate>>,
    seed: Option<u64>,
    service: Option<Service>,
    max_recording_bytes: usize,
    limits: Limits,
    concurrent_saves: usize,
    clock: Box<dyn Clock>,
    ids: IdGenerator,
}

impl TapeRecorderBuilder {
    pub(super) fn new(cassette: Box<dyn Cassette>) -> Self {
        Self {
            cassette,
            enabled: true,
            sampling_rate: 1.0,
            forced_sampling: true,
            calculator: None,
            seed: None,
            service: None,
            max_recording_bytes: 64 * MIB,
            limits: Limits { recordings: 1000, bytes: 256 * MIB },
            concurrent_saves: 16,
            clock: Box::new(SystemClock),
            ids: IdGenerator::random(),
        }
    }

    /// Whether to record from the start; see [`TapeRecorder::enable`].
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// The service that records, for the metadata: its name and its version.
    pub fn service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.service = Some(Service { name: name.into(), version: version.into() });
        self
    }

    /// The share of runs to keep of operations that state no rate of their own, from 0 (none) to 1 (all).
    /// What is less counts as 0, what is more as 1, what is no number as 0.
    pub fn sampling_rate(mut self, rate: f64) -> Self {
        self.sampling_rate = rate;
        self
    }

    /// Whether [`playback_core::force_sample_recording`] can keep a run that the sampling rate leaves out.
    /// Such a run must be recorded first, in case it is forced; without forcing, leaving it out costs
    /// nothing.
    pub fn forced_sampling(mut self, forced: bool) -> Self {
        self.forced_sampling = forced;
        self
    }

    /// Asks `rate`, once a recording is complete, for the share of such recordings to keep, from 0 to 1 as
    /// [`sampling_rate`](Self::sampling_rate) has it; what is left out is never sent, and counts as
    /// [`sampled_out`](crate::Stats::sampled_out). It has the last word, over runs that were forced too.
    ///
    /// It is called on the recorder's thread, where it holds up other saves and not the service. If it
    /// panics, the recording is not saved and counts as [`failed`](crate::Stats::failed).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use playback_cassette::{Candidate, Cassette, TapeRecorder};
    /// # fn example(cassette: impl Cassette + 'static) {
    /// // All that failed or was slow, and of the rest few of the large ones.
    /// let recorder = TapeRecorder::builder(cassette)
    ///     .sampling_calculator(|candidate: &Candidate| match candidate {
    ///         _ if candidate.failed() || candidate.duration() > Duration::from_secs(1) => 1.0,
    ///         _ if candidate.encoded_size() > 100_000 => 0.01,
    ///         _ => 0.2,
    ///     })
    ///     .build();
    /// # let _ = recorder; }
    /// ```
    pub fn sampling_calculator(
        mut self,
        rate: impl Fn(&Candidate<'_>) -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.calculator = Some(Box::new(rate));
        self
    }

    /// Draws samples from `seed`, the same ones in every run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The size past which a recording is given up while it is made, in bytes of encoded values and calls.
    /// Never more than [`queue_bytes`](Self::queue_bytes).
    pub fn max_recording_bytes(mut self, bytes: usize) -> Self {
        self.max_recording_bytes = bytes;
        self
    }

    /// How many recordings may wait or be on their way at most; those that end beyond it are dropped.
    pub fn queue_recordings(mut self, recordings: NonZeroUsize) -> Self {
        self.limits.recordings = recordings.get();
        self
    }

    /// How much memory recordings may take that wait or are on their way, in bytes; those that end beyond it
    /// are dropped.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// How many recordings are on their way to the cassette at the same time.
    pub fn concurrent_saves(mut self, saves: NonZeroUsize) -> Self {
        self.concurrent_saves = saves.get();
        self
    }

    /// The clock that says when operations begin.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// What makes the ids.
    pub fn ids(mut self, ids: IdGenerator) -> Self {
        self.ids = ids;
        self
    }

    /// The recorder, its thread running.
    ///
    /// If the machine cannot give it a thread, that is told as a `tracing` event, and the recorder drops
    /// and counts all that it is given, as if it were closed: a service does not fail for its recorder.
    #[must_use]
    pub fn build(self) -> TapeRecorder {
        let queue = Arc::new(Queue::new(self.limits));
        let random = Random::new(self.seed.map(u64::reverse_bits));
        let calculator = self.calculator.map(|rate| Calculator { rate, random });
        let thread = writer::spawn(self.cassette, Arc::clone(&queue), self.concurrent_saves, calculator);
        TapeRecorder(Arc::new(Inner {
            enabled: AtomicBool::new(self.enabled),
            sampling: Sampling {
                rate: self.sampling_rate,
                forced: self.forced_sampling,
                random: Random::new(self.seed),
            },
            service: self.service,
            max_recording_bytes: self.max_recording_bytes.min(self.limits.bytes),
            clock: self.clock,
            ids: self.ids,
            counters: Counters::default(),
            queue,
            thread: Mutex::new(thread),
        }))
    }
}
