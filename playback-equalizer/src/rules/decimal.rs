//! Decimal numbers that are written as text.

/// A number as it is written: so many units of a power of ten. No float stands between, of which one is nearest to many
/// long numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    units: i128,
    exponent: i32,
    /// The float that is nearest to it.
    float: f64,
}

/// Longer ones are not looked at: their digits would not fit.
const LONGEST: usize = 64;

impl Decimal {
    /// What a text says; none where it is no number, or one of more than 38 digits.
    pub(super) fn written(text: &str) -> Option<Self> {
        // Nothing that only Rust reads as a number, such as `inf`.
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
        if text.len() > LONGEST || !text.chars().all(is_part) {
            return None;
        }
        let float = text.parse().ok().filter(|float: &f64| float.is_finite())?;
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let units = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Self { units, exponent, float })
    }

    pub(super) fn float(self) -> f64 {
        self.float
    }

    /// How far apart two are; none where one is so much larger that the other is lost beside it.
    pub(super) fn apart(self, other: Self) -> Option<f64> {
        let exponent = self.exponent.min(other.exponent);
        let units = self.units_of(exponent)?.abs_diff(other.units_of(exponent)?);
        // Through text, so that it is the float that people would write.
        format!("{units}e{exponent}").parse().ok()
    }

    /// How many units of a smaller power of ten it is, if that is a number of 38 digits.
    fn units_of(self, exponent: i32) -> Option<i128> {
        let more = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        if self.units == 0 { Some(0) } else { self.units.checked_mul(10_i128.checked_pow(more)?) }
    }
}
