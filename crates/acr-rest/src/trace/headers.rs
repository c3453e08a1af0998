//! Which headers are told, and what of them.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{LogOptions, options::NEVER};
use crate::{redact, reflected::Sent};

/// The headers that are told unasked: what one needs to understand an exchange.
const SHOWN: [&str; 26] = [
    "accept",
    "accept-ranges",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "etag",
    "expires",
    "if-match",
    "if-none-match",
    "oci-filters-applied",
    "oci-subject",
    "range",
    "retry-after",
    "server",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-ratelimit-remaining-calls-per-second",
    "x-ms-request-id",
];

/// The same headers without secrets: what holds one has `***` for its value, and in an address its
/// keys are blotted out.
pub(super) fn without_secrets(headers: &HeaderMap, sent: &Sent) -> HeaderMap {
    let mut headers = headers.clone();
    for (name, value) in &mut headers {
        if let Some(shown) = redacted(name, value, sent) {
            *value = shown;
        }
    }
    headers
}

/// `None` where there is nothing to hide.
fn redacted(name: &HeaderName, value: &HeaderValue, sent: &Sent) -> Option<HeaderValue> {
    let hidden = HeaderValue::from_static(redact::BLOT);
    if NEVER.contains(name) {
        return Some(hidden);
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    if sent.blotted(&text).is_some() {
        return Some(hidden);
    }
    // An address of the server is marked, for the sake of its query; the rest of it is of use.
    let is_address = matches!(name.as_str(), "location" | "content-location" | "link");
    if value.is_sensitive() && !is_address {
        return Some(hidden);
    }
    let shown = redact::text(&text)?;
    Some(HeaderValue::from_str(&shown).unwrap_or(hidden))
}

/// Those that are told, of headers without secrets: `name: value | name: value`.
pub(super) fn shown(headers: &HeaderMap, options: &LogOptions) -> String {
    let further = options.further_headers();
    let is_shown = |name: &HeaderName| SHOWN.contains(&name.as_str()) || further.contains(name);
    let lines = headers.iter().filter(|(name, _)| is_shown(name));
    let lines = lines.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("{name}: {value}")
    });
    lines.collect::<Vec<_>>().join(" | ")
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The id that Azure's support asks for.
pub(super) fn service_request_id(headers: &HeaderMap) -> Option<&str> {
    text(headers, "x-ms-correlation-request-id").or_else(|| text(headers, "x-ms-request-id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_none_holds_a_secret() {
        assert!(SHOWN.is_sorted());
        let secret = NEVER.iter().map(HeaderName::as_str);
        let secret: Vec<_> = secret
            .chain(["location", "link", "www-authenticate"])
            .collect();
        assert!(SHOWN.iter().all(|name| !secret.contains(name)));
    }
}
