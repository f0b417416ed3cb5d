//! Operations: what is recorded and replayed as a whole.

use std::borrow::Cow;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;
use serde::Serialize;

use super::codec::{Encode, Handled, Plain};
use crate::context::{self, Context, Entered, Session};
use crate::record::{self, FinishedCall, MetadataExtractor, OperationSite};
use crate::recorder::{self, OperationStart, Recorder};
use crate::recording::Ended;
use crate::redaction::{Encoded, Part, Place, tellable_here, unmarked};
use crate::sampling_key::{self, SamplingKey};
use crate::scratch::{Scratch, Unwritten, Write, caught, plain};

/// Marks an operation: a request served, a job consumed. It is what a recording is of.
///
/// With a recorder in force, the operation's arguments, its result and all inputs and outputs within it are
/// recorded. In a replay, its result is captured, to be compared. Inside another operation, and where
/// no recorder is in force, the body runs as if nothing were there.
///
/// First comes how it is recorded, then [`args`](Operation::args), and last [`run`](OperationCall::run) or
/// [`run_async`](OperationCall::run_async).
///
/// ```
/// let request = String::from("three apples");
/// let words = playback_core::operation("Count").args(&(&request,)).run(|| request.split(' ').count());
/// assert_eq!(words, 2);
/// ```
#[inline]
pub fn operation(category: impl Into<Cow<'static, str>>) -> Operation {
    Operation {
        category: category.into(),
        argument_names: &[],
        recorder: None,
        sampling_rate: None,
        ignore_forced_sampling: false,
        sampling_key: None,
        skip_recording: false,
        metadata: None,
        codec: Plain,
        fault: None,
    }
}

/// An operation, before its arguments are known. See [`operation`].
#[must_use = "an operation does nothing until it is run"]
pub struct Operation<C = Plain> {
    category: Cow<'static, str>,
    argument_names: &'static [&'static str],
    recorder: Option<Arc<dyn Recorder>>,
    sampling_rate: Option<f64>,
    ignore_forced_sampling: bool,
    sampling_key: Option<SamplingKey>,
    skip_recording: bool,
    metadata: Option<MetadataExtractor>,
    codec: C,
    /// Why the handler of the result could not be made.
    fault: Option<String>,
}

impl<C> Operation<C> {
    /// Names the arguments for people, in their order.
    #[inline]
    pub fn argument_names(mut self, names: &'static [&'static str]) -> Self {
        self.argument_names = names;
        self
    }

    /// Records with this recorder, instead of the one in scope or the global one.
    #[inline]
    pub fn recorder_with<T: Recorder + Clone + 'static>(mut self, recorder: impl FnOnce() -> T) -> Self {
        match caught(recorder) {
            Ok(recorder) => self.recorder = Some(Arc::new(recorder)),
            Err(error) => {
                let error = tellable_here(&error);
                tracing::error!(category = %self.category, "the recorder of an operation could not be made: {error}");
                self.skip_recording = true;
            }
        }
        self
    }

    /// The share of runs to keep, from 0 (none) to 1 (all). What is outside counts as the nearer of the two.
    #[inline]
    pub fn sampling_rate(mut self, rate: f64) -> Self {
        self.sampling_rate = Some(rate.clamp(0.0, 1.0));
        self
    }

    /// Leaves the sampling rate the only say: [`force_sample_recording`](crate::force_sample_recording) has
    /// none. A run that is sampled out then costs nothing, since that is known at its start.
    #[inline]
    pub fn ignore_forced_sampling(mut self) -> Self {
        self.ignore_forced_sampling = true;
        self
    }

    /// What the run belongs to, such as its customer: runs of one key are kept together or left out together. See
    /// [`SamplingKey`].
    #[inline]
    pub fn sampling_key(mut self, key: impl Display) -> Self {
        self.sampling_key = sampling_key::of_users(&key);
        self
    }

    /// Never records the operation. It can still be replayed.
    #[inline]
    pub fn skip_recording(mut self) -> Self {
        self.skip_recording = true;
        self
    }

    /// Adds fields to the recording's metadata, made of the finished call. An extractor that fails or panics
    /// is logged, and the recording is kept without its fields. They count as what is recorded does, so that too much of them
    /// gives the recording up.
    #[inline]
    pub fn metadata<M, E>(
        mut self,
        extract: impl FnOnce(&FinishedCall<'_>) -> Result<M, E> + Send + 'static,
    ) -> Self
    where
        M: Serialize,
        E: std::fmt::Display,
    {
        self.metadata = Some(record::extractor(extract));
        self
    }

    /// What is recorded of the result, instead of the result: for types that serde cannot write, or should
    /// not.
    #[inline]
    pub fn result_handler_with<H>(self, handler: impl FnOnce() -> H) -> Operation<Handled<H>> {
        let handler = caught(handler);
        Operation {
            category: self.category,
            argument_names: self.argument_names,
            recorder: self.recorder,
            sampling_rate: self.sampling_rate,
            ignore_forced_sampling: self.ignore_forced_sampling,
            sampling_key: self.sampling_key,
            skip_recording: self.skip_recording,
            metadata: self.metadata,
            fault: handler.as_ref().err().cloned(),
            codec: Handled(handler.ok()),
        }
    }

    /// The arguments, as a tuple, for [`Recording::arguments`](crate::Recording::arguments) to give back.
    /// They are written down at once, and only if the operation is recorded or replayed.
    ///
    /// The operation begins here: the recorder that is in force here records it, even if it is run elsewhere.
    #[inline]
    pub fn args<A: Serialize + ?Sized>(self, arguments: &A) -> OperationCall<C> {
        let start = OperationStart {
            sampling_rate: self.sampling_rate,
            ignores_forced_sampling: self.ignore_forced_sampling,
            sampling_key: self.sampling_key,
            ..OperationStart::new(&self.category)
        };
        let start = (!self.skip_recording).then_some(start);
        let mut live = LiveOperation::enter(&self.category, start, self.recorder).map(|context| {
            let site = OperationSite {
                category: self.category,
                argument_names: self.argument_names,
                metadata: self.metadata,
            };
            Box::new(LiveOperation::new(context, site))
        });
        if let Some(live) = &mut live {
            match self.fault {
                Some(fault) => live.refuse(fault.into()),
                None => live.set_arguments(&mut plain(arguments)),
            }
        }
        OperationCall { live, codec: self.codec }
    }

    /// Runs the operation, without arguments. See [`OperationCall::run`].
    #[inline]
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R
    where
        C: Encode<R>,
    {
        self.args(&()).run(body)
    }

    /// Runs the operation, without arguments. See [`OperationCall::run_async`].
    #[inline]
    pub fn run_async<F: Future>(self, body: F) -> impl Future<Output = F::Output> + use<F, C>
    where
        C: Encode<F::Output>,
    {
        self.args(&()).run_async(body)
    }
}

/// An operation that is about to be run. See [`operation`].
#[must_use = "an operation does nothing until it is run"]
pub struct OperationCall<C = Plain> {
    live: Option<Box<LiveOperation>>,
    codec: C,
}

impl<C> OperationCall<C> {
    /// Runs the operation.
    #[inline]
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R
    where
        C: Encode<R>,
    {
        let Some(mut live) = self.live else { return body() };
        let result = live.poll(body);
        live.returned(&mut |encoder| self.codec.encode(&result, encoder));
        result
    }

    /// Runs the operation, when the returned future is awaited.
    ///
    /// The operation has begun with [`args`](Operation::args): the recorder that was in force *there* records it.
    /// So a scope goes around the expression as a whole, as around an `async` block or function that has it inside.
    #[inline]
    pub fn run_async<F: Future>(self, body: F) -> impl Future<Output = F::Output> + use<F, C>
    where
        C: Encode<F::Output>,
    {
        RunOperation { body: Some(body), live: self.live, codec: self.codec }
    }
}

pin_project! {
    /// The future of an operation.
    struct RunOperation<F, C> {
        // An option, so that it can be dropped in the operation's context.
        #[pin]
        body: Option<F>,
        live: Option<Box<LiveOperation>>,
        codec: C,
    }

    impl<F, C> PinnedDrop for RunOperation<F, C> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.live.as_mut().map(|live| Entered::new(&mut live.context));
            this.body.set(None);
        }
    }
}

impl<F: Future, C: Encode<F::Output>> Future for RunOperation<F, C> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        // Only a future that was dropped has no body, and that one is not polled.
        let Some(body) = this.body.as_pin_mut() else { return Poll::Pending };
        let Some(live) = this.live else { return body.poll(task) };
        let polled = live.poll(|| body.poll(task));
        if let Poll::Ready(result) = &polled {
            live.returned(&mut |encoder| this.codec.encode(result, encoder));
        }
        polled
    }
}

/// An operation that is being recorded or replayed: the part that is not generic.
struct LiveOperation {
    context: Context,
    site: OperationSite,
    /// The encoded arguments, and behind them the result.
    scratch: Scratch,
    arguments: usize,
    span: tracing::Span,
    /// The body was entered.
    began: bool,
    /// The body is running, so that being dropped now means that it panicked.
    running: bool,
    done: bool,
}

impl LiveOperation {
    /// The context for the operation, if it is to be recorded or replayed; none if it is to run as if nothing
    /// were there.
    fn enter(
        category: &str,
        start: Option<OperationStart<'_>>,
        recorder: Option<Arc<dyn Recorder>>,
    ) -> Option<Context> {
        let current = Context::current();
        if current.muted {
            return None;
        }
        let replay = match current.session() {
            // An operation inside a recorded one is part of it, even if the recording was given up.
            Some(Session::Recording(session)) if !session.has_ended() => return None,
            Some(Session::Replaying(replay)) => Some(replay),
            _ => None,
        };
        if let Some(replay) = replay {
            // Its lanes are its own, whatever was bound before it.
            let session = || Session::Replaying(Arc::clone(replay));
            return replay.enter_operation(category).then(|| current.with_session(session()));
        }
        // In a process that is given over to replaying, nothing is recorded: its calls are to be refused.
        if context::refuses_escapes() {
            return None;
        }
        let recorder = recorder.or_else(|| current.recorder.clone()).or_else(recorder::global)?;
        let session = record::Session::start(&start?, recorder)?;
        Some(current.with_session(Session::Recording(session)))
    }

    fn new(context: Context, site: OperationSite) -> Self {
        let recording_id = context.session().map(Session::recording_id);
        let span = tracing::info_span!(
            "operation",
            category = %site.category,
            recording_id = recording_id.map(tracing::field::display),
        );
        let max_bytes = context.session().and_then(Session::max_value_bytes);
        Self {
            context,
            site,
            scratch: Scratch::bounded(max_bytes),
            arguments: 0,
            span,
            began: false,
            running: false,
            done: false,
        }
    }

    fn set_arguments(&mut self, write: &mut Write<'_>) {
        match self.scratch.write(write) {
            Ok(()) => self.redact(Part::Arguments),
            Err(error) => self.refuse(error),
        }
        self.arguments = self.scratch.bytes().len();
    }

    /// Redacts the value written last, of arguments or of the result.
    fn redact(&mut self, part: Part) {
        let Some(session) = self.context.session() else { return };
        let marked = self.scratch.has_marked();
        if !marked && !session.redacts() {
            return;
        }
        let place = Place::new(part, &self.site.category).argument_names(self.site.argument_names);
        let start = self.arguments;
        let bytes = self.scratch.bytes().get(start..).unwrap_or_default();
        let encoded = Encoded { bytes, marked };
        let bytes = match session {
            // If that fails, the recording is given up.
            Session::Recording(session) => session.redact(&place, encoded, None).and_then(|made| made.bytes),
            Session::Replaying(session) => {
                let plain = if marked { unmarked(bytes) } else { None };
                let redacted = session.redact(&place, encoded, None).bytes;
                match redacted {
                    Some(redacted) => {
                        let plain = plain.as_deref().unwrap_or(bytes);
                        session
                            .is_recorded_unredacted(part, plain, &redacted)
                            .then(|| plain.to_vec())
                            .or(Some(redacted))
                    }
                    None => plain,
                }
            }
        };
        bytes.iter().for_each(|bytes| self.scratch.replace(start, bytes));
    }

    /// Runs the body, or polls it.
    fn poll<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.began = true;
        self.running = true;
        let result = {
            let _in_span = self.span.enter();
            let _in_context = Entered::new(&mut self.context);
            body()
        };
        self.running = false;
        result
    }

    /// Puts down the result.
    fn returned(&mut self, write: &mut Write<'_>) {
        match self.scratch.write(write) {
            Ok(()) => {
                self.redact(Part::Result);
                self.finish(Outcome::Returned);
            }
            Err(error) => {
                self.refuse(error);
                self.finish(Outcome::Panicked);
            }
        }
    }

    fn refuse(&self, error: Unwritten) {
        if let Some(session) = self.context.session() {
            session.refuse(self.site.category.clone(), error);
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        self.done = true;
        let (arguments, result) = self.scratch.bytes().split_at_checked(self.arguments).unwrap_or_default();
        let end = match outcome {
            Outcome::Returned => Ended::Returned(result),
            Outcome::Cancelled => Ended::Cancelled,
            Outcome::Panicked => Ended::Panicked,
        };
        let metadata = self.site.metadata.take();
        match self.context.session() {
            None => {}
            Some(Session::Recording(session)) => session.finish(&self.site, metadata, arguments, end),
            Some(Session::Replaying(session)) => session.finish_operation(&self.site, arguments, end),
        }
    }
}

impl Drop for LiveOperation {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if !self.began
            && let Some(Session::Recording(session)) = self.context.session()
        {
            session.discard(recorder::DiscardReason::NotRun);
        }
        self.finish(if self.running { Outcome::Panicked } else { Outcome::Cancelled });
    }
}

enum Outcome {
    Returned,
    Cancelled,
    Panicked,
}
