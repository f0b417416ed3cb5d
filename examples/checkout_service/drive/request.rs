//! What a customer sends.

use playback_core::{Recording, ReplayError};

use crate::checkout_service::model::{Cart, Return};

/// What a customer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A cart to buy.
    Checkout(Cart),
    /// An order to be refunded.
    Refund(Return),
    /// What is no JSON: it is turned away before it reaches an operation.
    Garbage,
}

impl Request {
    /// The request that an operation was recorded with.
    ///
    /// # Errors
    /// If the recording is not one of this service.
    pub fn of(recording: &Recording) -> Result<Self, ReplayError> {
        match recording.id().category() {
            "Refund" => recording.arguments().map(|(request,)| Self::Refund(request)),
            _ => recording.arguments().map(|(cart,)| Self::Checkout(cart)),
        }
    }

    /// The operation that it reaches, if any.
    #[must_use]
    pub fn category(&self) -> Option<&'static str> {
        match self {
            Self::Checkout(_) => Some("Checkout"),
            Self::Refund(_) => Some("Refund"),
            Self::Garbage => None,
        }
    }

    /// The customer's own name for it, if it reaches an operation.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Checkout(cart) => Some(&cart.reference),
            Self::Refund(request) => Some(&request.reference),
            Self::Garbage => None,
        }
    }
}
