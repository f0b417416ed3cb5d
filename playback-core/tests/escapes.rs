//! Interceptions outside any context while only replays are live: DESIGN decision 5.
//!
//! What is an escape depends on what else is live in the process, so this file is a process of its own, and its
//! steps are one test.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use playback_core::redaction::{Known, Part, Place, Redactor, RedactorExt as _, Unredactable};
use playback_core::{
    Context, Escape, FutureExt as _, Kind, Playback, Recording, ReplayError, ReplayErrorKind, Value, input,
    input_with, operation, output, refuse_escapes, replay, replay_blocking,
};
use playback_testkit::record_blocking;

/// An operation that hands an output to a thread, bound to it or not.
fn send_from_a_thread(bound: bool) -> Result<u8, String> {
    operation("Send").args(&()).run(|| {
        let job = || output("mail.send").args(&("hi",)).run(|| 5u8);
        let sent =
            if bound { std::thread::spawn(Context::bind(job)) } else { std::thread::spawn(job) }.join();
        sent.map_err(|_| String::from("the thread panicked"))
    })
}

fn escapes(recording: &Recording, bound: bool) -> Vec<Escape> {
    let playback = replay_blocking(recording, |_| Ok(send_from_a_thread(bound))).unwrap();
    playback.escapes().to_vec()
}

/// A pool of one thread, which was there before anything is replayed.
struct Pool(std::sync::mpsc::Sender<Box<dyn FnOnce() + Send>>);

impl Pool {
    fn new() -> Self {
        let (jobs, waiting) = std::sync::mpsc::channel::<Box<dyn FnOnce() + Send>>();
        std::thread::spawn(move || waiting.into_iter().for_each(|job| job()));
        Self(jobs)
    }

    /// Runs a job, and waits for what it makes.
    fn run<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> R {
        let (made, ready) = std::sync::mpsc::channel();
        self.0.send(Box::new(move || drop(made.send(job())))).unwrap();
        ready.recv().unwrap()
    }
}

/// An operation that hands an input to a pool, bound to it or not.
fn ask_in_a_pool(pool: &Pool, bound: bool) -> u8 {
    operation("Ask").run(|| {
        let job = || input("stock.count").args(&("apple",)).run(|| 5u8);
        if bound { pool.run(Context::bind(job)) } else { pool.run(job) }
    })
}

/// An operation that spawns a task with an input in it, bound to it or not.
async fn ask_in_a_task(bound: bool) -> u8 {
    operation("Ask")
        .run_async(async move {
            let task = async { input("stock.count").args(&("apple",)).run_async(async { 5u8 }).await };
            let spawned = if bound { tokio::spawn(task.in_current_context()) } else { tokio::spawn(task) };
            spawned.await.unwrap()
        })
        .await
}

/// An escape is told with its alias and how to bind what made it.
fn check(escapes: &[Escape], told: (Kind, &str)) {
    let [escape] = escapes else { panic!("one escape: {escapes:?}") };
    assert_eq!((escape.kind, escape.alias.as_str(), escape.refused), (told.0, told.1, false));
    let text = escape.to_string();
    assert!(text.starts_with(if told.0 == Kind::Output { "output " } else { "input " }), "{text}");
    assert!(
        text.contains(&format!("`{}` was reached outside the replay and ran for real", told.1)),
        "{text}"
    );
    assert!(text.contains("tokio::spawn(task.in_current_context())"), "{text}");
    assert!(text.contains("thread::spawn(Context::bind(closure))"), "{text}");
}

/// Tasks, threads and pools, each bound and not.
fn tasks_and_pools() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let recording = runtime.block_on(playback_testkit::record(ask_in_a_task(true))).recording();
    let play = |bound| runtime.block_on(replay(&recording, |_| Ok(ask_in_a_task(bound)))).unwrap();
    assert!(play(true).escapes().is_empty(), "bound work does not escape");
    let playback = play(false);
    check(playback.escapes(), (Kind::Input, "stock.count"));
    assert_eq!(playback.unread_inputs().count(), 1, "and its answer was never asked for");

    let pool = Pool::new();
    let recording = record_blocking(|| ask_in_a_pool(&pool, true)).recording();
    let play = |bound| replay_blocking(&recording, |_| Ok(ask_in_a_pool(&pool, bound))).unwrap();
    assert!(play(true).escapes().is_empty(), "bound work does not escape");
    check(play(false).escapes(), (Kind::Input, "stock.count"));
}

#[test]
fn an_escape_is_reported_with_its_alias_and_the_remedy_and_refused_on_request() {
    let recording = record_blocking(|| send_from_a_thread(true)).recording();
    assert!(escapes(&recording, true).is_empty(), "bound work does not escape");

    // While a recording is live, an interception outside any context may be a live service's.
    record_blocking(|| {
        operation("Other").run(|| {
            let outside = std::thread::spawn(|| input("outside").run(|| 1u8));
            assert_eq!(outside.join().unwrap(), 1);
            assert!(
                escapes(&recording, false).is_empty(),
                "nor is it taken for an escape of a replay beside it"
            );
        });
    });

    check(&escapes(&recording, false), (Kind::Output, "mail.send"));
    tasks_and_pools();

    // It may belong to any of the replays that are live.
    let mut inner = Vec::new();
    let outer = replay_blocking(&recording, |_| {
        inner = escapes(&recording, false);
        Ok(send_from_a_thread(true))
    });
    check(&inner, (Kind::Output, "mail.send"));
    check(outer.unwrap().escapes(), (Kind::Output, "mail.send"));

    told_once_and_without_values();
    late_calls_are_told_with_their_alias();

    refuse_escapes();
    let refused = catch_unwind(AssertUnwindSafe(|| input("early").run(|| 1u8)));
    assert!(refused.is_err(), "refused before any replay");
    refuse_escapes();
    let [escape] = &escapes(&recording, false)[..] else { panic!("one escape") };
    assert!(escape.refused);
    assert!(escapes(&recording, true).is_empty(), "bound work does not escape");

    let refused = catch_unwind(AssertUnwindSafe(|| input("later").run(|| 1u8)));
    assert!(refused.is_err(), "refused between replays as well");

    // The code under replay goes down with the refusal: the replay fails and says why.
    let error = replay_blocking(&recording, |_| {
        std::thread::scope(|scope| {
            let outside = scope.spawn(|| operation("Send").run(|| output("mail.send").run(|| 5u8)));
            outside.join().map_err(|panic| -> ReplayError { std::panic::resume_unwind(panic) })
        })
    })
    .unwrap_err();
    let ReplayErrorKind::Escaped(escape) = error.kind() else { panic!("{error:?}") };
    assert_eq!(escape.alias, "mail.send");

    guards();
}

/// Has no name recorded that code made.
#[derive(Debug, Clone)]
struct Masks;

impl Redactor for Masks {
    fn redact(&self, place: &Place<'_>, value: &mut Value, _: &Known) -> Result<(), Unredactable> {
        if place.part == Part::Name {
            *value = "masked".into();
        }
        Ok(())
    }
}

/// What escapes again and again is told of once, and what code made of values is withheld where a redactor is in force.
fn told_once_and_without_values() {
    let recording = record_blocking(|| operation("Op").run(|| ())).recording();
    let log = Log::default();
    let escaping = || {
        let log = log.clone();
        std::thread::spawn(move || {
            let subscriber = tracing_subscriber::fmt().with_writer(move || log.clone()).finish();
            tracing::subscriber::with_default(subscriber, || {
                (0..3).for_each(|_| input_with(|| format!("db/{}", "ann")).run(|| ()));
                (0..3).for_each(|_| input("fixed").run(|| ()));
            });
        })
        .join()
        .unwrap();
    };
    let play = || {
        replay_blocking(&recording, |_| {
            operation("Op").run(escaping);
            Ok(())
        })
        .unwrap()
    };
    let aliases = |playback: &Playback| -> Vec<String> {
        playback.escapes().iter().map(|escape| escape.alias.clone()).collect()
    };
    assert_eq!(aliases(&play()), ["db/ann", "fixed"]);
    let told = std::mem::take(&mut *log.0.lock().unwrap());
    assert_eq!(String::from_utf8(told).unwrap().matches("was reached outside the replay").count(), 2);
    assert_eq!(aliases(&Masks.scope_blocking(play)), ["masked", "fixed"]);
    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("an alias made while the code ran") && !told.contains("ann"), "{told}");

    // However many there are, the first hundred say enough.
    let many = || (0..200).for_each(|number| input_with(|| format!("db/{number}")).run(|| ()));
    let escaping = || std::thread::spawn(many).join().unwrap();
    let playback = replay_blocking(&recording, |_| {
        operation("Op").run(escaping);
        Ok(())
    })
    .unwrap();
    assert_eq!(playback.escapes().len(), 100);
}

/// What a task that outlives its replay still calls is refused, and told.
fn late_calls_are_told_with_their_alias() {
    let recording = record_blocking(|| operation("Op").run(|| ())).recording();
    let calls: [fn(); 3] = [
        || input("stock").run(|| ()),
        || output("audit").run(|| ()),
        || input_with(|| format!("db/{}", "ann")).run(|| ()),
    ];
    let told = [
        "input was refused alias=\"stock\"",
        "output was refused alias=\"audit\"",
        "input was refused alias=\"(an alias made while the code ran)\"",
    ];
    for (call, told) in calls.into_iter().zip(told) {
        let mut late = None;
        let replay = || {
            replay_blocking(&recording, |_| {
                operation("Op").run(|| late = Some(Context::bind(call)));
                Ok(())
            })
        };
        Masks.scope_blocking(replay).unwrap();
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let late = AssertUnwindSafe(late.unwrap());
        tracing::subscriber::with_default(subscriber, || catch_unwind(late).unwrap_err());
        let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let expected = format!("its call of the {told} recording_id={}", recording.id());
        assert!(said.contains(&expected) && said.lines().count() == 1, "{said}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A guard that makes calls while what is refused unwinds aborts nothing, and runs nothing.
fn guards() {
    struct RollsBack;
    impl Drop for RollsBack {
        fn drop(&mut self) {
            let answer: Result<(), String> =
                output("rollback").args(&("it",)).run(|| panic!("a replay runs no body"));
            assert_eq!(answer, Ok(()));
            let later = output("rollback").run_async(std::future::pending::<u8>());
            assert_eq!(futures::executor::block_on(later), 0);
        }
    }
    let outside = std::thread::spawn(|| {
        let _guard = RollsBack;
        input("outside").run(|| 1u8)
    });
    assert!(outside.join().is_err(), "it is refused");
    let outside = std::thread::spawn(|| {
        let _guard = RollsBack;
        panic!("a plain bug");
    });
    assert!(outside.join().is_err());
}
