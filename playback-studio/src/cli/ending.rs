//! Finding ids by their ends.

use futures::stream::{self, StreamExt, TryStreamExt};
use playback_cassette::{Error, Listing, RecordingId};
use time::macros::format_description;
use time::{Duration, UtcDateTime};

use super::id::ends_in;

/// How many lists are asked for at the same time.
const CONCURRENT: usize = 16;
/// How long the unique part of an id is,
const UNIQUE: usize = 26;
/// and how much of it says when the recording began, in milliseconds.
const MOMENT: usize = 10;
/// How long a day is, as ids have it.
const DAY: usize = 8;

/// All ids that end in a text, in their order.
///
/// Nothing is read, and no more is listed than the text leaves open: where it holds the day, or all of the unique
/// part, which tells the day, a list for each category, and otherwise one for each day of each.
pub(crate) async fn ids_ending_in(listing: &dyn Listing, end: &str) -> Result<Vec<RecordingId>, Error> {
    let open = Open::of(end);
    if let Some(day) = open.day_of_unique() {
        let found = listed(listing, end, &Open { day: Some(&day), ..open }).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        // An id may have been given to it, with any day.
    }
    listed(listing, end, &open).await
}

async fn listed(listing: &dyn Listing, end: &str, open: &Open<'_>) -> Result<Vec<RecordingId>, Error> {
    let mut categories = listing.list_categories().await?;
    categories.retain(|category| open.category.is_none_or(|end| category.ends_with(end)));
    let days = stream::iter(categories)
        .map(|category| async move {
            let days = match open.day {
                Some(day) if day.len() == DAY => vec![day.to_owned()],
                _ => listing.list_days(&category).await?,
            };
            Ok::<_, Error>(stream::iter(
                days.into_iter().map(move |day| Ok::<_, Error>((category.clone(), day))),
            ))
        })
        .buffer_unordered(CONCURRENT)
        .try_flatten()
        .try_filter(|(_, day)| std::future::ready(open.day.is_none_or(|end| day.ends_with(end))));
    let ids: Vec<Vec<RecordingId>> = days
        .map_ok(|(category, day)| async move { listing.list_ids(&category, &day).await })
        .try_buffer_unordered(CONCURRENT)
        .try_collect()
        .await?;
    let mut ids: Vec<RecordingId> = ids.into_iter().flatten().filter(|id| ends_in(id, end)).collect();
    ids.sort();
    Ok(ids)
}

/// What of an id an end leaves open: of each part the end of it, none where it may be any.
#[derive(Clone, Copy)]
struct Open<'e> {
    category: Option<&'e str>,
    day: Option<&'e str>,
    unique: &'e str,
}

impl<'e> Open<'e> {
    fn of(end: &'e str) -> Self {
        let Some((before, unique)) = end.rsplit_once('/') else {
            return Self { category: None, day: None, unique: end };
        };
        match before.rsplit_once('/') {
            Some((category, day)) => Self { category: Some(category), day: Some(day), unique },
            None => Self { category: None, day: Some(before), unique },
        }
    }

    /// The day that a whole unique part says, if the day is not given.
    fn day_of_unique(&self) -> Option<String> {
        if self.day.is_some() || self.unique.len() != UNIQUE {
            return None;
        }
        // Crockford's alphabet of 32 digits, which leaves out four letters.
        const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let moment = self.unique.get(..MOMENT)?.to_ascii_uppercase();
        let milliseconds = moment.chars().try_fold(0_i64, |moment, digit| {
            let digit = i64::try_from(DIGITS.find(digit)?).ok()?;
            moment.checked_mul(32)?.checked_add(digit)
        })?;
        let moment = UtcDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(milliseconds))?;
        moment.format(format_description!("[year][month][day]")).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use async_trait::async_trait;
    use futures::executor::block_on;
    use playback_cassette::{ErrorKind, Found};

    use super::*;

    /// Lists ids, and counts what it is asked for.
    struct Counting {
        ids: Vec<RecordingId>,
        asked: AtomicUsize,
    }

    impl Counting {
        fn distinct<T: Ord>(&self, part: impl Fn(&RecordingId) -> Option<T>) -> Result<Vec<T>, Error> {
            self.asked.fetch_add(1, Relaxed);
            let mut parts: Vec<T> = self.ids.iter().filter_map(part).collect();
            parts.sort();
            parts.dedup();
            Ok(parts)
        }
    }

    #[async_trait]
    impl Listing for Counting {
        async fn list_categories(&self) -> Result<Vec<String>, Error> {
            self.distinct(|id| Some(id.category().to_owned()))
        }
        async fn list_days(&self, category: &str) -> Result<Vec<String>, Error> {
            self.distinct(|id| (id.category() == category).then(|| id.day().to_owned()))
        }
        async fn list_ids(&self, category: &str, day: &str) -> Result<Vec<RecordingId>, Error> {
            self.distinct(|id| (id.category() == category && id.day() == day).then(|| id.clone()))
        }
        async fn read_metadata(&self, _: &RecordingId) -> Result<Found, Error> {
            Err(Error::new(ErrorKind::Other, "metadata is not needed"))
        }
    }

    #[test]
    fn no_more_is_listed_than_an_end_leaves_open() {
        // Of three categories, thirty days each, one recording a day, the unique part of which says the day.
        let id = |category: &str, day: u64| -> RecordingId {
            let unique = ulid::Ulid::from_parts(1_767_225_600_000 + day * 86_400_000, 7);
            format!("{category}/202601{:02}/{unique}", day + 1).parse().unwrap()
        };
        let categories = ["Checkout", "orders/eu", "orders/us"];
        let mut ids: Vec<RecordingId> =
            categories.iter().flat_map(|category| (0..30).map(|day| id(category, day))).collect();
        // One that was given an id by someone, with another day than its unique part says.
        ids.push("Checkout/20250131/01KG8V3Q2E9T0000000000000A".parse().unwrap());
        let (third, unique) = (id("orders/eu", 2), id("orders/eu", 2).unique().to_owned());
        for (end, number, lists) in [
            // The unique part as reports show it: the categories, and a list of each.
            (unique.clone(), 3, 4),
            (unique.to_lowercase(), 3, 4),
            (format!("20260103/{unique}"), 3, 4),
            (format!("eu/20260103/{unique}"), 1, 2),
            (format!("{third}"), 1, 2),
            (format!("03/{unique}"), 3, 1 + 3 + 3),
            // It does not say the day, or is not whole, and all have to be listed.
            ("01KG8V3Q2E9T0000000000000A".to_owned(), 1, 4 + 1 + 3 + 91),
            ("A".to_owned(), 1, 1 + 3 + 91),
            ("~".to_owned(), 0, 1 + 3 + 91),
        ] {
            let counting = Counting { ids: ids.clone(), asked: AtomicUsize::new(0) };
            let found = block_on(ids_ending_in(&counting, &end)).unwrap();
            let mut all: Vec<_> = ids.iter().filter(|id| ends_in(id, &end)).cloned().collect();
            all.sort();
            assert_eq!(found, all, "{end}");
            assert_eq!((found.len(), counting.asked.into_inner()), (number, lists), "{end}");
        }
    }
}
