//! What sampling remembers of each category.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::SystemTime;

use super::budget::Budget;
use super::slowest::Slowest;
use super::token_bucket::TokenBucket;

/// How many categories are told apart; a service has some dozens. All others are one. With what is remembered of the
/// [slowest](Slowest), that is less than 2 MiB.
const MOST: usize = 1024;

/// What is remembered of each category, bounded: categories can be made while the code runs, of what a stranger sends.
#[derive(Debug, Default)]
pub(in crate::recorder) struct Categories {
    known: RwLock<HashMap<Box<str>, Arc<Category>>>,
    others: Arc<Category>,
}

/// What is remembered of one category.
#[derive(Debug, Default)]
pub(super) struct Category(Mutex<Memory>);

/// Each from when it is needed first.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bucket: Option<TokenBucket>,
    budget: Option<Budget>,
    slowest: Slowest,
}

impl Categories {
    pub(super) fn of(&self, category: &str) -> Arc<Category> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(category) = known.get(category) {
            return Arc::clone(category);
        }
        let is_full = known.len() >= MOST;
        drop(known);
        if is_full || category.len() > playback_core::MAX_CATEGORY_BYTES {
            return Arc::clone(&self.others);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            return Arc::clone(&self.others);
        }
        Arc::clone(known.entry(category.into()).or_default())
    }
}

impl Category {
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    pub(super) fn bucket(&mut self, now: SystemTime, per_second: f64) -> &mut TokenBucket {
        self.bucket.get_or_insert_with(|| TokenBucket::new(now, per_second))
    }

    pub(super) fn budget(&mut self, now: SystemTime) -> &mut Budget {
        self.budget.get_or_insert_with(|| Budget::new(now))
    }

    pub(super) fn slowest(&mut self) -> &mut Slowest {
        &mut self.slowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_who_makes_categories_up_takes_no_more_memory_than_a_thousand_of_them_do() {
        let categories = Categories::default();
        let first = categories.of("Checkout");
        let length = playback_core::MAX_CATEGORY_BYTES;
        let long = |letter: &str| categories.of(&letter.repeat(length));
        assert!(!Arc::ptr_eq(&long("a"), &long("b")));
        let longer = |letter: &str| categories.of(&letter.repeat(length + 1));
        assert!(Arc::ptr_eq(&longer("a"), &longer("b")), "they can be part of no id");
        for number in 0..5000 {
            categories.of(&format!("Checkout {number}"));
        }
        categories.of(&"long".repeat(1000));
        assert_eq!(categories.known.read().unwrap().len(), MOST);
        assert!(Arc::ptr_eq(&categories.of("Checkout"), &first));
        assert!(Arc::ptr_eq(&categories.of("one more"), &categories.of("another")));
        assert!(!Arc::ptr_eq(&categories.of("one more"), &first));
    }
}
