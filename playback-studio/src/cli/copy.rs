//! `pull` and `push`: copying recordings between stores.

use std::io::Write;

use futures::StreamExt;
use futures::stream;
use playback_cassette::{ErrorKind, Found};

use super::failure::{Exit, Stop};
use super::form::Form;
use super::screen::{DIM, Screen, painted};
use super::select::Chosen;
use super::store::{Access, Store, StoreArgs};
use super::words::{self, count, harmless};

/// How many recordings are on their way at the same time.
const CONCURRENT: usize = 8;

/// Copies recordings from another store into this one, as for fixtures of a failure in production
///
/// `playback pull s3://recordings/checkout --filter failed=true -n 5` brings the five newest failures to
/// tests/recordings, unless PLAYBACK_STORE or --store names another place. A new directory takes recordings as files.
#[derive(Debug, clap::Args)]
pub(crate) struct Pull {
    /// Where they are: a directory or a URL
    #[arg(value_name = "FROM")]
    from: String,

    #[command(flatten)]
    what: Copied,
}

/// Copies recordings from this store into another, as to share a failing one
#[derive(Debug, clap::Args)]
pub(crate) struct Push {
    /// Where they go: a directory or a URL
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    what: Copied,
}

#[derive(Debug, clap::Args)]
struct Copied {
    #[command(flatten)]
    chosen: Chosen,

    /// Copies those, too, that are there already; they are left as they are otherwise
    #[arg(long)]
    replace: bool,

    /// Says what would be copied, and copies nothing
    #[arg(long)]
    dry_run: bool,

    /// The form of new files in a directory
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Form::Text)]
    form: Form,
}

impl Pull {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        if store.is_at(&self.from) {
            return Err(Stop::new(format!(
                "recordings would be pulled from {} into itself; say where they go by `-s DIRECTORY`",
                self.from
            )));
        }
        let from = store.open_other(&self.from, Access::Read)?;
        let to = |access| store.open(access);
        self.what.copy(&from, to, screen).await
    }
}

impl Push {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        if store.is_at(&self.to) {
            return Err(Stop::new(format!(
                "recordings would be pushed from {} into itself; say where they are by `-s DIRECTORY`",
                self.to
            )));
        }
        let from = store.open(Access::Read)?;
        let to = |access| store.open_other(&self.to, access);
        self.what.copy(&from, to, screen).await
    }
}

impl Copied {
    async fn copy(
        &self,
        from: &Store,
        to: impl Fn(Access) -> Result<Store, Stop>,
        screen: &mut Screen,
    ) -> Result<Exit, Stop> {
        let (found, mut exit) = self.chosen.find(from, screen).await?;
        if found.is_empty() {
            screen.note(&format!("no recordings of that kind in {}", from.place()));
            return Ok(exit);
        }
        if self.dry_run {
            let bytes = found.iter().filter_map(|found| found.size).sum();
            super::ls::table(&found).write(screen)?;
            let recordings = count(found.len(), "recording");
            screen.note(&format!(
                "{recordings} of {} would be copied, those that are there already among them",
                words::size(bytes)
            ));
            return Ok(exit);
        }
        let to = to(Access::Add)?;
        let (mut copied, mut there, mut incomplete) = (0, 0, 0);
        let (source, target) = (from, &to);
        let mut copies = stream::iter(&found)
            .map(|found| async move { (found, self.one(found, source, target).await) })
            .buffered(CONCURRENT);
        while let Some((Found { id, metadata, .. }, done)) = copies.next().await {
            match done {
                Ok(true) => {
                    copied += 1;
                    incomplete += usize::from(metadata.incomplete);
                    writeln!(screen, "{}", harmless(&id.to_string()))?;
                }
                Ok(false) => {
                    there += 1;
                    let note = painted("is there already", DIM);
                    writeln!(screen, "{}  {note}", harmless(&id.to_string()))?;
                }
                Err(error) => {
                    screen.warn(&error.chain());
                    exit = Exit::Failed;
                }
            }
        }
        let failed = match found.len() - copied - there {
            0 => String::new(),
            failed => format!(", {failed} not"),
        };
        let there = if there > 0 { format!(", {there} were there already") } else { String::new() };
        screen.note(&format!("{} copied to {}{there}{failed}", count(copied, "recording"), to.place()));
        if incomplete > 0 {
            screen.note(&format!(
                "of them incomplete: {incomplete}, whose operation panicked or was cancelled; `compare` and tests leave \
                 these out"
            ));
        }
        Ok(exit)
    }

    /// Whether it was copied, or there already.
    async fn one(&self, found: &Found, from: &Store, to: &Store) -> Result<bool, playback_cassette::Error> {
        if !self.replace {
            match to.cassette().load_metadata(&found.id).await {
                Ok(_) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        to.save(&from.cassette().load(&found.id).await?, self.form).await?;
        Ok(true)
    }
}
