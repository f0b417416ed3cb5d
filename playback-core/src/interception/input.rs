//! Inputs: calls that bring something into an operation.

use std::borrow::Cow;
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{Decode, Encode, Handled, Plain};
use super::policy::{Answer, Call, Fail, Policy};
use super::reached::Reached;
use super::run::Answering;
use crate::Kind;
use crate::scratch::plain;

/// Marks a call that brings something into an operation: a query, a request, the time.
///
/// While recording, its result is kept under its *alias* and its arguments. On replay the body does not
/// run: the result comes from the recording. Anywhere else the body runs as if nothing were there.
///
/// First comes what the call is, then [`args`](Input::args), then how its result is kept and what to do when
/// nothing was recorded, and last [`run`](InputCall::run) or [`run_async`](InputCall::run_async).
///
/// ```
/// let ip = "192.0.2.7";
/// let country = playback_core::input("geo.lookup").args(&(ip,)).run(|| String::from("NL"));
/// assert_eq!(country, "NL");
/// ```
#[inline]
pub fn input(alias: impl Into<Cow<'static, str>>) -> Input {
    Input { call: Reached::by(Kind::Input, || alias.into()) }
}

/// The same as [`input`], under an alias that is made only if it is needed.
///
/// ```
/// let table = "customers";
/// let rows: u64 = playback_core::input_with(|| format!("db.count/{table}")).run(|| 3);
/// assert_eq!(rows, 3);
/// ```
#[inline]
pub fn input_with(alias: impl FnOnce() -> String) -> Input {
    Input { call: Reached::by(Kind::Input, || alias().into()) }
}

/// A call that brings something into an operation, before its arguments are known. See [`input`].
#[must_use = "an input does nothing until it is run"]
pub struct Input {
    call: Reached,
}

impl Input {
    /// Names the arguments for people, in their order. No key is made of the names.
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
    /// let name: String = playback_core::input_with(|| format!("crm.name/{email}"))
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

    /// The arguments that tell this call from others of its alias, as a tuple. They are written down at
    /// once, and only if the call is recorded or replayed.
    #[inline]
    pub fn args<A: Serialize + ?Sized, R>(self, arguments: &A) -> InputCall<R> {
        InputCall(Answering::new(self.call.with_arguments(&mut plain(arguments))))
    }

    /// Makes the call, without arguments: all calls of the alias are the same. See [`InputCall::run`].
    #[inline]
    pub fn run<R: Serialize + DeserializeOwned>(self, body: impl FnOnce() -> R) -> R {
        self.args(&()).run(body)
    }

    /// Makes the call, without arguments. See [`InputCall::run_async`].
    #[inline]
    pub fn run_async<F>(self, body: F) -> impl Future<Output = F::Output> + use<F>
    where
        F: Future<Output: Serialize + DeserializeOwned>,
    {
        self.args(&()).run_async(body)
    }
}

/// A call that brings an `R` into an operation, about to be made. See [`input`].
#[must_use = "an input does nothing until it is run"]
pub struct InputCall<R, C = Plain, P = Fail>(Answering<R, C, P>);

impl<R, C, P> InputCall<R, C, P> {
    /// How the result is recorded, and made again of what was recorded: for types that serde cannot write,
    /// or should not. The handler is made only if it is needed, so that it may look at the arguments.
    #[inline]
    pub fn handler_with<H>(self, handler: impl FnOnce() -> H) -> InputCall<R, Handled<H>, P> {
        InputCall(self.0.handled(handler))
    }

    /// On replay, when nothing was recorded: run the body. By default the replay fails.
    #[inline]
    pub fn call_when_missing(self) -> InputCall<R, C, Call> {
        InputCall(self.0.call_when_missing())
    }

    /// On replay, when nothing was recorded: this is the answer. By default the replay fails.
    ///
    /// Whether there is one is looked up here, so that a call of this kind takes its place among the calls of a replay where it
    /// is built: await it there. The answer is made only if it is needed, and what it calls runs as if nothing were there.
    #[inline]
    pub fn answer_when_missing(self, answer: impl FnOnce() -> R) -> InputCall<R, C, Answer<R>> {
        InputCall(self.0.answer_when_missing(answer))
    }
}

impl<R, C: Encode<R> + Decode<R>, P: Policy<R>> InputCall<R, C, P> {
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
