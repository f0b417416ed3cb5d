//! Whether to keep a recording that is complete.

use std::cell::OnceCell;
use std::fmt;
use std::time::Duration;

use playback_core::{Metadata, Recording, RecordingId};

use super::sampling::Random;
use crate::format;

/// A recording that is about to be saved, for a
/// [sampling calculator](crate::TapeRecorderBuilder::sampling_calculator) to look at.
pub struct Candidate<'a> {
    recording: &'a Recording,
    encoded_size: OnceCell<u64>,
}

impl<'a> Candidate<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Self { recording, encoded_size: OnceCell::new() }
    }

    /// The recording as a whole.
    #[must_use]
    pub fn recording(&self) -> &'a Recording {
        self.recording
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> &'a RecordingId {
        self.recording.id()
    }

    /// The category of the operation.
    #[must_use]
    pub fn category(&self) -> &'a str {
        self.recording.id().category()
    }

    /// What is known of it.
    #[must_use]
    pub fn metadata(&self) -> &'a Metadata {
        self.recording.metadata()
    }

    /// How long the operation took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.metadata().duration
    }

    /// Whether the operation returned an `Err`.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.metadata().failed
    }

    /// How many bytes it takes in memory; values that have left it do not count. Costs little to ask.
    #[must_use]
    pub fn memory_size(&self) -> usize {
        self.recording.size()
    }

    /// How many bytes its tape file takes, compressed. The first call encodes and compresses it, on the
    /// recorder's thread, and saving does that once more. 0 if it cannot be encoded, which the save then says.
    #[must_use]
    pub fn encoded_size(&self) -> u64 {
        let encode = || format::TapeFile::of(self.recording).map_or(0, |file| file.length());
        *self.encoded_size.get_or_init(encode)
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("id", self.id())
            .field("metadata", self.metadata())
            .finish_non_exhaustive()
    }
}

/// A sampling calculator.
pub(super) type Rate = dyn Fn(&Candidate<'_>) -> f64 + Send + Sync;

/// What a sampling calculator says, and what is drawn from it.
pub(super) struct Calculator {
    pub(super) rate: Box<Rate>,
    /// Apart from that of the sampling rates, so that a seed gives the same draws however threads interleave.
    pub(super) random: Random,
}

impl Calculator {
    /// Whether to keep the recording.
    pub(super) fn keeps(&self, recording: &Recording) -> bool {
        self.random.draws((self.rate)(&Candidate::new(recording)))
    }
}
