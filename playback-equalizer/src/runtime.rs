//! What surrounds replays on the threads that they run on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What surrounds replays on the threads that they run on: the async runtime of the code under replay, if it needs
/// one.
///
/// Replays run on threads of the [`Crew`](crate::Crew)'s own, so that all cores are used whatever the runtime, and
/// so that one that blocks its thread for good costs a thread and no more. What they spawn, and what they wait for,
/// is the runtime's. Inside tokio, tokio is taken without asking, with the feature `tokio`. For others:
///
/// ```
/// use std::future::Future;
/// use std::pin::Pin;
/// use playback_equalizer::{Crew, Runtime};
///
/// struct Smol;
///
/// impl Runtime for Smol {
///     fn block_on(&self, replay: Pin<&mut (dyn Future<Output = ()> + Send + '_)>) {
///         smol::block_on(replay)
///     }
/// }
///
/// let crew = Crew::new().runtime(Smol);
/// # let _ = crew;
/// ```
pub trait Runtime: Send + Sync {
    /// Runs a future to its end on this thread.
    fn block_on(&self, replay: Pin<&mut (dyn Future<Output = ()> + Send + '_)>);

    /// Runs code that may block on this thread, with the runtime at hand.
    fn enter(&self, replay: &mut dyn FnMut()) {
        replay();
    }
}

/// No runtime: futures are polled, and wake their thread.
pub(crate) struct NoRuntime;

impl Runtime for NoRuntime {
    fn block_on(&self, replay: Pin<&mut (dyn Future<Output = ()> + Send + '_)>) {
        pollster::block_on(replay);
    }
}

/// The runtime around the caller, as far as it is known.
pub(crate) fn current() -> Arc<dyn Runtime> {
    #[cfg(feature = "tokio")]
    if let Ok(handle) = tokio::runtime::Handle::try_current() {
        return Arc::new(Tokio(handle));
    }
    Arc::new(NoRuntime)
}

/// A runtime of tokio's.
#[cfg(feature = "tokio")]
struct Tokio(tokio::runtime::Handle);

#[cfg(feature = "tokio")]
impl Runtime for Tokio {
    fn block_on(&self, replay: Pin<&mut (dyn Future<Output = ()> + Send + '_)>) {
        self.0.block_on(replay);
    }

    fn enter(&self, replay: &mut dyn FnMut()) {
        let _entered = self.0.enter();
        replay();
    }
}
