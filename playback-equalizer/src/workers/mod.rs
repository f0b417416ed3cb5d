//! Replaying in processes of their own.

mod frames;
mod process;
mod serve;
mod wire;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::panic::Location;
use std::path::PathBuf;

pub(crate) use process::{Gone, Worker};
pub use serve::is_worker;
pub(crate) use serve::{Assignment, serve};
#[cfg(fuzzing)]
pub use wire::fuzzed_answer;

/// What tells a process that it is a worker: where to report, by which word, and for which crew.
const VARIABLE: &str = "PLAYBACK_WORKER";

/// Worker processes of the same program, in which recordings are replayed, so that no replay can harm the run: one that
/// aborts, exhausts the stack or the memory, calls `exit`, or does not end, costs its process, and shows as an
/// [`EqualizerFailure`](crate::Status::EqualizerFailure) with what the process last wrote to stderr. Where a process ends
/// that has replayed others before, what those left behind may have ended it: the recording is replayed once more, in a
/// new one, and fails only if that ends, too.
///
/// A worker is the same program, started with the same arguments. It goes through `main` until it comes to the studio,
/// or the equalizer, with the same [name](Self::named), and stays there: it loads, replays and compares what it is
/// told to, and ends. So whatever comes before the studio in `main` happens in each worker as well: keep it to making
/// the studio, or look at [`is_worker`](crate::is_worker) before what must happen once. Escapes are refused in workers.
///
/// Standard output of workers is dropped. Playbacks are not kept.
///
/// ```
/// use playback_equalizer::{Crew, Workers};
///
/// let crew = Crew::new().workers(Workers::new());
/// // In a test, the arguments lead the worker to the same test.
/// let crew = Crew::new().workers(Workers::new().args(["--exact", "replays::are_equal", "--nocapture"]));
/// # let _ = crew;
/// ```
#[derive(Debug, Clone)]
pub struct Workers {
    name: String,
    program: Option<PathBuf>,
    args: Option<Vec<OsString>>,
    recycled_after: NonZeroUsize,
}

impl Workers {
    /// How many recordings a worker replays before another takes its place, unless
    /// [`recycled_after`](Self::recycled_after) says otherwise.
    pub const DEFAULT_RECYCLED_AFTER: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

    /// Workers of this program, started with the arguments that this process was. Until they are [named](Self::named),
    /// their name is the place in the code that calls this, so that those of several studios are told apart.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Self {
            name: Location::caller().to_string(),
            program: None,
            args: None,
            recycled_after: Self::DEFAULT_RECYCLED_AFTER,
        }
    }

    /// Tells these workers from those of another studio in the same program. To be given where one place in the code
    /// makes the workers of several studios, which would be taken for each other.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Starts another program, which has to come to the same studio, by the same [name](Self::named).
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// The arguments that lead a worker to the studio.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args = Some(args.into_iter().map(Into::into).collect());
        self
    }

    /// How many recordings a worker replays before another takes its place, so that what replays leak stays bounded.
    #[must_use]
    pub fn recycled_after(mut self, recordings: NonZeroUsize) -> Self {
        self.recycled_after = recordings;
        self
    }

    pub(crate) fn lifetime(&self) -> usize {
        self.recycled_after.get()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Default for Workers {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}
