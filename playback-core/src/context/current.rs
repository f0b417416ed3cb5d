//! The thread-local, and the guards that change it.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::Context;
use crate::redaction::Redactor;

thread_local! {
    static CURRENT: RefCell<Context> = const {
        RefCell::new(Context {
            lane: None,
            muted: false,
            recorder: None,
            redactor: None,
        })
    };
}

/// Looks at the current context; none where there is none to look at: in a thread that is being torn down.
pub(crate) fn with_current<R>(look: impl FnOnce(&Context) -> R) -> Option<R> {
    CURRENT.try_with(|current| current.try_borrow().ok().map(|current| look(&current))).ok().flatten()
}

/// The redactor in scope.
pub(crate) fn scoped_redactor() -> Option<Arc<dyn Redactor>> {
    with_current(|current| current.redactor.clone()).flatten()
}

/// Swaps a context in, and out again when dropped. Bound to its thread: `!Send`.
pub(crate) struct Entered<'c> {
    slot: &'c mut Context,
    _of_this_thread: PhantomData<*const ()>,
}

impl<'c> Entered<'c> {
    pub(crate) fn new(slot: &'c mut Context) -> Self {
        swap(slot);
        Self { slot, _of_this_thread: PhantomData }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        swap(self.slot);
    }
}

/// Mutes the current context, until dropped. Bound to its thread: `!Send`.
pub(crate) struct Muted {
    before: bool,
    _of_this_thread: PhantomData<*const ()>,
}

impl Muted {
    pub(crate) fn new() -> Self {
        Self { before: set_muted(true), _of_this_thread: PhantomData }
    }
}

impl Drop for Muted {
    fn drop(&mut self) {
        set_muted(self.before);
    }
}

fn swap(slot: &mut Context) {
    with_mut(|current| std::mem::swap(current, slot));
}

fn set_muted(muted: bool) -> bool {
    with_mut(|current| std::mem::replace(&mut current.muted, muted)).unwrap_or(false)
}

fn with_mut<R>(change: impl FnOnce(&mut Context) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| current.try_borrow_mut().ok().map(|mut current| change(&mut current)))
        .ok()
        .flatten()
}
