//! `review`, `accept` and `reject`: what replays would make of recordings, looked at and decided.

use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

use playback_cassette::{Cassette, Clock, Fixtures, RecordingId, SystemClock};
use playback_equalizer::{Tuner, Tuning};

use super::failure::{Exit, Stop};
use super::screen::{ADDED, BOLD, DIM, REMOVED, Screen, painted};
use super::select::Which;
use super::store::{Access, Kind, StoreArgs};
use super::words::{count, harmless};
use crate::{Change, Decision, Pending, clear_pending};

/// Shows changes of recordings one by one, and asks what becomes of each: accepted, rejected, or left for later
///
/// A test run with PLAYBACK_ACCEPT=pending writes them beside the recordings, as files that end in .pending. Answers
/// are read from the standard input, a line each. The exit code is 1 if it ends before all is decided.
#[derive(Debug, clap::Args)]
pub(crate) struct Review {
    #[command(flatten)]
    changes: Changes,
}

/// Accepts changes of recordings: they replace the recordings
#[derive(Debug, clap::Args)]
pub(crate) struct Accept {
    #[command(flatten)]
    changes: Changes,

    /// Does not show the changes
    #[arg(short, long)]
    quiet: bool,
}

/// Throws pending changes of recordings away; the recordings stay as they are
#[derive(Debug, clap::Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    which: Which,

    /// Does not show the changes
    #[arg(short, long)]
    quiet: bool,
}

/// Which changes.
#[derive(Debug, clap::Args)]
struct Changes {
    #[command(flatten)]
    which: Which,

    /// Replays the recordings now, and takes what comes of it in place of pending files; complete recordings only,
    /// unless they are named
    #[arg(long)]
    replay: bool,
}

impl Review {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: impl FnOnce() -> Result<Arc<dyn Tuner>, Stop>,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        self.changes.decide(store, tuner, Reviewer::new(None, true, screen)).await
    }
}

impl Accept {
    pub(crate) async fn run(
        self,
        store: &StoreArgs,
        tuner: impl FnOnce() -> Result<Arc<dyn Tuner>, Stop>,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let reviewer = Reviewer::new(Some(Decision::Accept), !self.quiet, screen);
        self.changes.decide(store, tuner, reviewer).await
    }
}

impl Reject {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let reviewer = Reviewer::new(Some(Decision::Reject), !self.quiet, screen);
        pending(&self.which, store, reviewer).await
    }
}

impl Changes {
    async fn decide(
        self,
        store: &StoreArgs,
        tuner: impl FnOnce() -> Result<Arc<dyn Tuner>, Stop>,
        reviewer: Reviewer<'_>,
    ) -> Result<Exit, Stop> {
        match self.replay {
            true => replayed(&self.which, store, &*tuner()?, reviewer).await,
            false => pending(&self.which, store, reviewer).await,
        }
    }
}

/// Decides what becomes of pending files.
async fn pending(which: &Which, store: &StoreArgs, mut reviewer: Reviewer<'_>) -> Result<Exit, Stop> {
    let store = store.open(Access::Remove)?;
    let fixtures = files(store.kind(), store.place())?;
    let review = crate::Review::open(fixtures.directory())?;
    // A change of a recording that is gone meets no condition.
    let wanted: Option<HashSet<RecordingId>> = match which.is_everything() {
        true => None,
        false => {
            Some(which.find(&store, reviewer.screen).await?.0.into_iter().map(|found| found.id).collect())
        }
    };
    let is_wanted = |pending: &Pending| match &wanted {
        Some(wanted) => wanted.contains(pending.accepted.id()),
        None => true,
    };
    let number = review.pending().iter().filter(|pending| is_wanted(pending)).count();
    if number == 0 {
        reviewer.screen.note(&format!(
            "no changes are pending in {}; a test run with {}=pending leaves them",
            store.place(),
            crate::ACCEPT_VARIABLE
        ));
        return Ok(Exit::Done);
    }
    let (mut at, mut stopped) = (0, None);
    review.each(|pending| {
        if !is_wanted(pending) {
            return Decision::Skip;
        }
        at += 1;
        let but = if pending.recorded.is_none() { ", whose recording is gone" } else { "" };
        let but = if pending.is_stale() { ", which was edited since and cannot be accepted" } else { but };
        let title = format!("{at} of {number}: {}{but}", pending.name);
        let lines = pending.lines().map_err(Stop::from);
        let decided = lines.and_then(|lines| reviewer.decide(&title, pending.accepted.id(), &lines));
        if pending.is_stale() && matches!(decided, Ok(Decision::Accept)) {
            reviewer.refuse(&pending.name);
            return Decision::Skip;
        }
        decided.unwrap_or_else(|stop| {
            stopped = Some(stop);
            Decision::SkipAll
        })
    })?;
    match stopped {
        Some(stop) => Err(stop),
        None => Ok(reviewer.conclude()),
    }
}

/// Replays recordings, and decides whether what they do is what they should do.
async fn replayed(
    which: &Which,
    store: &StoreArgs,
    tuner: &dyn Tuner,
    mut reviewer: Reviewer<'_>,
) -> Result<Exit, Stop> {
    let store = store.open(Access::Remove)?;
    let fixtures = files(store.kind(), store.place())?;
    let (mut found, mut exit) = which.find(&store, reviewer.screen).await?;
    if !which.names_some() {
        found.retain(|found| !found.metadata.incomplete);
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    playback_core::refuse_escapes();
    let (mut equal, mut ids) = (0, found.into_iter().map(|found| found.id));
    // To who skips all that follow nothing of it matters, not even that it is equal.
    while reviewer.for_all != Some(Decision::Skip)
        && let Some(id) = ids.next()
    {
        let proposed = match Tuning::of_category(tuner, id.category()) {
            Ok(tuning) => {
                Change::propose(fixtures, &id, &tuning, SystemClock.now()).await.map_err(Stop::from)
            }
            Err(error) => Err(Stop::new(error.to_string())),
        };
        let change = match proposed {
            Ok(Some(change)) => change,
            Ok(None) => {
                equal += 1;
                clear_pending(fixtures, &id)?;
                continue;
            }
            Err(stop) => {
                reviewer.screen.warn(&stop.to_string());
                exit = Exit::Failed;
                continue;
            }
        };
        let file = fixtures.path_of(&id).unwrap_or_default();
        let title = file.strip_prefix(fixtures.directory()).unwrap_or(&file).display().to_string();
        match reviewer.decide(&title, &id, &change.lines()?)? {
            Decision::Accept => {
                fixtures.save(&change.accepted).await?;
                clear_pending(fixtures, &id)?;
            }
            Decision::Reject => clear_pending(fixtures, &id)?,
            _ => {}
        }
    }
    let left = match ids.len() {
        0 => String::new(),
        left => format!(", {left} not replayed"),
    };
    reviewer.screen.note(&format!("{equal} equal{left}"));
    Ok(reviewer.conclude().max(exit))
}

/// Only recordings in files are changed: those of an object store are what was recorded, and stay that.
fn files<'s>(kind: &'s Kind, place: &str) -> Result<&'s Fixtures, Stop> {
    match kind {
        Kind::Files(files) => Ok(files),
        Kind::Objects(_) => Err(Stop::new(format!(
            "{place} keeps what was recorded, and only recordings in files of a directory are changed; `pull` copies \
             them to one"
        ))),
    }
}

/// Shows changes, asks what becomes of them, and counts.
struct Reviewer<'s> {
    screen: &'s mut Screen,
    shows: bool,
    /// What becomes of all that follow, once that is known.
    for_all: Option<Decision>,
    /// The answers, or those who read the questions, ended before the changes.
    unanswered: bool,
    refused: bool,
    accepted: usize,
    rejected: usize,
    skipped: usize,
}

const KEYS: &str = "  a accept   r reject   s skip, for later   q quit; A, R, S: it and all that follow";

impl<'s> Reviewer<'s> {
    fn new(for_all: Option<Decision>, shows: bool, screen: &'s mut Screen) -> Self {
        Self {
            screen,
            shows,
            for_all,
            unanswered: false,
            refused: false,
            accepted: 0,
            rejected: 0,
            skipped: 0,
        }
    }

    /// What becomes of one change: [`Decision::Accept`], `Reject` or `Skip`.
    fn decide(&mut self, title: &str, id: &RecordingId, lines: &str) -> Result<Decision, Stop> {
        // What is skipped for good was not asked to be seen.
        if self.shows && self.for_all != Some(Decision::Skip) {
            writeln!(self.screen, "{}", painted(harmless(title), BOLD))?;
            writeln!(self.screen, "{}", harmless(&id.to_string()))?;
            for line in lines.lines() {
                let line = harmless(line);
                match line.as_bytes().first() {
                    Some(b'+') => writeln!(self.screen, "{}", painted(line, ADDED))?,
                    Some(b'-') => writeln!(self.screen, "{}", painted(line, REMOVED))?,
                    Some(b'@') => writeln!(self.screen, "{}", painted(line, DIM))?,
                    _ => writeln!(self.screen, "{line}")?,
                }
            }
            writeln!(self.screen)?;
        }
        let decision = match self.for_all {
            Some(decision) => decision,
            None => self.ask()?,
        };
        match decision {
            Decision::Accept => self.accepted += 1,
            Decision::Reject => self.rejected += 1,
            _ => self.skipped += 1,
        }
        Ok(decision)
    }

    /// Takes back that a change is accepted, since the recording is another than the one it was made of.
    fn refuse(&mut self, name: &str) {
        self.accepted -= 1;
        self.skipped += 1;
        self.refused = true;
        self.screen.warn(&format!(
            "{name} was edited after the change was made of it, and accepting that would undo it; replay it again with \
             {}=pending, or reject what is pending",
            crate::ACCEPT_VARIABLE
        ));
    }

    /// Asks until there is an answer. The end of the answers leaves all that follow for later.
    fn ask(&mut self) -> Result<Decision, Stop> {
        loop {
            writeln!(self.screen, "{}", painted(KEYS, DIM))?;
            write!(self.screen, "a, r, s, q, A, R or S? ")?;
            self.screen.flush()?;
            // An answer to what nobody saw is none.
            if !self.screen.is_read() {
                self.unanswered = true;
                self.for_all = Some(Decision::Skip);
                return Ok(Decision::Skip);
            }
            let mut answer = String::new();
            let read = io::stdin().lock().read_line(&mut answer);
            let read = read.map_err(|error| Stop::new(format!("the answers cannot be read: {error}")))?;
            if read == 0 {
                writeln!(self.screen)?;
                self.unanswered = true;
            }
            let (decision, for_all) = match answer.trim() {
                "a" | "accept" => (Decision::Accept, false),
                "r" | "reject" => (Decision::Reject, false),
                "s" | "skip" => (Decision::Skip, false),
                "A" => (Decision::Accept, true),
                "R" => (Decision::Reject, true),
                "S" | "q" | "quit" => (Decision::Skip, true),
                _ if read == 0 => (Decision::Skip, true),
                _ => continue,
            };
            self.for_all = for_all.then_some(decision);
            return Ok(decision);
        }
    }

    /// Says what became of all.
    fn conclude(self) -> Exit {
        let Self { screen, unanswered, refused, accepted, rejected, skipped, .. } = self;
        let decided = [(accepted, "accepted"), (rejected, "rejected"), (skipped, "left for later")];
        let decided: Vec<String> = decided
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", count(number, "change")))
            .collect();
        if !decided.is_empty() {
            screen.note(&decided.join(", "));
        }
        if unanswered {
            let why = if screen.is_read() { "the answers ended first" } else { "nobody reads what is asked" };
            screen.note(&format!("{why}; `accept` and `reject` decide without asking"));
        }
        match (refused, unanswered) {
            (true, _) => Exit::Failed,
            (false, true) => Exit::Findings,
            (false, false) => Exit::Done,
        }
    }
}
