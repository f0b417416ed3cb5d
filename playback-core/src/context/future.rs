//! Futures that carry a context.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::{Context, Entered};

pin_project! {
    /// A future that is polled, and dropped, in a [`Context`] of its own.
    #[must_use = "futures do nothing unless polled"]
    pub struct InContext<F> {
        // An option, so that the future can be dropped while the context is in force.
        #[pin]
        future: Option<F>,
        context: Option<Context>,
    }

    impl<F> PinnedDrop for InContext<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.context.as_mut().map(Entered::new);
            this.future.set(None);
        }
    }
}

impl<F> InContext<F> {
    /// A future in a context; without one, where it is polled.
    pub(crate) fn new(future: F, context: Option<Context>) -> Self {
        Self { future: Some(future), context }
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _entered = this.context.as_mut().map(Entered::new);
        match this.future.as_mut().as_pin_mut() {
            Some(future) => future.poll(task),
            // Only a future that was dropped is gone, and that one is not polled.
            None => Poll::Pending,
        }
    }
}

/// What futures can do in a recorded or replayed operation.
pub trait FutureExt: Future + Sized {
    /// Binds the future to the current context, so that it can be spawned.
    ///
    /// Each bound future has a lane of its own, numbered in the order of binding; see [`Context::bind`]. That also
    /// serves branches that are awaited in place, but at the same time, as by `join!` and `join_all`: in one lane,
    /// calls with equal keys are told apart by their order only, and that is a matter of timing.
    ///
    /// ```
    /// # async fn price(sku: &str) -> u64 { 7 }
    /// # fn main() {
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// use playback_core::FutureExt as _;
    ///
    /// let first = tokio::spawn(price("a").in_current_context());
    /// let second = tokio::spawn(price("b").in_current_context());
    /// assert_eq!(first.await.unwrap() + second.await.unwrap(), 14);
    /// # }) }
    /// ```
    fn in_current_context(self) -> InContext<Self> {
        Context::current().child().bind_future(self)
    }
}

impl<F: Future> FutureExt for F {}
