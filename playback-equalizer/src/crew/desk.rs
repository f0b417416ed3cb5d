//! What those who ask for comparisons and those who make them share.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use super::job::Job;
use super::watch::Watch;
use crate::guard::guarded;
use crate::{Comparison, Stop};

/// Threads that a run leaves to replays that never end. Beyond this nothing more is replayed in place of them.
const MOST_ABANDONED: usize = 32;

/// Workers that may fail to come to the studio before any has. Beyond this no more are started.
const MOST_STAYED_AWAY: usize = 3;

/// The shortest and the longest time that a replay is left to end after it was given up.
const GRACE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(2));

/// Where jobs lie until a thread takes them, and comparisons until they are asked for.
pub(super) struct Desk {
    state: Mutex<State>,
    /// Told when there are jobs to begin, or none any more.
    news: Condvar,
    limits: Limits,
    stop: Option<Stop>,
}

/// How much is done at the same time, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) threads: usize,
    /// Jobs begun and not yet taken.
    pub(super) window: u64,
    pub(super) time: Duration,
    pub(super) in_order: bool,
    pub(super) in_worker: bool,
}

#[derive(Default)]
struct State {
    /// Jobs by their numbers.
    waiting: VecDeque<(u64, Job)>,
    numbered: u64,
    in_work: HashMap<usize, InWork>,
    done: BTreeMap<u64, Comparison>,
    /// How many jobs have been handed out, or were given up without a word.
    taken: u64,
    /// There will be no more jobs.
    closed: bool,
    idle: usize,
    threads: usize,
    /// Numbers threads.
    hired: usize,
    abandoned: usize,
    /// Why no more jobs can be done.
    refused: Option<String>,
    /// A worker has come to the studio.
    came: bool,
    /// How many workers have not.
    stayed_away: usize,
    waker: Option<Waker>,
}

struct InWork {
    number: u64,
    id: playback_core::RecordingId,
    watch: Arc<Watch>,
}

/// What was done since the last time.
#[must_use = "what is ready is nowhere else"]
pub(super) struct Done {
    /// Comparisons that can be handed out.
    pub(super) ready: Vec<Comparison>,
    /// Beside those there is nothing in work, and nothing waits.
    pub(super) is_all: bool,
}

impl Desk {
    pub(super) fn new(limits: Limits, stop: Option<Stop>) -> Self {
        Self { state: Mutex::default(), news: Condvar::new(), limits, stop }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts comparisons handed out since the last time, and says how many more jobs are wanted.
    pub(super) fn hand_out(&self, handed: u64) -> usize {
        let mut state = self.lock();
        state.taken += handed;
        if handed > 0 && state.idle > 0 {
            self.news.notify_all();
        }
        let window = usize::try_from(self.limits.window).unwrap_or(usize::MAX);
        if state.closed { 0 } else { window.saturating_sub(state.waiting.len()) }
    }

    /// Takes what is done, once all that was taken before is [handed out](Self::hand_out). `waker` is told when there
    /// is more, unless there is some now.
    pub(super) fn take(&self, waker: &Waker) -> Done {
        let waker = waker.clone();
        let mut state = self.lock();
        let mut ready = Vec::new();
        let mut next = state.taken;
        while let Some(first) = state.done.first_entry() {
            if self.limits.in_order && *first.key() != next {
                break;
            }
            next += 1;
            ready.push(first.remove());
        }
        let is_all = state.waiting.is_empty() && state.in_work.is_empty() && state.done.is_empty();
        let before = std::mem::replace(&mut state.waker, ready.is_empty().then_some(waker));
        drop(state);
        drop(before);
        Done { ready, is_all }
    }

    /// Lays jobs down, and says how many threads are to be hired for them.
    pub(super) fn lay(&self, jobs: Vec<Job>, closed: bool) -> usize {
        let mut state = self.lock();
        for job in jobs {
            let number = state.numbered;
            state.numbered += 1;
            state.waiting.push_back((number, job));
        }
        state.closed |= closed;
        if let Some(why) = state.refused.clone() {
            self.fail_waiting(&mut state, &why);
        }
        if state.closed || state.idle > 0 {
            self.news.notify_all();
        }
        self.to_hire(&mut state)
    }

    /// Counts a new thread in.
    pub(super) fn hire(&self) -> usize {
        let mut state = self.lock();
        state.threads += 1;
        state.hired += 1;
        state.hired
    }

    /// No thread could be had for what waits: if there are no others, it cannot be done.
    pub(super) fn not_hired(&self, why: &str) {
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads == 0 {
            self.fail_waiting(&mut state, why);
        }
    }

    /// The next job for a thread, that has done another and may be done with it; none if it is to go.
    pub(super) fn next(
        &self,
        thread: usize,
        done: Option<(u64, Comparison)>,
        watch: &Arc<Watch>,
    ) -> Option<(u64, Job)> {
        let mut state = self.lock();
        if let Some((number, comparison)) = done {
            if state.in_work.remove(&thread).is_none() {
                // It was abandoned, and another has its place.
                state.abandoned = state.abandoned.saturating_sub(1);
                return None;
            }
            state.done.insert(number, comparison);
            // To wake whoever waits for each of them would cost as much as to compare, so several are left to come together;
            // who waits looks from time to time.
            let enough = state.done.len() >= self.limits.threads || state.waiting.is_empty();
            if enough && self.is_ready(&state) {
                state = self.wake(state);
            }
        }
        loop {
            let within = state.taken + self.limits.window;
            // Nothing is begun any more, even before whoever waits for comparisons has heard of it.
            let is_stopped = self.stop.as_ref().is_some_and(Stop::is_stopped);
            match state.waiting.front().filter(|_| !is_stopped) {
                Some((number, _)) if *number < within => {
                    let (number, job) = state.waiting.pop_front()?;
                    watch.begin(false);
                    let in_work = InWork { number, id: job.id().clone(), watch: Arc::clone(watch) };
                    state.in_work.insert(thread, in_work);
                    return Some((number, job));
                }
                None if state.closed || is_stopped => {
                    state.threads -= 1;
                    drop(self.wake(state));
                    return None;
                }
                // There may be jobs again, once the lock was let go.
                _ if state.waker.is_some() && self.is_ready(&state) => state = self.wake(state),
                _ => {
                    state.idle += 1;
                    state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
                    state.idle -= 1;
                }
            }
        }
    }

    /// Gives up what takes too long. Says when to look again, and how many threads are to be hired for those that
    /// are abandoned.
    pub(super) fn patrol(&self) -> (Duration, usize) {
        let limit = self.limits.time;
        let grace = (limit / 4).clamp(GRACE.0, GRACE.1);
        let mut state = self.lock();
        let mut next = limit;
        let mut abandoned = Vec::new();
        for (thread, work) in &state.in_work {
            let elapsed = work.watch.elapsed();
            if elapsed >= limit + grace && work.watch.is_given_up(work.number) {
                abandoned.push(*thread);
            } else if elapsed >= limit {
                work.watch.give_up(work.number);
                next = next.min((limit + grace).saturating_sub(elapsed));
            } else {
                next = next.min(limit - elapsed);
            }
        }
        for thread in &abandoned {
            self.abandon(&mut state, *thread);
        }
        let hire = if abandoned.is_empty() { 0 } else { self.to_hire(&mut state) };
        (next.max(Duration::from_millis(1)), hire)
    }

    fn abandon(&self, state: &mut State, thread: usize) {
        let Some(InWork { number, id, watch }) = state.in_work.remove(&thread) else { return };
        let (did, limit) = (if watch.is_replaying() { "the replay" } else { "loading it" }, self.limits.time);
        let end = if self.limits.in_worker {
            "so its worker process was ended"
        } else {
            "which is left to it; worker processes can be ended"
        };
        let failure = format!("{did} did not end within {limit:?}, and blocks its thread, {end}");
        state.done.insert(number, Comparison::failure(id, failure));
        state.threads -= 1;
        state.abandoned += 1;
    }

    /// How many threads are to be hired for what waits.
    fn to_hire(&self, state: &mut State) -> usize {
        let left = state.abandoned;
        if left < MOST_ABANDONED {
            let free = self.limits.threads.saturating_sub(state.threads);
            return state.waiting.len().saturating_sub(state.idle).min(free);
        }
        if state.threads == 0 {
            let why = format!(
                "it was not replayed, since {left} replays before it block their threads and do not end; play in \
                 worker processes, which can be ended"
            );
            self.fail_waiting(state, &why);
        }
        0
    }

    /// Nothing more can be done, for a reason.
    fn refuse(&self, why: &str) {
        let mut state = self.lock();
        self.fail_waiting(&mut state, why);
        state.refused = Some(why.to_owned());
        drop(self.wake(state));
    }

    /// A thread panicked outside of what is caught, and lost what it had in work. Says whether it is to go on.
    pub(super) fn lost(&self, thread: usize) -> bool {
        let mut state = self.lock();
        match state.in_work.remove(&thread) {
            Some(InWork { number, id, .. }) => {
                state.done.insert(number, Comparison::failure(id, "the thread that compared it panicked"));
                drop(self.wake(state));
                true
            }
            // It was abandoned, and another has its place.
            None => {
                state.abandoned = state.abandoned.saturating_sub(1);
                false
            }
        }
    }

    /// A worker has come to the studio.
    pub(super) fn came(&self) {
        let mut state = self.lock();
        state.came = true;
        state.refused = None;
    }

    /// A worker has not come to the studio. One may have had bad luck; if none ever came, none will, and there is no
    /// point in trying it with each recording.
    pub(super) fn stayed_away(&self, why: &str) {
        let mut state = self.lock();
        state.stayed_away += 1;
        if !state.came && state.stayed_away >= MOST_STAYED_AWAY {
            drop(state);
            self.refuse(why);
        }
    }

    pub(super) fn has_abandoned(&self) -> bool {
        self.lock().abandoned > 0
    }

    /// What waits will not be done.
    fn fail_waiting(&self, state: &mut State, why: &str) {
        for (number, job) in std::mem::take(&mut state.waiting) {
            state.done.insert(number, Comparison::failure(job.id().clone(), why));
        }
    }

    /// Whether there is a comparison that can be handed out.
    fn is_ready(&self, state: &State) -> bool {
        let first = state.done.first_key_value();
        first.is_some_and(|(first, _)| !self.limits.in_order || *first == state.taken)
    }

    /// Wakes whoever waits for comparisons. Without the lock: a waker is another's code, and may even drop the run.
    fn wake<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        match state.waker.take() {
            Some(waker) => {
                drop(state);
                // One that panics has nobody to tell.
                let _ = guarded(|| waker.wake());
                self.lock()
            }
            None => state,
        }
    }

    /// Begins no more jobs.
    pub(super) fn close(&self) {
        let never_begun = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.news.notify_all();
        drop(never_begun);
    }

    /// Gives up all that is in work, and hands out what is done.
    pub(super) fn clear(&self) -> Vec<Comparison> {
        self.close();
        let mut state = self.lock();
        for work in state.in_work.values() {
            work.watch.give_up(work.number);
        }
        std::mem::take(&mut state.done).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of a user's runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::Wake;

    use playback_core::RecordingId;

    use super::*;
    use crate::{Equalizer, Error, Tuning};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    fn id(number: u64) -> RecordingId {
        format!("Checkout/20260301/01KJJ{number:021}").parse().unwrap()
    }

    #[test]
    fn comparisons_are_told_of_several_at_a_time_and_at_once_where_nothing_is_left_to_do() {
        let time = Duration::from_secs(60);
        let limits = Limits { threads: 4, window: 16, time, in_order: true, in_worker: false };
        let (desk, watch) = (Desk::new(limits, None), Arc::new(Watch::new()));
        let equalizer = Arc::new(Equalizer::new(Tuning::of(|(): ()| async {})));
        let job = |number| {
            Job::new(id(number), Arc::clone(&equalizer), async { Err::<_, Error>("never loaded".into()) })
        };
        assert_eq!(desk.lay((0..7).map(job).collect(), true), 4);
        let thread = desk.hire();
        let told = Arc::new(Counting::default());
        let waker = Waker::from(Arc::clone(&told));
        assert!(desk.take(&waker).ready.is_empty());
        let mut done = None;
        for (number, times) in (0..7).zip([0, 0, 0, 0, 1, 1, 1]) {
            let (taken, _) = desk.next(thread, done.take(), &watch).unwrap();
            assert_eq!((taken, told.0.load(SeqCst)), (number, times), "{number}");
            done = Some((number, Comparison::failure(id(number), "never loaded")));
            if number == 4 {
                assert_eq!(desk.take(&waker).ready.len(), 4);
                desk.hand_out(4);
                assert!(desk.take(&waker).ready.is_empty());
            }
        }
        // Nothing is left to do: there will be no fourth.
        assert!(desk.next(thread, done, &watch).is_none());
        assert_eq!((told.0.load(SeqCst), desk.take(&waker).ready.len()), (2, 3));
    }
}
