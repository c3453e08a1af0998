//! What the registry tells about repositories, manifests and tags.
//!
//! What stands in every answer that the service has been seen to give, and is `None` where it tells
//! nothing, is an [`Option`] here: one item that lacks something must not cost a whole list.

use acr_core::{Digest, ImageReference, MediaType, RegistryEndpoint, RepositoryName, Tag};
use azure_core::time::{OffsetDateTime, rfc3339};
use serde::Serialize;

/// What the registry tells about a repository.
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RepositoryProperties {
    /// The registry's host, as the registry calls itself.
    pub registry: String,
    /// The name.
    pub name: RepositoryName,
    /// When it came into being, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last pushed to, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub last_updated_at: Option<OffsetDateTime>,
    /// How many manifests are in it, if the registry tells.
    pub manifest_count: Option<u64>,
    /// How many tags are in it, if the registry tells.
    pub tag_count: Option<u64>,
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
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TagProperties {
    /// The registry's host, as the registry calls itself.
    pub registry: String,
    /// The repository.
    pub repository: RepositoryName,
    /// The tag.
    pub name: Tag,
    /// The manifest that it points to.
    pub digest: Digest,
    /// When it came into being, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last moved, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub last_updated_at: Option<OffsetDateTime>,
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

impl TagProperties {
    /// The tag named in full, `host/repository:tag`, for `docker pull` and the like.
    #[must_use]
    pub fn full_reference(&self, registry: &RegistryEndpoint) -> ImageReference {
        ImageReference::new(registry, &self.repository, &(&self.name).into())
    }
}

/// What the registry tells about a manifest.
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ManifestProperties {
    /// The registry's host, as the registry calls itself.
    pub registry: String,
    /// The repository.
    pub repository: RepositoryName,
    /// The digest.
    pub digest: Digest,
    /// Bytes of layers and configuration together. For indexes and some artifacts it is the
    /// manifest's own size, or 0: do not count on it.
    pub size: Option<u64>,
    /// When it was pushed, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last pushed or tagged, if the registry tells.
    #[serde(with = "rfc3339::option")]
    pub last_updated_at: Option<OffsetDateTime>,
    /// The processor that the image is for, such as `amd64`; missing for indexes and artifacts.
    pub architecture: Option<String>,
    /// The operating system that the image is for, such as `linux`.
    pub operating_system: Option<String>,
    /// The manifest's media type.
    pub media_type: Option<MediaType>,
    /// The media type of the configuration.
    pub config_media_type: Option<MediaType>,
    /// The tags that point to it. Of many, the registry has been seen to tell only some: ask
    /// [`Artifact::list_tags`](crate::Artifact::list_tags) for all of them.
    pub tags: Vec<Tag>,
    /// The manifests of an index; told by `properties()` of an index only, never in lists.
    pub related_artifacts: Vec<RelatedArtifact>,
    /// Whether it has passed quarantine, such as `Passed`; the registry does not always tell.
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
    /// The manifest named in full, `host/repository@digest`, for `docker pull` and the like.
    ///
    /// The host is that of the endpoint given, such as
    /// [`registry.endpoint()`](crate::ContainerRegistryClient::endpoint): what the answer says of
    /// itself is not relied on.
    #[must_use]
    pub fn full_reference(&self, registry: &RegistryEndpoint) -> ImageReference {
        ImageReference::new(registry, &self.repository, &(&self.digest).into())
    }
}

/// A manifest of an index.
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deleted {
    /// It was there, and is gone.
    Deleted,
    /// It was not there.
    NotFound,
}

impl Deleted {
    /// Whether it was there before.
    #[must_use]
    pub fn was_there(self) -> bool {
        self == Self::Deleted
    }
}

/// What went with a repository.
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeletedRepository {
    /// The digests of its manifests.
    pub manifests: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A tag that was removed. The manifest that it pointed to is still there.
///
/// For tests of one's own there is a [`builder`](Self::builder).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Untagged {
    /// The tag.
    pub name: Tag,
    /// The manifest that it pointed to, if the registry tells.
    pub digest: Option<Digest>,
}
