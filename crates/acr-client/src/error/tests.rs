//! Each error as it is told, and what to do about it.

use std::{sync::Arc, time::SystemTime};

use acr_core::{Digest, DigestMismatch};
use acr_rest::{Silence, TooLong};
use http::{HeaderName, HeaderValue, header};

use super::*;
use crate::{Lock, LockLevel};

const TRIED: &str = "do it to reg.azurecr.io/app:v1";

fn answer(status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("x-ms-correlation-request-id"),
        HeaderValue::from_static("c0ffee"),
    )]);
    let response = ErrorResponse::new(status, headers, body.as_bytes());
    Error::new(TRIED, ErrorKind::Response(Box::new(response)))
}

/// One entry, as the service writes it.
fn says(status: u16, code: &str, message: &str, detail: &str) -> Error {
    let message = serde_json::Value::from(message);
    let detail = match detail {
        "" => String::new(),
        detail => format!(r#","detail":{detail}"#),
    };
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":{message}{detail}}}]}}"#);
    answer(status, &body)
}

fn auth(error: acr_auth::Error) -> Error {
    Error::new(TRIED, ErrorKind::Auth(Box::new(error)))
}

fn transport(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new(TRIED, kind::of_transport(error.into()))
}

fn locks(tag: bool, manifest: bool, repository: bool) -> Locks {
    let lock = |level, name: &str, locked: bool| {
        let lock = Lock::builder(level, "app", name);
        lock.can_write(!locked).can_delete(!locked).build()
    };
    Locks::builder(
        LockLevel::Tag,
        lock(LockLevel::Repository, "app", repository),
    )
    .manifest(lock(LockLevel::Manifest, "sha256:2c26…", manifest))
    .tags([lock(LockLevel::Tag, "v1", tag)])
    .build()
}

/// What the service has been seen to answer (and, marked, what stands before it).
fn answers() -> Vec<(&'static str, Error)> {
    const DISALLOWED: &str = "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation";
    let disallowed = || says(405, "REGISTRY_DISALLOWED_OPERATION", DISALLOWED, "{}");
    let mut quarantined = locks(false, false, false);
    quarantined.quarantine_state = Some("Quarantined".to_owned());
    let mut both = says(
        400,
        "MANIFEST_BLOB_UNKNOWN",
        "blob unknown to registry",
        r#""sha256:1""#,
    );
    if let ErrorKind::Response(response) = &mut both.0.kind {
        let again = response.body.errors[0].clone();
        response.body.errors.push(again);
        response.attempts = 3;
    }
    vec![
        (
            "manifest invalid",
            says(
                400,
                "MANIFEST_INVALID",
                "manifest invalid",
                r#"{"Reason":{}}"#,
            ),
        ),
        (
            "digest invalid",
            says(
                400,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
                r#""digest parsing failed""#,
            ),
        ),
        (
            "size invalid",
            says(
                400,
                "SIZE_INVALID",
                "provided length did not match content length",
                "",
            ),
        ),
        (
            "length invalid",
            says(400, "CONTENT_LEN_INVALID", "content length invalid", ""),
        ),
        (
            "name invalid",
            says(400, "NAME_INVALID", "invalid repository name", ""),
        ),
        ("two blobs unknown, three attempts", both),
        (
            "unauthorized, past the token engine",
            says(
                401,
                "UNAUTHORIZED",
                "authentication required, visit https://aka.ms/acr/authorization for more information.",
                r#"[{"Type":"repository","Name":"app","Action":"delete"}]"#,
            ),
        ),
        (
            "firewall",
            says(
                403,
                "DENIED",
                "client with IP '203.0.113.9' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
                "",
            ),
        ),
        (
            "denied",
            says(
                403,
                "DENIED",
                "requested access to the resource is denied",
                "",
            ),
        ),
        (
            "repository unknown, on delete",
            says(
                404,
                "NAME_UNKNOWN",
                "repository name not known to registry",
                r#"{"name":"app"}"#,
            ),
        ),
        (
            "repository unknown",
            says(404, "NAME_UNKNOWN", r#"repository "app" is not found"#, ""),
        ),
        (
            "tag unknown",
            says(404, "TAG_UNKNOWN", "the specified tag does not exist", ""),
        ),
        (
            "manifest unknown, by tag",
            says(
                404,
                "MANIFEST_UNKNOWN",
                r#"manifest tagged by "v1" is not found"#,
                r#"{"Tag":"v1"}"#,
            ),
        ),
        (
            "manifest unknown",
            says(404, "MANIFEST_UNKNOWN", "manifest unknown", ""),
        ),
        (
            "blob unknown",
            says(
                404,
                "BLOB_UNKNOWN",
                "blob unknown to registry",
                r#""sha256:1""#,
            ),
        ),
        (
            "upload invalid",
            says(404, "BLOB_UPLOAD_INVALID", "blob upload invalid", ""),
        ),
        (
            "upload unknown",
            says(
                404,
                "BLOB_UPLOAD_UNKNOWN",
                "blob upload unknown to registry",
                "{}",
            ),
        ),
        (
            "operation unknown",
            says(
                404,
                "OPERATION_UNKNOWN",
                "The specified operation does not exist",
                "",
            ),
        ),
        ("no route", answer(404, "404 page not found\n")),
        ("nothing, as to a HEAD", answer(404, "")),
        (
            "delete by tag",
            says(
                405,
                "UNSUPPORTED",
                "A manifest can only be deleted by digest.",
                "",
            ),
        ),
        ("locked, nothing looked at", disallowed()),
        (
            "locked, the tag",
            disallowed().with_locks(locks(true, false, false)),
        ),
        (
            "locked, the manifest",
            disallowed().with_locks(locks(false, true, false)),
        ),
        (
            "locked, the repository",
            disallowed().with_locks(locks(false, false, true)),
        ),
        (
            "locked, all three",
            disallowed().with_locks(locks(true, true, true)),
        ),
        (
            "locked, none of them",
            disallowed().with_locks(locks(false, false, false)),
        ),
        (
            "locked, in quarantine",
            disallowed().with_locks(quarantined),
        ),
        ("proxy login", answer(407, "")),
        (
            "conflict",
            says(
                409,
                "CONFLICT",
                "the tag exists and points to another manifest",
                "",
            ),
        ),
        (
            "too large for a proxy",
            answer(
                413,
                "<html><head><title>413 Request Entity Too Large</title></head></html>",
            ),
        ),
        (
            "out of order",
            says(
                416,
                "BLOB_UPLOAD_RANGE_INVALID",
                "blob upload range invalid",
                r#"{"Range":"22-41","Reason":"out of order chunk: content range should start at 0"}"#,
            ),
        ),
        (
            "storage",
            answer(
                416,
                "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>InvalidRange</Code><Message>The range specified is invalid for the current size of the resource.\nRequestId:1\nTime:2</Message></Error>",
            ),
        ),
        (
            "throttled",
            says(
                429,
                "TOOMANYREQUESTS",
                "Too many requests. Please visit https://aka.ms/acr/skus#sku-feature-matrix to view limits of all service tiers.",
                "",
            ),
        ),
        (
            "throttled by the edge",
            answer(429, "Ref A: 0A1B Ref B: LON01 Ref C: 2024-06-01T00:00:00Z"),
        ),
        ("a redirect", answer(302, "<html>")),
        (
            "unknown code",
            says(418, "I_AM_NEW", "and nobody knows me", ""),
        ),
        ("broken", says(500, "UNKNOWN", "unknown error", "")),
        (
            "unavailable, from a proxy",
            answer(
                503,
                "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n",
            ),
        ),
    ]
}

/// Every kind that is no plain answer of the registry.
fn kinds() -> Vec<(&'static str, Error)> {
    let registry = || "https://reg.azurecr.io".to_owned();
    let denied = |status| {
        let status = StatusCode::from_u16(status).unwrap();
        auth(acr_auth::Error::Denied {
            registry: registry(),
            step: acr_auth::TokenStep::Exchange,
            response: Arc::new(ErrorResponse::new(status, HeaderMap::new(), b"")),
        })
    };
    let refused = acr_auth::Error::Refused {
        registry: registry(),
        wanted: "repository:app:metadata_read".parse().unwrap(),
        granted: Some("repository:app:pull".parse().unwrap()),
        grantee: acr_auth::Grantee::Login,
        refusal: acr_auth::Refusal::Insufficient,
        response: Arc::new(ErrorResponse::new(
            StatusCode::UNAUTHORIZED,
            HeaderMap::new(),
            b"",
        )),
    };
    let mut sized = DigestMismatch::new(Digest::of(b"this"), Digest::of(b"that one"), 8);
    let unsized_mismatch = DigestMismatch::new(Digest::of(b"this"), Digest::of(b"that"), 4);
    sized.expected_size = Some(4);
    let elsewhere =
        acr_core::ServerPath::resolve(&"reg.azurecr.io".parse().unwrap(), "https://evil.example/x");
    let refused_connection = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    vec![
        (
            "invalid input",
            Error::invalid(TRIED, "a tag cannot be called so"),
        ),
        ("no role", denied(403)),
        (
            "no entra token",
            auth(acr_auth::Error::Expired {
                registry: registry(),
                what: "refresh token",
                ended: SystemTime::UNIX_EPOCH,
            }),
        ),
        ("token endpoint fails", denied(503)),
        ("needs metadata_read", auth(refused)),
        ("connection refused", transport(refused_connection)),
        (
            "silent",
            transport(Silence::Response(Duration::from_secs(100))),
        ),
        (
            "no trust",
            transport(std::io::Error::from(std::io::ErrorKind::InvalidData)),
        ),
        ("broke off", transport("the line is dead")),
        ("too long", transport(TooLong { limit: 9 })),
        (
            "timeout",
            Error::new(
                TRIED,
                ErrorKind::Timeout {
                    after: Duration::from_millis(1500),
                },
            ),
        ),
        ("digest mismatch", Error::new(TRIED, unsized_mismatch)),
        ("size mismatch", Error::new(TRIED, sized)),
        (
            "unexpected answer",
            Error::unexpected(TRIED, "it has no content type"),
        ),
        (
            "link",
            Error::new(TRIED, ErrorKind::Link(elsewhere.unwrap_err())),
        ),
        (
            "io",
            Error::new(
                TRIED,
                ErrorKind::Io(std::io::Error::other("the disk is full")),
            ),
        ),
        (
            "upload lost",
            Error::new(
                TRIED,
                ErrorKind::UploadLost {
                    sent: 7,
                    response: None,
                },
            ),
        ),
        (
            "waiting in a task",
            Error::new(TRIED, ErrorKind::AsyncContext),
        ),
        (
            "other tags",
            Error::new(
                TRIED,
                ErrorKind::OtherTags(vec!["v2".to_owned(), "latest".to_owned()]),
            ),
        ),
        (
            "an index without the platform",
            Error::new(
                TRIED,
                ErrorKind::NoPlatform {
                    wanted: Box::new(crate::Platform::new("linux", "s390x")),
                    available: ["amd64", "arm64"]
                        .map(|it| crate::Platform::new("linux", it))
                        .into(),
                },
            ),
        ),
        (
            "a manifest that is no image",
            Error::new(
                TRIED,
                ErrorKind::NoPlatform {
                    wanted: Box::new(crate::Platform::new("linux", "s390x")),
                    available: Vec::new(),
                },
            ),
        ),
    ]
}

/// The predicates that hold.
fn traits(error: &Error) -> String {
    let all = [
        ("not_found", error.is_not_found()),
        ("locked", error.is_locked()),
        ("quarantined", error.is_quarantined()),
        ("throttled", error.is_throttled()),
        ("unauthorized", error.is_unauthorized()),
        ("forbidden", error.is_forbidden()),
        ("firewall", error.is_firewall()),
        ("conflict", error.is_conflict()),
        ("unsupported", error.is_unsupported()),
        ("upload_lost", error.is_upload_lost()),
        ("timeout", error.is_timeout()),
        ("transport", error.is_transport()),
        ("connect", error.is_connect()),
        ("invalid_input", error.is_invalid_input()),
        ("digest_mismatch", error.is_digest_mismatch()),
        ("too_large", error.is_too_large()),
        ("retryable", error.is_retryable()),
    ];
    let held: Vec<_> = all
        .iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| *name)
        .collect();
    held.join(" ")
}

fn told(errors: Vec<(&'static str, Error)>) -> String {
    let mut text = String::new();
    for (what, error) in errors {
        text += &format!("{what}\n  {error}\n");
        if let Some(hint) = error.hint() {
            text += &format!("  hint: {hint}\n");
        }
        text += &format!("  is: {}\n", traits(&error));
    }
    text
}

#[test]
fn what_is_told_of_every_answer() {
    insta::assert_snapshot!(told(answers()));
}

#[test]
fn what_is_told_of_every_kind() {
    insta::assert_snapshot!(told(kinds()));
}

#[test]
fn everything_in_an_answer_can_be_asked_for() {
    let error = Error::builder(StatusCode::TOO_MANY_REQUESTS)
        .attempt("list the tags of reg.azurecr.io/app")
        .error("TOOMANYREQUESTS", "too many")
        .error("ANOTHER", "and more")
        .header(header::RETRY_AFTER, HeaderValue::from_static("7"))
        .header(
            HeaderName::from_static("x-ms-request-id"),
            HeaderValue::from_static("1"),
        )
        .header(
            HeaderName::from_static("x-ms-correlation-request-id"),
            HeaderValue::from_static("2"),
        )
        .header(
            HeaderName::from_static("x-ms-client-request-id"),
            HeaderValue::from_static("mine"),
        )
        .build();
    assert_eq!(error.status(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(error.code(), Some(&ErrorCode::TooManyRequests));
    let codes: Vec<_> = error.errors().iter().map(|e| e.code.as_str()).collect();
    assert_eq!(codes, ["TOOMANYREQUESTS", "ANOTHER"]);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.request_id(), Some("1"));
    assert_eq!(error.correlation_id(), Some("2"));
    assert_eq!(error.client_request_id(), Some("mine"));
    assert_eq!(
        (error.attempts(), error.elapsed()),
        (1, Some(Duration::ZERO))
    );

    let edge = Error::builder(StatusCode::SERVICE_UNAVAILABLE)
        .header(
            HeaderName::from_static("x-azure-ref"),
            HeaderValue::from_static("edge"),
        )
        .build();
    assert_eq!(
        (edge.request_id(), edge.correlation_id()),
        (Some("edge"), Some("edge"))
    );
    assert_eq!((edge.client_request_id(), edge.code()), (None, None));
}

#[test]
fn what_the_token_lacks_can_be_asked_for() {
    let (_, error) = kinds().remove(4);
    assert_eq!(
        error.wanted_scopes().unwrap().to_string(),
        "repository:app:metadata_read"
    );
    assert_eq!(
        error.granted_scopes().unwrap().to_string(),
        "repository:app:pull"
    );
    assert_eq!(
        error.missing_scopes().unwrap().to_string(),
        "repository:app:metadata_read"
    );
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
}

#[test]
fn it_is_one_pointer_that_goes_everywhere() {
    fn everywhere<T: StdError + Send + Sync + 'static>() {}
    everywhere::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}

#[test]
fn as_an_error_of_the_standard_library() {
    use std::io::{self, ErrorKind::*};
    let kind = |what: &str| {
        let mut all = answers().into_iter().chain(kinds());
        let (_, error) = all.find(|(name, _)| *name == what).unwrap();
        let text = error.to_string();
        let error = io::Error::from(error);
        assert_eq!(error.to_string(), text);
        error.kind()
    };
    for (what, expected) in [
        ("tag unknown", NotFound),
        ("denied", PermissionDenied),
        ("locked, the tag", PermissionDenied),
        ("timeout", TimedOut),
        ("silent", TimedOut),
        ("delete by tag", Unsupported),
        ("invalid input", InvalidInput),
        ("digest mismatch", InvalidData),
        ("too long", InvalidData),
        ("unexpected answer", InvalidData),
        ("link", InvalidData),
        ("broke off", ConnectionAborted),
        ("io", Other),
        ("broken", Other),
    ] {
        assert_eq!(kind(what), expected, "{what}");
    }
}
