//! Options of one attribute, given to another.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output, operation};

#[intercept_output("a", missing = value(1))]
fn output_that_is_missing() -> u64 {
    1
}

#[intercept_input("a", unrecorded = fail)]
fn input_that_is_unrecorded() {}

#[intercept_input("a", result_handler = handler())]
fn input_with_a_result_handler() {}

#[intercept_input("a", sampling_rate = 0.5)]
fn sampled_input() {}

#[intercept_output("a", metadata = fields)]
fn output_with_metadata() {}

#[intercept_output(category = "A")]
fn output_with_a_category() {}

#[operation(alias = "a")]
fn operation_with_an_alias() {}

#[operation(handler = handler())]
fn operation_with_a_handler() {}

#[operation(missing = call)]
fn operation_that_is_missing() {}

#[operation(fallback("a"))]
fn operation_with_a_fallback() {}

fn main() {}
