//! What an order costs: the part of the shop that is about to change.

pub mod v1;
pub mod v2;

use serde::{Deserialize, Serialize};

use crate::shop::{Customer, Line, ShopError};

/// A version of the pricing: [`v1::price`] or [`v2::price`].
pub type Pricing = fn(&Customer, &[Line]) -> Result<Amount, ShopError>;

/// What an order costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// What is to be paid, in cents.
    pub total: u64,
    /// What was taken off, in cents.
    pub discount: u64,
    /// The points that a member earns. New in version 2, with a default, so that recordings of version 1
    /// still read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
}
