//! Answers with a body or without.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// Longer JSON goes out in chunks: the service's server does not count it beforehand.
const COUNTED_JSON: usize = 2048;

/// Compact JSON and a newline.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let text = json_text(value);
    if text.len() > COUNTED_JSON {
        return of_json(status, chunked(text));
    }
    of_json(status, Body::from(text))
}

/// JSON that goes out in chunks, however short, as that of the token endpoints does.
pub(crate) fn chunked_json(value: &impl Serialize) -> Response {
    of_json(StatusCode::OK, chunked(json_text(value)))
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The text of a value. What the emulator answers with are plain structures, which always
/// serialise.
fn json_text(value: &impl Serialize) -> Bytes {
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

fn chunked(text: Bytes) -> Body {
    Body::from_stream(stream::once(async {
        Ok::<_, std::convert::Infallible>(text)
    }))
}

fn of_json(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
