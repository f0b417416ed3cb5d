//! Outputs: calls that send something out of an operation.

use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;

use super::call::LiveCall;
use super::codec::{Decode, Encode, Handled, Plain};
use super::run::{Policy, RunAsync, run};
use crate::Kind;
use crate::context::any_live;

/// Marks a call that sends something out of an operation: a write, a message, a response.
///
/// While recording, its arguments are kept as what was sent, and its result as the answer, under its
/// *alias* and its number among the calls of that alias. On replay the body does not run: the arguments are
/// captured again, to be compared, and the recorded answer is returned. Anywhere else the body runs as if
/// nothing were there.
///
/// The order of calls is: what the call is ([`argument_names`](Output::argument_names), fallbacks), how its
/// arguments are kept ([`handler_with`](Output::handler_with)), [`args`](Output::args), how its answer is
/// kept, what to do when nothing was recorded, and [`run`](Output::run) or [`run_async`](Output::run_async).
///
/// ```
/// let key = playback_core::output("receipts.store").args(&("receipt 7", 4_200)).run(|| 17);
/// assert_eq!(key, 17);
/// ```
#[inline]
pub fn output<R>(alias: impl Into<Cow<'static, str>>) -> Output<R> {
    output_live(|| alias.into())
}

/// The same as [`output`], under an alias that is made only if it is needed.
///
/// ```
/// let topic = "receipts";
/// playback_core::output_with(|| format!("queue.send/{topic}")).args(&("7",)).run(|| ());
/// ```
#[inline]
pub fn output_with<R>(alias: impl FnOnce() -> String) -> Output<R> {
    output_live(|| alias().into())
}

#[inline]
fn output_live<R>(alias: impl FnOnce() -> Cow<'static, str>) -> Output<R> {
    let call = if any_live() { LiveCall::enter(Kind::Output, alias) } else { None };
    Output { call, arguments: Some(Plain), answer: Some(Plain), policy: Policy::Fail, _result: PhantomData }
}

/// A call that sends something out of an operation and is answered by an `R`, about to be made. See
/// [`output`].
#[must_use = "an output does nothing until it is run"]
pub struct Output<R, C = Plain, P = Plain> {
    call: Option<Box<LiveCall>>,
    /// None only where it is not needed.
    arguments: Option<P>,
    /// None only where it is not needed.
    answer: Option<C>,
    policy: Policy<R>,
    _result: PhantomData<fn() -> R>,
}

impl<R, C, P> Output<R, C, P> {
    /// Names the arguments for people, in their order.
    #[inline]
    pub fn argument_names(mut self, names: &'static [&'static str]) -> Self {
        if let Some(call) = &mut self.call {
            call.name_arguments(names);
        }
        self
    }

    /// An alias that older recordings may have the call under. May be given several times; the first that
    /// has a recorded answer counts.
    #[inline]
    pub fn fallback(mut self, alias: impl Into<Cow<'static, str>>) -> Self {
        if let Some(call) = &mut self.call {
            call.add_fallback(alias.into());
        }
        self
    }

    /// Several [`fallback`](Self::fallback)s that are made only if they are needed.
    #[inline]
    pub fn fallback_with(mut self, aliases: impl FnOnce() -> Vec<String>) -> Self {
        if let Some(call) = &mut self.call {
            aliases().into_iter().for_each(|alias| call.add_fallback(alias.into()));
        }
        self
    }

    /// What is recorded of the arguments, instead of the arguments. To be stated before
    /// [`args`](Self::args). The handler is made only if it is needed.
    #[inline]
    pub fn handler_with<H>(self, handler: impl FnOnce() -> H) -> Output<R, C, Handled<H>> {
        let arguments = if self.call.is_some() { Some(Handled(handler())) } else { None };
        Output { call: self.call, arguments, answer: self.answer, policy: self.policy, _result: PhantomData }
    }

    /// What is sent, as a tuple. It is written down at once, and only if the call is recorded or replayed.
    #[inline]
    pub fn args<A: ?Sized>(mut self, arguments: &A) -> Self
    where
        P: Encode<A>,
    {
        if let (Some(call), Some(codec)) = (&mut self.call, &self.arguments) {
            call.set_arguments(&mut |encoder, bytes| codec.encode(arguments, encoder, bytes));
        }
        self
    }

    /// How the answer is recorded, and made again of what was recorded. The handler is made only if it is
    /// needed.
    #[inline]
    pub fn result_handler_with<H>(self, handler: impl FnOnce() -> H) -> Output<R, Handled<H>, P> {
        let answer = if self.call.is_some() { Some(Handled(handler())) } else { None };
        Output { call: self.call, arguments: self.arguments, answer, policy: self.policy, _result: PhantomData }
    }

    /// On replay, when no answer was recorded, as for an output that the recorded code did not have: this
    /// is the answer. By default the replay fails.
    ///
    /// To be stated after the fallbacks, which it needs to find out.
    #[inline]
    pub fn answer_when_unrecorded(mut self, answer: impl FnOnce() -> R) -> Self {
        if let Some(call) = &mut self.call
            && call.is_missing()
        {
            self.policy = Policy::Answer(call.mute(answer));
        }
        self
    }
}

impl<R, C: Encode<R> + Decode<R>, P> Output<R, C, P> {
    /// Makes the call.
    ///
    /// On replay it unwinds, without the panic hook being run, when it has no answer: [`replay`](crate::replay())
    /// catches that and returns the reason.
    #[inline]
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        match (self.call, self.answer) {
            (Some(call), Some(codec)) => run(call, &codec, self.policy, body),
            _ => body(),
        }
    }

    /// Makes the call, when the returned future is awaited.
    ///
    /// The future unwinds as [`run`](Self::run) does.
    #[inline]
    pub fn run_async<F: Future<Output = R>>(self, body: F) -> RunAsync<F, R, C> {
        RunAsync::new(self.call, self.answer, self.policy, body)
    }
}
