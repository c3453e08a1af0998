//! Downloading a blob.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll, ready},
};

use acr_core::{Digest, DigestVerifier};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, stream::BoxStream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_util::io::StreamReader;

use crate::{Call, Error, ErrorKind, Repository, Result, blob::redirect};

/// The download of a blob. It is not awaited itself: one says where the bytes go.
///
/// The digest is always verified, and memory does not grow with the blob. The last piece is
/// delivered only when all bytes are known to be right, so a wrong byte never looks like a whole
/// blob.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
/// repo.download_blob(&digest).to_file("layer.tar.gz").await?;      // whole or not at all
/// let config = repo.download_blob(&digest).bytes(1024 * 1024).await?;
/// let reader = repo.download_blob(&digest).reader().await?;         // for untarring
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before one says where the bytes go"]
#[derive(Debug)]
pub struct DownloadBlob {
    repository: Repository,
    digest: Result<Digest>,
}

/// A blob that was downloaded whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// The digest, verified.
    pub digest: Digest,
    /// How many bytes there were.
    pub size: u64,
}

impl DownloadBlob {
    pub(crate) fn new(repository: Repository, digest: Result<Digest>) -> Self {
        Self { repository, digest }
    }

    /// As a stream of pieces. Its end without an error means that all bytes were right.
    pub fn stream(self) -> Call<BlobStream> {
        Call::new(async move {
            let digest = self.digest?;
            let attempt = format!(
                "download the blob {digest} of {}",
                self.repository.full_name()
            );
            let opened = redirect::open(&self.repository, &digest, &attempt).await?;
            let verifier = Box::new(DigestVerifier::expecting(digest.clone(), opened.size));
            Ok(BlobStream {
                digest,
                body: opened.body,
                size: opened.size,
                attempt,
                state: State::Running(verifier, None),
            })
        })
    }

    /// As an [`AsyncRead`]. Its end without an error means that all bytes were right.
    pub fn reader(self) -> Call<BlobReader> {
        Call::new(async move {
            let stream = self.stream().await?;
            Ok(BlobReader {
                size: stream.size,
                reader: StreamReader::new(stream.map(into_io as IntoIo).boxed()),
            })
        })
    }

    /// Whole into memory, unless it has more than `limit` bytes.
    pub fn bytes(self, limit: usize) -> Call<Bytes> {
        Call::new(async move {
            let mut stream = self.stream().await?;
            let too_large = |attempt: &str| {
                Error::new(
                    attempt,
                    ErrorKind::TooLarge {
                        limit: limit as u64,
                    },
                )
            };
            if stream.size.is_some_and(|size| size > limit as u64) {
                return Err(too_large(&stream.attempt));
            }
            let mut bytes = BytesMut::new();
            while let Some(piece) = stream.next().await {
                bytes.extend_from_slice(&piece?);
                if bytes.len() > limit {
                    return Err(too_large(&stream.attempt));
                }
            }
            Ok(bytes.freeze())
        })
    }

    /// Into anything that can be written to. After an error, what was written is the beginning of
    /// the blob at best.
    pub fn to_writer(self, writer: impl AsyncWrite + Send + 'static) -> Call<Downloaded> {
        Call::new(async move {
            let mut stream = self.stream().await?;
            let mut writer = std::pin::pin!(writer);
            let size = copy(&mut stream, &mut writer).await?;
            Ok(Downloaded {
                digest: stream.digest,
                size,
            })
        })
    }

    /// Into a file: whole or not at all. Until the last byte is verified it has another name in
    /// the same folder, which is removed when the download fails or is dropped; then it replaces
    /// what is there.
    pub fn to_file(self, path: impl AsRef<Path>) -> Call<Downloaded> {
        let path = path.as_ref().to_owned();
        Call::new(async move {
            let mut stream = self.stream().await?;
            let size = store(&mut stream, &path).await?;
            Ok(Downloaded {
                digest: stream.digest,
                size,
            })
        })
    }
}

async fn store(stream: &mut BlobStream, path: &Path) -> Result<u64> {
    let attempt = stream.attempt.clone();
    let failed = |error: io::Error| {
        let told = io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        Error::new(&attempt, ErrorKind::Io(told))
    };
    let (part, file) = blocking(part_file(path.to_owned())).await.map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    let size = copy(stream, &mut file).await?;
    file.sync_all().await.map_err(failed)?;
    let target = path.to_owned();
    blocking(move || part.persist(&target).map_err(|error| error.error))
        .await
        .map_err(failed)?;
    Ok(size)
}

/// A file beside the target, readable by whom the process's umask lets, like any new file.
fn part_file(
    target: PathBuf,
) -> impl FnOnce() -> io::Result<(tempfile::NamedTempFile, std::fs::File)> {
    move || {
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".part");
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(permissions);
        let part = builder.tempfile_in(folder)?;
        let file = part.reopen()?;
        Ok((part, file))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

async fn copy(stream: &mut BlobStream, writer: &mut (impl AsyncWrite + Unpin)) -> Result<u64> {
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        size += piece.len() as u64;
        writer
            .write_all(&piece)
            .await
            .map_err(|error| Error::new(&stream.attempt, ErrorKind::Io(error)))?;
    }
    writer
        .flush()
        .await
        .map_err(|error| Error::new(&stream.attempt, ErrorKind::Io(error)))?;
    Ok(size)
}

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
            Err(mismatch) => Some(Err(Error::new(
                &self.attempt,
                ErrorKind::DigestMismatch(mismatch),
            ))),
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

type IntoIo = fn(Result<Bytes>) -> io::Result<Bytes>;

fn into_io(piece: Result<Bytes>) -> io::Result<Bytes> {
    piece.map_err(io::Error::from)
}

/// The bytes of a blob, to be read.
pub struct BlobReader {
    size: Option<u64>,
    reader: StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>,
}

impl BlobReader {
    /// How many bytes there will be, as the server says; `None` where it does not.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}

impl AsyncRead for BlobReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.reader).poll_read(cx, buf))?;
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobReader")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
