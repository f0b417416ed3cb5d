//! What the fuzz targets have in common: a bound on the memory that an input may cost.
//!
//! Each target reads bytes as a stranger may have written them, and asserts more than that nothing panics: what was
//! read is written and read again as the same.

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// What any input may cost, in bytes.
const BASE: usize = 256 << 10;

/// Reads an input, which may take so many bytes of memory for each of its own, and some to begin with: past that the
/// process aborts, which is a finding.
pub fn within<R>(each: usize, input: &[u8], read: impl FnOnce() -> R) -> R {
    let most = MEMORY.allocated() + BASE + each * input.len();
    assert!(MEMORY.set_limit(most).is_ok(), "the limit is above what is taken");
    let read = read();
    assert!(MEMORY.set_limit(usize::MAX).is_ok(), "no limit is above what is taken");
    read
}

/// The input as text, with what is none replaced.
#[must_use]
pub fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}
