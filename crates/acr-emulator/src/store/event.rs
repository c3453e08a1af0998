//! The changes that there are.

use acr_core::{Digest, RepositoryName, Tag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::repository::{Attributes, Manifest};

/// One change of the registry's content. The journal is a list of these.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    BlobLinked {
        repository: RepositoryName,
        digest: Digest,
        size: u64,
        at: Timestamp,
    },
    BlobUnlinked {
        repository: RepositoryName,
        digest: Digest,
    },
    ManifestPut {
        repository: RepositoryName,
        tag: Option<Tag>,
        digest: Digest,
        manifest: Box<Manifest>,
    },
    ManifestDeleted {
        repository: RepositoryName,
        digest: Digest,
        at: Timestamp,
    },
    TagDeleted {
        repository: RepositoryName,
        tag: Tag,
        at: Timestamp,
    },
    RepositoryDeleted {
        repository: RepositoryName,
    },
    AttributesSet {
        repository: RepositoryName,
        subject: Subject,
        attributes: Attributes,
    },
    UploadStarted {
        repository: RepositoryName,
        uuid: String,
        at: Timestamp,
    },
    UploadEnded {
        uuid: String,
    },
    Cleared,
}

/// What attributes belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    Repository,
    Tag(Tag),
    Manifest(Digest),
}
