//! A blob's bytes, verified as they go by.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use acr_core::{Digest, DigestMismatch};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::StreamReader;

use crate::{
    Error, ErrorKind, Result,
    blob::{OnProgress, download::parts::Pieces, hashing::Hashing},
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
    size: Option<u64>,
    attempt: String,
    verified: BoxStream<'static, Result<Bytes>>,
    on_progress: Option<OnProgress>,
    /// So many are there: those before its own first one too, where it began behind others.
    bytes: u64,
}

impl BlobStream {
    /// The bytes that come behind those that are hashed already.
    pub(crate) fn new(
        pieces: Pieces,
        hashing: Hashing,
        expected: (Digest, Option<u64>),
        attempt: &str,
        on_progress: Option<OnProgress>,
    ) -> Self {
        let (digest, size) = expected;
        let size = size.or(pieces.total());
        let bytes = hashing.bytes();
        let verified = Verified {
            pieces,
            hashing,
            held: None,
            digest: digest.clone(),
            size,
            attempt: attempt.to_owned(),
            is_verified: false,
        };
        let verified = stream::try_unfold(verified, |mut verified| async move {
            Ok(verified.next().await?.map(|piece| (piece, verified)))
        });
        Self {
            digest,
            size,
            attempt: attempt.to_owned(),
            verified: verified.boxed(),
            on_progress,
            bytes,
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

    /// What was tried, for errors.
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt
    }

    /// How many bytes of the blob are there.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
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
}

/// The pieces, of which the last is held back until all are known to be right.
struct Verified {
    pieces: Pieces,
    hashing: Hashing,
    held: Option<Bytes>,
    digest: Digest,
    size: Option<u64>,
    attempt: String,
    is_verified: bool,
}

impl Verified {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.is_verified {
            return Ok(None);
        }
        while let Some(piece) = self.pieces.next().await? {
            self.hashing.update(piece.clone()).await;
            let bytes = self.hashing.bytes();
            if self.size.is_some_and(|size| size < bytes) {
                return Err(Error::new(&self.attempt, self.too_many(bytes)));
            }
            let held = self.held.replace(piece);
            if held.is_some() {
                return Ok(held);
            }
        }
        self.verify().await?;
        Ok(self.held.take())
    }

    async fn verify(&mut self) -> Result<()> {
        let failed = |kind| Error::new(&self.attempt, kind);
        let hashed = self.hashing.settled().await;
        let hashed = hashed.map_err(|error| failed(ErrorKind::Io(error)))?;
        self.is_verified = true;
        match hashed.verify() {
            Ok(_) => Ok(()),
            Err(mismatch) => Err(failed(mismatch.into())),
        }
    }

    /// There may be any number more: their digest is not waited for.
    fn too_many(&self, bytes: u64) -> DigestMismatch {
        let mut mismatch = DigestMismatch::new(self.digest.clone(), self.digest.clone(), bytes);
        mismatch.expected_size = self.size;
        mismatch
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.verified.poll_next_unpin(cx));
        if let Some(Ok(piece)) = &piece {
            self.bytes += piece.len() as u64;
            if let Some(on_progress) = &self.on_progress {
                on_progress.tell(self.bytes);
            }
        }
        Poll::Ready(piece)
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
