//! What an interception finds when it is reached.

use std::borrow::Cow;

use super::call::LiveCall;
use super::held::Held;
use crate::Kind;
use crate::context;
use crate::scratch::Write;

/// What an interception found when it was reached.
///
/// Whether anything is live is decided by one load, before anything is looked at. It is kept as the truth value that it is,
/// so that the compiler sees one branch in all that follows, and where nothing is live the rest is not in the way.
pub(super) struct Reached {
    /// Whether anything is live in the process.
    pub(super) live: bool,
    /// The call, if it is to be recorded or replayed.
    pub(super) call: Held,
}

impl Reached {
    /// A call of an alias, which is made only if it is needed.
    #[inline]
    pub(super) fn by(kind: Kind, alias: impl FnOnce() -> Cow<'static, str>) -> Self {
        let live = context::any_live();
        Self { live, call: if live { LiveCall::enter(kind, alias) } else { Held::NONE } }
    }

    /// The call, if it is to be recorded or replayed.
    #[inline]
    pub(super) fn call(&mut self) -> Option<&mut LiveCall> {
        if self.live { self.call.get_mut() } else { None }
    }

    /// Makes something that the call needs, if it is to be recorded or replayed.
    #[inline]
    pub(super) fn make<T>(&mut self, make: impl FnOnce() -> T) -> Option<T> {
        self.call().and_then(|call| call.make(make))
    }

    /// The call with its arguments taken down.
    #[inline]
    pub(super) fn with_arguments(self, write: &mut Write<'_>) -> Self {
        let Self { live, call } = self;
        Self { live, call: if live { LiveCall::with_arguments(call, write) } else { Held::NONE } }
    }
}
