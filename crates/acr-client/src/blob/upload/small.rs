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
    /// It does not take the blob in this way.
    Refused(Lesson),
}

/// What the refusal of one blob says of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    Nothing,
    /// It takes none of this size or more.
    Size(u64),
    /// It takes none.
    Way,
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
    pub(super) fn remember(&self, lesson: Lesson) {
        let from = match lesson {
            Lesson::Nothing => return,
            Lesson::Size(size) => size,
            Lesson::Way => 0,
        };
        if from < self.refused_from.fetch_min(from, Ordering::Relaxed) {
            tracing::debug!(
                from,
                "blobs of so many bytes or more go by a session from now on"
            );
        }
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
        Err(error) => return refused(&error, size).map(Sent::Refused).ok_or(error),
    };
    if answer.status() == StatusCode::CREATED {
        same_digest(answer.headers(), digest, size).map_err(|kind| Error::new(attempt, kind))?;
        return Ok(Sent::Stored);
    }
    let session = Session::opened(repository.clone(), answer.headers(), digest.algorithm())?;
    Ok(Sent::Opened(Box::new(session)))
}

/// What is learned from it, if it is about the way and not about the blob.
fn refused(error: &Error, size: u64) -> Option<Lesson> {
    if error.is_digest_mismatch() || error.is_locked() {
        return None;
    }
    match error.status()? {
        _ if error.is_unsupported() => Some(Lesson::Way),
        StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::LENGTH_REQUIRED
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(Lesson::Way),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Lesson::Size(size)),
        // They may be about anything.
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Some(Lesson::Nothing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_of_a_refusal() {
        let way = OneRequest::default();
        way.remember(Lesson::Nothing);
        assert!(way.takes(SMALL));
        way.remember(Lesson::Size(1000));
        assert!(way.takes(999) && !way.takes(1000));
        way.remember(Lesson::Size(2000));
        assert!(!way.takes(1000));
        way.remember(Lesson::Way);
        assert!(!way.takes(0));
    }

    #[test]
    fn what_is_about_the_blob_is_no_refusal_of_the_way() {
        let error = |status, code: &str| Error::builder(status).error(code, "no").build();
        let of = |status, code| refused(&error(status, code), 7);
        let (bad, not_found) = (StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND);
        for status in [bad, not_found] {
            assert_eq!(of(status, "UNSUPPORTED"), Some(Lesson::Way));
            assert_eq!(of(status, "NAME_UNKNOWN"), Some(Lesson::Nothing));
        }
        assert_eq!(of(bad, "DIGEST_INVALID"), None);
        let not_allowed = StatusCode::METHOD_NOT_ALLOWED;
        assert_eq!(of(not_allowed, "OTHER"), Some(Lesson::Way));
        assert_eq!(of(not_allowed, "REGISTRY_DISALLOWED_OPERATION"), None);
        assert_eq!(of(StatusCode::NOT_IMPLEMENTED, ""), Some(Lesson::Way));
        let too_large = of(StatusCode::PAYLOAD_TOO_LARGE, "");
        assert_eq!(too_large, Some(Lesson::Size(7)));
        assert_eq!(of(StatusCode::FORBIDDEN, "DENIED"), None);
    }
}
