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

use crate::{
    Error, Result,
    blob::{OnProgress, redirect::Opened},
};

/// The bytes of a blob, verified as they go by: a [`Stream`] of pieces. Its end without an error
/// means that all bytes were right; dropped before, nothing is known of them.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
/// let mut stream = repo.download_blob(&digest).stream().await?;
/// let mut size = 0;
/// while let Some(piece) = stream.try_next().await? {
///     size += piece.len();
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing before it is read"]
pub struct BlobStream {
    digest: Digest,
    body: BoxStream<'static, reqwest::Result<Bytes>>,
    size: Option<u64>,
    attempt: String,
    state: State,
    on_progress: Option<OnProgress>,
    /// Delivered so far.
    bytes: u64,
}

enum State {
    /// The piece that was read last is held back until the next one, or the end, is there.
    Running(Box<DigestVerifier>, Option<Bytes>),
    Failing(Option<Error>),
    Done,
}

impl BlobStream {
    pub(crate) fn new(
        opened: Opened,
        digest: Digest,
        size: Option<u64>,
        on_progress: Option<OnProgress>,
        attempt: String,
    ) -> Self {
        let size = size.or(opened.size);
        let verifier = Box::new(DigestVerifier::expecting(digest.clone(), size));
        Self {
            digest,
            body: opened.body,
            size,
            attempt,
            state: State::Running(verifier, None),
            on_progress,
            bytes: 0,
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::DigestMismatch`](crate::ErrorKind::DigestMismatch) when the bytes are not those of the digest, whatever broke off
    /// the connection otherwise. The stream is then over.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>> {
        self.next().await.transpose()
    }

    /// It as a reader.
    pub fn into_reader(self) -> BlobReader {
        BlobReader::new(self)
    }

    fn delivered(&mut self, piece: Bytes) -> Result<Bytes> {
        self.bytes += piece.len() as u64;
        if let Some(on_progress) = &self.on_progress {
            on_progress.tell(self.bytes);
        }
        Ok(piece)
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

    /// How many bytes there will be, as the server or the caller says; `None` where neither does.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    fn end(&mut self, verifier: Box<DigestVerifier>, last: Option<Bytes>) -> Option<Result<Bytes>> {
        self.state = State::Done;
        match verifier.verify() {
            Ok(_) => last.map(|last| self.delivered(last)),
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
                        return Poll::Ready(Some(this.delivered(held)));
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

/// The bytes of a blob, to be read: an [`AsyncRead`]. Its end without an error means that all bytes
/// were right; an error of it holds an [`Error`] of this crate.
pub struct BlobReader {
    digest: Digest,
    size: Option<u64>,
    reader: StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>,
}

impl BlobReader {
    pub(crate) fn new(stream: BlobStream) -> Self {
        let (digest, size) = (stream.digest.clone(), stream.size);
        let pieces = stream.map(|piece| piece.map_err(io::Error::from));
        Self {
            digest,
            size,
            reader: StreamReader::new(pieces.boxed()),
        }
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
