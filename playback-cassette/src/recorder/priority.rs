//! How much the recorder's threads give way to the service's.

/// Has this thread, and those that it starts from here on, be so much nicer to others, where threads have a priority of their
/// own, which is on Linux (`sched(7)`).
#[cfg(target_os = "linux")]
pub(super) fn give_way(niceness: u8) {
    use rustix::process::{getpriority_process, setpriority_process};

    if niceness == 0 {
        return;
    }
    // No process is named, which stands for the thread that asks.
    let nicer = getpriority_process(None)
        .and_then(|own| setpriority_process(None, own.saturating_add(niceness.into()).min(NICEST)));
    if let Err(error) = nicer {
        tracing::debug!(%error, "the recorder's thread has the priority of others");
    }
}

#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

#[cfg(not(target_os = "linux"))]
pub(super) fn give_way(_: u8) {}
