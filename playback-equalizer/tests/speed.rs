//! Whether replays became slower than what was recorded.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

use std::time::Duration;

use playback_core::{End, Entry, Kind, Metadata, Recording, Site, Tape, TapeParts, operation};
use playback_equalizer::{Equalizer, Speed, Tuning};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Pairs whose ratios are 1, 2, 3, … in an order that is none.
fn ratios(number: u64) -> Speed {
    let numbers = (1..=number).rev().step_by(2).chain((1..=number).rev().skip(1).step_by(2));
    Speed::of(numbers.map(|ratio| (ms(10), ms(10 * ratio)))).unwrap()
}

#[test]
fn the_interval_of_the_median_is_that_of_the_sign_test() {
    // The ranks of the published tables of the sign test at 95 %: of ten pairs the second from either end, of twenty
    // the sixth, and so on.
    let ranks = [(6, 1), (8, 1), (9, 2), (10, 2), (12, 3), (15, 4), (20, 6), (25, 8), (50, 18), (100, 40)];
    for (pairs, rank) in ranks {
        let speed = ratios(pairs);
        #[allow(clippy::cast_precision_loss)]
        let expected = (rank as f64, (pairs + 1 - rank) as f64);
        assert_eq!(speed.interval, Some(expected), "of {pairs} pairs");
    }
    assert_eq!(ratios(5).interval, None, "five pairs allow no confidence of 95 %");
}

#[test]
fn the_interval_of_many_pairs_goes_on_where_the_exact_one_ends() {
    let (low, high) = ratios(1_000).interval.unwrap();
    let (low_after, high_after) = ratios(1_001).interval.unwrap();
    assert!((low - low_after).abs() <= 1.0 && (high - high_after).abs() <= 2.0, "{low} {low_after}");
    let (low, high) = ratios(100_000).interval.unwrap();
    assert!(low > 49_600.0 && high < 50_400.0, "{low} {high}");
}

#[test]
fn medians_lie_between_the_two_in_the_middle() {
    let speed = Speed::of([(ms(10), ms(10)), (ms(20), ms(60))]).unwrap();
    assert_eq!((speed.recorded, speed.replayed, speed.ratio), (ms(15), ms(35), 2.0));
}

#[test]
fn how_much_longer_replays_took_is_told_of_pairs() {
    let longer = |pairs: &[(u64, u64)]| {
        Speed::of(pairs.iter().map(|(recorded, replayed)| (ms(*recorded), ms(*replayed)))).unwrap().longer
    };
    assert_eq!(longer(&[(1, 3), (500, 510), (1_000, 1_004)]), ms(4));
    assert_eq!(longer(&[(3, 1), (500, 510), (1_000, 900)]), ms(0));
}

#[test]
fn what_no_clock_could_measure_is_left_out() {
    assert_eq!(Speed::of([]), None);
    assert_eq!(Speed::of([(ms(0), ms(3)), (ms(3), ms(0))]), None);
    assert_eq!(Speed::of([(ms(0), ms(3)), (ms(3), ms(3))]).unwrap().pairs, 1);
}

#[test]
fn a_slowdown_is_found_only_if_all_of_the_interval_lies_above_the_threshold() {
    // Half of the recordings are five times as slow, and half are not: that is no proof.
    let mixed = Speed::of((0..40).map(|number| (ms(10), ms(if number % 2 == 0 { 10 } else { 50 })))).unwrap();
    assert_eq!(mixed.slowdown(1.1), None);
    // One that stands out is no slowdown either.
    let outlier =
        Speed::of((0..40).map(|number| (ms(10), ms(if number == 7 { 9_000 } else { 10 })))).unwrap();
    assert_eq!(outlier.slowdown(1.1), None);
    let slower = Speed::of((0..40).map(|number| (ms(100), ms(140 + number)))).unwrap();
    assert!(slower.slowdown(1.3).is_some());
    assert_eq!(slower.slowdown(1.6), None);
}

/// A recording of an operation of 100 ms, with calls of a lane that began and took so many ms.
fn recording(calls: &[(u32, u64, u64)]) -> Recording {
    let entry = |(order, (site, lane, started, duration))| Entry {
        site,
        lane,
        order,
        arguments: 0..1,
        end: End::Returned(0..1),
        started: ms(started),
        duration: ms(duration),
    };
    let calls = calls.iter().map(|&(lane, started, duration)| (1, lane, started, duration));
    let site = |kind, alias: &str| Site { kind, alias: alias.into(), argument_names: [].into() };
    let tape = Tape::new(TapeParts {
        // A unit.
        bytes: playback_core::value::encode(&()).unwrap(),
        sites: vec![site(Kind::Operation, "Work"), site(Kind::Input, "read")],
        lanes: vec![vec![], vec![0]],
        entries: std::iter::once((0, 0, 0, 100))
            .chain(calls)
            .enumerate()
            .map(|(order, call)| entry((u32::try_from(order).unwrap(), call)))
            .collect(),
    })
    .unwrap();
    let id = "Work/20260101/01KDVDNA000000000000000001".parse().unwrap();
    let mut metadata = Metadata::new("Work", std::time::UNIX_EPOCH);
    metadata.duration = ms(100);
    Recording::new(id, metadata, tape)
}

#[test]
fn own_time_leaves_out_what_inputs_and_outputs_took_in_whatever_lane() {
    #[allow(clippy::type_complexity)]
    let cases: [(&[(u32, u64, u64)], u64); 5] = [
        (&[], 100),
        (&[(0, 10, 20), (0, 50, 30)], 50),
        // At the same time in two lanes: from 10 to 40.
        (&[(0, 10, 20), (1, 15, 25)], 70),
        // One within another.
        (&[(0, 10, 80), (1, 20, 5)], 20),
        // It goes on after the operation has ended.
        (&[(1, 90, 500)], 90),
    ];
    for (calls, own) in cases {
        let tuning = Tuning::blocking(|_| Ok(operation("Work").args(&()).run(|| 7)));
        let comparison = futures::executor::block_on(Equalizer::new(tuning).compare(recording(calls)));
        let recorded = comparison.recorded.unwrap();
        assert_eq!((recorded.duration, recorded.own), (ms(100), ms(own)), "{calls:?}");
        let replayed = comparison.replayed.unwrap();
        assert_eq!(replayed.own, replayed.duration, "nothing is called on replay");
    }
}
