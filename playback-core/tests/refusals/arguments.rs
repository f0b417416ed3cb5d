//! Arguments that are not there, or are too many.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output, operation};

struct Table;

#[intercept_input("a", skip(tabel))]
fn misspelt(table: &str, id: u64) {}

#[operation(args(customer))]
fn absent(table: &str, id: u64) {}

#[operation(skip(context))]
fn without_any() {}

impl Table {
    #[intercept_output("a", skip(self))]
    fn skips_self(&self, id: u64) {}

    #[intercept_output("a", args(self, id))]
    fn records_self(&self, id: u64) {}
}

#[operation(skip(id, id))]
fn twice(id: u64) {}

#[intercept_input("a", skip = id)]
fn written_otherwise(id: u64) {}

#[intercept_input("a", args)]
fn without_names(id: u64) {}

#[intercept_input("a", skip(a), args(b))]
fn skipped_and_picked(a: u64, b: u64) {}

#[intercept_input("a")]
fn written_to(buffer: &mut Vec<u8>) -> usize {
    0
}

#[rustfmt::skip]
#[operation]
fn too_many(
    a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8, m: u8, n: u8, o: u8, p: u8,
    q: u8,
) {}

fn main() {}
