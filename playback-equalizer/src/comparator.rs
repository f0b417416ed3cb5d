//! Comparing what was extracted: the trait, and closures as comparators.

use std::borrow::Cow;

use playback_core::Value;
use serde::de::DeserializeOwned;

use crate::{Extracted, Rules, Verdict};

/// Says how two sides compare. Must not be surprised by anything that was recorded; one that panics makes
/// the comparison an [`EqualizerFailure`](crate::Status::EqualizerFailure).
///
/// Closures of two [`Value`]s are comparators as well, with a bare [`Status`](crate::Status) or a whole
/// [`Verdict`]; [`typed`] has them compare a type of their own.
///
/// ```
/// use playback_core::Value;
/// use playback_equalizer::{Criteria, Status, extract};
///
/// let criteria = Criteria::new().extractor(extract::result()).comparator(|recorded: &Value, replayed: &Value| {
///     if recorded.at("Ok.total") == replayed.at("Ok.total") { Status::Equal } else { Status::Different }
/// });
/// # let _ = criteria;
/// ```
pub trait Comparator: Send + Sync {
    /// How the two sides compare.
    fn compare(&self, sides: &Sides<'_>) -> Verdict;

    /// Whether it takes two sides for equal if they are the same, whatever they are, so that it need not see them. No,
    /// unless said otherwise: a comparator may know things that must not be, whether they were recorded or not.
    fn takes_same_for_equal(&self) -> bool {
        false
    }
}

/// The two sides of a comparison.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sides<'a> {
    /// What was extracted of the recorded run.
    pub recorded: &'a Extracted,
    /// What was extracted of the replay.
    pub replayed: &'a Extracted,
    /// Whether the recorded operation failed: it returned an `Err`, or panicked.
    pub recorded_failed: bool,
    /// Whether the replayed operation failed.
    pub replayed_failed: bool,
    /// What [`Criteria::comparison_data`](crate::Criteria::comparison_data) took from the recording; unit
    /// without it.
    pub data: &'a Value,
    /// The recording's category, if it is known.
    pub category: Option<&'a str>,
    /// What does not matter: of [`Criteria::rules`](crate::Criteria::rules). The comparator
    /// [`Structural`](crate::Structural) goes by them; one of your own may, by [`diff_with`](crate::diff_with).
    pub rules: &'a Rules,
}

impl<'a> Sides<'a> {
    /// Two sides of which nothing else is known.
    #[must_use]
    pub fn new(recorded: &'a Extracted, replayed: &'a Extracted) -> Self {
        static NO_RULES: Rules = Rules::new();
        Self {
            recorded,
            replayed,
            recorded_failed: false,
            replayed_failed: false,
            data: &Value::Unit,
            category: None,
            rules: &NO_RULES,
        }
    }
}

impl<F, V> Comparator for F
where
    F: Fn(&Value, &Value) -> V + Send + Sync,
    V: Into<Verdict>,
{
    fn compare(&self, sides: &Sides<'_>) -> Verdict {
        self(&sides.recorded.value(), &sides.replayed.value()).into()
    }
}

/// A comparator of two values in their own type. Where one of them cannot be read as a `T`, the comparison
/// is an [`EqualizerFailure`](crate::Status::EqualizerFailure) that says why.
///
/// ```
/// use playback_equalizer::{Criteria, Status, extract, typed};
///
/// let close = typed(|recorded: &f64, replayed: &f64| {
///     if (recorded - replayed).abs() < 0.01 { Status::Equal } else { Status::Different }
/// });
/// let criteria = Criteria::new().extractor(extract::result()).comparator(close);
/// # let _ = criteria;
/// ```
pub fn typed<T, V>(compare: impl Fn(&T, &T) -> V + Send + Sync) -> impl Comparator
where
    T: DeserializeOwned,
    V: Into<Verdict>,
{
    Typed(move |sides: &Sides<'_>| {
        Ok(compare(&read("recorded", sides.recorded.value())?, &read("replayed", sides.replayed.value())?)
            .into())
    })
}

/// As [`typed`], with what [`Criteria::comparison_data`](crate::Criteria::comparison_data) took from the
/// recording as the third.
///
/// ```
/// use playback_core::Recording;
/// use playback_equalizer::{Criteria, Error, Status, extract, typed_with_data};
///
/// let criteria = Criteria::new()
///     .extractor(extract::result())
///     .comparison_data(|recording: &Recording| recording.arguments::<(f64,)>().map(|(precision,)| precision))
///     .comparator(typed_with_data(|recorded: &f64, replayed: &f64, precision: &f64| {
///         if (recorded - replayed).abs() < *precision { Status::Equal } else { Status::Different }
///     }));
/// # let _ = criteria;
/// ```
pub fn typed_with_data<T, D, V>(compare: impl Fn(&T, &T, &D) -> V + Send + Sync) -> impl Comparator
where
    T: DeserializeOwned,
    D: DeserializeOwned,
    V: Into<Verdict>,
{
    Typed(move |sides: &Sides<'_>| {
        let data = read("comparison data", Cow::Borrowed(sides.data))?;
        let (recorded, replayed) = (sides.recorded.value(), sides.replayed.value());
        Ok(compare(&read("recorded", recorded)?, &read("replayed", replayed)?, &data).into())
    })
}

/// A comparator of types, as a closure that has them read.
struct Typed<F>(F);

impl<F: Fn(&Sides<'_>) -> Result<Verdict, Verdict> + Send + Sync> Comparator for Typed<F> {
    fn compare(&self, sides: &Sides<'_>) -> Verdict {
        (self.0)(sides).unwrap_or_else(|failure| failure)
    }
}

fn read<T: DeserializeOwned>(what: &str, value: Cow<'_, Value>) -> Result<T, Verdict> {
    value.to().map_err(|error| {
        let name = std::any::type_name::<T>();
        Verdict::failure(format_args!("the {what} value cannot be read as `{name}` to be compared: {error}"))
    })
}
