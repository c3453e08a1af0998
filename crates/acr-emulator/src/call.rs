//! One request on its way through the registry.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header, request::Parts};

use crate::{
    app::App,
    auth::{Identity, Role},
    errors::ApiError,
    query::Query,
};

/// So much of a body that nobody wanted is still read, so that the client gets to see the answer:
/// 64 MiB, several times the chunk that any known client sends.
const DRAINED: usize = 64 * 1024 * 1024;

/// A request, taken apart.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Query,
    /// Host and port under which the client knows the registry.
    pub(crate) authority: String,
    /// Whose call it is; known once it was let through.
    pub(crate) caller: OnceLock<Identity>,
    /// Behind a lock because a body cannot be shared between threads, and a call is.
    body: Mutex<Option<Body>>,
}

impl Call {
    pub(crate) fn new(app: Arc<App>, parts: Parts, body: Body) -> Self {
        let host = parts.headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok());
        let authority = host
            .or(parts.uri.authority().map(http::uri::Authority::as_str))
            .filter(|authority| is_authority(authority))
            .unwrap_or(&app.settings.authority)
            .to_owned();
        Self {
            app,
            query: Query::parse(parts.uri.query()),
            headers: parts.headers,
            authority,
            caller: OnceLock::new(),
            body: Mutex::new(Some(body)),
        }
    }

    /// Scheme, host and port under which the client knows the registry.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.app.settings.scheme(), self.authority)
    }

    /// The host alone; the brackets of an IPv6 address stay.
    pub(crate) fn host(&self) -> &str {
        match self.authority.rfind(':') {
            Some(colon) if !self.authority[colon..].contains(']') => &self.authority[..colon],
            _ => &self.authority,
        }
    }

    /// The caller's role, if it is an Entra principal.
    pub(crate) fn role(&self) -> Option<Role> {
        self.caller.get()?.role()
    }

    /// The length that the client announced.
    pub(crate) fn content_length(&self) -> Option<u64> {
        let value = self.headers.get(header::CONTENT_LENGTH)?;
        value.to_str().ok()?.parse().ok()
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, which can be taken once.
    pub(crate) fn take_body(&self) -> Body {
        self.untaken_body().unwrap_or_default()
    }

    fn untaken_body(&self) -> Option<Body> {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        body.take()
    }

    /// The whole body, if it is not longer than `limit`.
    pub(crate) async fn read_body(&self, limit: usize) -> Result<bytes::Bytes, ApiError> {
        axum::body::to_bytes(self.take_body(), limit)
            .await
            .map_err(|_| ApiError::invalid_body())
    }

    /// Reads a body that nobody took and throws it away, while the answer is already going out: a
    /// client that is still sending would otherwise see its connection break instead of a 401.
    /// Who waits for `100 Continue` before sending gets the answer instead.
    pub(crate) fn drain(&self, answered: StatusCode) {
        let Some(body) = self.untaken_body() else {
            return;
        };
        if body.is_end_stream() || self.headers.contains_key(header::EXPECT) {
            return;
        }
        tracing::debug!(%answered, "discarding a request body");
        tokio::spawn(async move {
            let mut stream = body.into_data_stream();
            let mut read = 0;
            while let Some(Ok(chunk)) = stream.next().await {
                read += chunk.len();
                if read > DRAINED {
                    break;
                }
            }
        });
    }
}

/// Whether a `Host` can be repeated in a challenge or a URL.
pub(crate) fn is_authority(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    !text.is_empty() && text.bytes().all(known)
}
