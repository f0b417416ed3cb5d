//! `rm` and `prune`: deleting recordings, which is said first and done when it is confirmed.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime};

use bytesize::ByteSize;
use futures::StreamExt;
use futures::stream;
use playback_cassette::{Clock, Error, Found, RecordingId, SystemClock};

use super::failure::{Exit, Stop};
use super::inventory::inventory;
use super::ls::table;
use super::screen::Screen;
use super::select::{Chosen, Selection};
use super::store::{Access, Kind, Store, StoreArgs};
use super::when;
use super::words::{self, count, harmless};

/// How many recordings are deleted at the same time.
const CONCURRENT: usize = 8;
const DAY: Duration = Duration::from_secs(86_400);

/// Deletes recordings; without --yes it only says which
#[derive(Debug, clap::Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    chosen: Chosen,

    /// Deletes them
    #[arg(short, long)]
    yes: bool,
}

/// Deletes old recordings, by age, number or size; without --yes it only says which
///
/// What several limits ask for is deleted if one of them does. Conditions leave all other recordings alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Prune {
    /// Deletes those made before this time, such as 30d or 2026-01-31
    #[arg(long, value_name = "TIME", value_parser = when::parse, help_heading = "Which recordings go")]
    older_than: Option<SystemTime>,

    /// Keeps so many of each category, the newest
    #[arg(long, value_name = "COUNT", help_heading = "Which recordings go")]
    keep: Option<usize>,

    /// Keeps so many bytes in all, of the newest recordings: 500MB, 2GiB
    #[arg(long, value_name = "SIZE", help_heading = "Which recordings go")]
    max_size: Option<ByteSize>,

    /// Deletes what saves and deletions that broke off have left: tapes without metadata and metadata without a
    /// tape, when they were written more than a day ago
    #[arg(long, help_heading = "Which recordings go", conflicts_with_all = ["older_than", "keep", "max_size"])]
    orphans: bool,

    #[command(flatten)]
    selection: Selection,

    /// Deletes them
    #[arg(short, long)]
    yes: bool,
}

impl Remove {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = store.open(Access::Remove)?;
        let (found, exit) = self.chosen.find(&store, screen).await?;
        delete(&store, found, self.yes, screen).await.map(|deleted| deleted.max(exit))
    }
}

impl Prune {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        if self.orphans {
            return self.orphans(&store.open(Access::Remove)?, screen).await;
        }
        if self.older_than.is_none() && self.keep.is_none() && self.max_size.is_none() {
            return Err(Stop::new(
                "what is to go? say --older-than TIME, --keep COUNT, --max-size SIZE or --orphans",
            ));
        }
        let store = store.open(Access::Remove)?;
        let (found, exit) = self.selection.find(&store, screen).await;
        let found = self.superfluous(found);
        delete(&store, found, self.yes, screen).await.map(|deleted| deleted.max(exit))
    }

    async fn orphans(&self, store: &Store, screen: &mut Screen) -> Result<Exit, Stop> {
        if !self.selection.is_unsaid() {
            return Err(Stop::new("--orphans takes no conditions: what has no metadata meets none"));
        }
        // A save that is running has a tape and no metadata, too, of whatever day its recording is.
        let written_before = SystemClock.now() - DAY;
        let mut orphans = inventory(store).await?.recordings;
        orphans.retain(|stored| {
            (stored.tape.is_none() || stored.metadata.is_none())
                && stored.written_at.is_some_and(|time| time < written_before)
        });
        for stored in &orphans {
            writeln!(screen, "{}", harmless(&stored.id.to_string()))?;
        }
        let bytes = orphans.iter().filter_map(|stored| stored.tape.or(stored.metadata)).sum();
        let ids = orphans.into_iter().map(|stored| stored.id).collect();
        confirmed(store, ids, &Kept::Orphans { written_before }, bytes, self.yes, screen).await
    }

    /// Those that a limit asks to delete.
    fn superfluous(&self, mut found: Vec<Found>) -> Vec<Found> {
        found.sort_by(|one, other| key(&other.id).cmp(&key(&one.id)));
        let mut of_category: BTreeMap<String, usize> = BTreeMap::new();
        let mut bytes = 0_u64;
        found.retain(|found| {
            let too_old = self.older_than.is_some_and(|time| found.metadata.recorded_at < time);
            let number = of_category.entry(found.id.category().to_owned()).or_default();
            let too_many = self.keep.is_some_and(|keep| *number >= keep);
            let with_it = bytes.saturating_add(found.size.unwrap_or(0));
            let too_large = self.max_size.is_some_and(|most| with_it > most.as_u64());
            let goes = too_old || too_many || too_large;
            if !goes {
                *number += 1;
                bytes = with_it;
            }
            goes
        });
        found
    }
}

/// By time first.
fn key(id: &RecordingId) -> (&str, &str) {
    (id.unique(), id.category())
}

async fn delete(store: &Store, found: Vec<Found>, yes: bool, screen: &mut Screen) -> Result<Exit, Stop> {
    if !found.is_empty() {
        table(&found).write(screen)?;
    }
    let bytes = found.iter().filter_map(|found| found.size).sum();
    let ids = found.into_iter().map(|found| found.id).collect();
    confirmed(store, ids, &Kept::Whole, bytes, yes, screen).await
}

/// What is deleted.
enum Kept {
    /// Recordings that lookups find.
    Whole,
    /// What is left of others, unless that has changed since it was listed.
    Orphans { written_before: SystemTime },
}

impl Kept {
    fn count(&self, number: usize) -> String {
        count(number, if matches!(self, Self::Whole) { "recording" } else { "orphan" })
    }

    /// False is that it was left alone.
    async fn delete(&self, store: &Store, id: &RecordingId) -> Result<bool, Error> {
        match (self, store.kind()) {
            (Self::Orphans { written_before }, Kind::Objects(objects)) => {
                objects.delete_orphan(id, *written_before).await
            }
            _ => store.cassette().delete(id).await.map(|()| true),
        }
    }
}

/// Deletes what was listed, or says how that is done.
async fn confirmed(
    store: &Store,
    ids: Vec<RecordingId>,
    what: &Kept,
    bytes: u64,
    yes: bool,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let (place, number) = (store.place(), what.count(ids.len()));
    if ids.is_empty() {
        screen.note(&format!("nothing to delete in {place}"));
        return Ok(Exit::Done);
    }
    if !yes {
        let bytes = words::size(bytes);
        screen.note(&format!(
            "{number} of {bytes} would be deleted from {place}; --yes deletes what is listed"
        ));
        return Ok(Exit::Done);
    }
    let (mut deleted, mut exit) = (0, Exit::Done);
    let mut deletions = stream::iter(&ids).map(|id| what.delete(store, id)).buffer_unordered(CONCURRENT);
    while let Some(done) = deletions.next().await {
        match done {
            Ok(true) => deleted += 1,
            Ok(false) => {}
            Err(error) => {
                screen.warn(&error.chain());
                exit = Exit::Failed;
            }
        }
    }
    screen.note(&format!("{} deleted from {place}", what.count(deleted)));
    Ok(exit)
}
