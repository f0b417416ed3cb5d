//! Ending a run by Ctrl-C.

use std::sync::{Mutex, PoisonError};

use playback_equalizer::{Error, Stop};

/// The one handler that a process can have.
static HANDLED: Mutex<Option<Stop>> = Mutex::new(None);

/// What a shell takes for the end by an interruption: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C stops: the first one ends a run with a report of what was done until then, the second one ends the
/// process at once, with the code 130. The same for all who ask, since a process has one Ctrl-C.
///
/// ```no_run
/// # use playback_studio::{Error, Studio, Tuning};
/// # use playback_testkit::MemoryCassette;
/// # let tuner = |_: &str| Ok::<_, Error>(Tuning::of(|(): ()| async {}));
/// let studio = Studio::new(MemoryCassette::new(), tuner).stop(playback_studio::stop_on_ctrl_c()?);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// If the process has a handler of its own for Ctrl-C already: let that one call [`Stop::stop`].
pub fn stop_on_ctrl_c() -> Result<Stop, Error> {
    let mut handled = HANDLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stop) = &*handled {
        return Ok(stop.clone());
    }
    let stop = Stop::new();
    let stopped = stop.clone();
    ctrlc::try_set_handler(move || {
        if stopped.is_stopped() {
            std::process::exit(INTERRUPTED);
        }
        stopped.stop();
    })
    .map_err(|error| {
        format!("Ctrl-C cannot be handled: {error}; where a handler is set, let it call `Stop::stop`")
    })?;
    *handled = Some(stop.clone());
    Ok(stop)
}
