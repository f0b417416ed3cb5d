//! What a recording is called.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest category, in bytes of its [encoded](RecordingId::encoded_category) form: with room to
/// spare, what every object store and file system takes as one part of a path.
pub const MAX_CATEGORY_BYTES: usize = 200;

/// The length of the unique part of an id, in characters.
const UNIQUE_LENGTH: usize = 26;
/// The length of the day, `YYYYMMDD`.
const DAY_LENGTH: usize = 8;
/// The length of what follows the category, with the slashes.
const REST_LENGTH: usize = 1 + DAY_LENGTH + 1 + UNIQUE_LENGTH;

/// The name of one recording: `{category}/{YYYYMMDD}/{unique}`.
///
/// The *category* is the kind of operation, any text a person would use. The *day* is the UTC day on which
/// the recording began. The *unique* part is a ULID: 26 characters of Crockford's base 32, ordered by time
/// (<https://github.com/ulid/spec>). An id is valid by construction, is cheap to clone, and sorts by
/// category, then by time.
///
/// ```
/// use playback_core::RecordingId;
///
/// let id: RecordingId = "orders/eu/20260131/01KG8V3Q2E9T0000000000000A".parse()?;
/// assert_eq!(id.category(), "orders/eu");
/// assert_eq!(id.day(), "20260131");
/// assert_eq!(id.to_path(), "orders%2Feu/20260131/01KG8V3Q2E9T0000000000000A");
///
/// let error = "Checkout/yesterday/1".parse::<RecordingId>().unwrap_err();
/// assert!(error.to_string().contains("the day `yesterday` is not of the form YYYYMMDD"));
/// # Ok::<(), playback_core::InvalidId>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RecordingId {
    /// `{category}/{day}/{unique}`: one text, since one is made for every recording, on the service's thread.
    text: Arc<str>,
}

impl RecordingId {
    /// An id of its three parts.
    ///
    /// # Errors
    /// [`InvalidId`] if the category is empty, too long or has a control character in it, if the day is not
    /// a date as `YYYYMMDD`, or if the unique part is not a ULID.
    pub fn new(category: &str, day: &str, unique: &str) -> Result<Self, InvalidId> {
        let refuse = |why: String| InvalidId { id: format!("{category}/{day}/{unique}"), why };
        validate_category(category).map_err(refuse)?;
        validate_day(day).map_err(refuse)?;
        validate_unique(unique).map_err(refuse)?;
        // Put together on the stack, so that there is one allocation.
        let mut room = [0; MAX_CATEGORY_BYTES + REST_LENGTH];
        let mut length = 0;
        for part in [category, "/", day, "/", unique] {
            if let Some(place) = room.get_mut(length..length + part.len()) {
                place.copy_from_slice(part.as_bytes());
            }
            length += part.len();
        }
        let (text, _) = room.split_at_mut_checked(length).unwrap_or_default();
        if let Some(unique) = text.get_mut(category.len()..) {
            unique.make_ascii_uppercase();
        }
        // It is of texts, so that it is one.
        Ok(Self { text: std::str::from_utf8(text).unwrap_or_default().into() })
    }

    /// The kind of operation, as it was given.
    #[must_use]
    pub fn category(&self) -> &str {
        self.parts().0
    }

    /// The UTC day on which the recording began, as `YYYYMMDD`.
    #[must_use]
    pub fn day(&self) -> &str {
        self.parts().1.get(1..=DAY_LENGTH).unwrap_or_default()
    }

    /// The part that no other recording has: a ULID.
    #[must_use]
    pub fn unique(&self) -> &str {
        self.parts().1.get(DAY_LENGTH + 2..).unwrap_or_default()
    }

    /// The category, and `/{day}/{unique}`.
    fn parts(&self) -> (&str, &str) {
        // Ids are longer by construction.
        self.text.split_at_checked(self.text.len().saturating_sub(REST_LENGTH)).unwrap_or_default()
    }

    /// The id as a path of exactly three parts, safe as an object's key and as a file's name: what is
    /// not an ASCII letter, a digit, `-`, `_` or an inner `.` is percent-encoded in the category.
    #[must_use]
    pub fn to_path(&self) -> String {
        let (category, rest) = self.parts();
        Self::encode_category(category) + rest
    }

    /// The category as the first part of [`to_path`](Self::to_path).
    #[must_use]
    pub fn encoded_category(&self) -> String {
        Self::encode_category(self.category())
    }

    /// A category as one part of a path; see [`to_path`](Self::to_path).
    #[must_use]
    pub fn encode_category(category: &str) -> String {
        use fmt::Write as _;
        let mut encoded = String::with_capacity(category.len());
        let last = category.len().saturating_sub(1);
        for (at, byte) in category.bytes().enumerate() {
            if is_plain(byte, at, last) {
                encoded.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    }

    /// The id of a path made by [`to_path`](Self::to_path).
    ///
    /// # Errors
    /// [`InvalidId`] if it is not such a path.
    pub fn from_path(path: &str) -> Result<Self, InvalidId> {
        let refuse = |why: &str| InvalidId { id: path.to_owned(), why: why.to_owned() };
        let mut parts = path.split('/');
        let (Some(category), Some(day), Some(unique), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refuse("a recording's path has three parts: category, day, unique"));
        };
        let category = Self::decode_category(category)
            .ok_or_else(|| refuse("the category is not percent-encoded as a recording's path is"))?;
        Self::new(&category, day, unique)
    }

    /// The category that [`encode_category`](Self::encode_category) made `encoded` of, or none if it made
    /// nothing like it.
    #[must_use]
    pub fn decode_category(encoded: &str) -> Option<String> {
        let mut bytes = Vec::with_capacity(encoded.len());
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            } else {
                bytes.push(byte);
            }
        }
        let category = String::from_utf8(bytes).ok()?;
        // One category has one path, so that nothing can hide under a second spelling.
        (Self::encode_category(&category) == encoded).then_some(category)
    }

    /// Checks that `category` can be a category.
    ///
    /// # Errors
    /// [`InvalidId`] if it is empty, longer than [`MAX_CATEGORY_BYTES`] or has a control character in it.
    pub fn check_category(category: &str) -> Result<(), InvalidId> {
        validate_category(category).map_err(|why| InvalidId { id: category.to_owned(), why })
    }
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// By category, then by time: a slash sorts behind some of what a category may go on with.
impl Ord for RecordingId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for RecordingId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingId({self})")
    }
}

impl FromStr for RecordingId {
    type Err = InvalidId;

    fn from_str(id: &str) -> Result<Self, InvalidId> {
        // From the end, because a category may have a slash in it.
        let mut parts = id.rsplitn(3, '/');
        let (Some(unique), Some(day), Some(category)) = (parts.next(), parts.next(), parts.next()) else {
            let why = "an id has three parts, `{category}/{YYYYMMDD}/{ulid}`".to_owned();
            return Err(InvalidId { id: id.to_owned(), why });
        };
        Self::new(category, day, unique)
    }
}

/// A text that is no [`RecordingId`], or cannot be the category of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    id: String,
    why: String,
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} names no recording: {}", self.id, self.why)
    }
}

impl std::error::Error for InvalidId {}

/// Whether a byte of a category, at this position of those up to the last, stands for itself in a path.
fn is_plain(byte: u8, at: usize, last: usize) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at != 0 && at != last)
}

fn validate_category(category: &str) -> Result<(), String> {
    if category.trim().is_empty() {
        return Err("the category is empty; name the kind of operation".to_owned());
    }
    if let Some(control) = category.chars().find(|c| c.is_control()) {
        return Err(format!("the category has the control character {control:?} in it; leave it out"));
    }
    let last = category.len().saturating_sub(1);
    let length = |(at, byte)| if is_plain(byte, at, last) { 1 } else { 3 };
    let encoded: usize = category.bytes().enumerate().map(length).sum();
    if encoded > MAX_CATEGORY_BYTES {
        return Err(format!(
            "the category takes {encoded} bytes as part of a path, and {MAX_CATEGORY_BYTES} are allowed; shorten it"
        ));
    }
    Ok(())
}

fn validate_day(day: &str) -> Result<(), String> {
    let number = |from: usize, to: usize| day.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let digits = day.len() == DAY_LENGTH && day.bytes().all(|byte| byte.is_ascii_digit());
    match (digits, number(0, 4), number(4, 6), number(6, 8)) {
        (true, Some(year), Some(month), Some(date)) if (1..=days_in(year, month)).contains(&date) => Ok(()),
        _ => Err(format!("the day `{day}` is not of the form YYYYMMDD")),
    }
}

/// How many days a month has in the Gregorian calendar; none if there is no such month.
fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

fn validate_unique(unique: &str) -> Result<(), String> {
    let crockford =
        |c: u8| c.is_ascii_alphanumeric() && !matches!(c.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U');
    // The first of 26 characters holds three bits of the 128 only.
    let fits = unique.bytes().next().is_some_and(|first| (b'0'..=b'7').contains(&first));
    if unique.len() == UNIQUE_LENGTH && fits && unique.bytes().all(crockford) {
        Ok(())
    } else {
        Err(format!("`{unique}` is not a ULID, 26 characters of 0-9 and A-Z without I, L, O, U"))
    }
}
