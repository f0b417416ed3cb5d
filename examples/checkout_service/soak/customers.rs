//! Who is served, how soon, and whether all get the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use playback_examples::checkout_service::drive::Sent;
use serde_json::Value;

use crate::Error;
use crate::branch::Branch;

/// Customers that go to all branches of the shop, one branch after another, and are to be answered the same.
pub(crate) struct Customers {
    pub(crate) branches: Vec<Branch>,
    bound: Duration,
    next: AtomicUsize,
    stopped: AtomicBool,
    /// Whether something is wrong now, as it is to be.
    troubled: AtomicBool,
    tally: Mutex<Tally>,
}

/// What customers saw.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    /// How many operations each branch has had.
    pub(crate) operations: BTreeMap<&'static str, u64>,
    /// How soon each branch answered, when nothing was wrong and when something was.
    pub(crate) latencies: BTreeMap<(&'static str, bool), Latencies>,
    /// How many requests were not answered as they should be, and some of them.
    pub(crate) wrong: u64,
    pub(crate) examples: Vec<String>,
}

/// How many answers took how long.
pub(crate) struct Latencies(Histogram<u64>);

/// The most that is measured, in microseconds.
const MOST: u64 = 120_000_000;

/// How many of what was wrong are told.
const TOLD: usize = 10;

impl Customers {
    pub(crate) fn new(branches: Vec<Branch>, bound: Duration) -> Arc<Self> {
        Arc::new(Self {
            branches,
            bound,
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            troubled: AtomicBool::new(false),
            tally: Mutex::default(),
        })
    }

    /// One customer after another, until they are to stop.
    pub(crate) async fn come(self: Arc<Self>, pause: Duration) {
        while !self.stopped.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mut answers = Vec::new();
            // Each branch is the first to be asked as often as the others.
            for turn in 0..self.branches.len() {
                let Some(branch) = self.branches.get((number + turn) % self.branches.len()) else { continue };
                match self.visit(branch, number).await {
                    Ok(sent) => answers.push((branch.name, told(&sent))),
                    Err(error) => self.wrong(format!("{}: visit {number}: {error}", branch.name)),
                }
            }
            if let Some((first, rest)) = answers.split_first() {
                for other in rest.iter().filter(|other| other.1 != first.1) {
                    self.wrong(format!("visit {number}: not the same: {first:?} and {other:?}"));
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn visit(&self, branch: &Branch, number: usize) -> Result<Vec<Sent>, Error> {
        let was_troubled = self.is_troubled(branch);
        let sent = branch.driver.visit(number).await?;
        let troubled = was_troubled || self.is_troubled(branch);
        let mut tally = self.tally();
        for request in &sent {
            tally.requests += 1;
            *tally.operations.entry(branch.name).or_default() +=
                u64::from(request.request.category().is_some());
            // Of those who hang up it is not known.
            if request.status.is_some() {
                tally.latencies.entry((branch.name, troubled)).or_default().add(request.took);
            }
            if request.status != request.expected || request.took > self.bound {
                tally.wrong(format!("{}: {request:?}", branch.name));
            }
        }
        Ok(sent)
    }

    fn is_troubled(&self, branch: &Branch) -> bool {
        self.troubled.load(Ordering::Relaxed) || !branch.is_well()
    }

    /// Says whether something is wrong from now on.
    pub(crate) fn trouble(&self, troubled: bool) {
        self.troubled.store(troubled, Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn wrong(&self, what: String) {
        self.tally().wrong(what);
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn into_parts(self) -> (Vec<Branch>, Tally) {
        (self.branches, self.tally.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// So far.
impl fmt::Display for Customers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = self.tally();
        write!(f, "{} requests, {} wrong", tally.requests, tally.wrong)?;
        drop(tally);
        for branch in &self.branches {
            if let Some(recorder) = &branch.recorder {
                let stats = recorder.stats();
                let state = stats.health.state;
                write!(f, "; {}: {} of {} saved, {state:?}", branch.name, stats.saved, stats.started)?;
            }
        }
        Ok(())
    }
}

impl Tally {
    fn wrong(&mut self, what: String) {
        self.wrong += 1;
        if self.examples.len() < TOLD {
            self.examples.push(what);
        }
    }
}

impl Latencies {
    fn add(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(MOST));
    }
}

impl Default for Latencies {
    #[allow(clippy::expect_used, reason = "the numbers are constants that it takes")]
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MOST, 3).expect("bounds that a histogram can have"))
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |microseconds: u64| microseconds as f64 / 1000.0;
        write!(
            f,
            "{:>9} answers, median {:>7.2} ms, p99 {:>7.2} ms, slowest {:>8.2} ms",
            self.0.len(),
            milliseconds(self.0.value_at_quantile(0.5)),
            milliseconds(self.0.value_at_quantile(0.99)),
            milliseconds(self.0.max()),
        )
    }
}

/// What a customer was told, but for what is another every time: ids, numbers in the books, times.
fn told(sent: &[Sent]) -> Vec<(Option<u16>, Value)> {
    let told = sent.iter().map(|sent| {
        let mut answer = sent.answer.clone();
        if let Some(fields) = answer.as_object_mut() {
            fields.retain(|name, _| !["order", "number", "refunded_at", "label"].contains(&name.as_str()));
            if let Some(Value::String(error)) = fields.get_mut("error") {
                let words =
                    error.split(' ').filter(|word| !word.contains(|letter: char| letter.is_ascii_digit()));
                *error = words.collect::<Vec<_>>().join(" ");
            }
        }
        (sent.status, answer)
    });
    told.collect()
}
