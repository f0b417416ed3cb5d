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
        Self::bar_on(indicatif::ProgressDrawTarget::stderr())
    }

    #[cfg(feature = "progress")]
    fn bar_on(target: indicatif::ProgressDrawTarget) -> Self {
        let bar = indicatif::ProgressBar::with_draw_target(None, target);
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
            // Where a lookup failed in part, it is told of in the end how much was found.
            Event::NothingFound { category: Some(category), .. }
            | Event::Failed { category: Some(category), .. } => {
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
                bar.inc(1);
                // Last, since this is what is drawn in any case.
                bar.set_message(line);
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

#[cfg(all(test, feature = "progress"))]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may fail loudly")]
mod tests {
    use std::num::NonZeroUsize;

    use futures::StreamExt;
    use futures::executor::block_on;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};
    use playback_cassette::{Cassette, Query};
    use playback_core::operation;
    use playback_equalizer::{Error, Tuning};
    use playback_testkit::MemoryCassette;

    use super::*;
    use crate::Studio;

    /// What happens while so many recordings are played one after another, the newest first, of which the third is not equal.
    fn events(number: u64) -> Vec<Event> {
        let run = |argument: u64, off: u64| operation("Echo").args(&(argument,)).run(|| argument + off);
        let cassette = MemoryCassette::new();
        let recorded = playback_testkit::record_blocking(|| {
            (0..number).for_each(|argument| assert!(run(argument, 0) == argument));
        });
        for recording in &recorded.recordings {
            block_on(cassette.save(recording)).unwrap();
        }
        let tuner = move |_: &str| {
            Ok::<_, Error>(Tuning::blocking(move |recording| {
                let (argument,) = recording.arguments()?;
                Ok(run(argument, u64::from(argument == 2)))
            }))
        };
        let studio =
            Studio::new(cassette, tuner).lookup(Query::new().limit(4)).concurrency(NonZeroUsize::MIN);
        block_on(studio.events().collect())
    }

    #[test]
    fn e8_on_a_terminal_a_bar_shows_counts_per_status_and_how_much_is_left_and_goes_away() {
        let terminal = InMemoryTerm::new(5, 100);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        let mut progress = Progress::bar_on(target);
        let mut shown = Vec::new();
        for event in events(4) {
            progress.tell(&event);
            if matches!(event, Event::Compared(_)) {
                shown.push(terminal.contents());
            }
        }
        assert_eq!(shown.len(), 4);
        assert!(shown[1].contains("2 recordings: 1 equal, 1 different; of 4 ("), "{shown:?}");
        assert!(shown[0].contains(" left)") && shown[0].contains('█') && shown[0].contains('░'), "{shown:?}");
        assert!(shown[3].contains("4 recordings: 3 equal, 1 different ("), "{shown:?}");
        assert!(shown[3].contains('█') && !shown[3].contains('░'), "{shown:?}");
        progress.end();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn nothing_is_expected_of_a_category_that_cannot_be_played() {
        let mut progress = Progress::quiet();
        for event in events(4) {
            progress.tell(&event);
        }
        let done = progress.line();
        let category = || "other".to_owned();
        let looked_for = "20 recordings".to_owned();
        progress.tell(&Event::Started { category: category(), looked_for, at_most: Some(20) });
        assert_eq!(progress.line(), format!("{done}; of 24"));
        progress.tell(&Event::Failed { category: Some(category()), message: "it is not known".to_owned() });
        assert_eq!(progress.line(), done);
    }

    #[test]
    fn before_it_is_known_how_much_there_is_a_bar_only_counts() {
        let terminal = InMemoryTerm::new(5, 100);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        let mut progress = Progress::bar_on(target);
        let compared = events(1).into_iter().find(|event| matches!(event, Event::Compared(_))).unwrap();
        progress.tell(&Event::Started { category: "Echo".into(), looked_for: String::new(), at_most: None });
        progress.tell(&compared);
        let shown = terminal.contents();
        assert!(shown.contains("1 recording: 1 equal (") && !shown.contains('░'), "{shown}");
    }
}
