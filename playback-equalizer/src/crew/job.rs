//! One recording to replay and compare.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt, select};
use playback_core::{Recording, RecordingId};

use super::watch::Watch;
use crate::guard::panic_message;
use crate::{Comparison, Equalizer, Error, Rules, Runtime};

/// One recording to load, replay and compare: what a [`Crew`](crate::Crew) does.
pub struct Job {
    id: RecordingId,
    equalizer: Arc<Equalizer>,
    load: BoxFuture<'static, Result<Recording, Error>>,
}

impl Job {
    /// Loads the recording called `id` by `load`, and replays and compares it by `equalizer`. Of how the equalizer
    /// runs, as its concurrency and its time limit, nothing counts: that is the crew's.
    pub fn new<E: Into<Error>>(
        id: RecordingId,
        equalizer: Arc<Equalizer>,
        load: impl Future<Output = Result<Recording, E>> + Send + 'static,
    ) -> Self {
        Self { id, equalizer, load: load.map(|loaded| loaded.map_err(Into::into)).boxed() }
    }

    /// The recording.
    #[must_use]
    pub fn id(&self) -> &RecordingId {
        &self.id
    }

    /// The rules that it is compared by.
    pub(crate) fn rules(&self) -> &Rules {
        self.equalizer.tuning().all_rules()
    }

    /// The same, failing if an interception escapes.
    pub(crate) fn escapes_fail(self) -> Self {
        Self { equalizer: Arc::new(Equalizer::clone(&self.equalizer).escapes_fail()), ..self }
    }

    /// Does it on this thread. Whatever goes wrong is a comparison that says so.
    pub(super) fn run(
        self,
        number: u64,
        watch: &Watch,
        runtime: &dyn Runtime,
        limit: Duration,
    ) -> Comparison {
        let id = self.id.clone();
        // What user code can do wrong is caught where it runs, so that this is for what nobody thinks of, as a panic
        // in the drop of what was panicked with.
        catch_unwind(AssertUnwindSafe(|| self.run_steps(number, watch, runtime, limit))).unwrap_or_else(
            |panic| {
                Comparison::failure(id, format!("comparing it panicked: {}", panic_message(panic.as_ref())))
            },
        )
    }

    fn run_steps(self, number: u64, watch: &Watch, runtime: &dyn Runtime, limit: Duration) -> Comparison {
        let Self { id, equalizer, load } = self;
        watch.begin(false);
        let loaded = block_on(runtime, async {
            match select(AssertUnwindSafe(load).catch_unwind(), pin!(watch.given_up(number))).await {
                Either::Left((loaded, _)) => loaded,
                Either::Right(_) => Ok(Err(format!("it did not end within {limit:?}").into())),
            }
        });
        let recording = match Equalizer::loaded(id.clone(), loaded) {
            Ok(recording) => recording,
            Err(failure) => return *failure,
        };
        watch.begin(true);
        let mut blocking = None;
        if equalizer.is_blocking() {
            runtime.enter(&mut || blocking = equalizer.compare_blocking(&recording));
        }
        blocking.unwrap_or_else(|| {
            block_on(runtime, equalizer.compare_until(recording, watch.given_up(number), limit))
        })
    }
}

fn block_on<T: Send>(runtime: &dyn Runtime, future: impl Future<Output = T> + Send) -> T {
    let mut output = None;
    {
        let mut future = pin!(future.map(|value| output = Some(value)));
        runtime.block_on(future.as_mut());
    }
    match output {
        Some(output) => output,
        // A runtime that is shut down, as tokio's, may leave what it was given.
        None => std::panic::resume_unwind(Box::new("the runtime ended before the replay")),
    }
}
