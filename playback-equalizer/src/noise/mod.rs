//! Learning what differs on its own: from one replay to the next, on the same code.
//!
//! ```
//! # use playback_core::operation;
//! use playback_equalizer::{Tuning, noise};
//! # use std::sync::atomic::{AtomicU64, Ordering};
//!
//! # static CLOCK: AtomicU64 = AtomicU64::new(0);
//! # fn now() -> u64 { CLOCK.fetch_add(1, Ordering::Relaxed) }
//! // Stamps what it returns with a time that no input was made of.
//! async fn stamp(name: String) -> (String, String) {
//!     operation("Stamp").args(&(name.clone(),)).run_async(async { (name, format!("at {}", now())) }).await
//! }
//!
//! # futures::executor::block_on(async {
//! # let recording = playback_testkit::record(stamp("a".to_owned())).await.recording();
//! let tuning = Tuning::of(|(name,)| stamp(name));
//! let noise = noise::learn(&tuning, futures::stream::iter([recording]), 2).await;
//! println!("{noise}"); // a file of rules, with the reasons as comments, to be read and kept
//! let rules = playback_equalizer::Rules::from_toml(&noise.to_string())?;
//! assert_eq!(rules.to_string(), noise.rules().to_string());
//! # Ok::<(), playback_equalizer::RulesError>(()) }).unwrap();
//! ```

mod narrow;
mod place;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::ready;
use futures::stream::{self, Stream, StreamExt};
use playback_core::{Recording, RecordingId, Tape, Value};

use crate::{
    Comparator, Comparison, Crew, Criteria, Difference, Equalizer, Error, Extracted, Job, Rule, Rules, Sides,
    Structural, Tuning, shown,
};
use narrow::Narrow;
use place::Place;

/// How many differences between two replays are looked at.
const MOST: usize = 2_000;

/// What differs from one replay to the next, on the same code. Displayed it is a file of rules that would keep quiet
/// about it, with what was seen as comments. Nothing applies them: they are to be read first.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Noise {
    /// How many recordings were replayed, each several times.
    pub recordings: usize,
    /// The places that differ, by category, output and path.
    pub places: Vec<Noisy>,
    /// Recordings that could not be compared with themselves, and why.
    pub failures: Vec<(RecordingId, String)>,
}

/// One place that differs from one replay to the next.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Noisy {
    /// The narrowest rule that keeps quiet about it.
    pub rule: Rule,
    /// In how many recordings it differed.
    pub recordings: usize,
    /// How many recordings of its category were replayed.
    pub of: usize,
    /// A recording that it differed in, and how.
    pub example: (RecordingId, Difference),
}

impl Noise {
    /// The rules that would keep quiet about it.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.places.iter().map(|noisy| noisy.rule.clone()).collect()
    }
}

/// Replays each recording so many times (twice at least) on the code as it is, and finds out what differs between
/// these replays: a difference there is no doing of a change. What the tuning's rules already forgive is left out.
///
/// Paths are taken together with `[*]` for the numbers of elements. For each the narrowest rule is found that would
/// keep quiet about all that was seen: an order that does not matter, upper and lower case, a tolerance with some room
/// above what was seen, an id or a number inside a text, an absent default; only then that it is ignored.
///
/// Replays run on the threads of a [`Crew`].
pub async fn learn(
    tuning: &Tuning,
    recordings: impl Stream<Item = Recording> + Send,
    replays: usize,
) -> Noise {
    let replays = replays.max(2);
    // Replays are compared with each other, and not with the recording.
    let unjudged = Criteria::new().extractor(|_: &Tape| Ok::<_, Error>(Value::Unit));
    let equalizer = Equalizer::new(tuning.clone().criteria(unjudged)).keep_playbacks();
    let equalizer = Arc::new(equalizer);
    let jobs = recordings.flat_map(|recording| {
        let equalizer = Arc::clone(&equalizer);
        stream::repeat(recording).take(replays).map(move |recording| {
            Job::new(recording.id().clone(), Arc::clone(&equalizer), ready(Ok::<_, Error>(recording)))
        })
    });
    let mut comparisons = Crew::new().run(jobs);
    let mut learning = Learning::default();
    // They come in the order of the jobs, so those of a recording are together.
    while let Some(first) = comparisons.next().await {
        let id = first.id.clone();
        let others: Vec<Comparison> = comparisons.by_ref().take(replays - 1).collect().await;
        learning.take(tuning, &id, std::iter::once(first).chain(others));
    }
    learning.noise()
}

/// What is compared of one more replay.
fn replayed(tuning: &Tuning, comparison: Comparison) -> Result<Extracted, Error> {
    match &comparison.playback {
        Some(playback) => tuning.extract(playback.replayed()),
        None => Err(comparison.verdict.message.unwrap_or_else(|| "the replay failed".to_owned()).into()),
    }
}

/// What was seen so far.
#[derive(Default)]
struct Learning {
    recordings: usize,
    by_category: BTreeMap<String, usize>,
    seen: BTreeMap<Place, Seen>,
    failures: Vec<(RecordingId, String)>,
}

/// What was seen in one place.
struct Seen {
    narrow: Narrow,
    recordings: usize,
    /// The number of the recording that it differed in last.
    last: usize,
    example: (RecordingId, Difference),
}

impl Learning {
    /// Takes in the replays of a recording, up to the first that fails.
    fn take(&mut self, tuning: &Tuning, id: &RecordingId, replays: impl Iterator<Item = Comparison>) {
        self.recordings += 1;
        *self.by_category.entry(id.category().to_owned()).or_default() += 1;
        let mut first: Option<Extracted> = None;
        for comparison in replays {
            match (replayed(tuning, comparison), &first) {
                (Ok(run), None) => first = Some(run),
                (Ok(run), Some(first)) => self.compare(id, tuning.all_rules(), first, &run),
                (Err(why), _) => return self.failures.push((id.clone(), why.to_string())),
            }
        }
    }

    fn compare(&mut self, id: &RecordingId, rules: &Rules, first: &Extracted, other: &Extracted) {
        let category = id.category();
        let differences = |rules: &Rules| {
            let sides = Sides { category: Some(category), rules, ..Sides::new(first, other) };
            Structural::new().most(MOST).compare(&sides).differences
        };
        // Rules of its own, so that the tuning's count only what is compared in earnest.
        let known: Rules = rules.iter().cloned().collect();
        let found = differences(&known);
        let trial = |rule: Rule| differences(&known.clone().with(rule));
        for (place, narrow, difference) in place::sort_out(category, found, trial) {
            let seen = self.seen.entry(place).or_insert_with(|| Seen {
                narrow: narrow.clone(),
                recordings: 0,
                last: 0,
                example: (id.clone(), difference),
            });
            seen.narrow = std::mem::take(&mut seen.narrow).or(narrow);
            if seen.last != self.recordings {
                seen.recordings += 1;
                seen.last = self.recordings;
            }
        }
    }

    fn noise(self) -> Noise {
        let Self { recordings, by_category, seen, failures } = self;
        let noisy = |(place, seen): (Place, Seen)| {
            Some(Noisy {
                rule: place.rule(&seen.narrow)?,
                recordings: seen.recordings,
                of: by_category.get(&place.category).copied().unwrap_or_default(),
                example: seen.example,
            })
        };
        Noise { recordings, places: seen.into_iter().filter_map(noisy).collect(), failures }
    }
}

/// A file of rules, which [`Rules::from_toml`] reads, with what was seen as comments.
impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recordings, places, failures } = self;
        writeln!(
            f,
            "# What differed between replays of one recording on the same code, of {recordings} replayed."
        )?;
        writeln!(f, "# Keep what does not matter, and mend what does.")?;
        for Noisy { rule, recordings, of, example: (id, difference) } in places {
            writeln!(f, "\n# differed in {recordings} of {of}, such as {}:", line(id))?;
            writeln!(f, "#   {}", line(difference))?;
            write!(f, "{rule}")?;
        }
        for (id, why) in failures {
            writeln!(f, "\n# {} could not be compared with itself: {}", line(id), line(why))?;
        }
        Ok(())
    }
}

/// Anything on one line, as a comment has to be.
fn line(of: impl fmt::Display) -> String {
    shown(of, 300).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
