//! What the process takes, and whether that grows.

use std::fmt;
use std::fs;
use std::time::Duration;

/// What the process took, second by second.
#[derive(Default)]
pub(crate) struct Memory {
    samples: Vec<Sample>,
    /// From when on it is to grow no more; none if that did not come.
    warm: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Sample {
    at: Duration,
    /// Allocated by what is written in Rust, in MiB.
    heap: f64,
    /// Of the whole process, in MiB.
    resident: f64,
    threads: f64,
    handles: f64,
}

/// What is said of what was sampled.
pub(crate) struct Courses {
    /// In MiB.
    pub(crate) heap: Course,
    /// In MiB.
    pub(crate) resident: Course,
    pub(crate) threads: Course,
    pub(crate) handles: Course,
}

/// What is said of a number that was sampled.
pub(crate) struct Course {
    pub(crate) first: Minute,
    pub(crate) last: Minute,
    pub(crate) most: f64,
    /// The slope of the straight line through the least of each minute, by least squares.
    pub(crate) per_minute: f64,
}

/// What is said of it in one minute.
pub(crate) struct Minute {
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Memory {
    /// Takes a sample, where the system tells (Linux), with so many bytes allocated.
    pub(crate) fn sample(&mut self, at: Duration, allocated: usize) {
        let Ok(status) = fs::read_to_string("/proc/self/status") else { return };
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let handles = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let (Some(resident), Some(threads)) = (of("VmRSS:"), of("Threads:")) else { return };
        let (heap, resident) = (allocated as f64 / (1024.0 * 1024.0), resident / 1024.0);
        self.samples.push(Sample { at, heap, resident, threads, handles: handles as f64 });
    }

    /// From here on it is to grow no more, unless that was said before.
    pub(crate) fn warm_after(&mut self, at: Duration) {
        self.warm.get_or_insert(at);
    }

    /// How it went once it was warm. None if that was for less than two minutes.
    pub(crate) fn courses(&self) -> Option<Courses> {
        let warm: Vec<_> =
            self.samples.iter().filter(|sample| self.warm.is_some_and(|warm| sample.at >= warm)).collect();
        let course = |of: fn(&Sample) -> f64| {
            let points: Vec<_> =
                warm.iter().map(|sample| (sample.at.as_secs_f64() / 60.0, of(sample))).collect();
            Course::of(&points)
        };
        Some(Courses {
            heap: course(|sample| sample.heap)?,
            resident: course(|sample| sample.resident)?,
            threads: course(|sample| sample.threads)?,
            handles: course(|sample| sample.handles)?,
        })
    }
}

impl Course {
    /// Of points in time, in minutes.
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let (began, ended) = (points.first()?.0, points.last()?.0);
        let minutes: Vec<_> = (0..)
            .map(|minute| began + f64::from(minute))
            .take_while(|from| from + 1.0 <= ended)
            .filter_map(|from| {
                let within = points.iter().filter(|point| (from..from + 1.0).contains(&point.0));
                Minute::of(&within.map(|point| point.1).collect::<Vec<_>>())
            })
            .collect();
        // What waits to be saved comes and goes; what is kept for good shows in the least of each minute.
        let least: Vec<_> =
            minutes.iter().enumerate().map(|(minute, course)| (minute as f64, course.least)).collect();
        let mean = |value: fn(&(f64, f64)) -> f64| least.iter().map(value).sum::<f64>() / least.len() as f64;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let covariance: f64 = least.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        let variance: f64 = least.iter().map(|point| (point.0 - x).powi(2)).sum();
        let most = points.iter().map(|point| point.1).fold(0.0, f64::max);
        let mut minutes = minutes.into_iter();
        Some(Self {
            first: minutes.next()?,
            last: minutes.next_back()?,
            most,
            per_minute: covariance / variance,
        })
    }
}

impl Minute {
    fn of(values: &[f64]) -> Option<Self> {
        let least = values.iter().copied().reduce(f64::min)?;
        let most = values.iter().copied().reduce(f64::max)?;
        Some(Self { least, most })
    }
}

/// Now.
impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.samples.last() {
            Some(sample) => write!(
                f,
                "{:.1} MiB of heap, {:.1} resident, {} threads, {} file handles",
                sample.heap, sample.resident, sample.threads, sample.handles
            ),
            None => f.write_str("memory unknown"),
        }
    }
}
