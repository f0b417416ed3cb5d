//! Where a live call is kept while it is made.

use super::call::LiveCall;
use crate::pool::{self, Pool};

thread_local! {
    static PLACES: Pool<Place> = const { Pool::new() };
}

type Place = Option<LiveCall>;

/// A live call, or none, behind one pointer: in a place from the thread's pool, which is given back when it is dropped.
/// A place without a call stands for one that is neither live nor to run.
#[derive(Default)]
pub(super) struct Held(Option<Box<Place>>);

impl Held {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn new(call: LiveCall) -> Self {
        let mut place = pool::take(&PLACES).unwrap_or_default();
        *place = Some(call);
        Self(Some(place))
    }

    /// A call that is refused, and yet has to return something.
    pub(super) fn refused() -> Self {
        Self(Some(Box::default()))
    }

    #[inline]
    pub(super) fn get_mut(&mut self) -> Option<&mut LiveCall> {
        self.0.as_deref_mut()?.as_mut()
    }

    /// Whether there is no call.
    #[inline]
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    #[inline(never)]
    fn give_back(mut place: Box<Place>) {
        *place = None;
        pool::give_back(&PLACES, place);
    }
}

impl Drop for Held {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            Self::give_back(place);
        }
    }
}
