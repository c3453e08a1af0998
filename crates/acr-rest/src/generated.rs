// Generated from openapi/acr.yaml by `cargo xtask generate`. Do not edit: change the description.

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
/// Types used as operation parameters and responses.
#[allow(clippy::all)]
pub mod types {
    ///An access token of the registry. When it runs out stands in the token itself.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct AccessToken {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub access_token: ::std::option::Option<::acr_core::Secret>,
        ///Sometimes given along by GET with Basic.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub refresh_token: ::std::option::Option<::acr_core::Secret>,
    }
    ///Manifests of a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct AcrManifests {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub manifests: ::std::option::Option<::std::vec::Vec<ManifestAttributesBase>>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
    }
    ///A conversion.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct ArtifactStreaming {
        ///The operation.
        pub id: ::std::string::String,
        pub status: ::std::string::String,
    }
    ///A soft-deleted manifest.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct DeletedManifest {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub architecture: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "createdTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub created_time: ::std::option::Option<::jiff::Timestamp>,
        ///When it was deleted. The Azure CLI reads this name, Microsoft's example has the next one.
        #[serde(
            rename = "deletedAt",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub deleted_at: ::std::option::Option<::jiff::Timestamp>,
        ///The same under the other name.
        #[serde(
            rename = "deletedTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub deleted_time: ::std::option::Option<::jiff::Timestamp>,
        pub digest: ::std::string::String,
        #[serde(
            rename = "imageSize",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_size: ::std::option::Option<i64>,
        #[serde(
            rename = "lastUpdateTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub last_update_time: ::std::option::Option<::jiff::Timestamp>,
        #[serde(
            rename = "mediaType",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub media_type: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub os: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    ///Soft-deleted manifests of a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct DeletedManifests {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub manifests: ::std::option::Option<::std::vec::Vec<DeletedManifest>>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
    }
    ///What went with a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct DeletedRepository {
        ///Digests.
        #[serde(
            rename = "manifestsDeleted",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub manifests_deleted: ::std::option::Option<
            ::std::vec::Vec<::std::string::String>,
        >,
        ///Tag names.
        #[serde(
            rename = "tagsDeleted",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub tags_deleted: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    ///A soft-deleted tag.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct DeletedTag {
        ///As in DeletedManifest.
        #[serde(
            rename = "deletedAt",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub deleted_at: ::std::option::Option<::jiff::Timestamp>,
        ///The same under the other name.
        #[serde(
            rename = "deletedTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub deleted_time: ::std::option::Option<::jiff::Timestamp>,
        pub digest: ::std::string::String,
        ///The same under the other name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///The name of the tag. The Azure CLI reads this name, Microsoft's example has the next one.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tag: ::std::option::Option<::std::string::String>,
    }
    ///Soft-deleted tags of a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct DeletedTags {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tags: ::std::option::Option<::std::vec::Vec<DeletedTag>>,
    }
    ///What is exchanged for a refresh token.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct ExchangeForm {
        ///An Entra access token for the audience of Azure Container Registry.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub access_token: ::std::option::Option<::acr_core::Secret>,
        ///`access_token` with an access token. The others, with a refresh token of Entra, are deprecated.
        pub grant_type: ::std::string::String,
        ///An Entra refresh token, for the deprecated grants.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub refresh_token: ::std::option::Option<::acr_core::Secret>,
        ///The service that the challenge names, as a rule the login server.
        pub service: ::std::string::String,
        ///The Entra tenant of the token. Not needed.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tenant: ::std::option::Option<::std::string::String>,
    }
    ///A manifest and where it is.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct ManifestAttributes {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        pub manifest: ManifestAttributesBase,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
    }
    ///A manifest.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct ManifestAttributesBase {
        ///As in the config of the image. Absent for lists and artifacts.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub architecture: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "changeableAttributes",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub changeable_attributes: ::std::option::Option<ManifestChangeableAttributes>,
        ///Often left out.
        #[serde(
            rename = "configMediaType",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub config_media_type: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "createdTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub created_time: ::std::option::Option<::jiff::Timestamp>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub digest: ::std::option::Option<::std::string::String>,
        ///Bytes: of config and layers for some manifests, of the manifest itself for others, and 0 for some. Not to be relied on.
        #[serde(
            rename = "imageSize",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_size: ::std::option::Option<i64>,
        #[serde(
            rename = "lastUpdateTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub last_update_time: ::std::option::Option<::jiff::Timestamp>,
        #[serde(
            rename = "mediaType",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub media_type: ::std::option::Option<::std::string::String>,
        ///As in the config of the image. Absent for lists and artifacts.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub os: ::std::option::Option<::std::string::String>,
        ///The manifests that a list or index names. Only where a single manifest is asked for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub references: ::std::option::Option<
            ::std::vec::Vec<ManifestAttributesManifestReferences>,
        >,
        ///The tags on this manifest; absent if there are none. Long lists have been seen cut short.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    ///A manifest within a list or index, and its platform.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct ManifestAttributesManifestReferences {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub architecture: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub digest: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub os: ::std::option::Option<::std::string::String>,
    }
    ///What may be done with a manifest.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct ManifestChangeableAttributes {
        ///It may be deleted.
        #[serde(
            rename = "deleteEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub delete_enabled: ::std::option::Option<bool>,
        ///It stands in lists.
        #[serde(
            rename = "listEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub list_enabled: ::std::option::Option<bool>,
        ///Only in some lists.
        #[serde(
            rename = "quarantineState",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub quarantine_state: ::std::option::Option<::std::string::String>,
        ///It may be pulled.
        #[serde(
            rename = "readEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub read_enabled: ::std::option::Option<bool>,
        ///It may be put again. Deleting needs this too.
        #[serde(
            rename = "writeEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub write_enabled: ::std::option::Option<bool>,
    }
    ///Whether the annotations of a manifest can be searched.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct MetadataAnnotationIndex {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub count: ::std::option::Option<i64>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub state: ::std::option::Option<::std::string::String>,
    }
    ///A search.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct MetadataQuery {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub options: ::std::option::Option<MetadataQueryOptions>,
        ///Such as `Manifests | where imageSize > 500`.
        pub query: ::std::string::String,
    }
    ///What a search can be told besides. The Azure CLI's extension sends it so.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct MetadataQueryOptions {
        ///Where the page before ended.
        #[serde(
            rename = "$skipToken",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub skip_token: ::std::option::Option<::std::string::String>,
    }
    ///One page of what a search found.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct MetadataQueryResult {
        ///Number of records on this page.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub count: ::std::option::Option<i64>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub data: ::std::option::Option<::std::vec::Vec<MetadataRecord>>,
        ///The Azure region that answered.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub region: ::std::option::Option<::std::string::String>,
        ///What to send for the next page; empty on the last.
        #[serde(
            rename = "$skipToken",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub skip_token: ::std::option::Option<::std::string::String>,
    }
    ///A manifest as the search sees it. Which members it has is up to the query.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct MetadataRecord {
        #[serde(
            rename = "annotationIndexProperties",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub annotation_index_properties: ::std::option::Option<MetadataAnnotationIndex>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub architecture: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "createdAt",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub created_at: ::std::option::Option<::jiff::Timestamp>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub digest: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "imageSize",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_size: ::std::option::Option<i64>,
        #[serde(
            rename = "mediaType",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub media_type: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub os: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub repository: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub size: ::std::option::Option<i64>,
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    ///A refresh token of the registry. When it runs out stands in the token itself.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct RefreshToken {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub refresh_token: ::std::option::Option<::acr_core::Secret>,
    }
    ///Names of repositories.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct Repositories {
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub repositories: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    ///A repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct RepositoryAttributes {
        #[serde(
            rename = "changeableAttributes",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub changeable_attributes: ::std::option::Option<RepositoryChangeableAttributes>,
        #[serde(
            rename = "createdTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub created_time: ::std::option::Option<::jiff::Timestamp>,
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "lastUpdateTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub last_update_time: ::std::option::Option<::jiff::Timestamp>,
        #[serde(
            rename = "manifestCount",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub manifest_count: ::std::option::Option<i64>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "tagCount",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub tag_count: ::std::option::Option<i64>,
    }
    ///What may be done with a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct RepositoryChangeableAttributes {
        ///It may be deleted.
        #[serde(
            rename = "deleteEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub delete_enabled: ::std::option::Option<bool>,
        ///It stands in lists.
        #[serde(
            rename = "listEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub list_enabled: ::std::option::Option<bool>,
        ///It may be pulled from.
        #[serde(
            rename = "readEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub read_enabled: ::std::option::Option<bool>,
        ///From an earlier form of artifact streaming; last met in 2021.
        #[serde(
            rename = "teleportEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub teleport_enabled: ::std::option::Option<bool>,
        ///It may be pushed to. Deleting needs this too.
        #[serde(
            rename = "writeEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub write_enabled: ::std::option::Option<bool>,
    }
    ///Whether pushed images are converted, and how.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct RepositoryStreaming {
        ///Absent where nothing was ever set.
        #[serde(
            rename = "conversionFormat",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub conversion_format: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "conversionVersion",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub conversion_version: ::std::option::Option<::std::string::String>,
        #[serde(rename = "convertPushedImages")]
        pub convert_pushed_images: bool,
        ///The operation.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub status: ::std::option::Option<::std::string::String>,
    }
    ///Names of tags.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct RepositoryTags {
        ///The name of the repository.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tags: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    ///What to restore of a manifest.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct RestoreRequest {
        ///The tag that it gets back. The Azure CLI always names one.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tag: ::std::option::Option<::std::string::String>,
    }
    ///How an image is to be converted.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct StreamingConversion {
        #[serde(rename = "conversionFormat")]
        pub conversion_format: ::std::string::String,
        #[serde(rename = "conversionVersion")]
        pub conversion_version: ::std::string::String,
    }
    ///An operation and how far it is.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct StreamingOperation {
        ///A sentence for people.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub details: ::std::option::Option<::std::string::String>,
        ///The kind of operation.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///A percentage, such as `0%`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub progress: ::std::option::Option<::std::string::String>,
        ///What it works on, as `REPOSITORY@DIGEST`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub resource: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "startTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub start_time: ::std::option::Option<::jiff::Timestamp>,
        pub status: ::std::string::String,
    }
    ///A tag and where it is.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct TagAttributes {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
        pub tag: TagAttributesBase,
    }
    ///A tag.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct TagAttributesBase {
        #[serde(
            rename = "changeableAttributes",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub changeable_attributes: ::std::option::Option<TagChangeableAttributes>,
        #[serde(
            rename = "createdTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub created_time: ::std::option::Option<::jiff::Timestamp>,
        ///The manifest that the tag points to.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub digest: ::std::option::Option<::std::string::String>,
        #[serde(
            rename = "lastUpdateTime",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub last_update_time: ::std::option::Option<::jiff::Timestamp>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        ///Whether there is a signature of Docker Content Trust.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub signed: ::std::option::Option<bool>,
    }
    ///What may be done with a tag.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct TagChangeableAttributes {
        ///It may be deleted.
        #[serde(
            rename = "deleteEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub delete_enabled: ::std::option::Option<bool>,
        ///It stands in lists.
        #[serde(
            rename = "listEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub list_enabled: ::std::option::Option<bool>,
        ///It may be pulled.
        #[serde(
            rename = "readEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub read_enabled: ::std::option::Option<bool>,
        ///It may be moved. Deleting needs this too.
        #[serde(
            rename = "writeEnabled",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub write_enabled: ::std::option::Option<bool>,
    }
    ///Tags of a repository.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default)]
    pub struct TagList {
        ///The name of the repository.
        #[serde(
            rename = "imageName",
            skip_serializing_if = "::std::option::Option::is_none"
        )]
        pub image_name: ::std::option::Option<::std::string::String>,
        ///The login server.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<::std::string::String>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub tags: ::std::option::Option<::std::vec::Vec<TagAttributesBase>>,
    }
    ///What an access token is asked for with.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct TokenForm {
        pub grant_type: ::std::string::String,
        ///The password of that user.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub password: ::std::option::Option<::acr_core::Secret>,
        ///The refresh token of the registry, for the grant of that name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub refresh_token: ::std::option::Option<::acr_core::Secret>,
        ///The scope that is asked for. Several are separated by spaces, or the field is repeated.
        pub scope: ::std::string::String,
        ///The service that the challenge names, as a rule the login server.
        pub service: ::std::string::String,
        ///The user, for the grant `password`; left out by anonymous clients.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub username: ::std::option::Option<::std::string::String>,
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
}
#[derive(Clone, Debug)]
/**Client for Azure Container Registry data plane

What a registry of Azure Container Registry answers on its login server: the distribution API under `/v2`, the
metadata API under `/acr/v1` and the token endpoints under `/oauth2`. It describes the wire as it is, also where
a code generator would like it otherwise.

**Authentication.** A call without a sufficient token is answered 401 with a Bearer challenge that names the scope.
A Microsoft Entra token is exchanged for a refresh token (`/oauth2/exchange`), and that for an access token
(`/oauth2/token`). The admin user, service principals and repository-scoped tokens may also send Basic on any call.

**Names.** A repository name may hold slashes. In a path they may stand raw or as `%2F`, the colon of a digest raw
or as `%3A`. `_catalog`, `_deleted` and `_metadata` are therefore no repository names under `/acr/v1`. A path that
fits no route, such as one with an upper-case repository name, gets a plain-text 404 before any challenge.

**Lists.** At most `n` items (100 if not given, never above 1000) after `last`. If there are more, the `Link` header
holds the relative URL of the next page, which lacks `api-version`. The last page has no `Link`, also when it is
full.

**JSON.** Times are UTC with up to seven digits of fraction, trailing zeros cut. A list that is empty may come as
`[]`, as `null` or not at all. Answers may gain members at any time. Values in `x-acr-known-values` are those met
so far; others occur.

**Headers.** Those of nearly every answer stand once, in `x-acr-common-headers`, and not at each response.

**api-version.** The service answers the same with and without it. It belongs to `/acr/v1` and to the POSTs under
`/oauth2`; it must not be added to a `Link` or an upload location.


Version: 2021-07-01*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::pipeline::Pipeline,
}
impl Client {
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::pipeline::Pipeline,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::pipeline::Pipeline> for Client {
    fn api_version() -> &'static str {
        "2021-07-01"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &crate::pipeline::Pipeline {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::pipeline::Pipeline>,
    {}
};
#[allow(clippy::all)]
impl Client {
    /**List repositories

Names in lexical order. The scope means the right to list everything; a token that is limited to some repositories gets nothing.

Sends a `GET` request to `/acr/v1/_catalog`

Arguments:
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
- `orderby`: Order by time of the last update. The service writes it into every `Link`, empty where it was not given, also in the lists of names.
*/
    pub async fn get_repositories<'a>(
        &'a self,
        api_version: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
        orderby: Option<&'a str>,
    ) -> Result<ResponseValue<types::Repositories>, Error<()>> {
        let url = format!("{}/acr/v1/_catalog", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .query(&progenitor_client::QueryParam::new("orderby", &orderby))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_repositories",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List repositories that hold soft-deleted manifests

Sends a `GET` request to `/acr/v1/_deleted/_catalog`

Arguments:
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
*/
    pub async fn get_deleted_repositories<'a>(
        &'a self,
        api_version: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
    ) -> Result<ResponseValue<types::Repositories>, Error<()>> {
        let url = format!("{}/acr/v1/_deleted/_catalog", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_deleted_repositories",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the soft-deleted manifests of a repository

Sends a `GET` request to `/acr/v1/_deleted/{name}/_manifests`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
*/
    pub async fn get_deleted_manifests<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
    ) -> Result<ResponseValue<types::DeletedManifests>, Error<()>> {
        let url = format!(
            "{}/acr/v1/_deleted/{}/_manifests", self.baseurl, encode_path(& name
            .to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_deleted_manifests",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Bring a soft-deleted manifest back, under a tag

Sends a `POST` request to `/acr/v1/_deleted/{name}/_manifests/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `force`: Restore even if the tag points to another manifest now.
- `body`: The tag to restore, if any.
*/
    pub async fn restore_deleted_manifest<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        api_version: Option<&'a str>,
        force: Option<bool>,
        body: &'a types::RestoreRequest,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/acr/v1/_deleted/{}/_manifests/{}", self.baseurl, encode_path(& name
            .to_string()), encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("force", &force))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "restore_deleted_manifest",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::empty(response)),
            202u16 => Ok(ResponseValue::empty(response)),
            204u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the soft-deleted tags of a repository

A name may come several times, once for each manifest that lost it; the newest comes last.

Sends a `GET` request to `/acr/v1/_deleted/{name}/_tags`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
*/
    pub async fn get_deleted_tags<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
    ) -> Result<ResponseValue<types::DeletedTags>, Error<()>> {
        let url = format!(
            "{}/acr/v1/_deleted/{}/_tags", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_deleted_tags",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Search the metadata of all manifests in the registry

In a subset of KQL, for registries with metadata search. One call sees every repository, so the scope is that of the catalog.

Sends a `POST` request to `/acr/v1/_metadata/_query`

Arguments:
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: The query, and from the second page on the token of the page before.
*/
    pub async fn query_metadata<'a>(
        &'a self,
        api_version: Option<&'a str>,
        body: &'a types::MetadataQuery,
    ) -> Result<ResponseValue<types::MetadataQueryResult>, Error<()>> {
        let url = format!("{}/acr/v1/_metadata/_query", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "query_metadata",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the properties of a repository

Sends a `GET` request to `/acr/v1/{name}`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_properties<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::RepositoryAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_properties",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Delete a repository with all its manifests and tags

Sends a `DELETE` request to `/acr/v1/{name}`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn delete_repository<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::DeletedRepository>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .delete(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "delete_repository",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lock or unlock a repository

Flags that are left out stay as they are. Also possible while all flags are off.

Sends a `PATCH` request to `/acr/v1/{name}`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: The flags to change.
*/
    pub async fn update_properties<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        body: &'a types::RepositoryChangeableAttributes,
    ) -> Result<ResponseValue<types::RepositoryAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .patch(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "update_properties",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the manifests of a repository with their properties

By digest, unless `orderby` says otherwise. `references` is left out here.

Sends a `GET` request to `/acr/v1/{name}/_manifests`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
- `orderby`: Order by time of the last update. The service writes it into every `Link`, empty where it was not given, also in the lists of names.
*/
    pub async fn get_manifests<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
        orderby: Option<&'a str>,
    ) -> Result<ResponseValue<types::AcrManifests>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_manifests", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .query(&progenitor_client::QueryParam::new("orderby", &orderby))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_manifests",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the properties of a manifest

By digest alone; a tag fits no route and gets the plain-text 404.

Sends a `GET` request to `/acr/v1/{name}/_manifests/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_manifest_properties<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::ManifestAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_manifest_properties",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lock or unlock a manifest

Flags that are left out stay as they are. The time of the last update stays too.

Sends a `PATCH` request to `/acr/v1/{name}/_manifests/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: The flags to change.
*/
    pub async fn update_manifest_properties<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        api_version: Option<&'a str>,
        body: &'a types::ManifestChangeableAttributes,
    ) -> Result<ResponseValue<types::ManifestAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .patch(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "update_manifest_properties",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the progress of an operation

Sends a `GET` request to `/acr/v1/{name}/_operations/{id}`

Arguments:
- `name`: The repository. May hold slashes.
- `id`: The operation, as in `Operation-Id`.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_operation<'a>(
        &'a self,
        name: &'a str,
        id: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::StreamingOperation>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_operations/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& id.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_operation",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Cancel an operation

The request has no body.

Sends a `POST` request to `/acr/v1/{name}/_operations/{id}:cancel`

Arguments:
- `name`: The repository. May hold slashes.
- `id`: The operation, as in `Operation-Id`.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn cancel_operation<'a>(
        &'a self,
        name: &'a str,
        id: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::StreamingOperation>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_operations/{}:cancel", self.baseurl, encode_path(& name
            .to_string()), encode_path(& id.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "cancel_operation",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Ask whether images pushed to a repository are converted for streaming

Sends a `GET` request to `/acr/v1/{name}/_streaming`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_repository_streaming<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::RepositoryStreaming>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_streaming", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_repository_streaming",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Say whether images pushed to a repository are converted for streaming

Sends a `POST` request to `/acr/v1/{name}/_streaming`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: The setting, with format and version of the conversion.
*/
    pub async fn set_repository_streaming<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        body: &'a types::RepositoryStreaming,
    ) -> Result<ResponseValue<types::RepositoryStreaming>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_streaming", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "set_repository_streaming",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the state of the conversion of one manifest

404 `OPERATION_UNKNOWN` where no conversion was ever started.

Sends a `GET` request to `/acr/v1/{name}/_streaming/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_artifact_streaming<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::ArtifactStreaming>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_streaming/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_artifact_streaming",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Start the conversion of one manifest

The result is a referrer of the manifest, of type `application/vnd.azure.artifact.streaming.v1`.

Sends a `POST` request to `/acr/v1/{name}/_streaming/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: Format and version of the conversion.
*/
    pub async fn start_artifact_streaming<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        api_version: Option<&'a str>,
        body: &'a types::StreamingConversion,
    ) -> Result<ResponseValue<types::ArtifactStreaming>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_streaming/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "start_artifact_streaming",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the tags of a repository with their properties

In lexical order, unless `orderby` says otherwise. `digest` keeps the tags on one manifest.

Sends a `GET` request to `/acr/v1/{name}/_tags`

Arguments:
- `name`: The repository. May hold slashes.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `digest`: Only the tags on the manifest of this digest.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
- `orderby`: Order by time of the last update. The service writes it into every `Link`, empty where it was not given, also in the lists of names.
*/
    pub async fn get_tags<'a>(
        &'a self,
        name: &'a str,
        api_version: Option<&'a str>,
        digest: Option<&'a str>,
        last: Option<&'a str>,
        n: Option<i64>,
        orderby: Option<&'a str>,
    ) -> Result<ResponseValue<types::TagList>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_tags", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .query(&progenitor_client::QueryParam::new("digest", &digest))
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .query(&progenitor_client::QueryParam::new("orderby", &orderby))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_tags",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the properties of a tag

Sends a `GET` request to `/acr/v1/{name}/_tags/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: The tag.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn get_tag_properties<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<types::TagAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_tags/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_tag_properties",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Take a tag away

The manifest stays, also when this was its only tag.

Sends a `DELETE` request to `/acr/v1/{name}/_tags/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: The tag.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
*/
    pub async fn delete_tag<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        api_version: Option<&'a str>,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_tags/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .delete(url)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "delete_tag",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Lock or unlock a tag

Flags that are left out stay as they are. The time of the last update stays too.

Sends a `PATCH` request to `/acr/v1/{name}/_tags/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: The tag.
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`: The flags to change.
*/
    pub async fn update_tag_attributes<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        api_version: Option<&'a str>,
        body: &'a types::TagChangeableAttributes,
    ) -> Result<ResponseValue<types::TagAttributes>, Error<()>> {
        let url = format!(
            "{}/acr/v1/{}/_tags/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .patch(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .json(&body)
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "update_tag_attributes",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Exchange a Microsoft Entra token for a refresh token of the registry

The refresh token serves three hours. This endpoint throttles early (429), so the token is to be kept. 403 `DENIED` means that the identity has no role on the registry.

Sends a `POST` request to `/oauth2/exchange`

Arguments:
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`
*/
    pub async fn exchange_aad_access_token_for_acr_refresh_token<'a>(
        &'a self,
        api_version: Option<&'a str>,
        body: &'a types::ExchangeForm,
    ) -> Result<ResponseValue<types::RefreshToken>, Error<()>> {
        let url = format!("{}/oauth2/exchange", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .form_urlencoded(&body)?
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "exchange_aad_access_token_for_acr_refresh_token",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get an access token for a scope with Basic credentials

For the admin user, a service principal or a repository-scoped token; or for the null GUID with a refresh token as password, and then the answer may hold a refresh token too.

Sends a `GET` request to `/oauth2/token`

Arguments:
- `scope`: The scope that is asked for. Several are separated by spaces, or the parameter is repeated.
- `service`: The service that the challenge names, as a rule the login server.
*/
    pub async fn get_acr_access_token_from_login<'a>(
        &'a self,
        scope: &'a str,
        service: &'a str,
    ) -> Result<ResponseValue<types::AccessToken>, Error<()>> {
        let url = format!("{}/oauth2/token", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("scope", &scope))
            .query(&progenitor_client::QueryParam::new("service", &service))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "get_acr_access_token_from_login",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get an access token for a scope

Three forms. With a refresh token: `grant_type` is `refresh_token`. With a user name and password, or with the null GUID as user and an access token as password: `grant_type` is `password`. Anonymous: `grant_type` is `password`, no user name, and `refresh_token` empty or left out. An action that is not granted is left out of the token; that is no error here.

Sends a `POST` request to `/oauth2/token`

Arguments:
- `api_version`: The version of this API, `2021-07-01`. The service answers without it too.
- `body`
*/
    pub async fn exchange_acr_refresh_token_for_acr_access_token<'a>(
        &'a self,
        api_version: Option<&'a str>,
        body: &'a types::TokenForm,
    ) -> Result<ResponseValue<types::AccessToken>, Error<()>> {
        let url = format!("{}/oauth2/token", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .form_urlencoded(&body)?
            .query(&progenitor_client::QueryParam::new("api-version", &api_version))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "exchange_acr_refresh_token_for_acr_access_token",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Ask whether this is a registry and whether the token is good

Its 401 carries a challenge without a scope, which is how a client learns realm and service.

Sends a `GET` request to `/v2/`

*/
    pub async fn check_docker_v2_support<'a>(
        &'a self,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!("{}/v2/", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self.client.get(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "check_docker_v2_support",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List repositories, in the form of the Docker registry

Names in lexical order.

Sends a `GET` request to `/v2/_catalog`

Arguments:
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
- `orderby`: Order by time of the last update. The service writes it into every `Link`, empty where it was not given, also in the lists of names.
*/
    pub async fn list_catalog_v2<'a>(
        &'a self,
        last: Option<&'a str>,
        n: Option<i64>,
        orderby: Option<&'a str>,
    ) -> Result<ResponseValue<types::Repositories>, Error<()>> {
        let url = format!("{}/v2/_catalog", self.baseurl,);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .query(&progenitor_client::QueryParam::new("orderby", &orderby))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "list_catalog_v2",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Open an upload session, mount a blob, or send a small blob in one go

Without a query, a session. With `mount` and `from`, the blob of another repository is taken over (201); if it cannot be, or `from` is missing, a session is opened instead (202). With `digest` and the blob as body, the blob is stored (201); the largest size that is taken so is not known, and 202 may come here too. A mount needs the right to pull from the other repository as well: its challenge names both scopes.

Sends a `POST` request to `/v2/{name}/blobs/uploads/`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the blob in the body.
- `from`: The repository that holds the blob to mount.
- `mount`: The digest of a blob to take over from the repository `from`.
- `body`: The bytes of the blob, or none.
*/
    pub async fn start_upload<'a, B: Into<reqwest::Body>>(
        &'a self,
        name: &'a str,
        digest: Option<&'a str>,
        from: Option<&'a str>,
        mount: Option<&'a str>,
        body: B,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/blobs/uploads/", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .post(url)
            .header(
                ::reqwest::header::CONTENT_TYPE,
                ::reqwest::header::HeaderValue::from_static("application/octet-stream"),
            )
            .body(body)
            .query(&progenitor_client::QueryParam::new("digest", &digest))
            .query(&progenitor_client::QueryParam::new("from", &from))
            .query(&progenitor_client::QueryParam::new("mount", &mount))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "start_upload",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            201u16 => Ok(ResponseValue::empty(response)),
            202u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get a blob or a part of it

The registry answers 307; 200, 206 and 416 come from the storage host after it. The Authorization header must not go there, the Range header must.

Sends a `GET` request to `/v2/{name}/blobs/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the blob.
- `range`: The bytes that are wanted, as `bytes=FIRST-LAST`.
*/
    pub async fn get_blob<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        range: Option<&'a str>,
    ) -> Result<ResponseValue<ByteStream>, Error<()>> {
        let url = format!(
            "{}/v2/{}/blobs/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        if let Some(value) = range {
            header_map.append("Range", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self.client.get(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "get_blob",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::stream(response)),
            206u16 => Ok(ResponseValue::stream(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Delete a blob from a repository

Blobs outlive their repository; this works after the repository has gone.

Sends a `DELETE` request to `/v2/{name}/blobs/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the blob.
*/
    pub async fn delete_blob<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/blobs/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self.client.delete(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "delete_blob",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Ask whether a blob is there, and how large it is

Answered by the registry itself, without a redirect. A Range header is ignored: the length is that of the whole blob and there is no Content-Range.

Sends a `HEAD` request to `/v2/{name}/blobs/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the blob.
- `range`: The bytes that are wanted, as `bytes=FIRST-LAST`.
*/
    pub async fn check_blob_exists<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        range: Option<&'a str>,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/blobs/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        if let Some(value) = range {
            header_map.append("Range", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self.client.head(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "check_blob_exists",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get a manifest, byte for byte as it was put

The digest is that of these bytes, so they must not be parsed and written again. The content type is the media type of the manifest. Manifests are never redirected.

Sends a `GET` request to `/v2/{name}/manifests/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: A tag or the digest of the manifest.
- `accept`: The media types of manifests that the client reads, separated by commas. To be sent always: without any that fits, a Docker image comes converted to schema 1, with another digest. What is stored under another type of the list comes as it is.
*/
    pub async fn get_manifest<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        accept: Option<&'a str>,
    ) -> Result<ResponseValue<ByteStream>, Error<()>> {
        let url = format!(
            "{}/v2/{}/manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        if let Some(value) = accept {
            header_map.append("Accept", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self.client.get(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "get_manifest",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::stream(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Put a manifest under a tag or under its own digest

The bytes are kept as they are sent. The content type must be the manifest's own `mediaType` where it has one. Blobs that it names must be there already (else `MANIFEST_BLOB_UNKNOWN`), its subject need not.

Sends a `PUT` request to `/v2/{name}/manifests/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: A tag or the digest of the manifest.
- `content_type`: The media type of the body, such as application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json.
- `body`: The manifest. At most 4 MiB. The service looks at the content type and takes others than these as well.
*/
    pub async fn create_manifest<'a, B: Into<reqwest::Body>>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        content_type: &'a str,
        body: B,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        header_map.append("Content-Type", content_type.to_string().try_into()?);
        #[allow(unused_mut)]
        let mut request = self
            .client
            .put(url)
            .header(
                ::reqwest::header::CONTENT_TYPE,
                ::reqwest::header::HeaderValue::from_static("application/octet-stream"),
            )
            .body(body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "create_manifest",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            201u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Delete a manifest and every tag on it

By digest alone; a tag is refused with 405 `UNSUPPORTED`.

Sends a `DELETE` request to `/v2/{name}/manifests/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: The digest of the manifest.
*/
    pub async fn delete_manifest<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self.client.delete(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "delete_manifest",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Get the digest, type and size of a manifest

Sends a `HEAD` request to `/v2/{name}/manifests/{reference}`

Arguments:
- `name`: The repository. May hold slashes.
- `reference`: A tag or the digest of the manifest.
- `accept`: The media types of manifests that the client reads, separated by commas. To be sent always: without any that fits, a Docker image comes converted to schema 1, with another digest. What is stored under another type of the list comes as it is.
*/
    pub async fn head_manifest<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
        accept: Option<&'a str>,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!(
            "{}/v2/{}/manifests/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& reference.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        if let Some(value) = accept {
            header_map.append("Accept", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self.client.head(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "head_manifest",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the manifests that name this one as their subject

Newest first. A digest that is unknown here gives an empty index, not a 404; and a subject may have referrers before it exists.

Sends a `GET` request to `/v2/{name}/referrers/{digest}`

Arguments:
- `name`: The repository. May hold slashes.
- `digest`: The digest of the manifest.
- `artifact_type`: Only referrers of this artifact type.
*/
    pub async fn list_referrers<'a>(
        &'a self,
        name: &'a str,
        digest: &'a str,
        artifact_type: Option<&'a str>,
    ) -> Result<ResponseValue<ByteStream>, Error<()>> {
        let url = format!(
            "{}/v2/{}/referrers/{}", self.baseurl, encode_path(& name.to_string()),
            encode_path(& digest.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .query(&progenitor_client::QueryParam::new("artifactType", &artifact_type))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "list_referrers",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => Ok(ResponseValue::stream(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**List the tags of a repository, in the form of the Docker registry

Names alone. The repository goes with its last manifest, and then this is 404.

Sends a `GET` request to `/v2/{name}/tags/list`

Arguments:
- `name`: The repository. May hold slashes.
- `last`: Where the page before ended. The item itself is not listed again; it need not exist any more.
- `n`: The most items that a page may hold.
- `orderby`: Order by time of the last update. The service writes it into every `Link`, empty where it was not given, also in the lists of names.
*/
    pub async fn list_tags_v2<'a>(
        &'a self,
        name: &'a str,
        last: Option<&'a str>,
        n: Option<i64>,
        orderby: Option<&'a str>,
    ) -> Result<ResponseValue<types::RepositoryTags>, Error<()>> {
        let url = format!(
            "{}/v2/{}/tags/list", self.baseurl, encode_path(& name.to_string()),
        );
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .get(url)
            .header(
                ::reqwest::header::ACCEPT,
                ::reqwest::header::HeaderValue::from_static("application/json"),
            )
            .query(&progenitor_client::QueryParam::new("last", &last))
            .query(&progenitor_client::QueryParam::new("n", &n))
            .query(&progenitor_client::QueryParam::new("orderby", &orderby))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "list_tags_v2",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            200u16 => ResponseValue::from_response(response).await,
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Ask how many bytes an upload session holds

Safe between two chunks. Asking with a location that is older than what the service has taken, as after a cut within a chunk, may end the session.

Sends a `GET` request to `/{location}`

Arguments:
- `location`: The `Location` of the answer before, without its leading slash: path and query, to be sent as it came, neither escaped nor taken apart nor added to (CompleteUpload's `digest` alone goes behind its query). Its `_state` is a secret.
*/
    pub async fn get_upload_status<'a>(
        &'a self,
        location: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!("{}/{}", self.baseurl, encode_path(& location.to_string()),);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self.client.get(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "get_upload_status",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            204u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Close the session and make its bytes a blob

The body may be empty, hold the last bytes, or hold the whole blob. `digest` is added to the query that the location already has.

Sends a `PUT` request to `/{location}`

Arguments:
- `location`: The `Location` of the answer before, without its leading slash: path and query, to be sent as it came, neither escaped nor taken apart nor added to (CompleteUpload's `digest` alone goes behind its query). Its `_state` is a secret.
- `digest`: The digest that the whole blob must have.
- `body`: The bytes of the blob, or none.
*/
    pub async fn complete_upload<'a, B: Into<reqwest::Body>>(
        &'a self,
        location: &'a str,
        digest: &'a str,
        body: B,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!("{}/{}", self.baseurl, encode_path(& location.to_string()),);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self
            .client
            .put(url)
            .header(
                ::reqwest::header::CONTENT_TYPE,
                ::reqwest::header::HeaderValue::from_static("application/octet-stream"),
            )
            .body(body)
            .query(&progenitor_client::QueryParam::new("digest", &digest))
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "complete_upload",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            201u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Give up an upload session

A session that is left alone runs out by itself. Which scope this needs has not been observed.

Sends a `DELETE` request to `/{location}`

Arguments:
- `location`: The `Location` of the answer before, without its leading slash: path and query, to be sent as it came, neither escaped nor taken apart nor added to (CompleteUpload's `digest` alone goes behind its query). Its `_state` is a secret.
*/
    pub async fn cancel_upload<'a>(
        &'a self,
        location: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!("{}/{}", self.baseurl, encode_path(& location.to_string()),);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        #[allow(unused_mut)]
        let mut request = self.client.delete(url).headers(header_map).build()?;
        let info = OperationInfo {
            operation_id: "cancel_upload",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            204u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
    /**Send the next bytes of a blob

Of any size, with a length or chunked. With Content-Range the service keeps the order of the chunks; a chunk sent without it cannot be sent again after a fault. Each answer has a new location, and only the newest counts.

Sends a `PATCH` request to `/{location}`

Arguments:
- `location`: The `Location` of the answer before, without its leading slash: path and query, to be sent as it came, neither escaped nor taken apart nor added to (CompleteUpload's `digest` alone goes behind its query). Its `_state` is a secret.
- `content_range`: Place of the chunk in the blob, as `FIRST-LAST`, without unit and total; other forms are refused.
- `body`: The bytes that follow those already held.
*/
    pub async fn upload_chunk<'a, B: Into<reqwest::Body>>(
        &'a self,
        location: &'a str,
        content_range: Option<&'a str>,
        body: B,
    ) -> Result<ResponseValue<()>, Error<()>> {
        let url = format!("{}/{}", self.baseurl, encode_path(& location.to_string()),);
        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(2usize);
        header_map
            .append(
                ::reqwest::header::HeaderName::from_static("api-version"),
                ::reqwest::header::HeaderValue::from_static(Self::api_version()),
            );
        if let Some(value) = content_range {
            header_map.append("Content-Range", value.to_string().try_into()?);
        }
        #[allow(unused_mut)]
        let mut request = self
            .client
            .patch(url)
            .header(
                ::reqwest::header::CONTENT_TYPE,
                ::reqwest::header::HeaderValue::from_static("application/octet-stream"),
            )
            .body(body)
            .headers(header_map)
            .build()?;
        let info = OperationInfo {
            operation_id: "upload_chunk",
        };
        self.pre(&mut request, &info).await?;
        let result = self.exec(request, &info).await;
        self.post(&result, &info).await?;
        let response = result?;
        match response.status().as_u16() {
            202u16 => Ok(ResponseValue::empty(response)),
            _ => Err(Error::UnexpectedResponse(response)),
        }
    }
}
/// Items consumers will typically use such as the Client.
pub mod prelude {
    #[allow(unused_imports)]
    pub use super::Client;
}
/// The path of each operation, for the check that no argument changes it.
pub(crate) const PATHS: &[(&str, &str)] = &[
    ("cancel_operation", "/acr/v1/{name}/_operations/{id}:cancel"),
    ("check_blob_exists", "/v2/{name}/blobs/{digest}"),
    ("check_docker_v2_support", "/v2/"),
    ("create_manifest", "/v2/{name}/manifests/{reference}"),
    ("delete_blob", "/v2/{name}/blobs/{digest}"),
    ("delete_manifest", "/v2/{name}/manifests/{reference}"),
    ("delete_repository", "/acr/v1/{name}"),
    ("delete_tag", "/acr/v1/{name}/_tags/{reference}"),
    ("exchange_aad_access_token_for_acr_refresh_token", "/oauth2/exchange"),
    ("exchange_acr_refresh_token_for_acr_access_token", "/oauth2/token"),
    ("get_acr_access_token_from_login", "/oauth2/token"),
    ("get_artifact_streaming", "/acr/v1/{name}/_streaming/{digest}"),
    ("get_blob", "/v2/{name}/blobs/{digest}"),
    ("get_deleted_manifests", "/acr/v1/_deleted/{name}/_manifests"),
    ("get_deleted_repositories", "/acr/v1/_deleted/_catalog"),
    ("get_deleted_tags", "/acr/v1/_deleted/{name}/_tags"),
    ("get_manifest", "/v2/{name}/manifests/{reference}"),
    ("get_manifest_properties", "/acr/v1/{name}/_manifests/{digest}"),
    ("get_manifests", "/acr/v1/{name}/_manifests"),
    ("get_operation", "/acr/v1/{name}/_operations/{id}"),
    ("get_properties", "/acr/v1/{name}"),
    ("get_repositories", "/acr/v1/_catalog"),
    ("get_repository_streaming", "/acr/v1/{name}/_streaming"),
    ("get_tag_properties", "/acr/v1/{name}/_tags/{reference}"),
    ("get_tags", "/acr/v1/{name}/_tags"),
    ("head_manifest", "/v2/{name}/manifests/{reference}"),
    ("list_catalog_v2", "/v2/_catalog"),
    ("list_referrers", "/v2/{name}/referrers/{digest}"),
    ("list_tags_v2", "/v2/{name}/tags/list"),
    ("query_metadata", "/acr/v1/_metadata/_query"),
    ("restore_deleted_manifest", "/acr/v1/_deleted/{name}/_manifests/{digest}"),
    ("set_repository_streaming", "/acr/v1/{name}/_streaming"),
    ("start_artifact_streaming", "/acr/v1/{name}/_streaming/{digest}"),
    ("start_upload", "/v2/{name}/blobs/uploads/"),
    ("update_manifest_properties", "/acr/v1/{name}/_manifests/{digest}"),
    ("update_properties", "/acr/v1/{name}"),
    ("update_tag_attributes", "/acr/v1/{name}/_tags/{reference}"),
];
