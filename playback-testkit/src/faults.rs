//! What goes wrong, on demand: a cassette that fails, waits or corrupts, and a clock that a test sets.
//!
//! For ids that a test knows there is [`IdGenerator::seeded`](playback_cassette::IdGenerator::seeded), for recordings
//! with the same ids in every run [`MemoryRecorder`](crate::MemoryRecorder).

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use playback_cassette::{Cassette, Clock, Error, ErrorKind, Found, Query, format};
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

/// A cassette around another that fails, waits and corrupts when it is told to. Clones are told together.
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
    calls: usize,
    /// Calls that are waiting, and the error of those that are to fail.
    held: bool,
    fail: Option<(usize, ErrorKind)>,
    corrupt: usize,
    /// Who waits for calls, or to be let go.
    waiting: Vec<Waker>,
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
        self.change(method, |plan| plan.fail = (calls > 0).then_some((calls, kind)));
    }

    /// Makes all calls of a method fail, until it is [healed](Self::heal).
    pub fn fail(&self, method: Method, kind: ErrorKind) {
        self.fail_next(method, ALL, kind);
    }

    /// Makes the next `loads` find what they load damaged.
    pub fn corrupt_next(&self, loads: usize) {
        self.change(Method::Load, |plan| plan.corrupt = loads);
    }

    /// Makes calls of a method wait, before anything else is done with them, until it is [released](Self::release).
    pub fn hold(&self, method: Method) {
        self.change(method, |plan| plan.held = true);
    }

    /// Lets the calls of a method go on.
    pub fn release(&self, method: Method) {
        self.change(method, |plan| plan.held = false);
    }

    /// Lets everything go well from here on.
    pub fn heal(&self) {
        for plan in self.lock().values_mut() {
            (plan.held, plan.fail, plan.corrupt) = (false, None, 0);
            plan.wake();
        }
    }

    /// How many calls of a method there have been.
    #[must_use]
    pub fn calls(&self, method: Method) -> usize {
        self.lock().get(&method).map_or(0, |plan| plan.calls)
    }

    /// Waits until there have been so many calls of a method, those that wait included.
    pub async fn called(&self, method: Method, calls: usize) {
        poll_fn(|context| {
            let mut plans = self.lock();
            let plan = plans.entry(method).or_default();
            if plan.calls >= calls {
                return Poll::Ready(());
            }
            plan.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Counts a call, waits as long as it is held, and fails if it is to.
    async fn begin(&self, method: Method) -> Result<(), Error> {
        self.change(method, |plan| plan.calls = plan.calls.saturating_add(1));
        poll_fn(|context| {
            let mut plans = self.lock();
            let plan = plans.entry(method).or_default();
            if plan.held {
                plan.waiting.push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(plan.failure(method))
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
    fn failure(&mut self, method: Method) -> Result<(), Error> {
        let Some((left, kind)) = self.fail else { return Ok(()) };
        self.fail = match left {
            ALL => self.fail,
            left => Some((left.saturating_sub(1), kind)).filter(|(left, _)| *left > 0),
        };
        Err(Error::new(kind, format!("{method:?} fails, as the test wants it to; heal the cassette")))
    }

    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
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
        self.begin(Method::Save).await?;
        self.inner.save(recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        self.begin(Method::Load).await?;
        let recording = self.inner.load(id).await?;
        if !self.corrupts() {
            return Ok(recording);
        }
        let mut bytes = format::encode(&recording)?;
        if let Some(last) = bytes.last_mut() {
            *last ^= 1;
        }
        format::decode_recording(id, &bytes)
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        self.begin(Method::LoadMetadata).await?;
        self.inner.load_metadata(id).await
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.begin(Method::Delete).await?;
        self.inner.delete(id).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let query = query.clone();
        let begun = stream::once(self.begin(Method::Find)).filter_map(async |begun| begun.err().map(Err));
        let found = stream::once(async move { self.inner.find(&query) }).flatten();
        begun.chain(found).boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        self.begin(Method::Categories).await?;
        self.inner.categories().await
    }

    fn place(&self) -> String {
        self.inner.place()
    }

    async fn close(&self) -> Result<(), Error> {
        self.begin(Method::Close).await?;
        self.inner.close().await
    }
}

/// A clock that a test sets. Clones show the same time.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use playback_cassette::Clock;
/// use playback_testkit::faults::SetClock;
///
/// let clock = SetClock::new(SystemTime::UNIX_EPOCH);
/// let shown = clock.clone();
/// clock.advance(Duration::from_secs(7));
/// assert_eq!(shown.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(7));
/// ```
#[derive(Debug, Clone)]
pub struct SetClock(Arc<Mutex<SystemTime>>);

impl SetClock {
    /// A clock that stands still at `now`.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Sets it, back as well.
    pub fn set(&self, now: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Sets it ahead.
    ///
    /// # Panics
    /// If no machine can express that time.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }
}

impl Clock for SetClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
