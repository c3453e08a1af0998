//! Small blobs: one request each.

use std::sync::atomic::{AtomicU64, Ordering};

use acr_core::Digest;
use bytes::Bytes;
use http::StatusCode;

use crate::{
    Error, Repository, Result,
    blob::session::{Session, UPLOAD},
    call::Context,
    headers::same_digest,
    shared::answered,
};

/// Up to 4 MiB: what is held in memory, and what is lost when the connection breaks. What the
/// service takes at most is not known.
pub(super) const SMALL: u64 = 4 * 1024 * 1024;

/// What became of one request.
pub(super) enum Sent {
    Stored,
    /// The registry has opened an upload instead, which takes the bytes.
    Opened(Box<Session>),
    /// It does not take a blob in this way.
    Refused(StatusCode),
}

/// Up to which size the registry takes a blob in one request, as far as it has been seen. One that
/// does not know how is not asked with every blob.
#[derive(Debug)]
pub(crate) struct OneRequest {
    /// Sizes from here on are refused.
    refused_from: AtomicU64,
}

impl Default for OneRequest {
    fn default() -> Self {
        Self {
            refused_from: AtomicU64::new(u64::MAX),
        }
    }
}

impl OneRequest {
    pub(super) fn takes(&self, size: u64) -> bool {
        size < self.refused_from.load(Ordering::Relaxed)
    }

    /// For when the same blob was then taken in the ordinary way.
    pub(super) fn remember(&self, refusal: StatusCode, size: u64) {
        let from = match refusal {
            StatusCode::PAYLOAD_TOO_LARGE => size,
            _ => 0,
        };
        self.refused_from.fetch_min(from, Ordering::Relaxed);
    }
}

/// Sends a whole blob at once.
pub(super) async fn send(
    call: &Context,
    repository: &Repository,
    digest: &Digest,
    bytes: Bytes,
) -> Result<Sent> {
    let (attempt, size) = (repository.attempt(UPLOAD), bytes.len() as u64);
    let name = repository.name.as_str();
    let answer = call
        .rest
        .start_upload(name, Some(digest.as_str()), None, None, bytes)
        .await;
    let answer = match answered(&attempt, answer).await {
        Ok(answer) => answer,
        Err(error) => return refused(&error).map(Sent::Refused).ok_or(error),
    };
    if answer.status() == StatusCode::CREATED {
        same_digest(answer.headers(), digest, size).map_err(|kind| Error::new(attempt, kind))?;
        return Ok(Sent::Stored);
    }
    let session = Session::opened(repository.clone(), answer.headers(), digest.algorithm())?;
    Ok(Sent::Opened(Box::new(session)))
}

/// The status, if it is about the way and not about the blob.
fn refused(error: &Error) -> Option<StatusCode> {
    const OF_THE_WAY: [StatusCode; 7] = [
        StatusCode::BAD_REQUEST,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::LENGTH_REQUIRED,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::NOT_IMPLEMENTED,
    ];
    let about_the_blob = error.is_digest_mismatch() || error.is_locked();
    let status = error.status().filter(|_| !about_the_blob)?;
    OF_THE_WAY.contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_refusal() {
        let way = OneRequest::default();
        assert!(way.takes(SMALL));
        way.remember(StatusCode::PAYLOAD_TOO_LARGE, 1000);
        assert!(way.takes(999) && !way.takes(1000));
        way.remember(StatusCode::PAYLOAD_TOO_LARGE, 2000);
        assert!(!way.takes(1000));
        way.remember(StatusCode::NOT_IMPLEMENTED, 500);
        assert!(!way.takes(0));
    }

    #[test]
    fn what_is_about_the_blob_is_no_refusal_of_the_way() {
        let error = |status, code: &str| Error::builder(status).error(code, "no").build();
        let of = |status, code| refused(&error(status, code));
        let bad = StatusCode::BAD_REQUEST;
        assert_eq!(of(bad, "UNSUPPORTED"), Some(bad));
        assert_eq!(of(bad, "DIGEST_INVALID"), None);
        let locked = of(
            StatusCode::METHOD_NOT_ALLOWED,
            "REGISTRY_DISALLOWED_OPERATION",
        );
        assert_eq!(locked, None);
        assert_eq!(of(StatusCode::FORBIDDEN, "DENIED"), None);
    }
}
