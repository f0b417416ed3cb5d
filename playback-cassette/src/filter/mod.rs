//! What a lookup asks of the metadata of recordings.

mod compare;
mod condition;
mod field;
mod text;

use playback_core::{Metadata, RecordingId};

pub use condition::Condition;

/// What a field of a recording's metadata has to be like.
///
/// The same as text, for the command line: field, operator, value, and further values after commas, of which
/// one has to fit. [`parse_list`](Self::parse_list) reads several, with spaces between them.
///
/// ```
/// use playback_cassette::{Condition, Filter};
///
/// let filter = Filter::new("status", Condition::any_of([Condition::at_least(500), Condition::equal(404)]));
/// assert_eq!(filter, "status>=500,404".parse()?);
/// assert_eq!(filter.to_string(), "status>=500,404");
/// assert_eq!(Filter::parse_list(r#"failed=true name=chk* note="two words" duration>250ms"#)?.len(), 4);
/// # Ok::<(), playback_cassette::Error>(())
/// ```
///
/// # Fields
///
/// | name | what it is |
/// |---|---|
/// | `id`, `category` | text, as [`RecordingId`] has them |
/// | `recorded_at` | a time; compares with RFC 3339's form (`2026-01-31T10:00:00Z`) and with a day (`2026-01-31`), which means its first moment: `>=2026-01-31` has the day in it, `<=2026-01-31` has not, and `<2026-02-01` has; `2026-01-31*` is the day |
/// | `duration` | compares with a number of seconds, and with a number and its unit: `250ms`, `1.5s`, `2m` |
/// | `failed`, `incomplete` | `true` or `false` |
/// | `service`, `service.version` | text; absent where the recorder was told no service |
/// | any other | what the operation added: `status`, nested `customer.country`, in a list `lines.0.sku` |
///
/// A name that starts with `fields.` is always one that the operation added, so `fields.failed` is the
/// operation's own.
///
/// # Values
///
/// Values compare as JSON has them: `500` and `500.0` are the same number whatever its Rust type. In a text
/// that is asked for, `*` stands for any text and `?` for any one character ([`Condition::exactly`], `==`,
/// takes them as they are). Numbers and texts have an order; what differs in type, or has no order, does not
/// match. As text, `true`, `false`, `null` and numbers are what they look like, and `"500"` is a text; objects
/// and lists are written as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    field: String,
    condition: Condition,
}

impl Filter {
    /// `field` has to meet `condition`: a [`Condition`], or a value to equal.
    pub fn new(field: impl Into<String>, condition: impl Into<Condition>) -> Self {
        Self { field: field.into(), condition: condition.into() }
    }

    /// The filters in a text, all of which have to match: `status>=500 name=chk* failed=true`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if it is no such text; the message says at which
    /// character, and what is expected there.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, crate::Error> {
        text::parse_list(text)
    }

    /// The name of the field that it looks at.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Whether a recording is as it has to be.
    #[must_use]
    pub fn matches(&self, id: &RecordingId, metadata: &Metadata) -> bool {
        self.condition.is_met_by(&field::resolve(&self.field, id, metadata))
    }
}
