//! Assertions on the calls of a run, recorded or replayed.

use std::fmt::Write as _;
use std::sync::Arc;

use playback_core::{Call, Kind, Tape, Value};
use playback_equalizer::{diff, diff_arguments};
use serde::Serialize;

/// How many differences and calls a failure tells of.
const TOLD: usize = 20;

/// Some calls of a run, which assertions narrow down or look at. See
/// [`assert_recorded`](crate::assert_recorded).
#[derive(Debug, Clone)]
pub struct AssertCalls<'t> {
    run: Run<'t>,
    /// What the calls are, such as "calls of the input `checkout.customer`".
    what: String,
    calls: Vec<Call<'t>>,
}

/// A run, recorded or replayed, as assertions see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'t> {
    pub(crate) tape: &'t Tape,
    /// Such as "recorded" or "replayed".
    pub(crate) how: &'static str,
}

impl<'t> AssertCalls<'t> {
    /// There are this many of them.
    ///
    /// # Panics
    /// If there are not.
    #[track_caller]
    pub fn times(self, number: usize) -> Self {
        if self.calls.len() != number {
            self.run.fail(&format!("{}: {} of them, and not {number}", self.what, self.calls.len()));
        }
        self
    }

    /// Those that were called with these arguments, given as a tuple. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn with_arguments<A: Serialize + ?Sized>(self, arguments: &A) -> Self {
        let wanted = value_of(arguments);
        let matching: Vec<Call<'t>> =
            self.calls.iter().filter(|call| same(call.arguments().ok(), &wanted)).copied().collect();
        if matching.is_empty() {
            let why = match self.calls.as_slice() {
                [only] => differences(&wanted, only.arguments().ok(), Some(only.argument_names())),
                _ => String::new(),
            };
            self.run.fail(&format!("{}: none with the arguments {wanted}{why}", self.what));
        }
        Self { what: format!("{} with the arguments {wanted}", self.what), calls: matching, run: self.run }
    }

    /// The one that is number `number` among them, counted from 0.
    ///
    /// # Panics
    /// If there are not so many.
    #[track_caller]
    pub fn nth(self, number: usize) -> Self {
        match self.calls.get(number) {
            Some(call) => {
                Self { what: format!("{}, number {number}", self.what), calls: vec![*call], run: self.run }
            }
            None => self.run.fail(&format!("{}: there is no number {number}, counted from 0", self.what)),
        }
    }

    /// Each of them returned this.
    ///
    /// # Panics
    /// If one did not.
    #[track_caller]
    pub fn returned<R: Serialize + ?Sized>(self, result: &R) -> Self {
        let wanted = value_of(result);
        for call in &self.calls {
            let actual = call.result().ok().flatten();
            if !same(actual.clone(), &wanted) {
                let why = differences(&wanted, actual, None);
                self.run.fail(&format!("{}: {call:?} did not return {wanted}{why}", self.what));
            }
        }
        self
    }

    /// The calls of an input. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn input(&self, alias: &str) -> Self {
        self.run.calls(Kind::Input, alias)
    }

    /// The calls of an output. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn output(&self, alias: &str) -> Self {
        self.run.calls(Kind::Output, alias)
    }
}

impl<'t> Run<'t> {
    #[track_caller]
    pub(crate) fn calls(self, kind: Kind, alias: &str) -> AssertCalls<'t> {
        let calls: Vec<Call<'t>> = self.tape.calls_of(kind).filter(|call| call.alias() == alias).collect();
        let what = format!("calls of {} `{alias}`", name(kind));
        if calls.is_empty() {
            self.fail(&format!("{} `{alias}` was not called", name(kind)));
        }
        AssertCalls { run: self, what, calls }
    }

    #[track_caller]
    pub(crate) fn no_calls(self, kind: Kind, alias: &str) {
        if self.tape.calls_of(kind).any(|call| call.alias() == alias) {
            self.fail(&format!("{} `{alias}` was called", name(kind)));
        }
    }

    /// The operation, as a call to be asserted on.
    #[track_caller]
    pub(crate) fn operation(self) -> AssertCalls<'t> {
        match self.tape.operation() {
            Some(operation) => {
                AssertCalls { run: self, what: "the operation".to_owned(), calls: vec![operation] }
            }
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
    pub(crate) fn list(self) -> String {
        let mut list = format!("{} was:", self.how);
        let calls = self.tape.calls().count();
        for call in self.tape.calls().take(TOLD) {
            // Writing to a string cannot fail.
            let _ = write!(list, "\n  {call:?}");
        }
        if calls > TOLD {
            let _ = write!(list, "\n  and {} more calls", calls - TOLD);
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

/// What a test expects, as it would be recorded.
#[track_caller]
#[allow(clippy::panic, reason = "an assertion for tests")]
pub(crate) fn value_of<T: Serialize + ?Sized>(expected: &T) -> Value {
    match Value::of(expected) {
        Ok(value) => value,
        Err(error) => panic!("what the test expects cannot be recorded: {error}"),
    }
}

fn same(actual: Option<Value>, wanted: &Value) -> bool {
    actual.is_some_and(|actual| diff(wanted, &actual, 1).differences.is_empty())
}

/// Where what is there differs from what was wanted, a line for each.
fn differences(wanted: &Value, actual: Option<Value>, argument_names: Option<&[Arc<str>]>) -> String {
    let Some(actual) = actual else { return String::new() };
    let mut text = " (wanted -> is)".to_owned();
    let diff = match argument_names {
        Some(names) => diff_arguments(wanted, &actual, names, TOLD),
        None => diff(wanted, &actual, TOLD),
    };
    for difference in &diff.differences {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {difference}");
    }
    if diff.omitted > 0 {
        let _ = write!(text, "\n  and {} more", diff.omitted);
    }
    text
}
