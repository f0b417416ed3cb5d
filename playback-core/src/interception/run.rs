//! Running an interception: the same for inputs and outputs, in a sync and in an async form.

use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::call::{LiveCall, Step};
use super::codec::{Decode, Encode, Handled, Plain};
use super::held::Held;
use super::policy::{Answer, Call, Fail, Missing, Policy};
use super::reached::Reached;
use crate::context::Muted;
use crate::replay::{self, MatchedBy};
use crate::value::{Name, Value};

/// A call whose arguments are known, and what is to be done about its answer.
pub(super) struct Answering<R, C, P> {
    call: Reached,
    codec: C,
    policy: P,
    _result: PhantomData<fn() -> R>,
}

impl<R> Answering<R, Plain, Fail> {
    #[inline]
    pub(super) fn new(call: Reached) -> Self {
        Self { call, codec: Plain, policy: Fail, _result: PhantomData }
    }
}

impl<R, C, P> Answering<R, C, P> {
    #[inline]
    pub(super) fn handled<H>(mut self, handler: impl FnOnce() -> H) -> Answering<R, Handled<H>, P> {
        let codec = Handled(self.call.make(handler));
        Answering { call: self.call, codec, policy: self.policy, _result: PhantomData }
    }

    #[inline]
    pub(super) fn call_when_missing(self) -> Answering<R, C, Call> {
        Answering { call: self.call, codec: self.codec, policy: Call, _result: PhantomData }
    }

    #[inline]
    pub(super) fn answer_when_missing(mut self, answer: impl FnOnce() -> R) -> Answering<R, C, Answer<R>> {
        let missing = self.call.call().is_some_and(LiveCall::is_missing);
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
        if self.call.live { run(self.call.call, self.codec, self.policy, body) } else { body() }
    }

    #[inline]
    pub(super) fn run_async<F: Future<Output = R>>(self, body: F) -> RunAsync<F, C, P> {
        let call = if self.call.live { self.call.call } else { Held::NONE };
        let call = ManuallyDrop::new(call);
        RunAsync { body: Some(body), call, codec: self.codec, policy: self.policy, state: State::Prepared }
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
    policy: &mut impl Policy<R>,
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
        Step::Wait(found) => without_answer(call, codec, |call| {
            call.wait(&found);
            Decision::Wait
        }),
        Step::Missing => match policy.missing() {
            Missing::Fail => without_answer(call, codec, |_| Decision::Fail),
            Missing::Call => Decision::Run,
            Missing::Answer(result) => {
                call.returned(&mut |encoder| codec.encode(&result, encoder), MatchedBy::Given);
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
        call.returned(&mut |encoder| codec.encode(&result, encoder), MatchedBy::Given);
        return Decision::Answer(result);
    }
    fail(call)
}

/// The answer of a call that is refused while its thread unwinds.
#[cold]
fn answer_refused<R, C: Decode<R>>(codec: &C) -> R {
    plainest().iter().find_map(|bytes| codec.decode(bytes).ok()).unwrap_or_else(|| replay::stop())
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

/// Makes a sync call where something is live.
#[inline(never)]
fn run<R, C: Encode<R> + Decode<R>>(
    mut call: Held,
    codec: C,
    mut policy: impl Policy<R>,
    body: impl FnOnce() -> R,
) -> R {
    let refused = !call.is_none();
    let Some(call) = call.get_mut() else { return if refused { answer_refused(&codec) } else { body() } };
    match decide(call, &codec, &mut policy) {
        Decision::Answer(result) => result,
        Decision::Wait => call.fail_waiting(),
        Decision::Fail => call.fail_missing(),
        Decision::Run => {
            if call.is_aside() {
                call.leave_in_flight();
            }
            let result = call.run(body);
            call.returned(&mut |encoder| codec.encode(&result, encoder), MatchedBy::Called);
            result
        }
    }
}

pin_project! {
    /// The future of an input or an output.
    pub(super) struct RunAsync<F, C, P> {
        // An option, so that it can be dropped muted.
        #[pin]
        body: Option<F>,
        // Taken when the future is dropped, and not dropped after that as well.
        call: ManuallyDrop<Held>,
        codec: C,
        policy: P,
        state: State,
    }

    impl<F, C, P> PinnedDrop for RunAsync<F, C, P> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if !this.call.is_none() {
                drop_live(this.body, std::mem::take(this.call));
            }
        }
    }
}

#[inline(never)]
fn drop_live<F>(mut body: Pin<&mut Option<F>>, call: Held) {
    {
        let _muted = Muted::new();
        body.set(None);
    }
    drop(call);
}

/// Where the future of a live call stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is not decided on.
    Prepared,
    /// The body is polled.
    Runs,
    /// It waits to be dropped, as when it was recorded.
    Waits,
    /// It was answered.
    Done,
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
        // Only a future that was dropped has no body, and that one is not polled.
        let Some(body) = this.body.as_pin_mut() else { return Poll::Pending };
        let refused = !this.call.is_none();
        match this.call.get_mut() {
            None if refused => Poll::Ready(answer_refused(this.codec)),
            None => body.poll(task),
            Some(call) => poll_live(body, call, this.codec, this.policy, this.state, task),
        }
    }
}

#[inline(never)]
fn poll_live<F, C, P>(
    body: Pin<&mut F>,
    call: &mut LiveCall,
    codec: &C,
    policy: &mut P,
    state: &mut State,
    task: &mut TaskContext<'_>,
) -> Poll<F::Output>
where
    F: Future,
    C: Encode<F::Output> + Decode<F::Output>,
    P: Policy<F::Output>,
{
    if *state == State::Prepared {
        match decide(call, codec, policy) {
            Decision::Answer(result) => {
                *state = State::Done;
                return Poll::Ready(result);
            }
            Decision::Run => *state = State::Runs,
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
        State::Fails => call.fail_missing(),
        State::Prepared | State::Done => return Poll::Pending,
        State::Waits => {
            call.keep_waiting(task.waker());
            return Poll::Pending;
        }
        State::Runs => {}
    }
    let polled = call.run(|| body.poll(task));
    match &polled {
        Poll::Ready(result) => {
            call.returned(&mut |encoder| codec.encode(result, encoder), MatchedBy::Called);
        }
        Poll::Pending => call.leave_in_flight(),
    }
    polled
}
