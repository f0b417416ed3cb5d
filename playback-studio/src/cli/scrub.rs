//! `scrub`: rules of redaction for what is recorded already, which is said first and done when it is confirmed.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use playback_cassette::{Found, Metadata, Recording};
use playback_core::redaction::{Redactor, Rule, Rules, scrub};

use super::failure::{Exit, Stop};
use super::form::Form;
use super::screen::{DIM, Screen, painted};
use super::select::Chosen;
use super::store::{Access, Store, StoreArgs};
use super::words::{self, count, harmless};

/// How many recordings are in memory at the same time.
const CONCURRENT: usize = 4;

/// Applies rules of redaction to what is recorded already; without --yes it only says what they change
///
/// Each recording is listed with what changes in it: how many places by which rule, and never what stands there. It
/// keeps its id. What was made under these rules stays as it is, but for numbers, IP addresses and bytes that are
/// pseudonyms, which get others. Copies in caches, backups, older versions of objects and *.pending files are not
/// reached.
#[derive(Debug, clap::Args)]
pub(crate) struct Scrub {
    /// The rules, a file as `Rules::load` of `playback_core::redaction` reads it
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,

    #[command(flatten)]
    chosen: Chosen,

    /// Changes them
    #[arg(short, long)]
    yes: bool,
}

/// What becomes of a recording.
struct Scrubbed {
    recording: Recording,
    /// Of each rule that changes something: what it is called, and how many places it changes.
    changes: Vec<(String, u64)>,
}

impl Scrub {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = store.open(if self.yes { Access::Remove } else { Access::Read })?;
        let rules = self.rules()?;
        let (found, mut exit) = self.chosen.find(&store, screen).await?;
        let (scrub, rules, store) = (&self, &rules, &store);
        let place = store.place();
        if found.is_empty() {
            screen.note(&format!("no recordings of that kind in {place}"));
            return Ok(exit);
        }
        let (mut changed, mut bytes, mut failed) = (0, 0, 0);
        let mut recordings = stream::iter(&found)
            .map(|found| async move { (found, scrub.one(found, rules, store).await) })
            .buffered(CONCURRENT);
        while let Some((Found { id, size, .. }, done)) = recordings.next().await {
            match done {
                Ok(None) => {}
                Ok(Some(changes)) => {
                    changed += 1;
                    bytes += size.unwrap_or(0);
                    let changes: Vec<String> =
                        changes.iter().map(|(rule, places)| format!("{rule}: {places}")).collect();
                    let changes = painted(harmless(&changes.join(", ")), DIM);
                    writeln!(screen, "{}  {changes}", harmless(&id.to_string()))?;
                }
                Err(message) => {
                    failed += 1;
                    screen.warn(&message);
                    exit = Exit::Failed;
                }
            }
        }
        let recordings = count(changed, "recording");
        let left = match (found.len() - changed - failed, failed) {
            (same, 0) => format!("{same} stay as they are"),
            (same, failed) => format!("{same} stay as they are, and {failed} failed"),
        };
        screen.note(&match self.yes {
            true => format!("{recordings} changed in {place}, {left}"),
            false => format!(
                "{recordings} of {} would be changed in {place}, {left}; --yes changes what is listed",
                words::size(bytes)
            ),
        });
        Ok(exit)
    }

    fn rules(&self) -> Result<Rules, Stop> {
        let rules = Rules::load(&self.rules).map_err(|error| Stop::new(error.to_string()))?;
        if rules.iter().next().is_none() {
            return Err(Stop::new(format!("there are no rules in {}", self.rules.display())));
        }
        // Of every recording that such a rule leads to it would be said otherwise.
        if rules.remembers() && rules.pseudonym_of(&1).is_none() {
            return Err(Stop::new(format!(
                "the rules in {} make pseudonyms, and there is no key: name a variable of the environment by `key_env` there, \
                 and set it",
                self.rules.display()
            )));
        }
        Ok(rules)
    }

    /// What changes in a recording, if anything. With --yes it is changed.
    async fn one(
        &self,
        found: &Found,
        rules: &Rules,
        store: &Store,
    ) -> Result<Option<Vec<(String, u64)>>, String> {
        let recording = store.cassette().load(&found.id).await.map_err(|error| error.chain())?;
        let scrubbed = scrubbed(&recording, &found.metadata, rules)
            .map_err(|error| format!("recording {}: {error}", found.id))?;
        let Some(Scrubbed { recording, changes }) = scrubbed else { return Ok(None) };
        if self.yes {
            // The whole of it first, and then its metadata, as with every save: if this ends in between, what is left
            // is found again by the metadata that is no longer the tape's.
            store.save(&recording, Form::Tape).await.map_err(|error| error.chain())?;
        }
        Ok(Some(changes))
    }
}

/// A recording as it would have been made by the rules; none if that is as it is.
fn scrubbed(
    recording: &Recording,
    beside: &Metadata,
    rules: &Rules,
) -> Result<Option<Scrubbed>, playback_core::redaction::ScrubError> {
    let rules = Arc::new(rules.clone().counting());
    let made = scrub(recording, Arc::clone(&rules) as Arc<dyn Redactor>)?;
    let changes = rules.iter().filter(|rule| rule.changes() > 0);
    let mut changes: Vec<(String, u64)> =
        changes.map(|rule| (Rule::to_string(rule), rule.changes())).collect();
    let recording = match made {
        Some(recording) => recording,
        None if beside != recording.metadata() => {
            changes.push(("metadata that is not the tape's".to_owned(), 1));
            recording.clone()
        }
        None => return Ok(None),
    };
    Ok(Some(Scrubbed { recording, changes }))
}
