//! Those who look on and may have bugs of their own: subscribers of `tracing`, exporters of metrics.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Tells them something. What panics there goes no further, since it is told where nothing may unwind: while a writer ends,
/// and where a recorder is dropped.
pub(super) fn tell(tell: impl FnOnce()) {
    // Of what panicked the process's panic hook has told.
    let _ = catch_unwind(AssertUnwindSafe(tell));
}
