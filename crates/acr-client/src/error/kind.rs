//! What kind of failure it was.

use std::{error::Error as StdError, io, time::Duration};

use acr_core::{Digest, DigestMismatch, LinkError};
use acr_rest::{ErrorResponse, Failure, chain_text};

use crate::Platform;

/// What kind of failure it was.
///
/// ```
/// use acr_client::{Error, ErrorKind};
///
/// fn told(error: &Error) -> String {
///     match error.kind() {
///         ErrorKind::DigestMismatch { expected, actual, .. } => {
///             format!("wanted {expected}, got {actual}")
///         }
///         ErrorKind::OtherTags(tags) => format!("still in use as {}", tags.join(", ")),
///         _ => error.to_string(),
///     }
/// }
/// # let _ = told;
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was passed cannot be; nothing was sent.
    InvalidInput(Box<dyn StdError + Send + Sync>),
    /// The registry answered with an error.
    Response(Box<ErrorResponse>),
    /// There is no token, or the token is not enough.
    Auth(Box<acr_auth::Error>),
    /// No answer came, or it broke off.
    Transport(Box<dyn StdError + Send + Sync>),
    /// The time that [`timeout`](crate::Call::timeout) allowed for the call ran out. What the
    /// registry made of the request that was under way is not known.
    Timeout {
        /// The time that was allowed.
        after: Duration,
    },
    /// The bytes are not those of the digest, and were not delivered or stored as such.
    #[non_exhaustive]
    DigestMismatch {
        /// The digest that was wanted.
        expected: Digest,
        /// The digest of the bytes that came.
        actual: Digest,
        /// How many bytes there should have been, where that is known.
        expected_size: Option<u64>,
        /// How many bytes came.
        actual_size: u64,
    },
    /// There is more than was said to be the most.
    TooLarge {
        /// The most, in bytes.
        limit: u64,
    },
    /// The server's answer lacks something, or has something in it that cannot be.
    UnexpectedAnswer(String),
    /// The server's link leads elsewhere, and was not followed.
    Link(LinkError),
    /// The registry has given the upload up, and its source cannot be read again from the start.
    #[non_exhaustive]
    UploadLost {
        /// How many bytes were sent until then.
        sent: u64,
        /// What the registry answered, if it was an error.
        response: Option<Box<ErrorResponse>>,
    },
    /// The local file or stream failed.
    Io(io::Error),
    /// Deleting the manifest would take these other tags along.
    OtherTags(Vec<String>),
    /// There is no image for this platform.
    NoPlatform {
        /// The platform that was asked for.
        wanted: Box<Platform>,
        /// Those that there are images for.
        available: Vec<Platform>,
    },
    /// Something was to be waited for within an async task, where nothing may wait (feature
    /// `blocking`); nothing was sent.
    AsyncContext,
}

impl From<DigestMismatch> for ErrorKind {
    fn from(mismatch: DigestMismatch) -> Self {
        Self::DigestMismatch {
            expected: mismatch.expected,
            actual: mismatch.actual,
            expected_size: mismatch.expected_size,
            actual_size: mismatch.actual_size,
        }
    }
}

/// What a call of the raw bindings left.
pub(super) fn of_failure(failure: Failure) -> ErrorKind {
    match failure {
        Failure::Response(response) => ErrorKind::Response(response),
        Failure::Request(text) => ErrorKind::InvalidInput(text.into()),
        Failure::Transport(source) => of_transport(source),
        other => ErrorKind::UnexpectedAnswer(chain_text(&other)),
    }
}

/// The errors of our own middleware come out of the chain under their own names.
pub(crate) fn of_transport(source: Box<dyn StdError + Send + Sync>) -> ErrorKind {
    if let Some(too_long) = acr_rest::find::<acr_rest::TooLong>(source.as_ref()) {
        return ErrorKind::TooLarge {
            limit: too_long.limit,
        };
    }
    match acr_rest::find::<acr_auth::Error>(source.as_ref()) {
        Some(error) => ErrorKind::Auth(Box::new(error.clone())),
        None => ErrorKind::Transport(source),
    }
}
