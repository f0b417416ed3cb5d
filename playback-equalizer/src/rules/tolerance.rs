//! How far apart two numbers may be.

use playback_core::Value;

use super::decimal::Decimal;

/// How far apart two numbers may be and still be taken for the same: by the larger of what is allowed absolutely and
/// of what is allowed relative to the larger number.
///
/// Integers are compared with integers and floats with floats, of either width. Decimals that serialize as text, such
/// as `"12.50"`, are numbers too, up to 38 digits and to the last of them; longer ones are text. How they are written
/// does not matter, so that `"007"` is `"7"`. An infinite number is near no other.
///
/// ```
/// use playback_equalizer::Tolerance;
///
/// let cents = Tolerance::absolute(0.01);
/// assert!(cents.allows(&12.50.into(), &12.504.into()));
/// assert!(!cents.allows(&12.50.into(), &12.52.into()));
/// assert!(Tolerance::relative(0.01).allows(&1_000.into(), &1_010.into()));
/// assert!(!cents.allows(&12.into(), &12.0.into())); // another type
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    absolute: f64,
    relative: f64,
}

impl Tolerance {
    /// As much as `by` apart, which must not be negative.
    #[must_use]
    pub fn absolute(by: f64) -> Self {
        Self { absolute: by, relative: 0.0 }
    }

    /// As much as this part of the larger number apart: 0.01 is one in a hundred.
    #[must_use]
    pub fn relative(by: f64) -> Self {
        Self { absolute: 0.0, relative: by }
    }

    /// Or as much as `by` apart, where that is more.
    #[must_use]
    pub fn or_absolute(self, by: f64) -> Self {
        Self { absolute: by, ..self }
    }

    /// Or as much as this part of the larger number apart, where that is more.
    #[must_use]
    pub fn or_relative(self, by: f64) -> Self {
        Self { relative: by, ..self }
    }

    /// Whether two values are numbers of the same kind that are near enough.
    #[must_use]
    pub fn allows(&self, one: &Value, other: &Value) -> bool {
        // A product may be a little less than what it stands for: 0.29 of 100 is no 29.
        let relatively = |apart: Apart| self.relative * apart.largest * (1.0 + f64::EPSILON);
        let allowed = |apart: Apart| apart.by <= self.absolute.max(relatively(apart));
        apart(one, other).is_some_and(|apart| apart.by.is_finite() && allowed(apart))
    }

    pub(crate) fn allowed_absolutely(&self) -> f64 {
        self.absolute
    }

    pub(crate) fn allowed_relatively(&self) -> f64 {
        self.relative
    }

    /// Whether both are zero or more, and finite.
    pub(crate) fn is_valid(&self) -> bool {
        [self.absolute, self.relative].iter().all(|by| by.is_finite() && *by >= 0.0)
    }
}

/// How far apart two numbers are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Apart {
    /// The distance.
    pub(crate) by: f64,
    /// The larger of the two, without its sign.
    pub(crate) largest: f64,
}

/// How far apart two values are, if they are numbers of the same kind.
#[expect(clippy::cast_precision_loss, reason = "a distance between large integers may be a little off")]
pub(crate) fn apart(one: &Value, other: &Value) -> Option<Apart> {
    let floats = |one: f64, other: f64| {
        let largest = one.abs().max(other.abs());
        // What decimals are apart is itself a little off in binary, and half a unit of the last place is let go.
        let by = ((one - other).abs() - f64::EPSILON * largest).max(0.0);
        (one.is_finite() && other.is_finite()).then_some(Apart { by, largest })
    };
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => match (one.as_i128(), other.as_i128()) {
            (Some(one), Some(other)) => Some(Apart {
                by: one.abs_diff(other) as f64,
                largest: one.unsigned_abs().max(other.unsigned_abs()) as f64,
            }),
            _ => {
                let (one, other) = (one.as_u128()?, other.as_u128()?);
                Some(Apart { by: one.abs_diff(other) as f64, largest: one.max(other) as f64 })
            }
        },
        (Value::String(one), Value::String(other)) => {
            let (one, other) = (Decimal::written(one)?, Decimal::written(other)?);
            let apart = floats(one.float(), other.float())?;
            // Where one is lost beside the other, floats are good enough.
            Some(Apart { by: one.apart(other).unwrap_or(apart.by), ..apart })
        }
        _ => floats(one.as_f64()?, other.as_f64()?),
    }
}
