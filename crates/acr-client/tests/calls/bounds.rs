//! What can be shared, cloned and sent, held to by the compiler: every public type stands here, and
//! `cargo xtask public-api` fails for one that does not. The futures of the calls are held to it by
//! `keep!`, through which each of them goes.

use acr_client::*;

fn cloned<T: Clone + Send + Sync + Unpin + 'static>() {}
fn shared<T: Send + Sync + Unpin + 'static>() {}
fn sent<T: Send + Unpin + 'static>() {}
fn awaited<T: IntoFuture<IntoFuture: Send + 'static> + Send + 'static>() {}
fn listed<T: futures_util::Stream + Send + Unpin + 'static>() {}

macro_rules! each {
    ($held:ident: $($type:ty),+ $(,)?) => {{ $($held::<$type>();)+ }};
}

#[test]
fn handles_and_what_a_registry_tells_are_cloned_and_shared() {
    each!(cloned: ContainerRegistryClient, Repository, Tag, Artifact, StreamingOperation);
    each!(cloned: CallOptions, Continuation, Credential, ResponseInfo);
    each!(cloned: Deleted, DeletedRepository, DeletedManifest, DeletedTag);
    each!(cloned: RepositoryProperties, TagProperties, ManifestProperties, RelatedArtifact, OrderBy);
    each!(cloned: Descriptor, Platform, PlatformError, ManifestContent, ManifestKind);
    each!(cloned: ImageManifest, ImageIndex, Referrer, BlobProperties, BlobLocation);
    each!(cloned: PushedManifest, Downloaded, Progress, Page<TagProperties>);
    each!(cloned: ManifestMetadata, AnnotationIndex, QueryInfo);
    each!(cloned: RepositoryStreaming, ArtifactStreaming, StreamingProgress, StreamingStatus);
    each!(cloned: HealthReport, HealthStep, HealthCheck, HealthOutcome);
    each!(cloned: Lock, LockLevel, Locks, Untagged);
    each!(cloned: Lane, LaneThrottle, Throttle, ThrottleOptions);
    each!(shared: LockBuilder, LocksBuilder, UntaggedBuilder, DeletedRepositoryBuilder);
    each!(shared: RepositoryPropertiesBuilder, TagPropertiesBuilder, ManifestPropertiesBuilder);
    each!(shared: RelatedArtifactBuilder, ManifestContentBuilder, PushedManifestBuilder, ErrorBuilder);
    each!(shared: AnnotationIndexBuilder, ArtifactStreamingBuilder, DeletedManifestBuilder);
    each!(shared: DeletedTagBuilder, HealthReportBuilder, HealthStepBuilder, QueryInfoBuilder);
    each!(shared: ManifestMetadataBuilder, RepositoryStreamingBuilder, StreamingProgressBuilder);
    each!(shared: ContainerRegistryClientBuilder, Error, ErrorKind, UploadSession, MountOutcome);
    each!(cloned: SavedUpload, Resumption);
    each!(shared: ResumedUpload);
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
}

/// Calls and lists are made by one task, and awaited or read by one: another one, if need be.
#[test]
fn calls_and_lists_are_sent() {
    each!(awaited: Call<Deleted>, TokenCall<AccessToken>);
    each!(awaited: UpdateProperties<TagProperties>, DeleteArtifact, RestoreManifest);
    each!(awaited: CheckHealth, FinishStreaming, UploadBlob, PutManifest);
    each!(sent: All<'static, Deleted>);
    each!(listed: Pager<RepositoryName>, Pages<ManifestProperties>, BlobStream);
    each!(awaited: GetManifest, HeadManifest, CompleteUpload, DownloadToFile);
    each!(listed: Pager<Referrer>, UnverifiedStream);
    each!(sent: BlobReader, UnverifiedReader, DownloadBlob, DownloadRange, MountBlob);
    each!(sent: Source, Manifest, Attachment, ManifestOptions, CompleteUploadOptions);
    each!(sent: DownloadToFileOptions);
    each!(sent: UpdateFlags, DeleteArtifactOptions, RestoreManifestOptions, CheckHealthOptions);
    each!(sent: FinishStreamingOptions, UploadBlobOptions, PutManifestOptions);
}

#[cfg(feature = "blocking")]
#[test]
fn what_waits_is_sent() {
    use acr_client::blocking::{Items, Pages, Reader, UnverifiedReader};
    each!(sent: Items<RepositoryName>, Pages<TagProperties>, Reader, UnverifiedReader);
}
