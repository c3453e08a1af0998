//! Where the bytes of a blob really are: the registry redirects to a storage host.

use acr_core::{Digest, limits};
use acr_rest::{ErrorResponse, Operation, retry::Patience};
use bytes::Bytes;
use futures_util::{future::BoxFuture, stream::BoxStream};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{LOCATION, RANGE},
};
use reqwest::{Request, Response, Url};
use tokio::sync::Mutex;

use crate::{
    Error, ErrorKind, Repository, Result,
    call::Context,
    headers::{content_range, declared_size},
};

/// A blob's bytes, or a range of them, not verified yet.
pub(crate) struct Opened {
    pub(crate) body: BoxStream<'static, reqwest::Result<Bytes>>,
    /// Whether the answer says that it is a part (206).
    pub(crate) partial: bool,
    /// Of the body.
    pub(crate) size: Option<u64>,
    /// First and last byte, and of how many; `None` where the answer does not say.
    pub(crate) part: Option<(u64, u64, Option<u64>)>,
}

impl Opened {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: BoxStream<'static, reqwest::Result<Bytes>>,
    ) -> Self {
        Self {
            body,
            partial: status == StatusCode::PARTIAL_CONTENT,
            size: declared_size(headers),
            part: content_range(headers),
        }
    }
}

/// From where a body comes, and comes again: an [`Origin`], or the script of a test.
pub(crate) trait Opens: Send + Sync {
    /// Asks for the blob, or for a range of it.
    fn open<'a>(
        &'a self,
        range: Option<&'a str>,
        patience: &'a mut Patience,
    ) -> BoxFuture<'a, Result<Opened>>;

    /// For one body.
    fn patience(&self) -> Patience;

    /// What is tried, for errors.
    fn attempt(&self) -> &str;
}

/// Where one blob's bytes come from. The registry is asked once: all who fetch parts of the blob go
/// to the address that it gave, until that has expired, and then one of them asks for all.
pub(crate) struct Origin {
    call: Context,
    repository: Repository,
    digest: Digest,
    known: Mutex<Known>,
}

#[derive(Clone, PartialEq)]
enum Known {
    Nothing,
    /// The registry sends the bytes itself.
    Here,
    /// They are at this address, which is a key.
    At(Url),
}

/// What asking the registry came to.
enum Asked {
    Bytes(Opened),
    At { url: Url, fresh: bool },
}

impl Origin {
    pub(crate) fn new(call: &Context, repository: &Repository, digest: Digest) -> Self {
        Self {
            call: call.clone(),
            repository: repository.clone(),
            digest,
            known: Mutex::new(Known::Nothing),
        }
    }

    /// An address that has expired is renewed; one that is refused though it is new, once.
    async fn follow(&self, range: Option<&str>, patience: &mut Patience) -> Result<Opened> {
        let (mut refused, mut renewed) = (None, false);
        loop {
            let (url, fresh) = match self.address(refused.as_ref(), range).await? {
                Asked::Bytes(opened) => return Ok(opened),
                Asked::At { url, fresh } => (url, fresh),
            };
            let error = match follow(&self.call, url.clone(), range).await {
                Err(error) if has_expired(&error) => error,
                answer => return answer,
            };
            if fresh {
                match patience.wait(None) {
                    Some(wait) if !renewed => tokio::time::sleep(wait).await,
                    _ => return Err(error),
                }
                renewed = true;
            }
            tracing::debug!("the blob's address is refused: the registry is asked for another");
            refused = Some(url);
        }
    }

    /// The address that is known, unless it is the one that was refused: else what the registry says.
    async fn address(&self, refused: Option<&Url>, range: Option<&str>) -> Result<Asked> {
        // Who comes meanwhile waits here for the answer.
        let mut known = self.known.lock().await;
        match &*known {
            Known::At(url) if Some(url) != refused => {
                let (url, fresh) = (url.clone(), false);
                return Ok(Asked::At { url, fresh });
            }
            Known::Here => {
                drop(known);
                return self.ask(range).await;
            }
            _ => {}
        }
        let asked = self.ask(range).await?;
        *known = match &asked {
            Asked::Bytes(_) => Known::Here,
            Asked::At { url, .. } => Known::At(url.clone()),
        };
        Ok(asked)
    }

    async fn ask(&self, range: Option<&str>) -> Result<Asked> {
        let (name, attempt) = (self.repository.name.as_str(), &self.call.attempt);
        let answer = self.call.rest.get_blob(name, self.digest.as_str(), range);
        match answer.await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                let body = answer.into_inner_stream();
                Ok(Asked::Bytes(Opened::new(status, &headers, body)))
            }
            Err(acr_rest::Error::UnexpectedResponse(response)) if is_redirect(&response) => {
                let (url, fresh) = (target(&response, attempt)?, true);
                Ok(Asked::At { url, fresh })
            }
            Err(error) => Err(Error::of_rest(attempt, error).await),
        }
    }
}

impl Opens for Origin {
    fn open<'a>(
        &'a self,
        range: Option<&'a str>,
        patience: &'a mut Patience,
    ) -> BoxFuture<'a, Result<Opened>> {
        Box::pin(self.follow(range, patience))
    }

    fn patience(&self) -> Patience {
        self.call.patience()
    }

    fn attempt(&self) -> &str {
        &self.call.attempt
    }
}

/// How storage hosts refuse an address whose time is over, or that they do not know any more.
fn has_expired(error: &Error) -> bool {
    matches!(
        error.status(),
        Some(
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::GONE
        )
    )
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
async fn follow(call: &Context, mut url: Url, range: Option<&str>) -> Result<Opened> {
    let attempt = &call.attempt;
    for _ in 0..limits::REDIRECTS {
        let mut request = Request::new(Method::GET, url);
        if let Some(range) = range.and_then(|range| HeaderValue::from_str(range).ok()) {
            request.headers_mut().insert(RANGE, range);
        }
        let answer = call.storage.send(request, Operation("get_blob")).await;
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Err(Error::of_rest(attempt, error).await),
        };
        let status = response.status();
        if status.is_success() {
            let headers = response.headers().clone();
            return Ok(Opened::new(
                status,
                &headers,
                Box::pin(response.bytes_stream()),
            ));
        }
        if !is_redirect(&response) {
            let answer = ErrorResponse::read(response).await;
            return Err(Error::new(attempt, ErrorKind::Response(Box::new(answer))));
        }
        url = target(&response, attempt)?;
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
