//! Where the bytes of a blob really are: the registry redirects to a storage host.

use acr_core::{Digest, RepositoryName, limits};
use acr_rest::{ErrorResponse, Operation};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{
    Method, StatusCode,
    header::{CONTENT_LENGTH, LOCATION},
};
use reqwest::{Request, Response, Url};

use crate::{Error, ErrorKind, Result, call::Context};

/// A blob's bytes, not verified yet.
pub(crate) struct Opened {
    pub(crate) body: BoxStream<'static, reqwest::Result<Bytes>>,
    pub(crate) size: Option<u64>,
}

/// Asks for a blob and follows where the registry sends.
pub(crate) async fn open(
    call: &Context,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<Opened> {
    let answer = call
        .rest
        .get_blob(repository.as_str(), digest.as_str(), None)
        .await;
    match answer {
        Ok(answer) => {
            let size = answer.content_length();
            Ok(Opened {
                body: answer.into_inner_stream(),
                size,
            })
        }
        Err(acr_rest::Error::UnexpectedResponse(response)) if is_redirect(&response) => {
            follow(call, response).await
        }
        Err(error) => Err(Error::of_rest(&call.attempt, error).await),
    }
}

/// Follows redirects without a token: the address itself is the key, and the storage host refuses
/// a request that has both.
async fn follow(call: &Context, mut response: Response) -> Result<Opened> {
    let attempt = call.attempt.as_str();
    for _ in 0..limits::REDIRECTS {
        let target = target(&response, attempt)?;
        let request = Request::new(Method::GET, target);
        let answer = call.storage.send(request, Operation("get_blob")).await;
        response = match answer {
            Ok(response) => response,
            Err(error) => return Err(Error::of_rest(attempt, error).await),
        };
        if response.status() == StatusCode::OK {
            let size = declared_size(&response);
            return Ok(Opened {
                body: Box::pin(response.bytes_stream()),
                size,
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

/// As the header says: the body itself has no size any more once its limits are watched.
fn declared_size(response: &Response) -> Option<u64> {
    response
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
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
