//! Running an interception: the same for inputs and outputs, in a sync and in an async form.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::call::{LiveCall, Step};
use super::codec::{Decode, Encode};
use crate::context::{Context, InContext, Muted};
use crate::replay::MatchedBy;

/// What a replay does about a call without a recorded answer.
pub(crate) enum Policy<R> {
    Fail,
    Call,
    Answer(R),
}

/// What a call comes to before its body is run.
enum Decision<R> {
    Answer(R),
    Run,
    /// Wait for being cancelled.
    Wait,
}

/// Decides on a call, once.
fn decide<R, C: Encode<R> + Decode<R>>(call: &mut LiveCall, codec: &C, policy: Policy<R>) -> Decision<R> {
    match (call.step(), policy) {
        (Step::Run, _) | (Step::Missing, Policy::Call) => Decision::Run,
        (Step::Answer(found), _) => match call.decode(&found, |bytes| codec.decode(bytes)) {
            Ok(result) => {
                call.answered(&found);
                Decision::Answer(result)
            }
            Err(error) => call.fail_restoring(&found, error),
        },
        (Step::Wait(found), _) => {
            call.answered(&found);
            Decision::Wait
        }
        (Step::Missing, Policy::Answer(result)) => {
            call.returned(&mut |encoder, bytes| codec.encode(&result, encoder, bytes), MatchedBy::Given);
            Decision::Answer(result)
        }
        (Step::Missing, Policy::Fail) => call.fail_missing(),
    }
}

/// Makes a sync call.
pub(crate) fn run<R, C: Encode<R> + Decode<R>>(
    mut call: Box<LiveCall>,
    codec: &C,
    policy: Policy<R>,
    body: impl FnOnce() -> R,
) -> R {
    match decide(&mut call, codec, policy) {
        Decision::Answer(result) => result,
        Decision::Wait => call.fail_waiting(),
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
    /// The future of an [`Input`](crate::Input) or an [`Output`](crate::Output).
    #[must_use = "futures do nothing unless polled"]
    pub struct RunAsync<F, R, C> {
        #[pin]
        body: InContext<F>,
        call: Option<Box<LiveCall>>,
        codec: Option<C>,
        // None once the call is decided on.
        policy: Option<Policy<R>>,
        waits: bool,
        _result: PhantomData<fn() -> R>,
    }
}

impl<F, R, C> RunAsync<F, R, C> {
    #[inline]
    pub(crate) fn new(call: Option<Box<LiveCall>>, codec: Option<C>, policy: Policy<R>, body: F) -> Self {
        let body = InContext::new(body, None);
        Self { body, call, codec, policy: Some(policy), waits: false, _result: PhantomData }
    }
}

impl<F, R, C> Future for RunAsync<F, R, C>
where
    F: Future<Output = R>,
    C: Encode<R> + Decode<R>,
{
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<R> {
        let this = self.project();
        match (this.call, this.codec) {
            (Some(call), Some(codec)) => poll_live(this.body, call, codec, this.policy, this.waits, task),
            _ => this.body.poll(task),
        }
    }
}

fn poll_live<F, R, C>(
    mut body: Pin<&mut InContext<F>>,
    call: &mut LiveCall,
    codec: &C,
    policy: &mut Option<Policy<R>>,
    waits: &mut bool,
    task: &mut TaskContext<'_>,
) -> Poll<R>
where
    F: Future<Output = R>,
    C: Encode<R> + Decode<R>,
{
    if let Some(policy) = policy.take() {
        match decide(call, codec, policy) {
            Decision::Answer(result) => return Poll::Ready(result),
            Decision::Run => body.as_mut().set_context(Context::current().muted()),
            Decision::Wait => *waits = true,
        }
    }
    if *waits {
        return Poll::Pending;
    }
    let polled = call.run(|| body.poll(task));
    if let Poll::Ready(result) = &polled {
        call.returned(&mut |encoder, bytes| codec.encode(result, encoder, bytes), MatchedBy::Called);
    }
    polled
}
