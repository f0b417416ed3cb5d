//! A small shop, recorded and replayed: what `cargo run -p playback-examples` runs.
//!
//! Read it in this order:
//!
//! | file | what it shows |
//! |---|---|
//! | [`shop`] | a service with its operations, inputs and outputs marked: all that recording needs |
//! | [`database`], [`pricing`] | the rest of the service, which knows nothing of recording |
//! | [`recording`] | wiring a recorder, and a day's requests to record |
//! | [`tuner`] | replaying: how each operation is called with what was recorded |
//! | [`reports`] | what came of it, in five forms |
//! | `main.rs` | the story, told on the terminal |
//! | `../custom_cassette` | apart from the story: a place of one's own for recordings, on SQLite |
//! | [`checkout_service`] | apart from the story: an HTTP service, recorded while it serves |

#[path = "../checkout_service/mod.rs"]
pub mod checkout_service;
pub mod database;
pub mod pricing;
pub mod recording;
pub mod reports;
pub mod shop;
pub mod tuner;

/// The README's code, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
