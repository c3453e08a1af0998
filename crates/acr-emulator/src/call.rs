//! One request on its way through the registry.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;

use http::{HeaderMap, StatusCode, header, request::Parts, uri::Scheme};
use jiff::{SignedDuration, Timestamp};

use crate::{
    app::App,
    auth::{Claims, Identity, Role},
    errors::ApiError,
    faults::{Effects, cut_request, slow_request},
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
    /// How the client reached the registry.
    pub(crate) scheme: Scheme,
    /// Whose call it is; known once it was let through.
    pub(crate) caller: Option<Identity>,
    /// What goes wrong with it on purpose.
    pub(crate) effects: Effects,
    /// Behind a lock because a body cannot be shared between threads, and a call is.
    body: Mutex<Option<Body>>,
    received: Arc<AtomicU64>,
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
        let scheme = parts.extensions.get::<Scheme>();
        let received = Arc::default();
        let body = counted(body, Arc::clone(&received));
        Self {
            app,
            scheme: scheme.cloned().unwrap_or(Scheme::HTTP),
            query: Query::parse(parts.uri.query()),
            headers: parts.headers,
            authority,
            caller: None,
            effects: Effects::default(),
            body: Mutex::new(Some(body)),
            received,
        }
    }

    /// Scheme, host and port under which the client knows the registry.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
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
        self.caller.as_ref()?.role()
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

    /// Whether it shows a token, as far as its headers tell.
    pub(crate) fn shows_token(&self) -> bool {
        let bearer = |value: &str| {
            let scheme = value.split_once(' ').map(|(scheme, _)| scheme);
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
        };
        self.header(header::AUTHORIZATION).is_some_and(bearer)
    }

    /// What a token of this registry that the call shows says, if it is good for this call.
    pub(crate) fn verify_token(&self, token: &str) -> Option<Claims> {
        let claims = self.app.tokens.verify(token);
        claims.filter(|_| self.takes_token(token))
    }

    /// Whether no fault is to befall a token that the call shows; it may be Entra's.
    pub(crate) fn takes_token(&self, token: &str) -> bool {
        if self.effects.is_token_revoked() {
            self.app.tokens.revoke(token);
        }
        !self.effects.is_token_expired() && !self.app.tokens.is_revoked(token)
    }

    /// Whether the call sees what was put at this time: it may have come to a replica that lags.
    pub(crate) fn sees(&self, put: Timestamp) -> bool {
        self.effects.lag().is_none_or(|lag| {
            let age = self.app.clock.now().duration_since(put);
            SignedDuration::try_from(lag).is_ok_and(|lag| age >= lag)
        })
    }

    /// Whether there is a body that nobody has taken, be it of unknown length.
    pub(crate) fn has_body(&self) -> bool {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        body.as_ref().is_some_and(|body| !body.is_end_stream())
    }

    /// Lets the body break off after so many bytes.
    pub(crate) fn cut_body(&self, after: u64) {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        *body = body.take().map(|body| cut_request(body, after));
    }

    /// Lets the body be taken slowly.
    pub(crate) fn slow_body(&self, bytes: u64, every: Duration) {
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        let slow = |body: Body| match body.is_end_stream() {
            true => body,
            false => slow_request(body, bytes, every),
        };
        *body = body.take().map(slow);
    }

    /// How many bytes of the body have been taken.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
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

/// The body, with its bytes counted as they come.
fn counted(body: Body, count: Arc<AtomicU64>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let chunks = body.into_data_stream().inspect(move |chunk| {
        let length = chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        count.fetch_add(length, Ordering::Relaxed);
    });
    Body::from_stream(chunks)
}

/// Whether a `Host` can be repeated in a challenge or a URL.
pub(crate) fn is_authority(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    !text.is_empty() && text.bytes().all(known)
}
