//! Assertions on a recording.

use playback_core::{Kind, Recording};
use serde::Serialize;

use crate::assert_calls::{AssertCalls, Run};

/// Asserts on what was recorded: what is asserted, and what is there instead, stands in the test's failure.
///
/// ```
/// # async fn checkout(customer: u64) -> u64 {
/// #     use playback_core::{input, operation, output};
/// #     operation("Checkout").args(&(customer,)).run_async(async move {
/// #         let discount: u64 = input("discount").args(&(customer,)).run_async(async { 5 }).await;
/// #         output("store").args(&(customer, 100 - discount)).run_async(async { 17 }).await
/// #     }).await
/// # }
/// use playback_testkit::{assert_recorded, record};
///
/// # futures::executor::block_on(async {
/// let recording = record(checkout(7)).await.recording();
/// assert_recorded(&recording)
///     .called_with(&(7,))
///     .returned(&17)
///     .never_output("mail.send")
///     .input("discount").times(1).with_arguments(&(7,)).returned(&5)
///     .output("store").with_arguments(&(7, 95));
/// # });
/// ```
pub fn assert_recorded(recording: &Recording) -> AssertRecorded<'_> {
    AssertRecorded { run: Run { tape: recording.tape(), how: "recorded" }, recording }
}

/// A recording to be asserted on. See [`assert_recorded`].
#[derive(Debug, Clone, Copy)]
pub struct AssertRecorded<'r> {
    run: Run<'r>,
    recording: &'r Recording,
}

impl<'r> AssertRecorded<'r> {
    /// The operation was called with these arguments, given as a tuple.
    ///
    /// # Panics
    /// If it was not.
    #[track_caller]
    pub fn called_with<A: Serialize + ?Sized>(self, arguments: &A) -> Self {
        self.run.operation().with_arguments(arguments);
        self
    }

    /// The operation returned this.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn returned<R: Serialize + ?Sized>(self, result: &R) -> Self {
        self.run.operation().returned(result);
        self
    }

    /// The operation returned an `Err`.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn failed(self) -> Self {
        if !self.recording.metadata().failed {
            self.run.fail("the operation did not fail");
        }
        self
    }

    /// The calls of an input. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn input(self, alias: &str) -> AssertCalls<'r> {
        self.run.calls(Kind::Input, alias)
    }

    /// The calls of an output. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn output(self, alias: &str) -> AssertCalls<'r> {
        self.run.calls(Kind::Output, alias)
    }

    /// An input was not called.
    ///
    /// # Panics
    /// If it was.
    #[track_caller]
    pub fn never_input(self, alias: &str) -> Self {
        self.run.no_calls(Kind::Input, alias);
        self
    }

    /// An output was not called.
    ///
    /// # Panics
    /// If it was.
    #[track_caller]
    pub fn never_output(self, alias: &str) -> Self {
        self.run.no_calls(Kind::Output, alias);
        self
    }
}
