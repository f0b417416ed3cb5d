//! Where a live call is kept while it is made.
#![allow(clippy::vec_box, reason = "the boxes are what is used again")]

use std::cell::RefCell;

use super::call::LiveCall;

/// How many places a thread keeps.
const KEPT: usize = 8;

thread_local! {
    static PLACES: RefCell<Vec<Box<Place>>> = const { RefCell::new(Vec::new()) };
}

type Place = Option<LiveCall>;

/// A live call, or none, behind one pointer: in a place from the thread's pool, which is given back when it is dropped.
#[derive(Default)]
pub(super) struct Held(Option<Box<Place>>);

impl Held {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn new(call: LiveCall) -> Self {
        let pooled = PLACES.try_with(|places| places.try_borrow_mut().ok()?.pop()).ok().flatten();
        let mut place = pooled.unwrap_or_default();
        *place = Some(call);
        Self(Some(place))
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
        // In a thread that is being torn down it is simply freed.
        let _ = PLACES.try_with(|places| {
            if let Ok(mut places) = places.try_borrow_mut()
                && places.len() < KEPT
            {
                places.push(place);
            }
        });
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
