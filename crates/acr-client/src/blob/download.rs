//! Downloading a blob.

pub(super) mod body;
mod options;
pub(super) mod parts;
pub(super) mod plan;
#[cfg(test)]
mod tests;

use std::{ops::RangeBounds, path::Path};

use acr_core::Digest;
use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

pub use self::options::{DownloadToFile, DownloadToFileOptions};
use self::plan::{PART_SIZE, Plan};

use crate::{
    BlobLocation, BlobReader, BlobStream, Call, DownloadRange, Error, ErrorKind, Progress,
    Repository, Result,
    blob::{OnProgress, file, redirect},
    call::Context,
    names::{IntoDigest, checked},
};

/// The download of a blob. It is not awaited itself: one says where the bytes go.
///
/// What breaks off on the way – the connection, a server that falls silent, an address that expires –
/// is asked for again from the next byte on, as often and as long as
/// [`RetryOptions`](crate::RetryOptions) allow without progress.
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
/// let slice = repo.download_blob(&digest).range(1024..).stream().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before one says where the bytes go"]
#[derive(Debug)]
pub struct DownloadBlob {
    repository: Repository,
    digest: Result<Digest>,
    size: Option<u64>,
    on_progress: Option<OnProgress>,
    concurrency: usize,
    part_size: u64,
}

/// A blob that was downloaded whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// The digest, verified.
    pub digest: Digest,
    /// How many bytes there were.
    pub size: u64,
    /// How many of them an earlier download to the same file had left, and did not come again.
    pub resumed: u64,
}

impl Downloaded {
    /// A blob of this digest and size in bytes, for tests.
    #[must_use]
    pub fn new(digest: Digest, size: u64) -> Self {
        Self {
            digest,
            size,
            resumed: 0,
        }
    }
}

impl DownloadBlob {
    pub(crate) fn new(repository: Repository, digest: Result<Digest>) -> Self {
        Self {
            repository,
            digest,
            size: None,
            on_progress: None,
            concurrency: 1,
            part_size: PART_SIZE,
        }
    }

    /// How many bytes it must have, as a descriptor says. If the server announces another number,
    /// nothing is delivered; it is a [`DigestMismatch`](ErrorKind::DigestMismatch), as if the bytes
    /// were other ones. It is also what ends a body that a server sends without end.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.download_blob(&digest).size(5_412).to_file("config.json").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn size(self, bytes: u64) -> Self {
        Self {
            size: Some(bytes),
            ..self
        }
    }

    /// Told after each piece. It must not block. It goes back to the start where what was in a part file turns
    /// out to be wrong, and the blob comes anew.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.download_blob(&digest)
    ///     .on_progress(|progress| println!("{} bytes", progress.bytes))
    ///     .to_file("layer.tar.gz")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self {
            on_progress: Some(OnProgress::new(on_progress)),
            ..self
        }
    }

    /// How many parts of it are fetched at once, 1 to 64; 1 if nothing is said, which is the blob as
    /// one stream. It is faster where one connection alone does not fill the line. A blob of one part
    /// is one stream all the same, and so is one from a server that knows no ranges.
    ///
    /// Over HTTP/1.1 each part has a connection of its own. From a server that speaks HTTP/2 all of them
    /// share one, and its limits: there
    /// [`http1_only`](crate::ContainerRegistryClientBuilder::http1_only) gives each its own.
    ///
    /// The parts are verified and delivered in their order; those that are not their turn wait in
    /// memory, which is so many times [`part_size`](Self::part_size) at most.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.download_blob(&digest).concurrency(8).to_file("layer.tar.gz").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency(self, parts: usize) -> Self {
        Self {
            concurrency: parts,
            ..self
        }
    }

    /// How long each part is, in bytes, where [several](Self::concurrency) are fetched at once: 64 KiB
    /// or more; 8 MiB if nothing is said.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let parts = repo.download_blob(&digest).concurrency(4).part_size(32 * 1024 * 1024);
    /// let mut reader = parts.reader().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn part_size(self, bytes: u64) -> Self {
        Self {
            part_size: bytes,
            ..self
        }
    }

    /// Only these bytes of it, which cannot be verified. [`size`](Self::size),
    /// [`on_progress`](Self::on_progress) and [`concurrency`](Self::concurrency) are for whole blobs:
    /// with one of them it is an error, when awaited.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let begin = repo.download_blob(&digest).range(..512).stream().await?;
    /// println!("of {:?} bytes", begin.total());
    /// # Ok(())
    /// # }
    /// ```
    pub fn range(self, bytes: impl RangeBounds<u64>) -> DownloadRange {
        let whole = self.size.is_some() || self.on_progress.is_some() || self.concurrency != 1;
        DownloadRange::new(self.repository, self.digest, bytes, whole)
    }

    /// As a stream of pieces. Its end without an error means that all bytes were right.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let mut stream = repo.download_blob(&digest).stream().await?;
    /// while let Some(piece) = stream.try_next().await? {
    ///     println!("{} bytes", piece.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(self) -> Call<BlobStream> {
        self.call((), |stream, ()| async move { Ok(stream) })
    }

    /// As an [`AsyncRead`](tokio::io::AsyncRead). Its end without an error means that all bytes were right.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let mut reader = repo.download_blob(&digest).reader().await?;
    /// let copied = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader(self) -> Call<BlobReader> {
        self.call((), |stream, ()| async move { Ok(stream.into_reader()) })
    }

    /// Whole into memory, unless it has more than `limit` bytes.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let config = repo.download_blob(&digest).bytes(1024 * 1024).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`] when it has more.
    pub fn bytes(self, limit: usize) -> Call<Bytes> {
        self.call(limit, collect)
    }

    /// Into anything that can be written to. After an error, what was written is the beginning of
    /// the blob at best.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let done = repo.download_blob(&digest).to_writer(tokio::io::sink()).await?;
    /// println!("{} bytes", done.size);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_writer(self, writer: impl AsyncWrite + Send + 'static) -> Call<Downloaded> {
        self.call(writer, |mut stream, writer| async move {
            let mut writer = std::pin::pin!(writer);
            file::copy(&mut stream, &mut writer).await
        })
    }

    /// Into a file: whole or not at all. Until the last byte is verified and on disk, the bytes are in
    /// a part file in the same folder; then that replaces what is there.
    ///
    /// When the download fails, is dropped, or its process is killed, the part file stays: the next
    /// download of the same blob to the same path goes on where it ended, after it has looked through
    /// what is there. Bytes that turn out to be wrong are removed. A link that stands at the path is replaced
    /// itself, not what it leads to. Where nobody says how long the blob is, only [`size`](Self::size) keeps
    /// a server from filling the disk.
    ///
    /// There is one download to a path at a time. A second one of the same blob, in the same process, waits
    /// for the first and takes its result, as where a set names a layer twice; any other is an error, of
    /// [`ErrorKind::Io`].
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let done = repo.download_blob(&digest).to_file("layer.tar.gz").await?;
    /// println!("{} bytes, of which {} were there", done.size, done.resumed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_file(self, path: impl AsRef<Path>) -> DownloadToFile {
        let (repository, verb) = (
            self.repository.clone(),
            super::verb("download", &self.digest),
        );
        let options = DownloadToFileOptions {
            path: path.as_ref().to_owned(),
            download: self,
        };
        repository.call(&verb, options, |call, options| async move {
            let plan = Plan::of(options.download, &call)?;
            file::store(&plan, &call, &options.path).await
        })
    }

    /// Where the bytes are: the address at the storage host to which the registry sends whoever
    /// downloads. Nothing is fetched from there.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// let location = repo.download_blob(&digest).location().await?;
    /// println!("at {} until {:?}", location.host(), location.expires_at());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`] when the registry sends no address but the bytes themselves.
    pub fn location(self) -> Call<BlobLocation> {
        let (repository, verb) = (self.repository.clone(), super::verb("locate", &self.digest));
        repository.call(&verb, (), |call, ()| async move {
            let url = redirect::location(&call, &self.repository, &self.digest?).await?;
            Ok(BlobLocation::new(&url))
        })
    }

    /// A call that does something with the opened stream.
    fn call<T, P, F>(self, params: P, run: fn(BlobStream, P) -> F) -> Call<T>
    where
        T: Send + 'static,
        P: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (repository, verb) = (
            self.repository.clone(),
            super::verb("download", &self.digest),
        );
        repository.call(&verb, (), move |call, ()| async move {
            let plan = Plan::of(self, &call)?;
            let stream = plan.open(&call, plan.verifier()).await?;
            run(stream, params).await
        })
    }
}

/// Whole into memory: as much is made ready as is announced, and never more than the limit.
async fn collect(mut stream: BlobStream, limit: usize) -> Result<Bytes> {
    let too_large = |stream: &BlobStream| {
        let limit = limit as u64;
        Error::new(stream.attempt(), ErrorKind::TooLarge { limit })
    };
    if stream.size().is_some_and(|size| size > limit as u64) {
        return Err(too_large(&stream));
    }
    let size = stream.size().and_then(|size| usize::try_from(size).ok());
    let mut bytes = BytesMut::with_capacity(size.unwrap_or_default());
    while let Some(piece) = stream.try_next().await? {
        if piece.len() > limit - bytes.len() {
            return Err(too_large(&stream));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

impl Repository {
    /// Downloads a blob; one says where to by what is chained on it.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.download_blob(&digest).to_file("layer.tar.gz").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], when awaited, if it is no digest.
    pub fn download_blob(&self, digest: impl IntoDigest) -> DownloadBlob {
        let digest = checked(&self.attempt("download a blob of"), digest);
        DownloadBlob::new(self.clone(), digest)
    }
}

/// A whole blob in memory, as a part of another call.
pub(crate) async fn fetch(
    call: &Context,
    repository: &Repository,
    digest: &Digest,
    limit: usize,
) -> Result<Bytes> {
    let plan = Plan::of(
        DownloadBlob::new(repository.clone(), Ok(digest.clone())),
        call,
    )?;
    collect(plan.open(call, plan.verifier()).await?, limit).await
}
