//! What threads meet at: the standard library's, or in unit tests a scheduler's that tries out how they can interleave.
//!
//! So what is made of these works in unit tests only inside of a [model](super::model). How it behaves otherwise is tested
//! from outside of the crate.

#[cfg(test)]
pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};
#[cfg(not(test))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard, atomic::AtomicBool};
