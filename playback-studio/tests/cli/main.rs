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
mod shop;
mod terminals;
mod wrong;
