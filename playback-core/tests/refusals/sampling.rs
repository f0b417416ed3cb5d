//! Sampling rates that are none.
#![allow(unused, missing_abi)]

use playback_core::operation;

#[operation(sampling_rate = 1.5)]
fn too_much() {}

#[operation(sampling_rate = 50)]
fn percent() {}

#[operation(sampling_rate = -0.1)]
fn negative() {}

fn main() {}
