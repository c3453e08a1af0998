//! What one asks of an error before one decides what to do.

use acr_core::ErrorCode;
use acr_rest::{Unreached, retry};
use http::StatusCode;

use super::{Error, ErrorKind};

impl Error {
    /// Whether there is no such repository, manifest, tag, blob, upload or operation: the registry
    /// itself says so, with a code of its own. Any other 404, such as that of a proxy or of a host
    /// that is no registry, is none of these.
    ///
    /// ```no_run
    /// # async fn f(tag: acr_client::Tag) -> acr_client::Result<()> {
    /// match tag.properties().await {
    ///     Err(error) if error.is_not_found() => println!("no such tag"),
    ///     other => println!("{}", other?.digest),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let ErrorKind::Response(response) = &self.0.kind else {
            return false;
        };
        let unknown = matches!(
            response.code(),
            Some(
                ErrorCode::NameUnknown
                    | ErrorCode::ManifestUnknown
                    | ErrorCode::TagUnknown
                    | ErrorCode::BlobUnknown
                    | ErrorCode::BlobUploadUnknown
                    | ErrorCode::OperationUnknown
            )
        );
        response.status == StatusCode::NOT_FOUND && unknown
    }

    /// Whether the item, its repository or the registry is locked, or the image is in quarantine.
    /// [`hint`](Self::hint) names the level, where the client could see it.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_locked() {
    ///     println!("locked: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.code() == Some(&ErrorCode::RegistryDisallowedOperation)
    }

    /// Whether the image is in quarantine: the registry called the operation disallowed, and then
    /// told of a quarantine that has not been passed.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_quarantined() {
    ///     println!("not checked yet: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_quarantined(&self) -> bool {
        self.is_locked()
            && self
                .0
                .locks
                .as_ref()
                .is_some_and(crate::Locks::is_quarantined)
    }

    /// Whether the registry's limit of calls is reached. [`retry_after`](Self::retry_after) says how
    /// long to wait, if the registry does.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_throttled() {
    ///     println!("later: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the identity, or its token, is not enough.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_unauthorized() {
    ///     println!("not allowed: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        use acr_auth::Error::{Credential, Expired, ForeignRealm, Provider};
        let by_identity = matches!(
            self.kind(),
            ErrorKind::Auth(error) if matches!(
                **error,
                Credential(_) | Provider { .. } | Expired { .. } | ForeignRealm { .. }
            )
        );
        by_identity
            || matches!(
                self.status(),
                Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            )
    }

    /// Whether the registry forbids it to this identity or from this network (403).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Whether the registry's network rules keep this machine out.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_firewall() {
    ///     println!("from another network: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_firewall(&self) -> bool {
        self.response()
            .is_some_and(|response| response.body.is_network_rule())
    }

    /// Whether it collides with something that happened meanwhile (409, 412).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(
            self.status(),
            Some(StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED)
        )
    }

    /// Whether this registry does not do such a thing at all.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.code() == Some(&ErrorCode::Unsupported)
            || self.status() == Some(StatusCode::NOT_IMPLEMENTED)
    }

    /// Whether an upload can no longer go on: it ended, was cancelled, or broke off where the
    /// registry cannot take it up again. Uploading anew helps.
    #[must_use]
    pub fn is_upload_lost(&self) -> bool {
        let unknown = matches!(
            self.code(),
            Some(ErrorCode::BlobUploadUnknown | ErrorCode::BlobUploadInvalid)
        );
        unknown || matches!(self.kind(), ErrorKind::UploadLost { .. })
    }

    /// Whether time ran out: that of the call, that for an answer to begin or to go on, or that for
    /// a connection.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_timeout() {
    ///     println!("too slow: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Timeout { .. } => true,
            ErrorKind::Transport(source) => Unreached::of(source.as_ref()) == Unreached::TimedOut,
            _ => false,
        }
    }

    /// Whether no answer came, or it broke off.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        matches!(self.kind(), ErrorKind::Transport(_))
    }

    /// Whether not even a connection could be made: name, network, proxy or TLS.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_connect() {
    ///     println!("out of reach: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_connect(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Transport(source) => acr_rest::find::<reqwest::Error>(source.as_ref())
                .is_some_and(reqwest::Error::is_connect),
            _ => false,
        }
    }

    /// Whether what was passed cannot be, so that nothing was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.kind(), ErrorKind::InvalidInput(_))
    }

    /// Whether bytes were not those of their digest: as was seen here, or by the registry.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_digest_mismatch() {
    ///     println!("not the bytes of this digest: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_digest_mismatch(&self) -> bool {
        matches!(self.kind(), ErrorKind::DigestMismatch { .. })
            || self.code() == Some(&ErrorCode::DigestInvalid)
    }

    /// Whether there is more than was said to be the most.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.kind(), ErrorKind::TooLarge { .. })
            || self.status() == Some(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// Whether the same call may succeed later though nobody does anything about it: the registry is
    /// throttling or failing for the moment, the connection broke, or the call's own time ran out. The
    /// client has then tried as often as [`RetryOptions`](crate::RetryOptions) allow, if the request
    /// can be repeated.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// if error.is_retryable() {
    ///     println!("try again: {error}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Timeout { .. } => true,
            ErrorKind::Transport(source) => retry::is_retryable(source.as_ref()),
            ErrorKind::Auth(error) => match &**error {
                acr_auth::Error::Unanswered { source, .. } => source.is_retryable(),
                _ => self.status().is_some_and(retry::is_retryable_status),
            },
            _ => self.status().is_some_and(retry::is_retryable_status),
        }
    }
}
