//! What the registry tells about repositories, manifests and tags.

use acr_core::{Digest, ImageReference, MediaType, RepositoryName, Tag};
use azure_core::time::OffsetDateTime;

/// What the registry tells about a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepositoryProperties {
    /// The registry's host.
    pub registry: String,
    /// The name.
    pub name: RepositoryName,
    /// When it came into being.
    pub created_at: OffsetDateTime,
    /// When it was last pushed to.
    pub last_updated_at: OffsetDateTime,
    /// How many manifests are in it.
    pub manifest_count: u64,
    /// How many tags are in it.
    pub tag_count: u64,
    /// Whether it can be deleted, and anything in it.
    pub can_delete: bool,
    /// Whether it can be pushed to.
    pub can_write: bool,
    /// Whether it is listed.
    pub can_list: bool,
    /// Whether it can be pulled from.
    pub can_read: bool,
    /// Whether artifact streaming's older form is on; the registry does not always tell.
    pub teleport_enabled: Option<bool>,
}

/// What the registry tells about a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagProperties {
    /// The repository.
    pub repository: RepositoryName,
    /// The tag.
    pub name: Tag,
    /// The manifest that it points to.
    pub digest: Digest,
    /// When it came into being.
    pub created_at: OffsetDateTime,
    /// When it was last moved.
    pub last_updated_at: OffsetDateTime,
    /// Whether it is signed by Docker's older scheme; the registry does not always tell.
    pub signed: Option<bool>,
    /// Whether it can be deleted.
    pub can_delete: bool,
    /// Whether it can be moved.
    pub can_write: bool,
    /// Whether it is listed.
    pub can_list: bool,
    /// Whether it can be pulled by.
    pub can_read: bool,
}

/// What the registry tells about a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestProperties {
    /// The repository.
    pub repository: RepositoryName,
    /// The digest.
    pub digest: Digest,
    /// Bytes of layers and configuration together. For indexes and some artifacts it is the
    /// manifest's own size, or 0: do not count on it.
    pub size: Option<u64>,
    /// When it was pushed.
    pub created_at: OffsetDateTime,
    /// When it was last pushed or tagged.
    pub last_updated_at: OffsetDateTime,
    /// The processor that the image is for, such as `amd64`; missing for indexes and artifacts.
    pub architecture: Option<String>,
    /// The operating system that the image is for, such as `linux`.
    pub operating_system: Option<String>,
    /// The manifest's media type.
    pub media_type: Option<MediaType>,
    /// The media type of the configuration.
    pub config_media_type: Option<MediaType>,
    /// The tags that point to it.
    pub tags: Vec<Tag>,
    /// The manifests of an index; told by `properties()` of an index only, never in lists.
    pub related_artifacts: Vec<RelatedArtifact>,
    /// Whether it has passed quarantine; the registry does not always tell.
    pub quarantine_state: Option<String>,
    /// Whether it can be deleted.
    pub can_delete: bool,
    /// Whether it can be tagged.
    pub can_write: bool,
    /// Whether it is listed.
    pub can_list: bool,
    /// Whether it can be pulled.
    pub can_read: bool,
}

impl ManifestProperties {
    /// The manifest named in full, for `docker pull` and the like.
    #[must_use]
    pub fn reference(&self, registry: &acr_core::RegistryEndpoint) -> ImageReference {
        ImageReference::new(registry, &self.repository, &(&self.digest).into())
    }
}

/// A manifest of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedArtifact {
    /// The digest.
    pub digest: Digest,
    /// The processor that it is for.
    pub architecture: Option<String>,
    /// The operating system that it is for.
    pub operating_system: Option<String>,
}

/// What became of a delete. That something was not there is an answer, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It was there, and is gone.
    Deleted,
    /// It was not there.
    NotFound,
}

/// What went with a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedRepository {
    /// The digests of its manifests.
    pub manifests: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
}
