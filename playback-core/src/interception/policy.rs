//! What a replay does about a call without a recorded answer.
//!
//! Each way is a type, so that only a call that was given an answer carries a result, which need not be `Send`.

/// What a replay does about a call without a recorded answer that returns an `R`.
pub trait Policy<R> {
    /// What to do. Asked once.
    #[doc(hidden)]
    fn missing(&mut self) -> Missing<R>;
}

/// What to do about a call without a recorded answer.
#[doc(hidden)]
#[derive(Debug)]
pub enum Missing<R> {
    Fail,
    Call,
    Answer(R),
}

/// Fails the replay.
#[derive(Debug, Clone, Copy)]
pub struct Fail;

impl<R> Policy<R> for Fail {
    #[inline]
    fn missing(&mut self) -> Missing<R> {
        Missing::Fail
    }
}

/// Runs the body of the call.
#[derive(Debug, Clone, Copy)]
pub struct Call;

impl<R> Policy<R> for Call {
    #[inline]
    fn missing(&mut self) -> Missing<R> {
        Missing::Call
    }
}

/// Gives an answer, which was made when it was found that there is none.
#[derive(Debug, Clone, Copy)]
pub struct Answer<R>(pub(super) Option<R>);

impl<R> Policy<R> for Answer<R> {
    #[inline]
    fn missing(&mut self) -> Missing<R> {
        self.0.take().map_or(Missing::Fail, Missing::Answer)
    }
}
