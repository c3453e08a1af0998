//! What a caller may see of the exchanges that its calls make.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode};

use crate::retry::Tried;

/// One try of a request, and what came of it, without its secrets.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a str,
    pub(crate) operation: &'static str,
    pub(crate) request_headers: &'a HeaderMap,
    pub(crate) answer: Option<(StatusCode, &'a HeaderMap)>,
    pub(crate) attempt: u32,
    pub(crate) elapsed: Duration,
}

impl Exchange<'_> {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.method
    }

    /// The URL, [redacted](crate::redact::url).
    #[must_use]
    pub fn url(&self) -> &str {
        self.url
    }

    /// The operation, by its `operationId` in snake case, such as `get_manifest`.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The headers of the request. Those that hold a secret hold none here.
    #[must_use]
    pub fn request_headers(&self) -> &HeaderMap {
        self.request_headers
    }

    /// The status of the answer; `None` where none came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.answer.map(|(status, _)| status)
    }

    /// The headers of the answer. Those that hold a secret hold none here.
    #[must_use]
    pub fn response_headers(&self) -> Option<&HeaderMap> {
        self.answer.map(|(_, headers)| headers)
    }

    /// Which try it was; the first is 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// From the request to the headers of the answer.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// Told of each exchange, where it rides along with a request as an extension. It must not block.
#[derive(Clone)]
pub struct OnExchange(pub Arc<dyn Fn(&Exchange<'_>) + Send + Sync>);

impl fmt::Debug for OnExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnExchange")
    }
}

/// Keeps what the last answer said, where it rides along with a request as an extension.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Option<Captured>>>);

/// What an answer said beside its body.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Captured {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// How often the request was sent.
    pub attempts: u32,
    /// From the first try to the answer, waits included.
    pub elapsed: Duration,
}

impl Capture {
    /// The last answer, once.
    #[must_use]
    pub fn take(&self) -> Option<Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn keep(&self, response: &reqwest::Response) {
        let tried = Tried::of(response);
        let captured = Captured {
            status: response.status(),
            headers: response.headers().clone(),
            attempts: tried.attempts,
            elapsed: tried.elapsed,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(captured);
    }
}
