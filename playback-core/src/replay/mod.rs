//! Replaying: running an operation on what was recorded.

mod closest;
mod diagnosis;
mod error;
mod escape;
mod lookup;
mod playback;
mod redacted;
mod session;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

pub use closest::ArgumentDifference;
pub use diagnosis::Diagnosis;
pub use error::{ReplayError, ReplayErrorKind};
pub use escape::Escape;
pub(crate) use escape::{WITHHELD_ALIAS, may_escape};
pub(crate) use lookup::{Asked, Found, Lookup};
pub use playback::{MatchedBy, Playback, RecordedBy};
pub(crate) use redacted::is_unredacted;
pub(crate) use session::Session;

use crate::Recording;
use crate::context::{self, Context, InContext};
use crate::scratch::panic_message;

/// What a stopped replay unwinds with.
struct Stopped;

/// Leaves the code under replay by unwinding, without running the panic hook.
pub(crate) fn stop() -> ! {
    resume_unwind(Box::new(Stopped))
}

/// Replays a recording: runs `operation` with every input answered from the recording, and every output
/// captured instead of sent.
///
/// `operation` gets the recording, takes the arguments from it, and returns the future of a call of the
/// function that is marked as the operation. What the future returns is captured there, an `Err` as well:
/// it is a result like any other, and no failed replay.
///
/// ```
/// # use playback_core::{Recording, ReplayError, Playback, replay};
/// # async fn checkout(customer: String, amount: u64) -> Result<u64, String> { Ok(amount) }
/// # async fn example(recording: &Recording) -> Result<Playback, ReplayError> {
/// let playback = replay(recording, |recording| {
///     let (customer, amount): (String, u64) = recording.arguments()?;
///     Ok(checkout(customer, amount))
/// })
/// .await?;
/// # Ok(playback) }
/// ```
///
/// # Errors
/// [`ReplayError`] if a call found no answer in the recording, if a recorded value does not fit the code, if
/// the code panicked, or if no operation was entered. What the code made of the failure does not matter.
pub async fn replay<F, Fut>(recording: &Recording, operation: F) -> Result<Playback, ReplayError>
where
    F: FnOnce(&Recording) -> Result<Fut, ReplayError>,
    Fut: Future,
{
    let session = Session::new(recording.clone())?;
    let _ends = EndsWhenDropped(Arc::clone(&session));
    let span = span(recording);
    let ended = {
        let made = span.in_scope(|| catch(|| session.context().run(|| operation(recording))));
        match made {
            Err(panic) => Err(panic),
            Ok(Err(error)) => return Err(session.failure().unwrap_or(error)),
            Ok(Ok(future)) => {
                let mut future = Replayed::new(InContext::new(future, Some(session.context())));
                let polled = std::future::poll_fn(|task| {
                    let _entered = span.enter();
                    match catch(|| future.poll(task)) {
                        Ok(Poll::Pending) if session.is_done(task.waker()) => Poll::Ready(Ok(())),
                        Ok(polled) => polled.map(|_| Ok(())),
                        Err(panic) => Poll::Ready(Err(panic)),
                    }
                })
                .await;
                polled.and(future.end())
            }
        }
    };
    session.finish(ended)
}

/// Replays a recording of an operation that is not async. See [`replay`](replay()).
///
/// ```
/// # use playback_core::{Recording, ReplayError, Playback, replay_blocking};
/// # fn checkout(customer: String, amount: u64) -> Result<u64, String> { Ok(amount) }
/// # fn example(recording: &Recording) -> Result<Playback, ReplayError> {
/// let playback = replay_blocking(recording, |recording| {
///     let (customer, amount): (String, u64) = recording.arguments()?;
///     Ok(checkout(customer, amount))
/// })?;
/// # Ok(playback) }
/// ```
///
/// # Errors
/// As [`replay`](replay()).
pub fn replay_blocking<F, R>(recording: &Recording, operation: F) -> Result<Playback, ReplayError>
where
    F: FnOnce(&Recording) -> Result<R, ReplayError>,
{
    let session = Session::new(recording.clone())?;
    let _ends = EndsWhenDropped(Arc::clone(&session));
    let made =
        span(recording).in_scope(|| catch(|| session.context().run(|| operation(recording).map(drop))));
    match made {
        Ok(Err(error)) => Err(session.failure().unwrap_or(error)),
        Ok(Ok(())) => session.finish(Ok(())),
        Err(panic) => session.finish(Err(panic)),
    }
}

/// A future under replay. Dropping it may run code that is stopped, or panics.
struct Replayed<F>(Option<Pin<Box<F>>>);

impl<F: Future> Replayed<F> {
    fn new(future: F) -> Self {
        Self(Some(Box::pin(future)))
    }

    fn poll(&mut self, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        self.0.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(task))
    }
}

impl<F> Replayed<F> {
    /// Drops the future.
    fn end(&mut self) -> Result<(), Panic> {
        catch(|| self.0 = None)
    }
}

impl<F> Drop for Replayed<F> {
    /// A replay that is given up, as by a time limit, has nobody to tell what its end came to.
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Ends a replay that is given up, so that its tasks do not go on in it.
struct EndsWhenDropped(Arc<Session>);

impl Drop for EndsWhenDropped {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn span(recording: &Recording) -> tracing::Span {
    tracing::info_span!("replay", recording_id = %recording.id())
}

/// What the code under replay panicked with; none if it was stopped by the replay.
type Panic = Option<String>;

/// Runs code under replay.
fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    // What the code leaves in pieces is not looked at again: the replay is over.
    catch_unwind(AssertUnwindSafe(code)).map_err(|panic| {
        if panic.is::<Stopped>() { None } else { Some(panic_message(panic.as_ref()).to_owned()) }
    })
}

impl Session {
    /// The context of the code under replay.
    fn context(self: &Arc<Self>) -> Context {
        Context::current().with_session(context::Session::Replaying(Arc::clone(self)))
    }
}
