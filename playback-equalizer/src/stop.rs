//! Ending a run before its time.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;

/// Ends a run before its time: no more recordings are begun, and those in work are finished, or given up after a
/// while. Cheap to clone; all clones are one.
///
/// ```
/// use playback_equalizer::Stop;
///
/// let stop = Stop::new();
/// let elsewhere = stop.clone();
/// std::thread::spawn(move || elsewhere.stop()).join().unwrap();
/// assert!(stop.is_stopped());
/// ```
#[derive(Clone)]
pub struct Stop {
    /// Dropped to stop.
    running: Arc<Mutex<Option<oneshot::Sender<()>>>>,
    stopped: Shared<oneshot::Receiver<()>>,
}

impl Stop {
    /// One that nobody has stopped yet.
    #[must_use]
    pub fn new() -> Self {
        let (running, stopped) = oneshot::channel();
        Self { running: Arc::new(Mutex::new(Some(running))), stopped: stopped.shared() }
    }

    /// Ends the runs that were given this. Once is enough.
    pub fn stop(&self) {
        drop(self.lock().take());
    }

    /// Whether it was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.lock().is_none()
    }

    /// Ready when it is stopped.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + Unpin + 'static {
        self.stopped.clone().map(|_| ())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<oneshot::Sender<()>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("stopped", &self.is_stopped()).finish_non_exhaustive()
    }
}
