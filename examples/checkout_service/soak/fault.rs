//! What goes wrong, and when.

use std::io;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The store's directory is away, and a file in its place.
    Down,
    /// Every save fails.
    Refusing,
    /// Every save takes half a minute longer; so do those on their way when that is over.
    Slow,
    /// No file can grow past what the smallest recordings take.
    DiskFull,
    /// Every save panics.
    PanickingStore,
    /// The recorder's clock panics where its own thread asks it, once a second.
    PanickingClock,
    /// The recorder's clock goes back by an hour, and then forth again.
    ClockBack,
}

/// What goes wrong, and for how many seconds, one after another.
pub(crate) const CYCLE: &[(Option<Fault>, u64)] = &[
    (None, 20),
    (Some(Fault::Down), 20),
    (None, 25),
    (Some(Fault::Refusing), 15),
    (None, 25),
    (Some(Fault::Slow), 15),
    (None, 60),
    (Some(Fault::DiskFull), 15),
    (None, 15),
    (Some(Fault::PanickingStore), 5),
    (None, 10),
    (Some(Fault::PanickingClock), 5),
    (None, 5),
    (Some(Fault::ClockBack), 5),
];

/// How much the process may write to a file.
pub(crate) struct Limits {
    #[cfg(unix)]
    usual: rustix::process::Rlimit,
    /// The signal that comes when it is passed ends a process that does not listen.
    #[cfg(unix)]
    _listening: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Limits {
    pub(crate) fn get() -> io::Result<Self> {
        use rustix::process::{Resource, Signal, getrlimit};
        use tokio::signal::unix::{SignalKind, signal};

        let listening = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
        Ok(Self { usual: getrlimit(Resource::Fsize), _listening: listening })
    }

    pub(crate) fn set(&self, bytes: Option<u64>) -> io::Result<()> {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let current = bytes.or(self.usual.current);
        setrlimit(Resource::Fsize, Rlimit { current, maximum: self.usual.maximum })?;
        Ok(())
    }
}

#[cfg(not(unix))]
impl Limits {
    pub(crate) fn get() -> io::Result<Self> {
        Ok(Self {})
    }

    /// There is no such limit here: this fault is left out.
    pub(crate) fn set(&self, _: Option<u64>) -> io::Result<()> {
        Ok(())
    }
}
