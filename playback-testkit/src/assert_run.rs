//! Assertions on a run, recorded or replayed.

use std::fmt::Write as _;

use playback_core::{Call, Kind, Recording, Tape};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::AssertCalls;
use crate::assert_calls::quoted;

/// How many calls a failure tells of.
const TOLD: usize = 20;

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
///     .output("store").with_arguments(&(7, 95))
///     .run().in_order(["discount", "store"]).only(["discount", "store"]);
/// # });
/// ```
pub fn assert_recorded(recording: &Recording) -> AssertRun<'_> {
    AssertRun { tape: recording.tape(), how: "recorded" }
}

/// A run, recorded or replayed, to be asserted on. See [`assert_recorded`] and
/// [`AssertReplay::replayed`](crate::AssertReplay::replayed).
#[derive(Debug, Clone, Copy)]
pub struct AssertRun<'t> {
    tape: &'t Tape,
    /// What it was: "recorded" or "replayed".
    how: &'static str,
}

impl<'t> AssertRun<'t> {
    pub(crate) fn replayed(tape: &'t Tape) -> Self {
        Self { tape, how: "replayed" }
    }

    /// The operation was called with these arguments, given as a tuple.
    ///
    /// # Panics
    /// If it was not.
    #[track_caller]
    pub fn called_with<A: Serialize + ?Sized>(self, arguments: &A) -> Self {
        self.operation().with_arguments(arguments);
        self
    }

    /// The operation returned this.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn returned<R: Serialize + ?Sized>(self, result: &R) -> Self {
        self.operation().returned(result);
        self
    }

    /// The operation returned what is as `is_right` says.
    ///
    /// # Panics
    /// If it did not, or if what it returned cannot be read as `R`.
    #[track_caller]
    pub fn returned_matching<R: DeserializeOwned>(self, is_right: impl Fn(&R) -> bool) -> Self {
        self.operation().returned_matching(is_right);
        self
    }

    /// The operation returned an `Err`.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn failed(self) -> Self {
        if !self.tape.operation().is_some_and(|operation| operation.failed()) {
            self.fail("the operation did not fail");
        }
        self
    }

    /// The calls of an input. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn input(self, alias: &str) -> AssertCalls<'t> {
        self.calls(Kind::Input, alias)
    }

    /// The calls of an output. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn output(self, alias: &str) -> AssertCalls<'t> {
        self.calls(Kind::Output, alias)
    }

    /// An input was not called.
    ///
    /// # Panics
    /// If it was.
    #[track_caller]
    pub fn never_input(self, alias: &str) -> Self {
        self.no_calls(Kind::Input, alias)
    }

    /// An output was not called.
    ///
    /// # Panics
    /// If it was.
    #[track_caller]
    pub fn never_output(self, alias: &str) -> Self {
        self.no_calls(Kind::Output, alias)
    }

    /// Inputs and outputs of these aliases began one after the other; others may have begun between them. An alias that
    /// is given twice was called twice. Of calls in tasks that run at the same time, the order is not the same in every
    /// run.
    ///
    /// # Panics
    /// If they did not.
    #[track_caller]
    pub fn in_order<S: AsRef<str>>(self, aliases: impl IntoIterator<Item = S>) -> Self {
        let aliases: Vec<S> = aliases.into_iter().collect();
        let mut calls = self.interceptions();
        for (number, alias) in aliases.iter().enumerate() {
            let alias = alias.as_ref();
            if !calls.any(|call| call.alias() == alias) {
                let before = number.checked_sub(1).and_then(|before| aliases.get(before));
                let missing = match before {
                    Some(before) if self.interceptions().any(|call| call.alias() == alias) => {
                        format!("there is no `{alias}` after `{}`", before.as_ref())
                    }
                    _ => format!("`{alias}` was not called"),
                };
                self.fail(&format!("not in the order {}: {missing}", quoted(&aliases)));
            }
        }
        self
    }

    /// No inputs and outputs but those of these aliases were called.
    ///
    /// # Panics
    /// If others were.
    #[track_caller]
    pub fn only<S: AsRef<str>>(self, aliases: impl IntoIterator<Item = S>) -> Self {
        let aliases: Vec<S> = aliases.into_iter().collect();
        let is_other = |call: &Call<'t>| aliases.iter().all(|alias| alias.as_ref() != call.alias());
        let mut others: Vec<&str> = Vec::new();
        for call in self.interceptions().filter(is_other) {
            if !others.contains(&call.alias()) {
                others.push(call.alias());
            }
        }
        if !others.is_empty() {
            self.fail(&format!("not only {} were called, but {} as well", quoted(&aliases), quoted(&others)));
        }
        self
    }

    /// The inputs and outputs, in the order in which they began.
    fn interceptions(self) -> impl Iterator<Item = Call<'t>> {
        self.tape.calls().filter(|call| matches!(call.kind(), Kind::Input | Kind::Output))
    }

    #[track_caller]
    fn calls(self, kind: Kind, alias: &str) -> AssertCalls<'t> {
        let calls: Vec<Call<'t>> = self.of_alias(kind, alias).collect();
        if calls.is_empty() {
            self.fail(&format!("{} `{alias}` was not called", name(kind)));
        }
        AssertCalls::new(self, format!("calls of {} `{alias}`", name(kind)), calls)
    }

    #[track_caller]
    fn no_calls(self, kind: Kind, alias: &str) -> Self {
        if self.of_alias(kind, alias).next().is_some() {
            self.fail(&format!("{} `{alias}` was called", name(kind)));
        }
        self
    }

    fn of_alias(self, kind: Kind, alias: &str) -> impl Iterator<Item = Call<'t>> {
        self.tape.calls_of(kind).filter(move |call| call.alias() == alias)
    }

    /// The operation, as a call to be asserted on.
    #[track_caller]
    fn operation(self) -> AssertCalls<'t> {
        match self.tape.operation() {
            Some(operation) => AssertCalls::new(self, name(Kind::Operation).to_owned(), vec![operation]),
            None => self.fail("no operation ran to its end"),
        }
    }

    /// Fails with a message, and all that there is in its place.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub(crate) fn fail(self, message: &str) -> ! {
        panic!("{message}\n{}", self.list());
    }

    /// All calls, a line for each.
    fn list(self) -> String {
        let mut list = format!("{} was:", self.how);
        for call in self.tape.calls().take(TOLD) {
            // Writing to a string cannot fail.
            let _ = write!(list, "\n  {call:?}");
        }
        if let Some(more) = self.tape.calls().count().checked_sub(TOLD).filter(|more| *more > 0) {
            let _ = write!(list, "\n  and {more} more calls");
        }
        list
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Operation => "the operation",
        Kind::Input => "the input",
        Kind::Output => "the output",
        Kind::Data => "the data",
    }
}
