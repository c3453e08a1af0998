//! Each error as one line: what was tried, on what, what came back.

use std::fmt;

use acr_core::{Digest, DigestMismatch};
use acr_rest::{ErrorResponse, chain_text};

use super::{Error, ErrorKind};
use crate::Platform;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.0.attempt)?;
        if let Some(index) = self.0.index {
            write!(f, ", at index {index} of the set")?;
        }
        f.write_str(": ")?;
        match &self.0.kind {
            ErrorKind::InvalidInput(cause) => cause.fmt(f),
            ErrorKind::Response(response) => response.fmt(f),
            // With all that lies below: why an identity gave no token, or why nothing came, is what
            // one needs to know.
            ErrorKind::Auth(error) => f.write_str(&chain_text(&**error)),
            ErrorKind::Transport(source) => {
                write!(f, "no whole answer came: {}", chain_text(source.as_ref()))
            }
            ErrorKind::Timeout { after } => {
                write!(f, "it took longer than {after:?}")
            }
            ErrorKind::DigestMismatch {
                expected,
                actual,
                expected_size,
                actual_size,
            } => mismatch(expected, actual, *expected_size, *actual_size).fmt(f),
            ErrorKind::TooLarge { limit } => write!(f, "it has more than {limit} bytes"),
            ErrorKind::UnexpectedAnswer(what) => {
                write!(f, "the registry's answer cannot be used: {what}")
            }
            ErrorKind::Link(error) => error.fmt(f),
            ErrorKind::UploadLost { sent, response } => upload_lost(f, *sent, response.as_deref()),
            ErrorKind::Io(error) => error.fmt(f),
            ErrorKind::OtherTags(tags) => write!(
                f,
                "other tags point to the same manifest: {}",
                tags.join(", ")
            ),
            ErrorKind::NoPlatform { wanted, available } => no_platform(f, wanted, available),
            ErrorKind::AsyncContext => f.write_str(
                "within an async task nothing may wait: await the call, or wait within `spawn_blocking`",
            ),
        }
    }
}

fn upload_lost(
    f: &mut fmt::Formatter<'_>,
    sent: u64,
    response: Option<&ErrorResponse>,
) -> fmt::Result {
    write!(
        f,
        "the upload was lost after {sent} bytes, and its source cannot be read again"
    )?;
    response.map_or(Ok(()), |response| write!(f, ": {response}"))
}

fn no_platform(
    f: &mut fmt::Formatter<'_>,
    wanted: &Platform,
    available: &[Platform],
) -> fmt::Result {
    // An index of a whole distribution has a dozen.
    const SHOWN: usize = 20;
    if available.is_empty() {
        return write!(f, "it is no image for {wanted}");
    }
    let texts: Vec<_> = available
        .iter()
        .take(SHOWN)
        .map(Platform::to_string)
        .collect();
    write!(f, "it has none for {wanted}, but for {}", texts.join(", "))?;
    match available.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// How that is told has its home in acr-core.
fn mismatch(
    expected: &Digest,
    actual: &Digest,
    expected_size: Option<u64>,
    actual_size: u64,
) -> DigestMismatch {
    let mut mismatch = DigestMismatch::new(expected.clone(), actual.clone(), actual_size);
    mismatch.expected_size = expected_size;
    mismatch
}
