//! Replaying all recordings of a cassette, in a test.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use futures::stream::StreamExt;
use playback_cassette::{Cassette, Fixtures, Query};
use playback_core::RecordingId;
use playback_equalizer::{Comparison, Equalizer, Rules, Status, Tuner, Tuning};

use crate::runtime::block_on;

/// How many replays that are not equal a failure tells of.
const TOLD: usize = 10;

/// Replays every complete recording of a cassette and compares each replay with its recording, as the tuner says.
///
/// In a test that is not async, [`assert_replays!`](crate::assert_replays) does it in one line.
///
/// ```
/// # use playback_cassette::Cassette;
/// # async fn add(one: u64, other: u64) -> u64 {
/// #     playback_core::operation("Add").args(&(one, other)).run_async(async move { one + other }).await
/// # }
/// # futures::executor::block_on(async {
/// use playback_equalizer::{Error, Tuning};
/// use playback_testkit::{MemoryCassette, record, replay_all};
///
/// let cassette = MemoryCassette::new();
/// cassette.save(&record(add(2, 3)).await.recording()).await?;
/// let tuner = |_category: &str| Ok::<_, Error>(Tuning::of(|(one, other)| add(one, other)));
/// replay_all(&cassette, &tuner).await.assert_equal();
/// # Ok::<(), playback_cassette::Error>(()) }).unwrap();
/// ```
pub async fn replay_all(cassette: &dyn Cassette, tuner: &dyn Tuner) -> Replays {
    let mut replays = Replays::default();
    let mut equalizers: HashMap<String, Option<Equalizer>> = HashMap::new();
    let mut rules = Vec::new();
    let mut found = cassette.find(&Query::new().include_incomplete(true));
    while let Some(found) = found.next().await {
        let id = match found {
            Ok(found) if found.metadata.incomplete => {
                replays.incomplete.push(found.id);
                continue;
            }
            Ok(found) => found.id,
            Err(error) => {
                replays.failures.push(error.chain());
                continue;
            }
        };
        let equalizer = equalizers.entry(id.category().to_owned()).or_insert_with_key(|category| {
            let tuning = Tuning::of_category(tuner, category)
                .map_err(|failure| replays.failures.push(failure.to_string()))
                .ok()?;
            rules.push(tuning.all_rules().clone());
            Some(Equalizer::new(tuning))
        });
        if let Some(equalizer) = equalizer {
            let load = async { cassette.load(&id).await.map_err(|error| error.chain()) };
            replays.comparisons.push(equalizer.load_and_compare(id.clone(), load).await);
        }
    }
    replays.comparisons.sort_by(|one, other| one.id.cmp(&other.id));
    replays.incomplete.sort();
    replays.unused_rules = rules.iter().flat_map(Rules::unused).map(ToString::to_string).collect();
    replays
}

/// The same for the files of a directory.
pub fn replay_directory(directory: &str, tuner: &dyn Tuner) -> Replays {
    block_on(async {
        match Fixtures::open(directory) {
            Ok(cassette) => {
                let mut replays = replay_all(&cassette, tuner).await;
                let ids = replays.comparisons.iter().map(|comparison| &comparison.id);
                replays.files = ids.filter_map(|id| Some((id.clone(), cassette.path_of(id)?))).collect();
                replays
            }
            Err(error) => Replays { failures: vec![error.chain()], ..Replays::default() },
        }
    })
}

/// A file as it is named from where the process runs, which is the package's directory under cargo.
pub(crate) fn near(file: &Path) -> &Path {
    let here = std::env::current_dir().ok();
    here.and_then(|here| file.strip_prefix(here).ok()).unwrap_or(file)
}

/// What came of [replaying all](replay_all) recordings of a cassette.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[must_use = "`assert_equal` says whether it is well"]
pub struct Replays {
    /// A comparison for each recording that was replayed, in the order of their ids.
    pub comparisons: Vec<Comparison>,
    /// What else went wrong: recordings that cannot be read, categories that the tuner does not know.
    pub failures: Vec<String>,
    /// The recordings that were passed over because they are incomplete, in the order of their ids.
    pub incomplete: Vec<RecordingId>,
    /// The rules of the tuner's that had nothing to match in any recording.
    pub unused_rules: Vec<String>,
    /// Of recordings in a directory, the files.
    files: HashMap<RecordingId, PathBuf>,
}

impl Replays {
    /// Makes recordings that were not replayed, because they are incomplete, a failure.
    pub fn unused_recordings_fail(mut self) -> Self {
        self.failures.extend(
            self.incomplete.iter().map(|id| {
                format!("{id} is incomplete, so no test replays it; record it anew, or take it out")
            }),
        );
        self
    }

    /// Makes rules that had nothing to match in any recording a failure.
    pub fn unused_rules_fail(mut self) -> Self {
        let unused = self.unused_rules.iter();
        self.failures
            .extend(unused.map(|rule| format!("a rule matched nothing; take it out:\n{}", rule.trim_end())));
        self
    }

    /// Asserts that there is a recording at least, and that every replay is equal to its recording.
    ///
    /// # Panics
    /// If it is not so, with the differences.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion for tests")]
    pub fn assert_equal(self) {
        let all_equal = self.comparisons.iter().all(|comparison| comparison.status() == Status::Equal);
        if self.comparisons.is_empty() || !all_equal || !self.failures.is_empty() {
            panic!("{self}");
        }
    }
}

/// What is not equal, and why.
impl fmt::Display for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let differ: Vec<_> =
            self.comparisons.iter().filter(|comparison| comparison.status() != Status::Equal).collect();
        match self.comparisons.len() {
            0 => write!(f, "there are no complete recordings to replay; copy some there, or record some")?,
            all => write!(f, "{} of {all} replays are not equal (recorded -> replayed)", differ.len())?,
        }
        if !self.incomplete.is_empty() {
            write!(f, "\n{} not replayed, being incomplete", self.incomplete.len())?;
        }
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        for comparison in differ.iter().take(TOLD) {
            write!(f, "\n{comparison}")?;
            if let Some(file) = self.files.get(&comparison.id) {
                write!(f, "\n  in {}", near(file).display())?;
            }
        }
        match differ.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// Replays every recording of a directory or a cassette, and fails with the differences if a replay is not
/// equal to its recording. To be used in a `#[test]`.
///
/// A directory is given as a string literal, relative to the package's own, and read as a
/// [`Fixtures`](crate::Fixtures); a cassette is given by reference.
///
/// With the feature `tokio`, a default one, operations run on a tokio runtime that is made for them, in a
/// `#[tokio::test]` as well. Where they need the runtime of the test itself, as for a connection that it opened, the
/// test awaits [`replay_all`](crate::replay_all); so does a test of another runtime.
///
/// Behind the tuner may stand `unused_recordings_fail` and `unused_rules_fail`: see
/// [`Replays`](crate::Replays::unused_recordings_fail).
///
/// ```no_run
/// # use playback_equalizer::{Error, Tuning};
/// # async fn add(one: u64, other: u64) -> u64 { one + other }
/// fn tuner(category: &str) -> Result<Tuning, Error> {
///     match category {
///         "Add" => Ok(Tuning::of(|(one, other)| add(one, other))),
///         other => Err(format!("no operation is known for the category `{other}`").into()),
///     }
/// }
///
/// #[test]
/// # fn hidden() {}
/// fn recorded_additions_replay_equally() {
///     playback_testkit::assert_replays!("tests/recordings", tuner);
/// }
/// # recorded_additions_replay_equally();
/// ```
#[macro_export]
macro_rules! assert_replays {
    ($directory:literal, $tuner:expr $(, $setting:ident)* $(,)?) => {
        $crate::__private::replay_directory(concat!(env!("CARGO_MANIFEST_DIR"), "/", $directory), &$tuner)
            $(.$setting())*
            .assert_equal()
    };
    ($cassette:expr, $tuner:expr $(, $setting:ident)* $(,)?) => {
        $crate::__private::block_on($crate::replay_all($cassette, &$tuner))$(.$setting())*.assert_equal()
    };
}
