//! `verify`: whether everything in a store can be read.

use std::io::Write;

use futures::StreamExt;
use futures::stream;
use playback_cassette::{Error, ErrorKind, Opened};

use super::failure::{Exit, Stop};
use super::inventory::{Stored, inventory};
use super::screen::{BAD, Screen, painted};
use super::store::{Access, Store, StoreArgs};
use super::words::{self, count, harmless, harmless_json};

/// How many recordings are read at the same time.
const CONCURRENT: usize = 8;

/// Reads everything, and reports what is corrupt, orphaned or unreadable
///
/// Every tape is read and every value in it decoded, and compared with the metadata beside it. The exit code is 1
/// if something is wrong. Nothing is changed, and however large recordings are, no more than a value of each is in
/// memory.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Only recordings of these categories
    #[arg(value_name = "CATEGORY")]
    categories: Vec<String>,

    /// What is wrong as JSON, one object a line
    #[arg(long)]
    json: bool,
}

/// One thing that is wrong.
struct Problem {
    kind: &'static str,
    /// The recording, the object or the file.
    what: String,
    message: String,
}

impl Verify {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        let store = store.open(Access::Inspect)?;
        let mut inventory = inventory(&store).await?;
        if !self.categories.is_empty() {
            inventory
                .recordings
                .retain(|stored| self.categories.iter().any(|name| name == stored.id.category()));
        }
        let mut problems = 0;
        for message in inventory.unreadable {
            problems += 1;
            self.report(&Problem { kind: "unreadable", what: String::new(), message }, screen)?;
        }
        for message in store.doubles() {
            problems += 1;
            let (what, message) = (String::new(), message.clone());
            self.report(&Problem { kind: "double", what, message }, screen)?;
        }
        for key in inventory.strangers {
            problems += 1;
            let message =
                format!("the object {key} is no recording's; whoever put it there knows what it is");
            self.report(&Problem { kind: "foreign", what: key, message }, screen)?;
        }
        let (mut sound, mut bytes) = (0, 0);
        let of = &store;
        let mut checks = stream::iter(&inventory.recordings)
            .map(|stored| async move { (stored, check(stored, of).await) })
            .buffered(CONCURRENT);
        while let Some((stored, checked)) = checks.next().await {
            bytes += stored.tape.unwrap_or(0) + stored.metadata.unwrap_or(0);
            match checked {
                None => sound += 1,
                Some(problem) => {
                    problems += 1;
                    self.report(&problem, screen)?;
                }
            }
        }
        let found = if problems == 0 { "no problems".to_owned() } else { count(problems, "problem") };
        let recordings = count(inventory.recordings.len(), "recording");
        screen.note(&format!(
            "{recordings} of {} in {}: {sound} sound, {found}",
            words::size(bytes),
            store.place()
        ));
        Ok(if problems == 0 { Exit::Done } else { Exit::Findings })
    }

    fn report(&self, Problem { kind, what, message }: &Problem, screen: &mut Screen) -> Result<(), Stop> {
        if self.json {
            let json = serde_json::json!({ "problem": kind, "what": what, "message": message });
            writeln!(screen, "{}", harmless_json(&json.to_string()))?;
        } else {
            writeln!(screen, "{}  {}", painted(format!("{kind:<10}"), BAD), harmless(message))?;
        }
        Ok(())
    }
}

/// What is wrong with a recording, if anything.
async fn check(stored: &Stored, store: &Store) -> Option<Problem> {
    let (id, cassette, command) = (&stored.id, store.cassette(), store.command());
    let problem = |kind, message| Some(Problem { kind, what: id.to_string(), message });
    match (stored.tape, stored.metadata) {
        (Some(_), None) => {
            let message = format!(
                "recording {id} has a tape and no metadata, so that no lookup finds it: a save or a deletion broke \
                 off, or a save is running; `{command} prune --orphans` deletes it when it is a day old"
            );
            return problem("orphaned", message);
        }
        (None, Some(_)) => {
            let message = format!(
                "recording {id} has metadata and no tape; restore the tape from backup, or delete the rest by \
                 `{command} prune --orphans`"
            );
            return problem("orphaned", message);
        }
        _ => {}
    }
    let (opened, metadata) = futures::future::join(cassette.open(id), cassette.load_metadata(id)).await;
    let read = match (opened, metadata) {
        (Ok(opened), Ok(metadata)) if *opened.metadata() != metadata => {
            let message = format!(
                "the metadata of recording {id} says something else than its tape does; saving the recording again \
                 by `{command} push --replace` mends it"
            );
            return problem("corrupt", message);
        }
        (Ok(opened), Ok(_)) => read(&opened, stored).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let error = read.err()?;
    let kind = match error.kind() {
        // Someone deleted it in the meantime.
        ErrorKind::NotFound => return None,
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::NewerFormat => "newer",
        _ => "unreadable",
    };
    problem(kind, error.chain())
}

/// Reads and decodes all values of a recording, one at a time.
async fn read(opened: &Opened, stored: &Stored) -> Result<(), Error> {
    let id = opened.id();
    if let (Some(length), Some(size)) = (opened.file_length(), stored.tape)
        && length != size
    {
        let message =
            format!("recording {id} has {size} bytes, and was saved with {length}; delete the recording");
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    for call in opened.calls() {
        let failed = |error: Error| {
            let (number, alias) = (call.order(), call.alias());
            let message =
                format!("call {number} of recording {id}, {alias}, cannot be read; delete the recording");
            Error::new(error.kind(), message).with_source(error)
        };
        call.arguments().await.map_err(failed)?;
        call.result().await.map_err(failed)?;
    }
    Ok(())
}
