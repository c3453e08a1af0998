//! Bodies of answers: never longer, and never slower, than is borne.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use reqwest::{Body, Response, ResponseBuilderExt};

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
}

/// The same answer, whose body fails with [`TooLong`] or [`Silence`].
pub(crate) fn guarded(response: Response, limit: Option<u64>, idle: Duration) -> Response {
    let url = response.url().clone();
    // Of an error the beginning is read, however long it is.
    let refusing = limit.filter(|_| response.status().is_success());
    let too_long = refusing.filter(|limit| {
        response
            .content_length()
            .is_some_and(|length| length > *limit)
    });
    let response: http::Response<Body> = response.into();
    let (mut parts, body) = response.into_parts();
    let guard = Guard {
        body: Box::pin(http_body_util::BodyDataStream::new(body)),
        left: if too_long.is_some() { Some(0) } else { limit },
        limit: limit.unwrap_or(u64::MAX),
        idle,
        timer: None,
    };
    let mut builder = http::Response::builder()
        .url(url)
        .status(parts.status)
        .version(parts.version);
    if let (Some(to), from) = (builder.headers_mut(), std::mem::take(&mut parts.headers)) {
        *to = from;
    }
    if let Some(to) = builder.extensions_mut() {
        to.extend(std::mem::take(&mut parts.extensions));
    }
    builder.body(Body::wrap_stream(guard)).map_or_else(
        |_| Response::from(http::Response::new(Body::default())),
        Response::from,
    )
}

struct Guard {
    body: Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send + Sync>>,
    left: Option<u64>,
    limit: u64,
    idle: Duration,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Stream for Guard {
    type Item = Result<Bytes, BoxError>;

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

impl Guard {
    fn count(&mut self, piece: Bytes) -> Result<Bytes, BoxError> {
        if let Some(left) = &mut self.left {
            *left = left
                .checked_sub(piece.len() as u64)
                .ok_or(TooLong { limit: self.limit })?;
        }
        Ok(piece)
    }
}

/// Reads at most `limit` bytes of a body: what there is of it, when it breaks off.
pub(crate) async fn beginning(mut response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = limit - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if bytes.len() == limit {
            break;
        }
    }
    bytes
}
