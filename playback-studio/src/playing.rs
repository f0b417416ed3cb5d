//! What a studio plays, as a stream of what happens.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::future::ready;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use playback_core::RecordingId;
use playback_equalizer::{Comparison, Equalizer, Job};

use crate::Studio;
use crate::event::Event;
use crate::wanted::{Batch, nothing_found};

/// Categories whose recordings are looked for at the same time.
const CATEGORIES: usize = 8;

/// All that happens while a studio plays; nothing in a worker process, which is told what to play.
pub(crate) fn playing(studio: &Studio) -> BoxStream<'_, Event> {
    match studio.crew.serve(jobs_of(studio)) {
        Some(serving) => stream::once(serving).filter_map(|()| ready(None)).boxed(),
        None => playing_here(studio),
    }
}

/// What a worker process does with a recording.
fn jobs_of(studio: &Studio) -> impl Fn(RecordingId) -> Result<Job, String> + Send + '_ {
    let equalizers: Mutex<HashMap<String, Result<Arc<Equalizer>, String>>> = Mutex::default();
    move |id| {
        let mut equalizers = equalizers.lock().unwrap_or_else(PoisonError::into_inner);
        let of_category =
            |category: &String| studio.equalizer(category).map_err(|failure| failure.to_string());
        let equalizer = equalizers.entry(id.category().to_owned()).or_insert_with_key(of_category);
        equalizer.clone().map(|equalizer| studio.job(equalizer, id))
    }
}

fn playing_here(studio: &Studio) -> BoxStream<'_, Event> {
    let aside = Arc::new(Aside::default());
    let of_jobs = Arc::clone(&aside);
    let listed = stream::once(ready(())).flat_map(move |()| items(studio)).filter_map(move |item| {
        ready(match item {
            Item::Say(event) => {
                of_jobs.say(event);
                None
            }
            Item::Play(job) => {
                of_jobs.jobs.fetch_add(1, Relaxed);
                Some(job)
            }
        })
    });
    let ending = Arc::clone(&aside);
    let listed = listed
        .chain(stream::once(async move { ending.listed.store(true, Relaxed) }).filter_map(|()| ready(None)));
    Playing { comparisons: studio.crew.run(listed), aside, compared: 0, ended: false }.boxed()
}

/// What passes by the crew: what is said of categories, and how much there is to do.
#[derive(Default)]
struct Aside {
    said: Mutex<VecDeque<Event>>,
    jobs: AtomicUsize,
    /// All is known that there is to do.
    listed: AtomicBool,
}

impl Aside {
    fn say(&self, event: Event) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
    }

    fn hear(&self) -> Option<Event> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

struct Playing<'a> {
    comparisons: BoxStream<'a, Comparison>,
    aside: Arc<Aside>,
    compared: usize,
    ended: bool,
}

impl Stream for Playing<'_> {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Some(event) = self.aside.hear() {
            return Poll::Ready(Some(event));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = self.comparisons.poll_next_unpin(task);
        match polled {
            Poll::Ready(Some(comparison)) => {
                self.compared += 1;
                // What was said on the way is older.
                self.aside.say(Event::Compared(Box::new(comparison)));
            }
            Poll::Ready(None) => {
                self.ended = true;
                let all = self.aside.listed.load(Relaxed) && self.compared == self.aside.jobs.load(Relaxed);
                if !all {
                    self.aside.say(Event::Interrupted);
                }
            }
            Poll::Pending => {}
        }
        match self.aside.hear() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

enum Item {
    Say(Event),
    Play(Job),
}

/// All there is to say and to do: of all categories that they begin, then what is found of each.
fn items(studio: &Studio) -> BoxStream<'_, Item> {
    let batches = async move {
        match studio.wanted.batches(&*studio.cassette, &*studio.clock).await {
            Ok(batches) => {
                let started = batches.iter().map(|batch| Item::Say(batch.started())).collect::<Vec<_>>();
                let found =
                    stream::iter(batches).flat_map_unordered(CATEGORIES, |batch| of_category(studio, batch));
                stream::iter(started).chain(found).boxed()
            }
            Err(nothing) => stream::iter([Item::Say(nothing)]).boxed(),
        }
    };
    stream::once(batches).flatten().boxed()
}

/// All there is to do for a category.
fn of_category<'a>(studio: &'a Studio, batch: Batch<'a>) -> BoxStream<'a, Item> {
    let Batch { category, looked_for, ids, .. } = batch;
    let failed =
        |category: &str, message| Item::Say(Event::Failed { category: Some(category.to_owned()), message });
    let equalizer = match studio.equalizer(&category) {
        Ok(equalizer) => equalizer,
        Err(failure) => return stream::iter([failed(&category, failure.to_string())]).boxed(),
    };
    let tuned = Event::Tuned { category: category.clone(), rules: equalizer.tuning().all_rules().clone() };
    let found = Arc::new(Found::default());
    let (counted, name) = (Arc::clone(&found), category.clone());
    let items = ids.filter_map(move |id| {
        ready(match id {
            Ok(id) if counted.count(studio.wanted.is_mine(&id)) => {
                Some(Item::Play(studio.job(Arc::clone(&equalizer), id)))
            }
            Ok(_) => None,
            Err(error) => {
                counted.failed.store(true, Relaxed);
                Some(failed(&name, format!("looking for recordings failed: {}", error.chain())))
            }
        })
    });
    let last = async move {
        let recordings = found.mine.load(Relaxed);
        Item::Say(if found.all.load(Relaxed) == 0 && !found.failed.load(Relaxed) {
            let message = nothing_found(&category, &looked_for, &*studio.cassette).await;
            Event::NothingFound { category: Some(category), message }
        } else {
            Event::Found { category, recordings }
        })
    };
    stream::iter([Item::Say(tuned)]).chain(items).chain(stream::once(last)).boxed()
}

/// How much of a category was found.
#[derive(Default)]
struct Found {
    /// In all shards.
    all: AtomicUsize,
    /// In this shard.
    mine: AtomicUsize,
    failed: AtomicBool,
}

impl Found {
    fn count(&self, mine: bool) -> bool {
        self.all.fetch_add(1, Relaxed);
        self.mine.fetch_add(usize::from(mine), Relaxed);
        mine
    }
}
