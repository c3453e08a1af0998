//! A blob's bytes, verified as they go by.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use acr_core::{Digest, DigestVerifier};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream::BoxStream};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::StreamReader;

use crate::{Error, Result, blob::redirect::Opened};

/// The bytes of a blob, verified as they go by.
#[must_use = "a stream does nothing before it is read"]
pub struct BlobStream {
    digest: Digest,
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    size: Option<u64>,
    attempt: String,
    state: State,
}

enum State {
    /// The piece that was read last is held back until the next one, or the end, is there.
    Running(Box<DigestVerifier>, Option<Bytes>),
    Failing(Option<Error>),
    Done,
}

impl BlobStream {
    pub(crate) fn new(opened: Opened, digest: Digest, attempt: String) -> Self {
        let verifier = Box::new(DigestVerifier::expecting(digest.clone(), opened.size));
        let state = State::Running(verifier, None);
        Self {
            digest,
            body: opened.body,
            size: opened.size,
            attempt,
            state,
        }
    }

    /// What was tried, for errors.
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt
    }

    /// The digest that the bytes are verified against.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many bytes there will be, as the server says; `None` where it does not.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    fn end(&mut self, verifier: Box<DigestVerifier>, last: Option<Bytes>) -> Option<Result<Bytes>> {
        self.state = State::Done;
        match verifier.verify() {
            Ok(_) => last.map(Ok),
            Err(mismatch) => Some(Err(Error::new(&self.attempt, mismatch))),
        }
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let (mut verifier, held) = match std::mem::replace(&mut this.state, State::Done) {
                State::Running(verifier, held) => (verifier, held),
                State::Failing(error) => return Poll::Ready(error.map(Err)),
                State::Done => return Poll::Ready(None),
            };
            match this.body.poll_next_unpin(cx) {
                Poll::Pending => {
                    this.state = State::Running(verifier, held);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(piece))) => {
                    verifier.update(&piece);
                    this.state = State::Running(verifier, Some(piece));
                    if let Some(held) = held {
                        return Poll::Ready(Some(Ok(held)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    let kind = crate::error::of_transport(Box::new(error.without_url()));
                    this.state = State::Failing(Some(Error::new(&this.attempt, kind)));
                }
                Poll::Ready(None) => return Poll::Ready(this.end(verifier, held)),
            }
        }
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStream")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The bytes of a blob, to be read.
pub struct BlobReader {
    size: Option<u64>,
    reader: StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>,
}

impl BlobReader {
    pub(crate) fn new(stream: BlobStream) -> Self {
        let size = stream.size;
        let pieces = stream.map(|piece| piece.map_err(io::Error::from));
        Self {
            size,
            reader: StreamReader::new(pieces.boxed()),
        }
    }

    /// How many bytes there will be, as the server says; `None` where it does not.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

#[cfg(feature = "blocking")]
impl BlobReader {
    /// The same without async: as a [`std::io::Read`]. See [`blocking`](crate::blocking).
    #[must_use]
    pub fn blocking(self) -> crate::blocking::Reader {
        crate::blocking::Reader::new(self)
    }
}

impl AsyncRead for BlobReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
