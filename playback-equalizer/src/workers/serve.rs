//! Being a worker process.

use std::net::TcpStream;
use std::process::exit;
use std::thread;

use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{BoxFuture, FutureExt};
use futures::stream::StreamExt;
use playback_core::RecordingId;

use super::VARIABLE;
use super::frames::{LONGEST, receive, send};
use super::wire::Answer;
use crate::{Comparison, Crew, Job};

/// What a worker ends with that cannot go on.
const FAILED: i32 = 70;

/// Whether this process is a worker, which replays what another process tells it to.
///
/// What must happen once, and not in each worker, asks here first; see [`Workers`](crate::Workers).
#[must_use]
pub fn is_worker() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// What a worker process was started for.
pub(crate) struct Assignment {
    address: String,
    word: String,
    /// Of the workers that it is one of.
    pub(crate) name: String,
}

impl Assignment {
    /// That of this process; none if it is no worker.
    pub(crate) fn of_process() -> Option<Self> {
        let told = std::env::var(VARIABLE).ok()?;
        let mut parts = told.splitn(3, ' ').map(str::to_owned);
        Some(Self { address: parts.next()?, word: parts.next()?, name: parts.next()? })
    }
}

/// Replays what it is told to, and ends the process when there is no more.
///
/// `job` makes a job of a recording, or says why there is none.
pub(crate) fn serve<'a>(
    assignment: Assignment,
    crew: Crew,
    job: impl Fn(RecordingId) -> Result<Job, String> + Send + 'a,
) -> BoxFuture<'a, ()> {
    async move {
        playback_core::refuse_escapes();
        let Ok((connection, ids)) = connect(&assignment) else { exit(FAILED) };
        let mut ids = ids;
        while let Some(id) = ids.next().await {
            let job = job(id.clone());
            let rules = job.as_ref().map(|job| job.rules().clone()).unwrap_or_default();
            let before = rules.usage();
            let (comparison, spent) = match job {
                Ok(job) => crew.run_alone(job.escapes_fail()).await,
                Err(why) => (Some(Comparison::failure(id, why)), false),
            };
            let usage = rules
                .usage()
                .iter()
                .zip(before)
                .map(|(now, before)| (now.found, now.forgave.saturating_sub(before.forgave)))
                .collect();
            let answer =
                comparison.and_then(|comparison| Answer::of(&comparison, usage, spent).encode().ok());
            let Some(answer) = answer else { exit(FAILED) };
            if send(&connection, &answer).is_err() {
                exit(0);
            }
        }
        exit(0)
    }
    .boxed()
}

/// The connection to the process that it works for, and what that asks for.
fn connect(assignment: &Assignment) -> std::io::Result<(TcpStream, UnboundedReceiver<RecordingId>)> {
    let connection = TcpStream::connect(&assignment.address)?;
    connection.set_nodelay(true)?;
    send(&connection, assignment.word.as_bytes())?;
    let (sender, ids) = unbounded();
    let asked = connection.try_clone()?;
    thread::Builder::new().name("playback-worker".to_owned()).spawn(move || {
        while let Ok(Some(id)) = receive(&asked, LONGEST, || Ok(())) {
            let id = std::str::from_utf8(&id).ok().and_then(|id| id.parse().ok());
            let Some(id) = id else { break };
            if sender.unbounded_send(id).is_err() {
                break;
            }
        }
        // Nobody wants an answer any more, even if a replay is under way that never ends.
        exit(0);
    })?;
    Ok((connection, ids))
}
