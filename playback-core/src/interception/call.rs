//! One live call of an interception, whatever its kind and its types: the part that is not generic.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::Kind;
use crate::context::{self, Lane, Session};
use crate::record;
use crate::recording::{Ended, EndedCall};
use crate::redaction::{Encoded, Part, Place, Redacted, unmarked};
use crate::replay::{self, Found, Lookup, MatchedBy, ReplayError, ReplayErrorKind};
use crate::scratch::{Scratch, Write, guarded};

/// A call that is being recorded or replayed.
pub(crate) struct LiveCall {
    kind: Kind,
    alias: Cow<'static, str>,
    fallbacks: Vec<Cow<'static, str>>,
    argument_names: &'static [&'static str],
    lane: Arc<Lane>,
    session: LiveSession,
    /// The encoded arguments, and behind them the result.
    scratch: Scratch,
    /// How many bytes the arguments take.
    arguments: usize,
    /// The alias without what is secret in it, if that is another.
    redacted_alias: Option<Cow<'static, str>>,
    /// On replay the arguments without what is secret in them, if they are others.
    redacted_arguments: Option<Vec<u8>>,
    /// On replay, the recording has the arguments as they are.
    unredacted: bool,
    /// The arguments cannot be recorded.
    broken: bool,
    /// Its number, once it is decided on: calls count in the order in which they are made, not prepared.
    order: Option<u32>,
    started: Duration,
    lookup: Option<Lookup>,
    /// The call is on the tape, or is not to be.
    done: bool,
    /// The body was entered.
    began: bool,
    /// The body is running, so that being dropped now means that it panicked.
    running: bool,
}

enum LiveSession {
    Recording(Arc<record::Session>),
    Replaying(Arc<replay::Session>),
}

/// What is to be done about a call.
pub(crate) enum Step {
    /// Run the body, and take down what comes of it.
    Run,
    /// Answer with this recorded call's result.
    Answer(Found),
    /// Never answer: the recorded call was cancelled while it waited.
    Wait(Found),
    /// Nothing was recorded.
    Missing,
    /// The recorded call panicked.
    Panicked,
    /// The replay is over.
    Refused,
}

impl LiveCall {
    /// The call, if the context wants it; none if it is to run as if nothing were there.
    ///
    /// Out of line: when nothing is live in the process, this is not reached.
    #[cold]
    #[inline(never)]
    pub(crate) fn enter(kind: Kind, alias: impl FnOnce() -> Cow<'static, str>) -> Option<Box<Self>> {
        let here = context::with_current(|current| {
            (!current.muted).then(|| (current.session.clone(), current.lane.clone()))
        });
        let (session, lane) = here??;
        let session = match session {
            Session::None => {
                replay::look_for_escape(kind, alias);
                return None;
            }
            Session::Recording(session) if !session.is_open() => return None,
            Session::Recording(session) => LiveSession::Recording(session),
            Session::Replaying(session) => LiveSession::Replaying(session),
        };
        let lane = lane?;
        Some(Box::new(Self {
            kind,
            alias: alias(),
            fallbacks: Vec::new(),
            argument_names: &[],
            lane,
            session,
            scratch: Scratch::take(),
            arguments: 0,
            redacted_alias: None,
            redacted_arguments: None,
            unredacted: false,
            broken: false,
            order: None,
            started: Duration::ZERO,
            lookup: None,
            done: false,
            began: false,
            running: false,
        }))
    }

    pub(crate) fn name_arguments(&mut self, names: &'static [&'static str]) {
        self.argument_names = names;
    }

    pub(crate) fn add_fallback(&mut self, alias: Cow<'static, str>) {
        self.fallbacks.push(alias);
    }

    /// Takes the arguments down.
    pub(crate) fn set_arguments(&mut self, write: &mut Write<'_>) {
        if let Err(error) = self.scratch.write(write) {
            self.broken = true;
            self.refuse(error);
        } else {
            self.redact_arguments();
        }
        self.arguments = self.scratch.bytes().len();
    }

    fn redact_arguments(&mut self) {
        let place = Place::new(Part::Arguments, &self.alias).argument_names(self.argument_names);
        let made = if let Cow::Owned(alias) = &self.alias { Some(alias.as_str()) } else { None };
        let marked = self.scratch.has_marked();
        let encoded = Encoded { bytes: self.scratch.bytes(), marked };
        match &self.session {
            LiveSession::Recording(session) => match session.redact(&place, encoded, made) {
                Some(Redacted { bytes, alias }) => {
                    self.redacted_alias = alias.map(Cow::Owned);
                    bytes.iter().for_each(|bytes| self.scratch.replace(0, bytes));
                }
                None => self.broken = true,
            },
            LiveSession::Replaying(session) => {
                // Whoever redacted a recording later could not tell which aliases were made while the code ran.
                let Redacted { bytes, alias } = session.redact(&place, encoded, Some(&self.alias));
                if let Some(bytes) = unmarked(self.scratch.bytes()).filter(|_| marked) {
                    self.scratch.replace(0, &bytes);
                }
                self.redacted_alias = alias.map(Cow::Owned);
                self.redacted_arguments = bytes;
            }
        }
    }

    /// Redacts the result, which stands behind the arguments. Whether it is to be put down.
    fn redact_result(&mut self) -> bool {
        let place = Place::new(Part::Result, &self.alias);
        let bytes = self.scratch.bytes().get(self.arguments..).unwrap_or_default();
        let encoded = Encoded { bytes, marked: self.scratch.has_marked() };
        let redacted = match &self.session {
            LiveSession::Recording(session) => session.redact(&place, encoded, None),
            LiveSession::Replaying(session) => Some(session.redact(&place, encoded, None)),
        };
        let Some(redacted) = redacted else { return false };
        redacted.bytes.iter().for_each(|bytes| self.scratch.replace(self.arguments, bytes));
        true
    }

    /// What is to be done about the call.
    pub(crate) fn step(&mut self) -> Step {
        if self.order.is_none() {
            let (order, started) = match &self.session {
                LiveSession::Recording(session) => (session.next_order(), session.elapsed()),
                LiveSession::Replaying(session) => (session.next_order(), session.elapsed()),
            };
            (self.order, self.started) = (Some(order), started);
        }
        match &self.session {
            LiveSession::Recording(_) => Step::Run,
            LiveSession::Replaying(session) if session.is_over() => {
                session.tell_late(self.kind, &self.alias);
                Step::Refused
            }
            LiveSession::Replaying(_) if self.broken => Step::Missing,
            LiveSession::Replaying(session) => {
                let looked_up = self.lookup.get_or_insert_with(|| {
                    let asked = replay::Asked {
                        kind: self.kind,
                        alias: &self.alias,
                        fallbacks: &self.fallbacks,
                        lane: &self.lane,
                        arguments: self.scratch.bytes(),
                        redacted_alias: self.redacted_alias.as_deref(),
                        redacted_arguments: self.redacted_arguments.as_deref(),
                    };
                    session.look_up(&asked)
                });
                match looked_up {
                    // The recorded run was cancelled before it came this far.
                    Lookup::Found(found) if found.by.reused && session.was_cancelled() => Step::Wait(*found),
                    Lookup::Found(found) => Step::Answer(*found),
                    Lookup::Cancelled(found) => Step::Wait(*found),
                    Lookup::Panicked => Step::Panicked,
                    Lookup::Missing => Step::Missing,
                }
            }
        }
    }

    /// Whether a replay has no answer for the call.
    pub(crate) fn is_missing(&mut self) -> bool {
        matches!(self.session, LiveSession::Replaying(_)) && matches!(self.step(), Step::Missing)
    }

    /// Fails the replay because nothing was recorded for this call.
    pub(crate) fn fail_missing(&self) -> ! {
        self.fail(|session| {
            session.diagnose(self.kind, self.told_alias(), self.argument_names, self.argument_bytes())
        })
    }

    /// Fails the replay because the recorded answer does not fit the code.
    pub(crate) fn fail_restoring(&self, found: &Found, error: String) -> ! {
        self.fail(|session| ReplayError::answer(&self.alias, found, session, error))
    }

    /// Fails the replay because the recorded call panicked.
    pub(crate) fn fail_panicked(&self) -> ! {
        self.fail(|_| ReplayErrorKind::RecordedPanic { alias: self.alias.to_string() }.into())
    }

    /// Fails the replay because a sync call cannot wait for being cancelled.
    pub(crate) fn fail_waiting(&self) -> ! {
        self.fail(|_| ReplayErrorKind::RecordedCancellation { alias: self.alias.to_string() }.into())
    }

    fn fail(&self, error: impl FnOnce(&replay::Session) -> ReplayError) -> ! {
        match &self.session {
            LiveSession::Replaying(session) => session.fail(error(session)),
            // While recording every step is to run, so that nothing fails.
            LiveSession::Recording(_) => replay::stop(),
        }
    }

    /// Puts down that the call was answered from the recording.
    pub(crate) fn answered(&mut self, found: &Found) {
        self.done = true;
        if let LiveSession::Replaying(session) = &self.session {
            let tape = session.recording().tape();
            let result = found.result(tape).unwrap_or_else(|error| {
                session.fail_unless_panicking(ReplayError::unreadable(session.recording().id(), &error));
                Cow::Borrowed(&[])
            });
            let recorded = found.ended(tape, &result);
            self.unredacted = match &self.redacted_arguments {
                Some(redacted) => {
                    let recorded = tape.at(found.position).and_then(|call| call.argument_bytes().ok());
                    replay::is_unredacted(&recorded.unwrap_or_default(), self.scratch.bytes(), redacted)
                }
                None => tape.at(found.position).is_some_and(|call| call.alias() == self.alias),
            };
            session.push(&self.ended(recorded), Some(found), MatchedBy::Recorded(found.by));
        }
    }

    /// Puts down that the call waits to be cancelled, as it was when recorded.
    pub(crate) fn wait(&mut self, found: &Found) {
        self.answered(found);
        if let LiveSession::Replaying(session) = &self.session {
            session.wait_for_cancellation();
        }
    }

    /// Reads a recorded answer, within the context of the replay.
    pub(crate) fn decode<R>(
        &self,
        found: &Found,
        decode: impl FnOnce(&[u8]) -> Result<R, String>,
    ) -> Result<R, String> {
        let LiveSession::Replaying(session) = &self.session else { replay::stop() };
        guarded(|| {
            let result = found.result(session.recording().tape()).map_err(|error| error.to_string())?;
            decode(&result)
        })
    }

    /// Runs the body, or polls it.
    pub(crate) fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.began = true;
        self.running = true;
        let result = body();
        self.running = false;
        result
    }

    /// Puts down what the call returned: what came of its body, or what a policy gave.
    pub(crate) fn returned(&mut self, write: &mut Write<'_>, by: MatchedBy) {
        self.done = true;
        let given_up = match &self.session {
            LiveSession::Recording(session) => !session.is_open(),
            LiveSession::Replaying(_) => false,
        };
        if self.broken || given_up {
            return;
        }
        if let Err(error) = self.scratch.write(write) {
            self.refuse(error);
            return;
        }
        if !self.redact_result() {
            return;
        }
        let result = self.scratch.bytes().get(self.arguments..).unwrap_or_default();
        self.push(Ended::Returned(result), by);
    }

    /// A value of the call cannot be recorded: the recording is given up, or the replay fails.
    fn refuse(&self, error: String) {
        match &self.session {
            LiveSession::Recording(session) => session.discard_unencodable(self.alias.clone(), error),
            LiveSession::Replaying(session) => {
                session.fail_unless_panicking(ReplayError::value(&self.alias, error));
            }
        }
    }

    fn push(&self, end: Ended<'_>, by: MatchedBy) {
        match &self.session {
            LiveSession::Recording(session) => session.push(&self.ended(end)),
            LiveSession::Replaying(session) => session.push(&self.ended(end), None, by),
        }
    }

    fn ended<'a>(&'a self, end: Ended<'a>) -> EndedCall<'a> {
        let now = match &self.session {
            LiveSession::Recording(session) => session.elapsed(),
            LiveSession::Replaying(session) => session.elapsed(),
        };
        EndedCall {
            kind: self.kind,
            alias: self.told_alias(),
            argument_names: self.argument_names,
            lane: self.lane.index(),
            order: self.order.unwrap_or(u32::MAX),
            arguments: self.argument_bytes(),
            end,
            started: self.started,
            duration: now.saturating_sub(self.started),
        }
    }

    /// The alias to put down.
    fn told_alias(&self) -> &Cow<'static, str> {
        self.redacted_alias.as_ref().filter(|_| !self.unredacted).unwrap_or(&self.alias)
    }

    /// The arguments to put down.
    fn argument_bytes(&self) -> &[u8] {
        if let Some(redacted) = self.redacted_arguments.as_ref().filter(|_| !self.unredacted) {
            return redacted;
        }
        self.scratch.bytes().get(..self.arguments).unwrap_or_default()
    }
}

impl Drop for LiveCall {
    /// A call that began and did not return was cancelled, or panicked.
    fn drop(&mut self) {
        if self.began && !self.done && !self.broken {
            self.push(Ended::unfinished(self.running), MatchedBy::Called);
        }
    }
}
