//! Running an interception: the same for inputs and outputs, in a sync and in an async form.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::call::{LiveCall, Step};
use super::codec::{Decode, Encode, Handled, Plain};
use super::policy::{Answer, Call, Fail, Missing, Policy};
use crate::context::{Context, InContext, Muted};
use crate::replay::{self, MatchedBy};
use crate::value::{Name, Value};

/// A call whose arguments are known, and what is to be done about its answer.
pub(super) struct Answering<R, C, P> {
    call: Option<Box<LiveCall>>,
    /// None only where it is not needed.
    codec: Option<C>,
    policy: P,
    _result: PhantomData<fn() -> R>,
}

impl<R> Answering<R, Plain, Fail> {
    #[inline]
    pub(super) fn new(call: Option<Box<LiveCall>>) -> Self {
        Self { call, codec: Some(Plain), policy: Fail, _result: PhantomData }
    }
}

impl<R, C, P> Answering<R, C, P> {
    #[inline]
    pub(super) fn handled<H>(self, handler: impl FnOnce() -> H) -> Answering<R, Handled<H>, P> {
        let codec = if self.call.is_some() { Some(Handled(handler())) } else { None };
        Answering { call: self.call, codec, policy: self.policy, _result: PhantomData }
    }

    #[inline]
    pub(super) fn call_when_missing(self) -> Answering<R, C, Call> {
        Answering { call: self.call, codec: self.codec, policy: Call, _result: PhantomData }
    }

    #[inline]
    pub(super) fn answer_when_missing(mut self, answer: impl FnOnce() -> R) -> Answering<R, C, Answer<R>> {
        let missing = match &mut self.call {
            Some(call) => call.is_missing(),
            None => false,
        };
        let policy = Answer(missing.then(|| {
            let _muted = Muted::new();
            answer()
        }));
        Answering { call: self.call, codec: self.codec, policy, _result: PhantomData }
    }
}

impl<R, C: Encode<R> + Decode<R>, P: Policy<R>> Answering<R, C, P> {
    #[inline]
    pub(super) fn run(self, body: impl FnOnce() -> R) -> R {
        match (self.call, self.codec) {
            (Some(call), Some(codec)) => run(call, &codec, self.policy, body),
            _ => body(),
        }
    }

    #[inline]
    pub(super) fn run_async<F: Future<Output = R>>(self, body: F) -> RunAsync<F, C, P> {
        let Self { call, codec, policy, .. } = self;
        RunAsync { body: InContext::new(body, None), call, codec, policy: Some(policy), state: State::Runs }
    }
}

/// What a call comes to before its body is run.
enum Decision<R> {
    Answer(R),
    Run,
    /// Wait for being cancelled.
    Wait,
    /// There is no answer, and there is nothing to do without one.
    Fail,
}

/// Decides on a call, once.
fn decide<R, C: Encode<R> + Decode<R>>(
    call: &mut LiveCall,
    codec: &C,
    policy: impl Policy<R>,
) -> Decision<R> {
    match call.step() {
        Step::Run => Decision::Run,
        Step::Answer(found) => match call.decode(&found, |bytes| codec.decode(bytes)) {
            Ok(result) => {
                call.answered(&found);
                Decision::Answer(result)
            }
            Err(error) => without_answer(call, codec, |call| call.fail_restoring(&found, error)),
        },
        Step::Wait(found) => {
            call.wait(&found);
            Decision::Wait
        }
        Step::Missing => match policy.missing() {
            Missing::Fail => without_answer(call, codec, |_| Decision::Fail),
            Missing::Call => Decision::Run,
            Missing::Answer(result) => {
                call.returned(&mut |encoder, bytes| codec.encode(&result, encoder, bytes), MatchedBy::Given);
                Decision::Answer(result)
            }
        },
        Step::Panicked => without_answer(call, codec, |call| call.fail_panicked()),
        Step::Refused => without_answer(call, codec, |_| replay::stop()),
    }
}

/// Fails a call, but not while the thread unwinds: a second panic would abort the process. Then a guard is being
/// dropped that makes a call, as one that rolls back, and the call is given the plainest answer that its type takes.
fn without_answer<R, C: Encode<R> + Decode<R>>(
    call: &mut LiveCall,
    codec: &C,
    fail: impl FnOnce(&mut LiveCall) -> Decision<R>,
) -> Decision<R> {
    if std::thread::panicking()
        && let Some(result) = plainest().iter().find_map(|bytes| codec.decode(bytes).ok())
    {
        call.returned(&mut |encoder, bytes| codec.encode(&result, encoder, bytes), MatchedBy::Given);
        return Decision::Answer(result);
    }
    fail(call)
}

/// The answers that are tried when a call must be answered and there is none, encoded.
fn plainest() -> Vec<Vec<u8>> {
    let ok = Value::Variant(Name::from("Ok"), Some(Box::new(Value::Unit)));
    let values = [Value::Unit, ok, Value::None, false.into(), 0u8.into(), "".into(), Value::Seq(Vec::new())];
    let encoded = |value: &Value| {
        let mut bytes = Vec::new();
        value.encode_into(&mut bytes).ok().map(|()| bytes)
    };
    values.iter().filter_map(encoded).collect()
}

/// Makes a sync call.
fn run<R, C: Encode<R> + Decode<R>>(
    mut call: Box<LiveCall>,
    codec: &C,
    policy: impl Policy<R>,
    body: impl FnOnce() -> R,
) -> R {
    match decide(&mut call, codec, policy) {
        Decision::Answer(result) => result,
        Decision::Wait => call.fail_waiting(),
        Decision::Fail => call.fail_missing(),
        Decision::Run => {
            let result = call.run(|| {
                let _muted = Muted::new();
                body()
            });
            call.returned(&mut |encoder, bytes| codec.encode(&result, encoder, bytes), MatchedBy::Called);
            result
        }
    }
}

pin_project! {
    /// The future of an input or an output.
    pub(super) struct RunAsync<F, C, P> {
        #[pin]
        body: InContext<F>,
        call: Option<Box<LiveCall>>,
        codec: Option<C>,
        // None once the call is decided on.
        policy: Option<P>,
        state: State,
    }
}

/// Where the future of an interception stands, once it is decided on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The body is polled.
    Runs,
    /// Nothing more will come: it waits to be dropped.
    Waits,
    /// It fails when it is polled again.
    Fails,
}

impl<F, C, P> Future for RunAsync<F, C, P>
where
    F: Future,
    C: Encode<F::Output> + Decode<F::Output>,
    P: Policy<F::Output>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        match (this.call, this.codec) {
            (Some(call), Some(codec)) => poll_live(this.body, call, codec, this.policy, this.state, task),
            _ => this.body.poll(task),
        }
    }
}

fn poll_live<F, C, P>(
    mut body: Pin<&mut InContext<F>>,
    call: &mut LiveCall,
    codec: &C,
    policy: &mut Option<P>,
    state: &mut State,
    task: &mut TaskContext<'_>,
) -> Poll<F::Output>
where
    F: Future,
    C: Encode<F::Output> + Decode<F::Output>,
    P: Policy<F::Output>,
{
    if let Some(policy) = policy.take() {
        match decide(call, codec, policy) {
            Decision::Answer(result) => {
                *state = State::Waits;
                return Poll::Ready(result);
            }
            Decision::Run => body.as_mut().set_context(Context::current().muted()),
            Decision::Wait => *state = State::Waits,
            Decision::Fail => {
                // A branch of a `select!` may be polled in one run and not in the other, where another branch is
                // ready at once. Only one that is polled again is really waited for.
                *state = State::Fails;
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }
    match state {
        State::Waits => return Poll::Pending,
        State::Fails => call.fail_missing(),
        State::Runs => {}
    }
    let polled = call.run(|| body.poll(task));
    if let Poll::Ready(result) = &polled {
        call.returned(&mut |encoder, bytes| codec.encode(result, encoder, bytes), MatchedBy::Called);
    }
    polled
}
