//! Policies that there are not.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output};

#[intercept_input("a", missing = ignore)]
fn unknown() {}

#[intercept_input("a", missing = 5)]
fn a_value_by_itself() -> u64 {
    1
}

#[intercept_input("a", missing = value)]
fn without_a_value() -> u64 {
    1
}

#[intercept_input("a", missing = with(one, other))]
fn with_two_functions() {}

#[intercept_input("a", missing(call))]
fn written_otherwise() {}

#[intercept_output("a", unrecorded = call)]
fn output_that_is_sent_again() {}

#[intercept_output("a", unrecorded = with(answer))]
fn output_with_a_function() {}

fn main() {}
