//! The shipping service itself: small, and with the weaknesses that others' services have.
//!
//! | country | what it answers |
//! |---|---|
//! | DE, FR, US, JP | offers; `dash` goes to Europe and the US only and is down for Japan, `globe` goes abroad only |
//! | IS | 503, whoever is asked |
//! | TA | 404: no carrier goes there |
//! | AQ | `post` never answers, and the others are 404 |

use std::future::pending;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::watch;

use super::{Parcel, SendBack};
use crate::checkout_service::model::{Label, Offer};

/// The service's routes: `POST /offers/{carrier}`, `POST /labels`, and `GET /held/{count}`, which answers as soon as
/// so many requests are without an answer.
pub fn router() -> Router {
    Router::new()
        .route("/offers/{carrier}", post(offer))
        .route("/labels", post(label))
        .route("/held/{count}", get(held))
        .with_state(Held(watch::Sender::new(0)))
}

/// How many requests never get an answer.
#[derive(Clone)]
struct Held(watch::Sender<usize>);

impl Held {
    /// Answers never. Ends when the caller goes away.
    async fn hold<T>(&self) -> T {
        struct Release<'a>(&'a Held);
        impl Drop for Release<'_> {
            fn drop(&mut self) {
                self.0.0.send_modify(|count| *count -= 1);
            }
        }
        self.0.send_modify(|count| *count += 1);
        let _release = Release(self);
        pending().await
    }
}

async fn offer(
    State(held): State<Held>,
    Path(carrier): Path<String>,
    Json(parcel): Json<Parcel>,
) -> Result<Json<Offer>, StatusCode> {
    let (base, per_kilogram, days) = match (carrier.as_str(), parcel.country.as_str()) {
        (_, "IS") | ("dash", "JP") => return Err(StatusCode::SERVICE_UNAVAILABLE),
        ("post", "AQ") => return held.hold().await,
        ("post", "DE") => (390, 50, 3),
        ("post", "FR") => (890, 110, 5),
        ("post", "US" | "JP") => (1490, 420, 14),
        ("dash", "DE") => (590, 20, 1),
        ("dash", "FR") => (1190, 60, 2),
        ("dash", "US") => (3990, 300, 3),
        ("globe", "FR") => (990, 90, 4),
        ("globe", "US" | "JP") => (1690, 210, 7),
        _ => return Err(StatusCode::NOT_FOUND),
    };
    Ok(Json(Offer { carrier, cents: base + parcel.grams.div_ceil(1000) * per_kilogram, days }))
}

async fn label(Json(sent_back): Json<SendBack>) -> (StatusCode, Json<Label>) {
    let number = format!("{}-{}", sent_back.country, sent_back.order.simple());
    (StatusCode::CREATED, Json(Label { carrier: "post".to_owned(), number }))
}

async fn held(State(held): State<Held>, Path(wanted): Path<usize>) -> StatusCode {
    match held.0.subscribe().wait_for(|count| *count == wanted).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
