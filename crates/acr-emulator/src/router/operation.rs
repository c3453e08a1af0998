//! The registry's operations, and the names under which they are known outside.

use acr_core::{Digest, Reference, RepositoryName, Tag};

/// The names of all operations, as the log of requests has them: those of the registry, and
/// `download_blob`, the storage host's only one.
pub const OPERATIONS: &[&str] = &[
    "ping",
    "list_repositories",
    "list_tag_names",
    "list_referrers",
    "get_manifest",
    "head_manifest",
    "put_manifest",
    "delete_manifest",
    "get_blob",
    "head_blob",
    "delete_blob",
    "start_upload",
    "upload_status",
    "upload_chunk",
    "complete_upload",
    "cancel_upload",
    "get_repository",
    "update_repository",
    "delete_repository",
    "list_tags",
    "get_tag",
    "update_tag",
    "delete_tag",
    "list_manifests",
    "get_manifest_properties",
    "update_manifest_properties",
    "get_streaming",
    "set_streaming",
    "get_artifact_streaming",
    "start_artifact_streaming",
    "get_operation",
    "cancel_operation",
    "query_metadata",
    "list_deleted_repositories",
    "list_deleted_manifests",
    "list_deleted_tags",
    "restore_deleted",
    "exchange",
    "token",
    DOWNLOAD_BLOB,
];

/// Those that are about no repository.
pub(crate) const WITHOUT_REPOSITORY: &[&str] = &[
    "ping",
    "list_repositories",
    "query_metadata",
    "list_deleted_repositories",
    "exchange",
    "token",
];

/// The name of what the storage host does.
pub(crate) const DOWNLOAD_BLOB: &str = "download_blob";

/// The two families of paths that list repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surface {
    /// `/v2/_catalog`.
    Docker,
    /// `/acr/v1/_catalog`.
    Acr,
}

/// What is done to a manifest or blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentVerb {
    /// GET, or HEAD where `head` is set.
    Read { head: bool },
    /// PUT; manifests only.
    Put,
    /// DELETE.
    Delete,
}

/// What is done to an upload that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadVerb {
    /// GET: how far it has come.
    Status,
    /// PATCH: more bytes.
    Append,
    /// PUT: the last bytes, if any, and the digest of all.
    Complete,
    /// DELETE: give it up.
    Cancel,
}

/// What is done to the properties of a repository, tag or manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PropertyVerb {
    /// GET.
    Get,
    /// PATCH.
    Update,
    /// DELETE of the thing itself; repositories and tags only.
    Delete,
}

/// What is done to the conversion of images for streaming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingVerb {
    /// GET.
    Get,
    /// POST: sets it, or starts it.
    Set,
}

/// One operation of the registry, with the names that the path gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Ping,
    ListRepositories(Surface),
    ListTagNames(RepositoryName),
    ListReferrers(RepositoryName, Digest),
    Manifest(ContentVerb, RepositoryName, Reference),
    Blob(ContentVerb, RepositoryName, Digest),
    StartUpload(RepositoryName),
    Upload(UploadVerb, RepositoryName, String),
    Repository(PropertyVerb, RepositoryName),
    ListTags(RepositoryName),
    Tag(PropertyVerb, RepositoryName, Tag),
    ListManifests(RepositoryName),
    ManifestProperties(PropertyVerb, RepositoryName, Digest),
    Streaming(SettingVerb, RepositoryName),
    ArtifactStreaming(SettingVerb, RepositoryName, Digest),
    Progress(RepositoryName, String),
    Cancel(RepositoryName, String),
    /// In one repository, or in all.
    QueryMetadata(Option<RepositoryName>),
    ListDeletedRepositories,
    ListDeletedManifests(RepositoryName),
    ListDeletedTags(RepositoryName),
    RestoreDeleted(RepositoryName, Digest),
    Exchange,
    TokenByGet,
    TokenByPost,
}

impl Operation {
    /// The name of this operation, one of [`OPERATIONS`].
    pub(crate) fn name(&self) -> &'static str {
        use {ContentVerb as Content, PropertyVerb as Property, UploadVerb as Upload};
        match self {
            Self::Ping => "ping",
            Self::ListRepositories(_) => "list_repositories",
            Self::ListTagNames(_) => "list_tag_names",
            Self::ListReferrers(..) => "list_referrers",
            Self::Manifest(Content::Read { head: false }, ..) => "get_manifest",
            Self::Manifest(Content::Read { head: true }, ..) => "head_manifest",
            Self::Manifest(Content::Put, ..) => "put_manifest",
            Self::Manifest(Content::Delete, ..) => "delete_manifest",
            Self::Blob(Content::Read { head: true }, ..) => "head_blob",
            // There is no route that puts a blob in one step.
            Self::Blob(Content::Read { head: false } | Content::Put, ..) => "get_blob",
            Self::Blob(Content::Delete, ..) => "delete_blob",
            Self::StartUpload(_) => "start_upload",
            Self::Upload(Upload::Status, ..) => "upload_status",
            Self::Upload(Upload::Append, ..) => "upload_chunk",
            Self::Upload(Upload::Complete, ..) => "complete_upload",
            Self::Upload(Upload::Cancel, ..) => "cancel_upload",
            Self::Repository(Property::Get, _) => "get_repository",
            Self::Repository(Property::Update, _) => "update_repository",
            Self::Repository(Property::Delete, _) => "delete_repository",
            Self::ListTags(_) => "list_tags",
            Self::Tag(Property::Get, ..) => "get_tag",
            Self::Tag(Property::Update, ..) => "update_tag",
            Self::Tag(Property::Delete, ..) => "delete_tag",
            Self::ListManifests(_) => "list_manifests",
            Self::ManifestProperties(Property::Update, ..) => "update_manifest_properties",
            // There is no route that deletes properties.
            Self::ManifestProperties(Property::Get | Property::Delete, ..) => {
                "get_manifest_properties"
            }
            Self::Streaming(SettingVerb::Get, _) => "get_streaming",
            Self::Streaming(SettingVerb::Set, _) => "set_streaming",
            Self::ArtifactStreaming(SettingVerb::Get, ..) => "get_artifact_streaming",
            Self::ArtifactStreaming(SettingVerb::Set, ..) => "start_artifact_streaming",
            Self::Progress(..) => "get_operation",
            Self::Cancel(..) => "cancel_operation",
            Self::QueryMetadata(_) => "query_metadata",
            Self::ListDeletedRepositories => "list_deleted_repositories",
            Self::ListDeletedManifests(_) => "list_deleted_manifests",
            Self::ListDeletedTags(_) => "list_deleted_tags",
            Self::RestoreDeleted(..) => "restore_deleted",
            Self::Exchange => "exchange",
            Self::TokenByGet | Self::TokenByPost => "token",
        }
    }

    /// The repository that the path names, if any.
    pub(crate) fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Self::Ping
            | Self::ListRepositories(_)
            | Self::QueryMetadata(None)
            | Self::ListDeletedRepositories
            | Self::Exchange
            | Self::TokenByGet
            | Self::TokenByPost => None,
            Self::ListTagNames(name)
            | Self::ListReferrers(name, _)
            | Self::Manifest(_, name, _)
            | Self::Blob(_, name, _)
            | Self::StartUpload(name)
            | Self::Upload(_, name, _)
            | Self::Repository(_, name)
            | Self::ListTags(name)
            | Self::Tag(_, name, _)
            | Self::ListManifests(name)
            | Self::ManifestProperties(_, name, _)
            | Self::Streaming(_, name)
            | Self::ArtifactStreaming(_, name, _)
            | Self::Progress(name, _)
            | Self::Cancel(name, _)
            | Self::QueryMetadata(Some(name))
            | Self::ListDeletedManifests(name)
            | Self::ListDeletedTags(name)
            | Self::RestoreDeleted(name, _) => Some(name),
        }
    }

    /// Whether this is one of the `/v2` operations on manifests, blobs and uploads: their answers
    /// carry a request id.
    pub(crate) fn is_content(&self) -> bool {
        matches!(
            self,
            Self::Manifest(..) | Self::Blob(..) | Self::StartUpload(_) | Self::Upload(..)
        )
    }

    /// Whether this deletes something that was pushed.
    pub(crate) fn is_delete(&self) -> bool {
        self.is_property_delete()
            || matches!(
                self,
                Self::Manifest(ContentVerb::Delete, ..) | Self::Blob(ContentVerb::Delete, ..)
            )
    }

    /// Whether this is for tokens: it needs none.
    pub(crate) fn is_of_tokens(&self) -> bool {
        matches!(self, Self::Exchange | Self::TokenByGet | Self::TokenByPost)
    }

    /// Whether this deletes a repository or tag by way of `/acr/v1`.
    pub(crate) fn is_property_delete(&self) -> bool {
        matches!(
            self,
            Self::Repository(PropertyVerb::Delete, _) | Self::Tag(PropertyVerb::Delete, ..)
        )
    }
}
