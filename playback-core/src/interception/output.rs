//! Outputs: calls that send something out of an operation.

use std::borrow::Cow;
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{Decode, Encode, Handled, Plain};
use super::policy::{Answer, Fail, Policy};
use super::reached::Reached;
use super::run::Answering;
use crate::Kind;
use crate::value::BufferedEncoder;

/// Marks a call that sends something out of an operation: a write, a message, a response.
///
/// While recording, its arguments are kept as what was sent, and its result as the answer, under its
/// *alias* and its number among the calls of that alias. On replay the body does not run: the arguments are
/// captured again, to be compared, and the recorded answer is returned. Anywhere else the body runs as if
/// nothing were there.
///
/// First comes what the call is and how its arguments are kept, then [`args`](Output::args), then how its
/// answer is kept and what to do when none was recorded, and last [`run`](OutputCall::run) or
/// [`run_async`](OutputCall::run_async).
///
/// ```
/// let key = playback_core::output("receipts.store").args(&("receipt 7", 4_200)).run(|| 17);
/// assert_eq!(key, 17);
/// ```
#[inline]
pub fn output(alias: impl Into<Cow<'static, str>>) -> Output {
    Output { call: Reached::by(Kind::Output, || alias.into()), codec: Plain }
}

/// The same as [`output`], under an alias that is made only if it is needed.
///
/// ```
/// let topic = "receipts";
/// playback_core::output_with(|| format!("queue.send/{topic}")).args(&("7",)).run(|| ());
/// ```
#[inline]
pub fn output_with(alias: impl FnOnce() -> String) -> Output {
    Output { call: Reached::by(Kind::Output, || alias().into()), codec: Plain }
}

/// A call that sends something out of an operation, before its arguments are known. See [`output`].
#[must_use = "an output does nothing until it is run"]
pub struct Output<P = Plain> {
    call: Reached,
    codec: P,
}

impl<P> Output<P> {
    /// Names the arguments for people, in their order.
    #[inline]
    pub fn argument_names(mut self, names: &'static [&'static str]) -> Self {
        if let Some(call) = self.call.call() {
            call.name_arguments(names);
        }
        self
    }

    /// Says what the alias was made of: each text, and the way to the value that it was, as `argument.field`. So
    /// rules of redaction that lead there hold for the alias as well, also where the argument itself is left out. Asked for
    /// only where a redactor is in force; the attributes do it by themselves.
    ///
    /// ```
    /// let email = "ann@example.com";
    /// let name: String = playback_core::output_with(|| format!("crm.greet/{email}"))
    ///     .made_of(|| vec![("email", email.to_owned())])
    ///     .run(|| "Ann".to_owned());
    /// assert_eq!(name, "Ann");
    /// ```
    #[inline]
    pub fn made_of(mut self, parts: impl FnOnce() -> Vec<(&'static str, String)>) -> Self {
        if let Some(call) = self.call.call() {
            call.made_of(parts);
        }
        self
    }

    /// An alias that older recordings may have the call under. May be given several times; the first that
    /// has a recorded answer counts.
    #[inline]
    pub fn fallback(mut self, alias: impl Into<Cow<'static, str>>) -> Self {
        if let Some(call) = self.call.call() {
            call.add_fallback(alias.into());
        }
        self
    }

    /// Several [`fallback`](Self::fallback)s that are made only if they are needed.
    #[inline]
    pub fn fallback_with(mut self, aliases: impl FnOnce() -> Vec<String>) -> Self {
        let aliases = self.call.make(aliases);
        if let Some(call) = self.call.call() {
            aliases.into_iter().flatten().for_each(|alias| call.add_fallback(alias.into()));
        }
        self
    }

    /// What is recorded of the arguments, instead of the arguments. The handler is made only if it is needed.
    #[inline]
    pub fn handler_with<H>(mut self, handler: impl FnOnce() -> H) -> Output<Handled<H>> {
        let codec = Handled(self.call.make(handler));
        Output { call: self.call, codec }
    }

    /// What is sent, as a tuple. It is written down at once, and only if the call is recorded or replayed.
    #[inline]
    pub fn args<A: ?Sized, R>(self, arguments: &A) -> OutputCall<R>
    where
        P: Encode<A>,
    {
        let Self { call, codec } = self;
        let mut write = |encoder: &mut BufferedEncoder| codec.encode(arguments, encoder);
        OutputCall(Answering::new(call.with_arguments(&mut write)))
    }
}

impl Output {
    /// Makes the call, which sends nothing but the fact that it is made. See [`OutputCall::run`].
    #[inline]
    pub fn run<R: Serialize + DeserializeOwned>(self, body: impl FnOnce() -> R) -> R {
        self.args(&()).run(body)
    }

    /// Makes the call, which sends nothing but the fact that it is made. See [`OutputCall::run_async`].
    #[inline]
    pub fn run_async<F>(self, body: F) -> impl Future<Output = F::Output> + use<F>
    where
        F: Future<Output: Serialize + DeserializeOwned>,
    {
        self.args(&()).run_async(body)
    }
}

/// A call that sends something out of an operation and is answered by an `R`, about to be made. See
/// [`output`].
#[must_use = "an output does nothing until it is run"]
pub struct OutputCall<R, C = Plain, P = Fail>(Answering<R, C, P>);

impl<R, C, P> OutputCall<R, C, P> {
    /// How the answer is recorded, and made again of what was recorded. The handler is made only if it is
    /// needed.
    #[inline]
    pub fn result_handler_with<H>(self, handler: impl FnOnce() -> H) -> OutputCall<R, Handled<H>, P> {
        OutputCall(self.0.handled(handler))
    }

    /// On replay, when no answer was recorded, as for an output that the recorded code did not have: this
    /// is the answer. By default the replay fails.
    ///
    /// Whether there is one is looked up here, so that a call of this kind takes its place among the calls of a replay where it
    /// is built: await it there. The answer is made only if it is needed, and what it calls runs as if nothing were there.
    #[inline]
    pub fn answer_when_unrecorded(self, answer: impl FnOnce() -> R) -> OutputCall<R, C, Answer<R>> {
        OutputCall(self.0.answer_when_missing(answer))
    }
}

impl<R, C: Encode<R> + Decode<R>, P: Policy<R>> OutputCall<R, C, P> {
    /// Makes the call.
    ///
    /// On replay it unwinds, without the panic hook being run, when it has no answer: [`replay`](crate::replay())
    /// catches that and returns the reason.
    #[inline]
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        self.0.run(body)
    }

    /// Makes the call, when the returned future is awaited.
    ///
    /// The future unwinds as [`run`](Self::run) does.
    #[inline]
    pub fn run_async<F: Future<Output = R>>(self, body: F) -> impl Future<Output = R> + use<F, R, C, P> {
        self.0.run_async(body)
    }
}
