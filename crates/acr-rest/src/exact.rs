//! Bodies that are streams and yet say how long they are.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};

/// A request's body of exactly so many bytes, out of a stream: it is sent with a `Content-Length`. A
/// stream that ends early or has more fails, and with it the request.
///
/// ```
/// let pieces = futures_util::stream::iter(["some ", "bytes"].map(|piece| Ok(piece.into())));
/// let body = acr_rest::exact_body(10, pieces);
/// ```
pub fn exact_body(
    length: u64,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + Sync + Unpin + 'static,
) -> reqwest::Body {
    reqwest::Body::wrap(Exact {
        pieces,
        left: length,
    })
}

struct Exact<S> {
    pieces: S,
    /// Bytes that are still to come.
    left: u64,
}

impl<S: Stream<Item = io::Result<Bytes>> + Unpin> Body for Exact<S> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.left == 0 {
            return Poll::Ready(None);
        }
        Pin::new(&mut this.pieces).poll_next(cx).map(|item| {
            let piece = item.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
            Some(piece.and_then(|piece| {
                let left = this.left.checked_sub(piece.len() as u64);
                this.left =
                    left.ok_or_else(|| io::Error::other("more bytes than were announced"))?;
                Ok(Frame::data(piece))
            }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt;

    use super::*;

    async fn sent(length: u64, pieces: &[&'static str]) -> Result<Bytes, String> {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok((*piece).into())).collect();
        let body = exact_body(length, stream::iter(pieces));
        assert_eq!(body.size_hint().exact(), Some(length));
        let sent = body.collect().await;
        sent.map(http_body_util::Collected::to_bytes)
            .map_err(|error| crate::chain_text(&error))
    }

    #[tokio::test]
    async fn it_is_as_long_as_it_says() {
        assert_eq!(sent(10, &["some ", "bytes"]).await.unwrap(), "some bytes");
        assert_eq!(sent(0, &[]).await.unwrap(), "");
        let short = sent(11, &["some ", "bytes"]).await.unwrap_err();
        assert!(short.contains("unexpected end of file"), "{short}");
        let long = sent(9, &["some ", "bytes"]).await.unwrap_err();
        assert!(long.contains("more bytes than were announced"), "{long}");
    }
}
