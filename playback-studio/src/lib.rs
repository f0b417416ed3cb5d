//! Replays many recordings of many operations, compares, and reports.
//!
//! ```
//! # use playback_cassette::Cassette;
//! # use playback_core::{Recording, operation};
//! use playback_studio::{Error, Studio, Tuning};
//!
//! async fn add(one: u64, other: u64, more: u64) -> u64 {
//!     operation("Add").args(&(one, other)).run_async(async move { one + other + more }).await
//! }
//!
//! // What is needed to replay a category: how its operation is called with what was recorded.
//! let tuner = |category: &str| match category {
//!     "Add" => Ok(Tuning::of(|(one, other)| add(one, other, 1))),
//!     other => Err(Error::from(format!("no operation is known for {other}"))),
//! };
//!
//! # futures::executor::block_on(async {
//! # let cassette = playback_testkit::MemoryCassette::new();
//! # let recording = playback_testkit::record(add(2, 3, 0)).await.recording();
//! # cassette.save(&recording).await?;
//! # let new_year = recording.metadata().recorded_at;
//! // Recordings of the last seven days, 20 of each category at the most.
//! let report = Studio::new(cassette, tuner).categories(["Add"])
//! #   .clock(new_year + std::time::Duration::from_secs(60))
//!     .play().await;
//! assert_eq!(report.counts().to_string(), "1 recording: 1 different");
//! println!("{report}"); // a table, and below it what differs: `result ~ 5 -> 6`
//! # Ok::<(), playback_cassette::Error>(()) }).unwrap();
//! ```
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `studio` | what is played, and how: [`Studio`] |
//! | `playing`, `event`, `log` | playing it all, and what happens on the way: [`Event`] |
//! | `wanted`, `shard` | which recordings are played: [`Shard`] |
//! | `progress` | how far it has come, for people: [`Progress`] |
//! | `interrupt` (feature) | ending a run by Ctrl-C: `stop_on_ctrl_c` |
//! | `report` | what comes of it, as plain data: [`Report`], [`CategoryReport`], [`RecordingReport`], [`DifferenceReport`], [`Group`], [`Counts`], [`Shards`] |
//! | `report/json`, `report/file` | to JSON and back, to files: [`ReadError`], [`WriteError`] |
//! | `report/gate`, `report/judgement` | whether a run passes: [`Gate`], [`Judgement`], [`Outcome`] |
//! | `render` | a report for people and for other programs: [`Terminal`], [`Junit`], [`Markdown`], [`Html`] |
//! | `whole` | writing files whole or not at all |
//! | `harmless` | what was recorded, made harmless to whoever looks at it |
//! | `accept`, `review` | making recordings anew of what their replays did: [`Change`], [`Review`] |
//! | `cli` (feature) | the command line: the command `playback`, and a service's own |
//!
//! How a category is replayed and compared is said by a [`Tuner`], which `playback-equalizer` holds, since it
//! needs no storage.

mod accept;
#[cfg(feature = "cli")]
pub mod cli;
mod event;
mod harmless;
#[cfg(feature = "ctrl-c")]
mod interrupt;
mod log;
mod playing;
mod progress;
mod render;
mod report;
mod review;
mod shard;
mod studio;
mod wanted;
mod whole;

pub use accept::{ACCEPTED_AT, Change, accepted};
pub use event::Event;
#[cfg(feature = "ctrl-c")]
pub use interrupt::stop_on_ctrl_c;
pub use playback_equalizer::{
    Comparison, Crew, Difference, Error, Risk, Rule, RuleError, Rules, RulesError, Runtime, Status, Stop,
    Tolerance, Tuner, Tuning, Workers, extract, is_worker, noise,
};
pub use progress::Progress;
pub use render::{Html, Junit, Markdown, Terminal};
pub use report::{
    CategoryReport, Counts, DifferenceReport, Gate, Group, Json, Judgement, Outcome, ReadError,
    RecordingReport, Report, RunReport, Shards, UnknownFinding, WriteError,
};
pub use review::{ACCEPT_VARIABLE, Accept, Decision, Pending, Review, Reviewed, clear_pending, set_pending};
pub use shard::{InvalidShard, Shard};
pub use studio::Studio;
