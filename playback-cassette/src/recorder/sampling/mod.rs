//! Which operations to record, and which recordings to keep.

mod budget;
mod categories;
mod decision;
mod policy;
mod random;
mod refused;
mod slowest;
mod token_bucket;

pub(super) use categories::Categories;
pub(super) use decision::{Begun, Samples, Verdict};
pub use policy::Sampling;
pub(super) use random::Random;
pub(super) use refused::Refused;
