//! The search over the metadata of all manifests of a registry.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType, RepositoryName};
use azure_core::time::OffsetDateTime;

use crate::{ContainerRegistryClient, Pager};

mod query;

/// What is known of a manifest without reading it, as a
/// [metadata query](ContainerRegistryClient::query_metadata) finds it. Which of it there is, is up
/// to the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestMetadata {
    /// The repository.
    pub repository: Option<RepositoryName>,
    /// The digest.
    pub digest: Option<Digest>,
    /// Bytes of the manifest itself.
    pub size: Option<u64>,
    /// Bytes of layers and configuration together; for indexes and some artifacts other things are
    /// counted.
    pub image_size: Option<u64>,
    /// When it was pushed.
    pub created_at: Option<OffsetDateTime>,
    /// The processor that the image is for, such as `amd64`; missing for indexes and artifacts.
    pub architecture: Option<String>,
    /// The operating system that the image is for, such as `linux`.
    pub operating_system: Option<String>,
    /// The manifest's media type.
    pub media_type: Option<MediaType>,
    /// Whether its annotations can be searched.
    pub annotation_index: Option<AnnotationIndex>,
    /// What else the query asked for, by the registry's name for it, such as `subject`.
    pub other: BTreeMap<String, serde_json::Value>,
}

/// Whether the annotations of a manifest can be searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnotationIndex {
    /// The registry's word for it, such as `none`.
    pub state: Option<String>,
    /// How many annotations that are.
    pub count: Option<u64>,
}

/// What the registry tells of a query beside the manifests, with each
/// [page](crate::Page::query).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryInfo {
    /// The registry's count: of the manifests of this answer, where that was seen.
    pub count: Option<u64>,
    /// The Azure region that answered.
    pub region: Option<String>,
}

impl ContainerRegistryClient {
    /// The manifests of all repositories that a query finds, in one list instead of one for each
    /// repository. It needs the right to list the repositories (`registry:catalog:*`), and the
    /// metadata search has to be on in the registry: a preview of the service.
    ///
    /// The query is in a part of the Kusto Query Language: `Manifests`, `where` with conditions on
    /// `size`, `imageSize`, `createdAt`, `architecture`, `os`, `mediaType`, `repository`, `digest`,
    /// `annotations['…']` and so on, and `project` to pick members. It is sent as it is; the registry
    /// judges it.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let mut large = registry.query_metadata("Manifests | where imageSize > 1000000000");
    /// while let Some(manifest) = large.try_next().await? {
    ///     if let (Some(repository), Some(digest)) = (manifest.repository, manifest.digest) {
    ///         println!("{repository}@{digest}: {} bytes", manifest.image_size.unwrap_or(0));
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// How many there are on a page is up to the registry, and it begins at the beginning: a
    /// [`page_size`](Pager::page_size) or [`start_after`](Pager::start_after) is an error. It can be
    /// [resumed](Pager::resume), by the same query. The [pages](Pager::pages) tell what the registry
    /// says of the query besides: [`Page::query`](crate::Page::query).
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the query is empty; nothing
    /// is sent then. A status of 400 when the registry does not understand it.
    pub fn query_metadata(&self, query: impl Into<String>) -> Pager<ManifestMetadata> {
        query::pager(&self.shared, query.into())
    }
}
