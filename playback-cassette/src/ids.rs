//! Names for new recordings.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use playback_core::RecordingId;
use ulid::Ulid;

use crate::timestamp::to_day;
use crate::{Error, ErrorKind};

/// Makes the ids of new recordings: the category, the UTC day, and a ULID of the time in milliseconds and
/// 80 random bits.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use playback_cassette::IdGenerator;
///
/// let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_817_600);
/// let id = IdGenerator::seeded(7).generate("Checkout", at)?;
/// assert_eq!(id.day(), "20260131");
/// assert_eq!(id, IdGenerator::seeded(7).generate("Checkout", at)?);
/// assert_ne!(id, IdGenerator::random().generate("Checkout", at)?);
/// # Ok::<(), playback_cassette::Error>(())
/// ```
#[derive(Debug)]
pub struct IdGenerator {
    /// None for the thread's own generator, which the operating system seeds.
    seeded: Option<Mutex<fastrand::Rng>>,
}

impl IdGenerator {
    /// Ids that no one else makes: the random bits are of cryptographic quality.
    #[must_use]
    pub fn random() -> Self {
        Self { seeded: None }
    }

    /// The same ids in every run, for tests. Not for two recorders that save to one place: they would make
    /// the same ids.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Mutex::new(fastrand::Rng::with_seed(seed))) }
    }

    /// The id of a recording of `category` that begins at `now`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the category cannot be part of an id, or if the year is not from 1970 to
    /// 9999: a ULID holds no other.
    pub fn generate(&self, category: &str, now: SystemTime) -> Result<RecordingId, Error> {
        let out_of_range = || {
            let message =
                "the clock is outside of the years 1970 to 9999, which an id can hold; set it right";
            Error::new(ErrorKind::Invalid, message)
        };
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| out_of_range())?;
        let day = to_day(now).ok_or_else(out_of_range)?;
        let unique = match &self.seeded {
            None => Ulid::from_datetime(now),
            Some(random) => {
                let random = random.lock().unwrap_or_else(PoisonError::into_inner).u128(..);
                Ulid::from_parts(milliseconds(since_epoch), random)
            }
        };
        Ok(RecordingId::new(category, &day, unique.array_to_str(&mut [0; ulid::ULID_LEN]))?)
    }
}

impl Default for IdGenerator {
    fn default() -> Self {
        Self::random()
    }
}

fn milliseconds(since_epoch: Duration) -> u64 {
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
