//! Uploading a blob.

use std::{collections::BTreeMap, time::Duration};

use acr_core::{Algorithm, Digest, MediaType};
use bytes::Bytes;

use crate::{
    Call, Descriptor, Error, ErrorKind, Progress, Repository, Result, Source,
    blob::{
        OnProgress, properties,
        session::{Session, UPLOAD},
        source::Pieces,
    },
    call::Context,
    names::{IntoDigest, IntoMediaType, checked},
};

/// A chunk has 4 MiB, as those of Azure's other SDKs: it is what is held in memory, and what is
/// lost when the connection breaks.
const CHUNK: usize = 4 * 1024 * 1024;

/// The error that ended an upload waits at most this long for the session to be cancelled.
const CANCEL: Duration = Duration::from_secs(5);

/// The upload of a blob.
///
/// Bytes are hashed while they are sent, and the digest is compared with what the registry stored;
/// memory does not grow with the blob. A blob that is already there is simply stored again.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// use acr_client::{MediaType, Source};
///
/// let layer = repo.upload_blob(Source::file("layer.tar.gz")).media_type(MediaType::IMAGE_LAYER_GZIP).await?;
/// println!("{} has {} bytes", layer.digest, layer.size);
/// # Ok(())
/// # }
/// ```
///
/// When it fails, the upload's session is cancelled before the error is returned. Dropped half-way,
/// it leaves a session that the registry discards by itself; the blob is not there.
pub type UploadBlob = Call<Descriptor, UploadBlobOptions>;

/// What [`UploadBlob`] may be told.
#[derive(Debug)]
pub struct UploadBlobOptions {
    repository: Repository,
    source: Source,
    media_type: Result<MediaType>,
    annotations: BTreeMap<String, String>,
    expected: Result<Option<Digest>>,
    skip_if_exists: bool,
    on_progress: Option<OnProgress>,
}

impl<T> Call<T, UploadBlobOptions> {
    /// What the descriptor calls it; the registry itself does not know a blob's type. Without this
    /// it is an octet stream, of which no image can be made.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::MediaType;
    ///
    /// let config = repo.upload_blob("{}").media_type(MediaType::IMAGE_CONFIG).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn media_type(mut self, media_type: impl IntoMediaType) -> Self {
        let media_type = checked(self.attempt(), media_type);
        self.special().media_type = media_type;
        self
    }

    /// A note on the descriptor, such as `org.opencontainers.image.title` for a file's name.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let file = repo.upload_blob("text").annotation("org.opencontainers.image.title", "a.txt").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let options = self.special();
        options.annotations.insert(key.into(), value.into());
        self
    }

    /// The digest that the bytes must have. If they have another one, nothing is stored.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::{Digest, Source};
    ///
    /// let expected = Digest::of(b"{}");
    /// repo.upload_blob(Source::file("config.json")).digest(&expected).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn digest(mut self, digest: impl IntoDigest) -> Self {
        let digest = checked(self.attempt(), digest).map(Some);
        self.special().expected = digest;
        self
    }

    /// Sends nothing when the repository has the blob already, which costs one small request.
    ///
    /// For this the digest must be known ahead: a file is read twice, and for a reader or stream it
    /// has to be given by [`digest`](Self::digest). When the blob is there, its source is not read.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::{Digest, Source};
    ///
    /// let expected = Digest::of(b"{}");
    /// repo.upload_blob(Source::file("config.json")).digest(&expected).skip_if_exists().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn skip_if_exists(mut self) -> Self {
        self.special().skip_if_exists = true;
        self
    }

    /// Told after each chunk. It must not block.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::file("layer.tar.gz"))
    ///     .on_progress(|progress| println!("{} bytes", progress.bytes))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.special().on_progress = Some(OnProgress::new(on_progress));
        self
    }
}

impl Repository {
    /// Uploads a blob: bytes, or whatever a [`Source`] reads.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let blob = repo.upload_blob("some bytes").await?;
    /// println!("{} has {} bytes", blob.digest, blob.size);
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload_blob(&self, source: impl Into<Source>) -> UploadBlob {
        let options = UploadBlobOptions::new(self, source.into());
        let send = |call, options: UploadBlobOptions| async move { options.send(&call).await };
        self.call(UPLOAD, options, send)
    }
}

impl UploadBlobOptions {
    pub(crate) fn new(repository: &Repository, source: Source) -> Self {
        Self {
            repository: repository.clone(),
            source,
            media_type: Ok(MediaType::OCTET_STREAM),
            annotations: BTreeMap::new(),
            expected: Ok(None),
            skip_if_exists: false,
            on_progress: None,
        }
    }

    /// For a part of another call.
    pub(crate) fn typed(
        self,
        media_type: MediaType,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        Self {
            media_type: Ok(media_type),
            annotations,
            ..self
        }
    }

    pub(crate) fn skipping(self) -> Self {
        Self {
            skip_if_exists: true,
            ..self
        }
    }

    pub(crate) async fn send(mut self, call: &Context) -> Result<Descriptor> {
        let (expected, media_type) = (self.expected?, self.media_type?);
        let described = |digest, size| {
            let mut descriptor = Descriptor::new(media_type, digest, size);
            descriptor.annotations = self.annotations;
            descriptor
        };
        let attempt = self.repository.attempt(UPLOAD);
        let io = |error| Error::new(&attempt, ErrorKind::Io(error));
        if self.skip_if_exists {
            let digest = match &expected {
                Some(digest) => Some(digest.clone()),
                None => self.source.digest().await.map_err(io)?,
            };
            let why = "to skip what exists, the digest of a reader has to be given: `.digest(…)`";
            let digest = digest.ok_or_else(|| Error::invalid(&attempt, why))?;
            if let Some(there) = properties::head(call, &self.repository, &digest).await? {
                return Ok(described(there.digest, there.size));
            }
        }
        let mut pieces = self.source.open().await.map_err(io)?;
        // Before anything is sent, so that a source that fails at once leaves nothing behind.
        let first = pieces.next(CHUNK).await.map_err(io)?;
        let algorithm = expected
            .as_ref()
            .map_or(Algorithm::Sha256, Digest::algorithm);
        let mut transfer = Transfer {
            session: Session::start(call, self.repository, algorithm).await?,
            on_progress: self.on_progress,
        };
        match transfer.run(call, first, &mut pieces, expected).await {
            Ok((digest, size)) => Ok(described(digest, size)),
            Err(error) => {
                transfer.cancel(call).await;
                Err(error)
            }
        }
    }
}

struct Transfer {
    session: Session,
    on_progress: Option<OnProgress>,
}

impl Transfer {
    /// Sends everything: all chunks but the last by PATCH, the last in the PUT that ends it.
    async fn run(
        &mut self,
        call: &Context,
        first: Bytes,
        pieces: &mut Pieces,
        expected: Option<Digest>,
    ) -> Result<(Digest, u64)> {
        let mut piece = first;
        while piece.len() == CHUNK {
            self.session.chunk(call, piece).await?;
            self.tell();
            let next = pieces.next(CHUNK).await;
            let failed = |error| Error::new(self.session.attempt(), ErrorKind::Io(error));
            piece = next.map_err(failed)?;
        }
        let digest = self.digest(&piece)?;
        if let Some(expected) = &expected {
            self.session.must_match(expected, &digest, &piece)?;
        }
        let size = self.session.complete(call, piece, &digest).await?;
        self.tell();
        Ok((digest, size))
    }

    /// Of all bytes: each of them went through this session.
    fn digest(&self, last: &[u8]) -> Result<Digest> {
        let digest = self.session.digest_with(last);
        digest
            .ok_or_else(|| Error::unexpected(self.session.attempt(), "it lost count of the bytes"))
    }

    fn tell(&self) {
        if let Some(on_progress) = &self.on_progress {
            on_progress.tell(self.session.bytes);
        }
    }

    /// Discards what was sent. That it failed is worth nothing beside the error that led here: the
    /// registry discards a session by itself after a while.
    async fn cancel(&self, call: &Context) {
        match tokio::time::timeout(CANCEL, self.session.cancel(call)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::debug!(status = ?error.status(), "the upload could not be cancelled");
            }
            Err(_) => tracing::debug!("the upload could not be cancelled in time"),
        }
    }
}
