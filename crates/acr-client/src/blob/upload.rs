//! Uploading a blob.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType, RepositoryName};

use crate::{
    Call, Descriptor, Progress, Repository, Result, Resumption, SavedUpload, Source,
    blob::{OnProgress, session::UPLOAD},
    call::Context,
    names::{IntoDigest, IntoMediaType, IntoRepositoryName, checked},
};

mod beginning;
mod digesting;
mod mend;
mod plan;
mod pump;
mod small;
mod supply;
mod told;
mod transfer;

use plan::Plan;
pub(crate) use small::OneRequest;
use told::{Callback, Told};

/// The upload of a blob.
///
/// Bytes are hashed while they are sent, and the digest is compared with what the registry stored;
/// memory does not grow with the blob. A blob that is already there is simply stored again.
///
/// A blob of up to 4 MiB goes in one request. A longer one goes in parts, the last of them in the
/// request that ends the upload. After a part that was not taken whole the registry is asked how far
/// it is, and the upload goes on from there, as often and as long as [`RetryOptions`](crate::RetryOptions)
/// allow without progress. Where the registry has given the upload up, it begins again, if the source
/// can be read again: a file, or bytes in memory. Of any other source one chunk is held in memory and
/// can be sent again; with what lies before it lost, it is an error, see
/// [`is_upload_lost`](crate::Error::is_upload_lost).
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
/// When it fails, the upload's session is cancelled before the error is returned, unless another
/// process could go on with it: see [`on_checkpoint`](Call::on_checkpoint). Dropped half-way, it
/// leaves a session that the registry discards by itself; the blob is not there.
pub type UploadBlob = Call<Descriptor, UploadBlobOptions>;

/// What [`UploadBlob`] may be told.
#[derive(Debug)]
pub struct UploadBlobOptions {
    repository: Repository,
    source: Source,
    media_type: Result<MediaType>,
    annotations: BTreeMap<String, String>,
    digest: Result<Option<Digest>>,
    skip_if_exists: bool,
    mount_from: Result<Option<RepositoryName>>,
    part_size: Option<u64>,
    resume: Option<SavedUpload>,
    told: Told,
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

    /// The digest that the bytes must have. Nothing is hashed here then: the registry compares it with
    /// the bytes that it gets, and stores none of another one, which is an error
    /// ([`is_digest_mismatch`](crate::Error::is_digest_mismatch)).
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
        self.special().digest = digest;
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

    /// Takes the blob over from this repository of the same registry, if it is there: then nothing is
    /// transferred. If it is not, or may not be read there, the blob is sent.
    ///
    /// For this the digest must be known ahead, as for [`skip_if_exists`](Self::skip_if_exists), which
    /// comes first where both are asked for.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::file("layer.tar.gz")).mount_from("library/base").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mount_from(mut self, repository: impl IntoRepositoryName) -> Self {
        let repository = checked(self.attempt(), repository).map(Some);
        self.special().mount_from = repository;
        self
    }

    /// How many bytes go in one request at most: 64 KiB or more.
    ///
    /// Without it 64 MiB of a file or of bytes in memory. Of any other source 4 MiB, since twice as
    /// much is held in memory then: the part that is sent, and the next one; no more than 1 GiB can be
    /// asked for.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// // Over a line that breaks often.
    /// repo.upload_blob(Source::file("layer.tar.gz")).part_size(8 * 1024 * 1024).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn part_size(mut self, bytes: u64) -> Self {
        self.special().part_size = Some(bytes);
        self
    }

    /// Told after each piece that was sent, and at the end. It must not block.
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
        self.special().told.on_progress = Some(OnProgress::new(on_progress));
        self
    }

    /// Told after each part that the registry has taken: with what it is told, another process can go
    /// on by [`resume`](Self::resume). It must not block for long.
    ///
    /// Once it has told, an upload that fails leaves its session, so that one can go on later: whether
    /// the registry or its tokens cannot be had, the source fails, or another call of the same set. It is
    /// cancelled only where the registry has refused the content for good, as that of another digest.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::file("layer.tar.gz"))
    ///     .on_checkpoint(|saved| {
    ///         // As good as a password for this upload.
    ///         let json = serde_json::to_vec(&saved).expect("it is text and numbers");
    ///         std::fs::write("upload.json", json).expect("the disk has room");
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_checkpoint(mut self, told: impl Fn(SavedUpload) + Send + Sync + 'static) -> Self {
        self.special().told.on_checkpoint = Some(Callback::new(told));
        self
    }

    /// Goes on with an upload that another process has begun. The source gives the whole blob, from
    /// its start; what the registry has of it is not sent again. Where the registry has given that
    /// upload up, it begins anew: [`on_resume`](Self::on_resume) tells.
    ///
    /// What was sent is read and compared with the hash that was saved, so that no mixture of two
    /// contents is stored: a file, or bytes in memory, that begin otherwise by now are uploaded from
    /// the start, and the old session is cancelled; a reader that does is
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before a byte is sent. With a
    /// [`digest`](Self::digest) the registry compares instead. A failure leaves the session, as
    /// [`on_checkpoint`](Self::on_checkpoint) says.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> Result<(), Box<dyn std::error::Error>> {
    /// use acr_client::Source;
    ///
    /// let saved = serde_json::from_slice(&std::fs::read("upload.json")?)?;
    /// repo.upload_blob(Source::file("layer.tar.gz")).resume(saved).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume(mut self, saved: SavedUpload) -> Self {
        self.special().resume = Some(saved);
        self
    }

    /// Told each time that the upload goes on after something broke it: as a whole, when another
    /// process had begun it, or one of its requests.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::file("layer.tar.gz"))
    ///     .on_resume(|how| println!("it goes on: {how:?}"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_resume(mut self, told: impl Fn(Resumption) + Send + Sync + 'static) -> Self {
        self.special().told.on_resume = Some(Callback::new(told));
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
            digest: Ok(None),
            skip_if_exists: false,
            mount_from: Ok(None),
            part_size: None,
            resume: None,
            told: Told::default(),
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

    pub(crate) async fn send(self, call: &Context) -> Result<Descriptor> {
        let media_type = self.media_type?;
        let plan = Plan {
            call,
            repository: self.repository,
            digest: self.digest?,
            skip_if_exists: self.skip_if_exists,
            mount_from: self.mount_from?,
            part_size: self.part_size,
            is_resumed: self.resume.is_some(),
            resume: self.resume,
            told: self.told,
        };
        let (digest, size) = Box::pin(plan.carry_out(self.source)).await?;
        let mut descriptor = Descriptor::new(media_type, digest, size);
        descriptor.annotations = self.annotations;
        Ok(descriptor)
    }
}
