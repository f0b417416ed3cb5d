//! Places in memory that a thread uses again.

use std::cell::RefCell;
use std::thread::LocalKey;

/// How many places a thread keeps.
const KEPT: usize = 8;

/// The places of a thread that are not in use.
#[allow(clippy::vec_box, reason = "the boxes are what is used again")]
pub(crate) struct Pool<T>(RefCell<Vec<Box<T>>>);

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }
}

/// A place that is not in use, if the thread keeps one.
#[inline]
pub(crate) fn take<T>(pool: &'static LocalKey<Pool<T>>) -> Option<Box<T>> {
    pool.try_with(|pool| pool.0.try_borrow_mut().ok()?.pop()).ok().flatten()
}

/// Keeps a place for the next that needs one. In a thread that is being torn down it is simply freed.
#[inline]
pub(crate) fn give_back<T>(pool: &'static LocalKey<Pool<T>>, place: Box<T>) {
    let _ = pool.try_with(|pool| {
        if let Ok(mut places) = pool.0.try_borrow_mut()
            && places.len() < KEPT
        {
            places.push(place);
        }
    });
}
