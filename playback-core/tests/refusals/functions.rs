//! What is no function that can be recorded.
#![allow(unused, missing_abi)]

use playback_core::{intercept_input, intercept_output, operation};

#[operation]
const fn computed_by_the_compiler(id: u64) -> u64 {
    id
}

#[intercept_output("called.from.c")]
extern "C" fn called_from_c(id: u64) -> u64 {
    id
}

#[intercept_input("called.from.c/implicitly")]
extern fn called_from_c_implicitly(id: u64) -> u64 {
    id
}

#[intercept_input("never")]
fn never() -> ! {
    loop {}
}

#[operation]
struct Checkout;

#[operation]
impl Checkout {
    fn execute(&self) {}
}

#[intercept_input("table")]
const TABLE: &str = "orders";

trait Customers {
    #[intercept_input("customers.find")]
    fn find(&self, id: u64) -> u64;
}

#[intercept_input("customers.read")]
mod customers {}

fn main() {}
