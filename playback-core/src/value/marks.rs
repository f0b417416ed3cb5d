//! Whether what is secret by its type keeps its mark on the way into an encoder.
//!
//! The mark is the name of a newtype, and some serializers of serde's stand between a value and its encoder and drop such
//! names: those of `flatten` and of variants tagged inside. What came through without its mark cannot be told from the
//! rest any more, but that it did can be: it says so itself when it is serialized, and the encoder says which it marked.

use std::cell::Cell;

/// The name of the newtype that marks what is inside as secret.
pub(crate) const SECRET: &str = "$playback::Secret";

thread_local! {
    /// How many secrets of this thread were serialized, less those that were marked.
    static UNMARKED: Cell<u32> = const { Cell::new(0) };
}

pub(super) fn unmarked() -> u32 {
    UNMARKED.get()
}

/// To be called by each secret that is serialized, to whatever serializer.
pub(crate) fn begin_secret() {
    UNMARKED.set(UNMARKED.get().wrapping_add(1));
}

/// To be called by who marks one.
pub(super) fn mark_secret() {
    UNMARKED.set(UNMARKED.get().wrapping_sub(1));
}
