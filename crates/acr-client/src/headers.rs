//! What the headers of an answer say about a blob or manifest.

use acr_core::{Digest, DigestMismatch};
use acr_rest::ResponseValue;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, RANGE},
};

use crate::{ErrorKind, Result, convert};

/// The digest in the answer, if there is one.
pub(crate) fn header_digest(headers: &HeaderMap) -> Result<Option<Digest>, String> {
    digest_in(headers, "docker-content-digest")
}

/// The digest in this header, if it is there.
pub(crate) fn digest_in(headers: &HeaderMap, name: &str) -> Result<Option<Digest>, String> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| "its digest is no text".to_owned())?;
    convert::digest(text).map(Some)
}

/// Whether the registry names the digest that was sent or asked for. One of another algorithm
/// cannot be compared.
pub(crate) fn same_digest(headers: &HeaderMap, ours: &Digest, size: u64) -> Result<(), ErrorKind> {
    match header_digest(headers).map_err(ErrorKind::UnexpectedAnswer)? {
        Some(theirs) if theirs != *ours && theirs.algorithm() == ours.algorithm() => {
            let mismatch = DigestMismatch::new(ours.clone(), theirs, size);
            Err(mismatch.into())
        }
        _ => Ok(()),
    }
}

/// As the header says: a body has no size any more once its limits are watched, and that of a HEAD
/// has none.
pub(crate) fn declared_size(headers: &HeaderMap) -> Option<u64> {
    number(headers.get(CONTENT_LENGTH)?.to_str().ok()?)
}

/// How many bytes an upload holds, by its `Range: 0-N`. `0-0` says that of nothing and of one byte:
/// it is `None`, as is a header that is missing.
pub(crate) fn received(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(RANGE)?.to_str().ok()?;
    let (first, last) = text.trim_start_matches("bytes=").split_once('-')?;
    let last = number(last).filter(|last| *last > 0)?;
    (number(first)? == 0).then(|| last.checked_add(1))?
}

/// How many bytes an upload holds after as many as lead up to `end` were sent. Where the header says
/// nothing, all of them; `0-0` says that it is at most one.
pub(crate) fn received_of(headers: &HeaderMap, end: u64) -> u64 {
    match received(headers) {
        Some(received) => received,
        None if is_first_byte(headers) && end > 1 => 0,
        None => end,
    }
}

/// Whether an upload holds `0-0`: nothing or one byte.
pub(crate) fn is_first_byte(headers: &HeaderMap) -> bool {
    let said = headers.get(RANGE).map(HeaderValue::as_bytes);
    said.is_some_and(|said| said.strip_prefix(b"bytes=").unwrap_or(said) == b"0-0")
}

/// First byte, last byte, and the size of the whole where it is told (RFC 9110, `Content-Range`).
pub(crate) fn content_range(headers: &HeaderMap) -> Option<(u64, u64, Option<u64>)> {
    let text = headers.get(http::header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let total = match total {
        "*" => None,
        total => Some(number(total)?),
    };
    // Behind the last byte there must be a place to count.
    let fits = first <= last && last < total.unwrap_or(u64::MAX);
    fits.then_some((first, last, total))
}

/// The size of the whole, where there is no part of it to send (416, `bytes */N`).
pub(crate) fn total_of(content_range: &HeaderValue) -> Option<u64> {
    number(content_range.to_str().ok()?.strip_prefix("bytes */")?)
}

/// Digits only: `parse` would take a plus sign too.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Tells what is not there from what failed, in the answer to a HEAD: it has no body to say so. A 404
/// counts when a registry gave it; one of a proxy, or of a host that is no registry, is an error.
pub(crate) fn absent<T>(answer: Result<ResponseValue<T>>) -> Result<Option<ResponseValue<T>>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match error.kind() {
            ErrorKind::Response(response)
                if response.status == StatusCode::NOT_FOUND
                    && response
                        .headers
                        .contains_key("docker-distribution-api-version") =>
            {
                Ok(None)
            }
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )])
    }

    #[test]
    fn what_an_upload_holds() {
        for (value, expected) in [
            ("0-21", Some(22)),
            ("bytes=0-21", Some(22)),
            ("0-0", None),
            ("1-21", None),
            ("0-+5", None),
            ("0-18446744073709551615", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(received(&headers("range", value)), expected, "{value}");
        }
    }

    #[test]
    fn what_an_upload_holds_after_a_chunk() {
        for (value, end, expected) in [
            ("0-21", 22, 22),
            ("0-10", 22, 11),
            ("0-21", 5, 22),
            ("0-0", 22, 0),
            ("0-0", 1, 1),
            ("what?", 22, 22),
        ] {
            assert_eq!(
                received_of(&headers("range", value), end),
                expected,
                "{value}"
            );
        }
        assert_eq!(received_of(&HeaderMap::new(), 22), 22);
    }

    #[test]
    fn what_part_of_a_blob_came() {
        for (value, expected) in [
            ("bytes 0-9/100", Some((0, 9, Some(100)))),
            ("bytes 5-5/*", Some((5, 5, None))),
            ("bytes 9-5/100", None),
            ("bytes 0-18446744073709551615/*", None),
            ("bytes 0-100/100", None),
            ("bytes */100", None),
            ("0-9/100", None),
            ("bytes 0-9", None),
        ] {
            assert_eq!(
                content_range(&headers("content-range", value)),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn digests_of_different_algorithms_are_not_compared() {
        let (ours, hex) = (Digest::of(b"x"), "0".repeat(128));
        let theirs = headers("docker-content-digest", &format!("sha512:{hex}"));
        assert!(same_digest(&theirs, &ours, 1).is_ok());
        let theirs = headers("docker-content-digest", Digest::of(b"y").as_str());
        assert!(same_digest(&theirs, &ours, 1).is_err());
        assert!(same_digest(&headers("docker-content-digest", "x"), &ours, 1).is_err());
    }
}
