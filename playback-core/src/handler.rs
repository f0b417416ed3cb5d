//! Data handlers: what is recorded of a value instead of the value itself.

/// What a handler says when it cannot do its work.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Says what is recorded of a value.
///
/// On an input it prepares the result, on an output the arguments (a tuple of references, as the call
/// has them) or the answer. While recording, a handler that fails discards the recording and leaves the
/// call alone; on replay it fails the replay.
pub trait Prepare<T: ?Sized> {
    /// What to record of `value`.
    ///
    /// # Errors
    /// Whatever keeps it from being recorded.
    fn prepare<'a>(&'a self, value: &'a T) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError>;
}

/// Makes a value of what was recorded of it.
pub trait Restore<T> {
    /// The value that `recorded` was prepared of.
    ///
    /// # Errors
    /// Whatever keeps it from being restored.
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<T, HandlerError>;
}

/// Both ways: what an input's handler must know. Whatever is [`Prepare`] and [`Restore`] is this too.
///
/// ```
/// use playback_core::{DataHandler, HandlerError, Prepare, Restore};
///
/// /// A temperature that is kept in tenths of degrees.
/// struct Tenths;
///
/// impl Prepare<f64> for Tenths {
///     fn prepare<'a>(&'a self, value: &'a f64) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
///         Ok(Box::new((value * 10.0).round() as i64))
///     }
/// }
///
/// impl Restore<f64> for Tenths {
///     fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<f64, HandlerError> {
///         Ok(erased_serde::deserialize::<i64>(recorded)? as f64 / 10.0)
///     }
/// }
///
/// let handler: &dyn DataHandler<f64> = &Tenths;
/// # let _ = handler;
/// let read = playback_core::input("sensor.read").args(&()).handler_with(|| Tenths).run(|| 21.34);
/// assert_eq!(read, 21.34); // live, a handler has no part in it
/// ```
pub trait DataHandler<T>: Prepare<T> + Restore<T> {}

impl<T, H: Prepare<T> + Restore<T> + ?Sized> DataHandler<T> for H {}

impl<T: ?Sized, H: Prepare<T> + ?Sized> Prepare<T> for &H {
    fn prepare<'a>(&'a self, value: &'a T) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        (**self).prepare(value)
    }
}

impl<T, H: Restore<T> + ?Sized> Restore<T> for &H {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<T, HandlerError> {
        (**self).restore(recorded)
    }
}

impl<T: ?Sized, H: Prepare<T> + ?Sized> Prepare<T> for Box<H> {
    fn prepare<'a>(&'a self, value: &'a T) -> Result<Box<dyn erased_serde::Serialize + 'a>, HandlerError> {
        (**self).prepare(value)
    }
}

impl<T, H: Restore<T> + ?Sized> Restore<T> for Box<H> {
    fn restore(&self, recorded: &mut dyn erased_serde::Deserializer<'_>) -> Result<T, HandlerError> {
        (**self).restore(recorded)
    }
}
