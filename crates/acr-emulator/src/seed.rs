//! Content that is there without having been pushed.

mod blob;
mod manifest;
mod place;
mod plan;

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize};

pub(crate) use plan::plant;

/// What [`Emulator::seed`](crate::Emulator::seed) adds to a registry: anything that a registry can
/// hold, also what no client could push, such as times in the past, or a blob of which only the
/// size is known. As JSON, with the names in camel case, it is the body of `POST /seed`.
///
/// What is not given is read from the content or is what a push would have made of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Seed {
    /// By name. One that is there already gets what is given here as well.
    pub repositories: BTreeMap<String, SeedRepository>,
}

/// A repository. It is listed unless it has nothing but blobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedRepository {
    /// RFC 3339, such as `2021-05-01T12:00:00.1234567Z`, as all times here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// When anything in it was last put or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// Its locks, and `teleportEnabled`, which a tag or manifest does not have.
    pub changeable_attributes: SeedAttributes,
    /// The blobs.
    pub blobs: Vec<SeedBlob>,
    /// The manifests. What they name need not be there.
    pub manifests: Vec<SeedManifest>,
    /// By name. [`SeedManifest::tags`] is shorter where nothing is to be said of a tag.
    pub tags: BTreeMap<String, SeedTag>,
}

/// Locks; those not given are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedAttributes {
    /// May it be deleted?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_enabled: Option<bool>,
    /// May it be changed?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_enabled: Option<bool>,
    /// May it be pulled?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_enabled: Option<bool>,
    /// Is it listed?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_enabled: Option<bool>,
    /// Shown only where it is given. Of a repository alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teleport_enabled: Option<bool>,
}

/// A blob: its content, as `content` or as `text`, or a digest and size alone. In the last case
/// the storage host serves zeros, as many as the size says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedBlob {
    /// Checked where content is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In bytes. Checked where content is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The bytes in Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The bytes, if they are text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A manifest. One that is there already is replaced, and keeps its tags.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedManifest {
    /// The exact text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Needed where there is no content, checked where there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// In bytes. Without content the manifest is served as that many spaces, none unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Always needed; any type will do.
    pub media_type: String,
    /// In bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<u64>,
    /// The platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Shown only where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_media_type: Option<String>,
    /// The children of an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<SeedReference>>,
    /// Shown in listings, and only where it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine_state: Option<String>,
    /// The digest of the manifest that this one is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// As referrers show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// As referrers show them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// When it was first put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// When it was last put; unless set, when it was first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// Its locks.
    pub changeable_attributes: SeedAttributes,
    /// Tags with the manifest's own times.
    pub tags: Vec<String>,
}

/// A child of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedReference {
    /// Always needed.
    pub digest: String,
    /// The platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
}

/// A tag. One that is there already is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedTag {
    /// The manifest, which must be in the same repository. Always needed.
    pub digest: String,
    /// Unless set, that of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// Unless set, the time of creation if that is given, and else that of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// Its locks.
    pub changeable_attributes: SeedAttributes,
    /// What the properties say of it.
    pub signed: bool,
}

/// How much was added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seeded {
    /// Repositories named.
    pub repositories: usize,
    /// Blobs.
    pub blobs: usize,
    /// Manifests.
    pub manifests: usize,
    /// Tags.
    pub tags: usize,
}

/// Why nothing was added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Something in the seed cannot be.
    #[error("repository `{repository}`, {item}: {fault}")]
    Invalid {
        /// In which repository.
        repository: String,
        /// Which of its blobs, manifests or tags, or the repository itself.
        item: String,
        /// What is wrong.
        fault: String,
    },
    /// The disk failed.
    #[error("the seed cannot be stored")]
    Store(#[from] io::Error),
}
