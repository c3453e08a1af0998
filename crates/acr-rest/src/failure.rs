//! What a failed call tells, read whole and in bounds.

use std::{
    error::Error as StdError,
    time::{Duration, SystemTime},
};

use acr_core::{ErrorBody, ErrorCode, limits};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};

use crate::{
    ByteStream, Error, ResponseValue, carried::Arrived, payload::PayloadError, reflected::Sent,
    retry,
};

/// A failed call, with the error answer read: what [`Error`] holds unread.
///
/// ```no_run
/// # async fn call(client: acr_rest::Client) {
/// if let Err(error) = client.get_properties("no-such-repository", None).await {
///     match acr_rest::Failure::read(error).await {
///         acr_rest::Failure::Response(answer) => eprintln!("{} {:?}", answer.status, answer.body.code()),
///         other => eprintln!("{other}"),
///     }
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The request could not be made of these arguments; nothing was sent.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// No answer came, or it broke off. The source says why; see also [`find`](crate::find).
    #[error("no whole answer came")]
    Transport(#[source] Box<dyn StdError + Send + Sync>),
    /// The service answered with an error, or with a redirect.
    #[error("{0}")]
    Response(Box<ErrorResponse>),
    /// The service answered, and the answer is not what it says it is.
    #[error("the answer cannot be read")]
    Payload(#[source] PayloadError),
}

/// An answer of the service that is no success.
#[derive(Debug)]
#[non_exhaustive]
pub struct ErrorResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as far as it could be read.
    pub body: ErrorBody,
    /// How often the request was sent.
    pub attempts: u32,
    /// From the first try to this answer, waits included.
    pub elapsed: Duration,
    retry_after: Option<Duration>,
}

impl Failure {
    /// Whether the same call could succeed later, without a change: by the [table](retry) of what is
    /// sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Response(answer) => retry::is_retryable_status(answer.status),
            Self::Transport(source) => retry::is_retryable(source.as_ref()),
            Self::Request(_) | Self::Payload(_) => false,
        }
    }

    /// Reads the error answer, if there is one, up to [`limits::ERROR_BODY`].
    pub async fn read(error: Error<()>) -> Self {
        match error {
            Error::InvalidRequest(text) | Error::Custom(text) => Self::Request(text),
            Error::CommunicationError(error)
            | Error::ResponseBodyError(error)
            | Error::InvalidUpgrade(error) => {
                Self::Transport(Box::new(Arrived(error.without_url())))
            }
            Error::InvalidResponsePayload(_, error) => Self::Payload(PayloadError::of(&error)),
            Error::UnexpectedResponse(response) => {
                Self::Response(Box::new(ErrorResponse::read(response).await))
            }
            Error::ErrorResponse(value) => Self::Response(Box::new(ErrorResponse {
                status: value.status(),
                headers: value.headers().clone(),
                body: ErrorBody::default(),
                attempts: 1,
                elapsed: Duration::ZERO,
                retry_after: retry::retry_after(value.headers(), SystemTime::now()),
            })),
        }
    }
}

/// The answer of a call, or the error that it left, [read](Failure::read).
///
/// # Errors
/// [`Failure`], whatever went wrong.
pub async fn answered<T>(
    answer: Result<ResponseValue<T>, Error<()>>,
) -> Result<ResponseValue<T>, Failure> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(error) => Err(Failure::read(error).await),
    }
}

/// The whole of a body, for those that have a limit: all but blobs, of which this would hold
/// everything in memory.
///
/// # Errors
/// [`Failure::Transport`] when it breaks off, or is longer than its limit.
pub async fn collect(body: ByteStream) -> Result<Bytes, Failure> {
    let mut body = body.into_inner();
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(error) => return Err(Failure::read(Error::ResponseBodyError(error)).await),
        }
    }
    Ok(bytes.freeze())
}

impl ErrorResponse {
    /// An answer with this body, as if it had come at the first attempt: for tests of what is made
    /// of answers.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Self {
        Self {
            status,
            retry_after: retry::retry_after(&headers, SystemTime::now()),
            headers,
            body: ErrorBody::parse(body),
            attempts: 1,
            elapsed: Duration::ZERO,
        }
    }

    /// Reads an answer that is no success. Secrets that the request was sent with are blotted out, in
    /// case that the server repeats them.
    pub async fn read(response: reqwest::Response) -> Self {
        let tried = retry::Tried::of(&response);
        let sent = response.extensions().get::<Sent>().cloned();
        let sent = sent.unwrap_or_default();
        let (status, mut headers) = (response.status(), response.headers().clone());
        sent.blot_headers(&mut headers);
        let body = beginning(response, limits::ERROR_BODY).await;
        let body = ErrorBody::parse(&sent.blot_body(body));
        Self {
            status,
            retry_after: retry::retry_after(&headers, tried.at),
            headers,
            body,
            attempts: tried.attempts,
            elapsed: tried.elapsed,
        }
    }

    /// The first error code in the body.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.body.code()
    }

    /// The id by which the service's support finds this request.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("x-ms-correlation-request-id")
            .or_else(|| self.header("x-ms-request-id"))
    }

    /// How long the service asks to wait, from when the answer came.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the registry answered {}", self.status.as_u16())?;
        for error in &self.body.errors {
            write!(f, " {}: {}", error.code, error.message)?;
        }
        if let Some(text) = &self.body.text {
            write!(f, " ({text})")?;
        }
        if let Some(id) = self.correlation_id() {
            write!(f, " [request {id}]")?;
        }
        match self.attempts {
            0 | 1 => Ok(()),
            attempts => {
                let elapsed = self.elapsed.as_secs_f32();
                write!(f, " after {attempts} attempts in {elapsed:.0} s")
            }
        }
    }
}

/// Reads at most `limit` bytes of a body: what there is of it, when it breaks off.
async fn beginning(mut response: reqwest::Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = limit - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if bytes.len() == limit {
            break;
        }
    }
    bytes
}
