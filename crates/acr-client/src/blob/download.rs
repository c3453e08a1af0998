//! Downloading a blob.

use std::path::Path;

use acr_core::Digest;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::io::AsyncWrite;

use crate::{
    BlobReader, BlobStream, Call, Error, ErrorKind, Repository, Result,
    blob::{file, redirect},
};

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
        self.call(|stream| async { Ok(stream) })
    }

    /// As an [`AsyncRead`](tokio::io::AsyncRead). Its end without an error means that all bytes were right.
    pub fn reader(self) -> Call<BlobReader> {
        self.call(|stream| async { Ok(BlobReader::new(stream)) })
    }

    /// Whole into memory, unless it has more than `limit` bytes.
    pub fn bytes(self, limit: usize) -> Call<Bytes> {
        self.call(move |stream| whole(stream, limit))
    }

    /// Into anything that can be written to. After an error, what was written is the beginning of
    /// the blob at best.
    pub fn to_writer(self, writer: impl AsyncWrite + Send + 'static) -> Call<Downloaded> {
        self.call(|mut stream| async move {
            let mut writer = std::pin::pin!(writer);
            file::copy(&mut stream, &mut writer).await
        })
    }

    /// Into a file: whole or not at all. Until the last byte is verified it has another name in
    /// the same folder, which is removed when the download fails or is dropped; then it replaces
    /// what is there.
    pub fn to_file(self, path: impl AsRef<Path>) -> Call<Downloaded> {
        let path = path.as_ref().to_owned();
        self.call(|mut stream| async move { file::store(&mut stream, &path).await })
    }

    /// Opens the stream, and does this with it.
    fn call<T, F>(self, consume: impl FnOnce(BlobStream) -> F + Send + 'static) -> Call<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (repository, digest) = (self.repository, self.digest);
        let verb = match &digest {
            Ok(digest) => format!("download the blob {digest} of"),
            Err(_) => "download a blob of".to_owned(),
        };
        let name = repository.name.clone();
        repository.call(&verb, (), |call, ()| async move {
            let digest = digest?;
            let opened = redirect::open(&call, &name, &digest).await?;
            consume(BlobStream::new(opened, digest, call.attempt)).await
        })
    }
}

async fn whole(mut stream: BlobStream, limit: usize) -> Result<Bytes> {
    let too_large = |attempt: &str| {
        let limit = limit as u64;
        Error::new(attempt, ErrorKind::TooLarge { limit })
    };
    if stream.size().is_some_and(|size| size > limit as u64) {
        return Err(too_large(stream.attempt()));
    }
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > limit {
            return Err(too_large(stream.attempt()));
        }
    }
    Ok(bytes.freeze())
}
