//! A list that seldom grows long.

/// A list whose first items need no memory of their own, since nearly always there are no others.
///
/// Places without an item hold the default, so that to get one takes a single look.
#[derive(Debug)]
pub(super) struct Few<T, const N: usize> {
    first: [T; N],
    others: Vec<T>,
    len: usize,
}

impl<T: Copy + Default, const N: usize> Few<T, N> {
    #[inline]
    pub(super) fn new() -> Self {
        Few { first: [T::default(); N], others: Vec::new(), len: 0 }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The item at a place, or the default.
    #[inline]
    pub(super) fn get(&self, at: usize) -> T {
        match self.first.get(at) {
            Some(item) => *item,
            None => self.others.get(at - N).copied().unwrap_or_default(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) {
        match self.first.get_mut(self.len) {
            Some(place) => *place = item,
            None => self.others.push(item),
        }
        self.len += 1;
    }

    /// Keeps the first `len` items, if there are more.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.cut(len);
        }
    }

    #[cold]
    fn cut(&mut self, len: usize) {
        self.others.truncate(len.saturating_sub(N));
        self.first.iter_mut().take(self.len).skip(len).for_each(|item| *item = T::default());
        self.len = len;
    }
}
