//! An HTTP service that is recorded while it serves: axum in front, SQLite behind, and a second service that it asks
//! over HTTP. The README beside it walks through it in five minutes.
//!
//! Read it in this order:
//!
//! | file | what it shows |
//! |---|---|
//! | [`shop`] | the two operations |
//! | [`database`], [`shipping::client`] | what they read and write, marked where it leaves the process |
//! | [`model`], [`error`], [`pricing`] | the rest of the service, which knows nothing of recording |
//! | [`app`] | the routes, and the recorder around them |
//! | [`server`] | starting, and stopping without losing a request or a recording |
//! | [`tuner`] | replaying: how each operation is called with what was recorded |
//! | [`shipping::server`] | the second service |
//! | [`drive`] | customers, who send requests over HTTP, good ones and bad ones |
//! | `main.rs` | the command: `serve`, `shipping`, `drive` |
//! | `replay.rs` | the service's own command line: `compare`, `replay`, `accept` |

pub mod app;
pub mod database;
pub mod drive;
pub mod error;
pub mod model;
pub mod pricing;
pub mod server;
pub mod shipping;
pub mod shop;
pub mod tuner;
