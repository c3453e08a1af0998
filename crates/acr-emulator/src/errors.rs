//! The registry's error answers: their form here, their words in the catalogue.

mod catalogue;

use std::borrow::Cow;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Serialize, Serializer};

use crate::reply;

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    errors: Vec<ErrorEntry>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Serialize)]
struct ErrorEntry {
    code: Cow<'static, str>,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
}

/// The `detail` of an error; each code has a form of its own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Detail {
    #[serde(serialize_with = "null")]
    Null,
    Text(String),
    Needs(Vec<NeedDetail>),
    Empty {},
    RepositoryName {
        name: String,
    },
    #[serde(rename_all = "PascalCase")]
    Tag {
        tag: String,
    },
    #[serde(rename_all = "PascalCase")]
    Revision {
        name: String,
        revision: String,
    },
    #[serde(rename_all = "PascalCase")]
    Reason {
        reason: NoReason,
    },
    #[serde(rename_all = "PascalCase")]
    Digest {
        digest: String,
        reason: NoReason,
    },
    #[serde(rename_all = "PascalCase")]
    Range {
        range: String,
        reason: String,
    },
}

#[derive(Debug, Serialize)]
struct NoReason {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct NeedDetail {
    r#type: &'static str,
    name: String,
    action: &'static str,
}

fn null<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_unit()
}

impl ApiError {
    fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        detail: Option<Detail>,
    ) -> Self {
        let (code, message) = (code.into(), message.into());
        Self {
            status,
            errors: vec![ErrorEntry {
                code,
                message,
                detail,
            }],
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The emulator's own disk failed it.
impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Envelope {
            errors: Vec<ErrorEntry>,
        }
        let envelope = Envelope {
            errors: self.errors,
        };
        let mut response = reply::json(self.status, &envelope);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The answer to a path that fits no route.
pub(crate) fn page_not_found() -> Response {
    plain_text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// The answer to a method that a path does not have.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let mut response = plain_text(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed\n");
    let allow = HeaderValue::from_static(allowed);
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

/// A line of text instead of JSON.
pub(crate) fn plain_text(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let text_plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, text_plain);
    response
}

#[cfg(test)]
mod tests {
    use acr_core::{Digest, RepositoryName};

    use super::*;

    fn body(error: ApiError) -> String {
        let response = error.into_response();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let bytes = runtime.block_on(axum::body::to_bytes(response.into_body(), 4096));
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[test]
    fn bodies_are_compact_and_end_with_a_newline() {
        let digest: Digest = Digest::of(b"x");
        let name: RepositoryName = "ocitest/alltests".parse().unwrap();
        let of_revision = body(ApiError::manifest_revision_unknown(&name, &digest));
        assert_eq!(
            of_revision.len(),
            269,
            "as long as the service's: {of_revision}"
        );
        assert_eq!(body(ApiError::blob_unknown(&digest)).len(), 157);
        assert_eq!(body(ApiError::unauthorized(&[])).len(), 149);
        assert_eq!(body(ApiError::manifest_invalid()).len(), 93);
        assert_eq!(body(ApiError::delete_by_tag()).len(), 90);
        assert_eq!(
            body(ApiError::upload_range_invalid(
                "22-41",
                "out of order chunk: content range should start at 0"
            ))
            .len(),
            178
        );
        assert_eq!(
            body(ApiError::digest_invalid(Some("digest parsing failed"))).len(),
            131
        );
    }
}
