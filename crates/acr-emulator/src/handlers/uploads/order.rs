//! Whether a chunk comes in its turn.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

use super::{Held, progress};
use crate::{call::Call, errors::ApiError, sessions::Session};

/// Whether a chunk goes on where the upload stands. Bytes ahead of that are an error; for bytes
/// that are already there the answer says where to go on. Without a `Content-Range` the `_state`
/// says where the client thinks it is: bytes that it sends behind the upload's end would be there
/// twice.
pub(super) fn out_of_order(call: &Call, held: &Held) -> Result<Option<Response>, ApiError> {
    let session = &held.session;
    let Some(range) = call.header(header::CONTENT_RANGE) else {
        return Ok((held.behind && call.has_body()).then(|| already_taken(call, session)));
    };
    let invalid = |reason: String| Err(ApiError::upload_range_invalid(range, reason));
    let Some((first, last)) = parse_range(range) else {
        return invalid("the Content-Range header format is invalid".to_owned());
    };
    let offset = session.offset();
    if first > offset {
        return invalid(format!(
            "out of order chunk: content range should start at {offset}"
        ));
    }
    if first < offset {
        return Ok(Some(already_taken(call, session)));
    }
    let length = call.content_length();
    if length.is_some_and(|length| length != last - first + 1) {
        return Err(ApiError::size_invalid());
    }
    Ok(None)
}

/// An error without a word, but of the usual type, that says where to go on.
fn already_taken(call: &Call, session: &Session) -> Response {
    let mut response = progress(call, session, StatusCode::RANGE_NOT_SATISFIABLE, false);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// `FIRST-LAST`, without a unit.
pub(super) fn parse_range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let (first, last): (u64, u64) = (number(first)?, number(last)?);
    (first <= last && last < u64::MAX).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_have_no_unit() {
        assert_eq!(parse_range("0-255"), Some((0, 255)));
        assert_eq!(parse_range("5-5"), Some((5, 5)));
        for bad in [
            "bytes 0-84521/*",
            "0-",
            "-5",
            "5-4",
            "+1-2",
            "",
            "0-18446744073709551615",
            "0-18446744073709551616",
        ] {
            assert_eq!(parse_range(bad), None, "{bad}");
        }
    }
}
