//! What the registry holds, for tests to look at.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::store::{Attributes, Manifest, Repository, Store, TagEntry};

/// What a registry holds: see [`Emulator::dump`](crate::Emulator::dump). As JSON, with the names in
/// camel case, it is the answer to `GET /dump`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Dump {
    /// By name.
    pub repositories: BTreeMap<String, DumpedRepository>,
    /// The uploads that are neither complete nor cancelled, by their ids.
    pub uploads: BTreeMap<String, DumpedUpload>,
}

/// An upload under way, of a [`Dump`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DumpedUpload {
    /// The repository that the blob is for.
    pub repository: String,
    /// When it began, as RFC 3339.
    pub started: String,
}

/// A repository of a [`Dump`]. All times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DumpedRepository {
    /// When its first manifest came.
    pub created_time: String,
    /// When anything in it was last put or deleted.
    pub last_update_time: String,
    /// Its locks.
    pub changeable_attributes: Attributes,
    /// By name.
    pub tags: BTreeMap<String, DumpedTag>,
    /// By digest.
    pub manifests: BTreeMap<String, DumpedManifest>,
}

/// A tag of a [`Dump`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DumpedTag {
    /// The manifest that it points to.
    pub digest: String,
    /// Its locks.
    pub changeable_attributes: Attributes,
}

/// A manifest of a [`Dump`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DumpedManifest {
    /// Its type.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// The digest of the manifest that it is about, if any.
    pub subject: Option<String>,
    /// The names of its tags, sorted.
    pub tags: Vec<String>,
    /// Its locks.
    pub changeable_attributes: Attributes,
}

impl Dump {
    pub(crate) fn of(store: &Store) -> Self {
        store.read(|state| {
            let repositories = state.repositories.iter();
            let dumped =
                repositories.map(|(name, repository)| (name.to_owned(), repository.into()));
            let repositories = dumped.collect();
            let uploads = state.uploads().map(|(id, upload)| {
                let dumped = DumpedUpload {
                    repository: upload.repository.to_string(),
                    started: upload.started.to_string(),
                };
                (id.to_owned(), dumped)
            });
            Self {
                repositories,
                uploads: uploads.collect(),
            }
        })
    }
}

impl From<&Repository> for DumpedRepository {
    fn from(repository: &Repository) -> Self {
        let tags = repository.tags.iter();
        let manifests = repository.manifests.iter();
        Self {
            created_time: repository.created.to_string(),
            last_update_time: repository.updated.to_string(),
            changeable_attributes: repository.attributes,
            tags: tags
                .map(|(tag, entry)| (tag.to_owned(), entry.into()))
                .collect(),
            manifests: manifests
                .map(|(digest, manifest)| (digest.to_owned(), manifest.into()))
                .collect(),
        }
    }
}

impl From<&TagEntry> for DumpedTag {
    fn from(entry: &TagEntry) -> Self {
        Self {
            digest: entry.digest.to_string(),
            changeable_attributes: entry.attributes,
        }
    }
}

impl From<&Manifest> for DumpedManifest {
    fn from(manifest: &Manifest) -> Self {
        Self {
            media_type: manifest.media_type.clone(),
            size: manifest.content.size(),
            subject: manifest.summary.subject.as_ref().map(ToString::to_string),
            tags: manifest.tags.names().map(str::to_owned).collect(),
            changeable_attributes: manifest.attributes,
        }
    }
}
