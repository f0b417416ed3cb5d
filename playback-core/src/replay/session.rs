//! One replay.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::diagnosis::Diagnosis;
use super::error::{ReplayError, ReplayErrorKind};
use super::escape::{self, Escape};
use super::lookup::{Asked, Cursor, Found, Lookup};
use super::playback::{Match, MatchedBy, Playback};
use super::{Panic, stop};
use crate::context::Live;
use crate::record::OperationSite;
use crate::recording::{Ended, EndedCall, TapeBuilder};
use crate::redaction::{InForce, Known};
use crate::{End, Kind, Recording};

/// How many escapes are told of: what runs on outside may escape for as long as the replay takes.
const MOST_ESCAPES: usize = 100;

/// How many matches there is room for at the beginning, at most.
const MOST_MATCHES: usize = 1024;

/// One replay, shared by all tasks and threads that take part in it.
pub(crate) struct Session {
    recording: Recording,
    redaction: InForce,
    /// Made when it is first needed.
    known: OnceLock<Known>,
    began: Instant,
    calls: AtomicU32,
    /// The replay is over: what comes later is refused.
    over: AtomicBool,
    /// There is no point in going on.
    done: AtomicBool,
    state: Mutex<State>,
    _live: Live,
}

struct State {
    operation: Operation,
    cursor: Cursor,
    tape: TapeBuilder,
    matches: Vec<Match>,
    escapes: Vec<Escape>,
    failure: Option<ReplayError>,
    /// Wakes the replay itself, whichever of its tasks has news.
    waker: Option<Waker>,
    /// The tasks of calls, by their order, that wait to be cancelled. Those that nobody cancelled are woken at the end, or
    /// they would keep the recording for as long as their runtime lives.
    waiting: Vec<(u32, Waker)>,
}

/// Where the operation under replay stands.
enum Operation {
    Awaited,
    Running,
    Ended,
}

impl Session {
    pub(super) fn new(recording: Recording) -> Result<Arc<Self>, ReplayError> {
        // Stored values may be out of reach: better known now than as calls that nothing answers.
        if recording.tape().stored().is_some()
            && let Some(fault) = recording.tape().index().fault()
        {
            return Err(ReplayError::unreadable(recording.id(), fault));
        }
        let state = State {
            operation: Operation::Awaited,
            cursor: Cursor::new(recording.tape()),
            tape: TapeBuilder::like(recording.tape()),
            matches: Vec::with_capacity(recording.tape().parts().entries.len().min(MOST_MATCHES)),
            escapes: Vec::new(),
            failure: None,
            waker: None,
            waiting: Vec::new(),
        };
        let session = Arc::new(Self {
            recording,
            redaction: InForce::here(),
            known: OnceLock::new(),
            began: Instant::now(),
            // The operation itself is the first call.
            calls: AtomicU32::new(1),
            over: AtomicBool::new(false),
            done: AtomicBool::new(false),
            state: Mutex::new(state),
            _live: Live::replay(),
        });
        escape::watch(&session);
        Ok(session)
    }

    pub(crate) fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Whether a redactor is in force.
    pub(crate) fn redacts(&self) -> bool {
        !self.redaction.is_none()
    }

    pub(super) fn redaction(&self) -> &InForce {
        &self.redaction
    }

    /// Which values are redacted already.
    pub(super) fn known(&self) -> &Known {
        self.known.get_or_init(|| self.redaction.known_of(self.recording.tape()))
    }

    /// The number of a call that begins now.
    pub(crate) fn next_order(&self) -> u32 {
        self.calls.fetch_add(1, Relaxed)
    }

    /// The time since the replay began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether an operation that is entered now is the one under replay. What that one calls is part of it, and
    /// another one, before or after it, fails the replay.
    pub(crate) fn enter_operation(&self, category: &str) -> bool {
        let recorded = self.recording.id().category();
        let entered = std::mem::replace(&mut self.lock().operation, Operation::Running);
        match entered {
            Operation::Running => false,
            Operation::Awaited if category == recorded => true,
            Operation::Awaited | Operation::Ended => {
                let (entered, recorded) = (category.to_owned(), recorded.to_owned());
                self.fail_unless_panicking(ReplayErrorKind::OtherOperation { entered, recorded }.into());
                false
            }
        }
    }

    pub(crate) fn add_lane(&self, path: &[u32]) -> u32 {
        self.lock().tape.add_lane(path.to_vec())
    }

    /// Whether the replay is over, so that what a bound task still calls is refused: the sandbox holds.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Tells that a call was refused because the replay is over.
    pub(crate) fn tell_late(&self, kind: Kind, alias: &str) {
        tracing::warn!(
            alias,
            recording_id = %self.recording.id(),
            "a task outlived its replay, and its call of the {} was refused",
            if kind == Kind::Output { "output" } else { "input" },
        );
    }

    /// Whether the recorded operation was cancelled before its end.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.recording.tape().operation().map(|operation| operation.end()) == Some(&End::Cancelled)
    }

    /// Finds the recorded call that answers this one, and uses it up.
    pub(crate) fn look_up(&self, asked: &Asked<'_>) -> Lookup {
        self.lock().cursor.look_up(self.recording.tape(), asked)
    }

    /// Puts down a call of the replay and what answered it.
    pub(crate) fn push(&self, call: &EndedCall<'_>, found: Option<&Found>, by: MatchedBy) -> u32 {
        let mut state = self.lock();
        let replayed = state.tape.push(call);
        state.matches.push(Match { replayed, recorded: found.map(|found| found.position), by });
        replayed
    }

    /// Puts down how a call ended that was put down before it did.
    pub(crate) fn settle(&self, position: u32, end: Ended<'_>, duration: Duration) {
        self.lock().tape.settle(position, end, duration);
    }

    /// Puts down data that the code under replay keeps.
    pub(crate) fn push_data(&self, call: &EndedCall<'_>) {
        self.lock().tape.push(call);
    }

    /// Puts down how the operation ended.
    pub(crate) fn finish_operation(&self, operation: &OperationSite, arguments: &[u8], end: Ended<'_>) {
        let mut state = self.lock();
        state.operation = Operation::Ended;
        state.tape.push(&operation.ended(arguments, end, self.elapsed()));
    }

    /// Puts down an escape, each once. Whether it is the first of its kind.
    pub(super) fn add_escape(&self, escape: &Escape) -> bool {
        if self.is_over() {
            return false;
        }
        let escapes = &mut self.lock().escapes;
        let is_new = escapes.len() < MOST_ESCAPES && !escapes.contains(escape);
        if is_new {
            escapes.push(escape.clone());
        }
        is_new
    }

    /// Fails the replay for good, and leaves the code under replay. The first reason counts.
    pub(crate) fn fail(&self, error: ReplayError) -> ! {
        self.lock().failure.get_or_insert(error);
        self.set_done();
        stop()
    }

    /// Fails the replay for good, and leaves the code under replay unless it is being left already: a second panic
    /// would abort the process. The first reason counts.
    pub(crate) fn fail_unless_panicking(&self, error: ReplayError) {
        if !std::thread::panicking() {
            self.fail(error);
        }
    }

    /// A call waits to be cancelled, as it was when recorded. If the operation was cancelled then, its replay has
    /// come to the same point, and nobody else will cancel it.
    pub(crate) fn wait_for_cancellation(&self) {
        if self.was_cancelled() {
            self.set_done();
        }
    }

    /// Has the task of a call that waits to be cancelled woken when the replay is over. Whether it is not.
    pub(crate) fn wait(&self, order: u32, waker: &Waker) -> bool {
        // The waker first: who ends the replay wakes what waits.
        let mut state = self.lock();
        match state.waiting.iter_mut().find(|(waiting, _)| *waiting == order) {
            Some((_, waiting)) => waiting.clone_from(waker),
            None => state.waiting.push((order, waker.clone())),
        }
        !self.is_over()
    }

    /// Whether there is no point in polling on. If there is, `waker` is woken when there is none any more.
    pub(super) fn is_done(&self, waker: &Waker) -> bool {
        // The waker first: what comes after the look wakes it.
        self.lock().waker = Some(waker.clone());
        self.done.load(SeqCst)
    }

    fn set_done(&self) {
        self.done.store(true, SeqCst);
        let waker = self.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn failure(&self) -> Option<ReplayError> {
        self.lock().failure.clone()
    }

    /// Says why a call has no answer.
    pub(crate) fn diagnose(
        &self,
        kind: Kind,
        alias: &str,
        argument_names: &'static [&'static str],
        arguments: &[u8],
    ) -> ReplayError {
        let state = self.lock();
        let tape = self.recording.tape();
        let diagnosis =
            Diagnosis::new(self.recording.id(), tape, &state.cursor, kind, alias, argument_names, arguments);
        ReplayErrorKind::Unanswered(diagnosis).into()
    }

    /// Has what comes later refused, and wakes what waits.
    pub(super) fn end(&self) {
        let waiting = {
            let mut state = self.lock();
            self.over.store(true, Relaxed);
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Ends the replay, and says what came of it.
    pub(super) fn finish(&self, ended: Result<(), Panic>) -> Result<Playback, ReplayError> {
        self.end();
        let mut state = self.lock();
        if let Some(failure) = state.failure.take() {
            return Err(failure);
        }
        match ended {
            // Stopped, but not by this replay's own failure: by an escape that was refused, or by another replay
            // that the code under this one belongs to as well.
            Err(None) => {
                let refused = state.escapes.iter().rfind(|escape| escape.refused).cloned();
                let stopped =
                    || ReplayErrorKind::Panicked { message: String::from("it was stopped from outside") };
                return Err(refused.map_or_else(stopped, ReplayErrorKind::Escaped).into());
            }
            Err(Some(message)) => return Err(ReplayErrorKind::Panicked { message }.into()),
            Ok(()) if matches!(state.operation, Operation::Awaited) => {
                return Err(ReplayErrorKind::NotEntered { recording: self.recording.id().clone() }.into());
            }
            Ok(()) => {}
        }
        let tape = std::mem::replace(&mut state.tape, TapeBuilder::new());
        Ok(Playback {
            recording: self.recording.clone(),
            replayed: tape.finish(),
            matches: std::mem::take(&mut state.matches),
            escapes: std::mem::take(&mut state.escapes),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of a user's runs under the lock, so that what a panic leaves is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
