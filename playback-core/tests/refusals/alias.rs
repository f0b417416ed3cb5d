//! Aliases and categories that name nothing.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output, operation};

struct Table {
    name: String,
}

#[intercept_input]
fn missing() {}

#[intercept_output(skip(id))]
fn missing_before_options(id: u64) {}

#[intercept_input("")]
fn empty() {}

#[intercept_output(alias = "  ")]
fn blank() {}

#[intercept_input(ALIAS)]
fn a_constant() {}

#[intercept_input(alias = ALIAS)]
fn a_constant_by_name() {}

#[intercept_input("db/{table")]
fn unclosed(table: &str) {}

#[intercept_input("db/table}")]
fn unopened(table: &str) {}

#[intercept_input("db/{}")]
fn positional(table: &str) {}

#[intercept_input("db/{tabel}")]
fn misspelt(table: &str, id: u64) {}

#[intercept_input("db/{self.name}")]
fn without_self(table: &Table) {}

impl Table {
    #[intercept_input("db/{self.name()}")]
    fn called(&self) {}

    #[intercept_input("db/{id:width$}")]
    fn width(&self, id: u64, width: usize) {}
}

#[intercept_input("new", fallback("old", "older/{tabel}"))]
fn misspelt_in_a_fallback(table: &str) {}

#[operation(category = "")]
fn empty_category() {}

#[operation(category = "Orders of {table}")]
fn category_with_an_argument(table: &str) {}

#[operation(category = Orders)]
fn category_without_quotes() {}

#[operation("Orders\n")]
fn category_with_a_line_break() {}

fn main() {}
