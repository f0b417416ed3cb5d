//! Options that there are not, or that say nothing.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output, operation};

#[intercept_input("a", handlr = handler())]
fn misspelt() {}

#[intercept_output("a", resulthandler = handler())]
fn misspelt_on_an_output() {}

#[operation(sample_rate = 0.1)]
fn misspelt_on_an_operation() {}

#[operation(colour = "red")]
fn something_else() {}

#[intercept_input("a", handler = one(), handler = other())]
fn twice() {}

#[intercept_input("a", alias = "b")]
fn two_aliases() {}

#[operation(skip_recording, skip_recording)]
fn two_flags() {}

#[operation(skip_recording = false)]
fn flag_with_a_value() {}

#[intercept_input("a", handler)]
fn without_a_value() {}

#[operation(metadata)]
fn without_a_path() {}

#[intercept_input("a", fallback = "b")]
fn fallback_written_otherwise() {}

#[intercept_input("a", fallback(b))]
fn fallback_without_quotes() {}

#[intercept_input("a", fallback())]
fn fallback_to_nothing() {}

#[intercept_input("a", fallback("b"), fallback_with = aliases)]
fn both_fallbacks() {}

#[intercept_input("a" handler = handler())]
fn without_a_comma() {}

fn main() {}
