//! Showing people how far a run has come.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::event::Event;
use crate::report::Counts;

/// How often a line is written, unless said otherwise.
const EVERY: Duration = Duration::from_secs(10);

/// Shows people how far a run has come: as a bar, in lines, or not at all. It is told what happens: by
/// [`Studio::play_with`](crate::Studio::play_with), or by who takes the [events](crate::Studio::events).
///
/// ```
/// # use playback_studio::{Error, Studio, Tuning};
/// # use playback_testkit::MemoryCassette;
/// use playback_studio::Progress;
///
/// # futures::executor::block_on(async {
/// # let tuner = |_: &str| Ok::<_, Error>(Tuning::of(|(): ()| async {}));
/// # let studio = Studio::new(MemoryCassette::new(), tuner);
/// let report = studio.play_with(Progress::auto()).await;
/// # let _ = report;
/// # });
/// ```
pub struct Progress {
    shown: Shown,
    counts: Counts,
    /// How many recordings of each category there are, as far as it is known.
    expected: BTreeMap<String, Option<usize>>,
}

enum Shown {
    Quiet,
    Lines {
        to: Box<dyn Write + Send>,
        every: Duration,
        last: Instant,
    },
    #[cfg(feature = "progress")]
    Bar(indicatif::ProgressBar),
}

impl Progress {
    /// On a terminal a bar, with the feature `progress`; elsewhere, as in CI, a line every ten seconds and one at the
    /// end. Both go to stderr.
    #[must_use]
    pub fn auto() -> Self {
        if stderr().is_terminal() { Self::bar() } else { Self::lines(stderr(), EVERY) }
    }

    /// Nothing.
    #[must_use]
    pub fn quiet() -> Self {
        Self::new(Shown::Quiet)
    }

    /// A line after each time of so long in which something was compared, and one at the end.
    #[must_use]
    pub fn lines(to: impl Write + Send + 'static, every: Duration) -> Self {
        Self::new(Shown::Lines { to: Box::new(to), every, last: Instant::now() })
    }

    #[cfg(feature = "progress")]
    fn bar() -> Self {
        let bar = indicatif::ProgressBar::no_length();
        let style = indicatif::ProgressStyle::with_template("{spinner} {pos} {msg} ({elapsed})");
        bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self::new(Shown::Bar(bar))
    }

    #[cfg(not(feature = "progress"))]
    fn bar() -> Self {
        Self::lines(stderr(), EVERY)
    }

    fn new(shown: Shown) -> Self {
        Self { shown, counts: Counts::default(), expected: BTreeMap::new() }
    }

    /// Takes in what happened.
    pub fn tell(&mut self, event: &Event) {
        match event {
            Event::Started { category, at_most, .. } => {
                self.expected.insert(category.clone(), *at_most);
            }
            Event::Found { category, recordings } => {
                self.expected.insert(category.clone(), Some(*recordings));
            }
            Event::NothingFound { category: Some(category), .. } => {
                self.expected.insert(category.clone(), Some(0));
            }
            Event::Compared(comparison) => {
                self.counts.add(comparison.status());
                self.show();
            }
            _ => {}
        }
    }

    /// Shows where it ended.
    pub fn end(&mut self) {
        let line = self.line();
        match &mut self.shown {
            Shown::Quiet => {}
            // Where nobody reads, nothing is to be done about it.
            Shown::Lines { to, .. } => drop(writeln!(to, "{line}")),
            #[cfg(feature = "progress")]
            Shown::Bar(bar) => bar.finish_and_clear(),
        }
    }

    fn show(&mut self) {
        let is_due = match &self.shown {
            Shown::Quiet => false,
            Shown::Lines { every, last, .. } => last.elapsed() >= *every,
            #[cfg(feature = "progress")]
            Shown::Bar(_) => true,
        };
        if !is_due {
            return;
        }
        let line = self.line();
        #[cfg(feature = "progress")]
        let expected = self.all_expected();
        match &mut self.shown {
            Shown::Quiet => {}
            Shown::Lines { to, last, .. } => {
                *last = Instant::now();
                drop(writeln!(to, "{line}"));
            }
            #[cfg(feature = "progress")]
            Shown::Bar(bar) => {
                if let Some(expected) = expected.and_then(|expected| u64::try_from(expected).ok())
                    && bar.length() != Some(expected)
                {
                    let style =
                        indicatif::ProgressStyle::with_template("{bar:30} {msg} ({elapsed}, {eta} left)");
                    bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
                    bar.set_length(expected);
                }
                bar.set_message(line);
                bar.inc(1);
            }
        }
    }

    /// `120 recordings: 118 equal, 2 different; of 400`.
    fn line(&self) -> String {
        match self.all_expected() {
            Some(expected) if expected > self.counts.total() => format!("{}; of {expected}", self.counts),
            _ => self.counts.to_string(),
        }
    }

    fn all_expected(&self) -> Option<usize> {
        self.expected.values().copied().sum()
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("counts", &self.counts).finish_non_exhaustive()
    }
}
