//! Storing manifests.

use std::collections::BTreeMap;

use acr_core::{Digest, DigestMismatch, MediaType, Reference, limits};
use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;

use crate::{
    Call, Descriptor, Error, ErrorKind, ImageIndex, ImageManifest, ManifestContent, Repository,
    Result,
    call::Context,
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
pub type PutManifest = Call<PushedManifest, PutManifestOptions>;

/// What the storing of a manifest can be told.
#[derive(Debug)]
pub struct PutManifestOptions {
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

impl Repository {
    /// Stores a manifest. Without `.tags(…)` it is stored by its digest alone.
    pub fn put_manifest(&self, manifest: Manifest) -> PutManifest {
        let this = self.clone();
        let options = PutManifestOptions {
            tags: Ok(Vec::new()),
        };
        self.call("push a manifest to", options, |call, options| async move {
            put(&this, &call, manifest, options.tags?).await
        })
    }
}

impl<T> Call<T, PutManifestOptions> {
    /// Tags that are to point to it, moved if they are there.
    pub fn tags<N: IntoTagName>(mut self, tags: impl IntoIterator<Item = N>) -> Self {
        for tag in tags {
            self = self.tag(tag);
        }
        self
    }

    /// One more tag that is to point to it.
    pub fn tag(mut self, tag: impl IntoTagName) -> Self {
        let tag = checked(self.attempt(), tag);
        if let Ok(tags) = &mut self.special().tags {
            match tag {
                Ok(tag) => tags.push(tag),
                Err(error) => self.special().tags = Err(error),
            }
        }
        self
    }
}

async fn put(
    repository: &Repository,
    call: &Context,
    manifest: Manifest,
    tags: Vec<acr_core::Tag>,
) -> Result<PushedManifest> {
    let Manifest { media_type, bytes } = manifest;
    let bytes = bytes.map_err(|error| Error::invalid(&call.attempt, error))?;
    if bytes.len() > limits::MANIFEST {
        return Err(Error::new(
            &call.attempt,
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
    let name = repository.name.as_str();
    for reference in &references {
        let answer = call
            .rest
            .create_manifest(name, reference.as_str(), media_type.as_str(), bytes.clone())
            .await;
        let attempt = format!("push {}", repository.image(reference));
        let answer = answered(&attempt, answer).await?;
        same_digest(answer.headers(), &digest, bytes.len() as u64)
            .map_err(|kind| Error::new(attempt, kind))?;
    }
    let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
    Ok(PushedManifest { descriptor, tags })
}

/// Whether the registry stored what was sent.
pub(crate) fn same_digest(
    headers: &HeaderMap,
    sent: &Digest,
    size: u64,
) -> std::result::Result<(), ErrorKind> {
    match header_digest(headers).map_err(ErrorKind::UnexpectedAnswer)? {
        Some(stored) if stored != *sent => {
            Err(DigestMismatch::new(sent.clone(), stored, size).into())
        }
        _ => Ok(()),
    }
}
