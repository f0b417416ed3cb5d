//! What a store is told beyond its address.

use std::fmt;
use std::time::Duration;

/// What a store is told beyond its address.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// Of the store: as object_store names them, or without the store's name in front.
    pub(crate) named: Vec<(String, String)>,
    /// Another address for the store's own service.
    pub(crate) endpoint: Option<String>,
    pub(crate) retries: Retries,
}

/// How to try again; what is none is as object_store has it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retries {
    pub(crate) max: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    /// The first and the longest.
    pub(crate) pauses: Option<(Duration, Duration)>,
}

impl fmt::Debug for Options {
    /// Without values, some of which are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.named.iter().map(|(name, _)| name).collect();
        f.debug_struct("Options")
            .field("named", &names)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}
