//! What goes wrong, on demand: a cassette that fails, panics, waits or corrupts, a process that is killed, whose
//! disk is full or that runs out of file handles, and a clock that a test sets.
//!
//! For ids that a test knows there is [`IdGenerator::seeded`](playback_cassette::IdGenerator::seeded), for recordings
//! with the same ids in every run [`MemoryRecorder`](crate::MemoryRecorder).

mod clock;
mod faulty;
mod victim;

pub use clock::SetClock;
pub use faulty::{Faulty, Method};
pub use victim::Victim;
