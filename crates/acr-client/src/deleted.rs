//! What was deleted, where the registry keeps that for a while (soft delete), and how it comes back.

use acr_core::{Digest, MediaType, RepositoryName, Tag};
use azure_core::time::OffsetDateTime;

use crate::{ContainerRegistryClient, Pager, Repository, names::IntoDigest};

mod lists;
mod restore;

pub use restore::{RestoreManifest, RestoreManifestOptions};

/// A manifest that was deleted and can be [restored](Repository::restore_manifest).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedManifest {
    /// The repository that it was in.
    pub repository: RepositoryName,
    /// The digest.
    pub digest: Digest,
    /// Bytes of layers and configuration together, as in
    /// [`ManifestProperties`](crate::ManifestProperties::size).
    pub size: Option<u64>,
    /// When it was pushed.
    pub created_at: Option<OffsetDateTime>,
    /// When it was last pushed or tagged.
    pub last_updated_at: Option<OffsetDateTime>,
    /// When it was deleted.
    pub deleted_at: Option<OffsetDateTime>,
    /// The processor that the image is for, such as `amd64`.
    pub architecture: Option<String>,
    /// The operating system that the image is for, such as `linux`.
    pub operating_system: Option<String>,
    /// The manifest's media type.
    pub media_type: Option<MediaType>,
    /// The tags that pointed to it.
    pub tags: Vec<Tag>,
}

/// A tag that was deleted, and the manifest that it pointed to. A name may come several times, once
/// for each manifest that lost it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeletedTag {
    /// The repository that it was in.
    pub repository: RepositoryName,
    /// The tag.
    pub name: Tag,
    /// The manifest that it pointed to.
    pub digest: Digest,
    /// When it was deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

impl ContainerRegistryClient {
    /// The names of the repositories that something was deleted of that can be restored.
    ///
    /// It needs the right to read what was deleted (`registry:deleted_catalog:*`), which the role
    /// Contributor has. Soft delete is a preview of the service.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let mut names = registry.list_deleted_repositories();
    /// while let Some(name) = names.try_next().await? {
    ///     let manifests = registry.repository(&name)?.list_deleted_manifests();
    ///     println!("{name}: {} manifests", manifests.try_collect().await?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_deleted_repositories(&self) -> Pager<RepositoryName> {
        lists::repositories(&self.shared)
    }
}

impl Repository {
    /// Its manifests that were deleted and can be restored.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// for manifest in repo.list_deleted_manifests().try_collect().await? {
    ///     println!("{}", manifest.digest);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found), when read, if there never was such a
    /// repository, or all of it is gone for good.
    pub fn list_deleted_manifests(&self) -> Pager<DeletedManifest> {
        lists::manifests(&self.shared, &self.name)
    }

    /// Its tags that were deleted and can be restored, with the manifests that they pointed to. Of
    /// several of the same name the one that was deleted last comes last.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// for tag in repo.list_deleted_tags().try_collect().await? {
    ///     println!("{} was {}", tag.name, tag.digest);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`list_deleted_manifests`](Self::list_deleted_manifests).
    pub fn list_deleted_tags(&self) -> Pager<DeletedTag> {
        lists::tags(&self.shared, &self.name)
    }

    /// Brings a manifest back that was deleted; with a [tag](RestoreManifest::tag) that is chained,
    /// it has that again. The manifests of an index, and what refers to a manifest, are not brought
    /// back along: each has to be restored by itself, what is referred to first.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// // What `v1` was when it was deleted.
    /// let tags = repo.list_deleted_tags().try_collect().await?;
    /// if let Some(last) = tags.iter().rfind(|tag| tag.name.as_str() == "v1") {
    ///     repo.restore_manifest(&last.digest).tag(&last.name).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) when it was never there, or is gone for good. A
    /// status of 409 when the tag points to another manifest and [`force`](RestoreManifest::force)
    /// is not chained. [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is no
    /// digest, or the tag is no tag.
    pub fn restore_manifest(&self, digest: impl IntoDigest) -> RestoreManifest {
        restore::restore(self, digest)
    }
}
