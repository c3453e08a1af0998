//! The body of an error answer.

use std::fmt;

use serde_json::Value;

use crate::name::{on_one_line, shown};

/// An error code of the service, of the OCI distribution specification, or of the registry that
/// Docker began with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `BLOB_UNKNOWN`: no such blob in this repository.
    BlobUnknown,
    /// `BLOB_UPLOAD_INVALID`: the upload is not, or no longer, in the state that the request assumes.
    BlobUploadInvalid,
    /// `BLOB_UPLOAD_RANGE_INVALID`: a chunk was sent out of order.
    BlobUploadRangeInvalid,
    /// `BLOB_UPLOAD_UNKNOWN`: no such upload, or it has ended.
    BlobUploadUnknown,
    /// `CONTENT_LEN_INVALID`: the body is not as long as was said.
    ContentLengthInvalid,
    /// `DENIED`: the network or the role forbids it.
    Denied,
    /// `DIGEST_INVALID`: the digest is malformed, or the content has another one.
    DigestInvalid,
    /// `MANIFEST_BLOB_UNKNOWN`: the manifest names a blob that the repository does not hold.
    ManifestBlobUnknown,
    /// `MANIFEST_INVALID`: the manifest is malformed, or not of the type that was said.
    ManifestInvalid,
    /// `MANIFEST_UNKNOWN`: no such manifest in this repository.
    ManifestUnknown,
    /// `MANIFEST_UNVERIFIED`: the signature of a manifest of Docker's first schema does not hold.
    ManifestUnverified,
    /// `NAME_INVALID`: no such name of a repository can be.
    NameInvalid,
    /// `NAME_UNKNOWN`: no such repository.
    NameUnknown,
    /// `OPERATION_UNKNOWN`: no such long-running operation.
    OperationUnknown,
    /// `REGISTRY_DISALLOWED_OPERATION`: the item is locked or quarantined.
    RegistryDisallowedOperation,
    /// `SIZE_INVALID`: the content has another length than was said.
    SizeInvalid,
    /// `TAG_INVALID`: no tag can be called so, or it is not the one in the manifest.
    TagInvalid,
    /// `TAG_UNKNOWN`: no such tag in this repository.
    TagUnknown,
    /// `TOOMANYREQUESTS`: the registry's limit of calls is reached.
    TooManyRequests,
    /// `UNAUTHORIZED`: there is no token, or it does not cover this.
    Unauthorized,
    /// `UNAVAILABLE`: the service cannot do it for the moment.
    Unavailable,
    /// `UNKNOWN`: the service does not say what is wrong.
    Unknown,
    /// `UNSUPPORTED`: the service does not do this.
    Unsupported,
    /// Any other code.
    Other(String),
}

const CODES: [(ErrorCode, &str); 23] = [
    (ErrorCode::BlobUnknown, "BLOB_UNKNOWN"),
    (ErrorCode::BlobUploadInvalid, "BLOB_UPLOAD_INVALID"),
    (
        ErrorCode::BlobUploadRangeInvalid,
        "BLOB_UPLOAD_RANGE_INVALID",
    ),
    (ErrorCode::BlobUploadUnknown, "BLOB_UPLOAD_UNKNOWN"),
    (ErrorCode::ContentLengthInvalid, "CONTENT_LEN_INVALID"),
    (ErrorCode::Denied, "DENIED"),
    (ErrorCode::DigestInvalid, "DIGEST_INVALID"),
    (ErrorCode::ManifestBlobUnknown, "MANIFEST_BLOB_UNKNOWN"),
    (ErrorCode::ManifestInvalid, "MANIFEST_INVALID"),
    (ErrorCode::ManifestUnknown, "MANIFEST_UNKNOWN"),
    (ErrorCode::ManifestUnverified, "MANIFEST_UNVERIFIED"),
    (ErrorCode::NameInvalid, "NAME_INVALID"),
    (ErrorCode::NameUnknown, "NAME_UNKNOWN"),
    (ErrorCode::OperationUnknown, "OPERATION_UNKNOWN"),
    (
        ErrorCode::RegistryDisallowedOperation,
        "REGISTRY_DISALLOWED_OPERATION",
    ),
    (ErrorCode::SizeInvalid, "SIZE_INVALID"),
    (ErrorCode::TagInvalid, "TAG_INVALID"),
    (ErrorCode::TagUnknown, "TAG_UNKNOWN"),
    (ErrorCode::TooManyRequests, "TOOMANYREQUESTS"),
    (ErrorCode::Unauthorized, "UNAUTHORIZED"),
    (ErrorCode::Unavailable, "UNAVAILABLE"),
    (ErrorCode::Unknown, "UNKNOWN"),
    (ErrorCode::Unsupported, "UNSUPPORTED"),
];

impl ErrorCode {
    /// As it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => CODES
                .iter()
                .find(|(code, _)| code == known)
                .map_or("", |(_, text)| text),
        }
    }
}

impl From<&str> for ErrorCode {
    fn from(text: &str) -> Self {
        let known = CODES.iter().find(|(_, known)| *known == text);
        known.map_or_else(|| Self::Other(shown(text)), |(code, _)| code.clone())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of an error body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorInfo {
    /// The code.
    pub code: ErrorCode,
    /// The service's own words.
    pub message: String,
    /// More, as JSON in a form that differs from code to code: an array, an object, a text, or
    /// nothing.
    pub detail: Option<String>,
}

/// The body of an error answer, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The entries; none where the body was not the usual JSON.
    pub errors: Vec<ErrorInfo>,
    /// The beginning of a body that was not the usual JSON, on one line.
    pub text: Option<String>,
}

impl ErrorBody {
    /// Reads a body leniently: whatever is in it, nothing fails. Error answers also come from
    /// proxies and from the network's edge, as text or HTML, and for HEAD there is none. The storage
    /// host, to which the download of a blob is redirected, answers in XML: its code and message make
    /// one entry.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let entries = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(mut object)) => match object.remove("errors") {
                Some(Value::Array(entries)) => entries,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let mut errors: Vec<_> = entries.into_iter().filter_map(entry).collect();
        errors.extend(storage_entry(body).filter(|_| errors.is_empty()));
        let text = errors.is_empty().then(|| excerpt(body)).flatten();
        Self { errors, text }
    }

    /// Whether the registry's network rules keep the caller out. The service says so in words alone;
    /// the code is that of a missing role.
    #[must_use]
    pub fn is_network_rule(&self) -> bool {
        self.errors
            .iter()
            .any(|error| error.message.contains("is not allowed access"))
    }

    /// The first entry's code.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.errors.first().map(|error| &error.code)
    }
}

fn entry(value: Value) -> Option<ErrorInfo> {
    let Value::Object(mut object) = value else {
        return None;
    };
    let code = object.get("code")?.as_str()?.into();
    let message = object
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let message = on_one_line(message, MESSAGE);
    let detail = object.remove("detail").filter(|detail| !detail.is_null());
    let detail = detail.map(|detail| detail.to_string());
    Some(ErrorInfo {
        code,
        message,
        detail,
    })
}

/// The error of Azure Storage (its REST API, "Status and error codes"):
/// `<?xml …?><Error><Code>…</Code><Message>…</Message>…</Error>`. What it repeats of the request
/// stands in the message's further lines and in further elements, and is left there.
fn storage_entry(body: &[u8]) -> Option<ErrorInfo> {
    let text = str::from_utf8(body).ok()?.trim_start_matches('\u{feff}');
    if !text.starts_with("<?xml") {
        return None;
    }
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>"))
            .map(|(inner, _)| inner)
    };
    let message = element("Message").and_then(|message| message.lines().next());
    Some(ErrorInfo {
        code: element("Code")?.into(),
        message: on_one_line(message.unwrap_or_default(), MESSAGE),
        detail: None,
    })
}

/// Characters of a message that are kept; the longest of the service has about 200.
const MESSAGE: usize = 1000;

/// Characters of a body that is not the usual JSON that are kept.
const EXCERPT: usize = 300;

fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT)]);
    let line = on_one_line(&text, EXCERPT);
    let words: Vec<_> = line.split(' ').filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_known_code_goes_round() {
        for (code, text) in &CODES {
            assert_eq!(&ErrorCode::from(*text), code);
            assert_eq!(code.as_str(), *text);
        }
        assert_eq!(ErrorCode::from("NEW_ONE").as_str(), "NEW_ONE");
    }

    #[test]
    fn every_form_of_detail_is_kept() {
        for detail in [
            r#"[{"Type":"repository"}]"#,
            r#"{"Tag":"x"}"#,
            r#""digest parsing failed""#,
            "{}",
        ] {
            let body = format!(
                r#"{{"errors":[{{"code":"DIGEST_INVALID","message":"m","detail":{detail}}}]}}"#
            );
            let body = ErrorBody::parse(body.as_bytes());
            assert_eq!(body.code(), Some(&ErrorCode::DigestInvalid));
            assert_eq!(body.errors[0].detail.as_deref(), Some(detail));
        }
        let body = ErrorBody::parse(
            br#"{"errors":[{"code":"UNAUTHORIZED","message":"m","detail":null}]}"#,
        );
        assert_eq!(body.errors[0].detail, None);
    }

    #[test]
    fn what_storage_says_is_an_entry() {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>InvalidRange</Code>\
             <Message>The range specified is invalid for the current size of the resource.\n\
             RequestId:1\nTime:2</Message></Error>";
        let body = ErrorBody::parse(body.as_bytes());
        assert_eq!(
            body.code().map(ErrorCode::as_str),
            Some("InvalidRange"),
            "{body:?}"
        );
        assert_eq!(
            body.errors[0].message,
            "The range specified is invalid for the current size of the resource."
        );
        let other = ErrorBody::parse(b"<?xml version=\"1.0\"?><rss/>");
        assert!(other.errors.is_empty() && other.text.is_some());
    }

    #[test]
    fn network_rules_are_known_by_their_words() {
        let says = |message: &str| {
            let body = format!(r#"{{"errors":[{{"code":"DENIED","message":"{message}"}}]}}"#);
            ErrorBody::parse(body.as_bytes()).is_network_rule()
        };
        assert!(says(
            r"client with IP \u0027203.0.113.9\u0027 is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
        ));
        assert!(!says("retrieving permissions failed"));
    }

    #[test]
    fn other_bodies_are_shown_as_text() {
        assert_eq!(
            ErrorBody::parse(b"404 page not found\n").text.as_deref(),
            Some("404 page not found")
        );
        assert_eq!(
            ErrorBody::parse(b"<html>\n  <b>503</b>\n").text.as_deref(),
            Some("<html> <b>503</b>")
        );
        assert_eq!(ErrorBody::parse(b""), ErrorBody::default());
        assert!(ErrorBody::parse(br#"{"errors":null}"#).text.is_some());
        assert!(
            ErrorBody::parse(&[0xff; 5000])
                .text
                .unwrap()
                .chars()
                .count()
                <= EXCERPT + 1
        );
    }

    proptest! {
        #[test]
        fn no_body_panics(body: Vec<u8>) {
            let _ = ErrorBody::parse(&body);
        }
    }
}
