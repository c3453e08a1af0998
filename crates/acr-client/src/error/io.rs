//! As an error of the standard library, for code that reads and writes streams.

use std::io;

use super::{Error, ErrorKind};

/// The kind is the nearest one; [`get_ref`](io::Error::get_ref) has the whole error.
///
/// ```
/// use acr_client::{Error, ErrorKind};
///
/// let error = Error::with_kind("download a blob", ErrorKind::TooLarge { limit: 9 });
/// let error = std::io::Error::from(error);
/// assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
/// assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()));
/// ```
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            _ if error.is_not_found() => io::ErrorKind::NotFound,
            _ if error.is_unauthorized() || error.is_locked() => io::ErrorKind::PermissionDenied,
            _ if error.is_timeout() => io::ErrorKind::TimedOut,
            _ if error.is_connect() => io::ErrorKind::NotConnected,
            _ if error.is_unsupported() => io::ErrorKind::Unsupported,
            ErrorKind::InvalidInput(_) => io::ErrorKind::InvalidInput,
            ErrorKind::DigestMismatch { .. }
            | ErrorKind::TooLarge { .. }
            | ErrorKind::UnexpectedAnswer(_)
            | ErrorKind::Link(_) => io::ErrorKind::InvalidData,
            ErrorKind::Transport(_) => io::ErrorKind::ConnectionAborted,
            ErrorKind::Io(error) => error.kind(),
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
