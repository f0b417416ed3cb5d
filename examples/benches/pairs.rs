//! Timing: what is compared runs in turns, a millisecond each, in one process.
//!
//! Whatever else the machine does hits all sides alike, so the ratio of two neighbouring samples is steady where the
//! times are not. That is why neither criterion nor divan is used: both measure one function after the other.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long a sample takes, about.
const SAMPLE: Duration = Duration::from_millis(1);

/// How many samples are taken of each side, unless they are slow.
const ROUNDS: usize = 300;

/// How long all rounds may take, about, if a single run of a side takes longer than a sample should.
const ALL_ROUNDS: Duration = Duration::from_secs(10);

/// One of the things that are compared.
pub(crate) struct Side<'a> {
    name: String,
    /// Runs so many times, and says how long that took.
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
}

impl<'a> Side<'a> {
    /// A function that is run again and again.
    pub(crate) fn new<R>(name: impl Into<String>, mut run: impl FnMut() -> R + 'a) -> Self {
        Self::timed(name, move |times| {
            let began = Instant::now();
            for _ in 0..times {
                black_box(run());
            }
            began.elapsed()
        })
    }

    /// A function that runs as often as it is told, and says how long that took.
    pub(crate) fn timed(name: impl Into<String>, run: impl FnMut(u64) -> Duration + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// How many runs make a sample. Warms up as it finds out.
    fn runs_per_sample(&mut self) -> u64 {
        let mut times = 1;
        loop {
            let took = (self.run)(times);
            if took * 2 >= SAMPLE {
                return ((times as f64 * SAMPLE.as_secs_f64() / took.as_secs_f64()) as u64).max(1);
            }
            times *= 2;
        }
    }
}

/// What came of one side.
pub(crate) struct Timing {
    pub(crate) name: String,
    /// The median time of one run, in nanoseconds.
    pub(crate) nanos: f64,
    /// The least time of one run, in nanoseconds: what it takes when nothing comes between.
    pub(crate) least: f64,
    /// The median of how many times as long the first side took.
    pub(crate) first_to_this: f64,
}

/// Runs all sides in turns. The first is the one that the others are compared with.
pub(crate) fn in_turns(mut sides: Vec<Side<'_>>) -> Vec<Timing> {
    let times: Vec<u64> = sides.iter_mut().map(Side::runs_per_sample).collect();
    let began = Instant::now();
    let mut samples = vec![Vec::new(); sides.len()];
    for round in 0..ROUNDS {
        // Each goes first as often as the others.
        for turn in 0..sides.len() {
            let side = (round + turn) % sides.len();
            let took = (sides[side].run)(times[side]);
            samples[side].push(took.as_nanos() as f64 / times[side] as f64);
        }
        if round >= 10 && began.elapsed() > ALL_ROUNDS {
            break;
        }
    }
    let first = samples[0].clone();
    let timing = |(side, samples): (Side<'_>, Vec<f64>)| Timing {
        name: side.name,
        first_to_this: median(first.iter().zip(&samples).map(|(first, this)| first / this).collect()),
        least: samples.iter().copied().fold(f64::INFINITY, f64::min),
        nanos: median(samples),
    };
    sides.into_iter().zip(samples).map(timing).collect()
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
