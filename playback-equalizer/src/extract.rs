//! What of a run is compared: ready-made parts, and the trait that they implement.
//!
//! ```
//! use playback_equalizer::{Criteria, extract};
//!
//! // The result, and the second argument of every `checkout.store`.
//! let criteria = Criteria::new().extractor(extract::result().and(extract::argument("checkout.store", 1)));
//! # let _ = criteria;
//! ```

use playback_core::value::{Name, Path, Segment};
use playback_core::{SentOutput, Tape, Value};

use crate::Error;
use crate::extracted::{Extracted, Part};

/// Takes from a run what is to be compared: once from what was recorded, once from what was replayed.
///
/// Closures are extractors as well, with whatever makes an [`Extracted`]:
///
/// ```
/// # use playback_core::{Kind, Tape};
/// use playback_core::Value;
/// use playback_equalizer::{Criteria, Error};
///
/// let reads = |tape: &Tape| Ok::<_, Error>(Value::from(tape.calls_of(Kind::Input).count()));
/// let criteria = Criteria::new().extractor(reads);
/// # let _ = criteria;
/// ```
pub trait Extractor: Send + Sync {
    /// What is to be compared.
    ///
    /// # Errors
    /// Whatever keeps it from being extracted; the comparison then is an
    /// [`EqualizerFailure`](crate::Status::EqualizerFailure).
    fn extract(&self, tape: &Tape) -> Result<Extracted, Error>;

    /// Whether it extracts from nothing but what went out, and whatever that is. Two runs that sent and returned the same
    /// need not be decoded then to know that the same would be extracted. No, unless said otherwise.
    fn takes_what_went_out(&self) -> bool {
        false
    }
}

impl<F, X, E> Extractor for F
where
    F: Fn(&Tape) -> Result<X, E> + Send + Sync,
    X: Into<Extracted>,
    E: Into<Error>,
{
    fn extract(&self, tape: &Tape) -> Result<Extracted, Error> {
        self(tape).map(Into::into).map_err(Into::into)
    }
}

/// The operation's result, and every output: what was sent of each. What is compared by default.
#[must_use]
pub fn everything() -> Extract {
    Extract(vec![Wanted::Everything])
}

/// The operation's result. Fails for an operation that did not return.
#[must_use]
pub fn result() -> Extract {
    Extract(vec![Wanted::Result])
}

/// What was sent by every call of an output: its arguments, in a list of all calls.
#[must_use]
pub fn outputs(alias: impl Into<String>) -> Extract {
    Extract(vec![Wanted::Outputs(alias.into())])
}

/// One argument of every call of an output, the first being number 0. Fails for a call that has no such
/// argument. As one value it is a list, with an element for each call.
#[must_use]
pub fn argument(alias: impl Into<String>, number: usize) -> Extract {
    Extract(vec![Wanted::Argument(alias.into(), number)])
}

/// A ready-made extractor: see [`everything`], [`result`], [`outputs`] and [`argument`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extract(Vec<Wanted>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Everything,
    Result,
    Outputs(String),
    Argument(String, usize),
}

impl Extract {
    /// This, and that as well.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Extractor for Extract {
    fn extract(&self, tape: &Tape) -> Result<Extracted, Error> {
        if let [Wanted::Result] = self.0.as_slice() {
            let result =
                tape.outputs().find(SentOutput::is_result).ok_or("the operation did not return a result")?;
            return Ok(Extracted::One(whole(&result)?));
        }
        let mut parts = Vec::new();
        for wanted in &self.0 {
            for output in tape.outputs() {
                parts.extend(wanted.of(&output)?);
            }
        }
        Ok(Extracted::Many(parts))
    }

    fn takes_what_went_out(&self) -> bool {
        // The others fail for some runs.
        self.0.iter().all(|wanted| matches!(wanted, Wanted::Everything | Wanted::Outputs(_)))
    }
}

impl Wanted {
    fn of(&self, output: &SentOutput<'_>) -> Result<Option<Part>, Error> {
        let part = match self {
            Self::Everything => whole(output)?,
            Self::Result if output.is_result() => whole(output)?,
            Self::Outputs(alias) if output.alias() == alias => whole(output)?,
            Self::Argument(alias, number) if output.alias() == alias => one_argument(output, *number)?,
            _ => return Ok(None),
        };
        Ok(Some(part))
    }
}

fn whole(output: &SentOutput<'_>) -> Result<Part, Error> {
    let key = output.key();
    let value = output.value().map_err(|error| format!("what {key} sent is unreadable: {error}"))?;
    let argument_names = (!output.is_result()).then(|| output.call().argument_names().into());
    Ok(Part { output: Some(key), path: Path::root(), argument_names, value })
}

fn one_argument(output: &SentOutput<'_>, number: usize) -> Result<Part, Error> {
    let missing =
        || format!("{} was called without an argument number {number}, counted from 0", output.key());
    let part = whole(output)?;
    let value = match part.value {
        Value::Seq(arguments) => arguments.into_iter().nth(number).ok_or_else(missing)?,
        // What a handler made of the arguments.
        prepared if number == 0 => prepared,
        _ => return Err(missing().into()),
    };
    let name = output.call().argument_names().get(number).map(|name| Segment::Field(Name::from(&**name)));
    let path = Path::from(vec![name.unwrap_or(Segment::Index(number))]);
    Ok(Part { path, argument_names: None, value, ..part })
}
