//! Answers: never longer, and never slower, than is borne. The last middleware of every pipeline.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use acr_core::limits;
use bytes::Bytes;
use futures_core::Stream;
use http::{
    Extensions, HeaderName,
    header::{CONTENT_LOCATION, LINK, LOCATION, SET_COOKIE},
};
use reqwest::{Body, Request, Response, ResponseBuilderExt};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{pipeline::Operation, reflected::Sent};

mod sending;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The answer is longer than anything that the service sends for this operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer has more than {limit} bytes, which is the most that is read of it")]
pub struct TooLong {
    /// The most that is read, in bytes.
    pub limit: u64,
}

/// The server said nothing for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Silence {
    /// There was no answer.
    #[error("no answer came within {0:?}")]
    Response(Duration),
    /// The answer's body stopped.
    #[error("the answer's body stood still for {0:?}")]
    Body(Duration),
    /// Nothing of the request's body was taken any more.
    #[error("nothing of the request's body was taken for {0:?}")]
    Request(Duration),
}

/// How long the silence of a server is borne. There is no limit to a whole transfer, since a blob
/// may be of any size.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the answer's headers: from the beginning of a try, or, where a long body or a stream is
    /// sent, from its end. 100 s at first, what Azure's other SDKs allow for one try.
    pub response: Duration,
    /// Between two pieces of an answer's body, or of a long request's that the server takes. 60 s at
    /// first.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            response: Duration::from_secs(100),
            idle: Duration::from_secs(60),
        }
    }
}

/// The middleware that bounds every answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guard {
    timeouts: Timeouts,
}

impl Guard {
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        Self { timeouts }
    }
}

#[async_trait::async_trait]
impl Middleware for Guard {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let limit = limit(extensions.get::<Operation>());
        let sent = Sent::with(&request);
        let sending = sending::watch(&mut request, self.timeouts);
        let answer = next.run(request, extensions);
        let mut response = sending
            .unless_silent(answer)
            .await
            .map_err(reqwest_middleware::Error::middleware)??;
        response.extensions_mut().insert(sent);
        Ok(guarded(response, limit, self.timeouts.idle))
    }
}

/// How many bytes of the answer are read at most; blobs have no limit.
pub(crate) fn limit(operation: Option<&Operation>) -> Option<u64> {
    let bytes = match operation.map_or("", |operation| operation.0) {
        "get_blob" => return None,
        "get_manifest" => limits::MANIFEST,
        name if name.starts_with("exchange_") || name == "get_acr_access_token_from_login" => {
            limits::TOKEN_RESPONSE
        }
        _ => limits::JSON_RESPONSE,
    };
    Some(bytes as u64)
}

/// Headers of answers that let anybody go on where we are: an upload's signed state, the address of
/// a blob, a session. They do not print.
const KEYS: [HeaderName; 4] = [LOCATION, CONTENT_LOCATION, LINK, SET_COOKIE];

/// The same answer, whose body fails with [`TooLong`] or [`Silence`].
fn guarded(response: Response, limit: Option<u64>, idle: Duration) -> Response {
    // Of an error the beginning is read, however long it is.
    let refusing = limit.filter(|_| response.status().is_success());
    let too_long = refusing.filter(|limit| {
        response
            .content_length()
            .is_some_and(|length| length > *limit)
    });
    let (mut head, body) = taken_apart(response);
    for (name, value) in &mut head.parts.headers {
        if KEYS.contains(name) {
            value.set_sensitive(true);
        }
    }
    let watched = Watched {
        body: Box::pin(http_body_util::BodyDataStream::new(body)),
        left: if too_long.is_some() { Some(0) } else { limit },
        limit: limit.unwrap_or(u64::MAX),
        idle,
        timer: None,
    };
    head.with(Body::wrap_stream(watched))
}

/// The same answer, with its body in hand.
pub(crate) async fn whole(response: Response) -> reqwest::Result<Response> {
    let (head, body) = taken_apart(response);
    let bytes = http_body_util::BodyExt::collect(body).await?.to_bytes();
    Ok(head.with(Body::from(bytes)))
}

/// An answer without its body.
pub(crate) struct Head {
    parts: http::response::Parts,
    url: reqwest::Url,
}

pub(crate) fn taken_apart(response: Response) -> (Head, Body) {
    // The query of an upload, and of a pre-signed address, is a key: it shall not print.
    let mut url = response.url().clone();
    url.set_query(None);
    let (parts, body) = http::Response::<Body>::from(response).into_parts();
    (Head { parts, url }, body)
}

impl Head {
    /// The answer with this body.
    pub(crate) fn with(mut self, body: Body) -> Response {
        let mut builder = http::Response::builder()
            .url(self.url)
            .status(self.parts.status)
            .version(self.parts.version);
        if let Some(to) = builder.headers_mut() {
            *to = std::mem::take(&mut self.parts.headers);
        }
        if let Some(to) = builder.extensions_mut() {
            to.extend(std::mem::take(&mut self.parts.extensions));
        }
        builder.body(body).map_or_else(
            |_| Response::from(http::Response::new(Body::default())),
            Response::from,
        )
    }
}

struct Watched {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>,
    left: Option<u64>,
    limit: u64,
    idle: Duration,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Stream for Watched {
    type Item = std::result::Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        match this.body.as_mut().poll_next(cx) {
            Poll::Ready(item) => {
                this.timer = None;
                Poll::Ready(item.map(|piece| this.count(piece.map_err(BoxError::from)?)))
            }
            Poll::Pending => {
                let idle = this.idle;
                let timer = this
                    .timer
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(idle)));
                timer
                    .as_mut()
                    .poll(cx)
                    .map(|()| Some(Err(Silence::Body(idle).into())))
            }
        }
    }
}

impl Watched {
    fn count(&mut self, piece: Bytes) -> std::result::Result<Bytes, BoxError> {
        if let Some(left) = &mut self.left {
            *left = left
                .checked_sub(piece.len() as u64)
                .ok_or(TooLong { limit: self.limit })?;
        }
        Ok(piece)
    }
}
