//! Builders of what soft delete, artifact streaming, the metadata query and the health check tell.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use acr_core::{Digest, MediaType, RegistryEndpoint, RepositoryName, ScopeSet, Tag};
use azure_core::time::OffsetDateTime;

use crate::{
    AnnotationIndex, ArtifactStreaming, DeletedManifest, DeletedTag, Error, HealthCheck,
    HealthOutcome, HealthReport, HealthStep, ManifestMetadata, QueryInfo, RepositoryStreaming,
    StreamingOperation, StreamingProgress, StreamingStatus,
};

builders! {
    /// For tests of one's own: a manifest that was deleted of this repository.
    DeletedManifestBuilder of DeletedManifest (repository: RepositoryName, digest: Digest) {
        DeletedManifest {
            repository,
            digest,
            size: None,
            created_at: None,
            last_updated_at: None,
            deleted_at: None,
            architecture: None,
            operating_system: None,
            media_type: None,
            tags: Vec::new(),
        }
    }
    option size: u64;
    option created_at: OffsetDateTime;
    option last_updated_at: OffsetDateTime;
    option deleted_at: OffsetDateTime;
    option architecture: String;
    option operating_system: String;
    option media_type: MediaType;
    value tags: Vec<Tag>;

    /// For tests of one's own: a tag that was deleted, and the manifest that it pointed to.
    DeletedTagBuilder of DeletedTag (repository: RepositoryName, name: Tag, digest: Digest) {
        DeletedTag { repository, name, digest, deleted_at: None }
    }
    option deleted_at: OffsetDateTime;

    /// For tests of one's own: whether images that are pushed are converted.
    RepositoryStreamingBuilder of RepositoryStreaming (converts_pushed_images: bool) {
        RepositoryStreaming {
            converts_pushed_images,
            format: None,
            version: None,
            status: None,
            operation_id: None,
        }
    }
    option format: String;
    option version: String;
    option status: StreamingStatus;
    option operation_id: String;

    /// For tests of one's own: a conversion that stands like this.
    StreamingProgressBuilder of StreamingProgress (status: StreamingStatus) {
        StreamingProgress {
            name: None,
            resource: None,
            status,
            started_at: None,
            progress: None,
            details: None,
        }
    }
    option name: String;
    option resource: String;
    option started_at: OffsetDateTime;
    option progress: String;
    option details: String;

    /// For tests of one's own: the last conversion of an image.
    ArtifactStreamingBuilder of ArtifactStreaming (operation: StreamingOperation, status: StreamingStatus) {
        ArtifactStreaming { operation, status }
    }

    /// For tests of one's own: what a query found of a manifest, at first nothing.
    ///
    /// ```
    /// use acr_client::{ManifestMetadata, RepositoryName};
    ///
    /// let found = ManifestMetadata::builder()
    ///     .repository("team/app".parse::<RepositoryName>()?)
    ///     .image_size(1_000_u64)
    ///     .build();
    /// assert_eq!(found.image_size, Some(1_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ManifestMetadataBuilder of ManifestMetadata () {
        ManifestMetadata::default()
    }
    option repository: RepositoryName;
    option digest: Digest;
    option size: u64;
    option image_size: u64;
    option created_at: OffsetDateTime;
    option architecture: String;
    option operating_system: String;
    option media_type: MediaType;
    option annotation_index: AnnotationIndex;
    value other: BTreeMap<String, serde_json::Value>;

    /// For tests of one's own: whether annotations can be searched.
    AnnotationIndexBuilder of AnnotationIndex () {
        AnnotationIndex::default()
    }
    option state: String;
    option count: u64;

    /// For tests of one's own: what is told of a query.
    QueryInfoBuilder of QueryInfo () {
        QueryInfo::default()
    }
    option count: u64;
    option region: String;

    /// For tests of one's own: a check of the way to this registry, at first without a step.
    HealthReportBuilder of HealthReport (registry: RegistryEndpoint) {
        HealthReport {
            registry,
            steps: Vec::new(),
            wanted: ScopeSet::default(),
            granted: None,
        }
    }
    option granted: ScopeSet;
    value steps: Vec<HealthStep>;
    value wanted: ScopeSet;

    /// For tests of one's own: a step, and what came of it.
    HealthStepBuilder of HealthStep (check: HealthCheck, outcome: HealthOutcome) {
        HealthStep {
            check,
            outcome,
            detail: String::new(),
            advice: None,
            error: None,
            elapsed: Duration::ZERO,
        }
    }
    option advice: String;
    option error: Arc<Error>;
    value detail: String;
    value elapsed: Duration;
}
