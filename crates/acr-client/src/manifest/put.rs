//! Storing manifests.

use std::{collections::BTreeMap, fmt};

use acr_core::{Digest, DigestMismatch, MediaType, Reference, limits};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use serde::Serialize;

use crate::{
    Descriptor, Error, ErrorKind, ImageIndex, ImageManifest, ManifestContent, Repository, Result,
    manifest::header_digest,
    names::{IntoTagName, checked},
    shared::answered,
};

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
            let attempt = format!("push {}", self.repository.image(reference));
            let answer = answered(&attempt, answer).await?;
            same_digest(answer.headers(), &digest, bytes.len() as u64)
                .map_err(|kind| Error::new(attempt, kind))?;
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
