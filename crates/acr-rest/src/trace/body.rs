//! Which bodies are told, and what of them.

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, header::CONTENT_TYPE};
use http_body_util::BodyDataStream;
use reqwest::{Body, Request, Response};

use crate::{guard, redact, reflected::Sent};

/// The longest body that is told. A longer one is not told in part: of a part of JSON nobody knows
/// what is secret in it.
const LONGEST: usize = 16 * 1024;

/// Whether the bodies of this operation are told at all: never tokens, blobs and uploads.
pub(super) fn may_be_told(operation: &str, path: &str) -> bool {
    let is_content = operation == "get_blob" || path.contains("/blobs/");
    !is_content && (path.starts_with("/acr/v1/") || path.starts_with("/v2/"))
}

pub(super) fn of_request(request: &Request, sent: &Sent) -> Option<String> {
    let body = request.body()?.as_bytes()?;
    (is_json(request.headers()) && !body.is_empty()).then(|| shown(body, sent))
}

/// The same answer, and what is told of its body. No more of it is read than could be told.
pub(super) async fn of_response(response: Response, sent: &Sent) -> (Response, Option<String>) {
    if !is_json(response.headers()) {
        return (response, None);
    }
    let declared = response.content_length().unwrap_or_default();
    if declared > LONGEST as u64 {
        return (response, Some(too_long()));
    }
    let (head, body) = guard::taken_apart(response);
    let mut rest = BodyDataStream::new(body);
    let mut beginning = BytesMut::new();
    while beginning.len() <= LONGEST {
        match rest.next().await {
            Some(Ok(piece)) => beginning.extend_from_slice(&piece),
            Some(Err(error)) => {
                // Whoever reads the body meets the error in its place.
                let pieces = [Ok(beginning.freeze()), Err(error)];
                let body = Body::wrap_stream(stream::iter(pieces));
                return (head.with(body), Some("(it broke off)".to_owned()));
            }
            None => {
                let bytes = beginning.freeze();
                let told = (!bytes.is_empty()).then(|| shown(&bytes, sent));
                return (head.with(Body::from(bytes)), told);
            }
        }
    }
    let beginning = stream::iter([Ok::<Bytes, _>(beginning.freeze())]);
    let body = Body::wrap_stream(beginning.chain(rest));
    (head.with(body), Some(too_long()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn shown(body: &[u8], sent: &Sent) -> String {
    if body.len() > LONGEST {
        return too_long();
    }
    let Some(shown) = redact::json(body) else {
        return "(it is no JSON)".to_owned();
    };
    sent.blotted(&shown).unwrap_or(shown)
}

fn too_long() -> String {
    format!("(more than {LONGEST} bytes)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_content_are_never_told() {
        for (operation, path, told) in [
            ("get_tags", "/acr/v1/app/_tags", true),
            ("create_manifest", "/v2/app/manifests/v1", true),
            ("get_blob", "/v2/app/blobs/sha256:ab", false),
            ("get_blob", "/container/data", false),
            ("start_upload", "/v2/app/blobs/uploads/", false),
            ("upload_chunk", "/v2/app/blobs/uploads/1", false),
            (
                "exchange_acr_refresh_token_for_acr_access_token",
                "/oauth2/token",
                false,
            ),
            ("", "/anything", false),
        ] {
            assert_eq!(may_be_told(operation, path), told, "{operation} {path}");
        }
    }
}
