//! How a call's values become bytes: as serde has them, or through a handler.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors::messages;
use crate::handler::{Prepare, Restore};
use crate::value::{self, BufferedEncoder, Decoder};

/// Writes values of one type.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be recorded",
    note = "derive or implement `serde::Serialize` for it, and `serde::Deserialize` if it is a result",
    note = "a result that serde cannot write, as of `anyhow::Error`, takes a handler from `playback_core::errors` or of \
            your own: `handler = …` on an input, `result_handler = …` on an output or operation",
    note = "an argument that is none, such as a connection, is left out with `skip(…)`"
)]
pub trait Encode<T: ?Sized> {
    /// Writes `value` behind what the encoder has.
    #[doc(hidden)]
    fn encode(&self, value: &T, encoder: &mut BufferedEncoder) -> Result<(), String>;
}

/// Reads values of one type.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be made again of a recording",
    note = "derive or implement `serde::Deserialize` for it, owned, or give the call a handler from \
            `playback_core::errors` or of your own: `handler = …` on an input, `result_handler = …` on an output"
)]
pub trait Decode<T> {
    /// Reads what [`Encode::encode`] wrote.
    #[doc(hidden)]
    fn decode(&self, bytes: &[u8]) -> Result<T, String>;
}

/// Values as serde has them.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl<T: Serialize + ?Sized> Encode<T> for Plain {
    #[inline]
    fn encode(&self, value: &T, encoder: &mut BufferedEncoder) -> Result<(), String> {
        encoder.encode(value).map_err(|error| error.to_string())
    }
}

impl<T: DeserializeOwned> Decode<T> for Plain {
    #[inline]
    fn decode(&self, bytes: &[u8]) -> Result<T, String> {
        value::decode(bytes).map_err(|error| error.to_string())
    }
}

/// Values as a handler prepares and restores them; without the handler where it is not needed.
#[derive(Debug, Clone, Copy)]
pub struct Handled<H>(pub(super) Option<H>);

impl<H> Handled<H> {
    fn handler(&self) -> Result<&H, String> {
        self.0.as_ref().ok_or_else(|| String::from("its handler was not made"))
    }
}

impl<T: ?Sized, H: Prepare<T>> Encode<T> for Handled<H> {
    fn encode(&self, value: &T, encoder: &mut BufferedEncoder) -> Result<(), String> {
        let prepared = self.handler()?.prepare(value).map_err(|error| messages(error.as_ref()).join(": "))?;
        encoder.encode(&*prepared).map_err(|error| error.to_string())
    }
}

impl<T, H: Restore<T>> Decode<T> for Handled<H> {
    fn decode(&self, bytes: &[u8]) -> Result<T, String> {
        restore(self.handler()?, bytes).map_err(|error| messages(error.as_ref()).join(": "))
    }
}

/// Restores a value from its bytes.
pub(crate) fn restore<T, H: Restore<T> + ?Sized>(
    handler: &H,
    bytes: &[u8],
) -> Result<T, crate::HandlerError> {
    let mut decoder = Decoder::new(bytes);
    let restored = handler.restore(&mut <dyn erased_serde::Deserializer<'_>>::erase(&mut decoder))?;
    Ok(restored)
}
