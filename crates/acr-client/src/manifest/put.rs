//! Storing manifests.

use acr_core::{Digest, DigestMismatch, DigestVerifier, MediaType, Reference, Tag, limits};
use bytes::Bytes;
use serde::Deserialize;

use super::{ImageIndex, ImageManifest, ManifestContent};
use crate::{
    Call, Descriptor, Error, ErrorKind, Repository, Result, Source,
    call::Context,
    headers::{digest_in, same_digest},
    locks::{Item, explain},
    names::{IntoDigest, IntoTagName, checked},
    shared::answered,
};

mod lag;
#[cfg(test)]
mod tests;

/// A manifest to be stored: typed, or bytes of any type from anywhere.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, config: acr_client::Descriptor, layer: acr_client::Descriptor) -> acr_client::Result<()> {
/// use acr_client::{Manifest, MediaType, Source};
///
/// let image = Manifest::image(config, [layer]).annotation("org.opencontainers.image.version", "1.2.3");
/// repo.put_manifest(image).tags(["v1", "latest"]).await?;
///
/// let list = Manifest::raw(MediaType::DOCKER_MANIFEST_LIST, Source::file("list.json"));
/// repo.put_manifest(list).tag("multi").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Manifest {
    /// `None`: as the content says.
    media_type: Option<MediaType>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Source(Source),
    /// Serialised once.
    Typed(Bytes),
    /// A typed manifest that cannot be meant so.
    Refused(String),
}

impl Manifest {
    /// The OCI manifest of an image: its configuration, and its layers, the lowest first. The same
    /// as [`ImageManifest::new`]; annotations, a subject and the like can be chained.
    #[must_use]
    pub fn image(
        config: Descriptor,
        layers: impl IntoIterator<Item = Descriptor>,
    ) -> ImageManifest {
        ImageManifest::new(config, layers)
    }

    /// An OCI index of these manifests. The same as [`ImageIndex::new`].
    #[must_use]
    pub fn index(manifests: impl IntoIterator<Item = Descriptor>) -> ImageIndex {
        ImageIndex::new(manifests)
    }

    /// Bytes as they are, of any type: in memory, or what a [`Source`] reads, up to 4 MiB. They are
    /// refused before they are sent if they say themselves to be of another type.
    #[must_use]
    pub fn raw(media_type: MediaType, content: impl Into<Source>) -> Self {
        Self {
            media_type: Some(media_type),
            body: Body::Source(content.into()),
        }
    }

    /// Bytes as they are, of the type that their key `mediaType` names. It is an error when there is
    /// none: then use [`raw`](Self::raw).
    #[must_use]
    pub fn json(content: impl Into<Source>) -> Self {
        Self {
            media_type: None,
            body: Body::Source(content.into()),
        }
    }

    fn typed(media_type: MediaType, bytes: Bytes, fault: Option<String>) -> Self {
        Self {
            media_type: Some(media_type),
            body: fault.map_or(Body::Typed(bytes), Body::Refused),
        }
    }

    /// Type and bytes, checked.
    async fn read(self, attempt: &str) -> Result<(MediaType, Bytes)> {
        let bytes = match self.body {
            Body::Typed(bytes) => bytes,
            Body::Refused(why) => return Err(Error::invalid(attempt, why)),
            Body::Source(source) => source.collect(limits::MANIFEST, attempt).await?,
        };
        if bytes.len() > limits::MANIFEST {
            let limit = limits::MANIFEST as u64;
            return Err(Error::new(attempt, ErrorKind::TooLarge { limit }));
        }
        let own = own_type(&bytes);
        let media_type = match (self.media_type, own) {
            (Some(given), Some(own)) if own != given.as_str() => {
                let told = format!("it is given as {given}, and says itself to be {own}");
                return Err(Error::invalid(attempt, told));
            }
            (Some(given), _) => given,
            (None, Some(own)) => checked(attempt, own.as_str())?,
            (None, None) => return Err(Error::invalid(attempt, "it does not name its type")),
        };
        Ok((media_type, bytes))
    }
}

/// What it says itself to be. Whether it is a manifest at all is for the registry to say.
fn own_type(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Own {
        media_type: Option<String>,
    }
    let own: Option<Own> = serde_json::from_slice(bytes).ok();
    own?.media_type.filter(|text| !text.is_empty())
}

impl From<&ImageManifest> for Manifest {
    fn from(manifest: &ImageManifest) -> Self {
        let media_type = manifest.media_type.clone();
        let media_type = media_type.unwrap_or(MediaType::OCI_MANIFEST);
        let fault = image_fault(manifest, &media_type);
        Self::typed(media_type, manifest.to_bytes(), fault)
    }
}

impl From<&ImageIndex> for Manifest {
    fn from(index: &ImageIndex) -> Self {
        let media_type = index.media_type.clone().unwrap_or(MediaType::OCI_INDEX);
        let fault = index_fault(index, &media_type);
        Self::typed(media_type, index.to_bytes(), fault)
    }
}

impl From<ImageManifest> for Manifest {
    fn from(manifest: ImageManifest) -> Self {
        Self::from(&manifest)
    }
}

impl From<ImageIndex> for Manifest {
    fn from(index: ImageIndex) -> Self {
        Self::from(&index)
    }
}

impl From<ManifestContent> for Manifest {
    /// The very bytes that were got.
    fn from(content: ManifestContent) -> Self {
        Self::raw(content.media_type, content.bytes)
    }
}

/// Why a typed manifest cannot be meant as it is.
fn image_fault(manifest: &ImageManifest, media_type: &MediaType) -> Option<String> {
    if media_type.is_index() {
        return Some(format!(
            "{media_type} is not the type of an image's manifest"
        ));
    }
    let image = [MediaType::IMAGE_CONFIG, MediaType::DOCKER_IMAGE_CONFIG];
    // No container runtime can unpack such a layer, and most say so only when the image is run.
    let untyped = |layer: &&Descriptor| layer.media_type == MediaType::OCTET_STREAM;
    let layer = manifest.layers.iter().find(untyped)?;
    image.contains(&manifest.config.media_type).then(|| {
        format!(
            "the layer {} of an image has the type {}: say what it is, such as {}, when it is \
             uploaded, by `.media_type(…)`",
            layer.digest,
            layer.media_type,
            MediaType::IMAGE_LAYER_GZIP
        )
    })
}

fn index_fault(index: &ImageIndex, media_type: &MediaType) -> Option<String> {
    if !media_type.is_index() {
        return Some(format!("{media_type} is not the type of an index"));
    }
    let untyped = |it: &&Descriptor| it.media_type == MediaType::OCTET_STREAM;
    let manifest = index.manifests.iter().find(untyped)?;
    let (digest, octets) = (&manifest.digest, &manifest.media_type);
    Some(format!(
        "{digest} has the type {octets}, which is not that of a manifest"
    ))
}

/// The storing of a manifest: by its digest, and under each tag that is named.
///
/// Dropped half-way, it may have been stored, and some of the tags may point to it.
pub type PutManifest = Call<PushedManifest, PutManifestOptions>;

/// What [`PutManifest`] may be told.
#[derive(Debug)]
pub struct PutManifestOptions {
    repository: Repository,
    manifest: Manifest,
    tags: Result<Vec<Tag>>,
    expected: Result<Option<Digest>>,
}

/// A manifest that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushedManifest {
    /// Media type, digest and size: what an index names it by.
    pub descriptor: Descriptor,
    /// The tags that now point to it.
    pub tags: Vec<Tag>,
    /// The manifest that this one is about, as far as the registry says that it lists it among that
    /// one's [referrers](crate::Artifact::referrers) (header `OCI-Subject`, OCI distribution
    /// specification 1.1).
    pub subject: Option<Digest>,
}

impl PutManifestOptions {
    pub(crate) fn new(repository: &Repository, manifest: Manifest) -> Self {
        Self {
            repository: repository.clone(),
            manifest,
            tags: Ok(Vec::new()),
            expected: Ok(None),
        }
    }

    pub(crate) async fn send(self, call: &Context) -> Result<PushedManifest> {
        let (tags, expected) = (self.tags?, self.expected?);
        let attempt = self.repository.attempt(PUSH);
        let (media_type, bytes) = self.manifest.read(&attempt).await?;
        if let Some(expected) = expected {
            let mut verifier = DigestVerifier::expecting(expected, None);
            verifier.update(&bytes);
            let mismatch = |mismatch: DigestMismatch| Error::new(attempt, mismatch);
            verifier.verify().map_err(mismatch)?;
        }
        put_everywhere(call, &self.repository, &media_type, bytes, tags).await
    }
}

const PUSH: &str = "push a manifest to";

impl Repository {
    /// Stores a manifest: a typed one, or bytes of any type from anywhere. Without `.tags(…)` it is
    /// stored by its digest alone.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::{Manifest, MediaType};
    ///
    /// let config = repo.upload_blob("{}").media_type(MediaType::IMAGE_CONFIG).await?;
    /// let pushed = repo.put_manifest(Manifest::image(config, [])).tags(["v1"]).await?;
    /// println!("{}", pushed.descriptor.digest);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] when it cannot be meant as it is: its bytes say that they are of
    /// another type, or a layer of an image has none. Code `MANIFEST_BLOB_UNKNOWN` when the
    /// repository lacks something that it names; where this client has uploaded or mounted blobs to it
    /// within the last five minutes, that is tried again first, as often and as long as
    /// [retries](crate::ContainerRegistryClientBuilder::retry) are, since a replica may not know them yet:
    /// 3 times within 6 to 11 s, unless more attempts are allowed, such as by
    /// `.retry(RetryOptions::default().max_attempts(7))` for 50 to 100 s.
    pub fn put_manifest(&self, manifest: impl Into<Manifest>) -> PutManifest {
        let options = PutManifestOptions::new(self, manifest.into());
        let send = |call, options: PutManifestOptions| async move { options.send(&call).await };
        self.call(PUSH, options, send)
    }
}

impl<T> Call<T, PutManifestOptions> {
    /// Tags that are to point to it, moved if they are there. Without any, it is stored by its
    /// digest alone.
    ///
    /// They are set one after the other. When one fails, the error names it: those before it point
    /// to the manifest already.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Manifest;
    ///
    /// let image = repo.get_manifest("v1").await?;
    /// repo.put_manifest(Manifest::from(image)).tags(["v1", "latest"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tags<N: IntoTagName>(mut self, tags: impl IntoIterator<Item = N>) -> Self {
        let tags = checked_tags(self.attempt(), tags);
        let options = self.special();
        if let Ok(before) = &mut options.tags {
            match tags {
                Ok(tags) => before.extend(tags),
                Err(error) => options.tags = Err(error),
            }
        }
        self
    }

    /// One more tag that is to point to it.
    pub fn tag(self, tag: impl IntoTagName) -> Self {
        self.tags([tag])
    }

    /// The digest that the bytes must have. If they have another one, nothing is sent.
    pub fn digest(mut self, digest: impl IntoDigest) -> Self {
        let digest = checked(self.attempt(), digest).map(Some);
        self.special().expected = digest;
        self
    }
}

/// The tags' names, or the first that is none.
pub(crate) fn checked_tags<N: IntoTagName>(
    attempt: &str,
    tags: impl IntoIterator<Item = N>,
) -> Result<Vec<Tag>> {
    tags.into_iter().map(|tag| checked(attempt, tag)).collect()
}

/// Stores these very bytes under each tag, or by their digest where there is none.
pub(crate) async fn put_everywhere(
    call: &Context,
    repository: &Repository,
    media_type: &MediaType,
    bytes: Bytes,
    tags: Vec<Tag>,
) -> Result<PushedManifest> {
    let descriptor = Descriptor::of(media_type.clone(), &bytes);
    let mut references: Vec<_> = tags.iter().map(Reference::from).collect();
    if references.is_empty() {
        references.push(Reference::Digest(descriptor.digest.clone()));
    }
    let mut subject = None;
    let mut patience = call.patience();
    for reference in &references {
        let attempt = format!("push {}", repository.image(reference));
        let item = match reference {
            Reference::Tag(tag) => Item::Tag(tag),
            Reference::Digest(digest) => Item::Manifest(digest),
        };
        let outcome = loop {
            let (name, sent) = (repository.name.as_str(), media_type.as_str());
            let answer = call
                .rest
                .create_manifest(name, reference.as_str(), sent, bytes.clone())
                .await;
            let outcome = answered(&attempt, answer).await;
            match lag::wait(repository, &outcome, &mut patience) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => break outcome,
            }
        };
        let answer = explain(call, &repository.name, item, outcome).await?;
        same_digest(answer.headers(), &descriptor.digest, descriptor.size)
            .map_err(|kind| Error::new(&attempt, kind))?;
        subject = digest_in(answer.headers(), "oci-subject")
            .map_err(|what| Error::unexpected(attempt, what))?;
    }
    Ok(PushedManifest {
        descriptor,
        tags,
        subject,
    })
}
