//! What can be sent to and shared with other threads, and used again after a panic.

use std::panic::{RefUnwindSafe, UnwindSafe};

use playback_testkit::faults::{Faulty, Method, SetClock};
use playback_testkit::{
    AssertReplay, AssertRun, Fixtures, MemoryCassette, MemoryRecorder, Recorded, Replays,
};

/// Can be shared between threads.
fn shared<T: Send + Sync>() {}

/// Can be looked at after what used it has panicked.
fn outlives_a_panic<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn what_tests_use_is_shared_between_threads() {
    shared::<(MemoryCassette, MemoryRecorder, Fixtures, Faulty<MemoryCassette>, SetClock, Method)>();
    shared::<(Recorded<u32>, AssertRun, AssertReplay)>();
    fn sent<T: Send>() {}
    sent::<Replays>();
}

#[test]
fn what_a_failed_assertion_leaves_can_be_looked_at() {
    outlives_a_panic::<(MemoryCassette, MemoryRecorder, Fixtures, SetClock, Method, Recorded<u32>)>();
}
