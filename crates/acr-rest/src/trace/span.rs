//! The spans around calls, requests and tries.

use std::borrow::Cow;

use http::Method;
use reqwest::Response;
use reqwest_middleware::Result;
use tracing::{Span, field::Empty, info_span};

use crate::retry::Cause;

/// The span of a call that may make several requests: level `INFO`, target `acr_rest::call`, name
/// `call`, with what it does and on which repository.
#[must_use]
pub fn call_span(operation: &str, repository: Option<&str>) -> Span {
    info_span!(target: "acr_rest::call", "call", "otel.name" = operation, operation, repository)
}

/// One request with all its tries.
pub(crate) fn operation_span(operation: &str) -> Span {
    info_span!(target: "acr_rest::operation", "operation", "otel.name" = operation, operation)
}

/// One try.
pub(super) fn http(
    method: &Method,
    url: &str,
    (host, port): (&str, Option<u16>),
    operation: &str,
    resends: Option<u32>,
) -> Span {
    info_span!(
        target: "acr_rest::exchange",
        "http",
        "otel.kind" = "client",
        "otel.name" = format!("{method} {operation}"),
        "http.request.method" = method.as_str(),
        "url.full" = url,
        "server.address" = host,
        "server.port" = port,
        "http.request.resend_count" = resends,
        "http.response.status_code" = Empty,
        "error.type" = Empty,
        "otel.status_code" = Empty,
    )
}

/// What the span of a try has when it is over.
pub(super) fn answered(span: &Span, outcome: &Result<Response>) {
    if let Ok(response) = outcome {
        span.record("http.response.status_code", response.status().as_u16());
    }
    if let Some(kind) = error_type(outcome) {
        span.record("error.type", &*kind);
        span.record("otel.status_code", "ERROR");
    }
}

/// The status of a refusal, or why there is none. A redirect is neither: it is an answer.
pub(super) fn error_type(outcome: &Result<Response>) -> Option<Cow<'static, str>> {
    match outcome {
        Ok(response) => {
            let status = response.status();
            let is_refusal = status.is_client_error() || status.is_server_error();
            is_refusal.then(|| status.as_str().to_owned().into())
        }
        Err(_) => Cause::of(outcome).map(|cause| cause.name().into()),
    }
}
