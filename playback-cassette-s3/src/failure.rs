//! The store's errors as a cassette's: what went wrong while doing what, where, and what to do.

use std::error::Error as StdError;
use std::io;

use object_store::Error as StoreError;
use playback_cassette::{Error, ErrorKind, RecordingId};

/// What went wrong with a recording. `act` reads "load" or "save".
pub(crate) fn of_recording(error: StoreError, act: &str, id: &RecordingId, place: &str) -> Error {
    match error {
        StoreError::NotFound { .. } => Error::not_found(id, place).with_source(error),
        error => of_place(error, &format!("{act} recording {id}"), place),
    }
}

/// What went wrong with the place as a whole. `act` reads "list the days of `Checkout`".
pub(crate) fn of_place(error: StoreError, act: &str, place: &str) -> Error {
    let (kind, remedy) = classify(&error);
    Error::new(kind, format!("cannot {act}: {place} {remedy}")).with_source(error)
}

fn classify(error: &StoreError) -> (ErrorKind, &'static str) {
    match error {
        StoreError::NotFound { .. } => (ErrorKind::NotFound, "does not have it; check the address"),
        StoreError::PermissionDenied { .. } => {
            (ErrorKind::Refused, "does not permit it; give these credentials the permission")
        }
        StoreError::Unauthenticated { .. } => {
            (ErrorKind::Refused, "does not accept the credentials; check that they are right and not expired")
        }
        StoreError::InvalidPath { .. } | StoreError::UnknownConfigurationKey { .. } => {
            (ErrorKind::Invalid, "cannot be addressed so; check the address and its options")
        }
        StoreError::NotSupported { .. } | StoreError::NotImplemented { .. } => {
            (ErrorKind::Other, "is a store that cannot do this; use another")
        }
        StoreError::Precondition { .. }
        | StoreError::AlreadyExists { .. }
        | StoreError::NotModified { .. } => (ErrorKind::Other, "has it changed by someone else; try again"),
        error => match io_kind(error) {
            Some(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
                (ErrorKind::Refused, "does not permit it; change its permissions")
            }
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                (ErrorKind::Other, "is full; free some space")
            }
            Some(io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists) => {
                (ErrorKind::Invalid, "is no directory; name another")
            }
            _ => (
                ErrorKind::Unreachable,
                "does not answer as it should; check its address and the way to it, and try again",
            ),
        },
    }
}

/// What the operating system said, if it was asked.
fn io_kind(error: &StoreError) -> Option<io::ErrorKind> {
    let mut beneath: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = beneath {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        beneath = error.source();
    }
    None
}
