//! A cassette that fails, panics, waits and corrupts.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use futures_timer::Delay;
use playback_cassette::{Cassette, Error, ErrorKind, Found, Query, format};
use playback_core::{Metadata, Recording, RecordingId};

/// A method of [`Cassette`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// [`Cassette::save`].
    Save,
    /// [`Cassette::load`].
    Load,
    /// [`Cassette::load_metadata`].
    LoadMetadata,
    /// [`Cassette::delete`].
    Delete,
    /// [`Cassette::find`]: an error is the first item, and the rest follows.
    Find,
    /// [`Cassette::categories`].
    Categories,
    /// [`Cassette::close`].
    Close,
}

/// A cassette around another that fails, panics, waits and corrupts when it is told to. Clones are told together.
///
/// ```
/// use playback_cassette::{Cassette, ErrorKind};
/// use playback_testkit::faults::{Faulty, Method};
/// use playback_testkit::{MemoryCassette, record_blocking};
///
/// # futures::executor::block_on(async {
/// let recording = record_blocking(|| playback_core::operation("Add").run(|| 1)).recording();
/// let cassette = Faulty::new(MemoryCassette::new());
/// cassette.fail_next(Method::Save, 1, ErrorKind::Unreachable);
/// assert_eq!(cassette.save(&recording).await.unwrap_err().kind(), ErrorKind::Unreachable);
/// cassette.save(&recording).await?; // the store is there again
///
/// cassette.corrupt_next(1);
/// assert_eq!(cassette.load(recording.id()).await.unwrap_err().kind(), ErrorKind::Corrupt);
/// assert_eq!(cassette.calls(Method::Save), 2);
/// # Ok::<(), playback_cassette::Error>(()) }).unwrap();
/// ```
pub struct Faulty<C> {
    inner: Arc<C>,
    plans: Arc<Mutex<BTreeMap<Method, Plan>>>,
}

/// What is to become of the calls of one method.
#[derive(Default)]
struct Plan {
    begun: usize,
    done: usize,
    at_once: usize,
    most_at_once: usize,
    /// Where calls wait before they reach the cassette within, and once they have its answer.
    before: Gate,
    after: Gate,
    delay: Duration,
    fail: Option<(usize, Fault)>,
    corrupt: usize,
    /// Who waits for calls, or to be let go.
    waiting: Vec<Waker>,
}

/// What calls go through.
#[derive(Default)]
struct Gate {
    is_shut: bool,
    /// How many go through all the same.
    passes: usize,
}

#[derive(Clone, Copy)]
enum Fault {
    Error(ErrorKind),
    Panic,
}

/// As many calls as there are.
const ALL: usize = usize::MAX;

impl<C> Faulty<C> {
    /// A cassette in which nothing goes wrong yet.
    #[must_use]
    pub fn new(inner: C) -> Self {
        Self { inner: Arc::new(inner), plans: Arc::default() }
    }

    /// The cassette within.
    #[must_use]
    pub fn inner(&self) -> &C {
        &self.inner
    }

    /// Makes the next `calls` of a method fail, before they reach the cassette within.
    pub fn fail_next(&self, method: Method, calls: usize, kind: ErrorKind) {
        self.change(method, |plan| plan.fail = (calls > 0).then_some((calls, Fault::Error(kind))));
    }

    /// Makes all calls of a method fail, until it is [healed](Self::heal).
    pub fn fail(&self, method: Method, kind: ErrorKind) {
        self.fail_next(method, ALL, kind);
    }

    /// Makes the next `calls` of a method panic, before they reach the cassette within.
    pub fn panic_next(&self, method: Method, calls: usize) {
        self.change(method, |plan| plan.fail = (calls > 0).then_some((calls, Fault::Panic)));
    }

    /// Makes the next `loads` find what they load damaged.
    pub fn corrupt_next(&self, loads: usize) {
        self.change(Method::Load, |plan| plan.corrupt = loads);
    }

    /// Makes calls of a method wait, before they reach the cassette within, until it is [released](Self::release).
    pub fn hold(&self, method: Method) {
        self.change(method, |plan| plan.before.is_shut = true);
    }

    /// Makes calls of a method wait, once they have what the cassette within answers, until it is
    /// [released](Self::release).
    pub fn hold_answers(&self, method: Method) {
        self.change(method, |plan| plan.after.is_shut = true);
    }

    /// Lets so many calls of a method that is [held](Self::hold) go on to the cassette within, and holds the rest.
    pub fn let_pass(&self, method: Method, calls: usize) {
        self.change(method, |plan| plan.before.passes = plan.before.passes.saturating_add(calls));
    }

    /// Lets the calls of a method go on.
    pub fn release(&self, method: Method) {
        self.change(method, Plan::open);
    }

    /// Makes calls of a method take that much longer, in real time: of use where a time limit is to be hit, with a delay
    /// far beyond it. Where a test waits for something to have happened, [`hold`](Self::hold) is exact and quicker.
    pub fn delay(&self, method: Method, delay: Duration) {
        self.change(method, |plan| plan.delay = delay);
    }

    /// Lets everything go well from here on.
    pub fn heal(&self) {
        for plan in self.lock().values_mut() {
            (plan.delay, plan.fail, plan.corrupt) = (Duration::ZERO, None, 0);
            plan.open();
            plan.wake();
        }
    }

    /// How many calls of a method there have been.
    #[must_use]
    pub fn calls(&self, method: Method) -> usize {
        self.lock().get(&method).map_or(0, |plan| plan.begun)
    }

    /// How many calls of a method were under way at the same time, at the most; those that wait count, too.
    #[must_use]
    pub fn most_at_once(&self, method: Method) -> usize {
        self.lock().get(&method).map_or(0, |plan| plan.most_at_once)
    }

    /// Waits until there have been so many calls of a method, those that wait included.
    pub async fn called(&self, method: Method, calls: usize) {
        self.wait(method, |plan| (plan.begun >= calls).then_some(())).await;
    }

    /// Waits until so many calls of a method have an answer of the cassette within, those that wait with it included.
    pub async fn answered(&self, method: Method, calls: usize) {
        self.wait(method, |plan| (plan.done >= calls).then_some(())).await;
    }

    /// Does a call as it is planned: counts it, holds it up, and fails it or hands it on.
    async fn call<T>(
        &self,
        method: Method,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let _under_way = UnderWay::new(self, method);
        self.begin(method).await?;
        let answer = call.await;
        self.change(method, |plan| plan.done = plan.done.saturating_add(1));
        self.wait(method, |plan| plan.after.pass()).await;
        answer
    }

    /// Waits as long as calls are held, and fails if this one is to.
    async fn begin(&self, method: Method) -> Result<(), Error> {
        let (delay, fault) =
            self.wait(method, |plan| plan.before.pass().map(|()| (plan.delay, plan.fault()))).await;
        if !delay.is_zero() {
            Delay::new(delay).await;
        }
        match fault {
            None => Ok(()),
            Some(Fault::Error(kind)) => {
                Err(Error::new(kind, format!("{method:?} fails, as the test wants it to; heal the cassette")))
            }
            #[allow(clippy::panic, reason = "the test wants it to")]
            Some(Fault::Panic) => panic!("{method:?} panics, as the test wants it to"),
        }
    }

    /// Waits until there is something in the plan of a method.
    async fn wait<T>(&self, method: Method, mut look: impl FnMut(&mut Plan) -> Option<T>) -> T {
        poll_fn(|context| {
            let mut plans = self.lock();
            let plan = plans.entry(method).or_default();
            let seen = look(plan);
            if seen.is_none() {
                plan.waiting.push(context.waker().clone());
            }
            seen.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Whether this load is to be damaged.
    fn corrupts(&self) -> bool {
        let mut corrupts = false;
        self.change(Method::Load, |plan| {
            corrupts = plan.corrupt > 0;
            plan.corrupt = plan.corrupt.saturating_sub(1);
        });
        corrupts
    }

    fn change(&self, method: Method, change: impl FnOnce(&mut Plan)) {
        let mut plans = self.lock();
        let plan = plans.entry(method).or_default();
        change(plan);
        plan.wake();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Method, Plan>> {
        // Nothing is left half done under the lock.
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn fault(&mut self) -> Option<Fault> {
        let (left, fault) = self.fail?;
        self.fail = match left {
            ALL => self.fail,
            left => Some((left.saturating_sub(1), fault)).filter(|(left, _)| *left > 0),
        };
        Some(fault)
    }

    fn open(&mut self) {
        (self.before, self.after) = (Gate::default(), Gate::default());
    }

    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl Gate {
    fn pass(&mut self) -> Option<()> {
        if self.is_shut {
            self.passes = self.passes.checked_sub(1)?;
        }
        Some(())
    }
}

/// A call that is under way, until it ends or is given up.
struct UnderWay<'f, C> {
    faulty: &'f Faulty<C>,
    method: Method,
}

impl<'f, C> UnderWay<'f, C> {
    fn new(faulty: &'f Faulty<C>, method: Method) -> Self {
        faulty.change(method, |plan| {
            plan.begun = plan.begun.saturating_add(1);
            plan.at_once = plan.at_once.saturating_add(1);
            plan.most_at_once = plan.most_at_once.max(plan.at_once);
        });
        Self { faulty, method }
    }
}

impl<C> Drop for UnderWay<'_, C> {
    fn drop(&mut self) {
        self.faulty.change(self.method, |plan| plan.at_once = plan.at_once.saturating_sub(1));
    }
}

impl<C> Clone for Faulty<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), plans: Arc::clone(&self.plans) }
    }
}

impl<C: fmt::Debug> fmt::Debug for Faulty<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("inner", &self.inner).finish_non_exhaustive()
    }
}

#[async_trait]
impl<C: Cassette> Cassette for Faulty<C> {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        self.call(Method::Save, self.inner.save(recording)).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let load = async {
            let recording = self.inner.load(id).await?;
            if !self.corrupts() {
                return Ok(recording);
            }
            let mut bytes = format::encode(&recording)?;
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            format::decode_recording(id, &bytes)
        };
        self.call(Method::Load, load).await
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.call(Method::LoadMetadata, self.inner.load_metadata(id)).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.call(Method::Delete, self.inner.delete(id)).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let query = query.clone();
        let begun = stream::once(self.call(Method::Find, async { Ok(()) }));
        let failed = begun.filter_map(async |begun| begun.err().map(Err));
        let found = stream::once(async move { self.inner.find(&query) }).flatten();
        failed.chain(found).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.call(Method::Categories, self.inner.categories()).await
    }

    fn place(&self) -> String {
        self.inner.place()
    }

    async fn close(&self) -> Result<(), Error> {
        self.call(Method::Close, self.inner.close()).await
    }
}
