//! One test per recording: a test target whose tests are recordings.
//!
//! In the package's `Cargo.toml`, a test target without the usual harness:
//!
//! ```toml
//! [[test]]
//! name = "recordings"
//! harness = false
//! ```
//!
//! and its file, `tests/recordings.rs`, whole:
//!
//! ```no_run
//! # async fn add(one: u64, other: u64) -> u64 { one + other }
//! use playback_equalizer::{Error, Tuning};
//!
//! fn tuner(category: &str) -> Result<Tuning, Error> {
//!     match category {
//!         "Add" => Ok(Tuning::of(|(one, other)| add(one, other))),
//!         other => Err(format!("no operation is known for the category `{other}`").into()),
//!     }
//! }
//!
//! playback_testkit::harness!("tests/recordings", tuner);
//! ```
//!
//! Each recording is a test named by its id, `Add/20260131/01KG8V3Q2E9T0000000000000A`: `cargo test Add/` runs those
//! of a category, and all that cargo-nextest does for tests it does for recordings: filters, partitions, retries,
//! time-outs, `JUnit`. Operations run on a tokio runtime of many threads. The process is given over to replaying, so that
//! interceptions that escape from a replay are refused; in a run of many threads every replay that was under way is told
//! of them, and fails.
//!
//! A recording of an operation that panicked or was cancelled is incomplete, and there is no end to compare: such
//! recordings are listed as ignored tests, and are replayed where these are asked for.
//!
//! # Accepting changes
//!
//! `PLAYBACK_ACCEPT=pending cargo test` writes what recordings would become beside them, to be
//! [reviewed](playback_studio::Review); `PLAYBACK_ACCEPT=always` replaces them.

mod unused;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::ready;
use futures::stream::{self, StreamExt};
use libtest_mimic::{Arguments, Failed, Trial};
use playback_cassette::{Cassette, Clock, Error, ErrorKind, Fixtures, Found, Query, SystemClock};
use playback_cassette_s3::ObjectStoreCassette;
use playback_core::RecordingId;
use playback_equalizer::{Comparison, Crew, Equalizer, Job, Status, Tuner, Tuning};
use playback_studio::{ACCEPT_VARIABLE, Accept, Change, clear_pending, set_pending};
use tokio::runtime::Runtime;

use crate::replays::near;

/// Makes every recording of a place a test: see the [module](mod@crate::harness).
///
/// The place is a directory, relative to the package's own, or the URL of an object store, with a
/// [`Query`] of what of it is wanted. What else can be said is said to the [`Harness`]:
///
/// ```no_run
/// # fn tuner(_: &str) -> Result<playback_equalizer::Tuning, playback_equalizer::Error> { Err("none".into()) }
/// use playback_testkit::harness::Harness;
///
/// fn main() -> std::process::ExitCode {
///     Harness::directory("tests/recordings", tuner).time_limit(std::time::Duration::from_secs(5)).main()
/// }
/// ```
#[macro_export]
macro_rules! harness {
    ($place:expr, $tuner:expr $(,)?) => {
        $crate::harness!($place, $crate::__private::Query::new(), $tuner);
    };
    ($place:expr, $query:expr, $tuner:expr $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            let package = ::std::env!("CARGO_MANIFEST_DIR");
            $crate::harness::Harness::place(package, $place, $tuner).query($query).main()
        }
    };
}

/// A test target whose tests are recordings.
pub struct Harness {
    place: Place,
    query: Query,
    tuner: Arc<dyn Tuner>,
    time_limit: Duration,
    unused_rules_fail: bool,
    unused_recordings_fail: bool,
}

enum Place {
    Directory(PathBuf),
    Url(String),
    Cassette(Arc<dyn Cassette>),
}

impl Harness {
    /// The recordings in the files of a directory, as [`Fixtures`] has them. One that is not absolute is looked for
    /// where the process runs, which is the package's own directory under cargo.
    pub fn directory(directory: impl Into<PathBuf>, tuner: impl Tuner + 'static) -> Self {
        Self::new(Place::Directory(directory.into()), tuner)
    }

    /// The recordings of an object store. Clouds are behind the features `aws`, `gcp` and `azure`.
    pub fn url(url: impl Into<String>, tuner: impl Tuner + 'static) -> Self {
        Self::new(Place::Url(url.into()), tuner)
    }

    /// The recordings of any cassette.
    pub fn cassette(cassette: impl Cassette + 'static, tuner: impl Tuner + 'static) -> Self {
        Self::new(Place::Cassette(Arc::new(cassette)), tuner)
    }

    /// A URL, or a directory of a package.
    #[doc(hidden)]
    pub fn place(package: &str, place: &str, tuner: impl Tuner + 'static) -> Self {
        if place.contains("://") {
            return Self::url(place, tuner);
        }
        // A test that was built elsewhere runs where cargo or nextest says it does.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| package.into(), PathBuf::from);
        Self::directory(package.join(place), tuner)
    }

    fn new(place: Place, tuner: impl Tuner + 'static) -> Self {
        Self {
            place,
            query: Query::new(),
            tuner: Arc::new(tuner),
            time_limit: Crew::DEFAULT_TIME_LIMIT,
            unused_rules_fail: false,
            unused_recordings_fail: false,
        }
    }

    /// Only the recordings that `query` finds; all complete ones, unless said otherwise.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// How long one replay may take; a minute, unless said otherwise. One that blocks its thread is given up as well, and
    /// the thread goes on for as long as the run does.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Fails a run of all recordings in which a rule of the tuner's matched nothing. It has a say where all run in one
    /// process, as under `cargo test`, without a filter and whatever else leaves some out.
    #[must_use]
    pub fn unused_rules_fail(mut self) -> Self {
        self.unused_rules_fail = true;
        self
    }

    /// Adds a test, "every recording is replayed", that fails if the place has recordings that none of the others
    /// replays: incomplete ones, and those that the query leaves out.
    #[must_use]
    pub fn unused_recordings_fail(mut self) -> Self {
        self.unused_recordings_fail = true;
        self
    }

    /// Runs the tests that the command line asks for.
    #[must_use]
    pub fn main(self) -> ExitCode {
        // Nothing else runs here that could rightly be live.
        playback_core::refuse_escapes();
        let arguments = Arguments::from_args();
        let (trials, tunings) = match self.trials(&arguments) {
            Ok(made) => made,
            Err(error) => {
                complain(&error.chain());
                return ExitCode::FAILURE;
            }
        };
        let incomplete = trials.iter().filter(|trial| trial.has_ignored_flag()).count() as u64;
        let conclusion = libtest_mimic::run(&arguments, trials);
        // Where one is asked for by its name, there may be no others to be left out.
        let all_ran = arguments.filter.is_none()
            && !arguments.list
            && conclusion.num_filtered_out == 0
            && conclusion.num_ignored <= incomplete;
        if conclusion.has_failed() || !(self.unused_rules_fail && all_ran) {
            return conclusion.exit_code();
        }
        let unused: Vec<String> = tunings
            .iter()
            .flat_map(|tuning| tuning.all_rules().unused())
            .map(|rule| format!("\n  {rule}"))
            .collect();
        if unused.is_empty() {
            return ExitCode::SUCCESS;
        }
        complain(&format!("rules that matched nothing in any recording:{}\ntake them out", unused.concat()));
        ExitCode::FAILURE
    }

    /// A test for each recording, and the tunings that they use.
    fn trials(&self, arguments: &Arguments) -> Result<(Vec<Trial>, Vec<Tuning>), Error> {
        let accept = Accept::from_env()?;
        let (cassette, fixtures): (Arc<dyn Cassette>, _) = match &self.place {
            Place::Directory(directory) => {
                let opened = match accept {
                    Accept::No => Fixtures::open(directory),
                    _ => Fixtures::writable(directory),
                };
                let fixtures = Arc::new(opened?);
                (Arc::clone(&fixtures) as _, Some(fixtures))
            }
            Place::Url(url) => (Arc::new(ObjectStoreCassette::from_url(url)?), None),
            Place::Cassette(cassette) => (Arc::clone(cassette), None),
        };
        let replaying = Replaying { cassette, fixtures, accept, runtime: Arc::default() };
        if accept != Accept::No && replaying.fixtures.is_none() {
            let message = format!(
                "{ACCEPT_VARIABLE} is set, and only recordings in a directory are accepted; copy those of {} to one",
                replaying.cassette.place()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let mut trials = Vec::new();
        let mut tunings: Vec<(String, Result<Tuning, String>)> = Vec::new();
        let mut incomplete = Vec::new();
        for found in self.find(arguments, &replaying)? {
            let id = match found {
                Ok((id, State::Wanted)) => id,
                Ok((id, State::Incomplete)) => {
                    incomplete.push(self.incomplete(id, replaying.clone()));
                    continue;
                }
                Err(error) => {
                    let name = format!("cannot be read #{}", trials.len() + 1);
                    trials.push(Trial::test(name, move || Err(Failed::from(error.chain()))));
                    continue;
                }
            };
            let known =
                tunings.iter().find(|(category, _)| category == id.category()).map(|(_, tuning)| tuning);
            let tuning = known.cloned().unwrap_or_else(|| {
                let made =
                    Tuning::of_category(&*self.tuner, id.category()).map_err(|error| error.to_string());
                tunings.push((id.category().to_owned(), made.clone()));
                made
            });
            let (replaying, time_limit) = (replaying.clone(), self.time_limit);
            trials.push(Trial::test(id.to_string(), move || replaying.replay(&id, tuning?, time_limit)));
        }
        if trials.is_empty() {
            let message = format!(
                "there are no complete recordings in {}; record some, or copy some there",
                replaying.cassette.place()
            );
            trials.push(Trial::test("there are recordings", move || Err(Failed::from(message))));
        }
        trials.append(&mut incomplete);
        if self.unused_recordings_fail {
            trials.push(unused::trial(replaying, self.query.clone()));
        }
        Ok((trials, tunings.into_iter().filter_map(|(_, tuning)| tuning.ok()).collect()))
    }

    /// An ignored test of a recording that is incomplete.
    fn incomplete(&self, id: RecordingId, replaying: Replaying) -> Trial {
        let (tuner, time_limit) = (Arc::clone(&self.tuner), self.time_limit);
        let name = id.to_string();
        let replay = move || {
            let tuning = Tuning::of_category(&*tuner, id.category()).map_err(|error| error.to_string())?;
            replaying.replay(&id, tuning, time_limit)
        };
        Trial::test(name, replay).with_ignored_flag(true)
    }

    /// The recordings. Where one is asked for by its name, as nextest does, nothing is listed.
    fn find(&self, arguments: &Arguments, replaying: &Replaying) -> Result<Vec<Listed>, Error> {
        let named = arguments.filter.as_deref().filter(|_| arguments.exact);
        if let Some(id) = named.and_then(|name| name.parse().ok()) {
            // Of ignored tests only those are named that a listing had as such.
            let state = if arguments.ignored { State::Incomplete } else { State::Wanted };
            return Ok(vec![Ok((id, state))]);
        }
        // Incomplete ones would take the places of others that a limit leaves.
        let query = self.query.clone().include_incomplete(true);
        let query = if self.query.max().is_none() { query } else { self.query.clone() };
        let state = |found: Found| match self.query.matches(&found.id, &found.metadata) {
            true => (found.id, State::Wanted),
            false => (found.id, State::Incomplete),
        };
        let found = async {
            let found = replaying.cassette.find(&query);
            found.map(|found| found.map(state)).collect::<Vec<_>>().await
        };
        // A directory needs no runtime, and a listing is quicker without.
        let mut found = match &replaying.fixtures {
            Some(_) => futures::executor::block_on(found),
            None => replaying.runtime()?.block_on(found),
        };
        found.sort_by(|one, other| one.as_ref().ok().cmp(&other.as_ref().ok()));
        Ok(found)
    }
}

/// A recording, or why it cannot be read.
type Listed = Result<(RecordingId, State), Error>;

/// Whether a recording is a test that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// The query finds it.
    Wanted,
    /// The query would find it if it were complete.
    Incomplete,
}

/// What a test needs to replay its recording.
#[derive(Clone)]
struct Replaying {
    cassette: Arc<dyn Cassette>,
    /// The cassette again, if it is a directory.
    fixtures: Option<Arc<Fixtures>>,
    accept: Accept,
    runtime: Arc<OnceLock<Runtime>>,
}

impl Replaying {
    fn replay(&self, id: &RecordingId, tuning: Tuning, time_limit: Duration) -> Result<(), Failed> {
        let mut equalizer = Equalizer::new(tuning).escapes_fail();
        if self.accept != Accept::No {
            equalizer = equalizer.keep_playbacks();
        }
        let runtime = self.runtime().map_err(|error| error.chain())?;
        let comparison = runtime.block_on(async {
            let loaded = self.cassette.load(id).await.map_err(|error| error.chain());
            let job = Job::new(id.clone(), Arc::new(equalizer), ready(loaded));
            // On a thread of the crew's, which is left to an operation that blocks it for good.
            let crew = Crew::new().concurrency(NonZeroUsize::MIN).time_limit(time_limit);
            crew.run(stream::iter([job])).next().await
        });
        self.conclude(comparison.ok_or("the replay ended without a comparison")?, runtime)
    }

    /// Passes, fails with the differences, or accepts them.
    fn conclude(&self, comparison: Comparison, runtime: &Runtime) -> Result<(), Failed> {
        let failed = |error: Error| Failed::from(error.chain());
        let file = self.fixtures.as_ref().and_then(|fixtures| fixtures.path_of(&comparison.id));
        let of_file = file.map(|file| format!("\nin {}", near(&file).display())).unwrap_or_default();
        let shown = format!("{comparison}\n(recorded -> replayed){of_file}");
        match (&self.fixtures, self.accept, comparison.status()) {
            (Some(fixtures), Accept::Pending | Accept::Always, Status::Equal) => {
                clear_pending(fixtures, &comparison.id).map_err(failed)
            }
            (_, _, Status::Equal) => Ok(()),
            // What could not be compared is no change to be accepted, though it was replayed.
            (_, _, Status::EqualizerFailure) => Err(shown.into()),
            (Some(fixtures), Accept::Pending, _) if comparison.playback.is_some() => {
                let Some(change) = Change::of(comparison, SystemClock.now()).map_err(failed)? else {
                    return Ok(());
                };
                let file = set_pending(fixtures, &change).map_err(failed)?;
                let lines = change.lines().map_err(failed)?;
                Err(format!("{shown}\n{lines}\nto be reviewed: {}", file.display()).into())
            }
            (Some(fixtures), Accept::Always, _) if comparison.playback.is_some() => {
                let Some(change) = Change::of(comparison, SystemClock.now()).map_err(failed)? else {
                    return Ok(());
                };
                runtime.block_on(fixtures.save(&change.accepted)).map_err(failed)?;
                clear_pending(fixtures, change.accepted.id()).map_err(failed)
            }
            (Some(_), Accept::No, _) if comparison.replayed.is_some() => {
                Err(format!("{shown}\nif the change is wanted: {ACCEPT_VARIABLE}=pending, and review it")
                    .into())
            }
            _ => Err(shown.into()),
        }
    }

    /// The runtime, made when it is needed first: to list tests takes none.
    fn runtime(&self) -> Result<&Runtime, Error> {
        if self.runtime.get().is_none() {
            let runtime = Runtime::new().map_err(|error| {
                Error::new(ErrorKind::Other, "no runtime can be started; free threads or memory")
                    .with_source(error)
            })?;
            // Another test may have been quicker.
            let _ = self.runtime.set(runtime);
        }
        self.runtime.get().ok_or_else(|| Error::new(ErrorKind::Other, "no runtime was kept"))
    }
}

#[allow(clippy::print_stderr, reason = "the program of a test target tells why it fails")]
fn complain(message: &str) {
    eprintln!("{message}");
}
