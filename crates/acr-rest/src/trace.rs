//! What is told of each exchange, through the `tracing` crate.

use std::time::Instant;

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{Exchange, OnExchange, pipeline::Operation, redact, retry::Attempts};

/// What is told of exchanges beside the usual.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LogOptions {
    /// Further headers to tell.
    pub headers: Vec<HeaderName>,
    /// Whether JSON bodies are told.
    pub bodies: bool,
}

impl LogOptions {
    /// With JSON bodies.
    #[must_use]
    pub fn bodies() -> Self {
        Self {
            bodies: true,
            ..Self::default()
        }
    }
}

/// The middleware that tells of each exchange: one event at level `DEBUG` with method, redacted
/// URL, operation, status, time in milliseconds and the service's correlation id. Never headers or
/// bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trace;

#[async_trait::async_trait]
impl Middleware for Trace {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let operation = extensions
            .get::<Operation>()
            .map_or("", |operation| operation.0);
        let (method, url) = (request.method().clone(), redact::url(request.url()));
        let on_exchange = extensions.get::<OnExchange>().cloned();
        let request_headers = on_exchange
            .as_ref()
            .map(|_| without_secrets(request.headers()));
        let started = Instant::now();
        let outcome = next.run(request, extensions).await;
        if let (Some(OnExchange(tell)), Some(request_headers)) = (on_exchange, request_headers) {
            let response_headers = outcome
                .as_ref()
                .ok()
                .map(|response| (response.status(), without_secrets(response.headers())));
            tell(&Exchange {
                method: &method,
                url: &url,
                operation,
                request_headers: &request_headers,
                answer: response_headers
                    .as_ref()
                    .map(|(status, headers)| (*status, headers)),
                attempt: extensions
                    .get::<Attempts>()
                    .map_or(1, |attempts| attempts.0),
                elapsed: started.elapsed(),
            });
        }
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(response) => {
                let id = response
                    .headers()
                    .get("x-ms-correlation-request-id")
                    .and_then(|id| id.to_str().ok());
                tracing::debug!(%method, url, operation, status = response.status().as_u16(), ms, id, "exchange");
            }
            Err(_) => tracing::debug!(%method, url, operation, ms, "exchange without an answer"),
        }
        outcome
    }
}

/// The headers, with stars for the values of those that are marked as sensitive.
fn without_secrets(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for value in headers.values_mut().filter(|value| value.is_sensitive()) {
        *value = HeaderValue::from_static("***");
    }
    headers
}
