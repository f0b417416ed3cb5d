//! Code of others that must not end a run of comparisons.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `code` returns, or the message of its panic.
pub(crate) fn guarded<R>(code: impl FnOnce() -> R) -> Result<R, String> {
    // What the code leaves in pieces is not looked at again.
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| panic_message(panic.as_ref()))
}

/// The message of a panic, as far as it has one.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
