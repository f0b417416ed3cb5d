//! A small operation, and the message of an assertion that fails.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;
use playback_core::{Playback, Recording, input, operation, output, replay};
use playback_testkit::{record, record_blocking};

/// Reads a discount, stores what is left of the amount, and returns the number of what was stored.
pub(crate) async fn checkout(customer: u64, amount: u64) -> Result<u64, String> {
    checkout_with(customer, amount, 0).await
}

/// The same with a fee on top, which a change of the code brought in.
pub(crate) async fn checkout_with(customer: u64, amount: u64, fee: u64) -> Result<u64, String> {
    let body = async move {
        let discount = input("discount").argument_names(&["customer"]).args(&(customer,));
        let discount: u64 = discount.run_async(async { 5 }).await;
        let total = amount.checked_sub(discount).ok_or("nothing left to pay")? + fee;
        let store = output("store").argument_names(&["customer", "total"]).args(&(customer, total));
        store.run_async(async { Ok(17) }).await
    };
    operation("Checkout").args(&(customer, amount)).run_async(body).await
}

pub(crate) async fn recording(customer: u64, amount: u64) -> Recording {
    record(checkout(customer, amount)).await.recording()
}

/// A checkout that was given up while it waited.
pub(crate) fn incomplete() -> Recording {
    let waiting =
        || operation("Waiting").args(&(7, 100)).run_async(std::future::pending::<()>()).now_or_never();
    record_blocking(waiting).recording()
}

pub(crate) async fn replayed(recording: &Recording, fee: u64) -> Playback {
    let replayed = replay(recording, |recording| {
        let (customer, amount) = recording.arguments()?;
        Ok(checkout_with(customer, amount, fee))
    });
    replayed.await.unwrap()
}

/// The message of the panic that `assertion` ends in.
#[track_caller]
pub(crate) fn message<R>(assertion: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).err().expect("the assertion fails");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic has a message")
}
