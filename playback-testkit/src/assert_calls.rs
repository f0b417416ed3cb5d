//! Assertions on the calls of a run, recorded or replayed.

use std::fmt::Write as _;

use playback_core::value::{DecodeError, Path, Segment};
use playback_core::{Call, Value};
use playback_equalizer::{Diff, Paint, diff, diff_arguments};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// If there is none, with what differs in the one that is closest.
    #[track_caller]
    pub fn with_arguments<A: Serialize + ?Sized>(self, arguments: &A) -> Self {
        let wanted = value_of(arguments);
        let compare = |call: &Call<'t>| {
            Some(diff_arguments(&wanted, &call.arguments().ok()?, call.argument_names(), TOLD))
        };
        self.narrow(&format!("with the arguments {wanted}"), compare)
    }

    /// Those that were called with this argument, whatever the others are. It is given by its name, what stands inside
    /// of it by a path: `"receipt"`, `"receipt.lines[0].price"`; one without a name by its place: `"[0]"`. There is
    /// one at least.
    ///
    /// ```
    /// # let checkout = || playback_core::operation("Checkout").run(|| {
    /// #     playback_core::output("store").argument_names(&["customer", "total"]).args(&(7, 95)).run(|| ())
    /// # });
    /// use playback_testkit::{assert_recorded, record_blocking};
    ///
    /// let recording = record_blocking(checkout).recording();
    /// assert_recorded(&recording).output("store").with_argument("total", &95).with_argument("[0]", &7);
    /// ```
    ///
    /// # Panics
    /// If there is none, with what differs in the one that is closest.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub fn with_argument<A: Serialize + ?Sized>(self, path: &str, argument: &A) -> Self {
        let wanted = value_of(argument);
        let parsed: Path = match path.parse() {
            Ok(parsed) => parsed,
            Err(error) => panic!("what the test expects is nowhere: {error}"),
        };
        if !self.calls.iter().any(|call| inside(call, &parsed).is_some()) {
            let named = self.calls.first().map(|call| call.argument_names()).unwrap_or_default();
            let there = if named.is_empty() {
                "; their arguments have no names, so say the place, such as [0]".to_owned()
            } else {
                format!("; their arguments are {}", quoted(named))
            };
            self.run.fail(&format!("{}: none has an argument `{path}`{there}", self.what));
        }
        let compare = |call: &Call<'t>| Some(diff(&wanted, &inside(call, &parsed)?, TOLD));
        self.narrow(&format!("with `{path}` = {wanted}"), compare)
    }

    /// Those whose arguments, read as a tuple, are as `is_right` says. There is one at least.
    ///
    /// # Panics
    /// If there is none, or if the arguments of one cannot be read as such a tuple.
    #[track_caller]
    pub fn with_arguments_matching<A: DeserializeOwned>(self, is_right: impl Fn(&A) -> bool) -> Self {
        let mut matching = Vec::new();
        for call in &self.calls {
            match call.arguments().and_then(|arguments| arguments.to::<A>()) {
                Ok(arguments) if is_right(&arguments) => matching.push(*call),
                Ok(_) => {}
                Err(error) => self.unreadable(call, "the arguments", &error),
            }
        }
        if matching.is_empty() {
            self.run.fail(&format!("{}: none with arguments that match", self.what));
        }
        Self { what: format!("{} with arguments that match", self.what), calls: matching, ..self }
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
            let found = actual.map(|actual| diff(&wanted, &actual, TOLD));
            if found.as_ref().is_none_or(|found| found.count() > 0) {
                let why = found.map(|found| shown("wanted -> is", &found)).unwrap_or_default();
                self.run.fail(&format!("{}: {call:?} did not return {wanted}{why}", self.what));
            }
        }
        self
    }

    /// Each of them returned what is as `is_right` says.
    ///
    /// # Panics
    /// If one did not, or if what it returned cannot be read as `R`.
    #[track_caller]
    pub fn returned_matching<R: DeserializeOwned>(self, is_right: impl Fn(&R) -> bool) -> Self {
        for call in &self.calls {
            let result = call.result().and_then(|result| result.map(|result| result.to::<R>()).transpose());
            match result {
                Ok(Some(result)) if is_right(&result) => {}
                Ok(_) => self.run.fail(&format!("{}: {call:?} did not return what matches", self.what)),
                Err(error) => self.unreadable(call, "the result", &error),
            }
        }
        self
    }

    /// Each of them returned an `Err`.
    ///
    /// # Panics
    /// If one did not.
    #[track_caller]
    pub fn failed(self) -> Self {
        if let Some(call) = self.calls.iter().find(|call| !call.failed()) {
            self.run.fail(&format!("{}: {call:?} did not fail", self.what));
        }
        self
    }

    /// The run that they are of.
    pub fn run(self) -> AssertRun<'t> {
        self.run
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

    /// Those that differ from what is wanted in nothing. `compare` says in what.
    #[track_caller]
    fn narrow(self, wanted: &str, compare: impl Fn(&Call<'t>) -> Option<Diff>) -> Self {
        let compared: Vec<_> = self.calls.iter().filter_map(|call| Some((*call, compare(call)?))).collect();
        let matching: Vec<Call<'t>> =
            compared.iter().filter(|(_, diff)| diff.count() == 0).map(|(call, _)| *call).collect();
        if matching.is_empty() {
            let legend = if compared.len() > 1 { "wanted -> is, in the closest" } else { "wanted -> is" };
            let closest = compared.iter().min_by_key(|(_, diff)| diff.count());
            let why = closest.map(|(_, diff)| shown(legend, diff)).unwrap_or_default();
            self.run.fail(&format!("{}: none {wanted}{why}", self.what));
        }
        Self { what: format!("{} {wanted}", self.what), calls: matching, run: self.run }
    }

    #[track_caller]
    fn unreadable(&self, call: &Call<'t>, part: &str, error: &DecodeError) -> ! {
        self.run.fail(&format!("{}: {part} of {call:?} cannot be read as the test does: {error}", self.what))
    }
}

/// What stands at a path that begins with the name or the place of an argument.
fn inside(call: &Call<'_>, path: &Path) -> Option<Value> {
    let (argument, rest) = path.segments().split_first()?;
    let place = match argument {
        Segment::Field(name) => call.argument_names().iter().position(|other| **other == **name)?,
        Segment::Index(place) => *place,
        _ => return None,
    };
    let whole: Path = std::iter::once(&Segment::Index(place)).chain(rest).cloned().collect();
    call.arguments().ok()?.get(&whole).cloned()
}

/// Names in backquotes, with commas between them.
pub(crate) fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
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

/// Where what is there differs from what was wanted, a line for each.
fn shown(legend: &str, diff: &Diff) -> String {
    let mut text = format!(" ({legend})");
    for difference in &diff.differences {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {}", difference.styled(Paint::Plain).indented(2));
    }
    if diff.omitted > 0 {
        let _ = write!(text, "\n  and {} more", diff.omitted);
    }
    text
}
