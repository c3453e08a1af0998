//! Downloads, made on the fly: the registry redirects, the storage sends.

use std::{convert::Infallible, ops::Range, sync::PoisonError};

use futures_util::stream;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};

use super::{Answer, State, parameter, status, with};
use crate::blob::Blob;

impl State {
    pub(super) fn blob(&self, storage: &str, method: &Method, digest: String) -> Answer {
        let Some(blob) = self.known(&digest) else {
            return status(StatusCode::NOT_FOUND);
        };
        if method == Method::HEAD {
            let headers = [
                ("content-length", blob.size.to_string()),
                ("content-type", "application/octet-stream".to_owned()),
                ("docker-content-digest", digest),
            ];
            return with(StatusCode::OK, headers);
        }
        let location = format!("{storage}/account//data?digest={digest}&sig=c2ln");
        let headers = [("location", location), ("docker-content-digest", digest)];
        with(StatusCode::TEMPORARY_REDIRECT, headers)
    }

    /// The storage host refuses whoever brings a token beside the signature.
    pub(super) fn stored(&self, request: &Request<Incoming>) -> Answer {
        let digest = parameter(request.uri().query().unwrap_or(""), "digest");
        let Some(blob) = digest.and_then(|digest| self.known(&digest)) else {
            return status(StatusCode::NOT_FOUND);
        };
        if request.headers().contains_key(header::AUTHORIZATION) {
            return status(StatusCode::BAD_REQUEST);
        }
        match range(request.headers(), blob.size) {
            Ok(range) => sent(blob, range),
            Err(()) => {
                let size = format!("bytes */{}", blob.size);
                with(StatusCode::RANGE_NOT_SATISFIABLE, [("content-range", size)])
            }
        }
    }

    fn known(&self, digest: &str) -> Option<Blob> {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.get(digest).copied()
    }
}

/// The range that is asked for, if one is; an error, if there is no such thing.
fn range(headers: &HeaderMap, size: u64) -> Result<Option<Range<u64>>, ()> {
    let Some(range) = headers.get(header::RANGE) else {
        return Ok(None);
    };
    let range = range
        .to_str()
        .ok()
        .and_then(|range| range.strip_prefix("bytes="));
    let (start, end) = range.and_then(|range| range.split_once('-')).ok_or(())?;
    let start: u64 = start.parse().map_err(drop)?;
    let end = match end {
        "" => size,
        end => end
            .parse::<u64>()
            .map_err(drop)?
            .saturating_add(1)
            .min(size),
    };
    if start < end {
        Ok(Some(start..end))
    } else {
        Err(())
    }
}

fn sent(blob: Blob, part: Option<Range<u64>>) -> Answer {
    let mut builder = Response::builder()
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_TYPE, "application/octet-stream");
    if let Some(part) = &part {
        let told = format!("bytes {}-{}/{}", part.start, part.end - 1, blob.size);
        builder = builder
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, told);
    }
    let range = part.unwrap_or(0..blob.size);
    builder = builder.header(header::CONTENT_LENGTH, range.end - range.start);
    let frames = blob
        .pieces(range)
        .map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let body = StreamBody::new(stream::iter(frames)).boxed_unsync();
    builder
        .body(body)
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}
