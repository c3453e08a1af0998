//! Manifests: their bytes, and what stands in them.

use std::{collections::BTreeMap, fmt};

use acr_core::{Digest, DigestMismatch, MediaType, Reference, limits};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, future::BoxFuture};
use http::HeaderMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Descriptor, Error, ErrorKind, Repository, Result,
    names::{IntoTagName, checked},
};

/// A manifest as the registry holds it: the bytes that were pushed, verified against the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestContent {
    /// The bytes; the digest is over exactly these.
    pub bytes: Bytes,
    /// The digest.
    pub digest: Digest,
    /// The media type.
    pub media_type: MediaType,
}

impl ManifestContent {
    /// As the manifest of an image or artifact (OCI, or Docker version 2).
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`] when it is none.
    pub fn as_image(&self) -> Result<ImageManifest> {
        self.parse("an image manifest", self.media_type.is_index())
    }

    /// As an index (OCI) or manifest list (Docker).
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`] when it is none.
    pub fn as_index(&self) -> Result<ImageIndex> {
        self.parse("an index", !self.media_type.is_index())
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, other_type: bool) -> Result<T> {
        let attempt = || format!("read the manifest {} as {what}", self.digest);
        if other_type {
            return Err(Error::unexpected(
                attempt(),
                format!("its type is {}", self.media_type),
            ));
        }
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::unexpected(attempt(), error.to_string()))
    }
}

/// The manifest of an image or of another artifact: a configuration and layers.
///
/// Its keys are written in one order and annotations sorted: the same manifest has the same bytes,
/// and so the same digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageManifest {
    /// Always 2.
    pub schema_version: u32,
    /// The media type; some tools leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// What kind of artifact it is, where it is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Notes of any kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An index: several manifests, usually the same image for several platforms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageIndex {
    /// Always 2.
    pub schema_version: u32,
    /// The media type; some tools leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// What kind of artifact it is, where it is no image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Notes of any kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A manifest to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    media_type: MediaType,
    bytes: std::result::Result<Bytes, String>,
}

impl Manifest {
    /// The OCI manifest of an image: its configuration, and its layers, the lowest first.
    #[must_use]
    pub fn image(config: Descriptor, layers: impl IntoIterator<Item = Descriptor>) -> Self {
        let manifest = ImageManifest {
            schema_version: 2,
            media_type: Some(MediaType::OCI_MANIFEST),
            artifact_type: None,
            config,
            layers: layers.into_iter().collect(),
            subject: None,
            annotations: BTreeMap::new(),
        };
        Self::serialised(MediaType::OCI_MANIFEST, &manifest)
    }

    /// An OCI index of these manifests.
    #[must_use]
    pub fn index(manifests: impl IntoIterator<Item = Descriptor>) -> Self {
        let index = ImageIndex {
            schema_version: 2,
            media_type: Some(MediaType::OCI_INDEX),
            artifact_type: None,
            manifests: manifests.into_iter().collect(),
            subject: None,
            annotations: BTreeMap::new(),
        };
        Self::serialised(MediaType::OCI_INDEX, &index)
    }

    /// Bytes as they are, of any type.
    #[must_use]
    pub fn raw(media_type: MediaType, bytes: impl Into<Bytes>) -> Self {
        Self {
            media_type,
            bytes: Ok(bytes.into()),
        }
    }

    fn serialised(media_type: MediaType, value: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(value)
            .map(Bytes::from)
            .map_err(|error| error.to_string());
        Self { media_type, bytes }
    }
}

impl From<&ImageManifest> for Manifest {
    fn from(manifest: &ImageManifest) -> Self {
        Self::serialised(
            manifest
                .media_type
                .clone()
                .unwrap_or(MediaType::OCI_MANIFEST),
            manifest,
        )
    }
}

impl From<&ImageIndex> for Manifest {
    fn from(index: &ImageIndex) -> Self {
        Self::serialised(
            index.media_type.clone().unwrap_or(MediaType::OCI_INDEX),
            index,
        )
    }
}

impl From<ManifestContent> for Manifest {
    fn from(content: ManifestContent) -> Self {
        Self::raw(content.media_type, content.bytes)
    }
}

/// The storing of a manifest: by its digest, and under each tag that is named.
///
/// Dropped half-way, it may have been stored, and some of the tags may point to it.
#[must_use = "nothing is sent before the call is awaited"]
pub struct PutManifest {
    repository: Repository,
    manifest: Manifest,
    tags: Result<Vec<acr_core::Tag>>,
}

/// A manifest that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushedManifest {
    /// Media type, digest and size: what an index names it by.
    pub descriptor: Descriptor,
    /// The tags that now point to it.
    pub tags: Vec<acr_core::Tag>,
}

impl PutManifest {
    pub(crate) fn new(repository: Repository, manifest: Manifest) -> Self {
        Self {
            repository,
            manifest,
            tags: Ok(Vec::new()),
        }
    }

    /// Tags that are to point to it, moved if they are there.
    pub fn tags<T: IntoTagName>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        for tag in tags {
            self = self.tag(tag);
        }
        self
    }

    /// One more tag that is to point to it.
    pub fn tag(mut self, tag: impl IntoTagName) -> Self {
        let attempt = self.repository.attempt("push a manifest to");
        if let Ok(tags) = &mut self.tags {
            match checked(&attempt, tag) {
                Ok(tag) => tags.push(tag),
                Err(error) => self.tags = Err(error),
            }
        }
        self
    }

    async fn send(self) -> Result<PushedManifest> {
        let tags = self.tags?;
        let attempt = self.repository.attempt("push a manifest to");
        let bytes = self
            .manifest
            .bytes
            .map_err(|error| Error::invalid(&attempt, error))?;
        if bytes.len() > limits::MANIFEST {
            return Err(Error::new(
                attempt,
                ErrorKind::TooLarge {
                    limit: limits::MANIFEST as u64,
                },
            ));
        }
        let digest = Digest::of(&bytes);
        let mut references: Vec<_> = tags.iter().cloned().map(Reference::Tag).collect();
        if references.is_empty() {
            references.push(Reference::Digest(digest.clone()));
        }
        let rest = &self.repository.shared.rest;
        for reference in &references {
            let (name, media_type) = (
                self.repository.name.as_str(),
                self.manifest.media_type.as_str(),
            );
            let answer = rest
                .create_manifest(name, reference.as_str(), media_type, bytes.clone())
                .await;
            let attempt = || format!("push {}", self.repository.image(reference));
            match answer {
                Ok(answer) => same_digest(answer.headers(), &digest, bytes.len() as u64)
                    .map_err(|kind| Error::new(attempt(), kind))?,
                Err(error) => return Err(Error::of_rest(attempt(), error).await),
            }
        }
        let descriptor = Descriptor::new(self.manifest.media_type, digest, bytes.len() as u64);
        Ok(PushedManifest { descriptor, tags })
    }
}

impl IntoFuture for PutManifest {
    type Output = Result<PushedManifest>;
    type IntoFuture = BoxFuture<'static, Result<PushedManifest>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for PutManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PutManifest");
        shown
            .field("repository", &self.repository)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// Fetches a manifest and verifies it: against the digest asked for, else the one in the answer.
pub(crate) async fn get(repository: &Repository, reference: &Reference) -> Result<ManifestContent> {
    let attempt = format!("get the manifest {}", repository.image(reference));
    let accept = MediaType::MANIFESTS
        .each_ref()
        .map(MediaType::as_str)
        .join(", ");
    let rest = &repository.shared.rest;
    let answer = match rest
        .get_manifest(repository.name.as_str(), reference.as_str(), Some(&accept))
        .await
    {
        Ok(answer) => answer,
        Err(error) => return Err(Error::of_rest(attempt, error).await),
    };
    let expected = match reference.digest() {
        Some(digest) => Some(digest.clone()),
        None => {
            header_digest(answer.headers()).map_err(|what| Error::unexpected(&attempt, what))?
        }
    };
    let media_type = answer
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type
        .and_then(|text| MediaType::new(text).ok())
        .ok_or_else(|| Error::unexpected(&attempt, "it has no content type"))?;
    let mut bytes = BytesMut::new();
    let mut body = answer.into_inner_stream();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(error) => {
                return Err(
                    Error::of_rest(attempt, acr_rest::Error::ResponseBodyError(error)).await,
                );
            }
        }
    }
    let bytes = bytes.freeze();
    let digest = verified(&bytes, expected)
        .map_err(|m| Error::new(attempt, ErrorKind::DigestMismatch(m)))?;
    Ok(ManifestContent {
        bytes,
        digest,
        media_type,
    })
}

fn verified(bytes: &[u8], expected: Option<Digest>) -> std::result::Result<Digest, DigestMismatch> {
    match expected {
        None => Ok(Digest::of(bytes)),
        Some(expected) => {
            let mut verifier = acr_core::DigestVerifier::expecting(expected, None);
            verifier.update(bytes);
            verifier.verify().map(|(digest, _)| digest)
        }
    }
}

/// The digest in the answer, if there is one.
pub(crate) fn header_digest(headers: &HeaderMap) -> std::result::Result<Option<Digest>, String> {
    let Some(value) = headers.get("docker-content-digest") else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| "its digest is no text".to_owned())?;
    crate::convert::digest(text).map(Some)
}

/// Whether the registry stored what was sent.
pub(crate) fn same_digest(
    headers: &HeaderMap,
    sent: &Digest,
    size: u64,
) -> std::result::Result<(), ErrorKind> {
    match header_digest(headers).map_err(ErrorKind::UnexpectedAnswer)? {
        Some(stored) if stored != *sent => Err(ErrorKind::DigestMismatch(DigestMismatch::new(
            sent.clone(),
            stored,
            size,
        ))),
        _ => Ok(()),
    }
}
