//! How a rule is broken, and what is asked often.

use std::any::Any;
use std::fmt::Debug;

use playback_cassette::{Cassette, CassetteExt, Error, ErrorKind, Found, Query};
use playback_core::{Recording, RecordingId};

/// How a rule is broken: what was done and what came of it.
pub(super) struct Broken(pub(super) String);

pub(super) type Outcome = Result<(), Broken>;

/// `what` is as it should be.
pub(super) fn same<T: PartialEq + Debug>(what: &str, is: &T, should_be: &T) -> Outcome {
    ensure(is == should_be, || format!("{what} is {}\nand should be {}", short(is), short(should_be)))
}

pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Broken(otherwise())) }
}

/// The outcome of a call that should have gone well.
pub(super) fn well<T>(act: &str, outcome: Result<T, Error>) -> Result<T, Broken> {
    outcome.map_err(|error| Broken(format!("{act} failed: {} ({:?})", error.chain(), error.kind())))
}

/// There is no recording called `id`, and the errors say so.
pub(super) async fn not_found(cassette: &dyn Cassette, id: &RecordingId) -> Outcome {
    let answers = [
        ("load", cassette.load(id).await.map(|_| ())),
        ("load_metadata", cassette.load_metadata(id).await.map(|_| ())),
    ];
    for (call, answer) in answers {
        let Err(error) = answer else {
            return Err(Broken(format!("`{call}` of {id} gives a recording, and there is none")));
        };
        ensure(error.kind() == ErrorKind::NotFound, || {
            let chain = error.chain();
            format!(
                "`{call}` of {id}, which is not there, is {:?} and should be NotFound: {chain}",
                error.kind()
            )
        })?;
        ensure(error.to_string().contains(&id.to_string()), || {
            format!("the error of `{call}` names the recording that is not there, {id}; it says: {error}")
        })?;
    }
    Ok(())
}

pub(super) async fn save(cassette: &dyn Cassette, recording: &Recording) -> Outcome {
    well(&format!("saving {}", recording.id()), cassette.save(recording).await)
}

pub(super) async fn save_all<'r>(
    cassette: &dyn Cassette,
    recordings: impl IntoIterator<Item = &'r Recording>,
) -> Outcome {
    for recording in recordings {
        save(cassette, recording).await?;
    }
    Ok(())
}

pub(super) async fn delete(cassette: &dyn Cassette, id: &RecordingId) -> Outcome {
    well(&format!("deleting {id}"), cassette.delete(id).await)
}

pub(super) async fn load(cassette: &dyn Cassette, id: &RecordingId) -> Result<Recording, Broken> {
    well(&format!("loading {id}"), cassette.load(id).await)
}

/// The recording loads as it is, and so does its metadata alone.
pub(super) async fn loads_as(cassette: &dyn Cassette, recording: &Recording) -> Outcome {
    let id = recording.id();
    let loaded = load(cassette, id).await?;
    same("the id of what was loaded", loaded.id(), id)?;
    same(&format!("the metadata in {id}"), loaded.metadata(), recording.metadata())?;
    same(&format!("the tape of {id}"), loaded.tape(), recording.tape())?;
    let metadata = well(&format!("loading the metadata of {id}"), cassette.load_metadata(id).await)?;
    same(&format!("the metadata of {id}, loaded alone,"), &metadata, recording.metadata())
}

pub(super) async fn find(cassette: &dyn Cassette, query: &Query) -> Result<Vec<Found>, Broken> {
    well(&format!("finding {query:?}"), cassette.find_all(query).await)
}

/// The ids of what is found, in their order.
pub(super) async fn ids(cassette: &dyn Cassette, query: &Query) -> Result<Vec<RecordingId>, Broken> {
    Ok(find(cassette, query).await?.into_iter().map(|found| found.id).collect())
}

/// What is found are these, in this order.
pub(super) async fn finds<'r>(
    cassette: &dyn Cassette,
    query: &Query,
    expected: impl IntoIterator<Item = &'r Recording>,
) -> Outcome {
    let expected: Vec<_> = expected.into_iter().map(|recording| recording.id().clone()).collect();
    same(&format!("what is found of {query:?}"), &ids(cassette, query).await?, &expected)
}

pub(super) async fn categories(cassette: &dyn Cassette) -> Result<Vec<String>, Broken> {
    well("listing the categories", cassette.categories().await)
}

pub(super) async fn close(cassette: &dyn Cassette) -> Outcome {
    well("closing the cassette", cassette.close().await)
}

pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

/// In a length that people read: a tape may take megabytes.
fn short(value: &impl Debug) -> String {
    const LENGTH: usize = 2000;
    let text = format!("{value:?}");
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
