//! What can go wrong, told so that one knows what to do.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use acr_core::{DigestMismatch, ErrorCode, ErrorInfo, LinkError, ScopeSet};
use acr_rest::{ErrorResponse, Failure, chain_text};
use http::StatusCode;

/// The result of every call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call: what was tried, on what, what came back.
///
/// It displays as one line; [`hint`](Self::hint) says what to do, where that is known. Match with
/// the predicates, or on [`kind`](Self::kind).
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) {
/// match image.delete().await {
///     Err(error) if error.is_locked() => eprintln!("{error}\n{}", error.hint().unwrap_or_default()),
///     other => println!("{other:?}"),
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    attempt: String,
    kind: ErrorKind,
}

/// What kind of failure it was.
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
    /// The call took longer than its [`timeout`](crate::CallOptions::timeout).
    Timeout {
        /// How long it was allowed to take.
        after: Duration,
    },
    /// The bytes are not those of the digest, and were not delivered or stored as such.
    DigestMismatch(DigestMismatch),
    /// There is more than was said to be the most.
    TooLarge {
        /// The most, in bytes.
        limit: u64,
    },
    /// The server's answer lacks something, or has something in it that cannot be.
    UnexpectedAnswer(String),
    /// The server's link leads elsewhere, and was not followed.
    Link(LinkError),
    /// The local file or stream failed.
    Io(std::io::Error),
    /// Deleting the manifest would take these other tags along.
    OtherTags(Vec<String>),
    /// Something was to be waited for within an async task, where nothing may wait (feature
    /// `blocking`); nothing was sent.
    AsyncContext,
}

impl Error {
    pub(crate) fn new(attempt: impl Into<String>, kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            attempt: attempt.into(),
            kind,
        }))
    }

    pub(crate) fn invalid(
        attempt: impl Into<String>,
        cause: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::new(attempt, ErrorKind::InvalidInput(cause.into()))
    }

    pub(crate) fn unexpected(attempt: impl Into<String>, what: impl Into<String>) -> Self {
        Self::new(attempt, ErrorKind::UnexpectedAnswer(what.into()))
    }

    /// Reads what a call of the raw bindings left.
    pub(crate) async fn of_rest(attempt: impl Into<String>, error: acr_rest::Error<()>) -> Self {
        Self::of_failure(attempt, Failure::read(error).await)
    }

    pub(crate) fn of_failure(attempt: impl Into<String>, failure: Failure) -> Self {
        let kind = match failure {
            Failure::Response(response) => ErrorKind::Response(response),
            Failure::Request(text) => ErrorKind::InvalidInput(text.into()),
            Failure::Transport(source) => of_transport(source),
            other => ErrorKind::UnexpectedAnswer(chain_text(&other)),
        };
        Self::new(attempt, kind)
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The registry's answer, if there was one.
    fn response(&self) -> Option<&ErrorResponse> {
        match &self.0.kind {
            ErrorKind::Response(response) => Some(response),
            ErrorKind::Auth(error) => error.response(),
            _ => None,
        }
    }

    /// The status of the registry's answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.status)
    }

    /// The first error code in the registry's answer.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.response().and_then(ErrorResponse::code)
    }

    /// All entries of the registry's answer.
    #[must_use]
    pub fn errors(&self) -> &[ErrorInfo] {
        self.response()
            .map_or(&[], |response| &response.body.errors)
    }

    /// The id by which Azure's support finds the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response().and_then(ErrorResponse::correlation_id)
    }

    /// How long the registry asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.retry_after(),
            _ => self.response().and_then(ErrorResponse::retry_after),
        }
    }

    /// What the request needed and what the token allows, when the token was not enough.
    #[must_use]
    pub fn scopes(&self) -> Option<(&ScopeSet, Option<&ScopeSet>)> {
        match &self.0.kind {
            ErrorKind::Auth(error) => Some((error.wanted()?, error.granted())),
            _ => None,
        }
    }

    /// What the request needed and the token does not allow, when the token was not enough.
    /// [`hint`](Self::hint) says what grants it.
    #[must_use]
    pub fn missing_scopes(&self) -> Option<ScopeSet> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.missing(),
            _ => None,
        }
    }

    /// Whether there is no such repository, manifest, tag or blob: the registry itself says so, with
    /// a code of its own. Any other 404, such as that of a proxy or of a host that is no registry,
    /// is none of these.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let unknown = [
            ErrorCode::NameUnknown,
            ErrorCode::ManifestUnknown,
            ErrorCode::TagUnknown,
            ErrorCode::BlobUnknown,
        ];
        match &self.0.kind {
            ErrorKind::Response(response) => {
                let code = response.code();
                response.status == StatusCode::NOT_FOUND
                    && unknown.iter().any(|unknown| code == Some(unknown))
            }
            _ => false,
        }
    }

    /// Whether the item, its repository or the registry is locked or quarantined.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.code() == Some(&ErrorCode::RegistryDisallowedOperation)
    }

    /// Whether the registry's limit of calls is reached.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the identity, or its token, is not enough.
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

    /// Whether what was passed cannot be, so that nothing was sent.
    #[must_use]
    pub fn is_invalid_input(&self) -> bool {
        matches!(self.kind(), ErrorKind::InvalidInput(_))
    }

    /// Whether bytes were not those of their digest.
    #[must_use]
    pub fn is_digest_mismatch(&self) -> bool {
        matches!(self.kind(), ErrorKind::DigestMismatch(_))
    }

    /// What to do about it, where that is known: of a request that was refused, which role or which
    /// action of a scope map grants what is missing.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        if let ErrorKind::Auth(error) = &self.0.kind {
            return error.hint();
        }
        self.own_hint().map(Cow::Borrowed)
    }

    fn own_hint(&self) -> Option<&'static str> {
        if self.is_locked() {
            return Some(
                "the repository, tag or manifest is locked (or the manifest is quarantined): \
                 `update_properties().can_write(true).can_delete(true)` unlocks it",
            );
        }
        if self.is_throttled() {
            return Some(
                "wait for as long as `retry_after()` says; higher service tiers allow more calls",
            );
        }
        match &self.0.kind {
            ErrorKind::DigestMismatch(_) => {
                Some("nothing was stored or delivered under the expected digest; try again")
            }
            ErrorKind::OtherTags(_) => Some(
                "`.with_all_tags()` deletes them along; `tag(…).delete()` removes one name only",
            ),
            ErrorKind::Response(response)
                if response.code() == Some(&ErrorCode::ManifestBlobUnknown) =>
            {
                Some("upload the manifest's config and layers to the same repository first")
            }
            _ => None,
        }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: ", self.0.attempt)?;
        match &self.0.kind {
            ErrorKind::InvalidInput(cause) => cause.fmt(f),
            ErrorKind::Response(response) => response.fmt(f),
            // With all that lies below: why an identity gave no token, or why nothing came, is what
            // one needs to know.
            ErrorKind::Auth(error) => f.write_str(&chain_text(&**error)),
            ErrorKind::Transport(source) => {
                write!(f, "no whole answer came: {}", chain_text(source.as_ref()))
            }
            ErrorKind::Timeout { after } => write!(f, "it took longer than {after:?}"),
            ErrorKind::DigestMismatch(mismatch) => mismatch.fmt(f),
            ErrorKind::TooLarge { limit } => write!(f, "it has more than {limit} bytes"),
            ErrorKind::UnexpectedAnswer(what) => {
                write!(f, "the registry's answer cannot be used: {what}")
            }
            ErrorKind::Link(error) => error.fmt(f),
            ErrorKind::Io(error) => error.fmt(f),
            ErrorKind::OtherTags(tags) => write!(
                f,
                "other tags point to the same manifest: {}",
                tags.join(", ")
            ),
            ErrorKind::AsyncContext => f.write_str(
                "within an async task nothing may wait: await the call, or wait within `spawn_blocking`",
            ),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("attempt", &self.0.attempt)
            .field("kind", &self.0.kind)
            .finish()
    }
}

impl StdError for Error {
    /// What is not on the line that is displayed; for most kinds that is nothing.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.kind {
            ErrorKind::InvalidInput(cause) => cause.source(),
            ErrorKind::Io(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            _ if error.is_not_found() => std::io::ErrorKind::NotFound,
            _ if error.is_unauthorized() => std::io::ErrorKind::PermissionDenied,
            ErrorKind::InvalidInput(_) => std::io::ErrorKind::InvalidInput,
            ErrorKind::Timeout { .. } => std::io::ErrorKind::TimedOut,
            ErrorKind::DigestMismatch(_) | ErrorKind::TooLarge { .. } => {
                std::io::ErrorKind::InvalidData
            }
            ErrorKind::Io(error) => error.kind(),
            _ => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
