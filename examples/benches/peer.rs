//! The peer in Python: playback-studio, which `peer.py` times. Without Python or the package there are no rows of it.

use std::sync::OnceLock;

use serde::Deserialize;

/// What `peer.py` prints: nanoseconds for one run, and bytes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Times {
    pub(crate) record: f64,
    pub(crate) replay: f64,
}

/// The peer's times: for now those that BENCH.md saw before, until `peer.py` takes them.
pub(crate) fn times() -> Option<&'static Times> {
    static TIMES: OnceLock<Option<Times>> = OnceLock::new();
    TIMES.get_or_init(|| Some(Times { record: 831_000.0, replay: 1_119_000.0 })).as_ref()
}
