//! Inputs: calls that bring something into an operation.

use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;

use serde::Serialize;

use super::call::LiveCall;
use super::codec::{Decode, Encode, Handled, Plain};
use super::run::{Policy, RunAsync, run};
use crate::Kind;
use crate::context::any_live;
use crate::scratch::plain;

/// Marks a call that brings something into an operation: a query, a request, the time.
///
/// While recording, its result is kept under its *alias* and its arguments. On replay the body does not
/// run: the result comes from the recording. Anywhere else the body runs as if nothing were there.
///
/// The order of calls is: what the call is ([`argument_names`](Input::argument_names), fallbacks),
/// [`args`](Input::args), how its result is kept ([`handler_with`](Input::handler_with)), what to do when
/// nothing was recorded, and [`run`](Input::run) or [`run_async`](Input::run_async).
///
/// ```
/// let ip = "192.0.2.7";
/// let country = playback_core::input("geo.lookup").args(&(ip,)).run(|| String::from("NL"));
/// assert_eq!(country, "NL");
/// ```
#[inline]
pub fn input<R>(alias: impl Into<Cow<'static, str>>) -> Input<R> {
    input_live(|| alias.into())
}

/// The same as [`input`], under an alias that is made only if it is needed.
///
/// ```
/// let table = "customers";
/// let rows: u64 = playback_core::input_with(|| format!("db.count/{table}")).run(|| 3);
/// assert_eq!(rows, 3);
/// ```
#[inline]
pub fn input_with<R>(alias: impl FnOnce() -> String) -> Input<R> {
    input_live(|| alias().into())
}

#[inline]
fn input_live<R>(alias: impl FnOnce() -> Cow<'static, str>) -> Input<R> {
    let call = if any_live() { LiveCall::enter(Kind::Input, alias) } else { None };
    Input { call, codec: Some(Plain), policy: Policy::Fail, _result: PhantomData }
}

/// A call that brings a result `R` into an operation, about to be made. See [`input`].
#[must_use = "an input does nothing until it is run"]
pub struct Input<R, C = Plain> {
    call: Option<Box<LiveCall>>,
    /// None only where it is not needed.
    codec: Option<C>,
    policy: Policy<R>,
    _result: PhantomData<fn() -> R>,
}

impl<R, C> Input<R, C> {
    /// Names the arguments for people, in their order. No key is made of the names.
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

    /// The arguments that tell this call from others of its alias, as a tuple. They are written down at
    /// once, and only if the call is recorded or replayed; without any, all calls of an alias are the same.
    #[inline]
    pub fn args<A: Serialize + ?Sized>(mut self, arguments: &A) -> Self {
        if let Some(call) = &mut self.call {
            call.set_arguments(&mut plain(arguments));
        }
        self
    }

    /// How the result is recorded, and made again of what was recorded: for types that serde cannot write,
    /// or should not. The handler is made only if it is needed, so that it may look at the arguments.
    #[inline]
    pub fn handler_with<H>(self, handler: impl FnOnce() -> H) -> Input<R, Handled<H>> {
        let codec = if self.call.is_some() { Some(Handled(handler())) } else { None };
        Input { call: self.call, codec, policy: self.policy, _result: PhantomData }
    }

    /// On replay, when nothing was recorded: run the body. By default the replay fails.
    #[inline]
    pub fn call_when_missing(mut self) -> Self {
        self.policy = Policy::Call;
        self
    }

    /// On replay, when nothing was recorded: this is the answer. By default the replay fails.
    ///
    /// To be stated after the arguments and fallbacks, which it needs to find out.
    #[inline]
    pub fn answer_when_missing(mut self, answer: impl FnOnce() -> R) -> Self {
        if let Some(call) = &mut self.call
            && call.is_missing()
        {
            self.policy = Policy::Answer(call.mute(answer));
        }
        self
    }
}

impl<R, C: Encode<R> + Decode<R>> Input<R, C> {
    /// Makes the call.
    ///
    /// On replay it unwinds, without the panic hook being run, when it has no answer: [`replay`](crate::replay())
    /// catches that and returns the reason.
    #[inline]
    pub fn run(self, body: impl FnOnce() -> R) -> R {
        match (self.call, self.codec) {
            (Some(call), Some(codec)) => run(call, &codec, self.policy, body),
            _ => body(),
        }
    }

    /// Makes the call, when the returned future is awaited.
    ///
    /// The future unwinds as [`run`](Self::run) does.
    #[inline]
    pub fn run_async<F: Future<Output = R>>(self, body: F) -> RunAsync<F, R, C> {
        RunAsync::new(self.call, self.codec, self.policy, body)
    }
}
