//! What can go wrong, told so that one knows what to do.

use std::{error::Error as StdError, fmt, time::Duration};

use acr_core::{ErrorCode, ErrorInfo, ScopeSet};
use acr_rest::{ErrorResponse, Failure, retry::Exhausted};
use http::{HeaderMap, StatusCode};

use crate::Locks;

mod builder;
mod display;
mod hint;
mod io;
mod kind;
mod predicates;
#[cfg(test)]
mod tests;

pub use builder::ErrorBuilder;
pub use kind::ErrorKind;
pub(crate) use kind::of_transport;

/// The result of every call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call: what was tried, on what, what came back.
///
/// It displays as one line; [`hint`](Self::hint) says what to do, where that is known. Match with
/// the predicates, or on [`kind`](Self::kind). It is one pointer wide, and can be sent to other
/// threads.
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
    /// What was found after the registry called the operation disallowed.
    locks: Option<Locks>,
    /// Which call of a set it was.
    index: Option<usize>,
}

impl Error {
    pub(crate) fn new(attempt: impl Into<String>, kind: impl Into<ErrorKind>) -> Self {
        Self(Box::new(Inner {
            attempt: attempt.into(),
            kind: kind.into(),
            locks: None,
            index: None,
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
        Self::new(attempt, kind::of_failure(failure))
    }

    /// With the locks that were found on the item: they say which of them forbids it.
    pub(crate) fn with_locks(mut self, locks: Locks) -> Self {
        self.0.locks = Some(locks);
        self
    }

    pub(crate) fn into_kind(self) -> ErrorKind {
        self.0.kind
    }

    /// With the number of failures of a transfer that it was the last of.
    pub(crate) fn after(mut self, failures: u32) -> Self {
        if let ErrorKind::Response(response) = &mut self.0.kind {
            response.attempts = failures.max(response.attempts);
        }
        self
    }

    /// That it was this call of a set.
    pub(crate) fn at_index(mut self, index: usize) -> Self {
        self.0.index = Some(index);
        self
    }

    /// What kind of failure it was.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.kind());
    /// # }
    /// ```
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The registry's answer, if there was one.
    fn response(&self) -> Option<&ErrorResponse> {
        match &self.0.kind {
            ErrorKind::Response(response) => Some(response),
            ErrorKind::UploadLost { response, .. } => response.as_deref(),
            ErrorKind::Auth(error) => error.response(),
            _ => None,
        }
    }

    /// The status of the registry's answer.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.status());
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(|response| response.status)
    }

    /// The headers of the registry's answer.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(|response| &response.headers)
    }

    /// The first error code in the registry's answer. There is none where the answer comes from a
    /// proxy or the network's edge, and none in the answer to a HEAD.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.code());
    /// # }
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.response().and_then(ErrorResponse::code)
    }

    /// All entries of the registry's answer, with their details.
    #[must_use]
    pub fn errors(&self) -> &[ErrorInfo] {
        self.response()
            .map_or(&[], |response| &response.body.errors)
    }

    /// The id by which Azure's support finds the request: `x-ms-correlation-request-id`, or what the
    /// network's edge calls it where the answer comes from there.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.correlation_id());
    /// # }
    /// ```
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        const NAMES: [&str; 3] = ["x-ms-correlation-request-id", "x-azure-ref", "x-msedge-ref"];
        NAMES.into_iter().find_map(|name| self.header(name))
    }

    /// The id of the request alone, `x-ms-request-id`; else that of
    /// [`correlation_id`](Self::correlation_id). Only answers about manifests, blobs, uploads and
    /// deletions have one of their own.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.request_id());
    /// # }
    /// ```
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id")
            .or_else(|| self.correlation_id())
    }

    /// The id that the request was sent with, as the registry repeats it:
    /// `x-ms-client-request-id`. The same answers have it as have a
    /// [`request_id`](Self::request_id) of their own.
    #[must_use]
    pub fn client_request_id(&self) -> Option<&str> {
        self.header("x-ms-client-request-id")
            .filter(|id| !id.is_empty())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers()?.get(name)?.to_str().ok()
    }

    /// How long the registry asks to wait.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.retry_after());
    /// # }
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.retry_after(),
            _ => self.response().and_then(ErrorResponse::retry_after),
        }
    }

    /// How often the request was sent: 0 where nothing was.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.attempts());
    /// # }
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match (&self.0.kind, self.response()) {
            (_, Some(response)) => response.attempts,
            (ErrorKind::Transport(source), None) => {
                acr_rest::find::<Exhausted>(source.as_ref()).map_or(1, |all| all.attempts)
            }
            (ErrorKind::UnexpectedAnswer(_) | ErrorKind::Link(_), None) => 1,
            _ => 0,
        }
    }

    /// From the first attempt to the end of the last, waits included; `None` where nothing is known of
    /// it.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        match (&self.0.kind, self.response()) {
            (_, Some(response)) => Some(response.elapsed),
            (ErrorKind::Transport(source), None) => {
                acr_rest::find::<Exhausted>(source.as_ref()).map(|all| all.elapsed)
            }
            (ErrorKind::Timeout { after }, None) => Some(*after),
            _ => None,
        }
    }

    /// What the request needed, when the token was not enough.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.wanted_scopes());
    /// # }
    /// ```
    #[must_use]
    pub fn wanted_scopes(&self) -> Option<&ScopeSet> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.wanted(),
            _ => None,
        }
    }

    /// What the token allows, when it was not enough and can be read.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.granted_scopes());
    /// # }
    /// ```
    #[must_use]
    pub fn granted_scopes(&self) -> Option<&ScopeSet> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.granted(),
            _ => None,
        }
    }

    /// What the request needed and the token does not allow, when the token was not enough.
    /// [`hint`](Self::hint) says what grants it.
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.missing_scopes());
    /// # }
    /// ```
    #[must_use]
    pub fn missing_scopes(&self) -> Option<ScopeSet> {
        match &self.0.kind {
            ErrorKind::Auth(error) => error.missing(),
            _ => None,
        }
    }

    /// The locks on the item, where the registry called the operation disallowed and they could be
    /// read: see [`Locks`].
    ///
    /// ```no_run
    /// # fn f(error: acr_client::Error) {
    /// println!("{:?}", error.locks());
    /// # }
    /// ```
    #[must_use]
    pub fn locks(&self) -> Option<&Locks> {
        self.0.locks.as_ref()
    }

    /// Which call it was, counted from 0, where it was one of [a set](crate::all).
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, paths: Vec<std::path::PathBuf>) {
    /// use acr_client::Source;
    ///
    /// let uploads = paths.iter().map(|path| repo.upload_blob(Source::file(path)));
    /// if let Err(error) = acr_client::all(uploads).await {
    ///     eprintln!("{:?}: {error}", error.index().map(|index| &paths[index]));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.0.index
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown
            .field("attempt", &self.0.attempt)
            .field("kind", &self.0.kind);
        if let Some(locks) = &self.0.locks {
            shown.field("locks", locks);
        }
        if let Some(index) = self.0.index {
            shown.field("index", &index);
        }
        shown.finish()
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
