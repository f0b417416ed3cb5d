//! The runtime of assertions in tests that are not async.

use std::future::Future;

/// Runs a future to its end, on a tokio runtime of its own. Inside of another one, as in a `#[tokio::test]`, that is on
/// a thread of its own as well: the one that calls may be all that the other runtime has, and is waiting.
#[cfg(feature = "tokio")]
#[allow(clippy::panic, reason = "a test without threads cannot go on")]
pub fn block_on<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let run = || match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no tokio runtime can be started: {error}; free threads or memory"),
    };
    if tokio::runtime::Handle::try_current().is_err() {
        return run();
    }
    let ran = std::thread::scope(|scope| scope.spawn(run).join());
    ran.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Runs a future to its end, without a runtime.
#[cfg(not(feature = "tokio"))]
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    futures::executor::block_on(future)
}
