//! Where the bytes of a blob really are: the registry redirects to a storage host.

use acr_core::{Digest, limits};
use acr_rest::{ErrorResponse, Operation};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{
    HeaderValue, Method, StatusCode,
    header::{LOCATION, RANGE},
};
use reqwest::{Request, Response, Url};

use crate::{
    Error, ErrorKind, Repository, Result,
    call::Context,
    headers::{content_range, declared_size},
};

/// A blob's bytes, or a range of them, not verified yet.
pub(crate) struct Opened {
    pub(crate) body: BoxStream<'static, reqwest::Result<Bytes>>,
    /// Of the body.
    pub(crate) size: Option<u64>,
    /// Of what the answer says it is a part; `None` for a whole blob.
    pub(crate) part: Option<(u64, u64, Option<u64>)>,
}

/// Asks for a blob, or for a range of it, and follows where the registry sends.
pub(crate) async fn open(
    call: &Context,
    repository: &Repository,
    digest: &Digest,
    range: Option<&str>,
) -> Result<Opened> {
    let name = repository.name.as_str();
    match call.rest.get_blob(name, digest.as_str(), range).await {
        Ok(answer) => {
            let part = content_range(answer.headers());
            let size = declared_size(answer.headers());
            let body = answer.into_inner_stream();
            Ok(Opened { body, size, part })
        }
        Err(acr_rest::Error::UnexpectedResponse(response)) if is_redirect(&response) => {
            follow(call, response, range).await
        }
        Err(error) => Err(Error::of_rest(&call.attempt, error).await),
    }
}

/// Where the registry sends whoever asks for a blob, without going there.
pub(crate) async fn location(
    call: &Context,
    repository: &Repository,
    digest: &Digest,
) -> Result<Url> {
    let name = repository.name.as_str();
    match call.rest.get_blob(name, digest.as_str(), None).await {
        Err(acr_rest::Error::UnexpectedResponse(response)) if is_redirect(&response) => {
            target(&response, &call.attempt)
        }
        Ok(_) => Err(Error::unexpected(
            &call.attempt,
            "it sends the bytes itself, instead of an address",
        )),
        Err(error) => Err(Error::of_rest(&call.attempt, error).await),
    }
}

/// Follows redirects without a token: the address itself is the key, and the storage host refuses
/// a request that has both.
async fn follow(call: &Context, mut response: Response, range: Option<&str>) -> Result<Opened> {
    let attempt = &call.attempt;
    for _ in 0..limits::REDIRECTS {
        let mut request = Request::new(Method::GET, target(&response, attempt)?);
        if let Some(range) = range.and_then(|range| HeaderValue::from_str(range).ok()) {
            request.headers_mut().insert(RANGE, range);
        }
        let answer = call.storage.send(request, Operation("get_blob")).await;
        response = match answer {
            Ok(response) => response,
            Err(error) => return Err(Error::of_rest(attempt, error).await),
        };
        if response.status().is_success() {
            return Ok(Opened {
                size: declared_size(response.headers()),
                part: content_range(response.headers()),
                body: Box::pin(response.bytes_stream()),
            });
        }
        if !is_redirect(&response) {
            let answer = ErrorResponse::read(response).await;
            return Err(Error::new(attempt, ErrorKind::Response(Box::new(answer))));
        }
    }
    Err(Error::unexpected(
        attempt,
        format!("it redirects more than {} times", limits::REDIRECTS),
    ))
}

fn is_redirect(response: &Response) -> bool {
    matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    )
}

/// Where the redirect leads; never from https to http.
fn target(response: &Response, attempt: &str) -> Result<Url> {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let location = location.filter(|location| location.len() <= limits::HEADER_VALUE);
    let target = location.and_then(|location| response.url().join(location).ok());
    let target = target.ok_or_else(|| Error::unexpected(attempt, "it redirects to nowhere"))?;
    let allowed = match target.scheme() {
        "https" => true,
        "http" => response.url().scheme() == "http",
        _ => false,
    };
    match allowed {
        true => Ok(target),
        false => Err(Error::unexpected(
            attempt,
            format!("it redirects to {}, which is not safe", target.scheme()),
        )),
    }
}
