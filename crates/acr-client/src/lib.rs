#![doc = include_str!("../README.md")]

mod artifact;
mod blob;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builders;
mod call;
mod client;
mod convert;
mod deleted;
mod descriptor;
mod error;
mod headers;
mod health;
mod list;
mod locks;
mod manifest;
mod metadata;
mod names;
#[cfg(feature = "oci-spec")]
pub mod oci_spec_0_10;
mod options;
mod pager;
mod platform;
mod properties;
mod repository;
pub mod reqwest_0_13;
pub mod reqwest_middleware_0_5;
mod set;
mod shared;
mod streaming;
mod tag;
mod update;

pub use acr_auth::docker::{DockerConfig, DockerLogin};
pub use acr_auth::{
    AccessToken, Audience, AuthorityHost, Clock, Cloud, Credential, CredentialProvider, EntraGrant,
    RefreshToken, TokenCache,
};
#[cfg(feature = "azure_identity")]
pub use acr_auth::{ChainError, ChainLink, LinkError};
pub use acr_core::{
    Action, Algorithm, Digest, DigestMismatch, DigestVerifier, ErrorCode, ErrorInfo,
    ImageReference, Login, MediaType, Reference, RegistryEndpoint, RepositoryName, Scope, ScopeSet,
    Secret, Tag as TagName,
};
pub use acr_rest::{
    ApiVersion, Exchange, Lane, LaneThrottle, LogOptions, Proxy, RetryOptions, Throttle,
    ThrottleOptions,
};
pub use artifact::{Artifact, Attachment, DeleteArtifact, DeleteArtifactOptions, Referrer};
pub use blob::{
    Progress,
    download::{DownloadBlob, DownloadToFile, DownloadToFileOptions, Downloaded},
    location::BlobLocation,
    mount::{MountBlob, MountOutcome},
    properties::BlobProperties,
    range::{DownloadRange, UnverifiedReader, UnverifiedStream},
    saved::{Resumption, SavedUpload},
    source::Source,
    stream::{BlobReader, BlobStream},
    upload::{UploadBlob, UploadBlobOptions},
    upload_session::{CompleteUpload, CompleteUploadOptions, ResumedUpload, UploadSession},
};
pub use builders::{
    AnnotationIndexBuilder, ArtifactStreamingBuilder, DeletedManifestBuilder,
    DeletedRepositoryBuilder, DeletedTagBuilder, HealthReportBuilder, HealthStepBuilder,
    LockBuilder, LocksBuilder, ManifestContentBuilder, ManifestMetadataBuilder,
    ManifestPropertiesBuilder, PushedManifestBuilder, QueryInfoBuilder, RelatedArtifactBuilder,
    RepositoryPropertiesBuilder, RepositoryStreamingBuilder, StreamingProgressBuilder,
    TagPropertiesBuilder, UntaggedBuilder,
};
pub use call::{Call, TokenCall};
pub use client::{ContainerRegistryClient, ContainerRegistryClientBuilder};
pub use deleted::{DeletedManifest, DeletedTag, RestoreManifest, RestoreManifestOptions};
pub use descriptor::Descriptor;
pub use error::{Error, ErrorBuilder, ErrorKind, Result};
pub use health::{
    CheckHealth, CheckHealthOptions, HealthCheck, HealthOutcome, HealthReport, HealthStep,
};
pub use locks::{Lock, LockLevel, Locks};
pub use manifest::{
    GetManifest, HeadManifest, ImageIndex, ImageManifest, Manifest, ManifestContent, ManifestKind,
    ManifestOptions, PushedManifest, PutManifest, PutManifestOptions,
};
pub use metadata::{AnnotationIndex, ManifestMetadata, QueryInfo};
pub use names::{
    IntoDigest, IntoEndpoint, IntoMediaType, IntoReference, IntoRepositoryName, IntoTagName,
};
pub use options::{CallOptions, ResponseInfo};
pub use pager::{Continuation, OrderBy, Page, Pager, Pages};
pub use platform::{Platform, PlatformError};
pub use properties::{
    Deleted, DeletedRepository, ManifestProperties, RelatedArtifact, RepositoryProperties,
    TagProperties, Untagged,
};
pub use repository::Repository;
pub use set::{All, all};
pub use streaming::{
    ArtifactStreaming, FinishStreaming, FinishStreamingOptions, RepositoryStreaming,
    STREAMING_ARTIFACT, StreamingOperation, StreamingProgress, StreamingStatus,
};
pub use tag::Tag;
pub use update::{UpdateFlags, UpdateProperties};

/// What can go wrong with tokens, as [`ErrorKind::Auth`] holds it.
pub mod auth {
    pub use acr_auth::{Error, Grantee, RealmFault, Refusal, TokenStep};
}

pub mod migration {
    #![doc = include_str!("../MIGRATION.md")]
    #[allow(unused_imports, reason = "the page links to them")]
    use crate::{Artifact, Repository, Tag};
}

pub mod testing {
    #![doc = include_str!("../TESTING.md")]
    #[allow(unused_imports, reason = "the page links to them")]
    use crate::{ContainerRegistryClient, ContainerRegistryClientBuilder, Repository};
}

pub mod troubleshooting {
    #![doc = include_str!("../TROUBLESHOOTING.md")]
    #[allow(unused_imports, reason = "the page links to them")]
    use crate::Error;
}
