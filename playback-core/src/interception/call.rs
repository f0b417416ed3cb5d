//! One live call of an interception, whatever its kind and its types: the part that is not generic.

use std::borrow::Cow;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::held::Held;
use crate::context::{self, Lane, Muted, Session};
use crate::recording::{Ended, EndedCall};
use crate::redaction::{Captured, Encoded, Made, Part, Place, Redacted, unmarked};
use crate::replay::{self, Found, Lookup, MatchedBy, ReplayError, ReplayErrorKind};
use crate::scratch::{Scratch, Unwritten, Write, caught, guarded};
use crate::{End, Kind};

/// The alias of a call whose own could not be made.
const UNNAMED: Cow<'static, str> = Cow::Borrowed("a call whose alias could not be made");

/// A call that is being recorded or replayed.
pub(super) struct LiveCall {
    kind: Kind,
    alias: Cow<'static, str>,
    /// What the alias was made of, where that matters.
    made_of: Vec<Captured>,
    fallbacks: Vec<Cow<'static, str>>,
    argument_names: &'static [&'static str],
    /// Where it is made, and in which recording or replay.
    lane: Arc<Lane>,
    /// The encoded arguments, and behind them the result.
    scratch: Scratch,
    /// How many bytes the arguments take.
    arguments: usize,
    /// What there is without what is secret, if that is something else.
    redacted: Option<Box<RedactedCall>>,
    /// Something of the call cannot be recorded.
    broken: bool,
    /// Its number, once it is decided on: calls count in the order in which they are made, not prepared.
    order: Option<u32>,
    started: Duration,
    lookup: Option<Lookup>,
    /// Where it is on the tape, if it was put there before it ended.
    in_flight: Option<u32>,
    /// The call is on the tape as it ended, or is not to be.
    done: bool,
    /// The body was entered.
    began: bool,
    /// The body is running, so that being dropped now means that it panicked.
    running: bool,
}

/// A call without what is secret in it.
#[derive(Default)]
struct RedactedCall {
    /// The alias, if it is another.
    alias: Option<Cow<'static, str>>,
    /// On replay the fallbacks that are others.
    fallbacks: Vec<String>,
    /// On replay the arguments, if they are others.
    arguments: Option<Vec<u8>>,
    /// On replay, the recording has the arguments as they are.
    unredacted: bool,
}

/// What is to be done about a call.
pub(super) enum Step {
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
    pub(super) fn enter(kind: Kind, alias: impl FnOnce() -> Cow<'static, str>) -> Held {
        let current = context::with_current(|current| (current.muted, current.lane.clone()));
        let Some((false, lane)) = current else { return Held::NONE };
        let Some(lane) = lane else {
            let runs = replay::may_escape(kind, || caught(alias).unwrap_or(UNNAMED));
            return if runs { Held::NONE } else { Held::refused() };
        };
        if !lane.session().is_open() {
            return Held::NONE;
        }
        let (alias, fault) = match caught(alias) {
            Ok(alias) => (alias, None),
            Err(error) => (UNNAMED, Some(error)),
        };
        let max_bytes = lane.session().max_value_bytes();
        let mut call = Held::new(Self {
            kind,
            alias,
            made_of: Vec::new(),
            fallbacks: Vec::new(),
            argument_names: &[],
            lane,
            scratch: Scratch::bounded(max_bytes),
            arguments: 0,
            redacted: None,
            broken: false,
            order: None,
            started: Duration::ZERO,
            lookup: None,
            in_flight: None,
            done: false,
            began: false,
            running: false,
        });
        if let (Some(fault), Some(call)) = (fault, call.get_mut()) {
            call.break_off(fault);
        }
        call
    }

    pub(super) fn name_arguments(&mut self, names: &'static [&'static str]) {
        self.argument_names = names;
    }

    /// Keeps what the alias was made of, if anything asks for it.
    pub(super) fn made_of(&mut self, parts: impl FnOnce() -> Vec<(&'static str, String)>) {
        if self.lane.session().redacts()
            && let Some(parts) = self.make(parts)
        {
            self.made_of = parts.into_iter().map(|(path, text)| Captured { path, text }).collect();
        }
    }

    pub(super) fn add_fallback(&mut self, alias: Cow<'static, str>) {
        self.fallbacks.push(alias);
    }

    /// Makes something that the call needs.
    pub(super) fn make<T>(&mut self, make: impl FnOnce() -> T) -> Option<T> {
        caught(make).map_err(|error| self.break_off(error)).ok()
    }

    /// The call with its arguments taken down.
    #[cold]
    #[inline(never)]
    pub(super) fn with_arguments(mut held: Held, write: &mut Write<'_>) -> Held {
        let Some(this) = held.get_mut() else { return held };
        if !this.broken {
            match this.scratch.write(write) {
                Err(error) => this.break_off(error),
                Ok(()) if this.lane.session().redacts() || this.scratch.has_marked() => {
                    this.redact_arguments();
                }
                Ok(()) => {}
            }
        }
        this.arguments = this.scratch.bytes().len();
        held
    }

    /// Something of the call cannot be made: the recording is given up, or the replay fails.
    #[cold]
    fn break_off(&mut self, error: impl Into<Unwritten>) {
        self.broken = true;
        self.lane.session().refuse(self.alias.clone(), error.into());
    }

    #[cold]
    fn redact_arguments(&mut self) {
        let place = Place::new(Part::Arguments, &self.alias).argument_names(self.argument_names);
        let marked = self.scratch.has_marked();
        let encoded = Encoded { bytes: self.scratch.bytes(), marked };
        match self.lane.session() {
            Session::Recording(session) => {
                let made = match &self.alias {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(alias) => Some(Made { of: &self.made_of, ..Made::only(alias) }),
                };
                match session.redact(&place, encoded, made) {
                    Some(Redacted { bytes, alias, .. }) => {
                        let alias = alias.map(Cow::Owned);
                        self.redacted = Some(Box::new(RedactedCall { alias, ..RedactedCall::default() }));
                        bytes.iter().for_each(|bytes| self.scratch.replace(0, bytes));
                    }
                    None => self.broken = true,
                }
            }
            Session::Replaying(session) => {
                // Whoever redacted a recording later could not tell which aliases were made while the code ran.
                let made = Made { text: &self.alias, fallbacks: &self.fallbacks, of: &self.made_of };
                let Redacted { bytes, alias, fallbacks } = session.redact(&place, encoded, Some(made));
                if let Some(bytes) = unmarked(self.scratch.bytes()).filter(|_| marked) {
                    self.scratch.replace(0, &bytes);
                }
                let alias = alias.map(Cow::Owned);
                let redacted = RedactedCall { alias, fallbacks, arguments: bytes, unredacted: false };
                self.redacted = Some(Box::new(redacted));
            }
        }
    }

    /// Redacts the result, which stands behind the arguments. Whether it is to be put down.
    #[cold]
    fn redact_result(&mut self) -> bool {
        let place = Place::new(Part::Result, &self.alias);
        let bytes = self.scratch.bytes().get(self.arguments..).unwrap_or_default();
        let encoded = Encoded { bytes, marked: self.scratch.has_marked() };
        let redacted = match self.lane.session() {
            Session::Recording(session) => session.redact(&place, encoded, None),
            Session::Replaying(session) => Some(session.redact(&place, encoded, None)),
        };
        let Some(redacted) = redacted else { return false };
        redacted.bytes.iter().for_each(|bytes| self.scratch.replace(self.arguments, bytes));
        true
    }

    /// What is to be done about the call.
    pub(super) fn step(&mut self) -> Step {
        if self.order.is_none() {
            let (order, started) = self.lane.session().next_call();
            (self.order, self.started) = (Some(order), started);
        }
        match self.lane.session() {
            Session::Recording(_) => Step::Run,
            Session::Replaying(session) if session.is_over() => {
                let told = match &self.alias {
                    Cow::Owned(_) if session.redacts() => replay::WITHHELD_ALIAS,
                    alias => alias,
                };
                session.tell_late(self.kind, told);
                Step::Refused
            }
            Session::Replaying(_) if self.broken => Step::Missing,
            Session::Replaying(session) => {
                let looked_up = self.lookup.get_or_insert_with(|| {
                    let redacted = self.redacted.as_deref();
                    let asked = replay::Asked {
                        kind: self.kind,
                        alias: &self.alias,
                        fallbacks: &self.fallbacks,
                        lane: &self.lane,
                        arguments: self.scratch.bytes(),
                        redacted_fallbacks: redacted.map_or(&[], |redacted| &redacted.fallbacks),
                        redacted_alias: redacted.and_then(|redacted| redacted.alias.as_deref()),
                        redacted_arguments: redacted.and_then(|redacted| redacted.arguments.as_deref()),
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
    pub(super) fn is_missing(&mut self) -> bool {
        matches!(self.lane.session(), Session::Replaying(_)) && matches!(self.step(), Step::Missing)
    }

    /// Fails the replay because nothing was recorded for this call.
    pub(super) fn fail_missing(&self) -> ! {
        self.fail(|session| {
            session.diagnose(self.kind, self.told_alias(), self.argument_names, self.argument_bytes())
        })
    }

    /// Fails the replay because the recorded answer does not fit the code.
    pub(super) fn fail_restoring(&self, found: &Found, error: String) -> ! {
        self.fail(|session| ReplayError::answer(self.told_alias(), found, session, error))
    }

    /// Fails the replay because the recorded call panicked.
    pub(super) fn fail_panicked(&self) -> ! {
        self.fail(|_| ReplayErrorKind::RecordedPanic { alias: self.told_alias().to_string() }.into())
    }

    /// Fails the replay because a sync call cannot wait for being cancelled. One on a thread of its own was not waited for
    /// when it was recorded either, so that only its thread ends here.
    pub(super) fn fail_waiting(&self) -> ! {
        if self.is_aside() {
            replay::stop();
        }
        self.fail(|_| ReplayErrorKind::RecordedCancellation { alias: self.told_alias().to_string() }.into())
    }

    fn fail(&self, error: impl FnOnce(&replay::Session) -> ReplayError) -> ! {
        match self.lane.session() {
            Session::Replaying(session) => session.fail(error(session)),
            // While recording every step is to run, so that nothing fails.
            Session::Recording(_) => replay::stop(),
        }
    }

    /// Puts down that the call was answered from the recording.
    pub(super) fn answered(&mut self, found: &Found) {
        self.done = true;
        if let Session::Replaying(session) = self.lane.session() {
            let tape = session.recording().tape();
            let recorded = tape.at(found.position);
            let result = recorded.map(|call| call.result_bytes()).transpose().unwrap_or_else(|error| {
                session.fail_unless_panicking(ReplayError::unreadable(session.recording().id(), &error));
                None
            });
            let result = result.flatten().unwrap_or_default();
            let end = match recorded.map(|call| call.end()) {
                Some(End::Returned(_)) => Ended::Returned(&result),
                // One that panicked answers nothing.
                _ => Ended::Cancelled,
            };
            if let Some(redacted) = &mut self.redacted {
                redacted.unredacted = match &redacted.arguments {
                    Some(arguments) => {
                        let recorded = recorded.and_then(|call| call.argument_bytes().ok());
                        replay::is_unredacted(&recorded.unwrap_or_default(), self.scratch.bytes(), arguments)
                    }
                    None => recorded.is_some_and(|call| call.alias() == self.alias),
                };
            }
            // Nothing of its own ran, so that it took no time.
            session.push(&self.ended(end, self.started), Some(found), MatchedBy::Recorded(found.by));
        }
    }

    /// Puts down that the call waits to be cancelled, as it was when recorded.
    pub(super) fn wait(&mut self, found: &Found) {
        self.answered(found);
        if let Session::Replaying(session) = self.lane.session() {
            session.wait_for_cancellation();
        }
    }

    /// Waits to be cancelled, until the replay is over.
    pub(super) fn keep_waiting(&self, waker: &Waker) {
        if let Session::Replaying(session) = self.lane.session()
            && !session.wait(self.order.unwrap_or(u32::MAX), waker)
        {
            replay::stop();
        }
    }

    /// Reads a recorded answer, within the context of the replay.
    pub(super) fn decode<R>(
        &self,
        found: &Found,
        decode: impl FnOnce(&[u8]) -> Result<R, String>,
    ) -> Result<R, String> {
        let Session::Replaying(session) = self.lane.session() else { replay::stop() };
        guarded(|| {
            let result = found.result(session.recording().tape()).map_err(|error| error.to_string())?;
            decode(&result)
        })
    }

    /// Runs the body, or polls it. Its own calls are part of what is recorded and replayed as a whole.
    pub(super) fn run<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.began = true;
        self.running = true;
        let result = {
            let _muted = Muted::new();
            body()
        };
        self.running = false;
        result
    }

    /// Puts down what the call returned: what came of its body, or what a policy gave.
    pub(super) fn returned(&mut self, write: &mut Write<'_>, by: MatchedBy) {
        self.done = true;
        let session = self.lane.session();
        if self.broken || !session.is_open() {
            return;
        }
        if let Err(error) = self.scratch.write(write) {
            session.refuse(self.alias.clone(), error);
            return;
        }
        if (session.redacts() || self.scratch.has_marked()) && !self.redact_result() {
            return;
        }
        let result = self.scratch.bytes().get(self.arguments..).unwrap_or_default();
        self.push(Ended::Returned(result), by);
    }

    /// Puts the call down although it has not ended, if it may be that the operation ends first: as cancelled, which is
    /// what it is if nothing more comes.
    pub(super) fn leave_in_flight(&mut self) {
        if self.in_flight.is_some() || self.broken {
            return;
        }
        self.in_flight = match self.lane.session() {
            Session::Recording(session) => {
                session.push_in_flight(&self.ended(Ended::Cancelled, session.elapsed()))
            }
            Session::Replaying(session) => {
                let call = self.ended(Ended::Cancelled, session.elapsed());
                Some(session.push(&call, None, MatchedBy::Called))
            }
        };
    }

    /// Whether the call is made on a thread that the operation need not wait for.
    pub(super) fn is_aside(&self) -> bool {
        self.lane.index() != 0
    }

    fn push(&self, end: Ended<'_>, by: MatchedBy) {
        let call = match self.lane.session() {
            Session::Recording(session) => self.ended(end, session.elapsed()),
            Session::Replaying(session) => self.ended(end, session.elapsed()),
        };
        match (self.lane.session(), self.in_flight) {
            (Session::Recording(session), None) => session.push(&call),
            (Session::Recording(session), Some(position)) => session.settle(position, end, call.duration),
            (Session::Replaying(session), None) => {
                session.push(&call, None, by);
            }
            (Session::Replaying(session), Some(position)) => session.settle(position, end, call.duration),
        }
    }

    fn ended<'a>(&'a self, end: Ended<'a>, now: Duration) -> EndedCall<'a> {
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
        self.to_tell().and_then(|redacted| redacted.alias.as_ref()).unwrap_or(&self.alias)
    }

    /// The arguments to put down.
    fn argument_bytes(&self) -> &[u8] {
        match self.to_tell().and_then(|redacted| redacted.arguments.as_deref()) {
            Some(redacted) => redacted,
            None => self.scratch.bytes().get(..self.arguments).unwrap_or_default(),
        }
    }

    fn to_tell(&self) -> Option<&RedactedCall> {
        self.redacted.as_deref().filter(|redacted| !redacted.unredacted)
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
