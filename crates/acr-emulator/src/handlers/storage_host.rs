//! The storage host: gives out bytes under pre-signed URLs, and knows no registry tokens.

mod bytes;

use std::{sync::Arc, time::Instant};

use acr_core::Digest;
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use jiff::Timestamp;

use self::bytes::Source;
use crate::{
    app::App,
    breaker::Breaker,
    faults::{Arrival, Effects, StatusFault, Way},
    headers,
    presign::UrlFault,
    query::Query,
    requests::{Listener, RequestRecord, range},
    router::DOWNLOAD_BLOB,
};

const CREATION_TIME: HeaderName = HeaderName::from_static("x-ms-creation-time");

/// An error of the storage host.
#[derive(Clone, Copy, Debug)]
struct StorageError {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

const HAS_AUTHORIZATION: StorageError = StorageError {
    status: StatusCode::BAD_REQUEST,
    code: "InvalidAuthenticationInfo",
    message: "Authentication information is not given in the correct format. Check the value of Authorization header.",
};
const BAD_SIGNATURE: StorageError = StorageError {
    status: StatusCode::FORBIDDEN,
    code: "AuthenticationFailed",
    message: "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
};
const NO_SUCH_BLOB: StorageError = StorageError {
    status: StatusCode::NOT_FOUND,
    code: "BlobNotFound",
    message: "The specified blob does not exist.",
};
const BAD_RANGE: StorageError = StorageError {
    status: StatusCode::RANGE_NOT_SATISFIABLE,
    code: "InvalidRange",
    message: "The range specified is invalid for the current size of the resource.",
};
const BAD_METHOD: StorageError = StorageError {
    status: StatusCode::METHOD_NOT_ALLOWED,
    code: "UnsupportedHttpVerb",
    message: "The resource doesn't support specified Http Verb.",
};

/// Answers a request to the storage host.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    Extension(breaker): Extension<Breaker>,
    request: Request,
) -> Response {
    let (began, at) = (Instant::now(), app.clock.now().into());
    let (request, _) = request.into_parts();
    let (mut response, effects) = answer(&app, &request).await;
    seal(&mut response);
    app.requests.add(RequestRecord {
        listener: Listener::Storage,
        operation: Some(DOWNLOAD_BLOB),
        repository: None,
        method: request.method.to_string(),
        path: request.uri.path().to_owned(),
        query: request.uri.query().map(str::to_owned),
        range: range(&request.headers),
        received: 0,
        status: match effects.leaves_no_answer() {
            true => 0,
            false => response.status().as_u16(),
        },
        scope: None,
        at,
        duration: began.elapsed(),
    });
    let way = Way::of(&request, breaker);
    effects.spoil(response, way).await
}

/// The answer, and what is to go wrong with it.
async fn answer(app: &App, request: &Parts) -> (Response, Effects) {
    let admitted = admit(app, request);
    let repositories = match &admitted {
        Ok(digest) if app.faults.ask_for_repositories() => {
            app.store.read(|state| state.repositories_of_blob(digest))
        }
        _ => Vec::new(),
    };
    let arrival = Arrival::storage(&repositories);
    let mut effects = app.faults.of_arrival(arrival);
    effects.delay().await;
    if let Some(status) = effects.status() {
        return (injected(status), effects);
    }
    let response = match admitted {
        Err(error) => refusal(error, None),
        Ok(digest) => {
            effects.extend(app.faults.of_admission(arrival));
            if effects.is_presigned_expired() {
                refusal(BAD_SIGNATURE, None)
            } else {
                match read(app, request, &digest).await {
                    Ok(response) => response,
                    Err((error, size)) => refusal(error, size),
                }
            }
        }
    };
    (response, effects)
}

/// The blob that a request may read.
fn admit(app: &App, request: &Parts) -> Result<Digest, StorageError> {
    if request.headers.contains_key(header::AUTHORIZATION) {
        return Err(HAS_AUTHORIZATION);
    }
    if request.method != Method::HEAD && request.method != Method::GET {
        return Err(BAD_METHOD);
    }
    let query = Query::parse(request.uri.query());
    let path = request.uri.path();
    let checked = app.signer.check(path, &query, app.clock.now());
    checked.map_err(|reason| match reason {
        UrlFault::NotFound => NO_SUCH_BLOB,
        UrlFault::Forbidden => BAD_SIGNATURE,
    })
}

async fn read(
    app: &App,
    request: &Parts,
    digest: &Digest,
) -> Result<Response, (StorageError, Option<u64>)> {
    let fault = |fault| (fault, None);
    let found = Source::find(&app.store, digest).await;
    let source = found.map_err(|_| fault(NO_SUCH_BLOB))?;
    let (size, modified) = (source.size, source.modified);

    let range = request.headers.get(header::RANGE);
    let range = range.and_then(|range| parse_range(range.to_str().ok()?));
    let (first, length, status) = match range {
        None => (0, size, StatusCode::OK),
        Some((first, last)) if first < size && first <= last => {
            let end = last.min(size - 1);
            (first, end - first + 1, StatusCode::PARTIAL_CONTENT)
        }
        Some(_) => return Err((BAD_RANGE, Some(size))),
    };
    let mut response = Response::new(if request.method == Method::HEAD {
        Body::empty()
    } else {
        let body = source.body(first, length);
        body.map_err(|_| fault(NO_SUCH_BLOB))?
    });
    *response.status_mut() = status;
    headers::set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        let range = format!("bytes {first}-{last}/{size}");
        headers::set(&mut response, header::CONTENT_RANGE, &range);
    }
    describe(
        &mut response,
        digest,
        modified.and_then(|at| at.try_into().ok()),
    );
    Ok(response)
}

/// `bytes=FIRST-LAST` and `bytes=FIRST-`, the two forms that the storage service documents. It
/// ignores others, as it does several ranges.
fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = match last {
        "" => u64::MAX,
        last => last.parse().ok()?,
    };
    Some((first.parse().ok()?, last))
}

fn describe(response: &mut Response, digest: &Digest, modified: Option<Timestamp>) {
    let etag = format!("\"0x8D{}\"", digest.hex()[..13].to_uppercase());
    headers::set(response, header::ETAG, &etag);
    if let Some(modified) = modified {
        let date = modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers::set(response, header::LAST_MODIFIED, &date);
        headers::set(response, CREATION_TIME, &date);
    }
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("accept-ranges", "bytes"),
        ("x-ms-lease-status", "unlocked"),
        ("x-ms-lease-state", "available"),
        ("x-ms-blob-type", "AppendBlob"),
        ("x-ms-blob-committed-block-count", "1"),
        ("x-ms-server-encrypted", "true"),
    ] {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        response.headers_mut().insert(name, value);
    }
}

/// What every answer of the storage host carries.
fn seal(response: &mut Response) {
    let headers = response.headers_mut();
    let server = HeaderValue::from_static("Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0");
    headers.insert(header::SERVER, server);
    let version = HeaderValue::from_static("2018-03-28");
    headers.insert(HeaderName::from_static("x-ms-version"), version);
    let id = headers::fresh_id();
    headers.insert(HeaderName::from_static("x-ms-request-id"), id);
}

/// The status that a fault rule asks for. What it leaves open is as in the storage service's
/// answers of this status.
fn injected(status: &StatusFault) -> Response {
    let (usual_code, usual_message) = match status.status_code() {
        StatusCode::FORBIDDEN => (BAD_SIGNATURE.code, BAD_SIGNATURE.message),
        StatusCode::NOT_FOUND => (NO_SUCH_BLOB.code, NO_SUCH_BLOB.message),
        StatusCode::SERVICE_UNAVAILABLE => (
            "ServerBusy",
            "The server is currently unable to receive requests. Please retry your request.",
        ),
        _ => (
            "InternalError",
            "The server encountered an internal error. Please retry the request.",
        ),
    };
    let code = status.code.as_deref().unwrap_or(usual_code);
    let message = status.message.as_deref().unwrap_or(usual_message);
    let mut response = error(status.status_code(), code, message);
    status.set_retry_after(&mut response);
    response
}

fn refusal(refused: StorageError, size: Option<u64>) -> Response {
    let mut response = error(refused.status, refused.code, refused.message);
    if let Some(size) = size {
        let range = format!("bytes */{size}");
        headers::set(&mut response, header::CONTENT_RANGE, &range);
    }
    response
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    // The storage service's XML begins with a byte order mark.
    let xml = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    let xml = HeaderValue::from_static("application/xml");
    response.headers_mut().insert(header::CONTENT_TYPE, xml);
    let name = HeaderName::from_static("x-ms-error-code");
    headers::set(&mut response, name, code);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(parse_range("bytes=0-9"), Some((0, 9)));
        assert_eq!(parse_range("bytes=5-"), Some((5, u64::MAX)));
        for ignored in ["bytes=-5", "bytes=0-1,3-4", "0-5", "5-", "bytes=a-b", ""] {
            assert_eq!(parse_range(ignored), None, "{ignored}");
        }
    }
}
