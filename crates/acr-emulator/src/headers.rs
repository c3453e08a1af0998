//! The headers that every answer of the registry carries, and setting others.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use uuid::Uuid;

const DISTRIBUTION_API_VERSION: HeaderName =
    HeaderName::from_static("docker-distribution-api-version");
const CORRELATION_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(crate) const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");
pub(crate) const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(crate) const OCI_FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
pub(crate) const REMAINING_CALLS: HeaderName =
    HeaderName::from_static("x-ms-ratelimit-remaining-calls-per-second");
pub(crate) const DELETED_DIGEST: HeaderName =
    HeaderName::from_static("x-ms-int-docker-content-digest");
pub(crate) const OPERATION_ID: HeaderName = HeaderName::from_static("operation-id");
pub(crate) const OPERATION_LOCATION: HeaderName = HeaderName::from_static("operation-location");

const TRANSPORT_SECURITY: HeaderValue =
    HeaderValue::from_static("max-age=31536000; includeSubDomains");
/// Four lines of their own, not one list.
const EXPOSED: [HeaderValue; 4] = [
    HeaderValue::from_static("Docker-Content-Digest"),
    HeaderValue::from_static("WWW-Authenticate"),
    HeaderValue::from_static("Link"),
    HeaderValue::from_static("X-Ms-Correlation-Request-Id"),
];

/// Which headers an answer carries besides its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// A path that fits no route.
    NoRoute,
    /// An operation of the registry; with or without the two request ids.
    Registry { request_ids: bool },
    /// A token endpoint.
    Tokens,
}

/// Adds the headers of the envelope.
pub(crate) fn seal(response: &mut Response, envelope: Envelope, request: &HeaderMap) {
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("openresty"));
    headers.append(header::STRICT_TRANSPORT_SECURITY, TRANSPORT_SECURITY);
    headers.insert(CORRELATION_ID, fresh_id());
    if envelope == Envelope::Tokens {
        return;
    }
    headers.append(header::STRICT_TRANSPORT_SECURITY, TRANSPORT_SECURITY);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    let version = HeaderValue::from_static("registry/2.0");
    headers.insert(DISTRIBUTION_API_VERSION, version);
    let Envelope::Registry { request_ids } = envelope else {
        return;
    };
    for name in EXPOSED {
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, name);
    }
    if request_ids {
        headers.insert(REQUEST_ID, fresh_id());
        let echo = request.get(&CLIENT_REQUEST_ID).cloned();
        let nothing = HeaderValue::from_static("");
        headers.insert(CLIENT_REQUEST_ID, echo.unwrap_or(nothing));
    }
}

/// Says that the connection stays open, as the service does in HTTP/1.1 though it goes without
/// saying.
pub(crate) fn keep_alive(response: &mut Response, version: Version) {
    if version == Version::HTTP_11 {
        let value = HeaderValue::from_static("keep-alive");
        response.headers_mut().insert(header::CONNECTION, value);
    }
}

/// Sets a header to a text made of names, digests and numbers, which always fit one.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => {
            response.headers_mut().insert(name, value);
        }
        Err(error) => tracing::warn!(%name, %error, "a header was left out"),
    }
}

/// A new random id.
pub(crate) fn fresh_id() -> HeaderValue {
    let id = Uuid::new_v4().to_string();
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static(""))
}
