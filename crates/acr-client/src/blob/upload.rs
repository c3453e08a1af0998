//! Uploading a blob.

use std::{fmt, sync::Arc, time::Duration};

use acr_core::{Algorithm, Digest, DigestMismatch, DigestVerifier, MediaType, ServerPath};
use acr_rest::ResponseValue;
use bytes::Bytes;
use http::{HeaderMap, header::LOCATION};

use crate::{
    Call, Descriptor, Error, ErrorKind, Repository, Result,
    blob::source::{Pieces, Source},
    call::Context,
    manifest,
    names::{IntoDigest, checked},
    shared::answered,
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

/// What the upload of a blob can be told.
pub struct UploadBlobOptions {
    media_type: MediaType,
    expected: Result<Option<Digest>>,
    on_progress: Option<OnProgress>,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that the registry has taken.
    pub bytes: u64,
}

impl Repository {
    /// Uploads a blob: bytes, or whatever a [`Source`] reads.
    pub fn upload_blob(&self, source: impl Into<Source>) -> UploadBlob {
        let (this, source) = (self.clone(), source.into());
        let options = UploadBlobOptions {
            media_type: MediaType::OCTET_STREAM,
            expected: Ok(None),
            on_progress: None,
        };
        self.call("upload a blob to", options, |call, options| async move {
            upload(&this, &call, source, options).await
        })
    }
}

impl<T> Call<T, UploadBlobOptions> {
    /// What the descriptor calls it; the registry itself does not know a blob's type.
    pub fn media_type(mut self, media_type: MediaType) -> Self {
        self.special().media_type = media_type;
        self
    }

    /// The digest that the bytes must have. If they have another one, nothing is stored.
    pub fn digest(mut self, digest: impl IntoDigest) -> Self {
        let expected = checked(self.attempt(), digest).map(Some);
        self.special().expected = expected;
        self
    }

    /// Told after each chunk. It must not block.
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.special().on_progress = Some(Arc::new(on_progress));
        self
    }
}

async fn upload(
    repository: &Repository,
    call: &Context,
    source: Source,
    options: UploadBlobOptions,
) -> Result<Descriptor> {
    let expected = options.expected?;
    let io = |error| Error::new(&call.attempt, ErrorKind::Io(error));
    let mut pieces = source.open().await.map_err(io)?;
    // Before anything is sent, so that a source that fails at once leaves nothing behind.
    let first = pieces.next(CHUNK).await.map_err(io)?;
    let algorithm = expected
        .as_ref()
        .map_or(Algorithm::Sha256, Digest::algorithm);
    let mut session = Session {
        repository,
        call,
        on_progress: options.on_progress,
        location: String::new(),
        verifier: DigestVerifier::new(algorithm),
    };
    session.start().await?;
    match session.transfer(first, &mut pieces, expected).await {
        Ok((digest, size)) => Ok(Descriptor::new(options.media_type, digest, size)),
        Err(error) => {
            session.cancel().await;
            Err(error)
        }
    }
}

/// An upload that the registry has opened.
struct Session<'a> {
    repository: &'a Repository,
    call: &'a Context,
    on_progress: Option<OnProgress>,
    /// Where the next request goes, without the slash in front; another one after each.
    location: String,
    verifier: DigestVerifier,
}

impl Session<'_> {
    async fn start(&mut self) -> Result<()> {
        let rest = &self.call.rest;
        let answer = rest
            .start_upload(
                self.repository.name.as_str(),
                None,
                None,
                None,
                Bytes::new(),
            )
            .await;
        self.moved(answer).await
    }

    /// Sends everything: all chunks but the last by PATCH, the last in the PUT that ends it.
    async fn transfer(
        &mut self,
        first: Bytes,
        pieces: &mut Pieces,
        expected: Option<Digest>,
    ) -> Result<(Digest, u64)> {
        let mut piece = first;
        while piece.len() == CHUNK {
            self.chunk(piece).await?;
            piece = pieces
                .next(CHUNK)
                .await
                .map_err(|error| Error::new(&self.call.attempt, ErrorKind::Io(error)))?;
        }
        self.verifier.update(&piece);
        let (size, digest) = (self.verifier.bytes(), self.verifier.clone().finish());
        if let Some(expected) = expected.filter(|expected| *expected != digest) {
            let mismatch = DigestMismatch::new(expected, digest, size);
            return Err(Error::new(&self.call.attempt, mismatch));
        }
        let rest = &self.call.rest;
        let answer = rest
            .complete_upload(&self.location, digest.as_str(), piece)
            .await;
        let answer = answered(&self.call.attempt, answer).await?;
        manifest::same_digest(answer.headers(), &digest, size)
            .map_err(|kind| Error::new(&self.call.attempt, kind))?;
        self.tell();
        Ok((digest, size))
    }

    async fn chunk(&mut self, piece: Bytes) -> Result<()> {
        let from = self.verifier.bytes();
        self.verifier.update(&piece);
        let range = format!("{from}-{}", self.verifier.bytes() - 1);
        let answer = self
            .call
            .rest
            .upload_chunk(&self.location, Some(&range), piece)
            .await;
        self.moved(answer).await?;
        self.tell();
        Ok(())
    }

    /// Takes the session's new address out of an answer.
    async fn moved(
        &mut self,
        answer: Result<ResponseValue<()>, acr_rest::Error<()>>,
    ) -> Result<()> {
        let answer = answered(&self.call.attempt, answer).await?;
        self.location = self.location_of(answer.headers())?;
        Ok(())
    }

    fn location_of(&self, headers: &HeaderMap) -> Result<String> {
        let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.ok_or_else(|| {
            Error::unexpected(
                &self.call.attempt,
                "it does not say where the upload goes on",
            )
        })?;
        let path = ServerPath::resolve(&self.repository.shared.endpoint, location)
            .map_err(|error| Error::new(&self.call.attempt, ErrorKind::Link(error)))?;
        Ok(path.as_str().trim_start_matches('/').to_owned())
    }

    fn tell(&self) {
        if let Some(on_progress) = &self.on_progress {
            on_progress(Progress {
                bytes: self.verifier.bytes(),
            });
        }
    }

    /// Discards what was sent. That it failed is worth nothing beside the error that led here: the
    /// registry discards a session by itself after a while.
    async fn cancel(&self) {
        let cancelled = self.call.rest.cancel_upload(&self.location);
        match tokio::time::timeout(CANCEL, cancelled).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::debug!(status = ?error.status(), "the upload could not be cancelled");
            }
            Err(_) => tracing::debug!("the upload could not be cancelled in time"),
        }
    }
}

impl fmt::Debug for UploadBlobOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadBlobOptions")
            .field("media_type", &self.media_type)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
