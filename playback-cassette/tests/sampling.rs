//! Sampling that finds what matters: what is kept, what that costs, and what is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use common::{NOON, assert_equation};
use futures::executor::block_on;
use playback_cassette::{Sampling, Stats, TapeRecorder, TapeRecorderBuilder};
use playback_core::{
    Finished, Operation, OperationEnd, OperationStart, Recorder, RecorderExt, RecordingStart, SamplingKey,
    force_sample_recording, operation,
};
use playback_testkit::MemoryCassette;
use playback_testkit::faults::SetClock;

const SECOND: Duration = Duration::from_secs(1);

/// What is recorded with a recorder that samples as it is said; what of it is kept is in the cassette.
struct Sampled {
    memory: MemoryCassette,
    recorder: TapeRecorder,
    clock: SetClock,
}

fn sampled(setting: impl FnOnce(TapeRecorderBuilder) -> TapeRecorderBuilder) -> Sampled {
    let (memory, clock) = (MemoryCassette::new(), SetClock::new(SystemTime::UNIX_EPOCH + NOON));
    let builder = TapeRecorder::builder(memory.clone()).seed(7).clock(clock.clone());
    // Nothing is left out for any other reason.
    let builder = builder.queue_recordings(1_000_000.try_into().unwrap()).queue_bytes(1 << 30);
    Sampled { memory, recorder: setting(builder).build(), clock }
}

impl Sampled {
    fn run(&self, operation: Operation, fails: bool) {
        let run = || operation.run(|| if fails { Err("declined") } else { Ok(1) });
        let _ = self.recorder.scope_blocking(run);
    }

    fn runs(&self, category: &'static str, runs: usize) {
        (0..runs).for_each(|_| self.run(operation(category), false));
    }

    /// Tells the recorder of a run that took so long, as core does. Whether it is kept.
    fn took(&self, category: &str, duration: Duration) -> bool {
        let Some(start) = self.recorder.start(&OperationStart::new(category)) else { return false };
        self.ended(&start, |end| end.duration = duration)
    }

    fn ended(&self, start: &RecordingStart, how: impl FnOnce(&mut OperationEnd)) -> bool {
        let mut end = OperationEnd::default();
        how(&mut end);
        let keeps = self.recorder.keeps(start, &end);
        self.recorder.finish(if keeps {
            Finished::Recorded(common::recording(&start.id, start.recorded_at, 1))
        } else {
            let reason = playback_core::DiscardReason::SampledOut;
            Finished::Discarded { id: start.id.clone(), reason }
        });
        keeps
    }

    /// How many of each category are kept, and what was counted.
    fn kept(&self) -> (BTreeMap<String, usize>, Stats) {
        block_on(self.recorder.flush()).unwrap();
        let mut kept = BTreeMap::new();
        for id in self.memory.ids() {
            *kept.entry(id.category().to_owned()).or_default() += 1;
        }
        let stats = self.recorder.stats();
        assert_equation(&stats);
        assert_eq!(stats.saved, kept.values().sum::<usize>() as u64);
        assert_eq!(stats.started, stats.saved + stats.sampled_out);
        (kept, stats)
    }
}

#[test]
fn what_is_said_of_a_category_comes_before_the_operations_own_rate_and_that_before_what_is_said_of_all() {
    // S1, R12
    let sampled = sampled(|builder| {
        builder.sampling(Sampling::none()).sampling_of("Checkout", Sampling::all()).forced_sampling(false)
    });
    sampled.run(operation("Checkout").sampling_rate(0.0), false);
    sampled.run(operation("Own").sampling_rate(1.0), false);
    sampled.run(operation("Other"), false);
    let (kept, _) = sampled.kept();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["Checkout", "Own"]);
}

#[test]
fn each_category_has_the_rate_that_is_said_of_it() {
    let sampled = sampled(|builder| {
        builder
            .sampling(Sampling::rate(0.5))
            .sampling_of("Search", Sampling::rate(0.01))
            .sampling_of("Health", Sampling::none())
    });
    for category in ["Checkout", "Search", "Health"] {
        sampled.runs(category, 3000);
    }
    let (kept, _) = sampled.kept();
    assert!((1350..1650).contains(&kept["Checkout"]), "{kept:?}");
    assert!((15..50).contains(&kept["Search"]), "{kept:?}");
    assert!(!kept.contains_key("Health"));
}

#[test]
fn all_failures_are_kept_panics_among_them_whatever_the_rate() {
    let sampled = sampled(|builder| builder.sampling(Sampling::none().and_failures()).forced_sampling(false));
    for run in 0..100 {
        sampled.run(operation("Checkout"), run % 10 == 0);
    }
    let panicking =
        || sampled.recorder.scope_blocking(|| operation("Panics").run::<u8>(|| panic!("on purpose")));
    catch_unwind(AssertUnwindSafe(panicking)).unwrap_err();
    let (kept, stats) = sampled.kept();
    assert_eq!(kept, BTreeMap::from([("Checkout".to_owned(), 10), ("Panics".to_owned(), 1)]));
    assert_eq!(stats.sampling.kept_failed, 11);
}

#[test]
fn a_failure_that_the_rate_keeps_anyway_is_kept_once_and_not_counted_as_kept_for_failing() {
    let sampled = sampled(|builder| builder.sampling(Sampling::all().and_failures()));
    sampled.run(operation("Checkout"), true);
    let (_, stats) = sampled.kept();
    assert_eq!((stats.saved, stats.sampling.kept_failed), (1, 0));
}

#[test]
fn what_takes_longer_than_is_said_is_kept() {
    let sampled = sampled(|builder| builder.sampling(Sampling::none().and_slower_than(SECOND)));
    let kept = [1, 999, 1000, 1001, 5000].map(|ms| sampled.took("Checkout", Duration::from_millis(ms)));
    assert_eq!(kept, [false, false, false, true, true]);
    let (_, stats) = sampled.kept();
    assert_eq!((stats.sampling.kept_slow, stats.sampled_out), (2, 3));
}

#[test]
fn the_slowest_of_each_category_are_kept_by_what_is_slow_for_it() {
    let sampled = sampled(|builder| builder.sampling(Sampling::none().and_slowest(0.02)));
    let mut random = fastrand::Rng::with_seed(7);
    let mut kept = BTreeMap::<_, Vec<f64>>::new();
    for _ in 0..5000 {
        for (category, around) in [("Fast", 0.001), ("Slow", 1.0)] {
            let seconds = around * (1.0 + 9.0 * random.f64().powi(3));
            if sampled.took(category, Duration::from_secs_f64(seconds)) {
                kept.entry(category).or_default().push(seconds / around);
            }
        }
    }
    for (category, kept) in &kept {
        assert!((50..=110).contains(&kept.len()), "{category}: {}", kept.len());
        let lowest = kept.iter().copied().fold(f64::MAX, f64::min);
        assert!(lowest > 8.5, "{category}: {lowest} is not slow");
    }
    assert_eq!(kept.len(), 2);
}

#[test]
fn those_that_the_rate_keeps_tell_what_is_slow_too() {
    let sampled = sampled(|builder| builder.sampling(Sampling::rate(0.5).and_slowest(0.05)));
    (0..400).for_each(|_| _ = sampled.took("Checkout", SECOND));
    let before = sampled.kept().1.sampling.kept_slow;
    (0..20).for_each(|_| _ = sampled.took("Checkout", 10 * SECOND));
    let slow = sampled.kept().1.sampling.kept_slow - before;
    assert!((2..=20).contains(&slow), "{slow}");
}

#[test]
fn at_most_so_many_a_second_are_kept_of_each_category() {
    let sampled = sampled(|builder| {
        let all = Sampling::all().at_most_per_second(5.0);
        builder
            .sampling(all)
            .sampling_of("Rare", Sampling::all().at_most_per_second(0.1))
            .forced_sampling(false)
    });
    for _ in 0..1000 {
        for category in ["Checkout", "Refund", "Rare"] {
            sampled.runs(category, 1);
        }
        sampled.clock.advance(SECOND / 100);
    }
    let (kept, stats) = sampled.kept();
    // A second's worth at once, and what came in ten seconds.
    let expected = [("Checkout", 54), ("Rare", 1), ("Refund", 54)];
    assert_eq!(kept, expected.map(|(category, kept)| (category.to_owned(), kept)).into());
    assert_eq!(stats.sampling.over_limit, stats.sampled_out);
}

#[test]
fn a_limit_holds_for_failures_too_and_not_for_what_is_forced() {
    // S2
    let sampled =
        sampled(|builder| builder.sampling(Sampling::none().and_failures().at_most_per_second(3.0)));
    (0..50).for_each(|_| sampled.run(operation("Checkout"), true));
    let forced = || operation("Forced").run(force_sample_recording);
    (0..10).for_each(|_| sampled.recorder.scope_blocking(forced));
    let (kept, stats) = sampled.kept();
    assert_eq!(kept, BTreeMap::from([("Checkout".to_owned(), 3), ("Forced".to_owned(), 10)]));
    assert_eq!((stats.sampling.over_limit, stats.sampling.kept_forced), (47, 10));
}

#[test]
fn a_run_that_is_over_its_limit_at_its_start_and_at_its_end_counts_once() {
    // Some would have been kept by the draw, others for failing.
    for rate in [0.0, 0.5, 1.0] {
        let limited = Sampling::rate(rate).and_failures().at_most_per_second(3.0);
        let sampled = sampled(|builder| builder.sampling(limited));
        (0..50).for_each(|_| sampled.run(operation("Checkout"), true));
        let (kept, stats) = sampled.kept();
        assert_eq!(kept["Checkout"], 3, "{rate}");
        assert_eq!((stats.sampling.over_limit, stats.sampled_out), (47, 47), "{rate}");
    }
}

#[test]
fn a_budget_keeps_about_so_many_an_hour_of_each_category_however_many_there_are() {
    let sampled = sampled(|builder| {
        let budget = Sampling::per_hour(60.0);
        builder.sampling(budget).sampling_of("Checkout", Sampling::per_hour(200.0)).forced_sampling(false)
    });
    for second in 0..7200 {
        sampled.runs("Search", if second % 1800 < 900 { 1 } else { 20 });
        sampled.runs("Checkout", 3);
        if second % 180 == 0 {
            sampled.runs("Rare", 1);
        }
        sampled.clock.advance(SECOND);
    }
    let (kept, stats) = sampled.kept();
    assert!((80..=150).contains(&kept["Search"]), "{kept:?}");
    assert!((340..=460).contains(&kept["Checkout"]), "{kept:?}");
    assert_eq!(kept["Rare"], 40, "fewer than the budget are all kept");
    assert!(stats.started > 90_000);
}

#[test]
fn what_cannot_be_kept_is_not_even_begun() {
    // S1
    let starts = |sampling: Sampling| {
        let sampled = sampled(|builder| builder.sampling(sampling).forced_sampling(false));
        (0..1000).filter(|_| sampled.recorder.start(&OperationStart::new("Checkout")).is_some()).count()
    };
    assert_eq!(starts(Sampling::none()), 0);
    assert_eq!(starts(Sampling::all().at_most_per_second(7.0)), 7);
    assert!((50..150).contains(&starts(Sampling::rate(0.1))));
    assert_eq!(starts(Sampling::per_hour(120.0)), 2, "the first minute's worth");
    // What may turn out to be worth keeping has to be.
    assert_eq!(starts(Sampling::none().and_failures()), 1000);
}

#[test]
fn an_operation_that_ignores_force_is_not_forced_even_where_its_failures_are_kept() {
    // S3
    let sampled = sampled(|builder| builder.sampling(Sampling::none().and_failures()));
    sampled.recorder.scope_blocking(|| {
        operation("Ignoring").ignore_forced_sampling().run(force_sample_recording);
        operation("Forced").run(force_sample_recording);
    });
    assert_eq!(sampled.kept().0.into_keys().collect::<Vec<_>>(), ["Forced"]);
}

#[test]
fn the_calculator_has_the_last_word_over_what_is_kept() {
    // S4
    let sampled = sampled(|builder| {
        let policy = Sampling::rate(0.0).and_failures();
        builder.sampling(policy).sampling_calculator(|it| f64::from(it.category() != "Noisy"))
    });
    sampled.run(operation("Noisy"), true);
    sampled.run(operation("Checkout"), true);
    sampled.run(operation("Checkout"), false);
    let (kept, stats) = sampled.kept();
    assert_eq!(kept, BTreeMap::from([("Checkout".to_owned(), 1)]));
    assert_eq!((stats.sampled_out, stats.sampling.calculated_out), (2, 1));
}

#[test]
fn a_seed_keeps_the_same_runs_every_time() {
    // S5
    let kept = |seed| {
        let sampled =
            sampled(|builder| builder.sampling(Sampling::per_hour(500.0)).forced_sampling(false).seed(seed));
        let start = |_| {
            sampled.clock.advance(SECOND);
            sampled.recorder.start(&OperationStart::new("Checkout")).is_some()
        };
        (0..5000).map(start).collect::<Vec<_>>()
    };
    assert_eq!(kept(7), kept(7));
    assert_ne!(kept(7), kept(8));
}

/// Which customers have a run kept, by a recorder of its own with a seed of its own.
fn customers(seed: u64, category: &'static str, rate: f64) -> HashSet<u32> {
    let sampled = sampled(|builder| builder.sampling(Sampling::rate(rate)).forced_sampling(false).seed(seed));
    let kept = |customer: &u32| {
        let mut run = OperationStart::new(category);
        run.sampling_key = Some(SamplingKey::of(customer));
        let kept: Vec<_> = (0..5).map(|_| sampled.recorder.start(&run).is_some()).collect();
        assert!(
            kept.iter().all(|&one| one == kept[0]),
            "some runs of customer {customer} are kept: {kept:?}"
        );
        kept[0]
    };
    (0..2000).filter(kept).collect()
}

#[test]
fn all_runs_of_one_customer_are_kept_or_none_in_every_process_and_category() {
    let tenth = customers(1, "Checkout", 0.1);
    assert_eq!(tenth, customers(2, "Refund", 0.1));
    assert!((150..250).contains(&tenth.len()), "{}", tenth.len());
    assert!(tenth.is_subset(&customers(3, "Checkout", 0.3)), "a higher rate keeps them, too");
    // As it is in every version.
    let first: Vec<_> = (0..100).filter(|customer| tenth.contains(customer)).collect();
    assert_eq!(first, FIRST_OF_A_TENTH);
}

/// Customers below 100 whose share, by the hash that is documented, is below 0.1.
const FIRST_OF_A_TENTH: [u32; 6] = [4, 23, 27, 48, 81, 89];

#[test]
fn a_key_that_an_operation_gives_decides_and_reaches_the_recorder() {
    let sampled = sampled(|builder| builder.sampling(Sampling::rate(0.5)).forced_sampling(false));
    for _ in 0..3 {
        for customer in 0..100 {
            sampled.run(operation("Checkout").sampling_key(customer), false);
        }
    }
    let kept = (0..100).filter(|customer| SamplingKey::of(customer).share() < 0.5).count();
    assert_eq!(sampled.kept().0["Checkout"], 3 * kept);
}

#[test]
fn categories_that_a_stranger_makes_up_share_one_budget_past_a_thousand() {
    let sampled =
        sampled(|builder| builder.sampling(Sampling::all().at_most_per_second(1.0)).forced_sampling(false));
    let kept = (0..5000)
        .filter(|number| sampled.recorder.start(&OperationStart::new(&format!("Made up {number}"))).is_some())
        .count();
    assert_eq!(kept, 1024 + 1);
}

#[test]
fn shares_and_numbers_that_are_none_count_as_the_nearest() {
    let starts = |sampling: Sampling| {
        let sampled = sampled(|builder| builder.sampling(sampling).forced_sampling(false));
        (0..20).filter(|_| sampled.recorder.start(&OperationStart::new("Checkout")).is_some()).count()
    };
    let rates = [-1.0, f64::NAN, 7.0, f64::INFINITY].map(|rate| starts(Sampling::rate(rate)));
    assert_eq!(rates, [0, 0, 20, 20]);
    let limits =
        [-1.0, f64::NAN, f64::INFINITY].map(|limit| starts(Sampling::all().at_most_per_second(limit)));
    assert_eq!(limits, [0, 0, 20]);
    let budgets = [-1.0, f64::NAN, f64::INFINITY].map(|runs| starts(Sampling::per_hour(runs)));
    assert_eq!(budgets, [0, 0, 20]);
    for share in [f64::NAN, -1.0, 0.0, 7.0] {
        let sampled = sampled(|builder| builder.sampling(Sampling::none().and_slowest(share)));
        (0..200).for_each(|second| _ = sampled.took("Checkout", SECOND * second));
        assert_eq!(sampled.kept().1.saved > 0, share > 0.0, "{share}");
    }
}
