//! What is told of each exchange, through the `tracing` crate.

use std::time::Instant;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{pipeline::Operation, redact};

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
        let started = Instant::now();
        let outcome = next.run(request, extensions).await;
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
