//! The ambient context: what an interception finds around it.
//!
//! One thread-local per thread holds it. A [`Context`] is swapped in on every poll, and on the drop, of a
//! future that carries it, and for the run of a closure; a guard swaps it out again whatever happens. No
//! async runtime takes part in it.

mod current;
mod future;
mod lane;
mod live;
mod session;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

pub(crate) use current::{Entered, Muted, scoped_redactor, with_current};
pub use future::{FutureExt, InContext};
pub(crate) use lane::Lane;
pub use live::refuse_escapes;
pub(crate) use live::{Live, any as any_live, only_replays, refuses_escapes};
pub(crate) use session::Session;

use crate::RecordingId;
use crate::recorder::Recorder;
use crate::redaction::Redactor;

/// What surrounds a piece of running code: the recording or the replay that it is part of, or neither, and
/// the recorder in scope. Cheap to clone.
///
/// Code that an operation calls and awaits is in the operation's context without doing anything. Work that
/// it *spawns* is bound by hand: [`FutureExt::in_current_context`] for futures, [`Context::bind`] for
/// closures that go to threads and pools.
///
/// ```
/// use playback_core::Context;
///
/// let job = Context::bind(|| 6 * 7);
/// assert_eq!(std::thread::spawn(job).join().unwrap(), 42);
/// ```
#[derive(Clone, Default)]
pub struct Context {
    /// Where code is in the recording or the replay that it is part of, if it is part of one.
    pub(crate) lane: Option<Arc<Lane>>,
    /// Inside an interception, whose own calls are part of what is recorded and replayed as a whole.
    pub(crate) muted: bool,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    pub(crate) redactor: Option<Arc<dyn Redactor>>,
}

/// Whether code runs in a recording, in a replay, or in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// An operation around is being recorded.
    Recording,
    /// An operation around is being replayed.
    Replaying,
    /// Neither.
    Off,
}

impl Context {
    /// The context of the running code.
    #[must_use]
    pub fn current() -> Self {
        with_current(Self::clone).unwrap_or_default()
    }

    /// Binds a closure to the current context, so that it can go to another thread.
    ///
    /// Each bound piece of work has a lane of its own, numbered in the order of binding, so that a replay
    /// tells the calls of one from those of another. Bind in an order that is the same run after run: before
    /// spawning, not inside what is spawned.
    pub fn bind<R>(body: impl FnOnce() -> R) -> impl FnOnce() -> R {
        let child = Self::current().child();
        move || child.run(body)
    }

    /// Whether the context is of a recording, of a replay, or of neither.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.session() {
            None => Mode::Off,
            Some(Session::Recording(_)) => Mode::Recording,
            Some(Session::Replaying(_)) => Mode::Replaying,
        }
    }

    /// The id of the recording being made or replayed.
    #[must_use]
    pub fn recording_id(&self) -> Option<RecordingId> {
        self.session().map(|session| session.recording_id().clone())
    }

    /// The recording or the replay, if there is one.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.lane.as_ref().map(|lane| lane.session())
    }

    /// Runs `body` in this context.
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R {
        let mut slot = self;
        let _entered = Entered::new(&mut slot);
        body()
    }

    /// A future that is polled, and dropped, in this context.
    pub(crate) fn bind_future<F: Future>(self, future: F) -> InContext<F> {
        InContext::new(future, Some(self))
    }

    /// A context for work that is bound here: the same, in a lane of its own.
    pub(crate) fn child(&self) -> Self {
        let lane = match &self.lane {
            None => None,
            // Inside a call that is taken down, whose body runs in no replay: a lane of its own would have a number there
            // and none here.
            Some(lane) if self.muted => Some(Arc::clone(lane)),
            Some(lane) => match lane.session() {
                // What outlives its recording is part of nothing.
                Session::Recording(recording) if recording.has_ended() => None,
                // What is not taken down needs no lane to be told by.
                Session::Recording(recording) if !recording.is_open() => Some(Arc::clone(lane)),
                _ => Some(Arc::new(lane.next_child())),
            },
        };
        Self { lane, ..self.clone() }
    }

    /// This context's surroundings with an operation of their own.
    pub(crate) fn with_session(&self, session: Session) -> Self {
        Self { lane: Some(Arc::new(Lane::root(session))), muted: false, ..self.clone() }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("mode", &self.mode())
            .field("recording_id", &self.recording_id())
            .field("lane", &self.lane.as_ref().map(|lane| lane.path()))
            .field("muted", &self.muted)
            .finish()
    }
}

/// Runs `body` in no recording and no replay, with nothing recorded: for the threads of recorders and cassettes, whose
/// own calls may be instrumented as well.
///
/// ```
/// let answer = playback_core::without_recording(|| playback_core::operation("Save").run(|| 42));
/// assert_eq!(answer, 42);
/// ```
pub fn without_recording<R>(body: impl FnOnce() -> R) -> R {
    Context { muted: true, ..Context::default() }.run(body)
}

/// The current context with another recorder in scope.
pub(crate) fn with_recorder(recorder: Arc<dyn Recorder>) -> Context {
    Context { recorder: Some(recorder), ..Context::current() }
}

/// The current context with another redactor in scope.
pub(crate) fn with_redactor(redactor: Arc<dyn Redactor>) -> Context {
    Context { redactor: Some(redactor), ..Context::current() }
}

/// Whether the running code is being recorded, replayed, or neither.
///
/// ```
/// assert_eq!(playback_core::mode(), playback_core::Mode::Off);
/// ```
#[must_use]
pub fn mode() -> Mode {
    with_current(Context::mode).unwrap_or(Mode::Off)
}

/// The id of the recording that is being made or replayed around the running code: to be logged, so that a
/// line in a log leads to its recording.
///
/// ```
/// assert_eq!(playback_core::current_recording_id(), None);
/// ```
#[must_use]
pub fn current_recording_id() -> Option<RecordingId> {
    with_current(Context::recording_id).flatten()
}
