//! The routes, and the recorder around them.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use playback_cassette::{HealthState, Stats, TapeRecorder};
use playback_core::RecorderExt;
use serde_json::{Value, json};

use super::error::ShopError;
use super::model::{Cart, Receipt, Refund, Return};
use super::shop::Shop;

/// How long a flush may take that is asked for over HTTP.
const FLUSH_WITHIN: Duration = Duration::from_secs(30);

/// The shop's routes: `POST /checkout` and `POST /refund`. With a recorder, both are recorded, and there is
/// `GET /recorder` for its counts, `POST /recorder/flush` to have all saved, `POST /recorder/on` and `/off`.
///
/// The recorder is in force around each request, so that a process can have several services, as tests have. A service
/// that is alone in its process can do without the layer, and call [`playback_core::set_global_recorder`] instead.
pub fn router(shop: Shop, recorder: Option<TapeRecorder>) -> Router {
    let operations =
        Router::new().route("/checkout", post(checkout)).route("/refund", post(refund)).with_state(shop);
    match recorder {
        None => operations,
        Some(recorder) => operations
            .layer(from_fn_with_state(recorder.clone(), record))
            .nest("/recorder", controls(recorder)),
    }
}

async fn checkout(
    State(shop): State<Shop>,
    Json(cart): Json<Cart>,
) -> Result<(StatusCode, Json<Receipt>), ShopError> {
    Ok((StatusCode::CREATED, Json(shop.checkout(cart).await?)))
}

async fn refund(State(shop): State<Shop>, Json(request): Json<Return>) -> Result<Json<Refund>, ShopError> {
    Ok(Json(shop.refund(request).await?))
}

async fn record(State(recorder): State<TapeRecorder>, request: Request, next: Next) -> Response {
    recorder.scope(next.run(request)).await
}

/// What an operator needs of a recorder. In production it listens elsewhere than customers do.
fn controls(recorder: TapeRecorder) -> Router {
    let counts = |State(recorder): State<TapeRecorder>| async move { Json(counts(&recorder.stats())) };
    Router::new()
        .route("/", get(counts))
        .route("/flush", post(flush))
        .route("/on", post(|State(recorder): State<TapeRecorder>| async move { recorder.enable() }))
        .route("/off", post(|State(recorder): State<TapeRecorder>| async move { recorder.disable() }))
        .with_state(recorder)
}

async fn flush(State(recorder): State<TapeRecorder>) -> (StatusCode, Json<Value>) {
    let failed = match tokio::time::timeout(FLUSH_WITHIN, recorder.flush()).await {
        Ok(Ok(())) => return (StatusCode::OK, Json(counts(&recorder.stats()))),
        Ok(Err(not_written)) => not_written.to_string(),
        Err(_) => format!("the recordings were not saved within {} s", FLUSH_WITHIN.as_secs()),
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": failed })))
}

/// What became of all operations so far, and how recording fares, as JSON.
#[must_use]
pub fn counts(stats: &Stats) -> Value {
    let recording = match stats.health.state {
        HealthState::Healthy => "healthy",
        HealthState::BackedOff => "backed off",
        HealthState::Paused => "paused",
        HealthState::Probing => "probing",
        HealthState::Stopped => "stopped",
        _ => "unknown",
    };
    json!({
        "recording": recording,
        "started": stats.started,
        "saved": stats.saved,
        "sampled_out": stats.sampled_out,
        "discarded": stats.discarded.total(),
        "dropped": {
            "queue_full": stats.dropped.queue_full,
            "backed_off": stats.dropped.backed_off,
            "paused": stats.dropped.paused,
            "closed": stats.dropped.closed,
            "unwritten": stats.dropped.unwritten,
        },
        "failed": stats.failed,
        "in_flight": stats.in_flight.total(),
    })
}
