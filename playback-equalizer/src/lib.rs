//! Compares what a replay did with what was recorded.
//!
//! ```
//! # use playback_core::{Recording, operation, output};
//! use playback_equalizer::{Equalizer, Status, Tuning};
//!
//! async fn checkout(amount: u64, discount: u64) -> u64 {
//!     let total = amount - discount;
//!     operation("Checkout")
//!         .args(&(amount,))
//!         .run_async(async move { output("store").args(&(total,)).run_async(async { total }).await })
//!         .await
//! }
//!
//! # futures::executor::block_on(async {
//! # let recording = playback_testkit::record(checkout(100, 5)).await.recording();
//! // Recorded with a discount of 5, replayed with one of 7.
//! let equalizer = Equalizer::new(Tuning::of(|(amount,)| checkout(amount, 7)));
//! let comparison = equalizer.compare(recording).await;
//! assert_eq!(comparison.status(), Status::Different);
//! assert_eq!(
//!     comparison.to_string(),
//!     "Checkout/20260101/01KDVDNA000000000000000001 is different: 1 difference\n  store #1\n    ~ [0]: 95 -> 93"
//! );
//! # });
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `tuning` | how a category is replayed and compared: [`Tuner`], [`Tuning`] |
//! | `criteria` | what of a replay is compared, and how: [`Criteria`] |
//! | [`extract`], `extracted` | taking from a run what is compared: [`Extractor`], [`Extracted`] |
//! | `comparator` | comparing it: [`Comparator`], [`typed`] |
//! | `structural` | the comparator where no other is given: [`Structural`] |
//! | `same` | telling by their bytes that two runs sent the same |
//! | `pairs` | which output of one run is which of the other |
//! | `diff` | where two values differ: [`diff()`] |
//! | `rules` | what does not matter, in code and in files: [`Rules`], [`Rule`], [`Tolerance`] |
//! | [`noise`] | learning what differs on its own |
//! | `difference`, `text` | one place that differs: [`Difference`], [`Change`] |
//! | `styled`, `words`, `paint` | how it is shown: by words, lines and offsets, in colours: [`Styled`], [`Paint`] |
//! | `risk` | what a difference may mean: [`Risk`] |
//! | `status`, `verdict` | what a comparator says: [`Status`], [`Verdict`] |
//! | `equalizer`, `comparison` | replaying and comparing: [`Equalizer`], [`Comparison`] |
//! | `crew` | many at the same time, on threads: [`Crew`], [`Job`] |
//! | `workers` | in processes of their own: [`Workers`], [`is_worker`] |
//! | `runtime`, `stop` | what surrounds replays, and ends them early: [`Runtime`], [`Stop`] |
//! | `timeline`, `shown` | what both runs did, in short: [`Timeline`]; texts of bounded length |
//! | `speed` | whether the replays of a run were slower: [`Speed`], [`Slowdown`] |
//! | `guard` | panics of code that is not ours |

mod comparator;
mod comparison;
mod crew;
mod criteria;
mod diff;
mod difference;
mod equalizer;
pub mod extract;
mod extracted;
mod guard;
pub mod noise;
mod paint;
mod pairs;
mod risk;
mod rules;
mod runtime;
mod same;
mod shown;
mod speed;
mod status;
mod stop;
mod structural;
mod styled;
mod text;
mod timeline;
mod tuning;
mod verdict;
mod words;
mod workers;

pub use comparator::{Comparator, Sides, typed, typed_with_data};
pub use comparison::{Comparison, Run};
pub use crew::{Crew, Job};
pub use criteria::Criteria;
pub use diff::{Diff, diff, diff_arguments, diff_with};
pub use difference::{Change, Difference};
pub use equalizer::Equalizer;
pub use extract::{Extract, Extractor};
pub use extracted::{Extracted, Part};
pub use paint::Paint;
pub use risk::{Risk, UnknownRisk};
pub use rules::{Rule, RuleError, Rules, RulesError, Tolerance, Usage};
pub use runtime::Runtime;
pub use shown::shown;
pub use speed::{Slowdown, Speed};
pub use status::Status;
pub use stop::Stop;
pub use structural::Structural;
pub use styled::Styled;
pub use timeline::{Answer, Moment, Step, StepKind, Timeline};
pub use tuning::{Tuner, Tuning, TuningFailed};
pub use verdict::Verdict;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use workers::fuzzed_answer;
pub use workers::{Workers, is_worker};

/// What code of the user's own may fail with: any error.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
