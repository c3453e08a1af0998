//! Errors for the tests of those who use the client.

use acr_rest::ErrorResponse;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{Error, ErrorKind};
use crate::Locks;

impl Error {
    /// An error as the registry answers with it, for tests of one's own: what handles errors can be
    /// tried without a registry.
    ///
    /// ```
    /// use acr_client::Error;
    ///
    /// let error = Error::builder(http::StatusCode::NOT_FOUND)
    ///     .attempt("delete the tag reg.azurecr.io/app:v1")
    ///     .error("TAG_UNKNOWN", "the specified tag does not exist")
    ///     .build();
    /// assert!(error.is_not_found());
    /// ```
    pub fn builder(status: StatusCode) -> ErrorBuilder {
        ErrorBuilder {
            attempt: "do what was asked for".to_owned(),
            status,
            headers: HeaderMap::new(),
            errors: Vec::new(),
            locks: None,
        }
    }

    /// An error of this kind, for tests of one's own. `attempt` is what was tried: it stands behind
    /// "cannot" in what is displayed.
    ///
    /// ```
    /// use acr_client::{Digest, DigestMismatch, Error};
    ///
    /// let mismatch = DigestMismatch::new(Digest::of(b"this"), Digest::of(b"that"), 4);
    /// let error = Error::with_kind("download a blob", mismatch);
    /// assert!(error.is_digest_mismatch());
    /// ```
    pub fn with_kind(attempt: impl Into<String>, kind: impl Into<ErrorKind>) -> Self {
        Self::new(attempt, kind)
    }
}

/// Makes an [`Error`] out of an answer that a registry might give.
#[derive(Clone, Debug)]
#[must_use = "`build()` makes the error"]
pub struct ErrorBuilder {
    attempt: String,
    status: StatusCode,
    headers: HeaderMap,
    errors: Vec<Value>,
    locks: Option<Locks>,
}

impl ErrorBuilder {
    /// What was tried: it stands behind "cannot" in what is displayed.
    pub fn attempt(self, attempt: impl Into<String>) -> Self {
        Self {
            attempt: attempt.into(),
            ..self
        }
    }

    /// One more entry of the answer's body, such as `TAG_UNKNOWN` and the service's words for it.
    pub fn error(mut self, code: impl AsRef<str>, message: impl AsRef<str>) -> Self {
        self.errors
            .push(json!({"code": code.as_ref(), "message": message.as_ref()}));
        self
    }

    /// One more header of the answer, such as `Retry-After`.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The locks that were found on the item.
    pub fn locks(self, locks: Locks) -> Self {
        Self {
            locks: Some(locks),
            ..self
        }
    }

    /// The error. Without an entry its body is empty, as that of a HEAD's answer.
    #[must_use]
    pub fn build(self) -> Error {
        let body = match self.errors.is_empty() {
            true => String::new(),
            false => json!({"errors": self.errors}).to_string(),
        };
        let response = ErrorResponse::new(self.status, self.headers, body.as_bytes());
        let error = Error::new(self.attempt, ErrorKind::Response(Box::new(response)));
        match self.locks {
            Some(locks) => error.with_locks(locks),
            None => error,
        }
    }
}
