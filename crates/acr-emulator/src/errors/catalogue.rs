//! Every error that there is, word for word.

use std::borrow::Cow;

use acr_core::{Digest, RepositoryName};
use http::{HeaderValue, StatusCode, header};

use super::{ApiError, Detail, ErrorEntry, NeedDetail, NoReason};
use crate::auth::Need;

const AUTHENTICATION_REQUIRED: &str =
    "authentication required, visit https://aka.ms/acr/authorization for more information.";
const DISALLOWED: &str = "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation";

const TOO_MANY_REQUESTS: &str = "Too many requests. Please visit https://aka.ms/acr/skus#sku-feature-matrix to view limits of all service tiers.";

impl ApiError {
    /// 401 before an operation: names what it needs.
    pub(crate) fn unauthorized(needs: &[Need]) -> Self {
        let entry = |need: &Need| NeedDetail {
            r#type: need.kind,
            name: need.name.clone(),
            action: need.action,
        };
        let detail = match needs {
            [] => Detail::Null,
            needs => Detail::Needs(needs.iter().map(entry).collect()),
        };
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            AUTHENTICATION_REQUIRED,
            Some(detail),
        )
    }

    /// 401 at a token endpoint.
    pub(crate) fn bad_credentials() -> Self {
        let (status, code) = (StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
        Self::new(status, code, AUTHENTICATION_REQUIRED, None)
    }

    /// 403 of the exchange: the principal has no role here.
    pub(crate) fn no_role() -> Self {
        let message = "retrieving permissions failed";
        Self::new(StatusCode::FORBIDDEN, "DENIED", message, None)
    }

    /// 400 for a token request of no known form.
    pub(crate) fn unsupported_grant() -> Self {
        let message = "The operation is unsupported.";
        Self::new(StatusCode::BAD_REQUEST, "UNSUPPORTED", message, None)
    }

    /// 400 for a body that cannot be read as what it should be.
    pub(crate) fn invalid_body() -> Self {
        let message = "the request body is not valid";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message, None)
    }

    /// 400 for a metadata query that is none, with the reason.
    pub(crate) fn query_invalid(reason: impl Into<String>) -> Self {
        let detail = Detail::Text(reason.into());
        let message = "the query is not valid";
        let status = StatusCode::BAD_REQUEST;
        Self::new(status, "INVALID_QUERY", message, Some(detail))
    }

    /// 409 for a tag that would be overwritten.
    pub(crate) fn tag_exists() -> Self {
        let message = "the tag exists and points to another manifest";
        Self::new(StatusCode::CONFLICT, "CONFLICT", message, None)
    }

    /// 404 for an operation, or a conversion, that was never started.
    pub(crate) fn operation_unknown() -> Self {
        let message = "The specified operation does not exist";
        Self::not_found("OPERATION_UNKNOWN", message, None)
    }

    /// 500: the emulator's own disk failed it.
    pub(crate) fn internal(error: &std::io::Error) -> Self {
        tracing::error!(%error, "the data directory cannot be used");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "UNKNOWN", "unknown error", None)
    }

    /// 429: more calls than the registry answers.
    pub(crate) fn too_many_requests() -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "TOOMANYREQUESTS", TOO_MANY_REQUESTS, None)
    }

    /// An error that a fault rule asks for. What it leaves open is as in the service's answers of
    /// this status, where these are known.
    pub(crate) fn injected(
        status: StatusCode,
        code: Option<String>,
        message: Option<String>,
    ) -> Self {
        let (usual_code, usual_message) = match status {
            StatusCode::UNAUTHORIZED => ("UNAUTHORIZED", AUTHENTICATION_REQUIRED),
            StatusCode::FORBIDDEN => ("DENIED", "requested access to the resource is denied"),
            StatusCode::TOO_MANY_REQUESTS => ("TOOMANYREQUESTS", TOO_MANY_REQUESTS),
            _ => ("UNKNOWN", "unknown error"),
        };
        let code = code.map_or(Cow::Borrowed(usual_code), Cow::Owned);
        let message = message.unwrap_or_else(|| usual_message.to_owned());
        Self::new(status, code, message, None)
    }

    pub(crate) fn digest_invalid(detail: Option<&str>) -> Self {
        let detail = detail.map(|text| Detail::Text(text.to_owned()));
        Self::digest(detail)
    }

    pub(crate) fn digest_mismatch(claimed: &Digest) -> Self {
        Self::digest(Some(Detail::Digest {
            digest: claimed.to_string(),
            reason: NoReason {},
        }))
    }

    fn digest(detail: Option<Detail>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
            detail,
        )
    }

    pub(crate) fn manifest_invalid() -> Self {
        let detail = Detail::Reason {
            reason: NoReason {},
        };
        Self::manifest(detail)
    }

    pub(crate) fn manifest_too_large() -> Self {
        Self::manifest(Detail::Text("http: request body too large".to_owned()))
    }

    fn manifest(detail: Detail) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "MANIFEST_INVALID",
            "manifest invalid",
            Some(detail),
        )
    }

    /// A manifest names content that its repository does not have; one entry for each.
    pub(crate) fn manifest_blobs_unknown(missing: &[Digest]) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "", "", None);
        error.errors = missing
            .iter()
            .map(|digest| ErrorEntry {
                code: "MANIFEST_BLOB_UNKNOWN".into(),
                message: "blob unknown to registry".to_owned(),
                detail: Some(Detail::Text(digest.to_string())),
            })
            .collect();
        error
    }

    pub(crate) fn repository_unknown(name: &RepositoryName) -> Self {
        let message = format!("repository \"{name}\" is not found");
        Self::not_found("NAME_UNKNOWN", message, None)
    }

    pub(crate) fn repository_to_delete_unknown(name: &RepositoryName) -> Self {
        let detail = Detail::RepositoryName {
            name: name.to_string(),
        };
        let message = "repository name not known to registry";
        Self::not_found("NAME_UNKNOWN", message, Some(detail))
    }

    pub(crate) fn tag_unknown() -> Self {
        Self::not_found("TAG_UNKNOWN", "the specified tag does not exist", None)
    }

    pub(crate) fn manifest_tagged_unknown(tag: &str) -> Self {
        let message = format!("manifest tagged by \"{tag}\" is not found");
        let detail = Detail::Tag {
            tag: tag.to_owned(),
        };
        Self::not_found("MANIFEST_UNKNOWN", message, Some(detail))
    }

    pub(crate) fn manifest_revision_unknown(name: &RepositoryName, digest: &Digest) -> Self {
        let detail = Detail::Revision {
            name: name.to_string(),
            revision: digest.to_string(),
        };
        let message = format!("manifest {digest} is not found");
        Self::not_found("MANIFEST_UNKNOWN", message, Some(detail))
    }

    pub(crate) fn manifest_to_delete_unknown(digest: &Digest) -> Self {
        let message = format!("manifest {digest} is not found");
        Self::not_found("MANIFEST_UNKNOWN", message, None)
    }

    pub(crate) fn manifest_properties_unknown() -> Self {
        Self::not_found("MANIFEST_UNKNOWN", "manifest unknown", None)
    }

    pub(crate) fn blob_unknown(digest: &Digest) -> Self {
        let detail = Detail::Text(digest.to_string());
        Self::not_found("BLOB_UNKNOWN", "blob unknown to registry", Some(detail))
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
    }

    pub(crate) fn blob_to_delete_unknown() -> Self {
        Self::not_found("BLOB_UNKNOWN", "blob unknown to registry", None)
    }

    pub(crate) fn upload_unknown() -> Self {
        let message = "blob upload unknown to registry";
        Self::not_found("BLOB_UPLOAD_UNKNOWN", message, Some(Detail::Empty {}))
    }

    pub(crate) fn upload_invalid() -> Self {
        Self::not_found("BLOB_UPLOAD_INVALID", "blob upload invalid", None)
    }

    /// A `Content-Range` that does not go on where the upload stands.
    pub(crate) fn upload_range_invalid(range: &str, reason: impl Into<String>) -> Self {
        Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "BLOB_UPLOAD_RANGE_INVALID",
            "blob upload range invalid",
            Some(Detail::Range {
                range: range.to_owned(),
                reason: reason.into(),
            }),
        )
    }

    pub(crate) fn size_invalid() -> Self {
        let message = "provided length did not match content length";
        Self::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", message, None)
    }

    /// 405 for the deletion of a manifest by its tag.
    pub(crate) fn delete_by_tag() -> Self {
        let message = "A manifest can only be deleted by digest.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message, None)
    }

    /// 405 for what a lock forbids.
    pub(crate) fn locked() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "REGISTRY_DISALLOWED_OPERATION",
            DISALLOWED,
            Some(Detail::Empty {}),
        )
    }

    fn not_found(code: &'static str, message: impl Into<String>, detail: Option<Detail>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message, detail)
    }
}
