//! The second service, which says what carriers ask for a parcel: both ends of the wire.

pub mod client;
pub mod server;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The carriers that are asked.
pub const CARRIERS: [&str; 3] = ["post", "dash", "globe"];

/// A parcel that a carrier is asked about: the body of `POST /offers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// Where to.
    pub country: String,
    /// How heavy, in grams.
    pub grams: u64,
}

/// What is to be sent back: the body of `POST /labels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendBack {
    /// The order.
    pub order: Uuid,
    /// Where from.
    pub country: String,
}

/// Why the service gave no answer that helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ShippingError {
    /// It refused.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It took too long.
    #[error("it did not answer in time")]
    TimedOut,
    /// It is not there, or went away.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}
