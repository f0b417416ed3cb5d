//! How a recorder is set up.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use playback_core::Service;

use super::back_off::BackOff;
use super::backlog::Limits;
use super::breaker::Breaker;
use super::candidate::{Calculator, Candidate, Rate};
use super::counters::Counters;
use super::guarded::Guarded;
use super::health::Gate;
use super::queue::Queue;
use super::sampling::{Categories, Random, Refused, Samples, Sampling};
use super::spill::Overflow;
use super::{Inner, Large, TapeRecorder, metrics, writer};
use crate::{Cassette, Clock, IdGenerator, SystemClock};

const MIB: usize = 1024 * 1024;

/// The most that a recording takes in memory while it is made.
const MAX_IN_MEMORY: usize = 64 * MIB;

/// The most that a recording takes anywhere, unless told otherwise.
const MAX_SPILLED: u64 = 1 << 30;

/// Sets up a [`TapeRecorder`].
///
/// | what | by default |
/// |---|---|
/// | [`enabled`](Self::enabled) | yes |
/// | [`sampling`](Self::sampling), [`sampling_rate`](Self::sampling_rate) | everything |
/// | [`sampling_of`](Self::sampling_of) a category | as of all |
/// | [`forced_sampling`](Self::forced_sampling) | yes |
/// | [`sampling_calculator`](Self::sampling_calculator) | none: all that was recorded is saved |
/// | [`max_recording_bytes`](Self::max_recording_bytes) | 1 GiB; 64 MiB without temporary files |
/// | [`max_recording_calls`](Self::max_recording_calls) | 100,000 |
/// | [`max_value_bytes`](Self::max_value_bytes) | 64 MiB |
/// | [`spill`](Self::spill) | yes: large recordings go to temporary files while they are made |
/// | [`spill_past`](Self::spill_past) | 8 MiB |
/// | [`spill_queue_bytes`](Self::spill_queue_bytes) | 32 MiB |
/// | [`spill_disk_bytes`](Self::spill_disk_bytes) | 4 GiB, in 256 files at most |
/// | [`spill_directory`](Self::spill_directory) | that of the system |
/// | [`queue_recordings`](Self::queue_recordings) | 1,000 |
/// | [`queue_bytes`](Self::queue_bytes) | 256 MiB |
/// | [`concurrent_saves`](Self::concurrent_saves) | 16 |
/// | [`niceness`](Self::niceness) | 10 |
/// | [`back_off`](Self::back_off) | past three quarters of the queue |
/// | [`breaker`](Self::breaker) | after 20 failed saves, for a second at first |
#[must_use]
pub struct TapeRecorderBuilder {
    cassette: Box<dyn Cassette>,
    enabled: bool,
    sampling: Sampling,
    sampling_of: HashMap<String, Sampling>,
    forced_sampling: bool,
    calculator: Option<Box<Rate>>,
    seed: Option<u64>,
    service: Option<Service>,
    max_recording_bytes: Option<usize>,
    max_recording_calls: usize,
    max_value_bytes: usize,
    spill: bool,
    spill_past: usize,
    spill_queue_bytes: usize,
    spill_disk_bytes: u64,
    spill_directory: Option<PathBuf>,
    limits: Limits,
    concurrent_saves: usize,
    niceness: u8,
    back_off: Option<BackOff>,
    breaker: Option<Breaker>,
    clock: Guarded,
    ids: IdGenerator,
}

impl TapeRecorderBuilder {
    pub(super) fn new(cassette: Box<dyn Cassette>) -> Self {
        Self {
            cassette,
            enabled: true,
            sampling: Sampling::all(),
            sampling_of: HashMap::new(),
            forced_sampling: true,
            calculator: None,
            seed: None,
            service: None,
            max_recording_bytes: None,
            max_recording_calls: 100_000,
            max_value_bytes: MAX_IN_MEMORY,
            spill: true,
            spill_past: 8 * MIB,
            spill_queue_bytes: 32 * MIB,
            spill_disk_bytes: 4 << 30,
            spill_directory: None,
            limits: Limits { recordings: 1000, bytes: 256 * MIB },
            concurrent_saves: 16,
            niceness: 10,
            back_off: Some(BackOff::default()),
            breaker: Some(Breaker::default()),
            clock: Guarded::new(SystemClock),
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

    /// Which runs to keep of operations whose category has [nothing said of it](Self::sampling_of). An operation's own
    /// rate comes before that of this one.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Which runs to keep of the operations of one category, whatever they state themselves.
    pub fn sampling_of(mut self, category: impl Into<String>, sampling: Sampling) -> Self {
        self.sampling_of.insert(category.into(), sampling);
        self
    }

    /// The share of runs to keep of operations that state no rate of their own, from 0 (none) to 1 (all): the same as
    /// [`sampling`](Self::sampling) by [`Sampling::rate`].
    pub fn sampling_rate(self, rate: f64) -> Self {
        self.sampling(Sampling::rate(rate))
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

    /// The size past which a recording is given up while it is made, in bytes of encoded values, calls, names and fields of
    /// metadata.
    /// What of it is in memory is never more than 64 MiB if it can [spill](Self::spill), and never more than
    /// [`queue_bytes`](Self::queue_bytes).
    pub fn max_recording_bytes(mut self, bytes: usize) -> Self {
        self.max_recording_bytes = Some(bytes);
        self
    }

    /// The number of inputs, outputs and kept data past which a recording is given up while it is made. It counts as
    /// [`too_many_calls`](crate::Discarded::too_many_calls).
    pub fn max_recording_calls(mut self, calls: usize) -> Self {
        self.max_recording_calls = calls;
        self
    }

    /// The size past which a single value, or a field of metadata, is not encoded to its end, in bytes, and its recording
    /// given up: a service is not held up by what is not kept. It counts as
    /// [`value_too_large`](crate::Discarded::value_too_large). Where that is more than a recording may take as a whole, it
    /// counts as [`too_large`](crate::Discarded::too_large).
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.max_value_bytes = bytes;
        self
    }

    /// Whether the values of a recording that grows large go to an anonymous temporary file while it is made,
    /// compressed, and are saved from there in parts, so that memory stays bounded.
    ///
    /// The service only hands them over, to a thread of the recorder's own. If the disk fails, is full or does
    /// not keep up, the recording is given up, and counts as
    /// [`unspillable`](crate::Discarded::unspillable).
    pub fn spill(mut self, spill: bool) -> Self {
        self.spill = spill;
        self
    }

    /// How many bytes of values a recording keeps in memory before it spills. If that is more than it may take
    /// in memory, it does not spill.
    pub fn spill_past(mut self, bytes: usize) -> Self {
        self.spill_past = bytes;
        self
    }

    /// How many bytes of values, of all recordings together, may wait to be written to temporary files; a
    /// recording that has more is given up. One value at a time that is larger than all that may wait, waits beside
    /// them. [`spilling_bytes`](crate::Stats::spilling_bytes) are how many wait.
    pub fn spill_queue_bytes(mut self, bytes: usize) -> Self {
        self.spill_queue_bytes = bytes;
        self
    }

    /// How many bytes temporary files may take together, compressed: those of recordings that are being made, that
    /// wait to be saved and that are on their way. A recording that needs more is given up, and so is one that
    /// would need the 257th file, for each takes a file descriptor of the process. A store that is down for long
    /// fills no disk.
    pub fn spill_disk_bytes(mut self, bytes: u64) -> Self {
        self.spill_disk_bytes = bytes;
        self
    }

    /// The directory in which temporary files are made. They have no names, and are gone when the process is.
    pub fn spill_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.spill_directory = Some(directory.into());
        self
    }

    /// How many recordings may wait or be on their way at most; those that end beyond it are dropped.
    pub fn queue_recordings(mut self, recordings: NonZeroUsize) -> Self {
        self.limits.recordings = recordings.get();
        self
    }

    /// How much memory recordings may take that wait or are on their way, in bytes of whatever they are made of: values
    /// that have not left it, calls, names and metadata. Those that end beyond it are dropped.
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// How many recordings are on their way to the cassette at the same time.
    pub fn concurrent_saves(mut self, saves: NonZeroUsize) -> Self {
        self.concurrent_saves = saves.get();
        self
    }

    /// How much the recorder's threads, and those that saving starts, give way to the service's where all cores are busy: what
    /// is added to the process's own niceness, 0 to 19. Where there is time left, nothing is saved any later. Where there is
    /// none, the queue fills, and recording [gives way](Self::back_off), rather than the service. On Linux; elsewhere threads
    /// have no priority of their own, and this does nothing.
    pub fn niceness(mut self, niceness: u8) -> Self {
        self.niceness = niceness;
        self
    }

    /// How to give way to a store that cannot keep up; none to record on, and drop what does not fit into the queue.
    pub fn back_off(mut self, back_off: impl Into<Option<BackOff>>) -> Self {
        self.back_off = back_off.into();
        self
    }

    /// How to leave a store alone that fails; none to go on trying, with each recording.
    pub fn breaker(mut self, breaker: impl Into<Option<Breaker>>) -> Self {
        self.breaker = breaker.into();
        self
    }

    /// The clock that says when operations begin, and how long pauses last. Where it panics, the service's threads go by
    /// the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Guarded::new(clock);
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
    pub fn build(mut self) -> TapeRecorder {
        let (max_bytes, large) = self.large();
        metrics::describe();
        let gate = Gate::new(self.back_off, self.breaker, self.seed.map(|seed| seed.rotate_left(32)));
        let queue = Arc::new(Queue::new(self.limits, gate, self.clock.clone()));
        let random = Random::new(self.seed.map(u64::reverse_bits));
        let calculator = self.calculator.map(|rate| Calculator { rate, random });
        let thread = writer::spawn(
            self.cassette,
            Arc::clone(&queue),
            self.concurrent_saves,
            calculator,
            self.niceness,
        );
        TapeRecorder(Arc::new(Inner {
            enabled: AtomicBool::new(self.enabled),
            samples: Samples {
                all: self.sampling,
                of: self.sampling_of,
                forced: self.forced_sampling,
                random: Random::new(self.seed),
                categories: Categories::default(),
                refused: Refused::default(),
            },
            service: self.service,
            max_bytes,
            max_calls: self.max_recording_calls,
            max_value_bytes: self.max_value_bytes,
            large,
            clock: self.clock,
            ids: self.ids,
            counters: Counters::default(),
            queue,
            thread: Mutex::new(thread),
        }))
    }

    /// How much a recording may take in memory, and what becomes of it past that.
    fn large(&mut self) -> (usize, Option<Large>) {
        let in_memory = MAX_IN_MEMORY.min(self.limits.bytes);
        if !self.spill || self.spill_past >= in_memory {
            return (self.max_recording_bytes.unwrap_or(MAX_IN_MEMORY).min(self.limits.bytes), None);
        }
        let max_bytes = self.max_recording_bytes.map_or(MAX_SPILLED, |bytes| bytes as u64);
        let directory = self.spill_directory.take();
        let overflow = Overflow::new(directory, self.spill_queue_bytes, self.spill_disk_bytes, self.niceness);
        let in_memory = self.max_recording_bytes.map_or(in_memory, |bytes| bytes.min(in_memory));
        (in_memory, Some(Large { past: self.spill_past, max_bytes, overflow: Arc::new(overflow) }))
    }
}
