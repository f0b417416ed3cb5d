//! What might be thought to be refused, or to be warned of, and is not.
#![deny(warnings, unused, unused_qualifications, elided_lifetimes_in_paths, clippy::pedantic)]

use std::borrow::Cow;

use futures::executor::block_on;
use playback_core::{HandlerError, Prepare, Restore, intercept_input, intercept_output, operation};

use crate::{calls, live, record, round_trip};

#[intercept_output("abi.rust")]
extern "Rust" fn abi_rust(id: u8) -> u8 {
    live();
    id
}

#[intercept_output("abi.unwinding")]
extern "C-unwind" fn abi_unwinding(id: u8) -> u8 {
    live();
    id
}

#[test]
fn an_abi_that_unwinds_is_accepted() {
    let recording = round_trip(|| (abi_rust(1), abi_unwinding(2)));
    assert_eq!(calls(&recording), ["abi.rust(id) [1]", "abi.unwinding(id) [2]"]);
}

#[intercept_input("for_ever.owned")]
fn owned_for_ever() -> Result<Cow<'static, str>, String> {
    live();
    Ok("for ever".into())
}

struct Known;

impl Prepare<&'static str> for Known {
    fn prepare<'a>(
        &'a self,
        value: &'a &'static str,
    ) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        Ok(Box::new(*value))
    }
}

impl Restore<&'static str> for Known {
    fn restore(&self, _: &mut dyn erased_serde::Deserializer<'_>) -> Result<&'static str, HandlerError> {
        Ok("known")
    }
}

#[intercept_input("for_ever.handled", handler = Known)]
fn restored_for_ever() -> &'static str {
    live();
    "known"
}

#[intercept_output("for_ever.handled", result_handler = Known)]
fn answered_for_ever() -> &'static str {
    live();
    "known"
}

#[test]
fn what_is_static_is_accepted_where_it_can_be_restored() {
    let recording = round_trip(|| (owned_for_ever(), restored_for_ever(), answered_for_ever()));
    assert_eq!(calls(&recording).len(), 3);
}

/// One line each, as no formatter would leave them.
#[rustfmt::skip]
mod on_one_line {
    use std::future::Future;
    use std::pin::Pin;

    use super::{intercept_input, intercept_output, live, operation};

    #[operation] pub(super) async fn operated(id: u64) -> u64 { id }
    #[operation] pub(super) fn operated_blocking(id: u64) -> u64 { id }
    #[intercept_input("a")] pub(super) async fn read(id: u64) -> Option<u64> { Some(id) }
    #[intercept_input("b")] pub(super) fn read_blocking(id: u64) -> Option<u64> { live(); Some(id) }
    #[intercept_output("c")] pub(super) async fn sent(_id: u64) { live() }
    #[intercept_output("d")] pub(super) fn sent_blocking(_id: u64) { live() }
    #[intercept_output("e")] pub(super) async fn ignored(_id: u64, _: u64) {}
    #[intercept_output("f")]
    pub(super) fn boxed(id: u64) -> Pin<Box<dyn Future<Output = u64>>> { Box::pin(async move { id }) }
}

#[test]
fn nothing_is_warned_of_in_a_function_on_one_line() {
    let recording = round_trip(|| {
        on_one_line::sent_blocking(1);
        let read = on_one_line::read_blocking(2);
        block_on(async {
            on_one_line::sent(3).await;
            on_one_line::ignored(4, 5).await;
            (read, on_one_line::read(6).await, on_one_line::boxed(7).await)
        })
    });
    assert_eq!(
        calls(&recording),
        ["d(_id) [1]", "b(id) [2]", "c(_id) [3]", "e(_id) [4]", "a(id) [6]", "f(id) [7]"]
    );
    assert_eq!(record(|| on_one_line::operated_blocking(8)).0, 8);
    assert_eq!(record(|| block_on(on_one_line::operated(9))).0, 9);
}
