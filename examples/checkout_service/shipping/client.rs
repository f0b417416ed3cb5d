//! Asking the shipping service over HTTP, with what is asked and sent marked.

use std::time::Duration;

use playback_core::{intercept_input, intercept_output};
use reqwest::{Client, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Parcel, SendBack, ShippingError};
use crate::checkout_service::model::{Label, Offer};

/// The shipping service, as the shop sees it. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Shipping {
    client: Client,
    url: String,
}

impl Shipping {
    /// The service at `url`, which has `timeout` for an answer.
    ///
    /// # Errors
    /// If there can be no HTTP client here.
    pub fn at(url: impl Into<String>, timeout: Duration) -> Result<Self, ShippingError> {
        let client = Client::builder().timeout(timeout).no_proxy().build().map_err(failure)?;
        Ok(Self::over(client, url))
    }

    /// The same, over connections of the client's.
    pub fn over(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// No service: every call fails. Enough for a replay, which makes none.
    #[must_use]
    pub fn none() -> Self {
        Self { client: Client::new(), url: String::new() }
    }

    /// What a carrier asks for a parcel, if it goes there. The carrier stands in the alias, so a recording shows at a
    /// glance who was asked.
    ///
    /// # Errors
    /// If the service gives no answer.
    #[intercept_input("shipping.offer/{carrier}")]
    pub async fn offer(&self, carrier: &str, parcel: &Parcel) -> Result<Option<Offer>, ShippingError> {
        self.post(&format!("offers/{carrier}"), parcel).await
    }

    /// Makes a label to send an order back with.
    ///
    /// # Errors
    /// If the service gives no answer.
    #[intercept_output("shipping.label")]
    pub async fn label(&self, sent_back: &SendBack) -> Result<Label, ShippingError> {
        self.post("labels", sent_back).await?.ok_or(ShippingError::Status(StatusCode::NOT_FOUND.as_u16()))
    }

    /// The answer to a question; none if it is "not found".
    async fn post<R: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Option<R>, ShippingError> {
        let request = self.client.post(format!("{}/{path}", self.url)).json(body);
        let response = request.send().await.map_err(failure)?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => response.json().await.map(Some).map_err(failure),
            status => Err(ShippingError::Status(status.as_u16())),
        }
    }
}

fn failure(error: reqwest::Error) -> ShippingError {
    if error.is_timeout() {
        ShippingError::TimedOut
    } else {
        // The address is another in every run.
        ShippingError::Unreachable(error.without_url().to_string())
    }
}
