//! Why a request is refused. Errors are recorded and replayed as results are, so they go through serde, too.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::database::DatabaseError;
use super::shipping::ShippingError;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum ShopError {
    /// Nothing is in the cart.
    #[error("the cart is empty; put something in")]
    EmptyCart,
    /// Too few or too many of an article.
    #[error("{quantity} of {sku} cannot be ordered; one line takes 1 to {most}")]
    Quantity {
        /// The article.
        sku: String,
        /// How many were ordered.
        quantity: u64,
        /// How many can be.
        most: u64,
    },
    /// The customer is not known.
    #[error("there is no customer {0}")]
    NoSuchCustomer(u64),
    /// The article is not known.
    #[error("there is no article {0}")]
    NoSuchArticle(String),
    /// No carrier goes there.
    #[error("no carrier delivers to {0}")]
    NoCarrier(String),
    /// The cart was bought before.
    #[error("{0} was ordered before; give each cart a reference of its own")]
    OrderedBefore(String),
    /// The order is not known.
    #[error("there is no order {0}")]
    NoSuchOrder(Uuid),
    /// The order was paid back before.
    #[error("order {0} was refunded before")]
    RefundedBefore(Uuid),
    /// The order is too old to be returned.
    #[error("order {order} is {days} days old, and can be returned for {most}")]
    TooLate {
        /// The order.
        order: Uuid,
        /// Its age, in days.
        days: u64,
        /// The age that it can have.
        most: u64,
    },
    /// The shipping service gave no answer that helps.
    #[error("the shipping service failed: {0}")]
    Shipping(#[from] ShippingError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl ShopError {
    /// What HTTP calls it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::EmptyCart | Self::Quantity { .. } | Self::NoSuchArticle(_) | Self::NoCarrier(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::NoSuchCustomer(_) | Self::NoSuchOrder(_) => StatusCode::NOT_FOUND,
            Self::OrderedBefore(_) | Self::RefundedBefore(_) => StatusCode::CONFLICT,
            Self::TooLate { .. } => StatusCode::GONE,
            Self::Shipping(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Database(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ShopError {
    fn into_response(self) -> Response {
        (self.status(), Json(serde_json::json!({ "error": self.to_string() }))).into_response()
    }
}
