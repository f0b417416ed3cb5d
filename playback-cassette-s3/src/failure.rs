//! The store's errors as a cassette's: what went wrong while doing what, where, and what to do.
//!
//! Object_store keeps the status and the body of a cloud's answer in types that are its own, and does not
//! classify what it hears to a listing. Both stand in the text of its errors, which is read here.

use std::error::Error as StdError;
use std::io;

use object_store::Error as StoreError;
use playback_cassette::{Error, ErrorKind, RecordingId};

/// What went wrong with a recording. `act` reads "load" or "save".
pub(crate) fn of_recording(error: StoreError, act: &str, id: &RecordingId, place: &str) -> Error {
    match error {
        // Where the bucket itself is missing, no recording is to blame.
        StoreError::NotFound { .. } if of_cloud(&chain(&error)).is_none() => {
            Error::not_found(id, place).with_source(error)
        }
        error => of_place(error, &format!("{act} recording {id}"), place),
    }
}

/// What went wrong with the place as a whole. `act` reads "list the days of `Checkout`".
pub(crate) fn of_place(error: StoreError, act: &str, place: &str) -> Error {
    let chain = chain(&error);
    let (kind, remedy) = match of_cloud(&chain) {
        Some((kind, remedy)) => (kind, remedy),
        None => classify(&error, &chain),
    };
    let region = match between(&chain, "<Region>", "</Region>") {
        Some(region) if remedy == OTHER_REGION => format!(" (it is in `{region}`)"),
        _ => String::new(),
    };
    Error::new(kind, format!("cannot {act}: {place} {remedy}{region}")).with_source(error)
}

const NO_PERMISSION: &str = "does not permit it; give these credentials the permission to list, read and, for recording, \
                             write and delete";
const BAD_CREDENTIALS: &str =
    "does not accept the credentials; check that they are right, not expired, and those of this store";
const OTHER_REGION: &str = "is in another region; name its region by the option `region` or by `AWS_REGION`";

/// What the code in a cloud's answer means, if it is one of those that call for something of their own.
fn of_cloud(chain: &str) -> Option<(ErrorKind, &'static str)> {
    if chain.contains("incorrectly configured region") {
        return Some((ErrorKind::Invalid, OTHER_REGION));
    }
    Some(match between(chain, "<Code>", "</Code>")? {
        "NoSuchBucket" | "ContainerNotFound" | "InvalidBucketName" | "ContainerBeingDeleted" => {
            (ErrorKind::Invalid, "does not exist; make it, or check its name in the address")
        }
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "IllegalLocationConstraintException" => (ErrorKind::Invalid, OTHER_REGION),
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "NotSignedUp"
        | "AuthenticationFailed"
        | "InvalidAuthenticationInfo"
        | "AuthenticationRequired" => (ErrorKind::Refused, BAD_CREDENTIALS),
        "RequestTimeTooSkewed" => {
            (ErrorKind::Refused, "finds this machine's clock wrong; set the clock right")
        }
        "AccessDenied"
        | "AllAccessDisabled"
        | "AccountProblem"
        | "AuthorizationFailure"
        | "AuthorizationPermissionMismatch"
        | "InsufficientAccountPermissions" => (ErrorKind::Refused, NO_PERMISSION),
        _ => return None,
    })
}

fn classify(error: &StoreError, chain: &str) -> (ErrorKind, &'static str) {
    match error {
        StoreError::NotFound { .. } => (ErrorKind::NotFound, "does not have it; check the address"),
        StoreError::PermissionDenied { .. } => (ErrorKind::Refused, NO_PERMISSION),
        StoreError::Unauthenticated { .. } => (ErrorKind::Refused, BAD_CREDENTIALS),
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
            _ => of_answer(chain),
        },
    }
}

/// What the text of an answer, or of none, means.
fn of_answer(chain: &str) -> (ErrorKind, &'static str) {
    // The machine's own service for tokens, at the paths that the clouds gave it: of which nothing says more
    // than that there are no other credentials.
    const OWN_TOKENS: [&str; 4] = [
        "/latest/api/token",
        "/latest/meta-data/iam/",
        "/computeMetadata/v1/",
        "/metadata/identity/oauth2/token",
    ];
    let asks_for_token = chain.contains("Error performing token request");
    if asks_for_token && matches!(status(chain), Some(400..500)) {
        return (ErrorKind::Refused, BAD_CREDENTIALS);
    }
    if asks_for_token || OWN_TOKENS.iter().any(|path| chain.contains(path)) {
        return (
            ErrorKind::Refused,
            "needs credentials, and there are none: set them in the environment or as options, or run where \
             the machine has a role",
        );
    }
    if chain.contains("scheme is not allowed") {
        return (
            ErrorKind::Invalid,
            "has an endpoint of `http`; use `https`, or allow it by `.allow_http(true)`",
        );
    }
    match status(chain) {
        Some(401) => (ErrorKind::Refused, BAD_CREDENTIALS),
        Some(403) => (ErrorKind::Refused, NO_PERMISSION),
        Some(404) => (ErrorKind::Invalid, "does not exist; make it, or check its name in the address"),
        Some(429 | 500..) => {
            (ErrorKind::Unreachable, "is overloaded or out of order; try again later, or ask less at a time")
        }
        Some(_) => (
            ErrorKind::Other,
            "refuses the request; what it says stands below; check the address and its options",
        ),
        None => (
            ErrorKind::Unreachable,
            "does not answer as it should; check its address and the way to it, and try again",
        ),
    }
}

/// What all errors beneath say.
fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(error) = beneath {
        text.push('\n');
        text.push_str(&error.to_string());
        beneath = error.source();
    }
    text
}

/// The status of the answer, as object_store's errors have it.
fn status(chain: &str) -> Option<u16> {
    let (_, status) = chain.split_once("status code: ")?;
    status.get(..3)?.parse().ok()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
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
