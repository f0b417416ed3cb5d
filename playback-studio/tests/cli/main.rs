//! The command `playback`, run as people run it: the real binary on real directories.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod changing;
mod looking;
mod run;
#[cfg(feature = "aws")]
mod s3;
#[cfg(feature = "aws")]
#[path = "../../../playback-cassette-s3/tests/s3_server/mod.rs"]
mod s3_server;
mod scrub;
mod shop;
mod terminals;
mod unread;
mod wrong;
