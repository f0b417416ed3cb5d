//! What every cassette owes its callers, as one line in a test of yours.
//!
//! Whoever writes a cassette, or wraps one, runs the rules of [`Cassette`] on it:
//!
//! ```
//! use playback_testkit::{MemoryCassette, conformance};
//!
//! # #[tokio::main] async fn main() {
//! // In a test: how to make a new, empty, writable cassette, as often as it is asked for.
//! conformance::cassette(|| async { MemoryCassette::new() }).await;
//!
//! // If recordings outlive the value that saved them: how to open the place of a name.
//! let shelves = std::sync::Mutex::new(std::collections::HashMap::<String, MemoryCassette>::new());
//! conformance::reopened(|name: String| {
//!     let shelf = shelves.lock().unwrap().entry(name).or_default().clone();
//!     async { shelf }
//! })
//! .await;
//! # }
//! ```
//!
//! A cassette that only takes recordings, or only gives them, is tried together with its other half: see
//! [`Halves`].
//!
//! All rules are tried, and the message at the end names those that are broken and how:
//!
//! ```text
//! my_crate::MyCassette breaks 1 of 34 rules of `Cassette`, tried from tests/conforms.rs:12:5
//! - what is deleted is gone, and deleting nothing is well:
//!     deleting Checkout/20260131/01KG8V3Q2E… a second time failed: no such row
//! ```

mod broken;
mod finding;
mod halves;
mod keeping;
mod opening;
mod recorders;
mod reopening;
mod sample;
mod together;

use std::any::type_name;
use std::panic::{AssertUnwindSafe, Location};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use playback_cassette::Cassette;
use playback_core::{Recorder, Recording};

use broken::{Broken, Outcome, panic_message};
pub use halves::Halves;

/// One thing that is promised: the sentence, and what tries it.
struct Rule<Holds> {
    says: &'static str,
    holds: Holds,
}

/// Tries a rule on one cassette.
type OnOne = for<'c> fn(&'c dyn Cassette) -> LocalBoxFuture<'c, Outcome>;

/// Tries a rule on two values that were opened at one place.
type OnTwo = for<'c> fn(&'c dyn Cassette, &'c dyn Cassette) -> LocalBoxFuture<'c, Outcome>;

/// The rules of functions, each with its sentence.
macro_rules! rules {
    (on one: $($says:literal => $holds:ident),+ $(,)?) => {
        [$($crate::conformance::Rule { says: $says, holds: |one| Box::pin($holds(one)) }),+]
    };
    (on two: $($says:literal => $holds:ident),+ $(,)?) => {
        [$($crate::conformance::Rule { says: $says, holds: |one, other| Box::pin($holds(one, other)) }),+]
    };
}
use rules;

/// Tries all rules of [`Cassette`], each on a new, empty, writable cassette that `make` makes, which is
/// closed afterwards. Needs no runtime but the one that the cassette needs.
///
/// # Panics
/// If the cassette breaks rules; the message names each, and how it is broken.
#[track_caller]
pub fn cassette<C: Cassette>(make: impl AsyncFn() -> C) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let rules =
            keeping::RULES.iter().chain(&opening::RULES).chain(&finding::RULES).chain(&together::RULES);
        let mut verdict = Verdict::new(type_name::<C>(), caller);
        let mut closed = Ok(());
        for rule in rules {
            let cassette = make().await;
            verdict.note(rule.says, tried((rule.holds)(&cassette)).await);
            closed = closed.and(tried(broken::close(&cassette)).await);
        }
        verdict.note("it can be closed", closed);
        verdict.announce();
    }
}

/// Tries what is promised of recordings that outlive the value that saved them: on disk, in a database, in
/// the cloud. `open` opens the place of a name for writing: a name that it has not seen is a new and empty
/// place, and the same name is the same place again. [`cassette`] tries everything else.
///
/// # Panics
/// If the cassette breaks rules; the message names each, and how it is broken.
#[track_caller]
pub fn reopened<C: Cassette>(open: impl AsyncFn(String) -> C) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let mut verdict = Verdict::new(type_name::<C>(), caller);
        for (number, rule) in reopening::RULES.iter().enumerate() {
            let name = format!("conformance-{number}");
            let (one, other) = (open(name.clone()).await, open(name).await);
            verdict.note(rule.says, tried((rule.holds)(&one, &other)).await);
        }
        verdict.announce();
    }
}

/// Tries what every [`Recorder`] owes, each rule on a new recorder that keeps everything. `make` makes one, and what
/// gives the recordings that it has made by now, those that it still has in work included.
///
/// ```
/// use playback_testkit::{MemoryRecorder, conformance};
///
/// # futures::executor::block_on(
/// conformance::recorder(|| {
///     let recorder = MemoryRecorder::new();
///     (recorder.clone(), async move || recorder.recordings())
/// })
/// # );
/// ```
///
/// # Panics
/// If the recorder breaks rules; the message names each, and how it is broken.
#[track_caller]
pub fn recorder<R, F>(make: impl Fn() -> (R, F)) -> impl Future<Output = ()>
where
    R: Recorder + 'static,
    F: AsyncFn() -> Vec<Recording>,
{
    let caller = Location::caller();
    async move {
        let mut verdict = Verdict::new(type_name::<R>(), caller);
        verdict.of_trait = "Recorder";
        for rule in &recorders::RULES {
            let (recorder, recorded) = make();
            let recorded = || -> LocalBoxFuture<'_, _> { Box::pin(recorded()) };
            let trial = recorders::Trial { recorder: Arc::new(recorder), recorded: &recorded };
            verdict.note(rule.says, tried((rule.holds)(&trial)).await);
        }
        verdict.announce();
    }
}

/// What comes of a rule. A panic breaks it, and the others are tried all the same.
async fn tried(holds: impl Future<Output = Outcome>) -> Outcome {
    AssertUnwindSafe(holds)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(Broken(format!("it panicked: {}", panic_message(&*panic)))))
}

/// Which rules were tried, and which are broken.
struct Verdict {
    of: &'static str,
    of_trait: &'static str,
    caller: &'static Location<'static>,
    tried: usize,
    broken: Vec<String>,
}

impl Verdict {
    fn new(of: &'static str, caller: &'static Location<'static>) -> Self {
        Self { of, of_trait: "Cassette", caller, tried: 0, broken: Vec::new() }
    }

    /// Counts one rule.
    fn note(&mut self, says: &str, outcome: Outcome) {
        self.tried += 1;
        if let Err(Broken(how)) = outcome {
            self.broken.push(format!("\n- {says}:\n    {}", how.replace('\n', "\n    ")));
        }
    }

    #[allow(clippy::panic, reason = "an assertion for tests")]
    fn announce(self) {
        let Self { of, of_trait, caller, tried, broken } = self;
        if !broken.is_empty() {
            let count = broken.len();
            panic!(
                "{of} breaks {count} of {tried} rules of `{of_trait}`, tried from {caller}{}",
                broken.concat()
            );
        }
    }
}
