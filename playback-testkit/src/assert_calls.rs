//! Assertions on the calls of a run, recorded or replayed.

use std::fmt::Write as _;
use std::sync::Arc;

use playback_core::{Call, Value};
use playback_equalizer::{diff, diff_arguments};
use serde::Serialize;

use crate::AssertRun;

/// How many differences a failure tells of.
const TOLD: usize = 20;

/// Some calls of a run, which assertions narrow down or look at. See
/// [`assert_recorded`](crate::assert_recorded).
#[derive(Debug, Clone)]
pub struct AssertCalls<'t> {
    run: AssertRun<'t>,
    /// What the calls are, such as "calls of the input `checkout.customer`".
    what: String,
    calls: Vec<Call<'t>>,
}

impl<'t> AssertCalls<'t> {
    pub(crate) fn new(run: AssertRun<'t>, what: String, calls: Vec<Call<'t>>) -> Self {
        Self { run, what, calls }
    }

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

    /// The calls of an input of the same run. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn input(self, alias: &str) -> Self {
        self.run.input(alias)
    }

    /// The calls of an output of the same run. There is one at least.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn output(self, alias: &str) -> Self {
        self.run.output(alias)
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
